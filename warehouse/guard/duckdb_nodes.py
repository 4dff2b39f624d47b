"""Layer 3, DuckDB's side: every node, function and type of its own tree is on the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from warehouse.guard.decision import Refused
from warehouse.policy import Policy

Node = dict[str, Any]
_SERIES = frozenset(("range", "generate_series"))
_TUPLE = frozenset(("row",))  # (a, b); the other tree tells it from row(a, b) and says where it may stand
_OTHER_STATEMENTS = ("SHOW_REF", "_QUERY_NODE")  # DESCRIBE and SHOW, INSERT and COPY in the place of a table


def check_duckdb_tree(
    tree: Node, policy: Policy, catalogs: frozenset[str] = frozenset(), functions: frozenset[str] = frozenset()
) -> None:
    """Refuse any node, function, type or clause of DuckDB's tree that the policy does not list.

    `catalogs` and `functions` are those that only a text which the guard has written may name.
    """
    if functions:
        policy = replace(policy, functions=policy.functions | functions)
    if tree.get("type") not in policy.nodes.duckdb["queries"]:
        raise Refused("not_a_select")
    for node in walk(tree):
        _check_duckdb_node(node, policy)
        if node["type"] == "BASE_TABLE" and node["catalog_name"] and node["catalog_name"] not in catalogs:
            raise Refused("table_not_allowed")


def walk(tree: Any) -> Iterator[Node]:
    """Every typed node of a DuckDB tree, parents first."""
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if isinstance(item.get("type"), str):
                yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)


def _check_duckdb_node(node: Node, policy: Policy) -> None:
    lists = policy.nodes.duckdb
    kind = str(node.get("class", node["type"]))
    allowed = lists["expressions"] if "class" in node else _structure(lists)
    if kind not in allowed:
        raise Refused("not_a_select" if kind.endswith(_OTHER_STATEMENTS) else "construct_not_allowed")
    check = _CHECKS.get(kind) if "class" in node else _STRUCTURE_CHECKS.get(kind)
    if check is not None:
        check(node, policy)


def _structure(lists: Any) -> frozenset[str]:
    merged: frozenset[str] = lists["queries"] | lists["tables"] | lists["modifiers"] | lists["orders"]
    return merged


def _function(node: Node, policy: Policy) -> None:
    # A method call such as member_id.upper() is a function whose schema is the column's name.
    if node["schema"] or node["catalog"] or len(node["qualified_name"]["path"]) != 1:
        raise Refused("function_not_allowed")
    name = node["function_name"].lower()
    if name == "unnest" and _is_series(node["arguments"]):
        node["arguments"][0]["expression"]["in_from"] = True  # the other tree has the series in FROM by now
    elif name not in (policy.table_functions if node.get("in_from") else policy.functions | _TUPLE):
        raise Refused("function_without_bound" if name in policy.unbounded else "function_not_allowed")
    if name in policy.padding:
        _check_padding(node["arguments"])
    if name in policy.unit_first and node["arguments"][0]["expression"]["class"] != "CONSTANT":
        raise Refused("function_not_allowed")
    for argument in node["arguments"]:
        if argument.get("name") or argument["expression"]["class"] == "STAR":
            raise Refused("construct_not_allowed")


def _is_series(arguments: list[Node]) -> bool:
    inner = [argument["expression"] for argument in arguments]
    return len(inner) == 1 and inner[0]["class"] == "FUNCTION" and inner[0]["function_name"].lower() in _SERIES


def _check_padding(arguments: list[Node]) -> None:
    """The length must stand in the text and be short: lpad('a', 1000000000) fills the memory."""
    length: Node = arguments[1]["expression"] if len(arguments) > 1 else {"class": ""}
    literal: Node = length["literal"] if length["class"] == "CONSTANT" else {"kind": ""}
    if literal["kind"] != "INTEGER" or len(literal["text"]) > 2:
        raise Refused("function_without_bound")


def _type(node: Node, policy: Policy) -> None:
    if node["schema"] or node["catalog"] or node["type_name"].upper() not in policy.nodes.duckdb["types"]:
        raise Refused("type_not_allowed")


def _operator(node: Node, policy: Policy) -> None:
    if node["type"] not in policy.nodes.duckdb["operators"]:
        raise Refused("construct_not_allowed")


def _star(node: Node, policy: Policy) -> None:
    # ORDER BY ALL is a star of columns; _order lets that one through before it is met here.
    if node["expr"] is not None or node["rename_list"] or (node["columns"] and not node.get("order_by_all")):
        raise Refused("construct_not_allowed")


def _parameter(node: Node, policy: Policy) -> None:
    if str(node["identifier"]).isdigit():
        raise Refused("parameters_not_allowed")


def _order(node: Node, policy: Policy) -> None:
    expression = node["expression"]
    if expression["class"] == "STAR" and expression["columns"]:
        expression["order_by_all"] = True


def _base_table(node: Node, policy: Policy) -> None:
    if node["column_name_alias"] or node["sample"] or node["at_clause"]:
        raise Refused("construct_not_allowed")


def _select(node: Node, policy: Policy) -> None:
    if node["sample"]:
        raise Refused("construct_not_allowed")
    if len(node["group_sets"]) > policy.limits.grouping_sets:
        raise Refused("too_complex")


def _limit(node: Node, policy: Policy) -> None:
    for key in ("limit", "offset"):
        bound = node[key]
        if bound is not None and (bound["class"] != "CONSTANT" or bound["literal"]["kind"] != "INTEGER"):
            raise Refused("construct_not_allowed")
    if node["limit_type"] != "ROW_COUNT":
        raise Refused("construct_not_allowed")


def _join(node: Node, policy: Policy) -> None:
    lists = policy.nodes.duckdb
    if node["ref_type"] not in lists["joins"] or node["join_type"] not in lists["join_types"]:
        raise Refused("construct_not_allowed")
    if node["sample"] or node["ranking_expression"] or node["nearest_approx"] or node["nearest_count"] != 1:
        raise Refused("construct_not_allowed")


def _table_function(node: Node, policy: Policy) -> None:
    function = node["function"]
    if function["class"] != "FUNCTION":
        raise Refused("table_function_not_allowed")
    name = function["function_name"].lower()
    if name not in policy.table_functions and not (name == "unnest" and _is_series(function["arguments"])):
        raise Refused("table_function_not_allowed")
    if node["sample"] or node["with_ordinality"] != "WITHOUT_ORDINALITY":
        raise Refused("construct_not_allowed")
    if name != "unnest":
        function["in_from"] = True


def _subquery_reference(node: Node, policy: Policy) -> None:
    if node["sample"]:
        raise Refused("construct_not_allowed")


_Check = Callable[[Node, Policy], None]
_CHECKS: dict[str, _Check] = {
    "FUNCTION": _function,
    "WINDOW": _function,
    "TYPE": _type,
    "OPERATOR": _operator,
    "STAR": _star,
    "PARAMETER": _parameter,
}
_STRUCTURE_CHECKS: dict[str, _Check] = {
    "ORDER_DEFAULT": _order,
    "ASCENDING": _order,
    "DESCENDING": _order,
    "BASE_TABLE": _base_table,
    "SELECT_NODE": _select,
    "LIMIT_MODIFIER": _limit,
    "JOIN": _join,
    "TABLE_FUNCTION": _table_function,
    "SUBQUERY": _subquery_reference,
}
