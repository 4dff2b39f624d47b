"""Source files: which a folder holds, and how one is read as text, whatever is wrong with it.

Every file ends in exactly one of three ways: read, refused as a whole (with its reason), or ignored because its
name is no table's. A line that cannot be split into fields is set aside; no line vanishes.
"""

from __future__ import annotations

import csv
import glob
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, cast

import duckdb

from warehouse.contract import Contract, SourceTable
from warehouse.errors import MissingDataError
from warehouse.open_quotes import open_quotes

_CHUNK = 1 << 20
SUFFIXES = (".csv", ".csv.gz", ".parquet")
HEADER_BYTES = 1 << 20
LONGEST_LINE_BYTES = 16 << 20
_REJECTED_LINES = """
    SELECT 'line ' || line || ': ' || lower(min(error_type)) AS detail,
           trim(coalesce(min(csv_line), ''), E'\\r\\n') AS raw
    FROM rejected_lines GROUP BY line
"""
Take = Callable[[str, str], int]


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


class Refused(Exception):
    """A file that is not taken: `reason` as in the contract's table of fates, `detail` for people."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(detail)


@dataclass(frozen=True)
class ReadFile:
    """A file that was read: its header, and its data rows (those that could not be split included)."""

    header: tuple[str, ...]
    rows: int


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


def read_file(
    con: duckdb.DuckDBPyConnection, file: SourceFile, table: SourceTable, workspace: Path, take: Take
) -> ReadFile:
    """Read a file whole, in one transaction, or raise Refused and leave nothing behind.

    `take` is given two SELECT statements and inserts them in this order: the rows (the contract's columns as text,
    then `_row_number`, from 1), and the lines that could not be split (`detail`, `raw`). It returns both counts'
    sum. `workspace` is a folder for passing files.
    """
    header = _parquet_header(con, file.path) if _is_parquet(file) else _csv_header(file.path)
    _check_header(header, table)
    return ReadFile(tuple(header), _read(con, file, table, header, workspace, take))


def _read(
    con: duckdb.DuckDBPyConnection,
    file: SourceFile,
    table: SourceTable,
    header: list[str],
    workspace: Path,
    take: Take,
) -> int:
    """Take one file; returns the data rows it holds.

    Line ends of both kinds in one CSV break the engine's parser, and a quote that never closes swallows the rows
    after it: such a file is read from a copy with one kind of line end and without the lines of open quotes.
    """
    if _is_parquet(file):
        return _read_from(con, file.path, table, header, take)
    slips = _slips(file.path, header, table)
    if not slips:
        try:
            return _read_from(con, file.path, table, header, take)
        except Refused:
            pass  # the copy below shows whether line ends were all that was wrong
    with TemporaryDirectory(dir=workspace) as folder:
        copy = _mended(file, slips, Path(folder))
        return _read_from(con, copy, table, header, take, slips)


def _read_from(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    table: SourceTable,
    header: list[str],
    take: Take,
    slips: Mapping[int, bytes] | None = None,
) -> int:
    reader, row_number = _reader(path, header)
    columns = ", ".join(_as_text(c.name, header) for c in table.columns)
    is_csv = not path.name.lower().endswith(".parquet")
    _set_aside(con, slips or {})
    con.execute("BEGIN")
    try:
        taken = take(
            f"SELECT {columns}, {row_number} AS _row_number FROM {reader}",
            f"FROM open_quote_lines UNION ALL {_REJECTED_LINES}" if is_csv else "FROM open_quote_lines",
        )
        if is_csv:
            con.execute("DELETE FROM rejected_lines; DELETE FROM rejected_scans")
        con.execute("COMMIT")
    except duckdb.Error as error:
        con.execute("ROLLBACK")
        if _is_our_trouble(error):
            raise
        raise Refused("unreadable_file", "cannot be read to its end") from error
    return taken


def _as_text(column: str, header: list[str]) -> str:
    value = f'"{column}"' if column in header else "NULL"
    return f'CAST({value} AS VARCHAR) AS "{column}"'


def _set_aside(con: duckdb.DuckDBPyConnection, slips: Mapping[int, bytes]) -> None:
    """Fill `open_quote_lines`."""
    con.execute("CREATE OR REPLACE TEMP TABLE open_quote_lines (detail VARCHAR, raw VARCHAR)")
    for number, line in slips.items():
        raw = line.decode("utf-8", errors="replace").rstrip("\r\n")
        con.execute("INSERT INTO open_quote_lines VALUES (?, ?)", [f"line {number}: a quote never closes", raw])


def _is_parquet(file: SourceFile) -> bool:
    return file.name.lower().endswith(".parquet")


def _check_header(header: list[str], table: SourceTable) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise Refused("unreadable_file", f"the header names a column twice: {', '.join(twice)}")
    missing = table.missing_from(header, required=True)
    if len(missing) == sum(column.required for column in table.columns):
        raise Refused("unreadable_file", _no_header(header))
    if missing:
        raise Refused("missing_columns", ", ".join(missing))


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
        raise Refused("unreadable_file", f"cannot be read: {type(error).__name__}") from error
    if not text.strip():
        raise Refused("unreadable_file", "the file is empty")
    if "\x00" in text:
        raise Refused("unreadable_file", "not a UTF-8 text file")
    try:
        header = next(csv.reader(io.StringIO(text)))
    except csv.Error as error:
        raise Refused("unreadable_file", "the first line is no header of this table") from error
    return [name.strip().lower() or f"unnamed_{place}" for place, name in enumerate(header, 1)]


def _parquet_header(con: duckdb.DuckDBPyConnection, path: Path) -> list[str]:
    try:
        described = con.execute(f"DESCRIBE SELECT * FROM read_parquet({_quoted(path)})").fetchall()
    except duckdb.Error as error:
        raise Refused("unreadable_file", "not a readable Parquet file") from error
    return [str(row[0]).strip().lower() for row in described]


def _quoted(path: Path) -> str:
    return "'" + glob.escape(str(path)).replace("'", "''") + "'"


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
        raise Refused("unreadable_file", "cannot be read to its end") from error


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
