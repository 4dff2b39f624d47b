"""Two snapshots attached in one private engine, so that one statement can compare a table of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from warehouse.errors import MissingDataError
from warehouse.reading import quoted
from warehouse.settings import BuildSettings
from warehouse.snapshots import BUILD_AGAIN, Snapshot

LAYERS = {"gold": "serve", "silver": "lake"}


@dataclass(frozen=True)
class Side:
    """One table of one snapshot: the parts that hold its rows (none: it is empty), and its columns' types."""

    parts: tuple[str, ...]
    columns: dict[str, str]


class Pair:
    """The older and the newer snapshot in one engine. `sides` gives a table of both."""

    def __init__(self, con: duckdb.DuckDBPyConnection, older: Snapshot, newer: Snapshot) -> None:
        self.con = con
        self.older = older
        self.newer = newer
        self._columns = {name: _columns(con, name) for name in ("older", "newer")}

    def tables(self) -> set[str]:
        """Every silver and gold table that either has."""
        return {table for columns in self._columns.values() for table in columns}

    def sides(self, table: str) -> tuple[Side | None, Side | None]:
        """A table in the older and in the newer snapshot; None where it does not exist."""
        return self._side("older", table), self._side("newer", table)

    def _side(self, name: str, table: str) -> Side | None:
        columns = self._columns[name].get(table)
        catalog = f"{name}_{LAYERS[table.split('.')[0]]}"
        return None if columns is None else Side((f"{catalog}.{table}",), columns)


@contextmanager
def side_by_side(older: Snapshot, newer: Snapshot, settings: BuildSettings) -> Iterator[Pair]:
    """Attach both, read-only. Raises MissingDataError (exit 4) when a file cannot be read."""
    with TemporaryDirectory(prefix="changes-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{settings.memory_mb}MB",
            "threads": settings.threads,
            "temp_directory": spill,
        }
        with duckdb.connect(config=config) as con:
            try:
                for name, snapshot in (("older", older), ("newer", newer)):
                    _attach(con, f"{name}_serve", snapshot.gold_path)
                    _attach(con, f"{name}_lake", snapshot.lake_path)
                pair = Pair(con, older, newer)
            except duckdb.Error as error:
                raise MissingDataError(
                    "The files of a snapshot cannot be read.",
                    where=f"{older.id} or {newer.id}",
                    next_step=BUILD_AGAIN,
                ) from error
            yield pair


def _attach(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    con.execute(f"ATTACH {quoted(str(path))} AS {name} (READ_ONLY)")


def _columns(con: duckdb.DuckDBPyConnection, name: str) -> dict[str, dict[str, str]]:
    found = con.execute(
        "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name IN (?, ?) AND list_contains(?, schema_name) ORDER BY 1, column_index",
        [f"{name}_serve", f"{name}_lake", list(LAYERS)],
    ).fetchall()
    tables: dict[str, dict[str, str]] = {}
    for table, column, type_ in found:
        tables.setdefault(table, {})[column] = type_
    return tables
