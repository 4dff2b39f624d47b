"""The incidents of the day's scan, as far as this reader may see them, each beside its own governed figure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from semantic.query import DimensionFilter
from tools.causes import aligned_events
from tools.desk import Desk
from tools.drivers.layout import computed_at
from tools.metrics import governed_table
from tools.outcome import Column, Mendable, PlainCell, Table
from tools.scout.incident import Incident, visible_to

SHOWN = 5
SAME = 1e-6
INCIDENT, WHERE, BEGAN, CHANGE, COST, ALIGNED = "incident", "where", "began", "change", "cost", "aligned"
STANDING = "What left its expectation"
NO_CAUSE = "no known cause"
NOT_TOLD = "Something else left its expectation; its figure cannot be shown to you."


@dataclass(frozen=True)
class Standing:
    """The incidents that may be told, as one table, with the governed figures that they rest on.

    `said` is what a reader should know of those that may not.
    """

    table: Table
    governed: tuple[Table, ...]
    said: tuple[str, ...] = ()


def standing(
    incidents: Sequence[Incident], filters: tuple[DimensionFilter, ...], desk: Desk, first: int, made: int = 0
) -> Standing:
    """The costliest and surest incidents within filters, as part `made`; their figures are parts from `first` on.

    An incident is told only when this reader's own governed figure equals the scan's.
    """
    own = [incident for incident in incidents if not incident.echo_of and within(incident, filters)]
    seen = visible_to(own, desk.principal, desk.small_cell)
    told: list[tuple[Incident, Table]] = []
    said: tuple[str, ...] = ()
    for incident in sorted(seen, key=rank):
        if len(told) == SHOWN:
            break
        if figure := figure_of(incident, desk):
            told.append((incident, figure))
        else:
            said = (NOT_TOLD,)
    return Standing(_table(told, desk, first, made), tuple(figure for _, figure in told), said)


def within(incident: Incident, filters: tuple[DimensionFilter, ...]) -> bool:
    """Whether an incident's segment lies within filters."""
    held = incident.values
    return all((held.get(f.dimension) in f.values) == (f.op == "in") for f in filters)


def rank(incident: Incident) -> tuple[bool, float, float, str]:
    """What costs most first, then what is surest; what is good last.

    An amount that may as well be nothing, by its range, puts nothing first.
    """
    amount = incident.dollars.amount if incident.dollars else None
    sure = amount is not None and amount.low * amount.high > 0
    counted = incident.dollars.counted if incident.dollars and sure else 0.0
    return (is_favourable(incident), -abs(counted), -abs(incident.evidence.z), incident.id)


def is_favourable(incident: Incident) -> bool:
    """By the metric's polarity; of a neutral metric what saves money is good."""
    if incident.favourable is not None:
        return incident.favourable
    return incident.dollars is not None and incident.dollars.amount.value < 0


def figure_of(incident: Incident, desk: Desk) -> Table | None:
    """The reader's own governed figure of an incident; None where it is hidden or is not the scan's."""
    if incident.metric not in desk.semantic.metrics:
        return None
    try:
        table = governed_table(incident.query(), desk)
    except Mendable:
        return None
    if not isinstance(table, Table) or len(table.rows) != 1 or table.hides(0, incident.metric):
        return None
    shown = table.cell(0, incident.metric)
    same = isinstance(shown, int | float) and math.isclose(shown, incident.observed, rel_tol=SAME, abs_tol=SAME)
    return table if same else None


def _table(told: Sequence[tuple[Incident, Table]], desk: Desk, first: int, made: int) -> Table:
    units = sorted({incident.unit for incident, _ in told})
    keys: list[tuple[PlainCell, ...]] = [_key(incident, units, desk) for incident, _ in told]
    expected = [
        Column(f"expected_{unit}", "DOUBLE", unit, "derived", _label("Expected", unit, units)) for unit in units
    ]
    columns = (
        Column(INCIDENT, "VARCHAR", "", "dimension", "What"),
        Column(WHERE, "VARCHAR", "", "dimension", "Where"),
        Column(BEGAN, "DATE", "", "time", "Since"),
        Column("confidence", "VARCHAR", "", "dimension", "Confidence"),
        Column(ALIGNED, "VARCHAR", "", "dimension", "Aligned with, not proven"),
        Column(COST, "DOUBLE", "usd", "derived", "Cost so far"),
        *expected,
        *(Column(f"observed_{u}", "DOUBLE", u, "derived", _label("Observed", u, units)) for u in units),
        Column(CHANGE, "DOUBLE", "rate", "derived", "Against expectation"),
    )
    formulas: dict[str, str] = {}
    for row, (incident, _) in enumerate(told):
        observed = f"cell:{first + row}:0:{incident.metric}"
        for unit in units:
            own = unit == incident.unit
            formulas.setdefault(f"observed_{unit}", observed)
            formulas[f"observed_{unit}[{row}]"] = observed if own else f"cell:{made}:{row}:expected_{unit}"
        formulas.setdefault(CHANGE, f"change({observed}, cell:{made}:{row}:expected_{incident.unit})")
        formulas[f"{CHANGE}[{row}]"] = f"change({observed}, cell:{made}:{row}:expected_{incident.unit})"
    empty = Table(STANDING, columns, (), formulas=formulas, interpretation="The scan of the last complete day.")
    figures = [figure for _, figure in told]
    return computed_at(empty, keys, made, [*[empty] * first, *figures]) if told else empty


def place_of(incident: Incident, desk: Desk) -> str:
    """An incident's segment in words."""
    return " / ".join(desk.values.label(name, value) for name, value in incident.segment) or "everybody"


def _key(incident: Incident, units: Sequence[str], desk: Desk) -> tuple[PlainCell, ...]:
    best = aligned_events(desk, incident.metric, incident.query().filters, incident.start).best
    cost = incident.dollars.amount.value if incident.dollars else None
    expected = [incident.expected if unit == incident.unit else None for unit in units]
    aligned = best.event.name if best else NO_CAUSE
    return (
        incident.label,
        place_of(incident, desk),
        incident.start.day.isoformat(),
        incident.confidence,
        aligned,
        cost,
        *expected,
    )


def _label(text: str, unit: str, units: Sequence[str]) -> str:
    return text if len(units) == 1 else f"{text} ({unit})"
