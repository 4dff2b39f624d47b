"""Turns of everyday speech: what is asked apart, held against others, told by examples, counted or ranked."""

from __future__ import annotations

import pytest

from agents.planner import Planner
from agents.planner.plan import Plan
from semantic.query import SemanticQuery
from tests.agents.planner.conftest import Ask


def _query(plan: Plan) -> SemanticQuery:
    assert plan.query is not None, plan.message
    return plan.query


FIGURES = {
    "Medicare and Commercial side by side for August: handle time, wait, transfer rate": {
        "avg_wait_time", "avg_handle_time", "transfer_rate",
    },
    "How unhappy are leaked calls? I mean the negative emotion rate of those": {"leaked_negative_rate"},
    "Retail vs mail order: fills and denials this year": {"pharmacy_denials", "fills"},
    "How likely are members to recommend us and how satisfied are they, by plan type?": {"nps", "csat"},
    "How many pharmacy sessions timed out last month?": {"failed_sessions"},
    "How much does a claims call cost us?": {"cost_per_call"},
    "How long do emergency claims take?": {"claim_turnaround_days"},
    "How many of our MAPD people have filed at least one claim this year?": {"claiming_members"},
    "Which five specialties are priciest on estimated cost per request?": {"estimated_cost_per_request"},
    "CSAT by segment, starting with the most unhappy": {"csat"},
}  # fmt: skip


@pytest.mark.parametrize("question", FIGURES)
def test_every_figure_that_is_asked_for_is_shown_and_no_other(ask: Ask, question: str) -> None:
    assert set(_query(ask(question)).metrics) == FIGURES[question]


BROKEN_DOWN = {
    "Which medications get denied the most?": ("drug_name",),
    "Top denied drugs this year": ("drug_name",),
    "Any team that left more than 200 calls unresolved in September?": ("agent_team",),
    "Error messages on the web this year, ranked by how many errors": ("error_message",),
    "Claim dollars by plan type (POS, EPO and so on) in Q3": ("plan_type",),
    "Calls by channel (phone, callback, etc.) last week": ("call_channel",),
    "Do Medicare members wait longer?": ("line_of_business",),
    "How many plan changes did we have in Q1 2026 and what prompted them?": ("change_reason",),
    "Gender distribution of our members": ("gender",),
    "What are members calling about most this month?": ("call_topic",),
}


@pytest.mark.parametrize("question", BROKEN_DOWN)
def test_what_is_asked_apart_is_broken_down_and_not_filtered_by_examples(ask: Ask, question: str) -> None:
    query = _query(ask(question))
    assert query.dimensions == BROKEN_DOWN[question]
    assert not [item for item in query.filters if item.dimension in query.dimensions]


@pytest.mark.parametrize(
    "question",
    [
        "Does the number of calls each caller makes depend on the weather?",
        "What is the claim mix?",
        "How are our members in Texas doing?",
        "Which states had calls over a million dollars?",
    ],
)
def test_a_single_figure_is_no_answer_to_what_is_asked_apart(ask: Ask, question: str) -> None:
    assert ask(question).kind in ("clarify", "refuse")


LIMITS = {
    "Which journeys fail more than 20% of the time and had over a thousand sessions last quarter?": {
        ("digital_failure_rate", ">", 0.2), ("digital_sessions", ">", 1000.0),
    },
    "Which counties transferred over 12% of their calls in September?": {("transfer_rate", ">", 0.12)},
    "Which teams left more than a quarter of calls unresolved?": {("unresolved_rate", ">", 0.25)},
}  # fmt: skip


@pytest.mark.parametrize("question", LIMITS)
def test_a_share_of_what_is_counted_is_held_against_its_rate(ask: Ask, question: str) -> None:
    having = _query(ask(question)).having
    assert [(one.metric, one.op, one.value) for one in having] == sorted(LIMITS[question])


def test_the_first_rows_of_each_group_are_not_the_first_rows_of_all(ask: Ask) -> None:
    plan = ask("Top 3 topics per team")
    assert _query(plan).limit is None
    assert "All rows are shown: the first ones of each agent team are among them." in plan.assumptions


def test_values_called_the_new_ones_are_values_of_what_it_is_by(ask: Ask) -> None:
    query = _query(ask("NPS by member segment other than the new ones"))
    assert [(item.dimension, item.op, item.values) for item in query.filters] == [("segment", "not_in", ("New",))]


def test_moving_most_is_ranked_by_the_change(ask: Ask) -> None:
    query = _query(ask("Which topics are growing fastest?"))
    assert [(order.by, order.direction) for order in query.order_by] == [("total_calls__change", "desc")]


def test_who_calls_more_is_asked_back_with_how_often(ask: Ask) -> None:
    offered = {choice for choice, _ in ask("Do Medicare members call more than Commercial?").choices}
    assert offered == {
        "Total calls by line of business", "Calls per 1,000 members by line of business",
        "Calls per calling member by line of business",
    }  # fmt: skip


def test_the_part_of_a_whole_is_offered_first(ask: Ask) -> None:
    plan = ask("What percentage of calls are about claims?")
    assert plan.kind == "clarify"
    assert plan.choices[0][0] == "Share of Total calls by call topic"


def test_what_to_fix_first_is_a_recommendation(ask: Ask) -> None:
    assert ask("Which journey should we tackle first?").kind == "next_best_action"


def test_choices_are_offered_where_all_values_of_a_dimension_are_compared(planner: Planner, ask: Ask) -> None:
    plan = ask("How do app and web compare on failures this quarter?")
    assert plan.kind == "clarify"
    assert plan.choices
    for _, question in plan.choices:
        assert ask(question).kind == "query"
