"""Source files: which a folder holds, and how one is read as text, whatever is wrong with it.

Every file ends in exactly one of three ways: read, refused as a whole (with its reason), or ignored because its
name is no table's. A line that cannot be split into fields is set aside; no line vanishes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from warehouse.contract import Contract, SourceTable
from warehouse.csv_files import column_names, csv_file, csv_relations
from warehouse.date_orders import mended_dates
from warehouse.errors import MissingDataError
from warehouse.opened_files import CHANGED as CHANGED
from warehouse.opened_files import UNREADABLE, looked_at, require_folder, require_unchanged
from warehouse.opened_files import Refused as Refused
from warehouse.opened_files import SourceFile as SourceFile
from warehouse.traces.reading import trace_relations

SUFFIXES = (".csv", ".csv.gz", ".parquet")
TRACE_SUFFIXES = (".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".json", ".json.gz")
_PLAIN_PATH = re.compile(r"[\w./ +=,@-]+", re.ASCII)
_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")
_NOTHING_ASIDE = "SELECT NULL AS reason, NULL AS detail, NULL AS raw WHERE false"
_DISK_FULL = ("No space left", "Could not write", "max_temp_directory_size")
_NOT_THE_FILES_FAULT = (
    duckdb.OutOfMemoryException,
    duckdb.InterruptException,
    duckdb.InternalException,
    duckdb.FatalException,
    duckdb.CatalogException,
    duckdb.BinderException,
    duckdb.ConstraintException,
    duckdb.TransactionException,
)
Take = Callable[[str, str, Mapping[str, str]], int]


@dataclass(frozen=True)
class Inbox:
    """What a source folder holds: the tables' files in order of name, and names that match no table.

    Hidden files are not looked at. A link to a folder is not followed: it is among the ignored names.
    """

    files: tuple[SourceFile, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class ReadFile:
    """A file that was read: its header, and its data rows (those that could not be split included)."""

    header: tuple[str, ...]
    rows: int


def discover(source: Path, contract: Contract) -> Inbox:
    """List and hash the files of a folder. Raises MissingDataError when there is no folder (any more)."""
    if not source.is_dir():
        raise MissingDataError(
            "The source folder does not exist.", where=str(source), next_step="Give a folder of source files."
        )
    files, ignored = [], []
    for path in sorted(_listed(source)):
        inside = path.relative_to(source)
        name = inside.as_posix().encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        table = _table_of(inside, contract)
        if table:
            files.append(looked_at(table, name, path))
        else:
            ignored.append(name)
    if files:
        require_folder(source)
    return Inbox(tuple(files), tuple(ignored))


def _listed(source: Path) -> Iterator[Path]:
    """Every visible entry that is no folder: files, links, pipes, and empty folders named like a file."""

    def trouble(error: OSError) -> None:
        require_folder(source)
        unreadable.append(Path(error.filename))

    unreadable: list[Path] = []
    for folder, folders, names in os.walk(source, onerror=trouble):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        yield from (Path(folder, name) for name in (*names, *links) if not name.startswith("."))
        if not names and not folders and folder.lower().endswith((*SUFFIXES, *TRACE_SUFFIXES)):
            yield Path(folder)
    yield from unreadable


def _table_of(name: Path, contract: Contract) -> str | None:
    """The table a file belongs to: by its own name, else by the folder it lies in."""
    forms = {"table": SUFFIXES, "traces": TRACE_SUFFIXES}
    fitting = [table.name for table in contract.values() if name.name.lower().endswith(forms[table.format])]
    for candidate in (name.name.lower(), name.parent.name.lower()):
        for table in sorted(fitting, key=len, reverse=True):
            rest = candidate.removeprefix(table)
            if rest != candidate and (not rest or not rest[0].isalnum()):
                return table
    return None


def read_file(
    con: duckdb.DuckDBPyConnection, file: SourceFile, table: SourceTable, workspace: Path, take: Take
) -> ReadFile:
    """Read a file whole, in one transaction, or raise Refused and leave nothing behind.

    `take` is given two SELECT statements and inserts them in this order: the rows (the contract's columns as text,
    then `_row_number`, from 1), and the lines that could not be split (`reason`, `detail`, `raw`); and one more
    for each part of the table (its columns, then `_row_number`). It returns the first two counts' sum; it may be
    called twice, the first time in vain. `workspace` is a folder for passing files. Refused with
    `changed_file` means that the file should be tried again by the next build, even with the same content. Raises
    MissingDataError when the whole source folder is gone.
    """
    if file.trouble:
        raise Refused(UNREADABLE, file.trouble)
    try:
        with TemporaryDirectory(dir=workspace) as name:
            folder = Path(name)
            path = _plainly_named(file.path, folder)
            if table.format == "traces":
                return _read_traces(con, file, path, table, folder, take)
            if file.name.lower().endswith(".parquet"):
                return _read_parquet(con, file, path, table, take)
            return _read_csv(con, file, path, table, folder, take)
    except Refused:
        require_unchanged(file)
        raise


def _plainly_named(path: Path, folder: Path) -> Path:
    """The path itself, or a link to it when the engine would take its name for a pattern or cannot spell it."""
    if _PLAIN_PATH.fullmatch(str(path)):
        return path
    link = folder / "source"
    link.symlink_to(path.absolute())
    return link


def _read_csv(
    con: duckdb.DuckDBPyConnection, file: SourceFile, path: Path, table: SourceTable, folder: Path, take: Take
) -> ReadFile:
    csv = csv_file(path, table)
    _check_header(csv.header, table)
    for found in csv_relations(csv, folder):
        places = {name: f"c{place}" for place, name in enumerate(csv.header, 1)}
        if csv.has_year_last:
            places |= _in_iso(con, table, places, found.good)
        rows = f"SELECT {_columns(table, places)}, row_number() OVER () AS _row_number FROM {found.good}"
        set_aside = f"SELECT 'unparseable' AS reason, detail, raw FROM ({found.set_aside})"
        if _taken(con, file, take, rows, set_aside, found.rows):
            return ReadFile(csv.header, found.rows)
    raise Refused(UNREADABLE, "it cannot be read to its end")


def _read_traces(
    con: duckdb.DuckDBPyConnection, file: SourceFile, path: Path, table: SourceTable, folder: Path, take: Take
) -> ReadFile:
    try:
        found = trace_relations(con, path, table, folder)
    except duckdb.Error as error:
        if _is_our_trouble(error):
            raise
        raise Refused(UNREADABLE, "it cannot be read to its end") from error
    if not _taken(con, file, take, found.good, found.set_aside, found.rows, found.parts):
        raise Refused(UNREADABLE, "it cannot be read to its end")
    return ReadFile(tuple(column.name for column in table.columns), found.rows)


def _in_iso(
    con: duckdb.DuckDBPyConnection, table: SourceTable, places: dict[str, str], rows: str
) -> dict[str, str]:
    try:
        return mended_dates(con, table, places, rows)
    except duckdb.Error as error:
        if _is_our_trouble(error):
            raise
        return {}  # the rows cannot be read this way either, which shows when they are taken


def _read_parquet(
    con: duckdb.DuckDBPyConnection, file: SourceFile, path: Path, table: SourceTable, take: Take
) -> ReadFile:
    source = f"read_parquet('{path}', file_row_number = true, hive_partitioning = false)"
    try:
        described = con.execute(f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {source}").fetchall()
        count = con.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0]
    except duckdb.Error as error:
        raise Refused(UNREADABLE, "not a readable Parquet file") from error
    header = column_names([str(row[0]) for row in described], table)
    _check_header(header, table)
    known = {column.name for column in table.columns}
    nested = [n for n, row in zip(header, described, strict=True) if n in known and _is_nested(str(row[1]))]
    if nested:
        raise Refused(UNREADABLE, f"a column holds lists or records, not values: {', '.join(nested)}")
    places = {name: _in_utc(str(row[0]), str(row[1])) for name, row in zip(header, described, strict=True)}
    rows = f"SELECT {_columns(table, places)}, file_row_number + 1 AS _row_number FROM {source}"
    if not _taken(con, file, take, rows, _NOTHING_ASIDE, count):
        raise Refused(UNREADABLE, "it cannot be read to its end")
    return ReadFile(tuple(header), count)


def _is_nested(type_: str) -> bool:
    return type_.startswith(_NESTED) or type_.endswith("]")


def _in_utc(column: str, type_: str) -> str:
    """A column's SQL; an instant becomes the time in UTC, whatever the time zone of this machine."""
    name = '"' + column.replace('"', '""') + '"'
    return f"{name} AT TIME ZONE 'UTC'" if type_ == "TIMESTAMP WITH TIME ZONE" else name


