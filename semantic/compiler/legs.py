"""The legs of a statement: one aggregation per dataset and period, on the smallest gold table that can give it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from sqlglot import exp

from semantic.attribution import todays_dimensions
from semantic.compiler.bridges import PART, PARTS, counted_once, used_dimensions
from semantic.model import Bridge, Dataset, Mart, Measure, Metric, SemanticModel
from semantic.query import SemanticQuery, TimeGrain, TimeRange

_EVENT, _MEMBER, _UNKNOWN = "event", "member_today", "Unknown"
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9 _.,/+&()<>%-]*")


@dataclass
class Parameters:
    """Filter values that are not plain ASCII words travel as `$v1`, `$v2`, ... and never in the text."""

    values: dict[str, str] = field(default_factory=dict)

    def literal(self, value: str) -> exp.Expression:
        if _PLAIN_VALUE.fullmatch(value) and "--" not in value and "/*" not in value:
            return exp.Literal.string(value)
        for name, known in self.values.items():
            if known == value:
                return exp.Placeholder(this=name)
        name = f"v{len(self.values) + 1}"
        self.values[name] = value
        return exp.Placeholder(this=name)


@dataclass(frozen=True)
class Leg:
    """One CTE: the measures of one dataset by the query's keys. `tables` are the gold tables it reads."""

    name: str
    dataset: str
    tables: tuple[str, ...]
    select: exp.Select


def legs(
    model: SemanticModel, query: SemanticQuery, time: TimeRange, parameters: Parameters, suffix: str = "sums"
) -> dict[str, Leg]:
    """The legs of one period by dataset name, in the order in which the metrics need them.

    Sums that a bridge divides by its weights have a leg of their own, named `<dataset>__parts`.
    """
    needed: dict[str, dict[str, Measure]] = {}
    for metric in query.metrics:
        definition = model.metrics[metric]
        for name, _ in definition.numerator + definition.denominator:
            needed.setdefault(leg_of(model, query, definition, name), {})[name] = model.measures[name]
    return {
        name: _leg(model, query, time, parameters, name, measures, suffix) for name, measures in needed.items()
    }


def leg_of(model: SemanticModel, query: SemanticQuery, metric: Metric, measure: str) -> str:
    """The leg that gives a measure to a metric."""
    dataset = model.measures[measure].dataset
    divided = model.divides(metric.name, measure, used_dimensions(query))
    return f"{dataset}{PARTS}" if divided else dataset


def spine(model: SemanticModel, query: SemanticQuery, time: TimeRange) -> Leg | None:
    """Every bucket of the period, so that a day without events shows as zero; only where time is the one key."""
    if query.time_grain is None or query.dimensions or not model.spine:
        return None
    table, _, column = model.spine.rpartition(".")
    bucket = truncated(column, query.time_grain)
    select = exp.select(named(bucket, query.time_grain)).from_(table_named(table), copy=False)
    select = select.where(between(column, time), copy=False).group_by(bucket.copy(), copy=False)
    return Leg(f"every_{query.time_grain}", "", (table,), select)


def truncated(column: str, grain: TimeGrain) -> exp.Expression:
    """The first day of the bucket, as DuckDB gives it (a timestamp for all but days)."""
    if grain == "day":
        return exp.column(column)
    return exp.TimestampTrunc(this=exp.column(column), unit=exp.var(grain.upper()))


def between(column: str, time: TimeRange) -> exp.Expression:
    return exp.Between(this=exp.column(column), low=day(time.start), high=day(time.end))


def named(value: exp.Expr, name: str) -> exp.Expr:
    """`value AS name`, or the bare column when that is its name."""
    if isinstance(value, exp.Column) and value.name == name:
        return value
    return exp.Alias(this=value, alias=exp.to_identifier(name))


def table_named(name: str) -> exp.Table:
    """A table by its name, with or without a schema."""
    schema, _, table = name.rpartition(".")
    return exp.Table(this=exp.to_identifier(table), db=exp.to_identifier(schema) if schema else None)


def day(value: date) -> exp.Expression:
    return exp.cast(exp.Literal.string(value.isoformat()), "DATE")


