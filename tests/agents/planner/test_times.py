"""The time grammar as a table: phrase, as-of day, first and last day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.planner import Plan
from agents.planner.normalise import tokenise
from agents.planner.periods import Clock
from agents.planner.times import read_span
from semantic.model import CalendarEvent

AEP = CalendarEvent("aep", (10, 15), (12, 7), ("open enrollment", "annual enrollment period"))
AUTUMN = date(2026, 10, 29)  # a Thursday, inside the enrollment period
NEW_YEAR = date(2026, 1, 2)  # a Friday in the first ISO week
LEAP = date(2024, 2, 29)

TABLE = [
    ("today", AUTUMN, "2026-10-29", "2026-10-29"),
    ("right now", AUTUMN, "2026-10-29", "2026-10-29"),
    ("yesterday", AUTUMN, "2026-10-28", "2026-10-28"),
    ("yesterday", NEW_YEAR, "2026-01-01", "2026-01-01"),
    ("this week", AUTUMN, "2026-10-26", "2026-10-29"),
    ("last week", AUTUMN, "2026-10-19", "2026-10-25"),
    ("past week", AUTUMN, "2026-10-19", "2026-10-25"),
    ("last week", NEW_YEAR, "2025-12-22", "2025-12-28"),
    ("last 8 weeks", AUTUMN, "2026-08-31", "2026-10-25"),
    ("over the last two weeks", AUTUMN, "2026-10-12", "2026-10-25"),
    ("in the past couple of weeks", AUTUMN, "2026-10-12", "2026-10-25"),
    ("last 7 days", AUTUMN, "2026-10-23", "2026-10-29"),
    ("last 30 days", NEW_YEAR, "2025-12-04", "2026-01-02"),
    ("trailing 90 days", AUTUMN, "2026-08-01", "2026-10-29"),
    ("this month", AUTUMN, "2026-10-01", "2026-10-29"),
    ("last month", AUTUMN, "2026-09-01", "2026-09-30"),
    ("last month", NEW_YEAR, "2025-12-01", "2025-12-31"),
    ("last 6 months", AUTUMN, "2026-04-01", "2026-09-30"),
    ("last 12 months", NEW_YEAR, "2025-01-01", "2025-12-31"),
    ("month to date", AUTUMN, "2026-10-01", "2026-10-29"),
    ("this quarter", AUTUMN, "2026-10-01", "2026-10-29"),
    ("last quarter", AUTUMN, "2026-07-01", "2026-09-30"),
    ("last quarter", NEW_YEAR, "2025-10-01", "2025-12-31"),
    ("last two quarters", AUTUMN, "2026-04-01", "2026-09-30"),
    ("Q2", AUTUMN, "2026-04-01", "2026-06-30"),
    ("Q4", AUTUMN, "2026-10-01", "2026-12-31"),
    ("Q4", date(2026, 9, 17), "2025-10-01", "2025-12-31"),
    ("Q3 2024", AUTUMN, "2024-07-01", "2024-09-30"),
    ("the second quarter of 2025", AUTUMN, "2025-04-01", "2025-06-30"),
    ("third quarter of last year", AUTUMN, "2025-07-01", "2025-09-30"),
    ("this year", AUTUMN, "2026-01-01", "2026-10-29"),
    ("year to date", AUTUMN, "2026-01-01", "2026-10-29"),
    ("ytd", AUTUMN, "2026-01-01", "2026-10-29"),
    ("so far this year", AUTUMN, "2026-01-01", "2026-10-29"),
    ("last year", AUTUMN, "2025-01-01", "2025-12-31"),
    ("in 2025", AUTUMN, "2025-01-01", "2025-12-31"),
    ("first half of this year", AUTUMN, "2026-01-01", "2026-06-30"),
    ("H2 2025", AUTUMN, "2025-07-01", "2025-12-31"),
    ("in August", AUTUMN, "2026-08-01", "2026-08-31"),
    ("December", AUTUMN, "2025-12-01", "2025-12-31"),
    ("March 2025", AUTUMN, "2025-03-01", "2025-03-31"),
    ("in August of last year", AUTUMN, "2025-08-01", "2025-08-31"),
    ("in may", AUTUMN, "2026-05-01", "2026-05-31"),
    ("February 2024", AUTUMN, "2024-02-01", "2024-02-29"),
    ("3 September", AUTUMN, "2026-09-03", "2026-09-03"),
    ("on November 5th", AUTUMN, "2025-11-05", "2025-11-05"),
    ("on the 3rd of September 2025", AUTUMN, "2025-09-03", "2025-09-03"),
    ("2026-09-03", AUTUMN, "2026-09-03", "2026-09-03"),
    ("on 9/3/2026", AUTUMN, "2026-09-03", "2026-09-03"),
    ("since June", AUTUMN, "2026-06-01", "2026-10-29"),
    ("since the start of the year", AUTUMN, "2026-01-01", "2026-10-29"),
    ("since November", AUTUMN, "2025-11-01", "2026-10-29"),
    ("between June 1 and July 15", AUTUMN, "2026-06-01", "2026-07-15"),
    ("from June to August", AUTUMN, "2026-06-01", "2026-08-31"),
    ("from November to January", AUTUMN, "2025-11-01", "2026-01-31"),
    ("from 2026-01-05 to 2026-02-10", AUTUMN, "2026-01-05", "2026-02-10"),
    ("June 1 to 15", AUTUMN, "2026-06-01", "2026-06-15"),
    ("first week of September", AUTUMN, "2026-09-01", "2026-09-07"),
    ("the last two weeks of August", AUTUMN, "2026-08-18", "2026-08-31"),
    ("the week of 8 September", AUTUMN, "2026-09-07", "2026-09-13"),
    ("three weeks ago", AUTUMN, "2026-10-05", "2026-10-11"),
    ("2 months ago", AUTUMN, "2026-08-01", "2026-08-31"),
    ("on Monday", AUTUMN, "2026-10-26", "2026-10-26"),
    ("last Friday", AUTUMN, "2026-10-23", "2026-10-23"),
    ("during AEP", AUTUMN, "2026-10-15", "2026-12-07"),
    ("during the last open enrollment", AUTUMN, "2025-10-15", "2025-12-07"),
    ("ahead of AEP", AUTUMN, "2026-09-03", "2026-10-29"),
    ("ahead of AEP", date(2025, 9, 17), "2025-09-03", "2025-09-17"),
    ("before open enrollment", date(2025, 3, 1), "2024-09-03", "2024-10-14"),
    ("AEP 2025", AUTUMN, "2025-10-15", "2025-12-07"),
    ("this month", LEAP, "2024-02-01", "2024-02-29"),
    ("last year", LEAP, "2023-01-01", "2023-12-31"),
    ("next month", AUTUMN, "2026-11-01", "2026-11-30"),
    ("tomorrow", AUTUMN, "2026-10-30", "2026-10-30"),
]  # fmt: skip


@pytest.mark.parametrize(("phrase", "today", "start", "end"), TABLE)
def test_a_phrase_names_whole_days(phrase: str, today: date, start: str, end: str) -> None:
    words = [token.text for token in tokenise(phrase)]
    found = read_span(words, 0, Clock(today, date(2020, 1, 1), 1, (AEP,)))
    assert found is not None
    assert found[0] == len(words), "the whole phrase is read"
    assert (found[1].start.isoformat(), found[1].end.isoformat()) == (start, end)


FISCAL = [
    ("this fiscal year", "2026-07-01", "2026-10-29"),
    ("last fiscal year", "2025-07-01", "2026-06-30"),
    ("fiscal Q1", "2026-07-01", "2026-09-30"),
    ("fiscal Q4", "2026-04-01", "2026-06-30"),
    ("FY26", "2025-07-01", "2026-06-30"),
    ("Q2 FY25", "2024-10-01", "2024-12-31"),
    ("last fiscal quarter", "2026-07-01", "2026-09-30"),
]


@pytest.mark.parametrize(("phrase", "start", "end"), FISCAL)
def test_fiscal_periods_follow_the_setting(phrase: str, start: str, end: str) -> None:
    words = [token.text for token in tokenise(phrase)]
    found = read_span(words, 0, Clock(AUTUMN, date(2020, 1, 1), 7, ()))
    assert found is not None
    assert (found[1].start.isoformat(), found[1].end.isoformat()) == (start, end)


@pytest.mark.parametrize("phrase", ["may be late", "march on", "over 75", "second call", "by the way", "top 3"])
def test_other_words_are_no_period(phrase: str) -> None:
    words = [token.text for token in tokenise(phrase)]
    assert read_span(words, 0, Clock(AUTUMN, date(2020, 1, 1), 1, (AEP,))) is None


PHRASE_FILE = Path(__file__).parents[2] / "data" / "period_phrases.txt"
PHRASES = [
    tuple(line.split("|"))
    for line in (Path(__file__).parents[2] / "data" / "period_phrases.txt")
    .read_text(encoding="utf-8")
    .splitlines()
    if not line.startswith("#")
]


def test_a_question_is_about_the_days_that_its_period_names(ask: Callable[..., Plan]) -> None:
    read = {}
    for phrase, _, _ in PHRASES:
        plan = ask(f"How many calls did we get {phrase}?")
        time = plan.query.time if plan.query else None
        read[phrase] = (
            (time.start.isoformat(), time.end.isoformat()) if plan.kind == "query" and time else plan.kind
        )
    wanted = {phrase: (start, end) for phrase, start, end in PHRASES}
    assert {phrase: found for phrase, found in read.items() if found != wanted[phrase]} == {}


HELD_AGAINST_EACH_OTHER = [
    "calls in August versus September",
    "did calls rise from August to September",
    "compare calls in August and September",
    "calls, q2 to q3 change",
]


@pytest.mark.parametrize("question", HELD_AGAINST_EACH_OTHER)
def test_two_periods_held_against_each_other_are_not_added_up(ask: Callable[..., Plan], question: str) -> None:
    query = ask(question).query
    assert query is not None
    assert query.compare_to == "previous_period"


WORDS = st.sampled_from(
    """
    last this since from between and to until the first second half week month quarter year days 2025 26 q3 h1
    october may 15th 5 , . before after then early end of on in ytd date so far ago labor day weekend summer vs
    compared change than ending through onwards same aep yesterday today three few
    """.split()  # noqa: SIM905
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(WORDS, min_size=1, max_size=9))
def test_no_row_of_words_breaks_the_grammar(words: list[str]) -> None:
    clock = Clock(AUTUMN, date(2024, 10, 1), 1, (AEP,))
    for at in range(len(words)):
        found = read_span(words, at, clock)
        assert found is None or (at < found[0] <= len(words) and isinstance(found[1].start, date))
