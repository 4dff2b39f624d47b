"""The origins of each output column of a query, read off its qualified sqlglot tree, scope by scope.

sqlglot's own `lineage` follows values only, one column at a time; it does not tell a value from a filter, a join
key or a window's order, and a COUNT(*) has no origin in it. So the scopes are walked here: what a column's value
is computed from goes to `value`, whatever decides which rows or matches it is computed over to `selection`.
"""

from __future__ import annotations

from dataclasses import replace

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope
from sqlglot.schema import Schema

from warehouse.lineage.relations import (
    DIALECT,
    Catalog,
    Names,
    Origins,
    Relation,
    Traced,
    TracedQuery,
    lost,
    together,
)
from warehouse.lineage.select import Reading, Sources


def trace(sql: str, schema: Schema | dict[str, object], catalog: Catalog) -> TracedQuery:
    """The origins of every output column of a DuckDB query over the tables of `schema` and `catalog`.

    Raises MissingDataError naming the column or table that cannot be followed.
    """
    scope = build_scope(qualified(sql, schema))
    if scope is None:
        raise lost("it is not a query")
    return _Walk(catalog).query(scope, {})


def qualified(sql: str, schema: Schema | dict[str, object]) -> exp.Expr:
    """The tree of a DuckDB query with every column under its table's alias and every star expanded."""
    try:
        return qualify(
            sqlglot.parse_one(sql, dialect=DIALECT),
            dialect=DIALECT,
            schema=schema,
            quote_identifiers=False,
            identify=False,
            validate_qualify_columns=False,
        )
    except SqlglotError as error:
        raise lost(str(error)) from error


class _Walk:
    """Walks the scopes of one statement; each scope once."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._done: dict[int, TracedQuery] = {}

    def query(self, scope: Scope, outer: Sources) -> TracedQuery:
        found = self._done.get(id(scope))
        if found is None:
            found = self._union(scope, outer) if scope.set_operation_scopes else self._select(scope, outer)
            self._done[id(scope)] = found
        return found

    def _union(self, scope: Scope, outer: Sources) -> TracedQuery:
        first, second = (self.query(part, outer) for part in scope.set_operation_scopes)
        operation = scope.expression
        if operation.args.get("by_name"):
            outputs = [_either(traced, second.columns.get(traced.name)) for traced in first.outputs]
            outputs += [traced for traced in second.outputs if traced.name not in first.columns]
        else:
            outputs = [_either(*pair) for pair in zip(first.outputs, second.outputs, strict=True)]
        rows = first.relation.rows | second.relation.rows
        if not isinstance(operation, exp.Union) or operation.args.get("distinct"):
            rows |= together(traced.origins for traced in outputs).all
            outputs = [_selected(traced, rows) for traced in outputs]
        identity = first.relation.identity | second.relation.identity
        relation = Relation({traced.name: traced.origins for traced in outputs}, rows, identity)
        return TracedQuery(tuple(outputs), relation)

    def _select(self, scope: Scope, outer: Sources) -> TracedQuery:
        select = scope.expression
        if not isinstance(select, exp.Select):
            return self._table_function(scope, outer)
        reading = Reading(scope, outer, self.query, self._catalog)
        reading.read_sources(select)
        rows = reading.row_selection(select)
        outputs = [_selected(reading.output(projection), rows) for projection in select.expressions]
        return TracedQuery(tuple(outputs), reading.relation(select, outputs, rows))

    def _table_function(self, scope: Scope, outer: Sources) -> TracedQuery:
        """UNNEST or another function in FROM: all its columns come from its arguments."""
        origins = Reading(scope, outer, self.query, self._catalog).origins(scope.expression)
        return TracedQuery((), Relation({}, origins.all, origins.all, open=lambda _column: origins))


def _either(one: Traced, other: Traced | None) -> Traced:
    if other is None:
        return one
    same = one.expression == other.expression
    expression = one.expression if same else f"{one.expression} | {other.expression}"
    computed = one.computed or other.computed
    return Traced(one.name, one.origins | other.origins, expression, one.line, computed)


def _selected(traced: Traced, rows: Names) -> Traced:
    return replace(traced, origins=traced.origins | Origins(selection=rows))
