"""What the layers hand from one to the next: the text, who asks, and all that has been learned so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.decision import Disclosure
from warehouse.policy import Column, Policy, RolePolicy, Table
from warehouse.policy.loader import GOVERNED_SCHEMA, PURPOSE_ONLY

Parameter = str | int | float | date
TableKey = tuple[str, str]  # schema, table
Source = exp.Table | Scope  # what a name in FROM stands for: a base table or a query


@dataclass(frozen=True, eq=False)
class Catalog:
    """What a published snapshot really holds: column names by (schema, table).

    `prefixes` names the database file that a schema lies in, where it is not the opened one.
    """

    columns: Mapping[TableKey, tuple[str, ...]]
    prefixes: Mapping[str, str] = field(default_factory=dict)

    def stored(self, table: str, column: Column) -> str | None:
        """What the snapshot calls a column of a governed table: its name or its stand-in's, None without it."""
        names = self.columns.get((GOVERNED_SCHEMA, table), ())
        return next((name for name in (column.name, column.stand_in) if name in names), None)


@dataclass
class Statement:
    """One statement on its way through the guard. Layers fill it in order; none empties it."""

    sql: str
    policy: Policy
    role: RolePolicy
    reads_member_rows: bool = False
    row_filters: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    catalog: Catalog | None = None
    row_limit: int = 1000
    small_cell: int = 11
    round_members_to: int = 1
    runs: bool = True  # or it is only judged
    totals: frozenset[frozenset[str]] = frozenset()  # groupings whose totals the reader knows already
    compiled: bool = False  # by our compiler, from a semantic query
    tree: exp.Query = field(default_factory=exp.Select)
    duckdb_tree: dict[str, Any] = field(default_factory=dict)
    tables: frozenset[TableKey] = frozenset()
    scopes: list[Scope] = field(default_factory=list)
    sources: dict[int, dict[str, Source]] = field(default_factory=dict)  # by id of scope, then by alias
    output: str = ""
    disclosure: Disclosure | None = None
    ours: bool = False  # written by the guard itself, which may use functions that readers may not

    @property
    def hides_small_cells(self) -> bool:
        """The reader sees sums over members and no member: counts of a few of them are not shown."""
        exact = self.role.exact or self.role.open_schemas
        return self.small_cell > 1 and not self.reads_member_rows and not exact

    @property
    def has_member_bits(self) -> bool:
        """The data carries a bit of each member's pseudonym, by which many members are known at a glance."""
        return self.catalog is not None and "member_bit" in self.catalog.columns.get(("gold", "calls"), ())

    def table(self, name: str) -> Table:
        """The policy's entry of a governed table."""
        return self.policy.tables[name]


def nodes_within(query: exp.Expr) -> Iterator[exp.Expr]:
    """Every node of one SELECT in document order, without entering the queries inside it (they are yielded)."""
    stack: list[exp.Expr] = [query]
    while stack:
        node = stack.pop()
        yield node
        if node is query or not isinstance(node, exp.Query):
            stack.extend(reversed(list(_children(node))))


def _children(node: exp.Expr) -> Iterable[exp.Expr]:
    return node.iter_expressions()


def visible_columns(table: Table, member_rows: bool, catalog: Catalog | None) -> dict[str, Column]:
    """The columns of a table that a reader may name: declared, in the snapshot, and not for a purpose only."""
    found = dict(table.columns)
    if catalog is not None:
        held = catalog.columns.get((GOVERNED_SCHEMA, table.name), ())
        stored = {catalog.stored(table.name, column): column for column in table.columns.values()}
        found = {stored[name].name: stored[name] for name in held if name in stored}
    return {name: column for name, column in found.items() if member_rows or column.kind not in PURPOSE_ONLY}
