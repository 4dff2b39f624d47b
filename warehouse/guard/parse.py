"""Layer 2: two parsers read the text, and each must find exactly one SELECT."""

from __future__ import annotations

import json
import logging
import re
import threading
from functools import cache
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from warehouse.guard.decision import Refused
from warehouse.guard.duckdb_nodes import check_duckdb_tree
from warehouse.guard.normal_forms import to_normal_form
from warehouse.guard.statement import Statement

# sqlglot logs what it cannot parse, and the log would repeat the statement.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_ROOTS = (exp.Select, exp.Union, exp.Intersect, exp.Except)
_GROUPING = re.compile(r"cube|rollup|grouping", re.IGNORECASE)
_PLACE = frozenset(("line", "col", "start", "end"))
_local = threading.local()


def parse(statement: Statement) -> None:
    """Fill `duckdb_tree` and `tree`. DuckDB parses on an empty in-memory connection that holds no data."""
    _check_one_select(statement.sql)  # first: sqlglot takes hours over some texts that are no SQL
    statement.tree = _sqlglot_tree(statement)
    if _grouping_sets(statement.tree) > statement.policy.limits.grouping_sets:
        raise Refused("too_complex")  # DuckDB's tree writes every one of them out
    statement.duckdb_tree = duckdb_tree(statement.sql)
    to_normal_form(statement.tree)
    _forget_places(statement.tree)


def _forget_places(tree: exp.Query) -> None:
    """Drop where in the text a node stood: no layer asks, and every copy of a tree would copy it."""
    for node in tree.walk():
        if node._meta is not None and node._meta.keys() <= _PLACE:
            node._meta = None


def _check_one_select(sql: str) -> None:
    try:
        statements = _parser().extract_statements(sql)
    except duckdb.Error as error:
        raise Refused("not_understood") from error
    if len(statements) != 1:
        raise Refused("not_one_statement")
    if not _is_select(statements[0]):
        raise Refused("not_a_select")


def duckdb_tree(sql: str) -> dict[str, Any]:
    """DuckDB's own tree of one SELECT. Raises Refused when the text is anything else."""
    connection = _parser()
    row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    tree: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    if tree.get("error") or len(tree["statements"]) != 1:
        raise Refused("not_a_select")
    node: dict[str, Any] = tree["statements"][0]["node"]
    return node


def _is_select(statement: duckdb.Statement) -> bool:
    try:
        return statement.type is duckdb.StatementType.SELECT
    except ValueError:  # a type newer than the client's own list of types
        return False


def _sqlglot_tree(statement: Statement) -> exp.Query:
    try:
        parsed = sqlglot.parse(statement.sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError as error:
        if not _GROUPING.search(statement.sql):  # the other tree often says what it is: a COPY in a CTE
            check_duckdb_tree(duckdb_tree(statement.sql), statement.policy)
        raise Refused("not_understood") from error
    trees = [tree for tree in parsed if tree is not None and not isinstance(tree, exp.Semicolon)]
    if len(trees) != 1:
        raise Refused("not_one_statement")
    root = trees[0].unnest() if isinstance(trees[0], exp.Subquery) else trees[0]
    if not isinstance(root, _ROOTS):
        raise Refused("not_a_select")
    return root


def _grouping_sets(tree: exp.Query) -> int:
    """The most grouping sets that one GROUP BY of the statement unfolds to."""
    most = 1
    for group in tree.find_all(exp.Group):
        sets = 1
        for node in group.find_all(exp.Cube, exp.Rollup, exp.GroupingSets):
            size = len(node.expressions)
            sets *= 2 ** min(size, 20) if isinstance(node, exp.Cube) else size + 1
        most = max(most, sets)
    return most


def _parser() -> duckdb.DuckDBPyConnection:
    """A thread's own connection to the one empty database, which takes far longer to open."""
    connection: duckdb.DuckDBPyConnection | None = getattr(_local, "parser", None)
    if connection is None:
        connection = _local.parser = _empty().cursor()
    return connection


@cache
def _empty() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        ":memory:",
        config={
            "enable_external_access": "false",
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "python_enable_replacements": "false",
            "threads": "1",
            "memory_limit": "128MB",
            "lock_configuration": "true",
        },
    )
