"""A CSV file as relations: its rows as text, and the lines that cannot be split into the header's fields.

The engine reads a file itself when the file is plain: UTF-8, one kind of line end, quotes that close. Its rows are
counted beforehand: an engine that finds more or fewer is not believed. Every other file is read from a mended copy
in which each record has the header's fields, all of them quoted.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

from warehouse.contract import SourceTable
from warehouse.open_quotes import Lines, records
from warehouse.opened_files import (
    GZIP,
    LONGEST_RECORD,
    UNREADABLE,
    UTF_16,
    Refused,
    blocks,
    first_bytes,
    first_text,
    opened,
)

_HEADER_BYTES = 1 << 20
_LOOKED_AT_FOR_DATES = 1 << 16
_SHOWN = 2000  # bytes of an overlong line that the quarantine keeps
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_YEAR_LAST = re.compile(rb"\d[/.-]\d{1,2}[/.-]\d{4}")
_FIELD = re.compile(rb' *+(?:"((?:[^"]++|"")*+)" *+|([^",][^,]*+|))(,|\Z)')
_BETWEEN_RETURNS = re.compile(rb'(?:[^"\r]|"(?:[^"]++|"")*+")++')
_REJECTED_LINES = """
    SELECT 'line ' || line || ': ' || lower(min(error_type)) AS detail,
           trim(coalesce(min(csv_line), ''), E'\\r\\n') AS raw
    FROM rejected_lines GROUP BY line
