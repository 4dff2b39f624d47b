"""The value of a metric over the joined legs: weighted sums, ratios, daily averages."""

from __future__ import annotations

from datetime import timedelta

from sqlglot import exp

from semantic.compiler.arithmetic import Weighted, number, weighted_sum, whole_divisor
from semantic.compiler.legs import Leg, day, leg_of
from semantic.model import Metric, SemanticModel
from semantic.query import SemanticQuery, TimeRange
from semantic.windows import buckets


def metric_value(
    model: SemanticModel, query: SemanticQuery, metric: Metric, legs: dict[str, Leg], time: TimeRange
) -> exp.Expr:
    """Counts and sums are zero where a leg has no row; a ratio without a denominator is NULL."""
    if metric.denominator:
        return _scaled(_ratio(model, metric, legs), metric.scale)
    value = _weighted_sum(metric.numerator, model, _places(model, query, metric, legs), zero=True)
    if metric.per_day or query.average_per == "day":
        value = exp.Div(this=_grouped(value), expression=_days(query, time))
    elif query.average_per:
        value = exp.Div(this=_grouped(value), expression=number(buckets(time, query.average_per)))
    return _scaled(value, metric.scale)


def absent_is_zero(model: SemanticModel, metric: Metric) -> bool:
    """Whether no events mean zero (counts and sums) or nothing (ratios, smallest and largest values)."""
    return not metric.denominator and not any(_extreme(model, name) for name, _ in metric.numerator)


def _ratio(model: SemanticModel, metric: Metric, legs: dict[str, Leg]) -> exp.Expr:
    """Sum over sum. A numerator of another dataset is zero where that dataset has no row."""
    homes = {_dataset(model, name) for name, _ in metric.denominator}
    elsewhere = any(_dataset(model, name) not in homes for name, _ in metric.numerator)
    places = {name: legs[_dataset(model, name)].name for name, _ in metric.numerator + metric.denominator}
    above = _weighted_sum(metric.numerator, model, places, zero=elsewhere)
    below = _weighted_sum(metric.denominator, model, places, zero=len(homes) > 1)
    return exp.Div(this=_grouped(above), expression=exp.Nullif(this=below, expression=exp.Literal.number(0)))


def _places(model: SemanticModel, query: SemanticQuery, metric: Metric, legs: dict[str, Leg]) -> dict[str, str]:
    return {name: legs[leg_of(model, query, metric, name)].name for name, _ in metric.numerator}


def _weighted_sum(terms: Weighted, model: SemanticModel, places: dict[str, str], *, zero: bool) -> exp.Expr:
    def term(name: str) -> exp.Expr:
        value: exp.Expr = exp.column(name, table=places[name])
        if zero and not _extreme(model, name):
            value = exp.Coalesce(this=value, expressions=[exp.Literal.number(0)])
        return value

    return weighted_sum(terms, term)


def _scaled(value: exp.Expr, scale: float) -> exp.Expr:
    if scale == 1:
        return value
    if divisor := whole_divisor(scale):
        return exp.Div(this=_grouped(value), expression=number(divisor))
    return exp.Mul(this=number(scale), expression=_grouped(value))


def _days(query: SemanticQuery, time: TimeRange) -> exp.Expr:
    """Days of the period, or of the bucket as far as the period covers it."""
    if query.time_grain is None:
        return number((time.end - time.start).days + 1)
    bucket = exp.column(query.time_grain)
    interval = exp.Interval(this=exp.Literal.string("1"), unit=exp.var(query.time_grain.upper()))
    next_bucket = exp.Add(this=bucket.copy(), expression=interval)
    end = exp.Least(this=next_bucket, expressions=[day(time.end + timedelta(days=1))], ignore_nulls=True)
    start = exp.Greatest(this=bucket, expressions=[day(time.start)], ignore_nulls=True)
    return exp.DateDiff(this=end, expression=start, unit=exp.var("DAY"))


def _extreme(model: SemanticModel, measure: str) -> bool:
    return model.measures[measure].aggregation in ("min", "max")


def _dataset(model: SemanticModel, measure: str) -> str:
    return model.measures[measure].dataset


def _grouped(value: exp.Expr) -> exp.Expr:
    return exp.Paren(this=value) if isinstance(value, exp.Binary) else value
