"""Structures rather than phrases: siblings chosen by cue, thresholds bound by unit, no named metric lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agents.planner import Plan

Ask = Callable[..., Plan]

METRICS = [
    ("average cost of calls in Texas", ("cost_per_call",)),
    ("average claim amount by claim type", ("avg_claim_amount",)),
    ("calls, AHT and transfer rate by state", ("total_calls", "avg_handle_time", "transfer_rate")),
    ("prescriptions and denial rate by drug", ("fills", "pharmacy_denial_rate")),
    ("what percent of all our calls are leakage", ("leaked_share_of_calls",)),
    ("how much money is tied up in denied claims", ("denied_claim_amount",)),
    ("share of fills going through mail order", ("mail_order_rate",)),
    ("handle time of calls that leaked by topic", ("leaked_avg_handle_time",)),
    ("claims denied because they were out of network by plan", ("claim_denials",)),
    ("number of unique members with a claim", ("claiming_members",)),
]


@pytest.mark.parametrize(("question", "metrics"), METRICS)
def test_the_sibling_that_the_words_ask_for(ask: Ask, question: str, metrics: tuple[str, ...]) -> None:
    plan = ask(question)
    assert plan.query
    assert plan.query.metrics == metrics


def test_each_threshold_binds_to_a_metric_of_its_unit(ask: Ask) -> None:
    query = ask("plans with transfer rate over 15% and at least 500 calls").query
    assert query
    assert [(item.metric, item.op, item.value) for item in query.having] == [
        ("transfer_rate", ">", 0.15), ("total_calls", ">=", 500.0),
    ]  # fmt: skip
    rate = ask("states where claim denials exceed 12 percent").query
    assert rate
    assert [(item.metric, item.value) for item in rate.having] == [("claim_denial_rate", 0.12)]


@pytest.mark.parametrize("question", ["journeys with leakage above 300%", "total calls over 10 minutes by state"])
def test_a_number_that_fits_no_metric_is_asked_about(ask: Ask, question: str) -> None:
    assert ask(question).kind == "clarify"


def test_a_value_of_two_dimensions_is_the_members_own_and_said(ask: Ask) -> None:
    plan = ask("average premium for PPO by state")
    assert plan.query
    assert {item.dimension for item in plan.query.filters} == {"plan_type"}
    assert any("Enrolled plan" in text for text in plan.assumptions)


def test_a_share_of_the_whole_needs_parts_that_add_up(ask: Ask) -> None:
    whole = ask("what percentage of our membership is in each plan").query
    assert whole
    assert whole.share_of_total
    later = ask("as a percentage of the total", "Membership by plan type").query
    assert later
    assert later.share_of_total
    assert later.dimensions == ("plan_type",)
    overlapping = ask("as a percentage of the total", "Calling members by month and plan type").query
    assert not (overlapping and overlapping.share_of_total)


def test_a_sibling_named_next_replaces_the_metric(ask: Ask) -> None:
    query = ask("and renewals?", "new enrollments this month").query
    assert query
    assert query.metrics == ("renewals",)
    assert not query.filters


def test_english_with_foreign_looking_words_is_english(ask: Ask) -> None:
    assert ask("failed sessions per week, pharmacy journey").kind == "query"
    assert ask("hoeveel oproepen per week waren er vorige maand").refusal == "language"


@pytest.mark.parametrize(
    ("question", "refusal"),
    [("brand dispensing rate by state", "no_metric"), ("calls by call centre site", "no_dimension"),
     ("how many Elvish speaking members", "no_value")],
)  # fmt: skip
def test_unknown_words_are_refused_by_kind(ask: Ask, question: str, refusal: str) -> None:
    plan = ask(question)
    assert (plan.kind, plan.refusal) == ("refuse", refusal)


@pytest.mark.parametrize("question", ["What did Jane Doe call about?", "How is Maria Gonzalez's sentiment?"])
def test_a_person_named_is_personal_data(ask: Ask, question: str) -> None:
    assert ask(question).refusal == "pii"


@pytest.mark.parametrize("question", ["Total Calls By Plan Type", "NPS in New York", "Calls in Los Angeles"])
def test_titles_and_towns_are_not_persons(ask: Ask, question: str) -> None:
    assert ask(question).refusal != "pii"
