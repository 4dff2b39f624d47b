"""Counts of different values in several segments: those of one table are columns of one pass over its rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from semantic.compiler.legs import Parameters, between, legs, named
from semantic.model import Measure, Metric, SemanticModel
from semantic.query import DimensionFilter, SemanticQuery, TimeRange

COUNTS_A_STATEMENT = 20
COUNTED = "counted"


@dataclass(frozen=True)
class Wanted:
    """One count of different values (a measure of that aggregation) over a segment's rows of some days."""

    measure: Measure
    filters: tuple[DimensionFilter, ...]
    time: TimeRange


@dataclass(frozen=True)
class CountStatement:
    """One statement of one row; by its columns, the places of the counts that each of them gives."""

    sql: str
    params: dict[str, str]
    places: tuple[tuple[int, ...], ...]


def compile_counts(model: SemanticModel, wanted: Sequence[Wanted]) -> Iterator[CountStatement]:
    """The statements that give every count, each different one once."""
    asked: dict[Wanted, list[int]] = {}
    for place, one in enumerate(wanted):
        asked.setdefault(one, []).append(place)
    parameters = Parameters()
    by_rows: dict[tuple[str, ...], list[tuple[Wanted, exp.Select]]] = {}
    for one in asked:
        select = _select(model, one, parameters)
        rows = (one.measure.dataset, *(() if _is_plain(select) else (repr(one),)))
        by_rows.setdefault(rows, []).append((one, select))
    for mine in by_rows.values():
        for first in range(0, len(mine), COUNTS_A_STATEMENT):
            some = mine[first : first + COUNTS_A_STATEMENT]
            whole = _together(model, some) if len(some) > 1 else some[0][1]
            used = {placeholder.name for placeholder in whole.find_all(exp.Placeholder)}
            values = {name: value for name, value in parameters.values.items() if name in used}
            places = tuple(tuple(asked[one]) for one, _ in some)
            yield CountStatement(whole.sql(dialect="duckdb", copy=False), values, places)


def _select(model: SemanticModel, one: Wanted, parameters: Parameters) -> exp.Select:
    measure = replace(one.measure, name=COUNTED)
    metric = Metric(COUNTED, COUNTED, "", "count", "neutral", "", ((COUNTED, 1.0),), distinct=True)
    measures, metrics = {**model.measures, COUNTED: measure}, {**model.metrics, COUNTED: metric}
    widened = replace(model, measures=measures, metrics=metrics, marts=())
    query = SemanticQuery(metrics=(COUNTED,), filters=one.filters, time=one.time)
    (leg,) = legs(widened, query, one.time, parameters).values()
    return leg.select


def _is_plain(select: exp.Select) -> bool:
    """Whether it counts a table's own rows, so that another count of them may stand beside it."""
    return isinstance(select.args["from_"].this, exp.Table) and not select.args.get("joins")


def _together(model: SemanticModel, some: Sequence[tuple[Wanted, exp.Select]]) -> exp.Select:
    """One SELECT of all counts: what each one keeps of the rows is said within it.

    Not by a FILTER: the engine then collects the values many times as slowly as those of a CASE.
    """
    columns = []
    for number, (_, select) in enumerate(some, 1):
        count = select.expressions[0].unalias()
        kept = [select.args["where"].this] if select.args.get("where") else []
        if isinstance(count, exp.Filter):
            kept.append(count.expression.this)
            count = count.this
        (value,) = count.this.expressions
        if kept:
            value = exp.Case(ifs=[exp.If(this=exp.and_(*kept, copy=False), true=value)])
        columns.append(named(exp.Count(this=exp.Distinct(expressions=[value])), f"{COUNTED}_{number}"))
    whole = exp.select(*columns, copy=False)
    whole.set("from_", some[0][1].args["from_"])
    column, times = model.datasets[some[0][0].measure.dataset].time_column, [one.time for one, _ in some]
    if column:  # so that the engine need not look at other days
        time = TimeRange(start=min(one.start for one in times), end=max(one.end for one in times))
        whole.where(between(column, time), copy=False)
    return whole
