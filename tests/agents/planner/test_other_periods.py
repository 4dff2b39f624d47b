"""Any two periods held against each other; units of time that stand out; words of asking that narrow nothing."""

from __future__ import annotations

from datetime import date

import pytest

from agents.planner.plan import Plan
from semantic.query import SemanticQuery, TimeRange
from tests.agents.planner.conftest import Ask

Q1 = (date(2026, 1, 1), date(2026, 3, 31))
SEPTEMBER = (date(2026, 9, 1), date(2026, 9, 30))
JUNE = (date(2026, 6, 1), date(2026, 6, 30))
Q3 = (date(2026, 7, 1), date(2026, 9, 30))
OCTOBER = (date(2026, 10, 1), date(2026, 10, 29))
AGAINST = {
    "Compare leaked calls in September with June": (SEPTEMBER, JUNE),
    "Leakage rate in Q1 versus Q3": (Q3, Q1),
    "How did NPS move from January to October?": (OCTOBER, (date(2026, 1, 1), date(2026, 1, 31))),
    "Has CSAT improved since Q1?": (OCTOBER, Q1),
    "Is the leakage rate better than it was in June?": (OCTOBER, JUNE),
    "Leaked calls by journey compared with May": (OCTOBER, (date(2026, 5, 1), date(2026, 5, 31))),
    "Transfer rate in H1 against Q3": (Q3, (date(2026, 1, 1), date(2026, 6, 30))),
}  # fmt: skip
FOLLOWING = {
    "By how much did the repeat call rate change between Q2 and Q3?": "previous_period",
    "Difference in leaked calls between July and August": "previous_period",
    "How much did total calls grow between 2025 and 2026?": "previous_year",
}


def _query(plan: Plan) -> SemanticQuery:
    assert plan.query is not None, plan.message
    assert plan.query.time is not None
    return plan.query


@pytest.mark.parametrize("question", AGAINST)
def test_any_two_periods_are_held_against_each_other(ask: Ask, question: str) -> None:
    query = _query(ask(question))
    now, then = AGAINST[question]
    assert query.time
    assert isinstance(query.compare_to, TimeRange)
    # `since Q1` and `than in June` say nothing of today's side: the running unit of the same kind
    assert query.time.end == now[1]
    assert (query.compare_to.start, query.compare_to.end) == then


@pytest.mark.parametrize("question", FOLLOWING)
def test_a_change_between_two_units_is_no_span_of_both(ask: Ask, question: str) -> None:
    query = _query(ask(question))
    assert query.compare_to == FOLLOWING[question]


def test_a_span_between_two_days_or_without_a_change_stays_one(ask: Ask) -> None:
    for question in ("Claim denials between June 1 and June 30", "Call cost between Q2 and Q3"):
        assert _query(ask(question)).compare_to is None, question


def test_the_side_that_was_not_named_is_said(ask: Ask) -> None:
    plan = ask("Is the repeat rate higher than in March?")
    assert any("this month" in sentence for sentence in plan.assumptions)


def test_a_period_before_the_data_is_named(ask: Ask) -> None:
    plan = ask("Total calls September 2026 vs June 2023")
    assert plan.kind == "refuse"
    assert "June 2023" in plan.message


STANDING_OUT = {
    "Top 3 months by leaked calls": ("month", "desc", 3),
    "What was our worst month for CSAT?": ("month", "asc", 1),
    "When was NPS lowest this year?": ("month", "asc", 1),
    "the five worst days for wait time in September": ("day", "desc", 5),
    "When did the abandon rate peak this year?": ("month", "desc", 1),
    "When did the most leaked calls happen in September?": ("day", "desc", 1),
}


@pytest.mark.parametrize("question", STANDING_OUT)
def test_units_of_time_are_ranked(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    grain, direction, limit = STANDING_OUT[question]
    assert (plan.query.time_grain, plan.query.order_by[0].direction, plan.query.limit) == (grain, direction, limit)


@pytest.mark.parametrize(
    "question",
    [
        "How high is our claim denial rate?", "How bad did the leakage rate get?", "Where are we on CSAT?",
        "What is our current NPS?", "I'm after the repeat call rate", "the latest digital failure rate",
    ],
)  # fmt: skip
def test_words_of_asking_narrow_nothing(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert (plan.query.dimensions, plan.query.filters, plan.query.having) == ((), (), ())
    assert not any("Not taken into account" in sentence for sentence in plan.assumptions)


def test_where_something_leaks_is_still_a_place(ask: Ask) -> None:
    plan = ask("Where are we seeing the most leaked calls?")
    assert plan.query is not None
    assert plan.query.dimensions


@pytest.mark.parametrize(
    "question",
    [
        "Why is the repeat rate higher in Q3 than in Q1?",
        "How did the repeat rate change between Q1 and Q3, and why?",
    ],
)
def test_why_explains_the_change_that_was_named(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.kind == "drivers"
    query = _query(plan)
    assert isinstance(query.compare_to, TimeRange)
    assert (query.compare_to.start, query.compare_to.end) == Q1


DAYS = {
    "total calls on 14 October 2026 compared with the week before": date(2026, 10, 7),
    "leaked calls on 31 August versus the month before": date(2026, 7, 31),
}


@pytest.mark.parametrize("question", DAYS)
def test_a_day_stands_beside_a_day(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert isinstance(plan.query.compare_to, TimeRange)
    assert (plan.query.compare_to.start, plan.query.compare_to.end) == (DAYS[question], DAYS[question])
    assert any("A day is compared with" in text for text in plan.assumptions)
