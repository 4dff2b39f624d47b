"""Columns of a statement that are called as something of the semantic model that they are not."""

from __future__ import annotations

from collections.abc import Iterator

import sqlglot
from sqlglot import exp

from semantic.model import SemanticModel

MISNAMED = "A column of the result is called as a dimension that it is not."
MISNAMED_HINT = "Call a column as a dimension only when it is that column; name groups of your own otherwise."


def misnamed(sql: str, model: SemanticModel) -> bool:
    """Whether a column of the result is called as a dimension but shows something else, `plan_type AS state`."""
    known: dict[str, frozenset[str]] = {}
    for dimension in model.dimensions.values():
        columns = _columns_of(dimension.name, model)
        known |= {written(dimension.name): columns, written(dimension.label): columns}
    for alias, shown in _aliased(sql):
        of_it = known.get(written(alias))
        if of_it is not None and not shown.find(exp.AggFunc) and _plain_column(shown) not in of_it:
            return True
    return False


def named_metrics(sql: str, model: SemanticModel) -> dict[str, str]:
    """Columns of the result by their names that are called as a governed metric, and which."""
    known = {written(text): name for name, metric in model.metrics.items() for text in (name, metric.label)}
    return {alias: known[written(alias)] for alias, _ in _aliased(sql) if written(alias) in known}


def written(name: str) -> str:
    """A name as it is compared: small letters, blanks for underscores."""
    return " ".join(name.lower().replace("_", " ").split())


def _aliased(sql: str) -> Iterator[tuple[str, exp.Expr]]:
    """The columns of every SELECT that shows its result, by their names."""
    try:
        statement = sqlglot.parse_one(sql, dialect="duckdb")
    except sqlglot.errors.SqlglotError:
        return
    for select in statement.find_all(exp.Select):
        for entry in select.expressions:
            if entry.alias_or_name:
                yield entry.alias_or_name, entry.unalias()


def _plain_column(shown: exp.Expr) -> str:
    """The column that is shown as it is, but for a text where it is empty, its type or its case; else nothing."""
    while isinstance(shown, exp.Paren | exp.Cast | exp.TryCast | exp.Coalesce | exp.Upper | exp.Lower | exp.Trim):
        shown = shown.this
    return shown.name.lower() if isinstance(shown, exp.Column) else ""


def _columns_of(dimension: str, model: SemanticModel) -> frozenset[str]:
    """What tables call a dimension, and its own name and label (a column of a subquery)."""
    found = {d.columns[dimension] for d in model.datasets.values() if dimension in d.columns}
    found |= {m.columns[dimension] for m in model.marts if dimension in m.columns}
    return frozenset(name.lower() for name in (*found, dimension))
