"""Periods seen from today: today, this month, last 8 weeks, three weeks ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from agents.planner import periods as p
from agents.planner.periods import Clock, Period
from agents.planner.time_words import DIGIT, LAST, THIS, Found, Opened, match_phrase, word_at
from agents.planner.words import NUMBER_WORDS, UNITS, word_set

NEXT = word_set("next coming upcoming following")
_DAYS = (
    ("today", 0), ("right now", 0), ("now", 0), ("at the moment", 0), ("as of today", 0), ("as of now", 0),
    ("yesterday", -1), ("the day before yesterday", -2), ("day before yesterday", -2), ("tomorrow", 1),
)  # fmt: skip
_COUNTS = (
    ("a couple of", 2, ""), ("couple of", 2, ""), ("couple", 2, ""), ("a few", 3, "few read as 3"),
    ("few", 3, "few read as 3"), ("several", 3, "several read as 3"),
)  # fmt: skip
COUNTED = word_set("a couple few several") | NUMBER_WORDS.keys() | {DIGIT}
"""What a number of units may begin with."""


def named_day(words: Sequence[str], at: int, clock: Clock) -> Found:
    """today, right now, yesterday, tomorrow."""
    for phrase, shift in _DAYS:
        end = match_phrase(words, at, phrase)
        if end and not (
            phrase == "now" and (at == 0 or word_at(words, at - 1) in (",", ".", "and", "ok", "okay"))
        ):
            day = clock.today + timedelta(days=shift)
            return end, Period(day, day, phrase if shift else "today", "day")
    return None


def relative(words: Sequence[str], at: int, clock: Clock) -> Found:
    """this month, last 8 weeks, past couple of months, next quarter, last fiscal year."""
    word = word_at(words, at)
    if word not in LAST | THIS | NEXT:
        return None
    after, count, vague = count_of(words, at + 1)
    full = word_at(words, after) in ("full", "complete", "completed", "closed", "finished", "whole", "calendar")
    after += full
    fiscal = word_at(words, after) in ("fiscal", "financial")
    unit = UNITS.get(word_at(words, after + fiscal))
    if unit is None:
        return _last_hours(words, at, after, clock)
    end = after + fiscal + 1
    label = " ".join(words[at:end])
    if word in NEXT:
        start = p.step(p.floor(clock.today, unit), unit, 1)
        return end, p.whole(start, unit, label)
    if word in THIS:
        return (end, p.current(unit, clock, label, fiscal=fiscal)) if count is None else None
    if unit == "year" and word == "past" and count is None and not full:
        return end, p.last("month", _MONTHS, clock, "the last 12 months")  # `for the past year`, not `last year`
    period = p.last(unit, count or 1, clock, label, fiscal=fiscal)
    if unit == "day" and count is None:
        day = clock.today - timedelta(days=1) if word in ("previous", "prior", "preceding") else clock.today
        period = Period(day, day, label, "day")
    return end, replace(period, vague=vague)


_MONTHS = 12
_JUST_OVER = (
    "that just ended", "that has just ended", "just ended", "that just closed", "that has just closed",
    "just closed", "that just finished", "just finished", "just gone", "just past", "just passed",
    "we just closed", "we just finished", "that just went by", "that ended last", "just behind us",
)  # fmt: skip


def just_over(words: Sequence[str], at: int, clock: Clock) -> Found:
    """the quarter that just ended, the month just gone: the last complete one."""
    start = at + (words[at] == "the")
    unit = UNITS.get(word_at(words, start))
    if unit is None:
        return None
    end = next((end for phrase in _JUST_OVER if (end := match_phrase(words, start + 1, phrase))), 0)
    return (end, p.last(unit, 1, clock, f"last {unit}")) if end else None


def count_of(words: Sequence[str], at: int) -> tuple[int, int | None, str]:
    """An optional number of units: 8, eight, a couple of, few."""
    word = word_at(words, at)
    if word in ("a", "couple", "few", "several"):
        for phrase, number, vague in _COUNTS:
            if end := match_phrase(words, at, phrase):
                return end, number, vague
    if word.isdigit() and 0 < int(word) < 400:
        return at + 1, int(word), ""
    if word in NUMBER_WORDS and NUMBER_WORDS[word] > 0:
        return at + 1, NUMBER_WORDS[word], ""
    return at, None, ""


def _last_hours(words: Sequence[str], at: int, after: int, clock: Clock) -> Found:
    if words[at] in LAST and list(words[after - 1 : after + 1]) == ["24", "hours"]:
        vague = "24 hours read as the last complete day"
        return after + 1, Period(clock.today, clock.today, "today", "day", vague=vague)
    return None


def ago(words: Sequence[str], at: int, clock: Clock) -> Found:
    """three weeks ago: that calendar week; 2 days ago: that day; a year ago: that year's neighbour."""
    start_at = at + (words[at] in ("a", "an", "one"))
    after, count, vague = count_of(words, at)
    if start_at > at and count in (None, 1):
        after, count = start_at, 1
    unit = UNITS.get(word_at(words, after))
    if count is None or unit is None or word_at(words, after + 1) not in ("ago", "earlier", "back"):
        return None
    if unit == "year" and count == 1:
        label = "the same period a year ago"
        start = p.step(p.floor(clock.today, "year"), "year", -1)
        return after + 2, replace(p.whole(start, "year", label), baseline="previous_year")
    start = p.step(p.floor(clock.today, unit), unit, -count)
    return after + 2, replace(p.whole(start, unit, " ".join(words[at : after + 2])), vague=vague)


RELATIVE: Opened = {
    named_day: frozenset(phrase.split()[0] for phrase, _ in _DAYS),
    relative: LAST | THIS | NEXT,
    just_over: UNITS.keys() | {"the"},
    ago: COUNTED | {"an", "one"},
}
