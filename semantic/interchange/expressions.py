"""Measures, metrics and dimensions as SQL expressions that DuckDB, Spark and Databricks compute alike.

A flag is cast to a number, because only some engines multiply by a truth value; a quotient is taken in doubles,
because only some engines keep the digits of a quotient of decimals.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from semantic.compiler.arithmetic import number, weighted_sum, whole_divisor
from semantic.model import Dataset, Dimension, Measure, Metric, SemanticModel
from semantic.names import is_plain

Named = Callable[[str], exp.Expr]
"""How a term of a formula is written: by the name of its measure."""


def column(name: str) -> exp.Expr:
    """A column by its name, quoted where the name needs it."""
    return exp.column(exp.to_identifier(name, quoted=not is_plain(name)))


def condition(name: str, values: tuple[str, ...]) -> exp.Expr:
    """`name IN (values)`; without values `NOT name IS NULL`."""
    if not values:
        return exp.Not(this=exp.Is(this=column(name), expression=exp.Null()))
    return exp.In(this=column(name), expressions=[exp.Literal.string(value) for value in values])


def conditions(where: tuple[tuple[str, tuple[str, ...]], ...]) -> exp.Expr | None:
    """All of them; None when there are none."""
    return exp.and_(*(condition(name, values) for name, values in where)) if where else None


def aggregate(measure: Measure) -> exp.Expr:
    """The measure over rows of its dataset, as `semantic.compiler` computes it."""
    inner = _argument(measure)
    match measure.aggregation:
        case "count_distinct":
            return exp.Count(this=exp.Distinct(expressions=[inner]))
        case "count":
            return exp.Count(this=inner)
        case "sum":
            return exp.Sum(this=inner)
        case "min":
            return exp.Min(this=inner)
        case "max":
            return exp.Max(this=inner)


def row_value(measure: Measure) -> exp.Expr:
    """What is aggregated of a row; 1 where rows are counted."""
    inner = _argument(measure)
    return exp.Literal.number(1) if isinstance(inner, exp.Star) else inner


def _argument(measure: Measure) -> exp.Expr:
    where = conditions(measure.where)
    plain: exp.Expr = column(measure.column) if measure.column else exp.Literal.number(1)
    if measure.flag:
        # A sum over unflagged rows is 0 and a count of them is not.
        plain = _case(_flagged(measure.flag), plain, zero=measure.aggregation == "sum")
    elif where is None and not measure.column:
        return exp.Star()
    return plain if where is None else _case(where, plain, zero=False)


def _flagged(flag: str) -> exp.Expr:
    return exp.EQ(this=exp.cast(column(flag), "INT"), expression=exp.Literal.number(1))


def _case(when: exp.Expr, then: exp.Expr, *, zero: bool) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=when, true=then)], default=exp.Literal.number(0) if zero else None)


def formula(metric: Metric, named: Named) -> exp.Expr:
    """Scale x sum of the numerator / sum of the denominator, each term as `named` writes it."""
    value = weighted_sum(metric.numerator, named)
    if metric.denominator:
        below = exp.Nullif(this=weighted_sum(metric.denominator, named), expression=exp.Literal.number(0))
        value = exp.Div(this=exp.cast(value, "DOUBLE"), expression=below)
    return _scaled(value, metric.scale)


def _scaled(value: exp.Expr, scale: float) -> exp.Expr:
    """As `semantic.compiler.values` does it: 1/60 divides by 60."""
    if scale == 1:
        return value
    grouped = exp.Paren(this=value) if isinstance(value, exp.Binary) else value
    if divisor := whole_divisor(scale):
        return exp.Div(this=exp.cast(grouped, "DOUBLE"), expression=number(divisor))
    return exp.Mul(this=number(scale), expression=grouped)


def dimension_value(dimension: Dimension, name: str) -> exp.Expr:
    """The dimension of a row by its column; the `missing` word where a row has none."""
    if not dimension.missing:
        return column(name)
    return exp.Coalesce(this=column(name), expressions=[exp.Literal.string(dimension.missing)])


def own_columns(model: SemanticModel, dataset: Dataset) -> dict[str, str]:
    """The dimensions that the dataset's own table has, with their columns."""
    return {
        name: column
        for name, column in dataset.columns.items()
        if name not in dataset.reached and name in model.dimensions
    }