def _columns(table: SourceTable, places: dict[str, str]) -> str:
    return ", ".join(f'CAST({places.get(c.name, "NULL")} AS VARCHAR) AS "{c.name}"' for c in table.columns)


def _check_header(header: Iterable[str], table: SourceTable) -> None:
    names = list(header)
    twice = [column.name for column in table.columns if names.count(column.name) > 1]
    if twice:
        raise Refused(UNREADABLE, f"the header names a column twice: {', '.join(twice)}")
    missing = table.missing_from(names, required=True)
    if len(missing) == sum(column.required for column in table.columns):
        raise Refused(UNREADABLE, _no_header(names))
    if missing:
        raise Refused("missing_columns", ", ".join(missing))


def _no_header(header: list[str]) -> str:
    separator = next((sign for sign in ";\t|" if len(header) == 1 and header[0].count(sign) > 1), None)
    if separator is None:
        return "the first line is no header of this table"
    return f"the fields are separated by {separator!r}; a comma is needed"


def _taken(
    con: duckdb.DuckDBPyConnection,
    file: SourceFile,
    take: Take,
    rows: str,
    set_aside: str,
    count: int,
    parts: Mapping[str, str] | None = None,
) -> bool:
    """Whether the engine found as many rows as were counted; if not, nothing of it stays."""
    con.execute("DROP TABLE IF EXISTS rejected_lines; DROP TABLE IF EXISTS rejected_scans; BEGIN")
    keep = False
    try:
        if take(rows, set_aside, parts or {}) == count:
            require_unchanged(file)
            keep = True
    except duckdb.Error as error:
        if _is_our_trouble(error):
            raise
    finally:
        con.execute("COMMIT" if keep else "ROLLBACK")
    return keep


def _is_our_trouble(error: duckdb.Error) -> bool:
    return isinstance(error, _NOT_THE_FILES_FAULT) or any(sign in str(error) for sign in _DISK_FULL)
