"""Figures that share words with one named before are both answered."""

from __future__ import annotations

import pytest

from tests.agents.planner.conftest import Ask

BOTH = {
    "How many claims did we receive in September, and how many were denied?": {"claims", "claim_denials"},
    "How many digital sessions were there in May, and how many failed?": {"digital_sessions", "failed_sessions"},
    "How many calls in Q3 and how many of them were transferred?": {"total_calls", "transferred_calls"},
    "How many claims and what percentage was denied, by claim type": {"claims", "claim_denial_rate"},
    "How many members called in May, and what share of calls repeated?": {"calling_members", "repeat_call_rate"},
    "Calls and call cost by team, September": {"total_calls", "call_cost"},
    "Prescriptions and pharmacy denials by drug": {"fills", "pharmacy_denials"},
    "Prior authorization approval days and denial rate by plan type": {
        "prior_auth_approval_days", "prior_auth_denial_rate",
    },
    "Claim denial rate and approval rate by state": {"claim_denial_rate", "claim_approval_rate"},
    "Resolved and unresolved calls by month": {"resolved_calls", "unresolved_calls"},
}  # fmt: skip


@pytest.mark.parametrize("question", BOTH)
def test_both_figures_are_answered(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert set(plan.query.metrics) == BOTH[question]
