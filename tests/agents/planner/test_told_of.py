"""What is only told of is no breakdown; idioms name what they mean; a part of things is their share."""

from __future__ import annotations

import pytest

from tests.agents.planner.conftest import Ask

ONE_FIGURE = {
    "How many people joined a plan as new enrollments this year?": "new_enrollments",
    "How many estimates were covered by the plan in Q3?": "covered_estimates",
    "What portion of the estimated cost is with in-network providers?": "in_network_cost_share",
    "How many days does our team need to approve a prior authorization?": "prior_auth_approval_days",
    "Repeat calls - what's the bill so far this year?": "repeat_call_cost",
    "Which part of the claims do we deny?": "claim_denial_rate",
    "What would members pay on average according to the estimates in Texas?": "avg_patient_responsibility",
    "In the claims journey online, what percentage of sessions fails?": "digital_failure_rate",
}
PERIODS = {
    "Renewal share per enrolled plan, 2025 calendar year": ("2025-01-01", "2025-12-31"),
    "CSAT, each month of 2026 up to September": ("2026-01-01", "2026-09-30"),
    "Failed sessions since the first of the year": ("2026-01-01", "2026-10-29"),
    "Abandon rate by platform for the last quarter that is complete": ("2026-07-01", "2026-09-30"),
    "Members with claims per month over the whole period": ("2024-10-01", "2026-10-29"),
}


@pytest.mark.parametrize("question", ONE_FIGURE)
def test_one_figure_without_a_breakdown(ask: Ask, question: str) -> None:
    plan = ask(question)
    if plan.kind == "clarify":  # then the first choice is what is meant
        plan = ask(plan.choices[0][1])
    assert plan.query is not None, plan.message
    assert plan.query.metrics == (ONE_FIGURE[question],)
    assert plan.query.dimensions == ()


@pytest.mark.parametrize("question", PERIODS)
def test_the_period_is_the_one_that_was_said(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.time is not None
    assert (str(plan.query.time.start), str(plan.query.time.end)) == PERIODS[question]


@pytest.mark.parametrize(
    "question",
    [
        "Show the reasons why we deny claims, the most frequent first",
        "Reasons for claim denials, most common first",
    ],
)
def test_reasons_are_listed(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.dimensions == ("claim_denial_reason",)
    assert plan.query.metrics == ("claim_denials",)


def test_one_is_asked_for_of_a_ranking_that_shows_three(ask: Ask) -> None:
    plan = ask("Which journey causes the most avoidable call cost this year?")
    assert plan.query is not None
    assert plan.query.limit == 1


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Why do members change plans? Plan changes by change reason this year.", "query"),
        ("Why did plan changes go up in September?", "drivers"),
        ("Why are plan changes rising?", "drivers"),
    ],
)
def test_a_listing_of_reasons_is_no_analysis_of_drivers(ask: Ask, question: str, kind: str) -> None:
    assert ask(question).kind == kind


@pytest.mark.parametrize(
    "question",
    [
        "What are the main claim denial reasons?",
        "How many long calls did we log in August?",
        "Show me the main call topics by total calls",
    ],
)
def test_a_common_word_is_no_value(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.filters == ()


def test_a_value_is_not_broken_down_by(ask: Ask) -> None:
    plan = ask("Claims submitted by each employer group last year")
    assert plan.kind in ("refuse", "clarify")


@pytest.mark.parametrize(
    "question",
    [
        "Turnaround of claims where prior authorization is required vs those without it",
        "Claim turnaround days with prior authorization needed against the ones without it",
    ],
)
def test_with_and_without_are_both_sides(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.dimensions == ("prior_auth_required",)
    assert plan.query.filters == ()


def test_the_share_of_a_volume_is_not_how_many_of_it_failed(ask: Ask) -> None:
    plan = ask("What percent of cost-estimate requests ended well in Texas?")
    assert plan.query is None or plan.query.metrics == ("estimate_request_success_rate",)