@dataclass(frozen=True)
class _Source:
    """The table a leg reads: the dataset's own or a mart, where measures are columns to sum.

    `today` are the columns, by dimension, that come from the `members` joined to it and not from the table.
    `pairs` is the dataset where the table has a row for each pair of a bridge, and not for each row of it.
    """

    table: str
    time_column: str
    columns: dict[str, str]
    where: tuple[tuple[str, tuple[str, ...]], ...]
    sums: dict[str, str] | None
    today: dict[str, str] = field(default_factory=dict)
    members: Dataset | None = None
    member_column: str = ""
    pairs: Dataset | None = None

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table, self.members.table) if self.members else (self.table,)


def _leg(
    model: SemanticModel,
    query: SemanticQuery,
    time: TimeRange,
    parameters: Parameters,
    leg: str,
    measures: dict[str, Measure],
    suffix: str,
) -> Leg:
    dataset, divided = model.datasets[leg.removesuffix(PARTS)], leg.endswith(PARTS)
    source = _source(model, query, dataset, measures)
    keys = _keys(model, query, source)
    conditions = _conditions(model, query, time, parameters, source)
    once = source.pairs is not None and not divided and not dataset.member_column
    table: exp.Expression = table_named(source.table)
    if once:
        rows = _rows_once(dataset, source, keys, conditions, measures)
        table = rows.subquery("counted", copy=False)
        keys, conditions = [(key, exp.column(key)) for key, _ in keys], []
    totals = [
        named(_total(dataset, source, measure, parameters, divided=divided, once=once), name)
        for name, measure in measures.items()
    ]
    select = exp.select(*(named(value, key) for key, value in keys), *totals).from_(table, copy=False)
    if conditions:
        select = select.where(exp.and_(*conditions, wrap=False, copy=False), copy=False)
    if keys:
        select = select.group_by(*(value.copy() for _, value in keys), copy=False)
    if source.members:
        _join_members(select, source, source.members)
    return Leg(f"{leg}_{suffix}", dataset.name, source.tables, select)


def _total(
    dataset: Dataset, source: _Source, measure: Measure, parameters: Parameters, *, divided: bool, once: bool
) -> exp.Expression:
    if source.sums:
        return _sum(source.sums[measure.name])
    if divided:
        return _aggregate(replace(measure, column=f"{measure.column}{PART}"), parameters)
    if source.pairs is not None and not once and measure.aggregation == "count":
        return _filtered(counted_once(dataset, measure), measure, parameters)
    return _aggregate(measure, parameters)


def _rows_once(
    dataset: Dataset,
    source: _Source,
    keys: list[tuple[str, exp.Expression]],
    conditions: list[exp.Expression],
    measures: dict[str, Measure],
) -> exp.Select:
    """Each row of the dataset once for each combination of the keys, with the columns that the measures read."""
    read = [dataset.key]
    for measure in measures.values():
        read += [measure.column or "", measure.flag or "", *(column for column, _ in measure.where)]
    columns = [exp.column(name) for name in dict.fromkeys(read) if name]
    select = exp.select(*columns, *(named(value, key) for key, value in keys)).distinct(copy=False)
    select = select.from_(table_named(source.table), copy=False)
    return select.where(exp.and_(*conditions, wrap=False, copy=False), copy=False) if conditions else select


def _join_members(select: exp.Select, source: _Source, members: Dataset) -> None:
    """Adds each event's member as of today: one row a member, so no event counts twice, and none is lost."""
    for column in select.find_all(exp.Column):
        if not column.table:
            column.set("table", exp.to_identifier(_EVENT))
    table = select.args["from_"].this
    table.set("alias", exp.TableAlias(this=exp.to_identifier(_EVENT)))
    same = exp.EQ(
        this=exp.column(source.member_column, table=_EVENT),
        expression=exp.column(members.member_column, table=_MEMBER),
    )
    select.join(table_named(members.table), on=same, join_type="left", join_alias=_MEMBER, copy=False)


def _source(model: SemanticModel, query: SemanticQuery, dataset: Dataset, measures: dict[str, Measure]) -> _Source:
    members = model.datasets.get(model.members_today)
    names = todays_dimensions(query, model)
    bridge = model.bridge_of(dataset.name, used_dimensions(query))
    table, pairs = (dataset.table, None) if bridge is None else (_pairs_of(dataset, bridge), dataset)
    if members and names and dataset.table != members.table:
        today = {name: members.columns[name] for name in names}
        place = (table, dataset.time_column, dataset.columns, dataset.where, None)
        return _Source(*place, today, members, dataset.member_column, pairs=pairs)
    if pairs is not None:
        return _Source(table, dataset.time_column, dataset.columns, dataset.where, None, pairs=pairs)
    mart = _smallest_mart(model, query, dataset, measures)
    if mart is None:
        return _Source(dataset.table, dataset.time_column, dataset.columns, dataset.where, None)
    return _Source(mart.table, mart.time_column, mart.columns, (), mart.measures)


