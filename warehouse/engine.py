"""The locked engine: a published snapshot opened read-only, nothing else in reach, every statement limited.

These settings are depth behind the guard, not the wall: a read-only DuckDB still reads and writes beside its own
file unless the local file system is switched off after opening and the configuration is locked.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import duckdb

from warehouse.errors import CommandCenterError, DeniedError, MissingDataError, UsageError
from warehouse.guard.statement import Catalog, Parameter, TableKey
from warehouse.reading import quoted
from warehouse.settings import Limits
from warehouse.snapshots import BUILD_AGAIN, Snapshot, attach

PUBLISHED = "published"  # the gold file's name beside an opened lake
# DuckDB 2.0 cannot list the tables of an ASOF join or of a text with placeholders; without them they are the same.
_UNLISTABLE = re.compile(r"\bASOF\b|\$\w+")
_PLANNING = 2.0  # seconds
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
_open_engines: WeakValueDictionary[str, Engine] = WeakValueDictionary()
_opening = threading.Lock()


@dataclass(frozen=True)
class Rows:
    """What came back: column names with DuckDB's type names, and rows in their order."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]


class Engine:
    """One read-only DuckDB instance on one snapshot. It closes when nobody holds it any more."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, catalog: Catalog) -> None:
        self._connection = connection
        self._path = path
        self._lock = threading.Lock()
        self.catalog = catalog

    def run(self, sql: str, parameters: Mapping[str, Parameter], *, most: int, seconds: float) -> Rows:
        """Run one guarded statement on a cursor of its own, for `seconds` at most, and fetch at most `most` rows.

        Raises DeniedError (time_limit, memory_limit), UsageError when the statement does not fit the data, and
        MissingDataError when the file is damaged; none of them repeats what the database said.
        """
        cursor = self._cursor()
        timer = threading.Timer(seconds, cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            cursor.execute(sql, dict(parameters)) if parameters else cursor.execute(sql)
            columns = tuple((name, str(type_)) for name, type_, *_ in cursor.description or ())
            rows = cursor.fetchmany(most)
        except duckdb.Error as error:
            raise _for_people(error, self._path) from None
        finally:
            timer.cancel()
            cursor.close()
        return Rows(columns, _plain_numbers(columns, rows))

    def table_names(self, sql: str, parameters: Mapping[str, Parameter]) -> set[TableKey]:
        """The base tables that DuckDB's binder would read for this text, seen through every view and CTE."""
        cursor = self._cursor()
        try:
            found = cursor.get_table_names(
                _UNLISTABLE.sub(lambda match: "NULL" if match.group().startswith("$") else "", sql), qualified=True
            )
        except duckdb.BinderException:  # it cannot list some windows either, which the planner can
            plan = self.run(f"EXPLAIN (FORMAT JSON) {sql}", parameters, most=1, seconds=_PLANNING).rows[0][1]
            found = set(_scanned(json.loads(plan)))
        except duckdb.Error as error:
            raise _for_people(error, self._path) from None
        finally:
            cursor.close()
        parts = (name.replace('"', "").split(".") for name in found)
        return {(part[-2] if len(part) > 1 else "", part[-1]) for part in parts}

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._lock:
            return self._connection.cursor()


def open_engine(snapshot: Snapshot, limits: Limits, *, with_lake: bool) -> Engine:
    """The engine of a snapshot, shared by all in this process. With the lake, bronze and silver are there too.

    DuckDB keeps one instance a file and process: the memory limit of whoever opens it first holds until it closes.
    Raises MissingDataError (exit 4) that names a file that cannot be opened.
    """
    main = snapshot.lake_path if with_lake else snapshot.gold_path
    with _opening:
        engine = _open_engines.get(str(main))
        if engine is None:
            engine = _open(main, snapshot, limits, with_lake=with_lake)
            _open_engines[str(main)] = engine
        return engine


def _open(main: Path, snapshot: Snapshot, limits: Limits, *, with_lake: bool) -> Engine:
    try:
        config = {**_LOCKED, "memory_limit": f"{limits.memory_mb}MB"}
        connection = duckdb.connect(str(main), read_only=True, config=config)
        locked = connection.execute("SELECT current_setting('lock_configuration')").fetchall()[0][0]
        if not locked:  # it is when a statement of an engine that was let go still runs
            _lock(connection, snapshot, limits, with_lake=with_lake)
        catalog = _catalog(connection, {"gold": PUBLISHED} if with_lake else {})
    except duckdb.Error as error:
        raise _damaged(main) from error
    return Engine(connection, main, catalog)


def _lock(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, limits: Limits, *, with_lake: bool) -> None:
    if with_lake:
        connection.execute(f"ATTACH {quoted(str(snapshot.gold_path))} AS {PUBLISHED} (READ_ONLY)")
    attach(connection, snapshot, data="lake" if with_lake else "gold")
    for setting in (
        "GLOBAL TimeZone='UTC'",
        f"GLOBAL max_execution_time={int(limits.seconds * 1000)}",
        "enable_external_access=false",
        "disabled_filesystems='LocalFileSystem'",
        "lock_configuration=true",
    ):
        connection.execute(f"SET {setting}")


def _catalog(connection: duckdb.DuckDBPyConnection, prefixes: Mapping[str, str]) -> Catalog:
    found = connection.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
        "WHERE NOT internal AND list_contains(?, schema_name) AND database_name IN (current_database(), ?) "
        "ORDER BY schema_name, table_name, column_index",
        [list(_SCHEMAS), PUBLISHED],
    ).fetchall()
    columns: dict[TableKey, tuple[str, ...]] = {}
    for schema, table, column in found:
        columns[schema, table] = (*columns.get((schema, table), ()), column)
    return Catalog(columns, prefixes)


def _scanned(plan: list[dict[str, Any]]) -> Iterator[str]:
    """The tables that a plan scans."""
    for node in plan:
        if "Table" in node["extra_info"]:
            yield node["extra_info"]["Table"]
        yield from _scanned(node["children"])


def _plain_numbers(columns: tuple[tuple[str, str], ...], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """DECIMAL cells as floats: what a reader, a chart and JSON expect of a number."""
    if not any(type_.startswith("DECIMAL") for _, type_ in columns):
        return rows
    return [tuple(float(cell) if isinstance(cell, Decimal) else cell for cell in row) for row in rows]


def _for_people(error: duckdb.Error, path: Path) -> CommandCenterError:
    if isinstance(error, duckdb.InterruptException):
        return DeniedError(
            "The statement took longer than the time limit.",
            code="time_limit",
            next_step="Ask for a shorter period or fewer groups, or raise limits.seconds.",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return DeniedError(
            "The statement needs more memory than the limit.",
            code="memory_limit",
            next_step="Ask for a shorter period or fewer groups, or raise limits.memory_mb.",
        )
    if isinstance(error, duckdb.IOException | duckdb.InternalException | duckdb.FatalException):
        return _damaged(path)
    return UsageError(
        "The statement does not fit the tables it reads: a type, an argument or a grouping is wrong.",
        next_step="Compare it with the columns' types; add the missing GROUP BY or CAST.",
    )


def _damaged(path: Path) -> MissingDataError:
    return MissingDataError("The warehouse file cannot be read.", where=str(path), next_step=BUILD_AGAIN)
