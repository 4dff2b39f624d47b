"""The time grammar's spans: points with prepositions, ranges between points, open ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from agents.planner import periods as p
from agents.planner.periods import Clock, Period
from agents.planner.time_points import DAY, PREPOSITIONS, Found, Rule, event, match_phrase, read_point, word_at
from agents.planner.words import UNITS, word_set
from semantic.model import CalendarEvent


def read_span(words: Sequence[str], at: int, clock: Clock) -> Found:
    """The longest period phrase that starts at `at`, its preposition included."""
    found = [result for rule in SPANS if (result := rule(words, at, clock))]
    return max(found, key=lambda result: result[0]) if found else None


def plain(words: Sequence[str], at: int, clock: Clock) -> Found:
    """A point with an optional preposition."""
    if words[at] in PREPOSITIONS | {"as"} or words[at] == "the":
        found = read_point(words, at + (words[at] != "the"), clock)
        return found
    return read_point(words, at, clock)


def since(words: Sequence[str], at: int, clock: Clock) -> Found:
    """since June, from June onwards, since the start of the year."""
    if words[at] not in ("since", "starting", "from"):
        return None
    begin = (
        match_phrase(words, at + 1, "the start of") or match_phrase(words, at + 1, "the beginning of") or at + 1
    )
    inner = read_point(words, begin, clock)
    unit = UNITS.get(word_at(words, begin + (word_at(words, begin) == "the")))
    if inner is None and begin > at + 1 and unit:
        return begin + 1 + (word_at(words, begin) == "the"), p.current(
            unit, clock, f"since the start of the {unit}"
        )
    if inner is None or inner[1].baseline:
        return None
    end, point = inner
    if words[at] != "since":
        onward = (
            match_phrase(words, end, "on")
            or match_phrase(words, end, "onwards")
            or match_phrase(words, end, "onward")
        )
        end = (
            onward
            or match_phrase(words, end, "until now")
            or match_phrase(words, end, "to today")
            or match_phrase(words, end, "to now")
        )
        if not end:
            return None
    label = " ".join(words[at:end])
    return end, Period(point.start, max(clock.today, point.start), label)


def between(words: Sequence[str], at: int, clock: Clock) -> Found:
    """between June 1 and July 15, from June to August, June through August 2025."""
    opened = words[at] in ("between", "from")
    if not opened and word_at(words, at - 1) in ("compare", "comparing", "compared"):
        return None
    closers = {"and"} if words[at] == "between" else {"to", "through", "until", "till", "thru"}
    first = read_point(words, at + opened, clock)
    if not first or word_at(words, first[0]) not in closers or first[1].baseline:
        return None
    second = read_point(words, first[0] + 1, clock) or _same_month_day(words, first, clock)
    if not second or second[1].baseline:
        return None
    if not opened and words[first[0]] == "to" and {"compare", "comparing", "compared"} & set(words[:at]):
        return None
    if "from" in (words[at], word_at(words, at - 1)) and _moved(words, at) and first[1].unit == second[1].unit:
        return None
    start, end = _ordered(first[1], second[1])
    return second[0], Period(start, end, " ".join(words[at + opened : second[0]]))


_MOVES = word_set(
    """
    change changes changed difference move moved moves rise rose risen fall fell fallen drop dropped increase
    increased decrease decreased improve improved improvement worsen worsened grow grew grown decline declined went
    gone go come came shift shifted swing swung better worse down up
    """
)


def _moved(words: Sequence[str], at: int) -> bool:
    """`the change from August to September`: two periods side by side, not the time between."""
    return bool(_MOVES & set(words[max(0, at - 7) : at]))


def _same_month_day(words: Sequence[str], first: tuple[int, Period], clock: Clock) -> Found:
    """June 1 to 15."""
    day = DAY.match(word_at(words, first[0] + 1))
    if not day or first[1].unit != "day":
        return None
    try:
        found = first[1].start.replace(day=int(day[1]))
    except ValueError:
        return None
    return first[0] + 2, Period(found, found, "", "day")


def _ordered(first: Period, second: Period) -> tuple[date, date]:
    """June to August: the start steps back a year when it would come after the end."""
    start, end = first.start, second.end
    while start > end:
        start = date(start.year - 1, start.month, min(start.day, 28))
    return start, end


def open_ended(words: Sequence[str], at: int, clock: Clock) -> Found:
    """until June, before June 2025, up to yesterday, after June, ahead of AEP."""
    for phrase, rule in _OPEN.items():
        end = match_phrase(words, at, phrase)
        if not end:
            continue
        known = event(words, end + (word_at(words, end) == "the"), clock)
        if known and rule == "before":
            chosen = _event_at(words, end + (word_at(words, end) == "the"), clock)
            return known[0], p.ahead_of(chosen, clock)
        inner = read_point(words, end, clock)
        if inner and not inner[1].baseline:
            return inner[0], _opened(inner[1], rule, clock, " ".join(words[at : inner[0]]))
    return None


_OPEN = {
    "ahead of": "before", "in the run up to": "before", "leading up to": "before", "going into": "before",
    "prior to": "before", "before": "before", "until": "until", "till": "until", "up to": "until",
    "up until": "until", "through": "until", "after": "after", "following": "after",
    "in the weeks before": "before", "in the lead up to": "before", "heading into": "before",
}  # fmt: skip


def _event_at(words: Sequence[str], at: int, clock: Clock) -> CalendarEvent:
    return next(known for known in clock.events if event(words, at, replace(clock, events=(known,))))


def _opened(point: Period, rule: str, clock: Clock, label: str) -> Period:
    if rule == "after":
        start = point.end + timedelta(days=1)
        return Period(start, max(start, clock.today), label)
    end = point.end if rule == "until" else point.start - timedelta(days=1)
    return Period(min(clock.first_day, end), end, label)


def enclosed(words: Sequence[str], at: int, clock: Clock) -> Found:
    """within the last 7 days, over the course of August, as of August."""
    for phrase in ("over the course of", "in the course of", "as of", "during the course of", "in the space of"):
        if end := match_phrase(words, at, phrase):
            return read_point(words, end, clock)
    return None


SPANS: tuple[Rule, ...] = (plain, since, between, open_ended, enclosed)
