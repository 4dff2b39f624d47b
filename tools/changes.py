"""What changed since a day: incidents that are new since then, go on, improve or are over, with their movement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from semantic.query import DimensionFilter, TimeRange
from tools.desk import Desk
from tools.drivers.layout import computed_at
from tools.metrics import governed_table
from tools.outcome import Column, Mendable, PlainCell, Table
from tools.scout.incident import Incident, carried, visible_to
from tools.standing import BEGAN, INCIDENT, WHERE, Standing, figure_of, place_of, rank, within

State = Literal["new", "continuing", "improving", "resolved"]
STATES: tuple[State, ...] = ("new", "continuing", "improving", "resolved")
CHANGED = "What changed among the incidents"
STATE, SINCE, NOW, BEFORE = "state", "compared_with", "now", "before"
WEEK = 7
SHOWN = 8
EASED = 2 / 3  # of the excess a day that there was: what is at most so much improves
RECENT_DAYS = 3
METHOD = (
    "The scan of the last complete day against the day named: what began after it is new, what the scan finds no "
    "more is resolved, what strays by at most two thirds of what it did improves."
)


@dataclass(frozen=True)
class _Moved:
    incident: Incident
    state: State
    figure: Table


def since_of(time: TimeRange, as_of: date) -> date:
    """The day to compare with: the one that was said, else a week ago (weekdays weigh alike) or earlier."""
    wanted = time.end if time.start == time.end else min(time.end, as_of - timedelta(days=WEEK))
    return min(wanted, as_of - timedelta(days=1))


def changed_since(
    since: date,
    incidents: Sequence[Incident],
    earlier: Sequence[Incident] | None,
    filters: tuple[DimensionFilter, ...],
    desk: Desk,
) -> Standing:
    """The incidents by what became of them since a day, as a table; the governed figures behind it follow it.

    `earlier` are those of the day's own scan; None where it was not kept, and nothing is told as resolved then.
    """
    now = carried(_seen(incidents, filters, desk), earlier or ())
    open_now = [i for i in sorted(now, key=rank) if figure_of(i, desk)]
    told = [found for i in open_now if (found := _moved(i, _state(i, since), since, desk))]
    ids = {incident.id for incident in carried(incidents, earlier or ())}
    gone = [i for i in _seen(earlier or (), filters, desk) if i.id not in ids]
    told += [found for i in sorted(gone, key=rank) if (found := _moved(i, "resolved", since, desk))]
    told = sorted(told, key=lambda found: STATES.index(found.state))[:SHOWN]
    return Standing(_table(told, since, desk), tuple(found.figure for found in told))


def _seen(incidents: Sequence[Incident], filters: tuple[DimensionFilter, ...], desk: Desk) -> tuple[Incident, ...]:
    own = [incident for incident in incidents if not incident.echo_of and within(incident, filters)]
    return visible_to(own, desk.principal, desk.small_cell)


def _state(incident: Incident, since: date) -> State:
    if incident.start.day > since:
        return "new"
    then, now = (_excess(incident, day) for day in (since, incident.as_of))
    eased = incident.persistence == "fading" or (then > 0 and now <= EASED * then)
    return "improving" if eased else "continuing"


def _excess(incident: Incident, until: date) -> float:
    """The mean excess of the days up to one, in the incident's own direction."""
    sign = 1 if incident.direction == "up" else -1
    days = [one for one in incident.trend if one.day <= until][-RECENT_DAYS:]
    volume = sum(one.volume for one in days)
    return sign * sum((one.observed - one.expected) * one.volume for one in days) / volume if volume else 0.0


def _moved(incident: Incident, state: State, since: date, desk: Desk) -> _Moved | None:
    """The incident with its governed figure since the day against as many days before; None where it is hidden."""
    if incident.metric not in desk.semantic.metrics:
        return None
    time = TimeRange(start=since + timedelta(days=1), end=desk.as_of)
    query = incident.query().model_copy(update={"time": time, "compare_to": "previous_period"})
    try:
        table = governed_table(query, desk)
    except Mendable:
        return None
    if not isinstance(table, Table) or len(table.rows) != 1 or table.suppressed:
        return None
    return _Moved(incident, state, table)


def _table(told: Sequence[_Moved], since: date, desk: Desk) -> Table:
    """Part 0; the figures of its rows are the parts after it."""
    units = sorted({found.incident.unit for found in told})
    keys: list[tuple[PlainCell, ...]] = [
        (found.state, i.label, place_of(i, desk), i.start.day.isoformat(), since.isoformat())
        for found in told
        if (i := found.incident)
    ]
    columns = (
        Column(STATE, "VARCHAR", "", "dimension", "Is"),
        Column(INCIDENT, "VARCHAR", "", "dimension", "What"),
        Column(WHERE, "VARCHAR", "", "dimension", "Where"),
        Column(BEGAN, "DATE", "", "time", "Began"),
        Column(SINCE, "DATE", "", "time", "Compared with"),
        *(Column(f"{when}_{unit}", "DOUBLE", unit, "derived", _label(when, unit, units))
          for unit in units for when in (NOW, BEFORE)),
    )  # fmt: skip
    formulas: dict[str, str] = {}
    for row, found in enumerate(told):
        metric, unit = found.incident.metric, found.incident.unit
        for when, cell in ((NOW, metric), (BEFORE, f"{metric}__previous")):
            formulas[f"{when}_{unit}[{row}]"] = f"cell:{row + 1}:0:{cell}"
            formulas.setdefault(f"{when}_{unit}", f"cell:{row + 1}:0:{cell}")
    for row in range(len(told)):  # a column of another unit has no cell in this row
        for unit in units:
            for when in (NOW, BEFORE):
                formulas.setdefault(f"{when}_{unit}[{row}]", f"cell:0:{row}:{WHERE}")
    empty = Table(CHANGED, columns, (), formulas=formulas, interpretation=METHOD)
    return computed_at(empty, keys, 0, [empty, *(found.figure for found in told)]) if told else empty


def _label(when: str, unit: str, units: Sequence[str]) -> str:
    text = "Since then" if when == NOW else "As many days before"
    return text if len(units) == 1 else f"{text} ({unit})"
