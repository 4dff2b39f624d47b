"""Calendar arithmetic: named periods as whole days, seen from the last complete day of data."""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

from semantic.model import CalendarEvent
from semantic.query import TimeRange

Unit = Literal["day", "week", "month", "quarter", "year", "event", "range"]


@dataclass(frozen=True, slots=True)
class Period:
    """A period as read, not yet clipped to the data. `unit` and `count` let a comparison find its neighbour.

    `anchored` says that it begins where another one that was named before begins (`since then`).
    """

    start: date
    end: date
    label: str
    unit: Unit = "range"
    count: int = 1
    vague: str = ""
    baseline: Literal["", "previous_period", "previous_year"] = ""
    anchored: bool = False

    def range(self) -> TimeRange:
        """The same days as the semantic query writes them."""
        return TimeRange(start=self.start, end=self.end, label=self.label)


@dataclass(frozen=True)
class Clock:
    """Today (the last complete day of data), the first day of data, fiscal year start, named events.

    `partial_day` is the incomplete day of data after today, when there is one.
    """

    today: date
    first_day: date
    fiscal_month: int = 1
    events: tuple[CalendarEvent, ...] = ()
    partial_day: date | None = None

    @cached_property
    def event_phrases(self) -> tuple[tuple[CalendarEvent, tuple[str, ...]], ...]:
        """Each event with its names in lower case, the longest first."""
        return tuple(
            (event, tuple(name.lower() for name in sorted((event.name, *event.synonyms), key=len, reverse=True)))
            for event in self.events
        )

    @cached_property
    def event_words(self) -> frozenset[str]:
        """The words that events' names begin with."""
        return frozenset(phrase.split()[0] for _, phrases in self.event_phrases for phrase in phrases)


