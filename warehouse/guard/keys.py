"""What may stand where, over member-level columns: keys (group, filter), values (sum), member ids (count)."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.days import keeps_whole_days
from warehouse.guard.decision import Refused
from warehouse.guard.relations import Relations
from warehouse.guard.statement import nodes_within

_REAL = (exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)
_COUNTED = frozenset(("member_id", "event_id", "direct_identifier", "free_text"))


def check_key(node: exp.Expr, scope: Scope, relations: Relations) -> None:
    """Refuse unless every member-level column below is a dimension, an ordinal or a whole day.

    Any function of such columns is coarser than they are, so the functions between do not matter.
    """
    for found in nodes_within(node):
        if not isinstance(found, exp.Column):
            continue
        column = relations.restricted(found, scope)
        if column is None or column.kind in ("dimension", "ordinal"):
            continue
        if column.kind in _COUNTED:
            raise Refused("identifier_use")
        if column.kind == "measure" and not _only_whether_null(found):
            raise Refused("filter_not_allowed")
        if column.kind == "time" and column.type != "DATE" and not keeps_whole_days(found, scope, relations):
            raise Refused("filter_not_allowed")


def is_key(node: exp.Expr, scope: Scope, relations: Relations) -> bool:
    """Whether `check_key` would pass."""
    try:
        check_key(node, scope, relations)
    except Refused:
        return False
    return True


def is_value(node: exp.Expr | None, scope: Scope, relations: Relations) -> bool:
    """A measure, scaled or switched by keys: linear, so that a sum of it cannot single out one row."""
    if node is None or isinstance(node, exp.Literal | exp.Null) or is_key(node, scope, relations):
        return True
    if isinstance(node, exp.Column):
        column = relations.restricted(node, scope)
        return column is None or column.kind == "measure"
    if isinstance(node, exp.Mul):
        sides = [node.this, node.expression]
        keys = [side for side in sides if is_key(side, scope, relations)]
        return bool(keys) and all(is_value(side, scope, relations) for side in sides)
    parts = _value_parts(node)
    return (
        parts is not None
        and all(is_value(part, scope, relations) for part in parts[0])
        and all(is_key(part, scope, relations) for part in parts[1])
    )


def is_member_id(node: exp.Expr | None, scope: Scope, relations: Relations) -> bool:
    """A member or event id, as it is or switched by keys: CASE WHEN is_leaked = 1 THEN member_id END."""
    if isinstance(node, exp.Paren):
        return is_member_id(node.this, scope, relations)
    if isinstance(node, exp.Column):
        column = relations.restricted(node, scope)
        return column is not None and column.kind in ("member_id", "event_id")
    if isinstance(node, exp.Case | exp.If):
        values, keys = _switch(node)
        return all(
            value is None or isinstance(value, exp.Null) or is_member_id(value, scope, relations)
            for value in values
        ) and all(is_key(key, scope, relations) for key in keys)
    return False


_Parts = tuple[list[exp.Expr | None], list[exp.Expr]]


def _value_parts(node: exp.Expr) -> _Parts | None:
    """The parts that must be values and those that must be keys, or None when the node is not linear."""
    if isinstance(node, exp.Paren | exp.Neg) or (isinstance(node, exp.Cast) and node.to.this in _REAL):
        return [node.this], []  # a cast to a whole number or a boolean is a comparison in disguise
    if isinstance(node, exp.Add | exp.Sub):
        return [node.this, node.expression], []
    if isinstance(node, exp.Div):
        return [node.this], [node.expression]
    if isinstance(node, exp.Coalesce):
        return [node.this], list(node.expressions)
    if isinstance(node, exp.Case | exp.If):
        return _switch(node)
    return None


def _switch(node: exp.Case | exp.If) -> _Parts:
    if isinstance(node, exp.If):
        return [node.args.get("true"), node.args.get("false")], [node.this]
    branches = node.args.get("ifs") or []
    keys = [branch.this for branch in branches]
    if node.this is not None:
        keys.append(node.this)
    return [*(branch.args.get("true") for branch in branches), node.args.get("default")], keys


def _only_whether_null(column: exp.Column) -> bool:
    return isinstance(column.parent, exp.Is) and isinstance(column.parent.expression, exp.Null)
