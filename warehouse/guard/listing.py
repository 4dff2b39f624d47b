"""Groups that by themselves say what few members are or did: such a row, without any figure, is a member's row."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.statement import Statement

MANY_COLUMNS = 99
"""As many as anything: members' rows that another query has chosen."""
_FEW_COLUMNS = 2
_OF_MEMBER = "time of a member"


def is_listing(named: int, statement: Statement, *, figures: bool) -> bool:
    """Whether groups of few members are left out, given how many columns the groups name.

    Without a figure all but the values of one column are. Beside figures, what names more than two: a figure that
    is withheld says how few they are. The compiler's groups are shown, withheld or not: totals that are made of
    them, and zeros where there is no group, would be wrong without them.
    """
    if figures:
        return named > _FEW_COLUMNS and not statement.compiled
    return named > 1


def named_columns(query: exp.Select, keys: list[exp.Expr], scope: Scope, statement: Statement) -> int:
    """How many columns say who stands in a group: what is grouped by, and what rows are chosen by, days aside.

    The day of a row that a member has once counts twice: it nearly tells members apart.
    """
    conditions = [query.args.get("where"), *(join.args.get("on") for join in query.args.get("joins") or ())]
    chosen = [c for part in conditions if part is not None for c in part.find_all(exp.Column)]
    kinds = {column.name: _kind(column, scope, statement) for column in chosen}
    names = {name for name, kind in kinds.items() if kind not in ("time", _OF_MEMBER, "member_id")}
    grouped = {c.name: _kind(c, scope, statement) for key in keys for c in key.find_all(exp.Column)}
    return len(names | grouped.keys()) + sum(kind == _OF_MEMBER for kind in grouped.values())


def _kind(column: exp.Column, scope: Scope, statement: Statement) -> str:
    source = statement.sources[id(scope)].get(column.table)
    table = statement.policy.tables.get(source.name) if isinstance(source, exp.Table) else None
    declared = table.columns.get(column.name) if table is not None else None
    if table is None or declared is None:
        return ""
    return _OF_MEMBER if declared.kind == "time" and table.link else declared.kind
