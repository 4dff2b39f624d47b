"""The governed query beside a statement that recomputes governed metrics, so that the two can be compared.

A statement has a twin when it reads one table that measures come from, filters by dimensions and whole days,
groups by dimensions, and shows aggregates that are metrics of the semantic model, by how they are computed or by
name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlglot
from sqlglot import exp

from semantic.model import Measure, SemanticModel
from semantic.query import DimensionFilter, SemanticQuery, TimeGrain, TimeRange
from tools.desk import Desk
from tools.misnamed import written

Aggregate = tuple[str, str | None, str | None]  # how, of which column, of rows with which flag
_GRAINS: dict[str, TimeGrain] = {
    "DAY": "day",
    "WEEK": "week",
    "MONTH": "month",
    "QUARTER": "quarter",
    "YEAR": "year",
}
_HOW = {exp.Sum: "sum", exp.Count: "count", exp.Min: "min", exp.Max: "max"}


class _NoTwin(Exception):
    """The statement says something that a semantic query cannot, or that is not followed here."""


@dataclass(frozen=True)
class Twin:
    """The governed query. `keys` are the statement's columns, by position, in the order of the query's own;
    `metrics` says which column recomputes which metric; `decimals` to how many places a column is rounded."""

    query: SemanticQuery
    keys: tuple[int, ...]
    metrics: dict[int, str]
    decimals: dict[int, int]


@dataclass
class _Source:
    """A table as measures and dimensions know it."""

    dataset: str
    time_column: str
    dimensions: dict[str, str]
    sums: dict[str, str] = field(default_factory=dict)  # of a mart: column to measure


@dataclass
class _Conditions:
    filters: list[DimensionFilter] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    start: date | None = None
    end: date | None = None


def twin_of(sql: str, desk: Desk) -> Twin | None:
    """The twin of a statement, None when it has none."""
    try:
        select = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return None
    if not isinstance(select, exp.Select):
        return None
    for source in _sources(select, desk.semantic):
        try:
            return _twin(select, source, desk)
        except _NoTwin:
            continue
    return None


def _sources(select: exp.Select, model: SemanticModel) -> Iterator[_Source]:
    tables = list(select.find_all(exp.Table))
    nested = len(list(select.find_all(exp.Select))) > 1
    if len(tables) != 1 or nested or any(select.args.get(k) for k in ("joins", "distinct", "qualify", "with_")):
        return
    name = f"{tables[0].db or 'gold'}.{tables[0].name}"
    for mart in model.marts:
        if mart.table == name:
            columns = {column: dimension for dimension, column in mart.columns.items()}
            sums = {column: measure for measure, column in mart.measures.items()}
            yield _Source(mart.dataset, mart.time_column, columns, sums)
    for dataset in model.datasets.values():
        if dataset.table == name:
            columns = {column: dimension for dimension, column in dataset.columns.items()}
            yield _Source(dataset.name, dataset.time_column, columns)


def _twin(select: exp.Select, source: _Source, desk: Desk) -> Twin:
    held = _conditions(select.args.get("where"), source)
    keys: dict[int, str] = {}
    metrics: dict[int, str] = {}
    decimals: dict[int, int] = {}
    grain: TimeGrain | None = None
    for at, shown in enumerate(select.expressions):
        plain = shown.unalias()
        found = _grain(plain, source)
        if found or (isinstance(plain, exp.Column) and plain.name in source.dimensions):
            grain = found or grain
            keys[at] = "" if found else source.dimensions[plain.name]
        elif metric := _metric(shown.alias, plain, source, held.flags, desk.semantic):
            metrics[at] = metric
            if (places := _decimals(plain)) is not None:
                decimals[at] = places
        elif not plain.find(exp.AggFunc):
            raise _NoTwin
    _require_grouping(select, len(keys))
    names = tuple(name for name in keys.values() if name)
    used = {*names, *(entry.dimension for entry in held.filters)}
    metrics = {at: name for at, name in metrics.items() if used <= desk.semantic.dimensions_of(name)}
    if not metrics or len(set(names)) < len(names):
        raise _NoTwin
    query = SemanticQuery(
        metrics=tuple(dict.fromkeys(metrics.values())), dimensions=names, filters=tuple(held.filters),
        time=_period(held, source, desk), time_grain=grain,
    )  # fmt: skip
    order = sorted(keys, key=lambda at: bool(keys[at]))  # the time's column comes first in a governed result
    return Twin(query, tuple(order), metrics, decimals)


def _period(held: _Conditions, source: _Source, desk: Desk) -> TimeRange | None:
    if not source.time_column:
        return None
    start, end = max(held.start or desk.first_day, desk.first_day), min(held.end or desk.last_day, desk.last_day)
    if end < start:
        raise _NoTwin
    return TimeRange(start=start, end=end)


def _grain(shown: exp.Expr, source: _Source) -> TimeGrain | None:
    if isinstance(shown, exp.Column) and source.time_column and shown.name == source.time_column:
        return "day"
    if isinstance(shown, exp.DateTrunc | exp.TimestampTrunc) and shown.this.name == source.time_column:
        return _GRAINS.get(shown.text("unit").upper())
    return None


def _require_grouping(select: exp.Select, keys: int) -> None:
    """Groups that are all shown: as many as there are keys, or ALL."""
    group = select.args.get("group")
    if group is None and not keys:
        return
    if group is None or any(group.args.get(k) for k in ("cube", "rollup", "grouping_sets")):
        raise _NoTwin
    if not group.args.get("all") and len(group.expressions) != keys:
        raise _NoTwin


def _conditions(where: exp.Expr | None, source: _Source) -> _Conditions:
    held = _Conditions()
    for condition in (
        where.this.flatten() if where and isinstance(where.this, exp.And) else [where.this] if where else []
    ):
        _hold(condition.unnest(), source, held)
    return held


def _hold(condition: exp.Expr, source: _Source, held: _Conditions) -> None:
    negated = isinstance(condition, exp.Not | exp.NEQ)
    inner = condition.this.unnest() if isinstance(condition, exp.Not) else condition
    column = inner.this if isinstance(inner, exp.Binary | exp.Between | exp.In) else inner
    if not isinstance(column, exp.Column):
        raise _NoTwin
    if source.time_column and column.name == source.time_column and not negated:
        _hold_days(inner, held)
    elif column.name in source.dimensions and isinstance(inner, exp.EQ | exp.NEQ | exp.In):
        values = inner.expressions if isinstance(inner, exp.In) else [inner.expression]
        if not values or not all(isinstance(value, exp.Literal) and value.is_string for value in values):
            raise _NoTwin
        held.filters.append(
            DimensionFilter(
                dimension=source.dimensions[column.name],
                op="not_in" if negated else "in",
                values=tuple(value.name for value in values),
            )
        )
    elif not negated and (inner is column or (isinstance(inner, exp.EQ) and inner.expression.name == "1")):
        held.flags.append(column.name)
    else:
        raise _NoTwin


def _hold_days(condition: exp.Expr, held: _Conditions) -> None:
    if isinstance(condition, exp.Between):
        held.start, held.end = _day(condition.args["low"]), _day(condition.args["high"])
        return
    if not isinstance(condition, exp.GTE | exp.GT | exp.LTE | exp.LT | exp.EQ):
        raise _NoTwin
    day, one = _day(condition.expression), timedelta(days=1)
    if isinstance(condition, exp.GTE | exp.GT | exp.EQ):
        held.start = day + one if isinstance(condition, exp.GT) else day
    if isinstance(condition, exp.LTE | exp.LT | exp.EQ):
        held.end = day - one if isinstance(condition, exp.LT) else day


def _day(node: exp.Expr) -> date:
    inner = node.this if isinstance(node, exp.Cast) else node
    try:
        return date.fromisoformat(inner.name)
    except (ValueError, AttributeError) as error:
        raise _NoTwin from error


def _metric(name: str, shown: exp.Expr, source: _Source, flags: Iterable[str], model: SemanticModel) -> str | None:
    """The metric that a column says it is by its name, else the one that is computed so."""
    named = next(
        (m for m, known in model.metrics.items() if written(name) in (written(m), written(known.label))), ""
    )
    return named or _computed(shown, source, tuple(flags), model)


def _computed(shown: exp.Expr, source: _Source, flags: tuple[str, ...], model: SemanticModel) -> str | None:
    top, bottom = _fraction(_bare(shown))
    above = _measures(top, source, flags, model)
    below = _measures(bottom, source, flags, model) if bottom is not None else {None}
    for name, metric in model.metrics.items():
        parts: list[str | None] = [pair[0] for pair in metric.denominator] or [None]
        single = len(metric.numerator) == 1 and len(parts) == 1 and not metric.per_day
        weights = {weight for _, weight in metric.numerator + metric.denominator}
        if single and weights == {1.0} and metric.numerator[0][0] in above and parts[0] in below:
            return name
    return None


def _fraction(shown: exp.Expr) -> tuple[exp.Expr, exp.Expr | None]:
    if isinstance(shown, exp.Div):
        return _bare(shown.left), _bare(shown.right)
    if isinstance(shown, exp.Avg):
        return exp.Sum(this=shown.this.copy()), exp.Count(this=shown.this.copy())
    return shown, None


def _bare(node: exp.Expr) -> exp.Expr:
    """Without roundings, casts, guards against zero and factors of 1 and 100."""
    while True:
        if isinstance(node, exp.Paren | exp.Round | exp.Cast | exp.TryCast | exp.Nullif):
            node = node.this
        elif isinstance(node, exp.Mul) and _factor(node.right):
            node = node.left
        elif isinstance(node, exp.Mul) and _factor(node.left):
            node = node.right
        else:
            return node


def _factor(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and not node.is_string and float(node.name) in (1, 100)


def _measures(node: exp.Expr, source: _Source, flags: tuple[str, ...], model: SemanticModel) -> set[str | None]:
    """Measures that an aggregate equals."""
    if isinstance(node, exp.Filter):
        inner = _conditions(node.expression, source)
        if inner.filters or inner.start or inner.end:
            return set()
        node, flags = node.this, (*flags, *inner.flags)
    how = next((name for kind, name in _HOW.items() if isinstance(node, kind)), None)
    if how is None or len(flags) > 1:
        return set()
    counted = node.this
    if isinstance(counted, exp.Distinct):
        how, counted = "count_distinct", counted.expressions[0]
    column = counted.name if isinstance(counted, exp.Column) else None
    if column is None and not isinstance(counted, exp.Star):
        return set()
    if source.sums:
        return {source.sums[column]} if how == "sum" and not flags and column in source.sums else set()
    wanted = _alike((how, column, flags[0] if flags else None))
    return {name for name, measure in model.measures.items() if _of(measure, source) in wanted}


def _alike(wanted: Aggregate) -> list[Aggregate]:
    """Counting the rows that have a flag is adding the flag up."""
    how, column, flag = wanted
    return [wanted, ("sum", flag, None)] if (how, column) == ("count", None) and flag else [wanted]


def _of(measure: Measure, source: _Source) -> Aggregate | None:
    if measure.dataset != source.dataset or measure.where:
        return None
    return measure.aggregation, measure.column, measure.flag


def _decimals(shown: exp.Expr) -> int | None:
    rounded = shown.find(exp.Round)
    if rounded is None:
        return None
    places = rounded.args.get("decimals")
    return int(places.name) if isinstance(places, exp.Literal) and places.name.isdigit() else 0
