"""Each cue has its slot; a cue that finds none abstains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from agents.planner import Plan

Ask = Callable[..., Plan]

SLOTS: list[tuple[str, dict[str, Any]]] = [
    ("Leakage rate by journey", {"metrics": ("leakage_rate",), "dimensions": ("journey",)}),
    ("NPS per state and language", {"metrics": ("nps",), "dimensions": ("state", "language")}),
    ("Where is the abandon rate highest?", {"dimensions": ("journey",), "order": "desc"}),
    ("Which segment has the highest repeat call rate?", {"dimensions": ("segment",), "order": "desc", "limit": 1}),
    ("Which segments have the highest repeat call rate?", {"dimensions": ("segment",), "limit": None}),
    ("The two worst states for NPS", {"dimensions": ("state",), "order": "asc", "limit": 2}),
    ("Worst 5 journeys by leakage rate", {"order": "desc", "limit": 5}),
    ("Best 3 plan types by CSAT", {"order": "desc", "limit": 3}),
    ("Best 3 plan types by effort score", {"order": "asc", "limit": 3}),
    ("the five drugs with the highest average copay", {"dimensions": ("drug_name",), "limit": 5}),
    ("Total calls by state except California and Texas", {"filters": {("state", "not_in", ("CA", "TX"))}}),
    ("avoidable call cost, non-Medicare", {"filters": {("line_of_business", "not_in", ("Medicare",))}}),
    ("Calls by plan type, not counting HMO", {"filters": {("plan_type", "not_in", ("HMO",))}}),
    ("NPS for HMO and PPO", {"filters": {("plan_type", "in", ("HMO", "PPO"))}, "dimensions": ("plan_type",)}),
    ("NPS for HMO and PPO together", {"filters": {("plan_type", "in", ("HMO", "PPO"))}, "dimensions": ()}),
    ("Call cost by state, leave Texas out", {"filters": {("state", "not_in", ("TX",))}}),
    (
        "Call cost, all plan types but HMO",
        {"filters": {("plan_type", "not_in", ("HMO",))}, "dimensions": ()},
    ),
    ("CSAT this quarter versus last", {"compare_to": "previous_period"}),
    ("total calls this year on last", {"compare_to": "previous_year"}),
    ("Have total calls gone up this year?", {"compare_to": "previous_year"}),
    (
        "Compare NPS for HMO and PPO",
        {"filters": {("plan_type", "in", ("HMO", "PPO"))}, "dimensions": ("plan_type",)},
    ),
    ("abandon rate on web vs mobile", {"dimensions": ("platform",)}),
    ("Plan types with a transfer rate above 20%", {"having": {("transfer_rate", ">", 0.2)}}),
    ("Plan types with a transfer rate of at least 20 percent", {"having": {("transfer_rate", ">=", 0.2)}}),
    ("Call topics with call cost north of $50k", {"having": {("call_cost", ">", 50000.0)}}),
    ("States where NPS is worse than 20", {"having": {("nps", "<", 20.0)}}),
    ("Journeys where fewer than half of sessions succeed, digital success rate", None),
    ("Trend of leaked calls", {"time_grain": "month"}),
    ("Weekly leaked calls", {"time_grain": "week"}),
    ("Total calls per day this month", {"time_grain": "day"}),
    ("CSAT this quarter versus last quarter", {"compare_to": "previous_period"}),
    ("CSAT in August compared with the same month last year", {"compare_to": "previous_year"}),
    ("Did CSAT drop in August?", {"compare_to": "previous_period"}),
    ("year over year change in call cost", {"compare_to": "previous_year"}),
    ("Which plan type saw the biggest increase in leaked calls last month?", {"order_by": "leaked_calls__change"}),
    ("How many claims were denied?", {"metrics": ("claim_denials",)}),
    ("What share of claims are denied?", {"metrics": ("claim_denial_rate",)}),
    ("call cost by plan type as a share of the total", {"share_of_total": True}),
    ("What did leakage cost us?", {"metrics": ("avoidable_call_cost",)}),
    ("Billing calls yesterday", {"filters": {("call_topic", "in", ("Billing Question",))}}),
    ("Billing leaked calls", {"filters": {("journey", "in", ("Billing",))}}),
    ("Why did leaked calls go up?", {"kind": "drivers"}),
    ("What if we cut leaked calls by a third?", {"kind": "what_if", "pct": 33.3}),
    ("What should we do about Billing?", {"kind": "next_best_action"}),
    ("Did the billing fix work?", {"kind": "impact"}),
    ("Give me the daily briefing", {"kind": "briefing"}),
    ("Walk me through an actual member journey", {"kind": "journey"}),
    ("leakge rate by jorney", {"metrics": ("leakage_rate",), "dimensions": ("journey",)}),
    ("Which agents are hurting sentiment?", {"kind": "agents"}),
    ("Which agent teams are dragging down member sentiment?", {"kind": "agents"}),
    ("LEAKAGE RATE BY JOURNEY!!! \U0001f621", {"metrics": ("leakage_rate",), "dimensions": ("journey",)}),
]


@pytest.mark.parametrize(("question", "slots"), [case for case in SLOTS if case[1]])
def test_a_cue_fills_its_slot(ask: Ask, question: str, slots: dict[str, Any]) -> None:
    plan = ask(question)
    assert plan.kind == slots.get("kind", "query"), plan.message
    for name, value in slots.items():
        assert _slot(plan, name) == value


def _slot(plan: Plan, name: str) -> Any:
    if name == "kind":
        return plan.kind
    if name == "pct":
        return plan.what_if_pct
    query = plan.query
    assert query
    if name == "filters":
        return {(item.dimension, item.op, item.values) for item in query.filters}
    if name == "having":
        return {(item.metric, item.op, item.value) for item in query.having}
    if name == "order":
        return query.order_by[0].direction
    if name == "order_by":
        return query.order_by[0].by
    return getattr(query, name)


REFUSED = [
    ("", "empty"), ("?!", "empty"), ("\U0001f600\U0001f600", "empty"), ("x " * 5000, "too_long"),
    ("SELECT * FROM gold.calls", "sql"), ("Delete all the survey responses", "write"),
    ("Send this to my team", "write"), ("Phone numbers of angry members", "pii"),
    ("Show calls of member M0001234", "pii"), ("What will call volume be next March?", "forecast"),
    ("Forecast NPS for December", "forecast"), ("Total calls in 2027", "forecast"),
    ("correlation between wait time and NPS", "correlation"),
    ("¿Cuántas llamadas tuvimos el mes pasado?", "language"),
    ("Wie viele Anrufe gab es im letzten Monat?", "language"), ("通話は何件ありましたか", "language"),
    ("What is the capital of France?", "domain"), ("Leakage rate by shoe size", "no_dimension"),
    ("NPS for platinum members", "no_value"), ("CSAT by drug", "incompatible"),
    ("Star ratings by plan type", "no_metric"), ("Median handle time by team", "no_metric"),
    ("Total calls in 2019", "no_value"), ("membership by month", "incompatible"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "kind"), REFUSED)
def test_what_cannot_be_answered_is_refused_by_name(ask: Ask, question: str, kind: str) -> None:
    plan = ask(question)
    assert (plan.kind, plan.refusal) == ("refuse", kind)
    assert plan.query is None
    assert plan.message


@pytest.mark.parametrize(
    "question",
    ["cost by journey", "Show me the rate by plan type", "Which journey is the worst?", "Show me the numbers",
     "Average handle time for repeat calls", "NPS of members who were transferred",
     "Show leakage in June and in August",
     "Which members are better?", "average leaked calls by journey"],
)  # fmt: skip
def test_what_is_open_or_half_understood_is_never_answered(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.kind in ("clarify", "refuse")
    assert len(plan.choices) <= 3


def test_every_choice_is_a_question_that_plans(ask: Ask) -> None:
    for question in (
        "cost by journey",
        "denial rate by state",
        "leaked or repeat cost by state",
        "leakage rate by shoe size",
    ):
        plan = ask(question)
        assert plan.choices
        assert all(ask(choice).kind == "query" for _, choice in plan.choices)


def test_follow_up_suggestions_plan_to_queries(ask: Ask) -> None:
    plan = ask("Leakage rate by journey for MAPD last month")
    assert len(plan.follow_ups) == 3
    assert all(ask(question).kind == "query" for question in plan.follow_ups)


def test_assumptions_say_what_was_not_said(ask: Ask) -> None:
    assert any("30 days" in text for text in ask("NPS by plan type").assumptions)
    assert any("'jorney'" in text for text in ask("leakage rate by jorney").assumptions)
    assert any("Call topic" in text for text in ask("Average handle time by journey").assumptions)


def test_a_verified_query_needs_the_same_words(ask: Ask) -> None:
    same = ask("Right now, which three journeys are driving the most avoidable call cost?")
    more = ask("Which three journeys are driving the most avoidable call cost by state right now?")
    assert same.verified == "top_avoidable_cost_journeys"
    assert more.verified is None
    assert more.query
    assert "state" in more.query.dimensions
