"""The money on the table: journeys ranked by what their leaked calls cost, with trend and projected saving."""

from __future__ import annotations

from sqlglot import exp

from semantic.query import DimensionFilter, Order, SemanticQuery
from tools.desk import Desk, Hidden
from tools.metrics import cost_notes, governed_table
from tools.outcome import Column, Found, Mendable, Outcome, PlainCell, Refusal, Table
from tools.periods import days_in, last_days, period_in_words
from tools.savings import DAYS_A_YEAR, computed_row
from warehouse.door import QueryContext
from warehouse.errors import DeniedError

VOLUME = "leaked_calls"


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
    tables, constants = found
    period = tables[1].query.time if tables[1].query else None
    said = (
        [f"Ranked on the {period_in_words(period)}; the trend compares with the same number of days before."]
        if (period)
        else []
    )
    said.append(f"A year is the daily average times {DAYS_A_YEAR}.")
    said += cost_notes((desk.semantic.defaults.money_metric,), desk)
    return Found(tables, "analysis", "opportunities", assumptions=(*assumptions, *said), constants=constants)


def opportunity_tables(
    desk: Desk, limit: int, reduce_pct: float, filters: tuple[DimensionFilter, ...] = ()
) -> tuple[tuple[Table, Table], dict[str, float]] | Refusal:
    """The ranked table and the governed query under it, with the constants that its formulas use."""
    where, money = desk.semantic.defaults.where_dimension, desk.semantic.defaults.money_metric
    period = last_days(desk.rules.trend_days, desk.as_of)
    query = SemanticQuery(
        metrics=(money, VOLUME),
        dimensions=(where,),
        filters=filters,
        time=period,
        compare_to="previous_period",
        order_by=(Order(by=money),),
        limit=limit,
    )
    base = governed_table(query, desk, "What it is based on")
    if isinstance(base, Refusal):
        return base
    constants = {
        "days": float(days_in(period)),
        "year_days": float(DAYS_A_YEAR),
        "reduce": reduce_pct / 100,
        "reduce_pct": reduce_pct,
    }
    formulas = {
        "calls_per_day": f"div(cell:1:{{row}}:{VOLUME}, query:days)",
        "cost_per_day": f"div(cell:1:{{row}}:{money}, query:days)",
        "trend": f"cell:1:{{row}}:{VOLUME}__change_pct",
        "savings_per_year": "mul(cell:0:{row}:cost_per_day, query:reduce, query:year_days)",
    }
    levers = primary_levers(desk)
    columns = (next(c for c in base.columns if c.name == where), *_COLUMNS)
    rows: list[tuple[PlainCell, ...]] = []
    for index in range(len(base.rows)):
        name = base.cell(index, where)
        given = (name, levers.get(str(name), "Unknown"))
        rows += [computed_row(given, columns, formulas, index, [base], constants)]
    table = Table("Top opportunities", columns, tuple(rows), interpretation=base.interpretation, formulas=formulas)
    return (table, base), constants


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
    Column("calls_per_day", "DOUBLE", "count", "derived", "Leaked calls per day"),
    Column("cost_per_day", "DOUBLE", "usd", "derived", "Avoidable cost per day"),
    Column("trend", "DOUBLE", "rate", "derived", "Change on the week"),
    Column("savings_per_year", "DOUBLE", "usd", "derived", "Projected savings per year"),
)