def _pairs_of(dataset: Dataset, bridge: Bridge) -> str:
    """The table with a row for each pair: the view made of a company's bridge, or one that is there."""
    return f"{dataset.table}__{bridge.name}" if bridge.right else bridge.table


def _keys(model: SemanticModel, query: SemanticQuery, source: _Source) -> list[tuple[str, exp.Expression]]:
    keys: list[tuple[str, exp.Expression]] = []
    if query.time_grain:
        keys.append((query.time_grain, truncated(source.time_column, query.time_grain)))
    names = dict.fromkeys(query.dimensions)
    return keys + [(name, _value(model, name, source)) for name in names]


def _conditions(
    model: SemanticModel, query: SemanticQuery, time: TimeRange, parameters: Parameters, source: _Source
) -> list[exp.Expression]:
    conditions = [between(source.time_column, time)] if source.time_column else []
    conditions += [_condition(exp.column(column), values, parameters) for column, values in source.where]
    for item in query.filters:
        value = _value(model, item.dimension, source)
        condition = _condition(value, item.values, parameters)
        conditions.append(exp.Not(this=condition) if item.op == "not_in" else condition)
    return conditions


def _smallest_mart(
    model: SemanticModel, query: SemanticQuery, dataset: Dataset, measures: dict[str, Measure]
) -> Mart | None:
    """The lowest-ranked mart that carries every measure, group and filter asked for of a dataset."""
    used = {*query.dimensions, *(item.dimension for item in query.filters)}
    able = [
        mart
        for mart in model.marts
        if mart.dataset == dataset.name and used <= mart.columns.keys() and measures.keys() <= mart.measures.keys()
    ]
    return min(able, key=lambda mart: mart.rows_rank, default=None)


def _aggregate(measure: Measure, parameters: Parameters) -> exp.Expression:
    value = _summand(measure)
    result: exp.Expression
    match measure.aggregation:
        case "count_distinct":
            result = exp.Count(this=exp.Distinct(expressions=[value]))
        case "count":
            result = exp.Count(this=value, big_int=True)
        case "sum":
            result = exp.Sum(this=value)
        case "min":
            result = exp.Min(this=value)
        case "max":
            result = exp.Max(this=value)
    return _filtered(result, measure, parameters)


def _filtered(result: exp.Expression, measure: Measure, parameters: Parameters) -> exp.Expression:
    if not measure.where:
        return result
    conditions = [_condition(exp.column(column), values, parameters) for column, values in measure.where]
    return exp.Filter(this=result, expression=exp.Where(this=exp.and_(*conditions)))


def _summand(measure: Measure) -> exp.Expression:
    """What is aggregated. A 0/1 flag multiplies; where rows are counted a 0 becomes NULL, which does not count."""
    value: exp.Expression = exp.column(measure.column) if measure.column else exp.Star()
    if measure.flag is None:
        return value
    flag: exp.Expression = exp.column(measure.flag)
    if measure.aggregation != "sum":
        flag = exp.Nullif(this=flag, expression=exp.Literal.number(0))
    return flag if measure.column is None else exp.Mul(this=value, expression=flag)


def _sum(column: str) -> exp.Expression:
    return exp.Sum(this=exp.column(column))


def _value(model: SemanticModel, dimension: str, source: _Source) -> exp.Expression:
    """The dimension's value of a row, also of a row that has none."""
    missing = model.dimensions[dimension].missing
    column = exp.column(source.columns[dimension])
    if dimension in source.today:
        column, missing = exp.column(source.today[dimension], table=_MEMBER), missing or _UNKNOWN
    return exp.Coalesce(this=column, expressions=[exp.Literal.string(missing)]) if missing else column


def _condition(value: exp.Expression, values: tuple[str, ...], parameters: Parameters) -> exp.Expression:
    if not values:
        return exp.Not(this=exp.Is(this=value, expression=exp.Null()))
    return exp.In(this=value, expressions=[parameters.literal(item) for item in values])
