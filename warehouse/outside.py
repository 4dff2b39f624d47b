"""Somebody else's DuckDB file as a snapshot: read-only, named by its content, shown as governed views.

The file is not copied and not changed. A small file of views is kept in the state folder beside what was learned
of the other one: its days, the types of the columns. Workers open the views and attach the file to them.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from warehouse.errors import MissingDataError, UsageError
from warehouse.reading import quoted
from warehouse.snapshots import FORMAT, Snapshot

FOLDER = "outside"
SOURCE = "source"  # what the other file is called where the views are
_MEMORY = "1000MB"


@dataclass(frozen=True)
class OutsideView:
    """A view `gold.<name>`: its SELECT over `source.<schema>.<table>`, and the tables that it reads."""

    name: str
    sql: str
    reads: tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """What a model wants of the file.

    `columns` are wanted columns by table (`main.claims`), `keys` the columns that must tell the rows of a table
    apart, `weights` of pair tables (table, key column, weight column) that should add up to 1. `first_day` and
    `last_day` are SELECTs of one date.
    """

    columns: Mapping[str, frozenset[str]]
    keys: tuple[tuple[str, str], ...]
    weights: tuple[tuple[str, str, str], ...]
    first_day: str
    last_day: str


@dataclass(frozen=True)
class Outside:
    """The opened file: its snapshot, and per view its columns with their types."""

    snapshot: Snapshot
    types: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...] = field(default=())


def open_outside(file: Path, views: Sequence[OutsideView], expected: Expected, state: Path) -> Outside:
    """The file as a snapshot; what is known of the same content and views is taken from the state folder.

    Raises MissingDataError (exit 4) when it cannot be read, UsageError (exit 2) when the model does not fit it.
    """
    content = _content(file, views, expected, state)
    folder = state / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    known = next(iter(sorted(folder.glob(f"*-{content}.json"))), None)
    if known is None or not known.with_suffix(".duckdb").is_file():
        known = _prepare(file, views, expected, folder, content)
    facts = json.loads(known.read_text(encoding="utf-8"))
    path = known.with_suffix(".duckdb")
    manifest = {**facts["manifest"], "outside": str(file.absolute()), "mark": _mark(file)}
    return Outside(
        Snapshot(manifest["snapshot"], path, path, path, manifest), facts["types"], tuple(facts["notes"])
    )


def _content(file: Path, views: Sequence[OutsideView], expected: Expected, state: Path) -> str:
    whole = hashlib.sha256(f"{FORMAT} {file_hash(file, state)} {expected.last_day} {expected.first_day}".encode())
    for view in views:
        whole.update(f"\x00{view.name}\x00{view.sql}\x00{view.reads}".encode())
    return whole.hexdigest()[:8]


def file_hash(file: Path, state: Path) -> str:
    """The SHA-256 of a file's content, remembered while its size and time stay. Raises MissingDataError."""
    try:
        mark = _mark(file)
        known = state / FOLDER / f"hash-{hashlib.sha256(mark.encode()).hexdigest()[:16]}"
        if known.is_file():
            return known.read_text(encoding="utf-8")
        with file.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise MissingDataError(
            f"The warehouse file cannot be read ({error.strerror}).",
            where=str(file),
            next_step="Correct --warehouse.",
        ) from error
    known.parent.mkdir(parents=True, exist_ok=True)
    _write(known, found)
    return found


def require_unchanged(snapshot: Snapshot) -> Snapshot:
    """The snapshot, while its file is the one that was opened. Raises MissingDataError (exit 4) when it is not."""
    file = Path(snapshot.manifest["outside"])
    try:
        same = _mark(file) == snapshot.manifest["mark"]
    except OSError:
        same = False
    if not same:
        raise MissingDataError(
            "The warehouse file has changed since it was opened.", where=str(file), next_step="Open it again."
        )
    return snapshot


def _mark(file: Path) -> str:
    seen = file.stat()
    return f"{file.absolute()} {seen.st_size} {seen.st_mtime_ns} {seen.st_ino}"


def _prepare(file: Path, views: Sequence[OutsideView], expected: Expected, folder: Path, content: str) -> Path:
    part = folder / f".{content}-{os.getpid()}.duckdb"
    part.unlink(missing_ok=True)
    connection = duckdb.connect(str(part), config={"memory_limit": _MEMORY, "threads": "2"})
    try:
        _attach(connection, file)
        _check_columns(connection, expected.columns, file)
        _check_keys(connection, expected.keys, file)
        first, last = _days(connection, expected, file)
        types = _create(connection, views, first, last, file)
        notes = _check_weights(connection, expected.weights)
    finally:
        connection.close()
    snapshot = f"{last.replace('-', '')}-{content}"
    behind = {f"gold.{view.name}": list(view.reads) for view in views}
    manifest = {"snapshot": snapshot, "as_of": last, "first_day": first, "segments": [], "behind": behind}
    final = folder / f"{snapshot}.json"
    os.replace(part, final.with_suffix(".duckdb"))
    _write(final, json.dumps({"manifest": manifest, "types": types, "notes": notes}))
    return final


