"""What drives each journey's leak: the leading value of every driver, each a cell of a governed result."""

from __future__ import annotations

from dataclasses import dataclass

from semantic.query import DimensionFilter, Order, SemanticQuery
from tools.actions.playbook import DRIVERS
from tools.desk import Desk
from tools.metrics import WIDER_WINDOW, governed_table
from tools.outcome import Mendable, PlainCell, Refusal, Table
from tools.periods import last_days

COST, CALLS = "avoidable_call_cost", "leaked_calls"
REPEATS = "leaked_repeat_rate"
NOT_MODELLED = "What to fix first is not known here: this model counts no failures and what they lead to."
UNSAYING = ("Unknown", "None", "Other")
REASON, STEP = "failure_reason", "step"


@dataclass(frozen=True)
class Driver:
    """The leading value of a dimension in one journey: where its cell is, and its part of the journey's leak."""

    dimension: str
    value: str
    share: float
    table: int
    row: int


@dataclass(frozen=True)
class Leak:
    """One journey's leak: its row in the first table, calls in the period, repeat rate and drivers.

    `stops_at` is the step where the leading failure reason stops most, with its part of that reason's calls.
    """

    journey: str
    row: int
    calls: float
    repeat_rate: float
    drivers: dict[str, Driver]
    stops_at: Driver | None = None


@dataclass(frozen=True)
class Leaks:
    """The leaks of a period, costliest first. `tables`: the journeys, then one table a driver; `metric` counts."""

    leaks: tuple[Leak, ...]
    tables: tuple[Table, ...]
    metric: str


def find_leaks(desk: Desk, limit: int, filters: tuple[DimensionFilter, ...] = ()) -> Leaks | Refusal:
    """The costliest leaking journeys of the last days with what drives each.

    Within the wider window where nothing is counted in the short one; a refusal without such metrics.
    """
    for cost, calls in ((COST, CALLS), (f"{COST}{WIDER_WINDOW}", f"{CALLS}{WIDER_WINDOW}")):
        if not {cost, calls} <= desk.semantic.metrics.keys():
            continue
        base = _journeys(desk, cost, calls, limit, filters)
        if isinstance(base, Refusal):
            return base
        rows = [row for row in range(len(base.rows)) if _number(base.cell(row, calls))]
        if rows:
            return _with_drivers(desk, base, rows, calls, filters)
    if CALLS not in desk.semantic.metrics:
        return Refusal(
            "not_modelled",
            NOT_MODELLED,
        )
    return Leaks((), (), CALLS)


def _journeys(
    desk: Desk, cost: str, calls: str, limit: int, filters: tuple[DimensionFilter, ...]
) -> Table | Refusal:
    where = desk.semantic.defaults.where_dimension
    repeats = (REPEATS,) if calls == CALLS and REPEATS in desk.semantic.metrics else ()
    query = SemanticQuery(
        metrics=(cost, calls, *repeats),
        dimensions=(where,),
        filters=filters,
        time=last_days(desk.rules.trend_days, desk.as_of),
        order_by=(Order(by=cost),),
        limit=limit,
    )
    return governed_table(query, desk, "The leaking journeys")


def _with_drivers(
    desk: Desk, base: Table, rows: list[int], calls: str, filters: tuple[DimensionFilter, ...]
) -> Leaks:
    where = desk.semantic.defaults.where_dimension
    names = [str(base.cell(row, where)) for row in rows]
    tables = [base]
    found: dict[str, dict[str, Driver]] = {name: {} for name in names}
    fixed = {entry.dimension: entry.values for entry in filters if entry.op == "in"}
    for cut in DRIVERS:
        if cut not in desk.semantic.dimensions_of(calls) or len(fixed.get(cut, ())) == 1:
            continue
        table = _cut(desk, (cut,), calls, names, filters)
        if table is None:
            continue
        for name, row in zip(names, rows, strict=True):
            driver = _leading(table, cut, calls, name, _number(base.cell(row, calls)), len(tables), desk)
            if driver:
                found[name][cut] = driver
        tables.append(table)
    stops = _stops(desk, calls, found, filters, tables)
    leaks = [
        Leak(name, row, _number(base.cell(row, calls)), _rate(base, row), found[name], stops.get(name))
        for name, row in zip(names, rows, strict=True)
    ]
    return Leaks(tuple(leaks), tuple(tables), calls)


def _stops(
    desk: Desk,
    calls: str,
    found: dict[str, dict[str, Driver]],
    filters: tuple[DimensionFilter, ...],
    tables: list[Table],
) -> dict[str, Driver]:
    """Where each journey's leading failure reason stops members: the leading step overall may be another one's.

    The table behind it is added to `tables`.
    """
    names = [name for name, drivers in found.items() if {REASON, STEP} <= drivers.keys()]
    table = _cut(desk, (REASON, STEP), calls, names, filters) if names else None
    if table is None:
        return {}
    stops = {}
    for name in names:
        reason = found[name][REASON]
        whole = _number(tables[reason.table].cell(reason.row, calls))
        driver = _leading(table, STEP, calls, name, whole, len(tables), desk, {REASON: reason.value})
        if driver:
            stops[name] = driver
    tables.append(table)
    return stops


def _cut(
    desk: Desk, cut: tuple[str, ...], calls: str, names: list[str], filters: tuple[DimensionFilter, ...]
) -> Table | None:
    """Leaked calls of the journeys by drivers; nothing where the source lacks them or they may not be read."""
    where = desk.semantic.defaults.where_dimension
    others = tuple(entry for entry in filters if entry.dimension != where)
    query = SemanticQuery(
        metrics=(calls,),
        dimensions=(where, *cut),
        filters=(*others, DimensionFilter(dimension=where, values=tuple(names))),
        time=last_days(desk.rules.trend_days, desk.as_of),
        order_by=(Order(by=calls),),
    )
    label = " and ".join(desk.semantic.dimensions[name].label.lower() for name in cut)
    try:
        table = governed_table(query, desk, f"What leaks, by {label}")
    except Mendable:
        return None
    return table if isinstance(table, Table) else None


def _leading(
    table: Table,
    cut: str,
    calls: str,
    journey: str,
    whole: float,
    at: int,
    desk: Desk,
    within: dict[str, str] | None = None,
) -> Driver | None:
    """The journey's largest row of a driver whose value says something, of the rows `within` other values."""
    own = {desk.semantic.defaults.where_dimension: journey, **(within or {})}
    rows = [
        row
        for row in range(len(table.rows))
        if all(table.cell(row, name) == value for name, value in own.items())
        and str(table.cell(row, cut)) not in UNSAYING
        and _number(table.cell(row, calls))
    ]
    if not rows or not whole:
        return None
    best = max(rows, key=lambda row: _number(table.cell(row, calls)))
    return Driver(cut, str(table.cell(best, cut)), _number(table.cell(best, calls)) / whole, at, best)


def _rate(base: Table, row: int) -> float:
    return _number(base.cell(row, REPEATS)) if any(c.name == REPEATS for c in base.columns) else 0.0


def _number(cell: PlainCell) -> float:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else 0.0
