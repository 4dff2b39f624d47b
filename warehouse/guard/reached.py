"""What a refused construct reaches for: a hidden table or members' rows say more than the construct does."""

from __future__ import annotations

from warehouse.guard.scope import may_read, named_tables
from warehouse.guard.statement import Statement
from warehouse.policy.loader import GOVERNED_SCHEMA

_PRECISE = frozenset(("construct_not_allowed", "function_not_allowed", "function_without_bound"))


def reached(code: str, statement: Statement) -> str:
    """The code to report for a refusal of layer 3. It changes which rule is named, never that it is refused."""
    if code not in _PRECISE:
        return code
    names = named_tables(statement)
    if not all(may_read(key, statement) for key in names):
        return "table_not_allowed"
    governed = [statement.table(name) for schema, name in names if schema == GOVERNED_SCHEMA]
    if not statement.role.member_rows and any(table.is_member_level for table in governed):
        return "member_rows"
    return code
