"""Ranges without a pair of full dates: lists, days of one month, `N months to X`, `since then`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from agents.planner import periods as p
from agents.planner.periods import Clock, Period
from agents.planner.time_calendar import calendar_day
from agents.planner.time_points import read_point
from agents.planner.time_words import DAY, DIGIT, PREPOSITIONS, Found, Opened, match_phrase, word_at
from agents.planner.words import MONTHS, NUMBER_WORDS, UNITS, word_set

COMPARES = word_set(
    """
    versus vs v against compare compared compares comparing comparison relative than difference differences gap
    differ differs differed different beat beats between each respectively separately apart either higher lower
    better worse more less both
    """
)
MOVES = word_set(
    """
    change changes changed difference move moved moves rise rose risen fall fell fallen drop dropped increase
    increased decrease decreased improve improved improvement worsen worsened grow grew grown growing decline
    declined went gone go come came shift shifted swing swung better worse down up
    """
)
CHANGES = MOVES - word_set("went gone go come came better worse down up")
"""Of these, the ones that speak of nothing else: `came in between May and July` is a span."""
SIDE_BY_SIDE = word_set("change difference movement shift delta swing")
"""After `Q2 to Q3`: the two quarters are held against each other."""
_JOINERS = ("and", ",", "plus")
_ALL_TOGETHER = ("together", "combined", "taken together", "altogether", "put together", "as one")


def listed(words: Sequence[str], at: int, clock: Clock) -> Found:
    """July and August, June, July and August, 2025 and 2026 to date, yesterday and today: one after the other.

    Two periods that are held against each other are not a list.
    """
    found = read_point(words, at + (words[at] in PREPOSITIONS), clock)
    if not found or (COMPARES & set(words)) or _changing(words):
        return None
    end, first = found
    listed_ones = [first]
    while word_at(words, end) in _JOINERS:
        after = end + 1 + (word_at(words, end) == "," and word_at(words, end + 1) == "and")
        following = read_point(words, after + (word_at(words, after) in PREPOSITIONS), clock)
        if not following or following[1].baseline or following[1].anchored:
            break
        end = following[0]
        listed_ones.append(following[1])
    whole = _one_after_the_other(listed_ones)
    if len(listed_ones) < 2 or whole is None or first.baseline:
        return None
    for phrase in _ALL_TOGETHER:
        end = match_phrase(words, end, phrase) or end
    return end, Period(whole[0], whole[1], " ".join(words[at:end]))


def _changing(words: Sequence[str]) -> bool:
    """`did it rise in August and September`: a movement, which has two sides."""
    return bool({"did", "has", "have", "was", "is"} & set(words[:2])) and bool(MOVES & set(words))


def _one_after_the_other(periods: Sequence[Period]) -> tuple[date, date] | None:
    """First and last day when the periods follow each other without a gap; a year said last counts for all."""
    last = max(periods, key=lambda period: period.start)
    if periods[-1].start < last.start and len(periods) > 1:
        shifted = [_years_back(period, periods[-1]) for period in periods]
    else:
        shifted = list(periods)
    ordered = sorted(shifted, key=lambda period: period.start)
    for earlier, later in pairwise(ordered):
        alike = later.unit in (earlier.unit, "range") or earlier.unit == "day"
        if earlier.end + timedelta(days=1) != later.start or not alike:
            return None
    return (ordered[0].start, ordered[-1].end) if len(set(ordered)) > 1 else None


def _years_back(period: Period, last: Period) -> Period:
    """`November and December 2025` when November alone would be another year's."""
    if period.unit not in ("month", "quarter") or period.start <= last.start or period.unit != last.unit:
        return period
    start = period.start.replace(year=last.start.year)
    if start > last.start:
        return period
    return p.whole(start, period.unit, period.label)


