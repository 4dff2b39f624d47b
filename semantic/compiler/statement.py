"""Puts the legs together: join, compare, share, thresholds, order, limit; a sqlglot tree, then DuckDB SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from sqlglot import exp

from semantic.compiler.answerable import bucket_offset, check, column_names, compared_time, resolve_time
from semantic.compiler.legs import Leg, Parameters, day, legs, named, spine, table_named
from semantic.compiler.values import absent_is_zero, metric_value
from semantic.echo import dimension_words, metric_words
from semantic.model import SemanticModel, Unit
from semantic.query import SemanticQuery, TimeRange
from semantic.windows import bucket_start, default_range, shift
from warehouse.settings import Questions

ColumnType = Literal["date", "text", "integer", "number"]
Role = Literal["time", "dimension", "metric", "previous", "change", "change_pct", "share"]
_ROLE_LABELS: dict[str, str] = {
    "previous": "before",
    "change": "change",
    "change_pct": "change %",
    "share": "share",
}
_THRESHOLDS: dict[str, type[exp.Binary]] = {">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE, "=": exp.EQ}
_NOW, _BEFORE, _ANSWER, _RANKED = "this_period", "period_before", "answer", "ranked"


@dataclass(frozen=True)
class CompiledColumn:
    """A result column. Rates, shares and `change_pct` are fractions; the change of a metric has its unit."""

    name: str
    type: ColumnType
    unit: Unit | Literal[""]
    role: Role
    label: str


@dataclass(frozen=True)
class CompiledQuery:
    """SQL for DuckDB with its `$name` parameters; `query` is the query with its period resolved to the data."""

    sql: str
    params: dict[str, str]
    columns: tuple[CompiledColumn, ...]
    tables: tuple[str, ...]
    query: SemanticQuery
    compared_with: TimeRange | None = None


def compile_query(
    model: SemanticModel, query: SemanticQuery, *, as_of: date, first_day: date, last_day: date | None = None
) -> CompiledQuery:
    """Compiles a query to one SELECT. Raises NotAnswerable with the reason and the nearest names.

    `as_of` is the last complete day. `last_day` is the incomplete day after it, when there is one: a period that
    goes on after `as_of` by its name ("December 2024") includes it.

    Each dataset is aggregated on its own to the query's keys and the sums are joined, so no row is counted twice.
    Rows come ranked by the first metric (or in time order), ties by the keys. A share is of all rows of the
    period, with a time grain of all rows of the bucket; with a time grain a comparison is bucket by bucket.
    """
    check(model, query)
    if query.time is None:
        query = query.model_copy(update={"time": default_range(query, Questions(), as_of, first_day)})
    time = resolve_time(model, query, as_of, first_day, last_day)
    query = query.model_copy(update={"time": time})
    before = compared_time(query, time, as_of, first_day)
    parameters = Parameters()
    now = _period(model, query, time, parameters, "sums")
    if before is None:
        ctes, body, used = now
    else:
        ctes, body, used = _compared(
            model, query, now, _period(model, query, before, parameters, "before"), first_day
        )
    if query.share_of_total:
        ctes, body = [*ctes, ("totals", body)], _shares(query, "totals")
    if query.having:
        ctes, body = [*ctes, (_ANSWER, body)], _thresholds(query, _ANSWER)
    if query.limit and query.limit_by:
        ctes, body = [*ctes, (_RANKED, body)], _first_of_each(query, _RANKED)
    else:
        body = _ordered(query, body).limit(query.limit, copy=False) if query.limit else _ordered(query, body)
    body = _with(ctes, body)
    return CompiledQuery(
        sql=body.sql(dialect="duckdb", pretty=True),
        params=dict(parameters.values),
        columns=_columns(model, query),
        tables=tuple(dict.fromkeys(table for leg in used for table in leg.tables)),
        query=query,
        compared_with=before,
    )


def _with(ctes: list[tuple[str, exp.Select]], body: exp.Select) -> exp.Select:
    named_queries = [
        exp.CTE(this=select, alias=exp.TableAlias(this=exp.to_identifier(name))) for name, select in ctes
    ]
    body.set("with_", exp.With(expressions=named_queries))
    return body


Stage = tuple[list[tuple[str, exp.Select]], exp.Select, list[Leg]]


def _period(
    model: SemanticModel, query: SemanticQuery, time: TimeRange, parameters: Parameters, suffix: str
) -> Stage:
    """The legs of one period and the select that joins them into keys and metric values."""
    by_dataset = legs(model, query, time, parameters, suffix)
    days = spine(model, query, time) if suffix == "sums" else None
    joined = ([days] if days else []) + list(by_dataset.values())
    keys = _keys(query)
    values = [
        named(metric_value(model, query, model.metrics[metric], by_dataset, time), metric)
        for metric in dict.fromkeys(query.metrics)
    ]
    select = exp.select(*(_key(query, key) for key in keys), *values)
    select = select.from_(table_named(joined[0].name), copy=False)
    for leg in joined[1:]:
        _join(select, leg.name, keys, "left" if days else "full")
    return [(leg.name, leg.select) for leg in joined], select, joined


def _join(select: exp.Select, name: str, keys: tuple[str, ...], side: str) -> None:
    """Joins on the keys; without keys both sides are one row."""
    using: list[int | str | exp.Expr] = [exp.to_identifier(key) for key in keys]
    select.join(table_named(name), using=using or None, join_type=side if keys else "cross", copy=False)


def _keys(query: SemanticQuery) -> tuple[str, ...]:
    grain = (query.time_grain,) if query.time_grain else ()
    return tuple(dict.fromkeys((*grain, *query.dimensions)))


def _key(query: SemanticQuery, key: str) -> exp.Expr:
    if key != query.time_grain or key == "day":
        return exp.column(key)
    return named(exp.cast(exp.column(key), "DATE"), key)


def _compared(model: SemanticModel, query: SemanticQuery, now: Stage, before: Stage, first_day: date) -> Stage:
    """Both periods side by side; a part that only one of them has counts zero in the other."""
    columns: list[exp.Expr] = [exp.column(key) for key in _keys(query)]
    for metric in dict.fromkeys(query.metrics):
        zero = absent_is_zero(model, model.metrics[metric])
        value, previous = (_or_zero(exp.column(metric, table=side), zero) for side in (_NOW, _BEFORE))
        if query.time_grain:
            previous = _within_data(query, previous, first_day)
        signed = model.metrics[metric].unit in ("score", "points")
        base: exp.Expression = exp.Abs(this=previous.copy()) if signed else previous.copy()
        change = exp.Sub(this=value.copy(), expression=previous.copy())
        relative = exp.Div(
            this=exp.Paren(this=change.copy()),
            expression=exp.Nullif(this=base, expression=exp.Literal.number(0)),
        )
        columns += [
            named(value, metric),
            named(previous, f"{metric}__previous"),
            named(change, f"{metric}__change"),
            named(relative, f"{metric}__change_pct"),
        ]
    select = exp.select(*columns).from_(table_named(_NOW), copy=False)
    _join(select, _BEFORE, _keys(query), "left" if query.time_grain and not query.dimensions else "full")
    ctes = [*now[0], (_NOW, now[1]), *before[0], (_BEFORE, _shifted(query, before[1]))]
    return ctes, select, now[2] + before[2]


def _or_zero(value: exp.Expression, zero: bool) -> exp.Expression:
    return exp.Coalesce(this=value, expressions=[exp.Literal.number(0)]) if zero else value


def _within_data(query: SemanticQuery, previous: exp.Expression, first_day: date) -> exp.Expression:
    """A bucket whose counterpart starts before the data has no earlier value, not zero."""
    grain, buckets = bucket_offset(query)
    unit = query.time_grain or "day"
    first = bucket_start(first_day, unit)
    whole = first if first == first_day else shift(first, unit, 1)
    known = exp.GTE(this=exp.column(unit), expression=day(shift(whole, grain, buckets)))
    return exp.Case(ifs=[exp.If(this=known, true=previous)])


def _shifted(query: SemanticQuery, select: exp.Select) -> exp.Select:
    """Moves the earlier buckets onto the ones they are compared with."""
    if query.time_grain is None:
        return select
    grain, buckets = bucket_offset(query)
    interval = exp.Interval(this=exp.Literal.string(str(buckets)), unit=exp.var(grain.upper()))
    moved = exp.cast(exp.Add(this=exp.column(query.time_grain), expression=interval), "DATE")
    projections = [named(moved, query.time_grain), *select.expressions[1:]]
    return select.select(*projections, append=False, copy=False)


def _shares(query: SemanticQuery, source: str) -> exp.Select:
    """Adds `<metric>__share`: a part of the sum over all rows, with a time grain over all rows of the bucket."""
    columns: list[exp.Expr] = []
    for name in column_names(query):
        metric, _, role = name.rpartition("__")
        if role != "share" or not metric:
            columns.append(exp.column(name))
            continue
        partition = [exp.column(query.time_grain)] if query.time_grain else []
        total = exp.Window(this=exp.Sum(this=exp.column(metric)), partition_by=partition)
        share = exp.Div(
            this=exp.column(metric), expression=exp.Nullif(this=total, expression=exp.Literal.number(0))
        )
        columns.append(named(share, name))
    return exp.select(*columns).from_(table_named(source), copy=False)


def _thresholds(query: SemanticQuery, source: str) -> exp.Select:
    select = exp.select(*(exp.column(name) for name in column_names(query)))
    select = select.from_(table_named(source), copy=False)
    for item in query.having:
        number = exp.Literal.number(int(item.value) if item.value.is_integer() else item.value)
        threshold = _THRESHOLDS[item.op](this=exp.column(item.metric), expression=number)
        select = select.where(threshold, copy=False)
    return select


def _ordered(query: SemanticQuery, select: exp.Select) -> exp.Select:
    orders = _order(query)
    return select.order_by(*orders, copy=False) if orders else select


def _order(query: SemanticQuery) -> list[exp.Ordered]:
    """Ranked by what is asked, or by the first metric, or in time order; ties by the keys."""
    orders = [(order.by, order.direction == "desc") for order in query.order_by]
    if not orders and query.time_grain:
        orders.append((query.time_grain, False))
    if not query.order_by and query.dimensions:
        orders.append((query.metrics[0], True))
    named = {name for name, _ in orders}
    orders += [(key, False) for key in _keys(query) if key not in named]
    if not _keys(query):
        return []
    return [exp.Ordered(this=exp.column(name), desc=down, nulls_first=False) for name, down in orders]


def _first_of_each(query: SemanticQuery, source: str) -> exp.Select:
    """The first rows of each value of `limit_by`, value by value."""
    group = query.limit_by or ""
    # In each group the rank is by figures: a time grain that is no group comes after them.
    plain = query if query.order_by else query.model_copy(update={"time_grain": None})
    orders = [item for item in _order(plain) if item.this.name != group]
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[exp.column(group)],
        order=exp.Order(expressions=[item.copy() for item in orders]),
    )
    select = exp.select(*(exp.column(name) for name in column_names(query))).from_(table_named(source), copy=False)
    select.set("qualify", exp.Qualify(this=exp.LTE(this=place, expression=exp.Literal.number(query.limit))))
    return select.order_by(exp.Ordered(this=exp.column(group), nulls_first=False), *orders, copy=False)


def _columns(model: SemanticModel, query: SemanticQuery) -> tuple[CompiledColumn, ...]:
    found = []
    for name in column_names(query):
        if name == query.time_grain:
            found.append(CompiledColumn(name, "date", "", "time", name.capitalize()))
        elif name in query.dimensions:
            label = dimension_words(name, query, model)
            found.append(CompiledColumn(name, "text", "", "dimension", label[0].upper() + label[1:]))
        else:
            found.append(_metric_column(model, name, query))
    return tuple(found)


def _metric_column(model: SemanticModel, name: str, query: SemanticQuery) -> CompiledColumn:
    plain, _, role = name.partition("__")
    metric = model.metrics[plain]
    named_so = metric_words(plain, query, model)
    if role in ("change_pct", "share"):
        return CompiledColumn(name, "number", "rate", role, f"{named_so}, {_ROLE_LABELS[role]}")  # type: ignore[arg-type]
    whole: ColumnType = "integer" if metric.unit == "count" and not query.average_per else "number"
    label = f"{named_so}, {_ROLE_LABELS[role]}" if role else named_so
    return CompiledColumn(name, whole, metric.unit, role or "metric", label)  # type: ignore[arg-type]
