"""Days that are not ordinary: public holidays, and the yearly periods that the semantic model names."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from semantic.model import CalendarEvent

COUNTRY = "US"
REBOUND = 1  # days after a holiday on which people catch up
NEAR = 2  # days between a period's first day and an incident's


@lru_cache(maxsize=64)
def odd_days(first: date, last: date) -> frozenset[date]:
    """Holidays (also as observed) and the day after each, the eves of Christmas and New Year."""
    import holidays

    years = range(first.year - 1, last.year + 2)
    named = set(holidays.country_holidays(COUNTRY, years=years, observed=True))
    named |= {date(year, 12, day) for year in years for day in (24, 31)}
    named |= {day + timedelta(days=n) for day in named for n in range(1, REBOUND + 1)}
    return frozenset(day for day in named if first <= day <= last)


def period_at(events: Iterable[CalendarEvent], start: date) -> str:
    """The yearly period that began or ended about when an incident did; empty when none."""
    for event in events:
        for year in (start.year - 1, start.year, start.year + 1):
            begins = date(year, *event.start)
            over = date(year, *event.end) + timedelta(days=1)
            if any(abs((edge - start).days) <= NEAR for edge in (begins, over)):
                return event.name
    return ""
