"""Periods that follow from others: the default window, the period compared with, and a bucket's neighbours."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from semantic.query import Comparison, SemanticQuery, TimeGrain, TimeRange
from warehouse.settings import Questions, Rules

_DEFAULT_BUCKETS: dict[TimeGrain, int] = {"day": 30, "week": 12, "month": 12, "quarter": 8, "year": 5}
_MONTHS: dict[TimeGrain, int] = {"month": 1, "quarter": 3, "year": 12}
_DAY = timedelta(days=1)


def default_range(query: SemanticQuery, questions: Questions, as_of: date, first_day: date) -> TimeRange:
    """The window of a question that names none: whole buckets up to and with the running one, or the last days.

    Without a time grain the last `default_window_days` days ending as of, or the days of a trend (7) when it is to
    be compared with the ones before; with a grain 30 days, 12 weeks, 12 months, 8 quarters or 5 years. Clipped to
    the data.
    """
    if query.time_grain is None:
        trend = query.compare_to == "previous_period"
        days = Rules().trend_days if trend else questions.default_window_days
        start, label = as_of - timedelta(days=days - 1), f"last {days} days"
    else:
        buckets = _DEFAULT_BUCKETS[query.time_grain]
        start = shift(bucket_start(as_of, query.time_grain), query.time_grain, 1 - buckets)
        label = f"last {buckets} {query.time_grain}s"
    return TimeRange(start=min(max(start, first_day), as_of), end=as_of, label=label)


def clip(time: TimeRange, last_day: date, first_day: date) -> TimeRange | None:
    """The part of a period that has data; None when there is none."""
    start, end = max(time.start, first_day), min(time.end, last_day)
    return None if end < start else TimeRange(start=start, end=end, label=time.label)


def comparison_range(time: TimeRange, compare_to: Comparison | TimeRange, as_of: date) -> TimeRange:
    """The period compared with: a period that is given is taken as it is, up to the last day.

    `previous_year`: the same dates a year earlier. `previous_period`: for whole calendar months (also quarters and
    years) as many whole months before; for a week, month, quarter or year to date the unit before, up to the same
    day of it; otherwise as many days immediately before. A unit named in the period's label decides between
    several that fit ("this quarter" in January), else the shortest does.
    """
    if isinstance(compare_to, TimeRange):
        return TimeRange(start=compare_to.start, end=max(compare_to.start, min(compare_to.end, as_of)))
    if compare_to == "previous_year":
        return TimeRange(
            start=add_months(time.start, -12), end=shift_end(time.end, "year", -1), label="the year before"
        )
    months = _whole_months(time)
    if months:
        start = add_months(time.start, -months)
        return TimeRange(start=start, end=time.start - _DAY, label=_named(months))
    unit = _unit_to_date(time, as_of)
    if unit is not None:
        label = f"the {unit} before" if bucket_end(time.end, unit) == time.end else f"the {unit} before, to date"
        return TimeRange(start=shift(time.start, unit, -1), end=shift(time.end, unit, -1), label=label)
    days = (time.end - time.start).days + 1
    label = "the day before" if days == 1 else f"the {days} days before"
    return TimeRange(start=time.start - timedelta(days=days), end=time.start - _DAY, label=label)


def uneven(time: TimeRange, before: TimeRange) -> bool:
    """Whether one period is so much longer than the other that sums differ by that alone; months are alike."""
    shorter, longer = sorted((period.end - period.start).days + 1 for period in (time, before))
    return longer - shorter > max(3, 0.12 * shorter)


def bucket_start(day: date, grain: TimeGrain) -> date:
    """First day of the bucket that holds a day; weeks start on Monday."""
    if grain == "day":
        return day
    if grain == "week":
        return day - timedelta(days=day.weekday())
    months = _MONTHS[grain]
    return date(day.year, day.month - (day.month - 1) % months, 1)


def bucket_end(day: date, grain: TimeGrain) -> date:
    """Last day of the bucket that holds a day."""
    return shift(bucket_start(day, grain), grain, 1) - _DAY


def is_whole(start: date, grain: TimeGrain, period: TimeRange) -> bool:
    """Whether the bucket that starts on a day lies wholly in a period."""
    return start >= period.start and bucket_end(start, grain) <= period.end


def whole_part(period: TimeRange, grain: TimeGrain) -> TimeRange | None:
    """The whole weeks, months ... within a period, as they are named where that is all of it; None for none."""
    first = bucket_start(period.start, grain)
    start = period.start if first == period.start else shift(first, grain, 1)
    end = period.end if bucket_end(period.end, grain) == period.end else bucket_start(period.end, grain) - _DAY
    if end < start:
        return None
    return period if (start, end) == (period.start, period.end) else TimeRange(start=start, end=end)


def buckets(period: TimeRange, grain: TimeGrain) -> int:
    """How many days, weeks, months ... begin in a period."""
    found, at = 0, bucket_start(period.start, grain)
    while at <= period.end:
        found += at >= period.start
        at = shift(at, grain, 1)
    return found


def shift(day: date, grain: TimeGrain, buckets: int) -> date:
    """A day so many buckets later (earlier when negative); in a shorter month its last day."""
    if grain == "day":
        return day + timedelta(days=buckets)
    if grain == "week":
        return day + timedelta(weeks=buckets)
    return add_months(day, buckets * _MONTHS[grain])


def shift_end(day: date, grain: TimeGrain, buckets: int) -> date:
    """As `shift`, for the last day of a period: the end of a month stays the end of a month."""
    if grain not in _MONTHS or (day + _DAY).day != 1:
        return shift(day, grain, buckets)
    return add_months(day + _DAY, buckets * _MONTHS[grain]) - _DAY


def add_months(day: date, months: int) -> date:
    """A day so many months later; in a shorter month its last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _whole_months(time: TimeRange) -> int:
    """How many whole calendar months the period is; 0 when it is none."""
    if time.start.day != 1 or (time.end + _DAY).day != 1:
        return 0
    return (time.end.year - time.start.year) * 12 + time.end.month - time.start.month + 1


def _unit_to_date(time: TimeRange, as_of: date) -> TimeGrain | None:
    """The calendar unit that starts with the period and runs until today, when there is one."""
    if time.end != as_of:
        return None
    units: tuple[TimeGrain, ...] = ("week", "month", "quarter", "year")
    fitting = [u for u in units if bucket_start(time.end, u) == time.start and bucket_end(time.end, u) >= time.end]
    named = [unit for unit in fitting if unit in time.label.lower()]
    if named:
        return named[0]
    return fitting[0] if fitting and time.end > time.start else None


def _named(months: int) -> str:
    names = {1: "the month before", 3: "the quarter before", 12: "the year before"}
    return names.get(months, f"the {months} months before")
