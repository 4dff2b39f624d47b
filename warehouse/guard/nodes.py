"""Layer 3: every node of both trees is on the list, and so is every clause, function and name."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from warehouse.guard.decision import Refused
from warehouse.guard.duckdb_nodes import check_duckdb_tree
from warehouse.guard.reached import reached
from warehouse.guard.statement import Statement

# Clauses of the nodes that can carry more than the eye expects; any other non-empty one is refused.
_CLAUSES: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: frozenset(
        (
            "with_",
            "expressions",
            "distinct",
            "from_",
            "joins",
            "where",
            "group",
            "having",
            "windows",
            "qualify",
            "order",
            "limit",
            "offset",
        )
    ),
    exp.Union: frozenset(("with_", "this", "expression", "distinct", "by_name", "order", "limit", "offset")),
    exp.Intersect: frozenset(("with_", "this", "expression", "distinct", "by_name", "order", "limit", "offset")),
    exp.Except: frozenset(("with_", "this", "expression", "distinct", "by_name", "order", "limit", "offset")),
    exp.Subquery: frozenset(("this", "alias", "with_", "order", "limit", "offset")),
    exp.Table: frozenset(("this", "db", "alias")),
    exp.Column: frozenset(("this", "table", "db")),
    exp.Star: frozenset(("except_", "replace")),
    exp.Distinct: frozenset(("expressions",)),
    exp.Join: frozenset(("this", "side", "kind", "on", "using", "method")),
    exp.With: frozenset(("expressions",)),
    exp.CTE: frozenset(("this", "alias", "materialized")),
    exp.Limit: frozenset(("expression",)),
    # max(x, 3) is a list of the three largest
    exp.Max: frozenset(("this",)),
    exp.Min: frozenset(("this",)),
    exp.ArgMax: frozenset(("this", "expression")),
    exp.ArgMin: frozenset(("this", "expression")),
    exp.Interval: frozenset(("this", "unit")),
}


_CATALOG = re.compile(r"information_schema|pg_catalog", re.IGNORECASE)
_CATALOG_TABLE = re.compile(r"(duckdb|pg|sqlite|pragma)_", re.IGNORECASE)
_TUPLES = (
    exp.In, exp.EQ, exp.NEQ, exp.Distinct, exp.Values, exp.Group, exp.GroupingSets, exp.Cube, exp.Rollup,
)  # fmt: skip
_OTHER_LITERALS = (exp.ByteString, exp.HexString, exp.BitString, exp.RawString, exp.National, exp.UnicodeString)


def nodes(statement: Statement) -> None:
    """Allowlists on DuckDB's tree, then on sqlglot's."""
    try:
        _check_trees(statement)
    except Refused as refused:
        raise Refused(reached(refused.code, statement)) from refused


def _check_trees(statement: Statement) -> None:
    check_duckdb_tree(statement.duckdb_tree, statement.policy)
    for node in statement.tree.walk():
        _check_kind(node, statement)
        _check_clauses(node)
        check = _CHECKS.get(type(node))
        if check is not None:
            check(node, statement)


def _check_kind(node: exp.Expr, statement: Statement) -> None:
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        name = node.this
        if not isinstance(name, str) or name.lower() not in statement.policy.functions:
            raise Refused("function_not_allowed")
    elif isinstance(node, _OTHER_LITERALS):
        raise Refused("literal_not_plain")
    elif type(node).__name__ not in statement.policy.nodes.sqlglot:
        raise Refused("function_not_allowed" if isinstance(node, exp.Func) else "construct_not_allowed")


def _check_clauses(node: exp.Expr) -> None:
    allowed = _CLAUSES.get(type(node))
    if allowed is None:
        return
    for name, value in node.args.items():
        if value not in (None, False, []) and name not in allowed:
            raise Refused("construct_not_allowed")


def _identifier(node: exp.Expr, statement: Statement) -> None:
    if not statement.policy.limits.alias.fullmatch(str(node.this)):
        raise Refused("name_not_plain" if isinstance(node.parent, exp.Table) else "alias_not_allowed")


def _table(node: exp.Expr, statement: Statement) -> None:
    # For a table function Table.name is its first literal: read_csv('executive_kpis') would pass by name.
    if isinstance(node.this, exp.GenerateSeries):
        return
    alias = node.args.get("alias")
    if not isinstance(node.this, exp.Identifier) or (alias is not None and alias.args.get("columns")):
        raise Refused("construct_not_allowed")
    if _CATALOG.fullmatch(node.text("db")) or (not node.args.get("db") and _CATALOG_TABLE.match(node.name)):
        raise Refused("catalog_not_allowed")


def _tuple(node: exp.Expr, statement: Statement) -> None:
    # A tuple as a value of its own would be a cell that holds a row.
    if not isinstance(node.parent, _TUPLES):
        raise Refused("construct_not_allowed")


def _series(node: exp.Expr, statement: Statement) -> None:
    if not isinstance(node.parent, exp.Table):
        raise Refused("function_not_allowed")


def _placeholder(node: exp.Expr, statement: Statement) -> None:
    if not isinstance(node.this, str) or node.this not in statement.parameters:
        raise Refused("parameters_not_allowed")


def _alias(node: exp.Expr, statement: Statement) -> None:
    name = node.this
    if name is not None and not statement.policy.limits.name.fullmatch(str(name.this)):
        raise Refused("alias_not_allowed")


def _literal(node: exp.Expr, statement: Statement) -> None:
    if len(str(node.this)) > statement.policy.limits.literal_characters:
        raise Refused("too_complex")


def _data_type(node: exp.Expr, statement: Statement) -> None:
    if node.args.get("nested"):
        raise Refused("type_not_allowed")


_CHECKS: dict[type[exp.Expr], Callable[[exp.Expr, Statement], None]] = {
    exp.Identifier: _identifier,
    exp.Table: _table,
    exp.Tuple: _tuple,
    exp.GenerateSeries: _series,
    exp.Placeholder: _placeholder,
    exp.TableAlias: _alias,
    exp.Literal: _literal,
    exp.DataType: _data_type,
}
