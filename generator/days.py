"""The calendar that volumes follow: weekdays, holidays, a mild season, all relative to the last day."""

from __future__ import annotations

from datetime import date, timedelta

import holidays
import numpy as np

from generator.catalog import Floats

_WEEKDAY = (1.15, 1.08, 1.04, 1.00, 0.96, 0.62, 0.50)
_HOLIDAY = 0.45
_SEASON = 0.04


def history(as_of: date, days: int) -> list[date]:
    """The days of the data set, oldest first, ending with `as_of`."""
    return [as_of - timedelta(days=back) for back in range(days - 1, -1, -1)]


def volume_factors(dates: list[date]) -> Floats:
    """One factor a day; the last day is 1, so that levels read as that day's counts."""
    closed = holidays.country_holidays("US", years=range(dates[0].year, dates[-1].year + 1))
    factors = np.array([_factor(day, closed_day=day in closed and day != dates[-1]) for day in dates])
    return np.asarray(factors / factors[-1], dtype=np.float64)


def _factor(day: date, *, closed_day: bool) -> float:
    season = 1 + _SEASON * np.cos(2 * np.pi * (day.timetuple().tm_yday - 20) / 365.25)
    return float(_WEEKDAY[day.weekday()] * season * (_HOLIDAY if closed_day else 1.0))
