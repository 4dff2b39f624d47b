"""Layer 4: the size of the statement, before anything expensive looks at it."""

from __future__ import annotations

from datetime import date
from typing import cast

from sqlglot import exp

from warehouse.guard.decision import Refused
from warehouse.guard.statement import Statement, nodes_within

_DAYS = {"DAY": 1, "WEEK": 7, "MONTH": 28, "QUARTER": 90, "YEAR": 365}


def shape(statement: Statement) -> None:
    """Counts of nodes, CTEs, joins, depth and unfolded table reads; literal bounds for series."""
    limits = statement.policy.limits
    tree = statement.tree
    if sum(1 for _ in tree.walk()) > limits.nodes:
        raise Refused("too_complex")
    ctes = list(tree.find_all(exp.CTE))
    _check_cte_names(ctes, statement)
    too_big = (
        len(ctes) > limits.ctes
        or sum(1 for _ in tree.find_all(exp.Select)) > limits.queries
        or sum(1 for _ in tree.find_all(exp.Join)) > limits.joins
        or _depth(tree) > limits.query_depth
        or _table_reads(tree, ctes, limits.table_reads) > limits.table_reads
    )
    if too_big:
        raise Refused("too_complex")
    if sum(map(_unfolded_nodes, tree.find_all(exp.Select))) > limits.unfolded_nodes:
        raise Refused("too_complex")
    for series in tree.find_all(exp.GenerateSeries):
        if _length(series) > limits.series_length:
            raise Refused("series_not_bounded")


def _check_cte_names(ctes: list[exp.CTE], statement: Statement) -> None:
    names = [cte.alias.lower() for cte in ctes]
    # "calls" is what people call a CTE; "executive_kpis" can only be meant to pass for the table.
    reserved = {name for name in statement.policy.tables if "_" in name}
    if len(set(names)) != len(names) or not reserved.isdisjoint(names):
        raise Refused("name_is_governed")


def _depth(tree: exp.Expr) -> int:
    def above(query: exp.Expr) -> int:
        count, node = 1, query.parent
        while node is not None:
            count += isinstance(node, exp.Select)
            node = node.parent
        return count

    return max((above(query) for query in tree.find_all(exp.Select)), default=1)


def _table_reads(tree: exp.Expr, ctes: list[exp.CTE], limit: int) -> int:
    """Tables read when every CTE is unfolded where it is named: ten CTEs can double ten times."""
    queries = {cte.alias.lower(): cte.this for cte in ctes}
    weights: dict[str, int] = {}

    def weight(table: exp.Table) -> int:
        name = table.name.lower()
        if table.db or name not in queries:
            return 1
        if name not in weights:
            weights[name] = 1  # a CTE that names itself means a base table of that name
            weights[name] = min(sum(map(weight, queries[name].find_all(exp.Table))), limit + 1)
        return weights[name]

    return sum(weight(table) for table in tree.find_all(exp.Table) if table.find_ancestor(exp.CTE) is None)


def _unfolded_nodes(select: exp.Select) -> int:
    """Nodes when every alias is replaced by what it stands for: a+a AS b, b+b AS c, ... doubles at each step.

    A second star over the same tables doubles columns likewise, so it is refused.
    """
    costs: dict[str, int] = {}
    stars = [projection for projection in select.expressions if projection.is_star]
    if len({star.sql() for star in stars}) < len(stars) or (len(stars) > 1 and not all(map(_names_table, stars))):
        raise Refused("too_complex")
    total = 0
    for part in select.iter_expressions():
        cost = _cost(part, costs)
        total += cost
        if isinstance(part, exp.Alias):
            costs[part.alias.lower()] = min(cost, 1_000_000)
    return total


def _cost(part: exp.Expr, costs: dict[str, int]) -> int:
    nodes = (node for node in nodes_within(part))
    return sum(costs.get(node.name.lower(), 1) if _is_bare(node) else 1 for node in nodes)


def _is_bare(node: exp.Expr) -> bool:
    return isinstance(node, exp.Column) and not node.table


def _names_table(star: exp.Expr) -> bool:
    return isinstance(star, exp.Column)


def _length(series: exp.GenerateSeries) -> int:
    """Rows of the series. Raises Refused unless bounds and step are literals and dates step by whole days."""
    start, end, step = (series.args.get(name) for name in ("start", "end", "step"))
    if isinstance(step, exp.Interval):
        unit = step.unit.name.upper().removesuffix("S") if step.unit else ""
        if unit not in _DAYS:
            raise Refused("series_not_bounded")
        return abs((_day(end) - _day(start)).days) // (max(_whole(step.this), 1) * _DAYS[unit]) + 1
    return abs(_whole(end) - _whole(start)) // max(abs(_whole(step)) if step else 1, 1) + 1


def _whole(node: exp.Expr | None) -> int:
    negative = isinstance(node, exp.Neg)
    literal = cast(exp.Neg, node).this if negative else node
    if not isinstance(literal, exp.Literal) or not literal.name.isdigit():
        raise Refused("series_not_bounded")
    return -int(literal.name) if negative else int(literal.name)


def _day(node: exp.Expr | None) -> date:
    literal = node.this if isinstance(node, exp.Cast) else node
    if not isinstance(literal, exp.Literal) or not literal.is_string:
        raise Refused("series_not_bounded")
    try:
        return date.fromisoformat(literal.name[:10])
    except ValueError as error:
        raise Refused("series_not_bounded") from error
