"""What a period's name means on a day, written down for the evals alone: the planner is not asked about itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

Days = tuple[date, date]
_DAY = timedelta(days=1)
MARK = re.compile(r"\{(\w+(?:\.\w+)?) (\w+)\}")
"""`{call_date last7}` in a statement: a column and a period's name."""


def _month(day: date, back: int = 0) -> Days:
    first = day.replace(day=1)
    for _ in range(back):
        first = (first - _DAY).replace(day=1)
    following = (first.replace(day=28) + 4 * _DAY).replace(day=1)
    return first, following - _DAY


def _until(span: Days, day: date) -> Days:
    return span[0], min(span[1], day)


def _quarter(day: date, back: int = 0) -> Days:
    number = day.year * 4 + (day.month - 1) // 3 - back
    first = date(number // 4, number % 4 * 3 + 1, 1)
    last = _month(first + 63 * _DAY)[1]
    return first, last


def _week(day: date, back: int = 0) -> Days:
    monday = day - day.weekday() * _DAY - back * 7 * _DAY
    return monday, monday + 6 * _DAY


def _last(count: int) -> Callable[[date], Days]:
    return lambda day: (day - (count - 1) * _DAY, day)


PERIODS: dict[str, Callable[[date], Days]] = {
    "today": _last(1),
    "yesterday": lambda day: (day - _DAY, day - _DAY),
    "last7": _last(7),
    "before7": lambda day: (day - 13 * _DAY, day - 7 * _DAY),
    "last14": _last(14),
    "last28": _last(28),
    "last30": _last(30),
    "last90": _last(90),
    "this_week": lambda day: _until(_week(day), day),
    "last_week": lambda day: _week(day, 1),
    "week_before_last": lambda day: _week(day, 2),
    "this_month": lambda day: _until(_month(day), day),
    "last_month": lambda day: _month(day, 1),
    "this_quarter": lambda day: _until(_quarter(day), day),
    "last_quarter": lambda day: _quarter(day, 1),
    "this_year": lambda day: (date(day.year, 1, 1), day),
    "last_year": lambda day: (date(day.year - 1, 1, 1), date(day.year - 1, 12, 31)),
}
"""Both ends included; `today` is the last complete day of data, weeks begin on Monday."""


def days_of(name: str, as_of: date) -> Days:
    """The days of a named period. Raises KeyError with the known names."""
    if name not in PERIODS:
        raise KeyError(f"no period {name!r}; known: {', '.join(PERIODS)}")
    return PERIODS[name](as_of)


def with_days(sql: str, as_of: date) -> str:
    """A statement with `{call_date last7}` written as a condition on days."""

    def condition(match: re.Match[str]) -> str:
        start, end = days_of(match[2], as_of)
        return f"({match[1]} BETWEEN DATE '{start}' AND DATE '{end}')"

    return MARK.sub(condition, sql)
