"""A dataset's sums by day over many combinations of dimensions, in statements whose cells hold whole series.

One line of the result is a cell of the cube: the dimensions it fixes (the others are NULL), how it was grouped,
and the series as text: for each day with rows the day's number and the sums, parted by spaces, in no order. A
cube of many thousand cells travels that way in a few statements. The measures are the model's own. Sums that may
have fractions can be asked for in units that have none: whole numbers are read many times faster.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from sqlglot import exp

from semantic.compiler.legs import Parameters, day, legs, named
from semantic.model import Metric, SemanticModel
from semantic.query import SemanticQuery, TimeRange

SERIES, GROUPED = "series", "grouped"
SETS_A_STATEMENT = 12  # with more, the engine carries columns that most of them do not group by
MANY_SETS = 12  # from which rows are added up to their finest cells first: every set is a pass over what it groups
_DECIMALS = 4


@dataclass(frozen=True)
class CubeStatement:
    """One statement. `dimensions` are the columns after `grouped`, in the order of its bits from the highest on.

    A set bit says that the dimension is not fixed. In the series each day has `1 + len(measures)` numbers, each
    `units` times the measure's own.
    """

    sql: str
    params: dict[str, str]
    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    units: tuple[float, ...]


def compile_cube(
    model: SemanticModel,
    measures: Sequence[str],
    sets: Sequence[Sequence[str]],
    time: TimeRange,
    least: float = 0.0,
    fractions: Collection[str] = (),
    widest: str = "",
) -> Iterator[CubeStatement]:
    """Statements over the measures of one dataset by day and by each of `sets` of dimensions.

    Days are numbered from `time.start`. Cells of less than `least` in the first measure, over the whole time, are
    left out. Measures must be sums or counts; those of `fractions` come in whole units of their last decimal.
    `widest` is the dimension of the most values: the sets without it, when they are many, are grouped from rows
    that are far fewer than the dataset's.
    """
    narrow = [names for names in sets if widest and widest not in names]
    if len(narrow) >= MANY_SETS:
        yield _statement(model, tuple(measures), narrow, time, least, frozenset(fractions), added_up=True)
        sets = [names for names in sets if widest in names]
    count = -(-len(sets) // SETS_A_STATEMENT)
    for number in range(count):  # of about the same size
        some = sets[len(sets) * number // count : len(sets) * (number + 1) // count]
        yield _statement(model, tuple(measures), some, time, least, frozenset(fractions))


def _statement(
    model: SemanticModel,
    measures: tuple[str, ...],
    sets: Sequence[Sequence[str]],
    time: TimeRange,
    least: float,
    fractions: frozenset[str],
    *,
    added_up: bool = False,
) -> CubeStatement:
    used = tuple(dict.fromkeys(name for names in sets for name in names))
    parameters = Parameters()
    summed = _summed(model, measures, used, time, parameters)
    if added_up:
        summed = _again(summed, ("day", *used), measures)
    keys = {name: _expression(summed, name) for name in ("day", *used)}
    _group_by_sets(summed, keys, sets)
    if used:
        marker = exp.func("GROUPING", *(keys[name].copy() for name in used), dialect="duckdb")
        summed.select(named(marker, GROUPED), copy=False)
    units = {name: 10**_DECIMALS if name in fractions else 1 for name in measures}
    outer = _gathered(summed, used, units, time.start, least)
    scale = tuple(float(unit) for unit in units.values())
    return CubeStatement(outer.sql(dialect="duckdb", copy=False), dict(parameters.values), used, measures, scale)


def _summed(
    model: SemanticModel, measures: tuple[str, ...], used: tuple[str, ...], time: TimeRange, parameters: Parameters
) -> exp.Select:
    """The leg that the compiler makes of the plain measures by day and dimensions."""
    plain = {name: _plain(name) for name in measures}
    widened = replace(model, metrics={**model.metrics, **plain}, marts=())
    query = SemanticQuery(metrics=tuple(plain), dimensions=used, time=time, time_grain="day")
    found = legs(widened, query, time, parameters)
    (leg,) = found.values()
    return leg.select


def _again(leaf: exp.Select, keys: Sequence[str], measures: Sequence[str]) -> exp.Select:
    """A SELECT over the finest cells as if they were the dataset's rows."""
    sums = [named(exp.Sum(this=exp.column(name)), name) for name in measures]
    return exp.select(*(exp.column(name) for name in keys), *sums).from_(leaf.subquery("finest"))


def _plain(measure: str) -> Metric:
    return Metric(measure, measure, "", "count", "neutral", "", ((measure, 1.0),))


def _expression(select: exp.Select, name: str) -> exp.Expr:
    """What stands behind a column of a SELECT."""
    column = next(found for found in select.expressions if found.alias_or_name == name)
    return cast(exp.Expr, column.unalias())


def _group_by_sets(select: exp.Select, keys: dict[str, exp.Expr], sets: Sequence[Sequence[str]]) -> None:
    """Replace the grouping by all keys by one grouping for each set."""
    groups = [
        exp.Tuple(expressions=[keys["day"].copy(), *(keys[name].copy() for name in names)]) for names in sets
    ]
    select.set("group", exp.Group(grouping_sets=[exp.GroupingSets(expressions=groups)]))


def _gathered(
    summed: exp.Select, used: tuple[str, ...], units: dict[str, int], first: date, least: float
) -> exp.Select:
    """One line a cell, with its days and sums in one text."""
    number = exp.DateDiff(this=exp.column("day"), expression=day(first), unit=exp.var("DAY"))
    values = [_number(name, unit) for name, unit in units.items()]
    text = exp.func("CONCAT_WS", exp.Literal.string(" "), number, *values, dialect="duckdb")
    joined = exp.GroupConcat(this=text, separator=exp.Literal.string(" "))
    keys = [exp.column(name) for name in ((*used, GROUPED) if used else ())]
    outer = exp.select(*keys, named(joined, SERIES)).from_(summed.subquery("summed"))
    if keys:
        outer = outer.group_by(*(key.copy() for key in keys))
    if least > 0:
        enough = exp.GTE(this=exp.Sum(this=exp.column(next(iter(units)))), expression=exp.Literal.number(least))
        outer = outer.having(enough)
    return outer


def _number(name: str, unit: int) -> exp.Expr:
    """A sum with at most so many decimals, or in whole units of the last of them."""
    if unit == 1:
        return exp.Round(this=_zero(name), decimals=exp.Literal.number(_DECIMALS))
    scaled = exp.Mul(this=_zero(name), expression=exp.Literal.number(unit))
    return exp.cast(exp.Round(this=scaled), exp.DataType.Type.BIGINT)


def _zero(name: str) -> exp.Expr:
    return exp.Coalesce(this=exp.column(name), expressions=[exp.Literal.number(0)])
