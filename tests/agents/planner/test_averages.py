"""Averages over time: calls per day, claims per week; not the averages that figures are by themselves."""

from __future__ import annotations

import pytest

from agents.planner import Planner
from agents.planner.phrasing import phrase
from agents.planner.sameness import same_query
from tests.agents.planner.conftest import Ask

AVERAGED = {
    "How many calls a day do we get?": ("total_calls", "day", None),
    "average daily calls in September by team": ("total_calls", "day", None),
    "What is the daily average of leaked calls this month?": ("leaked_calls", "day", None),
    "average number of claims per week this year": ("claims", "week", None),
    "mean calls per month in 2026": ("total_calls", "month", None),
    "average calls per day by month": ("total_calls", "day", "month"),
    "Average handle time per day": ("avg_handle_time", None, "day"),
    "calls per day": ("total_calls", None, "day"),
}


@pytest.mark.parametrize("question", AVERAGED)
def test_an_average_over_time_is_of_what_adds_up(ask: Ask, question: str) -> None:
    query = ask(question).query
    assert query is not None
    assert (query.metrics[0], query.average_per, query.time_grain) == AVERAGED[question]


def test_members_counted_once_have_no_average_per_day(ask: Ask) -> None:
    plan = ask("average number of members calling per day")
    assert plan.kind in ("refuse", "clarify")


def test_an_average_reads_back_from_its_own_words(ask: Ask, planner: Planner) -> None:
    for question in ("average daily calls in September by team", "average number of claims per week this year"):
        query = ask(question).query
        assert query is not None
        assert same_query(ask(phrase(query, planner.lexicon)).query, query)


def test_an_average_goes_where_the_next_figure_has_none(ask: Ask) -> None:
    asked = "average calls per day last month by team"
    kept, dropped = ask("what about this month?", asked).query, ask("and the repeat call rate?", asked).query
    assert kept is not None
    assert dropped is not None
    assert (kept.average_per, dropped.average_per) == ("day", None)


def test_a_number_of_things_is_their_figure_after_another_question(ask: Ask) -> None:
    for question in (
        "number of claims per week this year",
        "claims per week this year",
        "how many claims in 2026",
    ):
        query = ask(question, "repeat call rate by team this month").query
        assert query is not None
        assert (query.metrics, query.filters) == (("claims",), ()), question
