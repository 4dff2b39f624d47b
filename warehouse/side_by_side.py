"""Two snapshots attached in one private engine, so that one statement can compare a table of both.

Snapshots share files: what lies in a file that both refer to is equal. Such a file is not opened, but for one that
shows which tables and columns its like have.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from warehouse.errors import MissingDataError
from warehouse.reading import quoted
from warehouse.settings import BuildSettings
from warehouse.snapshots import BUILD_AGAIN, Snapshot

_SCHEMAS = ("gold", "silver")
_PARTS = ("gold", "lake")

Columns = dict[str, str]  # name -> DuckDB type


@dataclass(frozen=True)
class Side:
    """One table of one snapshot: the relations with rows of it that the other may not have, and its columns."""

    parts: tuple[str, ...]
    columns: Columns


class Pair:
    """The older and the newer snapshot in one engine. `sides` gives a table of both."""

    def __init__(self, con: duckdb.DuckDBPyConnection, older: Snapshot, newer: Snapshot) -> None:
        self.con = con
        self.older = older
        self.newer = newer
        files = {"older": _segment_files(older), "newer": _segment_files(newer)}
        differing = files["older"].keys() ^ files["newer"].keys()
        catalogs = _attach_segments(con, newer.segments_folder, files.values(), differing)
        known = _tables(con)
        self._sides = {
            name: _sides(
                (f"{name}_serve", f"{name}_lake"),
                {file: catalogs[file] for file in listed if file in catalogs},
                differing,
                known,
            )
            for name, listed in files.items()
        }

    def tables(self) -> set[str]:
        """Every silver and gold table that either has."""
        return {table for sides in self._sides.values() for table in sides}

    def sides(self, table: str) -> tuple[Side | None, Side | None]:
        """A table in the older and in the newer snapshot; None where it does not exist."""
        return self._sides["older"].get(table), self._sides["newer"].get(table)


@contextmanager
def side_by_side(older: Snapshot, newer: Snapshot, settings: BuildSettings) -> Iterator[Pair]:
    """Attach both, read-only, within the limits of a build.

    Raises MissingDataError (exit 4) when a file cannot be read or the memory does not suffice.
    """
    with TemporaryDirectory(prefix="changes-") as spill:
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{settings.memory_mb}MB",
            "threads": settings.threads,
            "temp_directory": spill,
        }
        with duckdb.connect(config=config) as con:
            try:
                yield _attached(con, older, newer)
            except duckdb.OutOfMemoryException as error:
                raise MissingDataError(
                    f"The comparison needs more than {settings.memory_mb} MB of memory.",
                    where="settings.toml, build.memory_mb",
                    next_step="Raise it, or compare one table with --table.",
                ) from error
            except duckdb.IOException as error:
                raise _unreadable(older, newer) from error


def _attached(con: duckdb.DuckDBPyConnection, older: Snapshot, newer: Snapshot) -> Pair:
    try:
        for name, snapshot in (("older", older), ("newer", newer)):
            _attach(con, f"{name}_serve", snapshot.gold_path)
            _attach(con, f"{name}_lake", snapshot.lake_path)
        return Pair(con, older, newer)
    except duckdb.Error as error:
        raise _unreadable(older, newer) from error


def _unreadable(older: Snapshot, newer: Snapshot) -> MissingDataError:
    return MissingDataError(
        "The files of a snapshot cannot be read.", where=f"{older.id} or {newer.id}", next_step=BUILD_AGAIN
    )


def _attach(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
    con.execute(f"ATTACH {quoted(str(path))} AS {name} (READ_ONLY)")


def _segment_files(snapshot: Snapshot) -> dict[str, str]:
    """The files of a snapshot's segments; files of one group hold the same tables."""
    return {s.file(part): f"{s.kind} {part}" for s in snapshot.segments for part in _PARTS if part in s.parts}


def _attach_segments(
    con: duckdb.DuckDBPyConnection, folder: Path, sides: Iterable[Mapping[str, str]], differing: Collection[str]
) -> dict[str, str]:
    """Attach the files that differ and of each side and group one more; returns their catalogs by file."""
    samples = {file for files in sides for file in {group: file for file, group in files.items()}.values()}
    catalogs = {file: f"segment_{number}" for number, file in enumerate(sorted({*samples, *differing}))}
    for file, catalog in catalogs.items():
        _attach(con, catalog, folder / file)
    return catalogs


def _sides(
    own: Iterable[str],
    files: Mapping[str, str],
    differing: Collection[str],
    known: Mapping[str, dict[str, Columns]],
) -> dict[str, Side]:
    """The tables of one snapshot: those of its own catalogs, those of its segments (`files`: catalog by file)."""
    found: dict[str, Side] = {}
    for catalog, counts in [*((c, True) for c in own), *((c, file in differing) for file, c in files.items())]:
        for table, columns in known.get(catalog, {}).items():
            parts = found[table].parts if table in found else ()
            found[table] = Side((*parts, f"{catalog}.{table}") if counts else parts, columns)
    return found


def _tables(con: duckdb.DuckDBPyConnection) -> dict[str, dict[str, Columns]]:
    """The columns of every silver and gold table (no view) by catalog and table."""
    rows = con.execute(
        "SELECT c.database_name, c.schema_name || '.' || c.table_name, c.column_name, c.data_type "
        "FROM duckdb_columns() AS c SEMI JOIN duckdb_tables() AS t USING (database_name, schema_name, table_name) "
        "WHERE list_contains(?, c.schema_name) ORDER BY 1, 2, c.column_index",
        [list(_SCHEMAS)],
    ).fetchall()
    found: dict[str, dict[str, Columns]] = {}
    for catalog, table, column, type_ in rows:
        found.setdefault(catalog, {}).setdefault(table, {})[column] = type_
    return found
