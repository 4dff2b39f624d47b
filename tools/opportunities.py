"""The money on the table: journeys ranked by what their leaked calls cost, with trend and projected saving."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from semantic.query import DimensionFilter, Order, SemanticQuery
from tools.desk import Desk, Hidden
from tools.metrics import WIDER_WINDOW, cost_notes, governed_table
from tools.outcome import Column, Found, Mendable, Outcome, Refusal, Table
from tools.periods import last_days, period_in_words
from tools.savings import DAYS_A_YEAR, computed
from warehouse.door import QueryContext
from warehouse.errors import DeniedError

VOLUME = "leaked_calls"
DRIVERS = ("error_message", "failure_reason")
LOW_PCT, HIGH_PCT = 5.0, 10.0
NOT_MODELLED = (
    "What to fix first is not known here: this model holds no costs of failures to rank by. "
    "Its metrics can be asked by any of its dimensions."
)
NONE_IN_TIME = "No call follows a failure within 30 minutes here; calls within 24 hours are counted instead."
FEW_IN_TIME = (
    "No figure may be shown for calls within 30 minutes of a failure: there are none, or too few members are "
    "behind them. Calls within 24 hours are counted instead."
)


def top_opportunities(
    desk: Hidden,
    limit: int = 5,
    reduce_pct: float = 10,
    filters: tuple[DimensionFilter, ...] = (),
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Rank the journeys by the cost of their leaked calls, with the week's trend and what a reduction would save.

    `limit` is how many to show, `reduce_pct` the reduction that the saving assumes, `filters` narrow the calls.
    """
    if not 0 < reduce_pct <= 100:
        raise Mendable("bad_reduction", "reduce_pct must be above 0 and at most 100.", "Use 10.")
    found = opportunity_tables(desk, max(1, min(limit, 20)), reduce_pct, filters)
    if isinstance(found, Refusal):
        return found
    (ranked, base), constants = found
    period = base.query.time if base.query else None
    said = list(assumptions)
    if period:
        said.append(
            f"Ranked on the {period_in_words(period)}; the trend compares with the same number of days before."
        )
    said += wider_instead(base)
    said.append(f"A year is the daily average times {DAYS_A_YEAR}.")
    said += cost_notes((desk.semantic.defaults.money_metric,), desk)
    tables = (ranked, base, *main_drivers(ranked, base, desk))
    return Found(tables, "analysis", "opportunities", assumptions=tuple(said), constants=constants)


def opportunity_tables(
    desk: Desk, limit: int, reduce_pct: float, filters: tuple[DimensionFilter, ...] = ()
) -> tuple[tuple[Table, Table], dict[str, float]] | Refusal:
    """The ranked table and the governed query under it, with the constants that its formulas use.

    Ranked within the wider window where no call falls into the short one and the model has both.
    """
    money, volume = desk.semantic.defaults.money_metric, VOLUME
    if not {money, volume} <= desk.semantic.metrics.keys():
        return Refusal("not_modelled", NOT_MODELLED)
    base = _base(money, volume, desk, limit, filters)
    wider = (f"{money}{WIDER_WINDOW}", f"{volume}{WIDER_WINDOW}")
    if isinstance(base, Table) and not _counted(base, volume) and desk.semantic.metrics.keys() >= set(wider):
        (money, volume), base = wider, _base(*wider, desk, limit, filters)
    if isinstance(base, Refusal):
        return base
    other = LOW_PCT if reduce_pct != LOW_PCT else HIGH_PCT
    constants = {
        "days": float(desk.rules.trend_days),
        "year_days": float(DAYS_A_YEAR),
        "reduce": reduce_pct / 100,
        "reduce_pct": reduce_pct,
        "other": other / 100,
        "other_pct": other,
    }
    return (_ranking(base, money, volume, constants, desk), base), constants


def _base(
    money: str, volume: str, desk: Desk, limit: int, filters: tuple[DimensionFilter, ...]
) -> Table | Refusal:
    query = SemanticQuery(
        metrics=(money, volume),
        dimensions=(desk.semantic.defaults.where_dimension,),
        filters=filters,
        time=last_days(desk.rules.trend_days, desk.as_of),
        compare_to="previous_period",
        order_by=(Order(by=money),),
        limit=limit,
    )
    return governed_table(query, desk, "The week against the week before")


