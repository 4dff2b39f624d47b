"""From a folder of source files to the bronze schema: raw text as received, plus file, row number, time, batch.

Every file ends in exactly one of three ways: taken, refused as a whole (with its reason), or ignored because its
name is no table's. Bad rows inside a taken file are the matter of `warehouse.quarantine`.
"""

from __future__ import annotations

import csv
import glob
import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, cast

import duckdb

from warehouse.contract import Contract, SourceTable
from warehouse.errors import MissingDataError
from warehouse.open_quotes import open_quotes
from warehouse.workers import Job, side_by_side

_CHUNK = 1 << 20
SUFFIXES = (".csv", ".csv.gz", ".parquet")
HEADER_BYTES = 1 << 20
LONGEST_LINE_BYTES = 16 << 20


@dataclass(frozen=True)
class SourceFile:
    """A file that belongs to a table. `name` is its path inside the source folder."""

    table: str
    name: str
    path: Path
    sha256: str


@dataclass(frozen=True)
class Inbox:
    """What a source folder holds: the tables' files in order of name, and names that match no table."""

    files: tuple[SourceFile, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class LoadedFile:
    """What became of one file: data rows read (unparseable ones included), or why it was refused as a whole."""

    file: SourceFile
    rows: int = 0
    refused: str = ""
    detail: str = ""
    header: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """One load: the metadata that each of its rows carries, and a folder for passing files."""

    name: str
    loaded_at: datetime
    workspace: Path


class _Refused(Exception):
    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(detail)


@dataclass
class Loads:
    """The files of one build, as they were taken or refused."""

    files: list[LoadedFile] = field(default_factory=list)

    def taken(self, table: str) -> list[LoadedFile]:
        return [f for f in self.files if f.file.table == table and not f.refused]

    def refused(self) -> list[LoadedFile]:
        return [f for f in self.files if f.refused]


def discover(source: Path, contract: Contract) -> Inbox:
    """List and hash the files of a folder. Raises MissingDataError when the folder does not exist."""
    if not source.is_dir():
        raise MissingDataError(
            "The source folder does not exist.", where=str(source), next_step="Give a folder of source files."
        )
    files, ignored = [], []
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        name = path.relative_to(source).as_posix()
        if any(part.startswith(".") for part in path.relative_to(source).parts):
            continue
        table = _table_of(Path(name), contract)
        if table:
            files.append(SourceFile(table, name, path, _sha256(path)))
        else:
            ignored.append(name)
    return Inbox(tuple(files), tuple(ignored))


def _table_of(name: Path, contract: Contract) -> str | None:
    """The table a file belongs to: by its own name, else by the folder it lies in."""
    if not name.name.lower().endswith(SUFFIXES):
        return None
    for candidate in (name.name.lower(), name.parent.name.lower()):
        for table in sorted(contract, key=len, reverse=True):
            rest = candidate.removeprefix(table)
            if rest != candidate and (not rest or not rest[0].isalnum()):
                return table
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def create_bronze(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Empty raw tables: every column of the contract as text, then where, when and in which batch it came."""

    for table in contract.values():
        columns = ", ".join(f'"{column.name}" VARCHAR' for column in table.columns)
        con.execute(
            f"CREATE TABLE lake.bronze.{table.name} ({columns}, _source_file VARCHAR, _row_number BIGINT, "
            "_loaded_at TIMESTAMP, _batch VARCHAR)"
        )


def load(con: duckdb.DuckDBPyConnection, inbox: Inbox, contract: Contract, batch: Batch, threads: int) -> Loads:
    """Append all files to bronze, a table's files in order; one that cannot be read whole leaves no row behind."""
    by_table = {name: [file for file in inbox.files if file.table == name] for name in contract}
    largest_first = sorted(by_table, key=lambda name: -sum(f.path.stat().st_size for f in by_table[name]))

    def job(table: str) -> Job[list[LoadedFile]]:
        return lambda worker: [_load_file(worker, file, contract[table], batch) for file in by_table[table]]

    loaded = dict(zip(largest_first, side_by_side(con, [job(t) for t in largest_first], threads), strict=True))
    return Loads([file for name in contract for file in loaded[name]])


def _load_file(con: duckdb.DuckDBPyConnection, file: SourceFile, table: SourceTable, batch: Batch) -> LoadedFile:
    try:
        header = _parquet_header(con, file.path) if _is_parquet(file) else _csv_header(file.path)
        _check_header(header, table)
        rows = _insert(con, file, table, header, batch)
    except _Refused as refusal:
        return LoadedFile(file, refused=refusal.reason, detail=refusal.detail)
    known = {column.name for column in table.columns}
    unknown = tuple(name for name in header if name not in known)
    return LoadedFile(file, rows=rows, header=tuple(header), unknown_columns=unknown)


def _is_parquet(file: SourceFile) -> bool:
    return file.name.lower().endswith(".parquet")


def _check_header(header: list[str], table: SourceTable) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise _Refused("unreadable_file", f"the header names a column twice: {', '.join(twice)}")
    missing = table.missing_from(header, required=True)
    if len(missing) == sum(column.required for column in table.columns):
        raise _Refused("unreadable_file", _no_header(header))
    if missing:
        raise _Refused("missing_columns", ", ".join(missing))


def _no_header(header: list[str]) -> str:
    separator = next((sign for sign in ";\t|" if len(header) == 1 and header[0].count(sign) > 1), None)
    if separator is None:
        return "the first line is no header of this table"
    return f"the fields are separated by {separator!r}; a comma is needed"


def _csv_header(path: Path) -> list[str]:
    try:
        with _opened(path) as stream:
            first = stream.read(HEADER_BYTES)
        text = first.decode("utf-8-sig", errors="strict" if len(first) < HEADER_BYTES else "ignore")
    except UnicodeDecodeError:
        text = first.splitlines()[0].decode("utf-8-sig", errors="replace")
    except (OSError, EOFError, zlib.error) as error:
        raise _Refused("unreadable_file", f"cannot be read: {type(error).__name__}") from error
    if not text.strip():
        raise _Refused("unreadable_file", "the file is empty")
    if "\x00" in text:
        raise _Refused("unreadable_file", "not a UTF-8 text file")
    try:
        header = next(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise _Refused("unreadable_file", "the first line is no header of this table") from error
    return [name.strip().lower() or f"unnamed_{place}" for place, name in enumerate(header, 1)]


def _parquet_header(con: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({_quoted(path)})").fetchall()
    except duckdb.Error as error:
        raise _Refused("unreadable_file", "not a readable Parquet file") from error
    return [str(row[0]).strip().lower() for row in described]


def _quoted(path: Path) -> str:
    return "'" + glob.escape(str(path)).replace("'", "''") + "'"


def _insert(
    con: duckdb.DuckDBPyConnection, file: SourceFile, table: SourceTable, header: list[str], batch: Batch
) -> int:
    """Append one file and its unparseable rows in one transaction; returns the data rows the file holds.

    Line ends of both kinds in one CSV break the engine's parser, and a quote that never closes swallows the rows
    after it: such a file is read from a copy with one kind of line end and without the lines of open quotes.
    """
    if _is_parquet(file):
        return _insert_from(con, file, file.path, table, header, batch)
    slips = _slips(file.path, header, table)
    if not slips:
        try:
            return _insert_from(con, file, file.path, table, header, batch)
        except _Refused:
            pass  # the copy below shows whether line ends were all that was wrong
    with TemporaryDirectory(dir=batch.workspace) as folder:
        copy = _mended(file, slips, Path(folder))
        return _insert_from(con, file, copy, table, header, batch, slips)


def _slips(path: Path, header: list[str], table: SourceTable) -> dict[int, bytes]:
    """The lines that open a quote by mistake. Most files hold no quote at all, which shows quickly by chunks."""
    with _to_its_end():
        with _opened(path) as stream:
            if not any(b'"' in chunk for chunk in iter(lambda: stream.read(_CHUNK), b"")):
                return {}
        with _opened(path) as lines:
            return open_quotes(lines, header, table)


@contextmanager
def _to_its_end() -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _Refused("unreadable_file", "cannot be read to its end") from error


def _mended(file: SourceFile, slips: Collection[int], folder: Path) -> Path:
    """A copy with one kind of line end; lines left out stay as empty lines, so that line numbers hold."""
    copy = folder / "copy.csv"
    with _to_its_end(), _opened(file.path) as stream, copy.open("wb") as target:
        for number, line in enumerate(stream, start=1):
            kept = b"\n" if number in slips else line
            target.write(kept.removesuffix(b"\r\n") + b"\n" if kept.endswith(b"\r\n") else kept)
    return copy


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path)) if path.name.lower().endswith(".gz") else path.open("rb")


def _insert_from(
    con: duckdb.DuckDBPyConnection,
    file: SourceFile,
    path: Path,
    table: SourceTable,
    header: list[str],
    batch: Batch,
    slips: Mapping[int, bytes] | None = None,
) -> int:
    reader, row_number = _reader(path, header)
    columns = ", ".join(f'CAST("{c.name}" AS VARCHAR)' if c.name in header else "NULL" for c in table.columns)
    con.execute("BEGIN")
    try:
        taken = _count(
            con.execute(
                f"INSERT INTO lake.bronze.{table.name} SELECT {columns}, $file, {row_number}, $at, $batch "
                f"FROM {reader}",
                {"file": file.name, "at": batch.loaded_at, "batch": batch.name},
            )
        )
        unparseable = 0 if _is_parquet(file) else _quarantine_unparseable(con, file, batch)
        unparseable += _quarantine_slips(con, file, batch, slips or {})
        con.execute("COMMIT")
    except duckdb.Error as error:
        con.execute("ROLLBACK")
        if _is_our_trouble(error):
            raise
        raise _Refused("unreadable_file", "cannot be read to its end") from error
    return taken + unparseable


def _is_our_trouble(error: duckdb.Error) -> bool:
    full = any(sign in str(error) for sign in ("No space left", "Could not write", "max_temp_directory_size"))
    return full or isinstance(error, duckdb.OutOfMemoryException)


def _reader(path: Path, header: list[str]) -> tuple[str, str]:
    """The table function that reads a file as text, and the expression of a row's number in it (from 1)."""
    if path.name.lower().endswith(".parquet"):
        return f"read_parquet({_quoted(path)}, file_row_number = true)", "file_row_number + 1"
    columns = ", ".join(f"'{_name(name)}': 'VARCHAR'" for name in header)
    return (
        f"read_csv({_quoted(path)}, header = true, auto_detect = false, delim = ',', quote = '\"', "
        f"escape = '\"', columns = {{{columns}}}, max_line_size = {LONGEST_LINE_BYTES}, ignore_errors = true, "
        "store_rejects = true, rejects_table = 'rejected_lines', rejects_scan = 'rejected_scans')",
        "row_number() OVER ()",
    )


def _name(column: str) -> str:
    return column.replace("'", "''")


def _count(result: duckdb.DuckDBPyConnection) -> int:
    row = result.fetchone()
    return int(row[0]) if row else 0


def _quarantine_unparseable(con: duckdb.DuckDBPyConnection, file: SourceFile, batch: Batch) -> int:
    inserted = _count(
        con.execute(
            """
            INSERT INTO lake.bronze.quarantine
            SELECT $table, $file, NULL, 'unparseable', 'line ' || line || ': ' || lower(min(error_type)),
                   to_json(trim(coalesce(min(csv_line), ''), E'\\r\\n')), $at, $batch
            FROM rejected_lines GROUP BY line
            """,
            {"table": file.table, "file": file.name, "at": batch.loaded_at, "batch": batch.name},
        )
    )
    con.execute("DELETE FROM rejected_lines; DELETE FROM rejected_scans")
    return inserted


def _quarantine_slips(
    con: duckdb.DuckDBPyConnection, file: SourceFile, batch: Batch, slips: Mapping[int, bytes]
) -> int:
    for number, line in slips.items():
        raw = json.dumps(line.decode("utf-8", errors="replace").rstrip("\r\n"))
        con.execute(
            "INSERT INTO lake.bronze.quarantine VALUES (?, ?, NULL, 'unparseable', ?, ?, ?, ?)",
            [file.table, file.name, f"line {number}: a quote never closes", raw, batch.loaded_at, batch.name],
        )
    return len(slips)


def missing_columns(loads: Loads, contract: Contract) -> dict[str, list[str]]:
    """Optional columns that no accepted file of a table has, by table."""
    found: dict[str, list[str]] = {}
    for table in contract.values():
        headers = [name for file in loads.taken(table.name) for name in file.header]
        absent = table.missing_from(headers, required=False)
        if loads.taken(table.name) and absent:
            found[table.name] = absent
    return found


def missing_files(loads: Loads, contract: Contract) -> Iterator[str]:
    """Tables without an accepted file."""
    return (name for name in contract if not loads.taken(name))


def require_tables(loads: Loads, contract: Contract, source: Path) -> None:
    """Raises MissingDataError, naming tables and refusals, when a required table has no accepted file."""
    missing = [name for name in missing_files(loads, contract) if not contract[name].optional_file]
    if not missing:
        return
    reasons = "; ".join(
        f"{f.file.name} was refused ({f.refused}: {f.detail})" for f in loads.refused() if f.file.table in missing
    )
    raise MissingDataError(
        f"No usable file for: {', '.join(missing)}." + (f" {reasons}." if reasons else ""),
        where=str(source),
        next_step="Add the files with their required columns; a file with only its header will do. "
        "warehouse/contract/sources.yml lists them.",
    )
