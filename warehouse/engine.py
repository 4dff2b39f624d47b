"""The locked engine: a published snapshot opened read-only, nothing else in reach, every statement limited.

These settings are depth behind the guard, not the wall: a read-only DuckDB still reads and writes beside its own
file unless the local file system is switched off after opening and the configuration is locked. It runs in a
worker process (`warehouse.workers`), which must start quickly: it imports the engine itself and nothing of ours.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any, NamedTuple

import _duckdb as duckdb  # the package `duckdb` is this and 70 ms of imports that a worker has no use for

PUBLISHED = "published"  # the gold file's name beside an opened lake
# DuckDB 2.0 cannot list the tables of an ASOF join or of a text with placeholders; without them they are the same.
_UNLISTABLE = re.compile(r"\bASOF\b|\$\w+")
_CARDINALITY = "Estimated Cardinality"
_SCHEMAS = ("gold", "silver", "bronze")
_LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_unsigned_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
    "max_temp_directory_size": "0KB",
    "temp_directory": "",
    "threads": "2",
}
# Cells of these make the client import modules; a worker that has closed its files cannot any more.
_WARM_UP = "SELECT 1.5::DECIMAL(3, 1), DATE '2020-01-01', INTERVAL 1 DAY, uuid(), random()"

Catalog = list[tuple[str, str, list[str]]]  # schema, table, columns


class Rows(NamedTuple):
    """What came back: column names with DuckDB's type names, and rows in their order."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]


class Failed(Exception):
    """A statement failed, for one of these reasons: time_limit, memory_limit, does_not_fit, damaged, too_large.

    Nothing that the database said is kept: its messages hold values.
    """

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class Engine:
    """One read-only DuckDB instance on one snapshot, with the names of its columns."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        self._connection = connection
        self.running: duckdb.DuckDBPyConnection | None = None
        self.catalog = catalog

    def interrupt(self) -> None:
        """Stop the statement that runs, from another thread."""
        running = self.running
        if running is not None:
            with suppress(duckdb.Error):  # it was done a moment ago
                running.interrupt()

    def run(self, sql: str, parameters: Mapping[str, Any], *, most: int) -> Rows:
        """Run one guarded statement on a cursor of its own and fetch at most `most` rows. Raises Failed."""
        cursor = self._connection.cursor()
        self.running = cursor
        try:
            cursor.execute(sql, dict(parameters)) if parameters else cursor.execute(sql)
            columns = tuple((name, str(type_)) for name, type_, *_ in cursor.description or ())
            rows = cursor.fetchmany(most)
        except (duckdb.Error, MemoryError, ValueError, OverflowError) as error:
            raise Failed(_code(error)) from None
        finally:
            self.running = None
            cursor.close()
        return Rows(columns, _plain_numbers(columns, rows))

    def table_names(self, sql: str, parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The base tables that DuckDB's binder would read for this text, seen through every view and CTE."""
        cursor = self._connection.cursor()
        try:
            found = cursor.get_table_names(
                _UNLISTABLE.sub(lambda match: "NULL" if match.group().startswith("$") else "", sql), qualified=True
            )
        except duckdb.BinderException:  # it cannot list some windows either, which the planner can
            found = {name for node in self._plan(sql, parameters) for name in _scanned(node)}
        except (duckdb.Error, MemoryError) as error:
            raise Failed(_code(error)) from None
        finally:
            cursor.close()
        parts = (name.replace('"', "").split(".") for name in found)
        return sorted({(part[-2] if len(part) > 1 else "", part[-1]) for part in parts})

    def estimated_rows(self, sql: str, parameters: Mapping[str, Any]) -> int:
        """The most rows that the planner expects of any step of a statement."""
        return max(map(_expected, self._plan(sql, parameters)), default=0)

    def _plan(self, sql: str, parameters: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        plan = self.run(f"EXPLAIN (FORMAT JSON) {sql}", parameters, most=1).rows[0][1]
        return _nodes(json.loads(plan))


def open_engine(main: str, attach: Sequence[str], *, memory_mb: int, seconds: float) -> Engine:
    """The engine on a database file; `attach` are statements that bring in the files its views show.

    Raises Failed (damaged) when a file cannot be opened.
    """
    try:
        config = {**_LOCKED, "memory_limit": f"{memory_mb}MB"}
        connection = duckdb.connect(main, read_only=True, config=config)
        for statement in attach:
            connection.execute(statement)
        _lock(connection, seconds)
        connection.execute(_WARM_UP).fetchall()
        catalog = _catalog(connection)
    except duckdb.Error:
        raise Failed("damaged") from None
    return Engine(connection, catalog)


def _lock(connection: duckdb.DuckDBPyConnection, seconds: float) -> None:
    for setting in (
        "GLOBAL TimeZone='UTC'",
        f"GLOBAL max_execution_time={int(seconds * 1000)}",
        "enable_external_access=false",
        "disabled_filesystems='LocalFileSystem'",
        "lock_configuration=true",
    ):
        connection.execute(f"SET {setting}")


def _catalog(connection: duckdb.DuckDBPyConnection) -> Catalog:
    found = connection.execute(
        "SELECT schema_name, table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        "WHERE NOT internal AND list_contains(?, schema_name) AND database_name IN (current_database(), ?) "
        "GROUP BY ALL ORDER BY ALL",
        [list(_SCHEMAS), PUBLISHED],
    ).fetchall()
    return [(schema, table, columns) for schema, table, columns in found]


def _nodes(plan: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The steps of a plan."""
    for node in plan:
        yield node
        yield from _nodes(node["children"])


def _expected(node: dict[str, Any]) -> int:
    """The rows that a step gives. DuckDB does not say it of a product, the step where it matters most."""
    if _CARDINALITY in node["extra_info"]:
        return int(node["extra_info"][_CARDINALITY])
    below = [_expected(child) for child in node["children"]]
    return math.prod(below) if node["name"] == "CROSS_PRODUCT" else max(below, default=0)


def _scanned(node: dict[str, Any]) -> Iterator[str]:
    """The table that a step of a plan scans."""
    if "Table" in node["extra_info"]:
        yield node["extra_info"]["Table"]


def _plain_numbers(columns: tuple[tuple[str, str], ...], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """DECIMAL cells as floats: what a reader, a chart and JSON expect of a number."""
    if not any(type_.startswith("DECIMAL") for _, type_ in columns):
        return rows
    return [tuple(float(cell) if isinstance(cell, Decimal) else cell for cell in row) for row in rows]


def _code(error: Exception) -> str:
    if isinstance(error, duckdb.InterruptException):
        return "time_limit"
    if isinstance(error, duckdb.OutOfMemoryException | MemoryError):
        return "memory_limit"
    if isinstance(error, duckdb.IOException | duckdb.InternalException | duckdb.FatalException):
        return "damaged"
    return "does_not_fit"
