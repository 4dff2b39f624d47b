"""`Q1 vs Q2 2025`, `H1 and H2 last year`: the year that is said of one of two periods is that of both."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from agents.planner.periods import Clock, Period
from agents.planner.reading import Reading, Span
from agents.planner.words import word_set

_YEAR = re.compile(r"20\d\d")
_JOINING = word_set("vs versus v against and or to with compared compare the in over") | {",", "/"}
_LONGEST = 190
"""Days of the longest part of a year that is named without it: a half."""


def in_one_year(reading: Reading, plain: Sequence[Span], clock: Clock) -> list[Span]:
    """The two periods with the year that only one of them has; as they are where that makes no sense.

    Not `Q3 vs Q3 2025`, which would be the same twice, nor `December vs January 2026`, which would lie ahead.
    """
    if len(plain) != 2:
        return list(plain)
    first, second = sorted(plain, key=lambda span: span.start)
    between = {token.text for token in reading.tokens[first.end : second.start]}
    told = [_said_year(reading, span) for span in (first, second)]
    if not between or not between <= _JOINING or (told[0] is None) == (told[1] is None):
        return list(plain)
    bare, dated = (first, second) if told[0] is None else (second, first)
    moved = _moved(bare.period, told[0] or told[1] or 0) if _is_named(reading, bare) else None
    known = dated.period
    same = moved is not None and known is not None and (moved.start, moved.end) == (known.start, known.end)
    if moved is None or same or moved.start > clock.today:
        return list(plain)
    return [replace(span, period=moved) if span is bare else span for span in plain]


def _said_year(reading: Reading, span: Span) -> int | None:
    """The year in the words of a period: a number, or `last year`."""
    words = [token.text for token in reading.tokens[span.start : span.end]]
    numbered = next((int(word) for word in words if _YEAR.fullmatch(word)), None)
    relative = words[-1:] == ["year"] and len(words) > 1 and span.period is not None
    return numbered or (span.period.start.year if relative and span.period else None)


def _is_named(reading: Reading, span: Span) -> bool:
    """Whether a part of some year is named: a month, a quarter, a half; not `last month`."""
    words = {token.text for token in reading.tokens[span.start : span.end]}
    return not words & _RELATIVE and (
        span.period is not None and span.period.unit in ("month", "quarter", "range")
    )


_RELATIVE = word_set(
    "this last past previous prior current week weeks days month months year to date so far ago since"
)


def _moved(period: Period | None, year: int) -> Period | None:
    if period is None or (period.end - period.start).days > _LONGEST or period.start.year != period.end.year:
        return None
    label = _YEAR.sub(str(year), period.label)
    return replace(period, start=_in(period.start, year), end=_in(period.end, year), label=label)


def _in(day: date, year: int) -> date:
    last_of_february = day.month == 2 and day.day >= 28
    if not last_of_february:
        return day.replace(year=year)
    return date(year, 2, 29 if year % 4 == 0 else 28)
