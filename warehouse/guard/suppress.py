"""Small cells: the form of a statement in which no count of a few members can be read.

In every SELECT in which cells come to be, members are counted under each; a small cell becomes NaN where it is
born, and so does another one beside it when the first could be found by subtracting it from a total. What comes
after is `shield`'s business. The form runs only when a quick look (`probe`) has found that a cell may be small.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from warehouse.guard.cells import (
    CARRIED_BIT,
    CARRIED_ID,
    Cells,
    Leaf,
    aggregate_nodes,
    text_of,
)
from warehouse.guard.decision import Refused
from warehouse.guard.event_rows import as_event_rows, masked_rows
from warehouse.guard.groups import Groups, nested
from warehouse.guard.shield import shield
from warehouse.guard.statement import Statement

CELLS = "cells"


def suppress(statement: Statement) -> set[str]:
    """Rewrite the statement's tree in place; returns the output columns that can hold hidden cells.

    Raises Refused (small_cells) when a clause cannot be followed.
    """
    found = Cells(statement)
    hidden: dict[int, set[str]] = {}
    for scope in statement.scopes:
        query = scope.expression
        leaf = found.leaf(scope)
        if isinstance(query, exp.SetOperation):
            hidden[id(scope)] = _either(scope, hidden)
        elif isinstance(query, exp.Select):
            if found.carries(scope):
                carry(query, scope, found, statement)
            hidden[id(scope)] = _select(query, leaf, scope, statement, hidden)
    return hidden.get(id(statement.scopes[-1]), set())


def carry(query: exp.Select, scope: Scope, found: Cells, statement: Statement) -> None:
    """Let a query that only narrows members' rows hand on whose rows they are."""
    source = next(iter(found.sources(scope).values()))
    handed = [(source.id, CARRIED_ID)] + ([(source.bit, CARRIED_BIT)] if source.bit else [])
    for name, alias in handed:
        query.select(exp.alias_(exp.column(name, table=source.alias), alias), copy=False)


def _either(scope: Scope, hidden: dict[int, set[str]]) -> set[str]:
    sides = scope.set_operation_scopes
    names = [_outputs(side.expression) for side in sides]
    places = {
        i for side, own in zip(sides, names, strict=True) for i, name in enumerate(own) if name in hidden[id(side)]
    }
    return {name for i, name in enumerate(names[0]) if i in places} if names else set()


def _outputs(query: exp.Expr) -> list[str]:
    return [name.lower() for name in query.named_selects] if isinstance(query, exp.Query) else []


def _select(
    query: exp.Select, leaf: Leaf | None, scope: Scope, statement: Statement, hidden: dict[int, set[str]]
) -> set[str]:
    from_queries = {
        alias: hidden.get(id(source), set())
        for alias, source in statement.sources[id(scope)].items()
        if isinstance(source, Scope)
    }
    subqueries = {id(inner.expression): bool(hidden.get(id(inner))) for inner in scope.subquery_scopes}
    own: dict[str, set[str]] = {}
    if leaf is not None and leaf.aggregated:
        if any(from_queries.values()):
            raise Refused("small_cells")
        own = _aggregated(query, leaf, statement)
    elif leaf is not None:
        own = masked_rows(leaf, statement)

    def is_hidden(node: exp.Expr) -> bool:
        if isinstance(node, exp.Column):
            known = own.get(node.table) or from_queries.get(node.table) or set()
            return node.name.lower() in known
        return isinstance(node, exp.Subquery) and subqueries.get(id(node.this), False)

    return shield(query, is_hidden)


def _aggregated(query: exp.Select, leaf: Leaf, statement: Statement) -> dict[str, set[str]]:
    """Put the groups into a query of their own, hide its small cells, and let the SELECT read that one."""
    leaf, masked = as_event_rows(leaf, statement)
    aliases = {node.alias_or_name for node in _from_nodes(query)}
    values = _values(query)
    cells = {text_of(cell.node): cell for cell in leaf.cells}
    names = {text: f"v{i}" for i, text in enumerate(values)}
    names |= {text_of(key): f"k{i}" for i, key in enumerate(leaf.keys)}
    groups = Groups(query, leaf, values, statement.small_cell, masked, statement.totals)
    inner = groups.masked(cells)
    having = query.args.get("having")
    for emptied in ("where", "group", "having", "joins"):
        query.set(emptied, None)
    query.set("from_", exp.From(this=nested(inner, CELLS)))
    if having is not None:
        query.set("where", exp.Where(this=having.this))
    for clause in list(query.iter_expressions()):
        if not isinstance(clause, exp.From | exp.With):
            _read_cells(clause, names, aliases)
    return {CELLS: {names[text] for text in cells} | groups.hidden_keys}


def _from_nodes(query: exp.Select) -> list[exp.Expr]:
    return [query.args["from_"].this, *(join.this for join in query.args.get("joins") or ())]


def _values(query: exp.Select) -> list[str]:
    """The texts of everything that a group is needed for: aggregates and GROUPING."""
    nodes = [text_of(node) for node in aggregate_nodes(query)]
    nodes += [text_of(node) for node in query.find_all(exp.Grouping, exp.GroupingId)]
    return list(dict.fromkeys(nodes))


def _read_cells(node: exp.Expr, names: dict[str, str], aliases: set[str]) -> None:
    """Replace group keys and aggregates by the columns of `cells`; nothing else of the sources may be left."""
    if isinstance(node, exp.Query):
        own = {table.alias_or_name for table in node.find_all(exp.Table, exp.Subquery)}
        aliases = aliases - own
        names = names if aliases else {}
    name = None if isinstance(node, exp.Identifier | exp.Query) else names.get(text_of(node))
    if name is not None:
        node.replace(exp.column(name, table=CELLS))
        return
    if isinstance(node, exp.Column) and node.table in aliases:
        raise Refused("small_cells")
    for child in list(node.iter_expressions()):
        _read_cells(child, names, aliases)
