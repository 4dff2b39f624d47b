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


def _resolve(table: exp.Table, statement: Statement) -> TableKey:
    schema, name = (table.db or GOVERNED_SCHEMA).lower(), table.name.lower()
    known = statement.catalog is None or (schema, name) in statement.catalog.columns
    if schema == GOVERNED_SCHEMA and name in statement.role.tables and known:
        return schema, name
    if schema in statement.role.open_schemas and statement.policy.limits.name.fullmatch(name):
        if statement.catalog is None:
            raise Refused("no_snapshot")
        if known:
            return schema, name
    raise Refused("table_not_allowed")


def _tables_of_duckdb(statement: Statement, ctes: set[str]) -> set[TableKey]:
    found = set()
    for node in walk(statement.duckdb_tree):
        if node["type"] == "BASE_TABLE":
            schema, name = node["schema_name"].lower(), node["table_name"].lower()
            if schema or name not in ctes:
                found.add((schema or GOVERNED_SCHEMA, name))
    return found