def _attach(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    try:
        connection.execute(f"ATTACH {quoted(str(file.absolute()))} AS {SOURCE} (READ_ONLY)")
        connection.execute("SET enable_external_access = false")
    except duckdb.Error as error:
        raise MissingDataError(
            "The warehouse file cannot be opened: it is no DuckDB file, of a newer version, or being written to.",
            where=str(file),
            next_step="Close the program that writes to it, or name another file.",
        ) from error


def _check_columns(
    connection: duckdb.DuckDBPyConnection, wanted: Mapping[str, frozenset[str]], file: Path
) -> None:
    rows = connection.execute(
        "SELECT schema_name || '.' || table_name, list(column_name) FROM duckdb_columns() JOIN duckdb_tables() "
        "USING (database_name, schema_name, table_name) WHERE database_name = ? GROUP BY ALL",
        [SOURCE],
    ).fetchall()
    held = {table: frozenset(columns) for table, columns in rows}
    problems = []
    for table, columns in sorted(wanted.items()):
        if table not in held:
            problems.append(f"there is no table {table}{_nearest(table, held)}")
            continue
        problems += [
            f"{table} has no column {column}{_nearest(column, held[table])}"
            for column in sorted(columns - held[table])
        ]
    if problems:
        raise UsageError(
            "The warehouse file is not what the model says:\n" + "\n".join(problems),
            where=str(file),
            next_step="Correct the model's datasets. Only tables are read, no views.",
        )


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


def _check_keys(connection: duckdb.DuckDBPyConnection, keys: Iterable[tuple[str, str]], file: Path) -> None:
    """A key that is there twice would multiply every row that is joined to it."""
    problems = []
    for table, column in keys:
        name = _identifier(column)
        twice = f"SELECT {name} FROM {_place(table)} WHERE {name} IS NOT NULL GROUP BY 1 HAVING COUNT(*) > 1"
        count = _one(connection, f"SELECT COUNT(*) FROM ({twice})")
        if count:
            problems.append(
                f"{table}.{column} does not tell the rows apart: {count:,} values are there twice or more"
            )
    if problems:
        raise UsageError(
            "A key is not unique, so that joins would count rows several times:\n" + "\n".join(problems),
            where=str(file),
            next_step="Name another key, or take the duplicates out.",
        )


def _check_weights(connection: duckdb.DuckDBPyConnection, weights: Iterable[tuple[str, str, str]]) -> list[str]:
    notes = []
    for table, key, weight in weights:
        sums = f"SELECT SUM({_identifier(weight)}) AS total FROM {_place(table)} GROUP BY {_identifier(key)}"
        off = _one(connection, f"SELECT COUNT(*) FROM ({sums}) WHERE total IS NULL OR ABS(total - 1) > 0.001")
        if off:
            notes.append(
                f"The weights of {off:,} {key} in {table} do not add up to 1: divided sums differ from the whole."
            )
    return notes


def _days(connection: duckdb.DuckDBPyConnection, expected: Expected, file: Path) -> tuple[str, str]:
    first, last = _one(connection, expected.first_day), _one(connection, expected.last_day)
    if first is None or last is None:
        raise MissingDataError(
            "The dated tables of the warehouse file are empty, so that there is no last day.",
            where=str(file),
            next_step="Name the dataset whose last day counts as today: as_of in the model.",
        )
    return str(min(first, last)), str(last)


def _create(
    connection: duckdb.DuckDBPyConnection, views: Sequence[OutsideView], first: str, last: str, file: Path
) -> dict[str, dict[str, str]]:
    connection.execute("CREATE SCHEMA gold")
    connection.execute(
        "CREATE TABLE gold.days AS SELECT CAST(range AS DATE) AS day FROM range(CAST(? AS DATE), "
        "CAST(? AS DATE) + INTERVAL 1 DAY, INTERVAL 1 DAY)",
        [first, last],
    )
    types = {}
    for view in views:
        name = f"gold.{_identifier(view.name)}"
        try:
            connection.execute(f"CREATE VIEW {name} AS {view.sql}")
            described = connection.execute(f"DESCRIBE {name}").fetchall()
        except duckdb.Error as error:
            raise UsageError(
                f"The dataset {view.name} does not fit the file: {str(error).splitlines()[0]}",
                where=str(file),
                next_step="Compare the columns' types with what the model does with them.",
            ) from error
        types[view.name] = {column: type_ for column, type_, *_ in described}
    return types


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    row = connection.execute(sql).fetchone()
    return row[0] if row else None


def _place(table: str) -> str:
    return ".".join((SOURCE, *(_identifier(part) for part in table.split("."))))


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _write(file: Path, text: str) -> None:
    part = file.with_name(f".{file.name}-{os.getpid()}")
    part.write_text(text, encoding="utf-8")
    os.replace(part, file)
