"""Follow-ups on time: another period, the one before, a step back, a comparison, the course of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from agents.planner import periods as p
from agents.planner.cues import first, take
from agents.planner.draft import Draft
from agents.planner.reading import Reading
from semantic.query import TimeRange

_SINCE_WHEN = (
    r"since when|(?:when|what day) did (?:it|this|that|they|these) "
    r"(?:begin|start|happen|go (?:up|down|wrong)|change)|"
    r"(?:for )?how long has (?:it|this|that) been (?:so|like this|going on|happening)"
)
_STEP_BACK = (
    r"(?:(?:go|move|step|look|rewind|shift(?: it)?|going) )?back (?:by )?(?:a|an|one|1|another) (?:year|"
    r"quarter|month|week|day)|"
    r"(?:a|one|1) (?:year|quarter|month|week|day) (?:earlier|before(?: that)?|back|prior|previously)"
)


_STEP_ON = (
    r"(?:(?:go|move|step|roll|shift|skip)(?: (?:it|that))? )?(?:forward|ahead|on) (?:by )?(?:a|an|one|1|another) "
    r"(?:year|quarter|month|week|day)|(?:a|one|1) (?:year|quarter|month|week|day) (?:later|after(?: that)?|on)"
)


def _steps_on(reading: Reading, draft: Draft, base: Draft) -> bool:
    """`roll forward a quarter`: the days that come as long after, where a period stands to go on from."""
    found = first(reading, _STEP_ON)
    if not found or base.time is None or first(reading, r"versus|vs|compare|compared|compares|against|than"):
        return False
    unit = next(token.text for token in reading.tokens[found[0] : found[1]] if token.text in _UNITS)
    reading.explain(*found)
    draft.grain, draft.time, reading.grain = None, None, None
    base.time = _later(base.time, unit)
    return True


def _later(time: TimeRange, unit: str) -> TimeRange:
    """The same days of the unit after; whole months stay whole."""
    if unit in ("week", "day"):
        days = timedelta(days=7 if unit == "week" else 1)
        return TimeRange(start=time.start + days, end=time.end + days, label=f"a {unit} later")
    months = {"year": 12, "quarter": 3, "month": 1}[unit]
    start = p.month_start(time.start, months)
    end = p.month_end(p.month_start(time.end, months))
    if time.end != p.month_end(time.end):
        end = min(end, end.replace(day=min(time.end.day, end.day)))
    start = start.replace(day=min(time.start.day, p.month_end(start).day))
    return TimeRange(start=start, end=end, label=f"a {unit} later")


def _steps_back(reading: Reading, draft: Draft, base: Draft) -> bool:
    """`go back a year`: the same days a year, a quarter, a month, a week or a day earlier."""
    found = first(reading, _STEP_BACK)
    if not found or first(reading, r"versus|vs|compare|compared|compares|against|than"):
        return False
    unit = next(token.text for token in reading.tokens[found[0] : found[1]] if token.text in _UNITS)
    reading.explain(*found)
    draft.grain, draft.time, reading.grain = None, None, None
    if base.time is None:
        base.compare_to = "previous_year" if unit == "year" else "previous_period"
    else:
        base.time = _earlier(base.time, unit)
    return True


_UNITS = ("year", "quarter", "month", "week", "day")


def set_period(reading: Reading, draft: Draft, base: Draft) -> None:
    """The period, the comparison and the steps in time that the fragment names."""
    if _steps_back(reading, draft, base) or _steps_on(reading, draft, base):
        return
    baselines = [span.period.baseline for span in reading.of_kind("time") if span.period and span.period.baseline]
    compares = first(reading, r"versus|vs|compare|compared|compares|against|than")
    if take(reading, _SINCE_WHEN, outside_spans=False):
        base.grain, base.order, base.limit = _course_of(base), None, None
    if draft.grain:
        base.grain, base.order, base.limit = draft.grain, None, None
    if baselines and compares:
        base.compare_to = baselines[0] or None
    elif baselines and base.time and not draft.time:
        base.time = _shifted(base.time, baselines[0])
    elif baselines and not draft.time:
        base.compare_to = baselines[0] or None
    elif draft.compare_to and draft.time and compares and (base.time or draft.compare_to == "previous_year"):
        base.compare_to = draft.compare_to
    elif draft.time or draft.compare_to:
        base.time = draft.time or base.time
        base.compare_to = draft.compare_to


def _course_of(base: Draft) -> Literal["day", "week"]:
    """In which steps a period shows when something began."""
    days = (base.time.end - base.time.start).days + 1 if base.time else 30
    return "day" if days <= 45 else "week"


def _shifted(time: TimeRange, baseline: str) -> TimeRange:
    if baseline == "previous_year":
        return _earlier(time, "year")
    start, end = p.previous(time)
    return TimeRange(start=start, end=end, label="the period before")


def _earlier(time: TimeRange, unit: str) -> TimeRange:
    """The same days of the year, quarter or month before; whole months stay whole."""
    if unit in ("week", "day"):
        days = timedelta(days=7 if unit == "week" else 1)
        return TimeRange(start=time.start - days, end=time.end - days, label=f"a {unit} earlier")
    if unit == "year":
        label = "the same period a year earlier"
        return TimeRange(start=p.year_before(time.start), end=p.year_before(time.end), label=label)
    months = 3 if unit == "quarter" else 1
    start = p.month_start(time.start, -months)
    end = p.month_end(p.month_start(time.end, -months))
    if time.end != p.month_end(time.end):
        end = min(end, end.replace(day=min(time.end.day, end.day)))
    start = start.replace(day=min(time.start.day, p.month_end(start).day))
    return TimeRange(start=start, end=end, label=f"a {unit} earlier")
