"""Layer 5: every table is one the role may name, and both parsers see the same ones."""

from __future__ import annotations

from sqlglot import exp

from warehouse.guard.decision import Refused
from warehouse.guard.duckdb_nodes import walk
from warehouse.guard.statement import Statement, TableKey
from warehouse.policy.loader import GOVERNED_SCHEMA


def scope(statement: Statement) -> None:
    """Fill `tables` and write every governed table with its schema, so that no name depends on a search path."""
    ctes = {cte.alias.lower() for cte in statement.tree.find_all(exp.CTE)}
    found: set[TableKey] = set()
    for table in statement.tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or (not table.db and table.name.lower() in ctes):
            continue
        key = _resolve(table, statement)
        table.set("db", exp.to_identifier(key[0]))
        table.set("this", exp.to_identifier(key[1]))
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(key[1])))
        found.add(key)
    if found != _tables_of_duckdb(statement, ctes):
        raise Refused("parsers_disagree")
    for column in statement.tree.find_all(exp.Column):
        if column.db:  # gold.calls.call_topic: the schema has been checked, the alias is what stays
            column.set("db", None)
    statement.tables = frozenset(found)


def named_tables(statement: Statement) -> set[TableKey]:
    """The base tables that DuckDB's tree names."""
    return _tables_of_duckdb(statement, {cte.alias.lower() for cte in statement.tree.find_all(exp.CTE)})


def may_read(key: TableKey, statement: Statement) -> bool:
    """The role may name the table, and the snapshot holds it."""
    schema, name = key
    if statement.catalog is not None and key not in statement.catalog.columns:
        return False
    if schema == GOVERNED_SCHEMA and name in statement.role.tables:
        return True
    return schema in statement.role.open_schemas and bool(statement.policy.limits.name.fullmatch(name))


def _resolve(table: exp.Table, statement: Statement) -> TableKey:
    key = (table.db or GOVERNED_SCHEMA).lower(), table.name.lower()
    if not may_read(key, statement):
        raise Refused("table_not_allowed")
    if statement.catalog is None and key[0] != GOVERNED_SCHEMA:
        raise Refused("no_snapshot")
    return key


def _tables_of_duckdb(statement: Statement, ctes: set[str]) -> set[TableKey]:
    found = set()
    for node in walk(statement.duckdb_tree):
        if node["type"] == "BASE_TABLE":
            schema, name = node["schema_name"].lower(), node["table_name"].lower()
            if schema or name not in ctes:
                found.add((schema or GOVERNED_SCHEMA, name))
    return found
