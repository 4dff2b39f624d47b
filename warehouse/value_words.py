"""The values of the governed dimensions, counted while a build writes: what people may name in questions.

Every segment's shared part gets a small table of its own (`words.counted`): for each dimension of members' rows
its values, how many rows have each, and the bits of the members behind them, as marts have them. A snapshot's
values are the sum over its segments, so a build counts only the rows that it writes. `values.json` beside the
manifest has them: `bit_count(bit_or(...))` is never more than the number of members, so a value is offered to a
reader with a least number of members behind a figure only when there certainly are so many.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.policy import Table
from warehouse.segments import Segment

FILE = "values.json"
FORMAT = 1
MOST_VALUES = 5000
"""Kept of a column in one segment, the most frequent: more is no dimension that a question could name."""
SCHEMA, COUNTED = "words", "counted"
_COLUMNS = "table_name VARCHAR, column_name VARCHAR, value VARCHAR, rows BIGINT, member_bits UBIGINT"
_KINDS = ("dimension", "ordinal")
_BITS = "bit_or(CAST(1 AS UBIGINT) << (member_key % 64))"


@dataclass(frozen=True)
class CountedValue:
    """A value of a column, its rows, and how many members at least have them."""

    value: str
    rows: int
    members: int


def count(worker: duckdb.DuckDBPyConnection, catalog: str, tables: Iterable[Table]) -> None:
    """Write `<catalog>.words.counted` for the member-level tables that the catalog holds.

    A table at a time, and none without rows: planning grows faster than the number of columns in a statement. In
    one statement it took an eighth of a build of a few rows.
    """
    held = dict(
        worker.execute(
            "SELECT table_name, list(column_name) FROM duckdb_columns() "
            "WHERE database_name = ? AND schema_name = 'gold' GROUP BY table_name",
            [catalog],
        ).fetchall()
    )
    counted = {
        table.name: [
            _select(catalog, table.name, column.name)
            for column in table.columns.values()
            if column.kind in _KINDS and column.name in held[table.name]
        ]
        for table in tables
        if table.is_member_level and table.name in held
    }
    if not any(counted.values()):
        return
    worker.execute(f"CREATE SCHEMA {catalog}.{SCHEMA}")
    worker.execute(f"CREATE TABLE {catalog}.{SCHEMA}.{COUNTED} ({_COLUMNS})")
    for name, selects in counted.items():
        if selects and worker.execute(f"SELECT 1 FROM {catalog}.gold.{name} LIMIT 1").fetchall():
            worker.execute(f"INSERT INTO {catalog}.{SCHEMA}.{COUNTED} {' UNION ALL '.join(selects)}")


def _select(catalog: str, table: str, column: str) -> str:
    return (
        f"(SELECT '{table}' AS table_name, '{column}' AS column_name, CAST(\"{column}\" AS VARCHAR) AS value, "
        f'count(*) AS rows, {_BITS} AS member_bits FROM {catalog}.gold.{table} WHERE "{column}" IS NOT NULL '
        f'GROUP BY "{column}" ORDER BY rows DESC, value LIMIT {MOST_VALUES})'
    )


def document(con: duckdb.DuckDBPyConnection, segments: Sequence[Segment]) -> dict[str, Any]:
    """All segments' values as `values.json` has them: `{table: {column: [[value, rows, members at least]]}}`."""
    counted = [
        f"FROM {segment.alias('shared')}.{SCHEMA}.{COUNTED}"
        for segment in segments
        if "shared" in segment.parts and _has(con, segment.alias("shared"))
    ]
    tables: dict[str, dict[str, list[list[Any]]]] = {}
    if counted:
        for table, column, value, rows, members in con.execute(
            "SELECT table_name, column_name, value, sum(rows)::BIGINT AS rows, bit_count(bit_or(member_bits)) "
            f"FROM ({' UNION ALL '.join(counted)}) GROUP BY ALL "
            "ORDER BY table_name, column_name, rows DESC, value"
        ).fetchall():
            tables.setdefault(table, {}).setdefault(column, []).append([value, rows, members])
    return {"format": FORMAT, "tables": tables}


def _has(con: duckdb.DuckDBPyConnection, catalog: str) -> bool:
    found = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? AND table_name = ?",
        [catalog, SCHEMA, COUNTED],
    ).fetchall()
    return bool(found[0][0])


def read(file: Path) -> Mapping[str, Mapping[str, tuple[CountedValue, ...]]] | None:
    """The published values by table and column; None when there are none, or none that can be read."""
    try:
        loaded = json.loads(file.read_text(encoding="utf-8"))
        if loaded["format"] != FORMAT:
            return None
        return {
            table: {
                column: tuple(
                    CountedValue(str(value), int(rows), int(members)) for value, rows, members in entries
                )
                for column, entries in columns.items()
            }
            for table, columns in loaded["tables"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
