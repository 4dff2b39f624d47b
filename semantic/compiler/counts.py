"""Counts of several segments, many in one statement: each is a row of it, made as its own statement would be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from semantic.compiler.legs import Parameters, legs, named
from semantic.model import Measure, Metric, SemanticModel
from semantic.query import DimensionFilter, SemanticQuery, TimeRange

COUNTS_A_STATEMENT = 14
PLACE, COUNTED = "place", "counted"


@dataclass(frozen=True)
class Wanted:
    """One count: a measure over a segment's rows of some days."""

    measure: Measure
    filters: tuple[DimensionFilter, ...]
    time: TimeRange


@dataclass(frozen=True)
class CountStatement:
    """One statement; its rows are the place of a count among those that were asked for, and the count."""

    sql: str
    params: dict[str, str]


def compile_counts(model: SemanticModel, wanted: Sequence[Wanted]) -> Iterator[CountStatement]:
    """The statements that give every count, in no order of their rows."""
    for first in range(0, len(wanted), COUNTS_A_STATEMENT):
        parameters = Parameters()
        some = enumerate(wanted[first : first + COUNTS_A_STATEMENT], first)
        selects = [_select(model, one, place, parameters) for place, one in some]
        whole = exp.union(*selects, distinct=False, copy=False) if len(selects) > 1 else selects[0]
        yield CountStatement(whole.sql(dialect="duckdb", copy=False), dict(parameters.values))


def _select(model: SemanticModel, one: Wanted, place: int, parameters: Parameters) -> exp.Select:
    measure = replace(one.measure, name=COUNTED)
    metric = Metric(COUNTED, COUNTED, "", "count", "neutral", "", ((COUNTED, 1.0),), distinct=True)
    measures, metrics = {**model.measures, COUNTED: measure}, {**model.metrics, COUNTED: metric}
    widened = replace(model, measures=measures, metrics=metrics, marts=())
    query = SemanticQuery(metrics=(COUNTED,), filters=one.filters, time=one.time)
    (leg,) = legs(widened, query, one.time, parameters).values()
    leg.select.expressions.insert(0, named(exp.Literal.number(place), PLACE))
    leg.select.set("expressions", leg.select.expressions)
    return leg.select
