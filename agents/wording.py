"""Numbers, names and periods the way an executive reads them. Pure text, no facts."""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import cast

from semantic.model import SemanticModel
from semantic.query import MetricFilter, TimeGrain, TimeRange
from semantic.windows import bucket_start
from tools.periods import day_in_words, span_in_words

_UNIT_WORDS = {"minutes": "minute", "days": "day", "weeks": "week", "seconds": "second", "points": "point"}
_WHOLE = ("days", "weeks")  # counted as a person counts them where nothing is left over
_NUMBER_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def written(value: float, unit: str) -> str:
    """A number with its unit: 5,000; $1.46M; 28.1%; 12.3 minutes; 8 days; -0.65."""
    sign = "-" if value < 0 and _rounds_to_something(value, unit) else ""
    size = abs(value)
    if unit == "usd":
        return f"{sign}${_money(size)}"
    if unit == "rate":
        return f"{sign}{size * 100:.1f}%"
    if unit == "percent":
        return f"{sign}{size:.1f}%"
    if unit == "count":
        return sign + _count(size)
    if unit in _UNIT_WORDS:
        shown = f"{size:,.0f}" if unit in _WHOLE and size == int(size) else f"{size:,.1f}"
        return f"{sign}{shown} {_UNIT_WORDS[unit] if shown in ('1', '1.0') else unit}"
    return f"{sign}{size:,.2f}"


def _rounds_to_something(value: float, unit: str) -> bool:
    return abs(value) * (100 if unit == "rate" else 1) >= (0.05 if unit != "score" else 0.005)


def _money(size: float) -> str:
    if size >= 999_995_000:
        return f"{size / 1e9:.2f}B"
    if size >= 999_500:
        return f"{size / 1e6:.2f}M"
    return f"{size:,.0f}" if size >= 100 or size == int(size) else f"{size:,.2f}"


def _count(size: float) -> str:
    if size >= 9_995_000:
        return f"{size / 1e6:.2f}M"
    return f"{size:,.0f}" if size >= 10 or size == int(size) else f"{size:,.1f}"


def number_word(count: int) -> str:
    """Small counts as words."""
    return _NUMBER_WORDS[count] if 0 <= count < len(_NUMBER_WORDS) else f"{count:,}"


def in_sentence(label: str) -> str:
    """A label inside a sentence: its first letter small unless it begins an abbreviation."""
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def at_start(text: str) -> str:
    """A text at the start of a sentence."""
    return text[:1].upper() + text[1:]


def is_plural(label: str) -> bool:
    """Whether a label takes "were": Leaked calls, Members impacted; not NPS and not Status."""
    head = re.split(r" (?:per|of|in|within|after|by|for|with|to|among)\b|\(", label.strip())[0].strip()
    words = head.split(" ")
    return any(
        word.endswith("s") and not word.endswith(("ss", "us", "is", "PS")) for word in (words[0], words[-1])
    )


def plural(noun: str) -> str:
    """The plural of a dimension's label: journeys, categories, statuses."""
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + ("es" if noun.endswith(("s", "x", "ch", "sh")) else "s")


def joined(items: list[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def days_in_words(period: TimeRange) -> str:
    """The days of a period, a whole month, quarter or year by its name."""
    start, end = period.start, period.end
    if start.day == 1 and end == _month_end(end):
        months = (end.year - start.year) * 12 + end.month - start.month + 1
        if months == 1:
            return f"{start:%B} {start.year}"
        if months == 3 and start.month % 3 == 1:
            return f"Q{start.month // 3 + 1} {start.year}"
        if months == 12 and start.month == 1:
            return str(start.year)
    return span_in_words(start, end)


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


_BARE = re.compile(r"^(today|yesterday|this \w+|last (week|month|quarter|year))$", re.IGNORECASE)
_UNITS_BACK = re.compile(r"^last (\d+) (day|week|month|quarter|year)s?$", re.IGNORECASE)
_NAMED = re.compile(r"^(?:this|last) (week|month|quarter|year)$", re.IGNORECASE)
_LEAST_DAYS = {"day": 1, "week": 7, "month": 28, "quarter": 90, "year": 365}
_COUNTED = re.compile(r"^(the )?last \d+ \w+$", re.IGNORECASE)


def _is_cut_short(period: TimeRange, label: str) -> bool:
    """Whether the data begin within the period that a label names: 34 days are not the last 12 months."""
    if counted := _UNITS_BACK.match(label):
        whole = (int(counted[1]) - 1) * _LEAST_DAYS[counted[2].lower()]  # the last one may have begun just now
        return (period.end - period.start).days < whole
    named = _NAMED.match(label)
    grain = cast(TimeGrain, named[1].lower()) if named else "day"
    return bool(named) and bucket_start(period.end, grain) != period.start


def lead_in(period: TimeRange) -> tuple[str, str]:
    """What stands before and after the days: ("in the last 30 days (", ")"), ("on ", ""), ("from ", "")."""
    label = period.label.strip().removeprefix("the ")
    days = days_in_words(period)
    if _is_cut_short(period, label):
        return f"in the part of {'the ' if _COUNTED.match(label) else ''}{label.lower()} that has data (", ")"
    if _BARE.match(label):
        return f"{label[0].lower()}{label[1:]} (", ")"
    if _COUNTED.match(label):
        return f"in the {label.lower()} (", ")"
    if period.start == period.end:
        return "on ", ""
    return ("from ", "") if " to " in days else ("in ", "")


_THRESHOLDS = {">": "above", ">=": "of at least", "<": "below", "<=": "of at most", "=": "of exactly"}


def threshold(item: MetricFilter, semantic: SemanticModel) -> str:
    """with total calls above 900: a condition on a metric."""
    metric = semantic.metrics[item.metric]
    return f"with {in_sentence(metric.label)} {_THRESHOLDS[item.op]} {written(item.value, metric.unit)}"


def earlier_in_words(period: TimeRange) -> str:
    """The period that a comparison looks back to: its own name, or its days."""
    days = days_in_words(period)
    return period.label or (f"the days from {days}" if " to " in days else days)


def bucket_in_words(start: date, grain: TimeGrain) -> str:
    """A time bucket by its name: 15 October 2026, the week of 12 October 2026, October 2026, Q4 2026, 2026."""
    if grain == "week":
        return f"the week of {day_in_words(start)}"
    if grain == "month":
        return f"{start:%B} {start.year}"
    if grain == "quarter":
        return f"Q{(start.month - 1) // 3 + 1} {start.year}"
    return str(start.year) if grain == "year" else day_in_words(start)