def days_of_one_month(words: Sequence[str], at: int, clock: Clock) -> Found:
    """between the 10th and the 20th of October, 12 to 25 October, the 5th and 6th of October, October 5 and 6."""
    opened = words[at] in ("between", "from", "on")
    start = at + opened
    start += word_at(words, start) == "the"
    if word_at(words, start) in MONTHS:
        return _days_after_month(words, at, start, clock)
    first, closer = DAY.match(word_at(words, start)), word_at(words, start + 1)
    final_at = start + 2 + (word_at(words, start + 2) == "the")
    if not first or closer not in ("and", "to", "through", "until", "till", "thru", ","):
        return None
    final = calendar_day(words, final_at, clock) if DAY.match(word_at(words, final_at)) else None
    if not final:
        return None
    return _spanning(int(first[1]), final, closer, words[at] == "between", " ".join(words[at : final[0]]))


def _days_after_month(words: Sequence[str], at: int, start: int, clock: Clock) -> Found:
    begin = calendar_day(words, start, clock)
    if not begin or word_at(words, begin[0]) not in ("and", "through", "to", "until", "till", "thru"):
        return None
    final_at = begin[0] + 1 + (word_at(words, begin[0] + 1) == "the")
    final = DAY.match(word_at(words, final_at))
    if not final or word_at(words, final_at + 1) in ("percent", "days", "weeks", "months") or len(final[1]) > 2:
        return None
    try:
        last = begin[1].start.replace(day=int(final[1]))
    except ValueError:
        return None
    closer = words[begin[0]]
    if last <= begin[1].start or not _may_join(begin[1].start, last, closer, words[at] == "between"):
        return None
    return final_at + 1, Period(begin[1].start, last, " ".join(words[at : final_at + 1]))


def _spanning(first: int, final: tuple[int, Period], closer: str, between: bool, label: str) -> Found:
    end, period = final
    if not 0 < first < period.start.day:
        return None
    start = period.start.replace(day=first)
    return (end, Period(start, period.end, label)) if _may_join(start, period.end, closer, between) else None


def _may_join(start: date, end: date, closer: str, between: bool) -> bool:
    """`and` joins two days that follow each other; between others it needs `between`."""
    return closer not in ("and", ",") or between or end - start == timedelta(days=1)


_ENDING = ("ending in", "ending on", "ending", "ended")


def ending(words: Sequence[str], at: int, clock: Clock) -> Found:
    """three months to September, the 12 months ending June 2026, half year to June 30."""
    if word_at(words, at - 1) in (
        "last",
        "this",
        "past",
        "by",
        "per",
        "each",
        "every",
        "from",
        "same",
        "previous",
    ):
        return None
    start = at + (words[at] == "the")
    half = word_at(words, start) == "half" and word_at(words, start + 1) == "year"
    bare = word_at(words, start) == "half" and word_at(words, start + 1) in ("ended", "ending")
    word = word_at(words, start)
    counted = word.isdigit() or NUMBER_WORDS.get(word, 0) > 1
    unit = "month" if half or bare else UNITS.get(word_at(words, start + counted))
    count = 6 if half or bare else (int(word) if word.isdigit() else NUMBER_WORDS[word]) if counted else 1
    after = start + counted + 1 + half
    closers = (*_ENDING, "to", "through", "up to", "until") if counted or half else _ENDING
    end_at = next((end for phrase in closers if (end := match_phrase(words, after, phrase))), 0)
    if unit is None or not end_at or not 0 < count < 400 or (unit == "week" and not counted):
        return None
    inner = read_point(words, end_at, clock)
    if not inner or inner[1].baseline:
        return None
    last = min(inner[1].end, clock.today) if inner[1].start <= clock.today else inner[1].end
    return inner[0], Period(_back(last + timedelta(days=1), unit, count), last, " ".join(words[at : inner[0]]))


def _back(day: date, unit: p.Unit, count: int) -> date:
    """The day `count` units before; the same day of the month where there is one."""
    if unit in ("day", "week"):
        return p.step(day, unit, -count)
    first = p.step(day.replace(day=1), unit, -count)
    return first.replace(day=min(day.day, p.month_end(first).day))


