"""What an address asks for: a period and filters in its query string, held against what the reader may know.

`?period=7d&plan_type=MAPD&topic=Billing`; `period` is today, 7d, 30d, 90d, or two days as 2026-10-01..2026-10-29.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from semantic.query import DimensionFilter, TimeRange
from tools.desk import Desk
from tools.nps_lift import topic_of
from tools.periods import last_days
from warehouse.errors import UsageError

PERIODS = {"today": 1, "7d": 7, "30d": 30, "90d": 90}
PERIOD_LABELS = {"today": "Last day", "7d": "7 days", "30d": "30 days", "90d": "90 days"}
TOPIC = "topic"


@dataclass(frozen=True)
class Filter:
    """One filter of the bar: its name in the address, and the dimensions that it can mean, the first that fits."""

    name: str
    label: str
    everything: str
    dimensions: tuple[str, ...]


FILTERS = (
    Filter("plan_type", "Plan type", "All plans", ("plan_type",)),
    Filter("segment", "Segment", "All segments", ("segment",)),
    Filter("tenure", "Tenure", "New and tenured", ("member_tenure",)),
    Filter("channel", "Channel", "All channels", ("platform",)),
    Filter(TOPIC, "Topic", "All topics", ("journey", "call_topic")),
)


@dataclass(frozen=True)
class Asked:
    """A view's period and filters. `chosen` maps a filter's name to its value, in the order of the bar.

    `usual` is the period of the view's address without one.
    """

    period: str
    time: TimeRange
    chosen: Mapping[str, str]
    usual: str = "today"

    @property
    def is_said(self) -> bool:
        """Whether addresses name the period: all but the last day, where that is meant without a word."""
        return not self.period == self.usual == "today"

    @property
    def days(self) -> int:
        """Days of the period."""
        return (self.time.end - self.time.start).days + 1

    def address(self, path: str, **more: str | int | None) -> str:
        """An address with the same period and filters; `more` are set over them, None drops one."""
        given: dict[str, str | int | None] = {"period": self.period, **self.chosen, **more}
        if given.get("period") == self.usual == "today":
            given["period"] = None
        text = urlencode({name: value for name, value in given.items() if value not in (None, "")})
        return f"{path}?{text}" if text else path

    def filters_for(self, metrics: Iterable[str], desk: Desk) -> tuple[tuple[DimensionFilter, ...], list[str]]:
        """The filters as the metrics' own dimensions, and the labels of those that these cannot be cut by."""
        allowed = frozenset.intersection(*(frozenset(desk.semantic.dimensions_of(name)) for name in metrics))
        found, lacking = [], []
        for known in FILTERS:
            value = self.chosen.get(known.name)
            if not value:
                continue
            entry = _meant(known, value, allowed, desk)
            found += [entry] if entry else []
            lacking += [] if entry else [known.label.lower()]
        return tuple(found), lacking


def _meant(known: Filter, value: str, allowed: frozenset[str], desk: Desk) -> DimensionFilter | None:
    for name in known.dimensions:
        if name not in allowed:
            continue
        meant = topic_of(desk, value) if name == "call_topic" else value
        if meant:
            return DimensionFilter(dimension=name, values=(meant,))
    return None


def read_asked(
    params: Mapping[str, str], desk: Desk, period: str = "today", without: tuple[str, ...] = ()
) -> Asked:
    """The period and filters of an address. Raises UsageError that says what of it is not known.

    Two days, `from` and `to` as a form sends them, go before `period`.
    """
    first, last = params.get("from", ""), params.get("to", "")
    wanted = f"{first}..{last}" if first and last else params.get("period") or period
    chosen = {}
    for known in FILTERS:
        value = params.get(known.name, "")
        if not value or known.name in without:
            continue
        if value not in values_of(known, desk):
            raise UsageError(
                f"There is no {known.label.lower()} {value[:60]!r}.", where=known.name, next_step="Choose another."
            )
        chosen[known.name] = value
    return Asked(wanted, _time(wanted, desk), chosen, period)


def values_of(known: Filter, desk: Desk) -> tuple[str, ...]:
    """The values that a filter may take for this reader."""
    name = known.dimensions[0]
    return tuple(desk.values.values(name)) if name in desk.semantic.dimensions else ()


def _time(wanted: str, desk: Desk) -> TimeRange:
    if wanted in PERIODS:
        days = min(PERIODS[wanted], (desk.as_of - desk.first_day).days + 1)
        if wanted == "today":
            return TimeRange(start=desk.as_of, end=desk.as_of, label="today")
        return last_days(days, desk.as_of)
    first, _, last = wanted.partition("..")
    try:
        start, end = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError as error:
        raise UsageError(
            f"There is no period {wanted[:40]!r}.",
            where="period",
            next_step=f"Use one of {', '.join(PERIODS)}, or two days as 2026-10-01..2026-10-29.",
        ) from error
    if not desk.first_day <= start <= end <= desk.last_day:
        raise UsageError(
            f"The data hold the days from {desk.first_day} to {desk.last_day}.",
            where="period",
            next_step="Choose days within.",
        )
    return TimeRange(start=start, end=end)