def month_start(day: date, months: int = 0) -> date:
    """First day of the month that lies `months` after the month of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def month_end(day: date) -> date:
    """Last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def floor(day: date, unit: Unit, fiscal_month: int = 1) -> date:
    """First day of the unit that holds `day`; weeks are ISO weeks."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit == "month":
        return day.replace(day=1)
    if unit == "quarter":
        return month_start(day, -((day.month - fiscal_month) % 3))
    if unit == "year":
        return month_start(day, -((day.month - fiscal_month) % 12))
    return day


def step(day: date, unit: Unit, count: int) -> date:
    """The start of the unit `count` units after the one that starts on `day`."""
    if unit in ("day", "week"):
        return day + timedelta(days=count * (7 if unit == "week" else 1))
    return month_start(day, count * {"month": 1, "quarter": 3, "year": 12}[unit])


def current(unit: Unit, clock: Clock, label: str, *, fiscal: bool = False) -> Period:
    """The running unit: its start to today."""
    start = floor(clock.today, unit, clock.fiscal_month if fiscal else 1)
    return Period(start, clock.today, label, unit)


def last(unit: Unit, count: int, clock: Clock, label: str, *, fiscal: bool = False) -> Period:
    """The last `count` complete units before the running one; days count back from today inclusive."""
    if unit == "day":
        return Period(clock.today - timedelta(days=count - 1), clock.today, label, "day", count)
    start_of_current = floor(clock.today, unit, clock.fiscal_month if fiscal else 1)
    start = step(start_of_current, unit, -count)
    return Period(start, start_of_current - timedelta(days=1), label, unit, count)


def whole(start: date, unit: Unit, label: str) -> Period:
    """The complete unit that starts on `start`."""
    return Period(start, step(start, unit, 1) - timedelta(days=1), label, unit)


def month_of(number: int, year: int | None, clock: Clock) -> Period:
    """A calendar month; without a year, the latest one that has begun."""
    chosen = year or (clock.today.year if number <= clock.today.month else clock.today.year - 1)
    start = date(chosen, number, 1)
    return whole(start, "month", f"{start:%B %Y}")


def quarter_of(number: int, year: int | None, clock: Clock, *, fiscal: bool = False) -> Period:
    """A quarter; without a year, the latest one that has begun. A fiscal year is named by the year it ends in."""
    shift = clock.fiscal_month - 1 if fiscal else 0
    this_year = clock.today.year + (1 if shift and clock.today.month > shift else 0)
    chosen = year or this_year

    def start_in(named: int) -> date:
        return month_start(date(named - (1 if shift else 0), 1, 1), shift + (number - 1) * 3)

    start = start_in(chosen)
    if year is None and start > clock.today:
        chosen, start = chosen - 1, start_in(chosen - 1)
    return whole(start, "quarter", f"{'fiscal ' if fiscal else ''}Q{number} {chosen}")


def half_of(number: int, year: int | None, clock: Clock) -> Period:
    """A half of a calendar year."""
    chosen = year or clock.today.year
    start = date(chosen, 1 if number == 1 else 7, 1)
    if year is None and start > clock.today:
        start = start.replace(year=chosen - 1)
    end = month_end(month_start(start, 5))
    return Period(start, end, f"{'first' if number == 1 else 'second'} half of {start.year}", "range")


def year_of(number: int, *, fiscal_month: int = 1) -> Period:
    """A calendar year, or a fiscal year named by the year it ends in."""
    start = date(number - (1 if fiscal_month > 1 else 0), fiscal_month, 1)
    return whole(start, "year", f"{'fiscal year ' if fiscal_month > 1 else ''}{number}")


def event_of(event: CalendarEvent, clock: Clock, years_back: int = 0) -> Period:
    """The latest occurrence of a yearly event that has begun; `years_back` goes further back."""
    start = date(clock.today.year, *event.start)
    if start > clock.today:
        start = start.replace(year=start.year - 1)
    start = start.replace(year=start.year - years_back)
    end = date(start.year, *event.end)
    if end < start:
        end = end.replace(year=end.year + 1)
    return Period(start, end, f"{event.name.upper()} {start.year}", "event")


def last_event(event: CalendarEvent, clock: Clock) -> Period:
    """The latest occurrence that is over."""
    period = event_of(event, clock)
    return event_of(event, clock, 1) if period.end > clock.today else period


def ahead_of(event: CalendarEvent, clock: Clock, weeks: int = 6) -> Period:
    """The six weeks before the event, up to today when it has not begun or still runs."""
    running = event_of(event, clock)
    if running.end < clock.today:
        start = date(clock.today.year, *event.start)
        if start <= clock.today:
            start = start.replace(year=start.year + 1)
    else:
        start = running.start
    begin = start - timedelta(weeks=weeks)
    if begin > clock.today:
        start = running.start
        begin = start - timedelta(weeks=weeks)
        return Period(begin, start - timedelta(days=1), f"the {weeks} weeks before {event.name.upper()}", "range")
    return Period(begin, clock.today, f"the run-up to {event.name.upper()}", "range")


def previous(period: TimeRange | Period) -> tuple[date, date]:
    """The neighbouring period of the same shape: the calendar unit before, or as many days before."""
    start, end = period.start, period.end
    if start.day == 1 and end == month_end(end):
        months = (end.year - start.year) * 12 + end.month - start.month + 1
        return month_start(start, -months), start - timedelta(days=1)
    days = (end - start).days + 1
    return start - timedelta(days=days), start - timedelta(days=1)


def year_before(day: date) -> date:
    """The same day a year earlier; the last day of February is its 28th."""
    return day.replace(year=day.year - 1, day=min(day.day, 28) if day.month == 2 else day.day)


def clip(period: Period, clock: Clock) -> Period:
    """Cut to the data: nothing before the first day, nothing after today.

    A calendar period by its name (December 2024) that is not over today includes the incomplete day after it.
    """
    last_day = clock.partial_day if clock.partial_day and period.unit != "event" else clock.today
    start, end = max(period.start, clock.first_day), min(period.end, last_day)
    return replace(period, start=start, end=end)
