"""What a name in FROM stands for: its columns, of what kind, and whether its rows are members' rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.columns import source_of
from warehouse.guard.decision import Refused
from warehouse.guard.statement import Statement
from warehouse.policy import Column
from warehouse.policy.loader import GOVERNED_SCHEMA


@dataclass(frozen=True)
class Relation:
    """A table or a query. `columns` are those with a declared kind; `member_level` rows may not leave as rows.

    `tables` are the member-level tables that its rows come from.
    """

    member_level: bool
    columns: Mapping[str, Column]
    tables: frozenset[str] = frozenset()


FREE = Relation(False, {})


class Relations:
    """Relations by scope, filled from the innermost query outwards."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._by_scope: dict[int, Relation] = {}

    def add(self, scope: Scope, relation: Relation) -> None:
        """Remember what a query's rows are."""
        self._by_scope[id(scope)] = relation

    def of(self, source: exp.Table | Scope) -> Relation:
        """The relation behind a source of a scope."""
        if isinstance(source, Scope):
            found = self._by_scope.get(id(source))
            if found is None:  # not looked at yet, so nothing is known of its rows
                raise Refused("member_rows")
            return found
        table = self.statement.policy.tables.get(source.name)
        if table is None or source.db != GOVERNED_SCHEMA or not isinstance(source.this, exp.Identifier):
            return FREE
        member_level = table.is_member_level and not self.statement.reads_member_rows
        return Relation(member_level, table.columns, frozenset((table.name,) if member_level else ()))

    def restricted(self, column: exp.Column, scope: Scope) -> Column | None:
        """The declared column when it belongs to member-level rows, else None."""
        if not column.table:
            return None
        relation = self.of(source_of(column, scope, self.statement))
        if not relation.member_level:
            return None
        # A column of a member-level query with no declared kind came from another table beside it.
        return relation.columns.get(column.name)

    def type_of(self, column: exp.Column, scope: Scope) -> str:
        """The declared type of a column, or '' when the column has no declaration behind it."""
        if not column.table:
            return ""
        declared = self.of(source_of(column, scope, self.statement)).columns.get(column.name)
        return "" if declared is None else declared.type

    def reads_members(self, scope: Scope) -> bool:
        """One of the scope's own sources has member-level rows."""
        return any(self.of(source).member_level for source in self.statement.sources[id(scope)].values())
