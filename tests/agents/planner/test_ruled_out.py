"""What a question rules out, takes back or says in another order is read as it is meant, never as its opposite."""

from __future__ import annotations

import pytest

from agents.planner import Planner
from agents.planner.variants import Variants
from semantic.loader import load_model
from semantic.values import ValueDictionary
from tests.agents.planner.conftest import AS_OF, FIRST_DAY, Ask
from warehouse.settings import Questions

MEASURED = {
    "What did calls cost us in Q3, not the planning figure the budget people use?": "call_cost",
    "Avoidable call cost this year, not fully loaded": "avoidable_call_cost",
    "leaked calls last month, the ordinary window, not 24 hours": "leaked_calls",
    "digital leakage rate in August rather than the 24-hour one": "leakage_rate",
    "repeat call rate for September, not the reported version": "repeat_call_rate",
    "Please don't give me the fully loaded version, just the avoidable call cost for Q3": "avoidable_call_cost",
    "denial rate of all our claims in 2025, decided or not": "claim_denial_rate",
}


@pytest.mark.parametrize("question", MEASURED)
def test_of_two_ways_to_measure_the_one_ruled_out_is_not_taken(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.metrics == (MEASURED[question],)
    assert plan.query.time is not None
    assert any(text.startswith("Read as ruled out: ") for text in plan.assumptions)


@pytest.mark.parametrize(
    "question",
    [
        "claim amount, not denied",
        "calls that were not leaked",
        "sessions that did not fail",
        "people not planning to go",
    ],
)
def test_words_of_what_is_counted_are_no_way_to_measure(planner: Planner, question: str) -> None:
    found = Variants.of(planner.model).ruled_out(question)
    assert (found.text, found.words) == (question, "")


def test_what_was_said_by_mistake_counts_for_nothing(ask: Ask) -> None:
    plan = ask("I said Florida before, but I meant Texas: how many transferred calls did it have in Q3?")
    assert plan.query is not None, plan.message
    assert [item.values for item in plan.query.filters] == [("TX",)]


def test_who_is_meant_by_they_stays_in(ask: Ask) -> None:
    plan = ask("I owe a word of thanks to the Spanish speakers. How many calls did they make in September?")
    assert plan.query is not None, plan.message
    assert [(item.dimension, item.values) for item in plan.query.filters] == [("language", ("Spanish",))]


def test_what_is_left_out_is_never_what_is_kept(ask: Ask) -> None:
    plan = ask("For fairness, all languages except Chinese and Spanish. What is the NPS for each, and the CSAT?")
    kept = [item for item in plan.query.filters if item.op == "in"] if plan.query else []
    assert not kept


def test_a_figure_named_in_full_gives_way_to_no_other(ask: Ask) -> None:
    told = "Somebody said satisfaction is sliding. "
    plan = ask(told + "Show me the customer effort score from the post-call survey by month since May.")
    assert plan.kind == "clarify" or (plan.query is not None and plan.query.metrics == ("effort_score",))


def test_a_head_that_stands_last_is_said_of_both(ask: Ask) -> None:
    plan = ask("in-network versus out-of-network estimated cost by specialty")
    assert plan.query is not None, plan.message
    assert set(plan.query.metrics) == {"in_network_cost", "out_of_network_cost"}


SORTED = {
    "transfer rate by plan type, sorted by call volume": (("transfer_rate", "total_calls"), "total_calls", "desc"),
    "claims by claim type sorted by claim amount": (("claims", "claim_amount"), "claim_amount", "desc"),
    "negative calls: number and rate by call topic, sorted by rate": (
        ("negative_emotion_rate", "negative_calls"), "negative_emotion_rate", "desc",
    ),
}  # fmt: skip


@pytest.mark.parametrize("question", SORTED)
def test_rows_come_in_the_order_that_is_asked_for(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    metrics, by, direction = SORTED[question]
    assert set(plan.query.metrics) == set(metrics)
    assert [(order.by, order.direction) for order in plan.query.order_by] == [(by, direction)]


@pytest.mark.parametrize(
    "question",
    [
        "how many teams picked up calls in September",
        "how many agents sit in the contact center",
        "how many call topics did members phone about last week",
        "number of counties we have calls from",
    ],
)
def test_things_are_not_counted_as_calls(ask: Ask, question: str) -> None:
    assert ask(question).kind in ("clarify", "refuse")


def test_a_word_of_a_value_that_nothing_takes_is_asked_about(ask: Ask) -> None:
    assert ask("formulary rejections in Q2").kind in ("clarify", "refuse")
    assert ask("denials because of formulary or step therapy, Q2").kind in ("clarify", "refuse")


BROKEN_DOWN = {
    "break the transfer rate down by agent team": ("transfer_rate", ("agent_team",)),
    "What drives plan changes? List the reasons.": ("plan_changes", ("change_reason",)),
    "claim denials in Q3, split by why we denied them": ("claim_denials", ("claim_denial_reason",)),
    "average copay by kind of pharmacy": ("avg_copay", ("pharmacy_type",)),
    "turnaround days of claims where prior authorization was required versus where it was not": (
        "claim_turnaround_days", ("prior_auth_required",),
    ),
    "which journey causes the most avoidable calls": ("avoidable_calls", ("journey",)),
}  # fmt: skip


@pytest.mark.parametrize("question", BROKEN_DOWN)
def test_said_in_another_order_it_is_the_same_breakdown(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    metric, dimensions = BROKEN_DOWN[question]
    assert (plan.kind, plan.query.metrics, plan.query.dimensions) == ("query", (metric,), dimensions)


FILTERED = {
    "first call resolution of members whose language is Chinese": ("first_call_resolution", "language"),
    "digital failure rate on the web channel in Q3": ("digital_failure_rate", "platform"),
    "What does the average Medicare claim come to?": ("avg_claim_amount", "line_of_business"),
}


@pytest.mark.parametrize("question", FILTERED)
def test_a_value_narrows_and_breaks_nothing_down(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    metric, dimension = FILTERED[question]
    assert plan.query.dimensions == ()
    assert [item.dimension for item in plan.query.filters] == [dimension]
    assert plan.query.metrics == (metric,)


def test_a_status_is_of_what_is_named_before_it() -> None:
    model = load_model()
    known = ValueDictionary.from_rows(model, {"prior_auth_status": ("Approved", "Pending")})
    planner = Planner(model, known, Questions())
    for question in ("How many claims have an authorization that is still pending?", "pending claims in Q3"):
        plan = planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY)
        assert plan.query is not None, plan.message
        narrowed = [item.dimension for item in plan.query.filters]
        assert narrowed == (["prior_auth_status"] if "authorization" in question else [])


@pytest.mark.parametrize(
    "question", ["handle time by plan type, slowest plan first", "NPS by state, best state first"]
)
def test_first_says_the_order_and_no_limit(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.order_by
    assert plan.query.limit is None


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Would you send the NPS and the CSAT by state for Q3?", "query"),
        ("please send the letter about denials to our members", "refuse"),
        ("send the at-risk members a reminder", "refuse"),
        ("switch off the alerts for billing", "refuse"),
    ],
)
def test_to_send_a_figure_is_to_show_it(ask: Ask, question: str, kind: str) -> None:
    assert ask(question).kind == kind


OCCASIONS = {
    "Ahead of the quarterly review I need the health score of the estimator by month for Q3": "month",
    "daily failed sessions last week, Monday to Sunday": "day",
}


@pytest.mark.parametrize("question", OCCASIONS)
def test_an_occasion_is_no_grain(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.time_grain == OCCASIONS[question]


COSTS = {
    "cost of technical support calls in Q3": ("call_cost",),
    "top 3 call topics by cost last month": ("call_cost",),
    "Which plan types cost more than $9 a call in Q3?": ("cost_per_call",),
}


@pytest.mark.parametrize("question", COSTS)
def test_words_around_a_cost_say_which_one(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.metrics == COSTS[question][:1]


def test_the_cost_of_some_calls_is_none_of_all(ask: Ask) -> None:
    for question in (
        "cost of unresolved calls in Q3",
        "what do transferred calls cost, by topic",
        "cost of long calls",
    ):
        plan = ask(question)
        assert plan.query is None or plan.kind == "clarify" or plan.query.metrics != ("call_cost",), question
