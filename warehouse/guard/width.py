"""Layer 4 for text: no cell can grow with every step of a statement until it fills the memory."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.columns import source_of
from warehouse.guard.decision import Refused
from warehouse.guard.statement import Statement

_COLUMN = 100  # characters of a governed value, generously
_FREE_TEXT = 4000
_ROWS = 500  # distinct values that STRING_AGG is taken to join
_JOINS_PARTS = (exp.DPipe, exp.Concat, exp.ConcatWs)


def width(statement: Statement) -> None:
    """Estimate the longest text of every output column, from the innermost query outwards."""
    own = statement.role.limits.get("characters_per_cell")
    limit = own or statement.policy.limits.characters_per_cell
    widths: dict[int, dict[str, int]] = {}
    for scope in statement.scopes:
        query = scope.expression
        found: dict[str, int] = {}
        if isinstance(query, exp.SetOperation):
            sides = [widths.get(id(side), {}) for side in scope.set_operation_scopes]
            for index, name in enumerate(query.named_selects):
                found[name] = max((list(side.values())[index : index + 1] or [0])[0] for side in sides)
        elif isinstance(query, exp.Select):
            for part in query.iter_expressions():
                characters = _width(part, scope, statement, widths)
                if characters > limit:
                    raise Refused("too_complex")
                if part.alias_or_name:
                    found[part.alias_or_name] = max(characters, found.get(part.alias_or_name, 0))
        widths[id(scope)] = found


def _width(node: exp.Expr, scope: Scope, statement: Statement, widths: dict[int, dict[str, int]]) -> int:
    if isinstance(node, exp.Query):
        return _COLUMN
    if isinstance(node, exp.Column):
        return _column_width(node, scope, statement, widths)
    if isinstance(node, exp.Literal):
        return len(node.name)
    parts = [_width(part, scope, statement, widths) for part in node.iter_expressions()]
    if isinstance(node, exp.GroupConcat):
        return sum(parts) * _ROWS
    if isinstance(node, exp.Replace | exp.RegexpReplace):  # an empty match lies before every character
        return (max(parts, default=0) + 1) * (_replacement_growth(node) + 1)
    if isinstance(node, exp.Pad):
        return _COLUMN
    return sum(parts) if isinstance(node, _JOINS_PARTS) else max(parts, default=0)


def _column_width(
    column: exp.Column, scope: Scope, statement: Statement, widths: dict[int, dict[str, int]]
) -> int:
    if not column.table:
        return _COLUMN
    source = source_of(column, scope, statement)
    if isinstance(source, Scope):
        return widths.get(id(source), {}).get(column.name, _COLUMN)
    return _FREE_TEXT if statement.reads_member_rows or statement.role.open_schemas else _COLUMN


def _replacement_growth(node: exp.Expr) -> int:
    """How many characters can stand where one stood."""
    replacement = node.args.get("replacement")
    return len(replacement.name) if isinstance(replacement, exp.Literal) else _COLUMN
