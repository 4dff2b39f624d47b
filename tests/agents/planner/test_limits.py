"""A number is held against the figure that stands beside it, shown or not, in that figure's unit."""

from __future__ import annotations

import pytest

from tests.agents.planner.conftest import Ask

LIMITS = {
    "Which drugs with more than 250 fills have the highest pharmacy denial rate?": {("fills", ">", 250.0)},
    "Journeys with at least 400 failed sessions: leakage rate, worst first": {("failed_sessions", ">=", 400.0)},
    "Teams with over 2,000 calls: transfer rate, highest first": {("total_calls", ">", 2000.0)},
    "States with more than 80 claim denials this year, with the denied amount": {("claim_denials", ">", 80.0)},
    "Journeys failing more than one in five sessions": {("digital_failure_rate", ">", 0.2)},
    "Teams running over 20% long calls and over 10% transfers, last quarter": {
        ("long_call_rate", ">", 0.2), ("transfer_rate", ">", 0.1),
    },
    "Which age groups score an NPS above 30 or exactly 30?": {("nps", ">=", 30.0)},
    "Which call topics have a handle time below 9 or equal to 9 minutes?": {("avg_handle_time", "<=", 9.0)},
}  # fmt: skip


@pytest.mark.parametrize("question", LIMITS)
def test_a_number_belongs_to_the_figure_beside_it(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert {(one.metric, one.op, one.value) for one in plan.query.having} == LIMITS[question]


def test_what_is_ranked_is_not_what_is_limited(ask: Ask) -> None:
    plan = ask("Drugs with at least 100 fills: the worst 4 by pharmacy denial rate")
    assert plan.query is not None
    assert [order.by for order in plan.query.order_by] == ["pharmacy_denial_rate"]
    assert plan.query.limit == 4


def test_at_least_one_says_who_is_counted(ask: Ask) -> None:
    plan = ask("How many members filed at least one claim in the second quarter?")
    assert plan.query is not None
    assert plan.query.metrics == ("claiming_members",)
    assert plan.query.having == ()


@pytest.mark.parametrize(
    "question",
    [
        "Show the providers with over 300 exceptions this year, the biggest first",
        "I want to see the ten providers with the highest average estimated cost",
    ],
)
def test_a_plural_before_a_condition_is_what_is_listed(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.dimensions == ("provider",)
