"""Layer 4 again, now that columns are bound: no join multiplies rows without a condition between its sides."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.decision import Refused
from warehouse.guard.statement import Statement, nodes_within
from warehouse.policy.loader import GOVERNED_SCHEMA

_COMPARISONS = (exp.EQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.NullSafeEQ)


def joins(statement: Statement) -> None:
    """Each join compares a column of its side with one of an earlier side, or one of the sides is a single row."""
    for scope in statement.scopes:
        query = scope.expression
        if isinstance(query, exp.Select) and query.args.get("joins"):
            _check_joins(query, scope, statement)


def _check_joins(query: exp.Select, scope: Scope, statement: Statement) -> None:
    where = query.args.get("where")
    earlier = [query.args["from_"].this.alias_or_name]
    for join in query.args["joins"]:
        name = join.this.alias_or_name
        conditions = list(conjuncts(join.args.get("on")))
        if not join.side and not join.method:
            conditions += conjuncts(where.this if where else None)
        pairs = [pair for condition in conditions for pair in _sides(condition)]
        if not any(_links(pair, name, earlier) for pair in pairs):
            if not (
                _is_one_row(name, scope, statement)
                or all(_is_one_row(other, scope, statement) for other in earlier)
            ):
                raise Refused("join_not_bounded")
        elif join.kind not in ("SEMI", "ANTI"):
            _check_days(name, earlier, pairs, scope, statement)
        earlier.append(name)


def conjuncts(condition: exp.Expr | None) -> Iterator[exp.Expr]:
    """The parts of a condition that all must hold."""
    if condition is None:
        return
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from conjuncts(condition.this)
        yield from conjuncts(condition.expression)
    else:
        yield condition


_Pair = tuple[list[exp.Column], list[exp.Column]]


def _sides(condition: exp.Expr) -> list[_Pair]:
    """The columns on both sides of a comparison; a BETWEEN is two comparisons."""
    if not isinstance(condition, _COMPARISONS):
        return []
    left = _columns(condition.this)
    if isinstance(condition, exp.Between):
        return [(left, _columns(condition.args["low"])), (left, _columns(condition.args["high"]))]
    return [(left, _columns(condition.expression))]


def _columns(node: exp.Expr) -> list[exp.Column]:
    return [found for found in nodes_within(node) if isinstance(found, exp.Column)]


def _links(pair: _Pair, name: str, earlier: list[str]) -> bool:
    left, right = ({column.table for column in side} for side in pair)
    known = set(earlier)
    return (name in left and bool(known & right)) or (name in right and bool(known & left))


def _is_one_row(name: str, scope: Scope, statement: Statement) -> bool:
    source = statement.sources[id(scope)].get(name)
    if not isinstance(source, Scope):
        return False
    query = source.expression
    if not isinstance(query, exp.Select):
        return False
    limit = query.args.get("limit")
    if query.args.get("from_") is None or (limit is not None and limit.expression.name in ("0", "1")):
        return True
    if query.args.get("group") or query.args.get("distinct"):
        return False
    if all(_is_aggregated(projection) for projection in query.selects):
        return True
    joined = [query.args["from_"].this, *(join.this for join in query.args.get("joins") or ())]
    return all(_is_one_row(inner.alias_or_name, source, statement) for inner in joined)


def _is_aggregated(projection: exp.Expr) -> bool:
    """Every column stands below an aggregate that is not a window, or its FILTER, so that one row comes out."""
    found = [node for node in nodes_within(projection) if isinstance(node, exp.AggFunc)]
    if not found or any(isinstance(node, exp.Window) for node in nodes_within(projection)):
        return False
    return all(column.find_ancestor(exp.AggFunc, exp.Filter) for column in _columns(projection))


def _check_days(name: str, earlier: list[str], pairs: list[_Pair], scope: Scope, statement: Statement) -> None:
    daily = [other for other in earlier if _day_of(other, scope, statement)]
    if not daily or not _day_of(name, scope, statement):
        return
    for pair in pairs:
        left, right = ({column.table for column in side if _is_day(column, scope, statement)} for side in pair)
        if (name in left and right & set(daily)) or (name in right and left & set(daily)):
            return
    raise Refused("join_without_day")


def _day_of(name: str, scope: Scope, statement: Statement) -> str | None:
    source = statement.sources[id(scope)].get(name)
    if not isinstance(source, exp.Table) or source.db != GOVERNED_SCHEMA:
        return None
    return statement.table(source.name).day


def _is_day(column: exp.Column, scope: Scope, statement: Statement) -> bool:
    source = statement.sources[id(scope)].get(column.table)
    if not isinstance(source, exp.Table) or source.db != GOVERNED_SCHEMA:
        return False
    declared = statement.table(source.name).columns.get(column.name)
    return declared is not None and declared.kind == "time"
