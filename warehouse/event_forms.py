"""Marts as what they sum up: the events behind each measure, read off the mart's own model file.

A mart is a gold table whose model is one SELECT with a GROUP BY over one table: over a table of members'
events (`SUM(is_leaked) AS leaked_calls` from `gold.calls`), or over another mart (a roll-up). Any other table
has no form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlglot
from sqlglot import exp

from warehouse.errors import MissingDataError
from warehouse.policy import Policy, Table, load_policy
from warehouse.policy.loader import GOVERNED_SCHEMA, MEMBER_BIT, MEMBER_BITS, OF_MEASURE
from warehouse.runner import SqlModel, select_of

_MILLIONTHS = "CAST(SUM(CAST(1000000 * {summed} AS BIGINT)) AS DOUBLE) / 1000000"
_ONE_ROW = ("silver.period", "build.rules")  # what a roll-up may be crossed with
_CLAUSES = ("with_", "distinct", "having", "qualify", "windows", "limit", "offset", "laterals", "pivots")


@dataclass(frozen=True)
class Mart:
    """A mart's model taken apart. `measures` gives what each sums, a row of `source` at a time."""

    name: str
    source: str  # the governed table that its rows are read from
    is_rollup: bool
    select: exp.Select
    dimensions: Mapping[str, exp.Expr]
    measures: Mapping[str, exp.Expr]


def event_form(table: str) -> exp.Select | None:
    """A mart's SELECT without its aggregation, or None when the table is no mart over events.

    One row an event: the mart's dimensions, each measure as the event's share of it (a COUNT(*) as 1), and
    member_id, from `gold.<events>` with the mart's WHERE. The tree is the caller's own. Raises MissingDataError
    that names the model file when a mart cannot be taken apart.
    """
    mart = _over_events(table, load_policy())
    if mart is None:
        return None
    form = exp.Select().from_(mart.select.args["from_"].this.copy())
    for name, expression in {**mart.dimensions, **mart.measures}.items():
        form.select(exp.alias_(expression.copy(), name), copy=False)
    form.select(exp.column(_member_id(load_policy().tables[mart.source])), copy=False)
    if where := mart.select.args.get("where"):
        form.set("where", where.copy())
    return form


@lru_cache(maxsize=256)
def _over_events(table: str, policy: Policy) -> Mart | None:
    """The mart over events of that name, from its own file: no question waits until all models are parsed."""
    text = select_of(f"{GOVERNED_SCHEMA}.{table}") if table in policy.tables else None
    return _mart(table, text, policy.tables, {}) if text is not None else None


def with_members(mart: Mart) -> exp.Select:
    """The mart's SELECT with the bits of the members behind each row and behind each measure of it.

    It reads `member_bit` of an event, or of another mart the bits that this function gave it.
    """
    select = mart.select.copy()
    for name, expression in mart.measures.items():
        select.select(_bits(_contributing(expression, mart), f"{name}{OF_MEASURE}"), copy=False)
    alias = mart.select.args["from_"].this.alias_or_name
    everybody = f'"{alias}".{MEMBER_BITS if mart.is_rollup else MEMBER_BIT}'
    return select.select(_bits(everybody, MEMBER_BITS), copy=False)


def _contributing(expression: exp.Expr, mart: Mart) -> str:
    if mart.is_rollup:
        return f"{expression.sql(dialect='duckdb')}{OF_MEASURE}"
    return f"CASE WHEN ({expression.sql(dialect='duckdb')}) <> 0 THEN {MEMBER_BIT} END"


def _bits(bits: str, name: str) -> exp.Expr:
    return sqlglot.parse_one(f"CAST(COALESCE(BIT_OR({bits}), 0) AS UBIGINT) AS {name}", dialect="duckdb")


@lru_cache(maxsize=4)
def marts_among(models: tuple[SqlModel, ...], policy: Policy) -> Mapping[str, Mart]:
    """What `marts_of` finds with a policy: all marts by name, roll-ups after what they read; taken apart once."""
    return marts_of(models, policy.tables)


def marts_of(models: Sequence[SqlModel], tables: Mapping[str, Table]) -> dict[str, Mart]:
    """The marts among models, given in the order of what they read."""
    found: dict[str, Mart] = {}
    for model in models:
        if model.layer == GOVERNED_SCHEMA and model.name in tables:
            mart = _mart(model.name, model.select, tables, found)
            if mart is not None:
                found[model.name] = mart
    return found


