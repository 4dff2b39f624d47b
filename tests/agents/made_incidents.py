"""Incidents made from the real figures of a warehouse: what a scan would report, without the scan's statistics."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from tools.desk import Desk
from tools.metrics import governed_table
from tools.outcome import Table
from tools.scout.incident import Day, Dollars, Evidence, Incident, Interval, Start, incident_id

TREND_DAYS = 35


def incident_in(
    desk: Desk,
    metric: str,
    segment: dict[str, str],
    *,
    days: int = 10,
    baseline: float = 0.8,
    dollars: bool = True,
    as_of: date | None = None,
) -> Incident:
    """An incident of the last `days` days up to `as_of`; expected is `baseline` times what was observed."""
    day = as_of or desk.as_of
    definition = desk.semantic.metrics[metric]
    kind = "rate" if definition.unit == "rate" else "count" if definition.unit == "count" else "score"
    start = day - timedelta(days=days - 1)
    observed = _value(desk, metric, segment, start, day)
    expected = observed * baseline
    excess = Interval(observed - expected, (observed - expected) * 0.7, (observed - expected) * 1.3)
    amount = Interval(*(excess.scaled(8.0).__dict__[name] for name in ("value", "low", "high")))
    up = observed >= expected
    return Incident(
        id=incident_id(metric, "up" if up else "down", tuple(sorted(segment.items()))),
        metric=metric,
        label=definition.label,
        unit=definition.unit,
        kind=kind,
        segment=tuple(sorted(segment.items())),
        direction="up" if up else "down",
        favourable=None if definition.polarity == "neutral" else up == (definition.polarity == "higher"),
        as_of=day,
        start=Start(start, start - timedelta(days=1), start + timedelta(days=1), (start,)),
        observed=observed,
        expected=expected,
        volume=1.0,
        excess=excess,
        change=(observed - expected) / expected if expected else None,
        dollars=Dollars(
            amount, amount.value / days, amount.value, "mul(query:excess, query:planning_cost_per_call)",
            {"excess": excess.value, "planning_cost_per_call": 8.0},
        ) if dollars else None,
        persistence="lasting",
        days_active=days,
        confidence="high",
        confidence_words="fewer than one false incident in a thousand days",
        evidence=Evidence(9.0, 1e-12, 1e-6, 7, 56, 1.3),
        members=500,
        trend=_trend(desk, metric, segment, day, days, baseline),
    )  # fmt: skip


def moved(incident: Incident, **changes: object) -> Incident:
    """The same incident with other fields."""
    return replace(incident, **changes)  # type: ignore[arg-type]


def _query(metric: str, segment: dict[str, str], start: date, end: date, *, by_day: bool) -> SemanticQuery:
    return SemanticQuery(
        metrics=(metric,),
        filters=tuple(DimensionFilter(dimension=name, values=(value,)) for name, value in segment.items()),
        time=TimeRange(start=start, end=end),
        time_grain="day" if by_day else None,
    )


def _value(desk: Desk, metric: str, segment: dict[str, str], start: date, end: date) -> float:
    table = governed_table(_query(metric, segment, start, end, by_day=False), desk)
    assert isinstance(table, Table), table
    cell = table.cell(0, metric)
    assert isinstance(cell, int | float), (metric, segment)
    return float(cell)


def _trend(
    desk: Desk, metric: str, segment: dict[str, str], day: date, days: int, baseline: float
) -> tuple[Day, ...]:
    start = day - timedelta(days=TREND_DAYS - 1)
    table = governed_table(_query(metric, segment, start, day, by_day=True), desk)
    assert isinstance(table, Table)
    found = {str(row[0])[:10]: float(row[1]) for row in table.rows if isinstance(row[1], int | float)}
    level = sum(found.values()) / max(len(found), 1)
    return tuple(
        Day(at, found.get(at.isoformat(), 0.0), level * (baseline if (day - at).days < days else 1.0), 200.0)
        for at in (start + timedelta(days=n) for n in range(TREND_DAYS))
    )