def wider_instead(base: Table) -> tuple[str, ...]:
    """What to say when the ranking is over the wider window."""
    if base.query is None or base.query.metrics[1] == VOLUME:
        return ()
    return (FEW_IN_TIME if base.small_cell else NONE_IN_TIME,)


def _counted(table: Table, metric: str) -> bool:
    return any(table.cell(row, metric) for row in range(len(table.rows)))


def _ranking(base: Table, money: str, volume: str, constants: dict[str, float], desk: Desk) -> Table:
    formulas = {
        "calls_per_day": f"div(cell:1:{{row}}:{volume}, query:days)",
        "cost_per_day": f"div(cell:1:{{row}}:{money}, query:days)",
        "trend": f"cell:1:{{row}}:{volume}__change_pct",
        "savings_per_year": "mul(cell:0:{row}:cost_per_day, query:reduce, query:year_days)",
        "savings_per_year_otherwise": "mul(cell:0:{row}:cost_per_day, query:other, query:year_days)",
    }
    labels = {
        "calls_per_day": f"{desk.semantic.metrics[volume].label} per day",
        "savings_per_year": f"Projected savings per year at {constants['reduce_pct']:g}%",
        "savings_per_year_otherwise": f"Projected savings per year at {constants['other_pct']:g}%",
    }
    figures = tuple(replace(column, label=labels.get(column.name, column.label)) for column in _COLUMNS)
    where = desk.semantic.defaults.where_dimension
    columns = (next(c for c in base.columns if c.name == where), *figures)
    levers = primary_levers(desk)
    names = [base.cell(row, where) for row in range(len(base.rows))]
    given = [(name, levers.get(str(name), "Unknown")) for name in names]
    empty = Table("Top opportunities", columns, (), interpretation=base.interpretation, formulas=formulas)
    return replace(computed(empty, given, [base], constants), left_out=base.left_out)


def main_drivers(ranked: Table, base: Table, desk: Desk) -> tuple[Table, ...]:
    """What went wrong in the first-ranked place: its leaked calls by message or failure reason, with shares."""
    query, where = base.query, desk.semantic.defaults.where_dimension
    if query is None or not ranked.rows or not base.cell(0, query.metrics[1]):
        return ()
    first, volume = str(ranked.cell(0, where)), query.metrics[1]
    filters = (
        *(f for f in query.filters if f.dimension != where),
        DimensionFilter(dimension=where, values=(first,)),
    )
    fixed = {entry.dimension for entry in filters}
    for cut in DRIVERS:
        if cut in fixed or cut not in desk.semantic.dimensions_of(volume):
            continue
        asked = SemanticQuery(
            metrics=(volume,), dimensions=(cut,), filters=filters, time=query.time, share_of_total=True,
            order_by=(Order(by=volume),), limit=5,
        )  # fmt: skip
        table = governed_table(asked, desk, f"What stops members in {desk.values.label(where, first)}")
        if isinstance(table, Table) and len(table.rows) > 1:
            return (table,)
    return ()


def primary_levers(desk: Desk) -> dict[str, str]:
    """Who can fix each journey, from the owner's table of levers; empty when the role may not read it."""
    sql = exp.select("journey", "primary_lever").from_("gold.top_opportunities").sql(dialect="duckdb")
    try:
        result = desk.door.query(
            sql, desk.principal, context=QueryContext(desk.answer_id, desk.question, desk.source)
        )
    except DeniedError:
        return {}
    desk.spend(result.timings_ms)
    return {str(journey): str(lever) for journey, lever in result.rows}


_COLUMNS = (
    Column("primary_lever", "VARCHAR", "", "dimension", "Primary lever"),
    Column("calls_per_day", "DOUBLE", "count", "derived"),
    Column("cost_per_day", "DOUBLE", "usd", "derived", "Avoidable cost per day"),
    Column("trend", "DOUBLE", "rate", "derived", "Change on the week"),
    Column("savings_per_year", "DOUBLE", "usd", "derived"),
    Column("savings_per_year_otherwise", "DOUBLE", "usd", "derived"),
)
