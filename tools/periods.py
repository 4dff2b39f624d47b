"""Days and spans the way people read them."""

from __future__ import annotations

from datetime import date, timedelta

from semantic.query import TimeRange


def day_in_words(day: date) -> str:
    """29 October 2026."""
    return f"{day.day} {day:%B} {day.year}"


def span_in_words(start: date, end: date) -> str:
    """One day as itself; a span with what its ends share said once."""
    if start == end:
        return day_in_words(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day} to {day_in_words(end)}"
    if start.year == end.year:
        return f"{start.day} {start:%B} to {day_in_words(end)}"
    return f"{day_in_words(start)} to {day_in_words(end)}"


def period_in_words(period: TimeRange) -> str:
    """The label people used, if any, and the days."""
    span = span_in_words(period.start, period.end)
    return f"{period.label} ({span})" if period.label else span


def last_days(count: int, as_of: date) -> TimeRange:
    """The last `count` days up to and including the as-of day."""
    return TimeRange(start=as_of - timedelta(days=count - 1), end=as_of, label=f"last {count} days")


def days_in(period: TimeRange) -> int:
    """Number of days, both ends included."""
    return (period.end - period.start).days + 1
