"""Layer 7: base tables give way to policy subqueries, and only the regenerated text may run."""

from __future__ import annotations

from sqlglot import exp

from warehouse.guard.columns import source_of
from warehouse.guard.decision import Refused
from warehouse.guard.duckdb_nodes import check_duckdb_tree, walk
from warehouse.guard.parse import duckdb_tree
from warehouse.guard.statement import Statement, nodes_within
from warehouse.policy.loader import GOVERNED_SCHEMA

_OURS = frozenset(("bit_count", "bit_or", "isnan"))


def rewrite(statement: Statement) -> None:
    """Fill `output`: a base table becomes (SELECT its used columns, masked, WHERE row filter); rows are capped."""
    _replace_tables(statement)
    _cap_rows(statement)
    _write(statement)


def rewrite_all_rows(statement: Statement) -> None:
    """The same without a cap, for a text of ours that another one counts."""
    _replace_tables(statement)
    _write(statement)


def _replace_tables(statement: Statement) -> None:
    used = _used_columns(statement)
    for scope in statement.scopes:
        for source in statement.sources[id(scope)].values():
            if isinstance(source, exp.Table) and source.db:
                source.replace(_policy_subquery(source, used.get(id(source), set()), statement))


def _write(statement: Statement) -> None:
    statement.output = statement.tree.sql(dialect="duckdb", comments=False, pretty=True)
    _check_output(statement)


def _used_columns(statement: Statement) -> dict[int, set[str]]:
    used: dict[int, set[str]] = {}
    for scope in statement.scopes:
        for node in nodes_within(scope.expression):
            if isinstance(node, exp.Column) and node.table:
                source = source_of(node, scope, statement)
                if isinstance(source, exp.Table):
                    used.setdefault(id(source), set()).add(node.name)
    return used


def _policy_subquery(table: exp.Table, names: set[str], statement: Statement) -> exp.Subquery:
    projections = [_projection(table, name, statement) for name in sorted(names)] or [exp.Literal.number(1)]
    base = exp.Table(this=table.this.copy(), db=table.args["db"].copy())
    prefix = statement.catalog.prefixes.get(table.db) if statement.catalog else None
    if prefix is not None:
        base.set("catalog", exp.to_identifier(prefix))
    select = exp.Select(expressions=projections).from_(base, copy=False)
    for condition in _row_filter(table, statement):
        select.where(condition, copy=False)
    return exp.Subquery(this=select, alias=exp.TableAlias(this=exp.to_identifier(table.alias_or_name)))


def _projection(table: exp.Table, name: str, statement: Statement) -> exp.Expr:
    mask = statement.role.masks.get(f"{table.name}.{name}") if table.db == GOVERNED_SCHEMA else None
    if mask is not None:
        return exp.alias_(mask.copy(), name)
    stored = _stored(table, name, statement)
    column = exp.column(exp.to_identifier(stored))
    return column if stored == name else exp.alias_(column, name)


def _stored(table: exp.Table, name: str, statement: Statement) -> str:
    """The shared files hold a number instead of an id; the reader's statement need not know."""
    declared = statement.table(table.name).columns.get(name) if table.db == GOVERNED_SCHEMA else None
    if declared is None or statement.catalog is None:
        return name
    return statement.catalog.stored(table.name, declared) or name


def _row_filter(table: exp.Table, statement: Statement) -> list[exp.Expr]:
    """One condition per attribute of the principal. Raises Refused when a table cannot be filtered."""
    conditions: list[exp.Expr] = []
    for attribute, value in sorted(statement.row_filters.items()):
        if attribute not in statement.policy.row_filters:
            raise Refused("row_filter_impossible")
        if table.db == GOVERNED_SCHEMA and statement.table(table.name).access == "reference":
            continue
        if table.db != GOVERNED_SCHEMA or attribute not in statement.table(table.name).columns:
            raise Refused("row_filter_impossible")
        conditions.append(exp.column(attribute).eq(exp.Literal.string(value)))
    return conditions


def _cap_rows(statement: Statement) -> None:
    """One row more than the limit, so that the door can say that there was more."""
    query = statement.tree
    most = statement.row_limit + 1
    limit = query.args.get("limit")
    if limit is None or int(limit.expression.name) > most:
        query.set("limit", exp.Limit(expression=exp.Literal.number(most)))


def _check_output(statement: Statement) -> None:
    """The text that will run is held against DuckDB's lists again: the generator is not trusted either."""
    tree = duckdb_tree(statement.output)
    prefixes = statement.catalog.prefixes.values() if statement.catalog else ()
    check_duckdb_tree(tree, statement.policy, frozenset(prefixes), _OURS if statement.ours else frozenset())
    found = {
        (node["schema_name"].lower(), node["table_name"].lower())
        for node in walk(tree)
        if node["type"] == "BASE_TABLE" and node["schema_name"]
    }
    if found != statement.tables and not statement.ours:  # of ours, the binder says what it reads
        raise Refused("parsers_disagree")
