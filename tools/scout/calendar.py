"""Days that are not ordinary: public holidays, and the yearly periods that the semantic model names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import lru_cache

from semantic.model import CalendarEvent

_FIXED = ((1, 1, 0), (6, 19, 2021), (7, 4, 0), (11, 11, 0), (12, 25, 0))  # month, day, the first year
# month, weekday, which one of the month (-1: the last)
_BY_WEEK = ((1, 0, 3), (2, 0, 3), (5, 0, -1), (9, 0, 1), (10, 0, 2), (11, 3, 4))
REBOUND = 1  # days after a holiday on which people catch up
NEAR = 2  # days between a period's first day and an incident's


@lru_cache(maxsize=64)
def odd_days(first: date, last: date) -> frozenset[date]:
    """Holidays (also as observed) and the day after each, the eves of Christmas and New Year."""
    years = range(first.year - 1, last.year + 2)
    named = {day for year in years for day in _public(year)}
    named |= {date(year, 12, day) for year in years for day in (24, 31)}
    named |= {day + timedelta(days=n) for day in named for n in range(1, REBOUND + 1)}
    return frozenset(day for day in named if first <= day <= last)


def _public(year: int) -> Iterator[date]:
    """Federal holidays of the United States, those on weekends also as observed.

    By their rules: the library that knows those of every country takes longer to bring in than a metric to judge.
    """
    for month, number, since in _FIXED:
        if year >= since:
            day = date(year, month, number)
            yield day
            if day.weekday() >= 5:
                yield day + timedelta(days=-1 if day.weekday() == 5 else 1)
    for month, weekday, which in _BY_WEEK:
        days = [date(year, month, 1) + timedelta(days=n) for n in range(31)]
        yield [day for day in days if day.month == month and day.weekday() == weekday][which - (which > 0)]


def period_at(events: Iterable[CalendarEvent], start: date) -> str:
    """The yearly period that began or ended about when an incident did; empty when none."""
    for event in events:
        for year in (start.year - 1, start.year, start.year + 1):
            begins = date(year, *event.start)
            over = date(year, *event.end) + timedelta(days=1)
            if any(abs((edge - start).days) <= NEAR for edge in (begins, over)):
                return event.name
    return ""
