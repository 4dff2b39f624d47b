"""The calendar that volumes follow: weekdays, holidays, a mild season, all relative to the last day."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import numpy as np

from generator.catalog import Floats

_WEEKDAY = (1.15, 1.08, 1.04, 1.00, 0.96, 0.62, 0.50)
_CLOSED, _QUIET = 0.45, 0.85
_CLOSED_DAYS = ("New Year", "Memorial", "Independence", "Labor", "Thanksgiving", "Christmas")
_SEASON = 0.04
_SATURDAY = 5


def history(as_of: date, days: int) -> list[date]:
    """The days of the data set, oldest first, ending with `as_of`."""
    return [as_of - timedelta(days=back) for back in range(days - 1, -1, -1)]


def following(as_of: date, days: int) -> list[date]:
    """The days after `as_of`, the next one first."""
    return [as_of + timedelta(days=ahead) for ahead in range(1, days + 1)]


def volume_factors(dates: list[date]) -> Floats:
    """One factor a day; the last day is 1, so that levels read as that day's counts.

    A last day on a weekend makes a week without a dip: otherwise its weekdays would need twice the members.
    """
    return _relative(dates, dates[-1])


def following_factors(as_of: date, days: int) -> Floats:
    """One factor for each of the days after `as_of`, whose own is 1."""
    return _relative(following(as_of, days), as_of)


def _relative(dates: list[date], as_of: date) -> Floats:
    years = {day.year for day in (*dates, as_of)}
    known = holidays.country_holidays("US", years=years)
    # The last day counts as an ordinary one: the stories' levels are its counts.
    factors = np.array([_factor(day, "" if day == as_of else known.get(day, "")) for day in dates])
    relative = factors / _factor(as_of, "")
    weekend = as_of.weekday() >= _SATURDAY
    return np.asarray(np.minimum(relative, 1.0) if weekend else relative, dtype=np.float64)


def _factor(day: date, holiday: str) -> float:
    season = 1 + _SEASON * np.cos(2 * np.pi * (day.timetuple().tm_yday - 20) / 365.25)
    closed = _CLOSED if any(name in holiday for name in _CLOSED_DAYS) else _QUIET
    return float(_WEEKDAY[day.weekday()] * season * (closed if holiday else 1.0))
