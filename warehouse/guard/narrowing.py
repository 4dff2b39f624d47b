"""Queries that only narrow a table, folded into the query that reads them.

WITH base AS (SELECT * FROM mart WHERE ...) SELECT journey, SUM(x) FROM base GROUP BY journey says the same as one
SELECT over the mart. Folded, its sums are looked at as sums; as it is written, every row would be looked at first.
"""

from __future__ import annotations

from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.merge_subqueries import merge_subqueries

from warehouse.guard.members import aggregates

_MORE = ("with_", "distinct", "joins", "group", "having", "qualify", "windows", "order", "limit", "offset")


def without_narrowing(tree: exp.Query) -> exp.Query:
    """A copy of a qualified tree without common table expressions and subqueries that only narrow one table."""
    folded = tree.copy()
    with_ = folded.args.get("with_")
    for cte in list(with_.expressions) if with_ is not None else ():
        if _only_narrows(cte.this):
            _put_in_place(cte, folded)
    if with_ is not None and not with_.expressions:
        folded.set("with_", None)
    if not any(_only_narrows(subquery.this) for subquery in folded.find_all(exp.Subquery)):
        return folded
    try:
        merged = merge_subqueries(folded.copy())
    except (SqlglotError, KeyError, ValueError):
        return folded
    return merged if isinstance(merged, exp.Query) else folded


def _only_narrows(query: exp.Expr) -> bool:
    if not isinstance(query, exp.Select) or any(query.args.get(clause) for clause in _MORE):
        return False
    source = query.args.get("from_")
    plain = source is not None and isinstance(source.this, exp.Table | exp.Subquery)
    windows = any(isinstance(node, exp.Window) for node in query.walk())
    return plain and not windows and not aggregates(query)


def _put_in_place(cte: exp.CTE, tree: exp.Query) -> None:
    name = cte.alias
    query = cte.this
    cte.pop()
    for table in list(tree.find_all(exp.Table)):
        if not table.db and table.name == name and isinstance(table.this, exp.Identifier):
            alias = exp.TableAlias(this=exp.to_identifier(table.alias_or_name))
            table.replace(exp.Subquery(this=query.copy(), alias=alias))
