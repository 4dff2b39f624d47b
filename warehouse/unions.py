"""Views that show the same table of many segments as one.

A dictionary type holds the words known when its file was written; later files may know more. Where types
differ, the view reads all as the widest, so that old files need not be written again when a new word appears.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb

from warehouse.segments import Segment

Columns = dict[str, str]  # column name -> DuckDB type, in order
Types = dict[tuple[str, str, str], Columns]  # by (catalog, schema, table)
_WORD = re.compile(r"'((?:[^']|'')*)'")


def columns_of(con: duckdb.DuckDBPyConnection) -> Types:
    """The columns of every attached table and view."""
    found: Types = {}
    for catalog, schema, table, column, kind in con.execute(
        "SELECT database_name, schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE NOT internal ORDER BY database_name, schema_name, table_name, column_index"
    ).fetchall():
        found.setdefault((catalog, schema, table), {})[column] = kind
    return found


def relation_of(segment: Segment, part: str, schema: str, table: str, types: Types) -> tuple[str, Columns]:
    """A table of a segment's part, as `union_of` takes it."""
    alias = segment.alias(part)
    return f"{alias}.{schema}.{table}", types[alias, schema, table]


def union_of(relations: Sequence[tuple[str, Columns]]) -> str:
    """A query over relations that have the same column names, each a (qualified name, its columns)."""
    names = list(relations[0][1])
    widest = {name: _widest([columns[name] for _, columns in relations]) for name in names}
    return " UNION ALL ".join(_select(relation, columns, widest) for relation, columns in relations)


def _select(relation: str, columns: Columns, widest: Columns) -> str:
    if columns == widest:
        return f"SELECT * FROM {relation}"
    listed = ", ".join(
        f'"{name}"' if columns[name] == kind else f'CAST("{name}" AS {kind}) AS "{name}"'
        for name, kind in widest.items()
    )
    return f"SELECT {listed} FROM {relation}"


def _widest(kinds: Sequence[str]) -> str:
    different = list(dict.fromkeys(kinds))
    if len(different) == 1:
        return different[0]
    if not all(kind.startswith("ENUM(") for kind in different):
        return next((kind for kind in different if not kind.startswith("ENUM(")), "VARCHAR")
    words = {kind: _WORD.findall(kind) for kind in different}
    longest = max(different, key=lambda kind: len(words[kind]))
    if all(set(words[kind]) <= set(words[longest]) for kind in different):
        return longest
    together = sorted({word for listed in words.values() for word in listed})
    return "ENUM(" + ", ".join(f"'{word}'" for word in together) + ")"