def _mart(name: str, text: str, tables: Mapping[str, Table], known: Mapping[str, Mart]) -> Mart | None:
    select = sqlglot.parse_one(text, dialect="duckdb")
    if not isinstance(select, exp.Select) or not select.args.get("group") or select.args.get("with_"):
        return None
    read = select.args["from_"].this
    source = read.name if isinstance(read, exp.Table) and read.db == GOVERNED_SCHEMA else ""
    is_event = source in tables and tables[source].is_member_level
    if not is_event and source not in known:
        return None
    if any(select.args.get(clause) for clause in _CLAUSES) or not _joins_one_row(select, is_event):
        raise _underivable(name, "it has another clause than WHERE, GROUP BY and ORDER BY")
    dimensions, measures = _taken_apart(name, select)
    mart = Mart(name, source, not is_event, select, dimensions, measures)
    _check(mart, tables[source], known)
    return mart


def _joins_one_row(select: exp.Select, is_event: bool) -> bool:
    joined = [join.this for join in select.args.get("joins") or ()]
    return all(f"{table.db}.{table.name}" in _ONE_ROW for table in joined) and not (is_event and joined)


def _taken_apart(mart: str, select: exp.Select) -> tuple[dict[str, exp.Expr], dict[str, exp.Expr]]:
    keys = select.args["group"].expressions
    dimensions, measures = {}, {}
    for projection in select.selects:
        name, expression = projection.alias_or_name, projection.unalias()
        if expression in keys:
            dimensions[name] = expression
        else:
            measures[name] = _summed(mart, name, expression)
    return dimensions, measures


def _summed(mart: str, name: str, expression: exp.Expr) -> exp.Expr:
    """What a measure adds up: COUNT(*), SUM(x), or SUM in whole millionths."""
    inner = expression.this if isinstance(expression, exp.Cast) else expression
    if isinstance(inner, exp.Count) and isinstance(inner.this, exp.Star):
        return exp.Literal.number(1)
    if (
        isinstance(inner, exp.Sum)
        and isinstance(inner.this, exp.Expr)
        and not isinstance(inner.this, exp.Distinct)
    ):
        return inner.this
    for scaled in expression.find_all(exp.Mul):
        summed: exp.Expr = scaled.expression
        if _in_millionths(summed) == expression:
            return summed
    raise _underivable(mart, f"{name} is neither a COUNT(*) nor a SUM")


def _in_millionths(summed: exp.Expr) -> exp.Expr:
    text = summed.sql(dialect="duckdb")
    return sqlglot.parse_one(_MILLIONTHS.format(summed=text), dialect="duckdb")


def _check(mart: Mart, source: Table, known: Mapping[str, Mart]) -> None:
    """Refuse what the shared files could not be summed up from: they hold whole days and no ids or texts."""
    where = mart.select.args.get("where")
    parts = [*mart.dimensions.values(), *mart.measures.values()]
    if where and not mart.is_rollup:  # the bounds of a roll-up's days come from the tables of one row
        parts.append(where)
    for column in (column for part in parts for column in part.find_all(exp.Column)):
        declared = source.columns.get(column.name)
        if declared is None or declared.kind not in ("dimension", "ordinal", "time", "measure"):
            raise _underivable(mart.name, f"{column.name} is not a column that every role may read")
        if declared.type == "TIMESTAMP":
            raise _underivable(mart.name, f"{column.name} is a moment; only whole days are shared")
    if mart.is_rollup:
        summed = known[mart.source].measures
        for name, expression in mart.measures.items():
            if not isinstance(expression, exp.Column) or expression.name not in summed:
                raise _underivable(mart.name, f"{name} is not the sum of a measure of {mart.source}")


def _member_id(table: Table) -> str:
    return next(column.name for column in table.columns.values() if column.kind == "member_id")


def _underivable(mart: str, why: str) -> MissingDataError:
    return MissingDataError(
        f"The members behind a mart cannot be counted: {why}.",
        where=f"warehouse/models/{GOVERNED_SCHEMA}/{mart}.sql",
        next_step="Write it as sums over one table of events, or with a common table expression to do without.",
    )
