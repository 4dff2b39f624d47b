"""The aggregates that may read member-level columns, and how to find them in a clause."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.days import is_whole_day
from warehouse.guard.decision import Refused
from warehouse.guard.keys import check_key, is_key, is_member_id, is_value
from warehouse.guard.relations import Relations
from warehouse.guard.statement import nodes_within
from warehouse.policy import load_policy

_WRAPPERS = (exp.Filter, exp.WithinGroup, exp.IgnoreNulls, exp.RespectNulls)


def is_aggregate(node: exp.Expr) -> bool:
    """An aggregate function, or its FILTER or ORDER BY around it."""
    if isinstance(node, _WRAPPERS):
        return is_aggregate(node.this)
    if isinstance(node, exp.Anonymous):  # sem(x), mad(x): sqlglot knows no name for them
        return isinstance(node.this, str) and node.this.lower() in load_policy().aggregates
    return isinstance(node, exp.AggFunc | exp.AnonymousAggFunc)


def outside_windows(clause: exp.Expr) -> Iterator[exp.Expr]:
    """Nodes of a clause without entering aggregates or inner queries; a window's own function is no aggregate."""
    stack: list[exp.Expr] = [clause]
    while stack:
        node = stack.pop()
        if isinstance(node, exp.Query):
            continue
        if isinstance(node, exp.Window):
            stack.extend(_window_parts(node))
            continue
        yield node
        if not is_aggregate(node):
            stack.extend(node.iter_expressions())


def check_aggregate(node: exp.Expr, scope: Scope, relations: Relations) -> None:
    """Refuse unless it is COUNT, SUM or AVG of what each may read, a first or last day, or reads no members."""
    if isinstance(node, exp.Filter):
        check_key(node.expression, scope, relations)
        node = node.this
    if not _reads_restricted(node, scope, relations):
        return
    if isinstance(node, exp.Grouping):  # which keys a row is grouped by says nothing of its members
        for key in node.expressions:
            check_key(key, scope, relations)
    elif isinstance(node, exp.Count):
        _check_count(node, scope, relations)
    elif isinstance(node, exp.CountIf):
        check_key(node.this, scope, relations)
    elif isinstance(node, exp.Min | exp.Max):
        if not (is_key(node.this, scope, relations) and is_whole_day(node.this, scope, relations)):
            raise Refused("aggregate_not_allowed")
    elif not isinstance(node, exp.Sum | exp.Avg) or not is_value(node.this, scope, relations):
        raise Refused("aggregate_not_allowed")


def _check_count(node: exp.Count, scope: Scope, relations: Relations) -> None:
    argument = node.this
    arguments = [*argument.expressions] if isinstance(argument, exp.Distinct) else [argument]
    arguments += node.expressions
    for counted in arguments:
        readable = is_key(counted, scope, relations) or is_member_id(counted, scope, relations)
        if not readable and (isinstance(argument, exp.Distinct) or not is_value(counted, scope, relations)):
            raise Refused("aggregate_not_allowed")


def _reads_restricted(node: exp.Expr, scope: Scope, relations: Relations) -> bool:
    return any(
        isinstance(found, exp.Column) and relations.restricted(found, scope) is not None
        for found in nodes_within(node)
    )


def _window_parts(window: exp.Window) -> list[exp.Expr]:
    function = window.this
    while isinstance(function, _WRAPPERS):
        function = function.this
    inside = list(function.iter_expressions()) if isinstance(function, exp.Expr) else []
    wrapped = (
        [part for part in window.this.iter_expressions() if part is not function]
        if function is not window.this
        else []
    )
    others = [part for part in window.iter_expressions() if part is not window.this]
    return [*inside, *wrapped, *others]
