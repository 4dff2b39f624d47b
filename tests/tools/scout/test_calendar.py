"""Holidays by their rules are those that the public library names."""

from __future__ import annotations

from datetime import date, timedelta

import holidays

from tools.scout.calendar import odd_days


def test_odd_days_are_the_librarys_holidays_their_morrows_and_the_eves() -> None:
    first, last = date(2010, 1, 1), date(2040, 12, 31)
    named = set(holidays.country_holidays("US", years=range(2009, 2042), observed=True))
    named |= {date(year, 12, day) for year in range(2009, 2042) for day in (24, 31)}
    named |= {day + timedelta(days=1) for day in named}
    assert odd_days(first, last) == {day for day in named if first <= day <= last}