"""


@dataclass(frozen=True)
class CsvFile:
    """A CSV file, its column names (those of the contract in the contract's spelling) and its line ends.

    `has_year_last`: its first 64 kB hold something like 10/29/2026, so that its dates need a closer look.
    """

    path: Path
    table: SourceTable
    header: tuple[str, ...]
    cr_ends_lines: bool
    has_year_last: bool


@dataclass(frozen=True)
class Relations:
    """What to select a file's rows (columns c1, c2, ...) and its set-aside lines (detail, raw) from.

    `rows` is how many both have together, by our own count.
    """

    good: str
    set_aside: str
    rows: int


class _NotPlain(Exception):
    """The engine would not read this file as it is meant."""


def csv_file(path: Path, table: SourceTable) -> CsvFile:
    """Read the header, the first line that is not empty. Raises Refused when there is none."""
    with opened(path) as stream:
        first = first_text(stream, _HEADER_BYTES)
    cr_ends_lines = b"\r" in first and b"\n" not in first
    if len(first) == _HEADER_BYTES and b"\n" not in first and not cr_ends_lines:
        raise Refused(UNREADABLE, "the first line is longer than 1 MB")
    text = first.decode("utf-8", errors="replace")
    if not text.strip():
        raise Refused(UNREADABLE, "the file is empty")
    if "\x00" in text.splitlines()[0]:
        raise Refused(UNREADABLE, "not a UTF-8 text file")
    try:
        names = next((fields for fields in csv.reader(io.StringIO(text, newline=None)) if fields), [])
    except csv.Error as error:
        raise Refused(UNREADABLE, "the first line is no header of this table") from error
    has_year_last = _YEAR_LAST.search(first[:_LOOKED_AT_FOR_DATES]) is not None
    return CsvFile(path, table, tuple(column_names(names, table)), cr_ends_lines, has_year_last)


def column_names(header: Iterable[str], table: SourceTable) -> list[str]:
    """A header's names: those of the contract are known whatever their case, spaces or invisible characters."""
    known = {column.name for column in table.columns}
    names = [_INVISIBLE.sub("", name).strip().lower() for name in header]
    joined = [re.sub(r"[\s-]+", "_", name) for name in names]
    return [
        other if other in known else name or f"unnamed_{place}"
        for place, (name, other) in enumerate(zip(names, joined, strict=True), 1)
    ]


def csv_relations(file: CsvFile, folder: Path) -> Iterator[Relations]:
    """The ways to read a file, to be tried in order; the second one holds whatever the file is."""
    first = first_bytes(file.path)
    if not first.startswith(UTF_16) and not file.cr_ends_lines:
        try:
            rows = _plain_rows(file)
            yield Relations(_source(file, gzip=first.startswith(GZIP)), _REJECTED_LINES, rows)
        except _NotPlain:
            pass
    yield _mended(file, folder)


def _plain_rows(file: CsvFile) -> int:
    """The data rows of a file that is fit for the engine. Raises _NotPlain for all others."""
    with opened(file.path) as stream:
        parts = records(_only_plain(blocks(stream)), list(file.header), file.table)
        return sum(_count(part) for part in parts) - 1


def _count(part: Lines) -> int:
    if part.is_slip:
        raise _NotPlain
    lines = part.raw
    if not part.each:
        return 1 if lines.strip() else 0
    if lines.startswith((b"\n", b"\r\n")) or b"\n\n" in lines or b"\n\r\n" in lines:
        return sum(1 for line in lines.split(b"\n") if line.strip(b"\r"))
    return lines.count(b"\n") + (not lines.endswith(b"\n"))


def _only_plain(file_blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks of a file in UTF-8 with one kind of line end, unchanged. Raises _NotPlain at any other."""
    had_cr: bool | None = None
    for block in file_blocks:
        ends = block.count(b"\n")
        returns = block.count(b"\r") if b"\r" in block else 0
        mixed = returns not in (0, ends) or (returns and block.count(b"\r\n") != returns)
        changed = ends and had_cr not in (None, returns > 0)
        if mixed or changed or b"\x00" in block or len(block) > LONGEST_RECORD or not _is_utf_8(block):
            raise _NotPlain
        had_cr = returns > 0 if ends else had_cr
        yield block


def _is_utf_8(block: bytes) -> bool:
    try:
        return block.isascii() or bool(block.decode())
    except UnicodeDecodeError:
        return False


def _mended(file: CsvFile, folder: Path) -> Relations:
    """Write the copy, and beside it what has no place in it."""
    good, bad = folder / "good.csv", folder / "set_aside.csv"
    width, rows = len(file.header), 0
    with opened(file.path) as stream, good.open("wb") as copy, bad.open("wb") as aside:
        parts = records(blocks(stream, cr_ends_lines=file.cr_ends_lines), list(file.header), file.table)
        for part in _without_header(parts, width):
            lines = part.raw.replace(b"\r\n", b"\n")
            if part.each and _is_ready(lines, width):
                copy.write(lines)
                rows += lines.count(b"\n")
            else:
                rows += sum(_mend(number, line, part, width, copy, aside) for number, line in _lines(part))
    return Relations(
        _copy(good, width), f"SELECT c1 AS detail, COALESCE(c2, '') AS raw FROM {_copy(bad, 2)}", rows
    )


def _mend(number: int, line: bytes, part: Lines, width: int, copy: IO[bytes], aside: IO[bytes]) -> int:
    """Write one record, or the several that lone carriage returns part; returns how many."""
    pieces = [line] if part.is_slip else _between_returns(line, width)
    for piece in pieces:
        found = "a quote never closes" if part.is_slip else _split(piece, width)
        if isinstance(found, str):
            shown = piece[: _SHOWN if len(piece) > LONGEST_RECORD else None].decode("utf-8", errors="replace")
            _write(aside, [f"line {number}: {found}".encode(), shown.encode()])
        else:
            _write(copy, found)
    return len(pieces)


def _between_returns(line: bytes, width: int) -> list[bytes]:
    """A carriage return ends a row where that makes rows of what would be none."""
    if b"\r" not in line or not isinstance(_fields(line, width), str):
        return [line]
    pieces = [piece for piece in _BETWEEN_RETURNS.findall(line) if piece]
    whole = sum(piece.count(b'"') for piece in pieces) == line.count(b'"')
    return pieces if whole and any(not isinstance(_fields(p, width), str) for p in pieces) else [line]


def _is_ready(lines: bytes, width: int) -> bool:
    """Whether lines can be copied as they are: the right number of fields in each, and nothing that is odd."""
    odd = len(lines) > LONGEST_RECORD or b"\r" in lines or b"\x00" in lines or not _is_utf_8(lines)
    return not odd and _rows_of(width).fullmatch(lines) is not None


@cache
def _rows_of(width: int) -> re.Pattern[bytes]:
    field = rb'(?:"[^"\n]*+(?:""[^"\n]*+)*+"|[^",\n]*+)'
    return re.compile(rb"(?:%b(?:,%b){%d}\n)*+" % (field, field, width - 1))


def _lines(part: Lines) -> Iterator[tuple[int, bytes]]:
    """One record at a time (number, bytes without line end), without empty lines."""
    for number, line in enumerate(part.raw.split(b"\n") if part.each else [part.raw], part.number):
        if line.strip(b"\r\n"):
            yield number, line.rstrip(b"\r\n")


def _without_header(parts: Iterator[Lines], width: int) -> Iterator[Lines]:
    """All but the first line that is not empty; what a lone carriage return parts from it is a row."""
    for part in parts:
        lines = [Lines(number, line, is_slip=part.is_slip) for number, line in _lines(part)]
        if not lines:
            continue
        header, _, rest = lines[0].raw.partition(b"\r")
        if rest and not isinstance(_fields(header, width), str):
            yield Lines(lines[0].number, rest)
        yield from lines[1:]
        break
    yield from parts


def _split(line: bytes, width: int) -> list[bytes] | str:
    """The fields of a row, or why it is none."""
    if len(line) > LONGEST_RECORD:
        return "longer than 16 MB"
    if b"\x00" in line:
        return "a NUL character"
    return _fields(line, width) if _is_utf_8(line) else "not UTF-8"


def _fields(line: bytes, width: int) -> list[bytes] | str:
    if b'"' not in line:
        fields = line.split(b",")
    else:
        fields, place, more = [], 0, True
        while more:
            found = _FIELD.match(line, place)
            if found is None:
                return "characters after a closing quote"
            text, plain, more_bytes = found.groups()
            fields.append(plain if text is None else text.replace(b'""', b'"'))
            place, more = found.end(), more_bytes == b","
    if len(fields) == width + 1 and not fields[-1]:
        fields.pop()
    return fields if len(fields) == width else f"{len(fields)} fields instead of {width}"


def _write(target: IO[bytes], fields: Iterable[bytes]) -> None:
    target.write(b",".join(b'"' + field.replace(b'"', b'""') + b'"' for field in fields) + b"\n")


def _source(file: CsvFile, *, gzip: bool) -> str:
    """The table function over a source file; it keeps the lines it cannot split in `rejected_lines`."""
    options = "ignore_errors = true, store_rejects = true, rejects_table = 'rejected_lines', "
    options += f"rejects_scan = 'rejected_scans', compression = '{'gzip' if gzip else 'none'}'"
    return _read_csv(file.path, len(file.header), LONGEST_RECORD, f"header = true, {options}")


def _copy(path: Path, width: int) -> str:
    """The table function over a file that was written here: quoted fields, no header."""
    longest = 2 * LONGEST_RECORD + 3 * width
    return _read_csv(path, width, longest, "header = false, new_line = '\\n', compression = 'none'")


def _read_csv(path: Path, width: int, longest: int, options: str) -> str:
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(1, width + 1))
    return (
        f"read_csv('{path}', auto_detect = false, delim = ',', quote = '\"', escape = '\"', "
        f"columns = {{{columns}}}, max_line_size = {longest}, hive_partitioning = false, {options})"
    )