def and_before(words: Sequence[str], at: int, clock: Clock) -> Found:
    """yesterday and the nine days before: so many more days or weeks ahead of the period."""
    found = read_point(words, at, clock)
    if not found or found[1].unit not in ("day", "week", "month", "quarter"):
        return None
    end, period = found
    after = match_phrase(words, end, "and the") or match_phrase(words, end, "and")
    word = word_at(words, after) if after else ""
    count = int(word) if word.isdigit() else NUMBER_WORDS.get(word, 0)
    unit = UNITS.get(word_at(words, after + 1))
    if not 0 < count < 400 or unit is None or word_at(words, after + 2) not in ("before", "prior", "preceding"):
        return None
    end = after + 3 + (word_at(words, after + 3) in ("that", "it", "this"))
    return end, Period(_back(period.start, unit, count), period.end, " ".join(words[at:end]))


_THEN = (
    "then",
    "that day",
    "that date",
    "that",
    "that point",
    "that time",
    "the launch",
    "the change",
    "its launch",
)


_GOING_ON = word_set("to through until till thru up on onward onwards by per for in and with")


def since_then(words: Sequence[str], at: int, clock: Clock) -> Found:
    """`We shipped on 5 October. ... since then`, `from that day through the 18th`: the day named before."""
    if words[at] not in ("since", "from", "after") or word_at(words, at - 1) == "as":
        return None
    end = next((end for phrase in _THEN if (end := match_phrase(words, at + 1, phrase))), 0)
    if not end and words[at] == "since" and word_at(words, at + 1) in ("", ".", ","):
        end = at + 1
    if (
        word_at(words, end - 1) == "that"
        and word_at(words, end).isalpha()
        and word_at(words, end) not in _GOING_ON
    ):
        return None  # `since that one is being closed`
    named = _named_before(words, at, clock) if end else None
    if named is None:
        return None
    start, last = named.start, clock.today
    closer = word_at(words, end) in ("through", "to", "until", "till", "up", "thru")
    if closer and (final := _final_day(words, end + 1 + (word_at(words, end + 1) == "to"), named, clock)):
        end, last = final[0], final[1].end
    elif words[at] != "since":
        onward = (
            match_phrase(words, end, "on")
            or match_phrase(words, end, "onwards")
            or match_phrase(words, end, "onward")
        )
        if not onward:
            return None
        end = onward
    if last < start:
        return None
    label = (
        f"since {start.day} {start:%B %Y}" if last == clock.today else f"{start.isoformat()} to {last.isoformat()}"
    )
    return end, Period(start, last, label, anchored=True)


def _final_day(words: Sequence[str], at: int, named: Period, clock: Clock) -> Found:
    at += word_at(words, at) == "the"
    day = DAY.match(word_at(words, at))
    if day and word_at(words, at + 1) not in {*MONTHS, "of"}:
        try:
            found = named.start.replace(day=int(day[1]))
        except ValueError:
            return None
        return at + 1, Period(found, found, "", "day")
    return read_point(words, at, clock)


def _named_before(words: Sequence[str], at: int, clock: Clock) -> Period | None:
    """The last period that was named before `at`, the longest reading of it."""
    for start in range(at - 1, -1, -1):
        found = read_point(words, start, clock)
        if found and found[0] <= at and not found[1].baseline and words[start] != "now":
            longer = read_point(words, start - 1, clock) if start else None
            chosen = longer if longer and longer[0] >= found[0] else found
            return None if chosen[1].start > clock.today or "today" in chosen[1].label else replace(chosen[1])
    return None


POINT = "<point>"
"""A word that a period may begin with (`may_begin`), among those that a range may."""
RANGES: Opened = {
    listed: PREPOSITIONS | {"the", POINT},
    days_of_one_month: MONTHS.keys() | word_set("between from on the") | {DIGIT},
    ending: NUMBER_WORDS.keys() | UNITS.keys() | {"the", "half", DIGIT},
    and_before: frozenset({"the", POINT}),
    since_then: word_set("since from after"),
}
