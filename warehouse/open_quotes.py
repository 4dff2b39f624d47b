"""Quotes that never close: lines of a CSV file whose open quote would swallow the rows that follow.

A quoted field may hold line ends (a transcript, a survey's text), so a line that opens a quote is read on until
another closes it. The quote is taken for a slip when it never closes, or when the lines it covers are rows of the
table themselves: as many fields as the header, with digits where the contract wants dates and numbers.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from warehouse.contract import SourceTable

_DIGITS = frozenset("0123456789+-.")
_MEASURED = frozenset({"date", "timestamp", "integer", "number"})


def open_quotes(lines: Iterable[bytes], header: list[str], table: SourceTable) -> dict[int, bytes]:
    """The lines (number from 1, raw) that open a quote by mistake. One pass; memory holds one record's lines."""
    looks_like_row = _row_test(header, table)
    found: dict[int, bytes] = {}
    waiting: deque[tuple[int, bytes]] = deque()
    numbered = enumerate(lines, start=1)
    for number, line in _drained(waiting, numbered):
        if not _toggles(line):
            continue
        covered: list[tuple[int, bytes]] = []
        if _is_slip(line, covered, _drained(waiting, numbered), looks_like_row):
            found[number] = line
            waiting.extendleft(reversed(covered))
    return found


def _drained(
    waiting: deque[tuple[int, bytes]], numbered: Iterator[tuple[int, bytes]]
) -> Iterator[tuple[int, bytes]]:
    """Lines that were looked at ahead come again before the next ones of the file."""
    while True:
        if waiting:
            yield waiting.popleft()
            continue
        following = next(numbered, None)
        if following is None:
            return
        yield following


def _toggles(line: bytes) -> bool:
    return line.count(b'"') % 2 == 1


def _is_slip(
    first: bytes,
    covered: list[tuple[int, bytes]],
    following: Iterator[tuple[int, bytes]],
    looks_like_row: Callable[[bytes], bool],
) -> bool:
    for number, line in following:
        covered.append((number, line))
        if _toggles(line):
            unquoted = [text.replace(b'"', b"") for text in (first, line)]
            return all(looks_like_row(text) for text in unquoted)
        if looks_like_row(line):
            return True
    return True


def _row_test(header: list[str], table: SourceTable) -> Callable[[bytes], bool]:
    measured = {column.name for column in table.columns if column.type in _MEASURED}
    places = [place for place, name in enumerate(header) if name in measured]

    def looks_like_row(line: bytes) -> bool:
        if line.count(b",") < len(header) - 1:
            return False
        fields = next(csv.reader([line.decode("utf-8", errors="replace").rstrip("\r\n")]), [])
        if len(fields) != len(header):
            return False
        return all(not fields[place].strip() or fields[place].strip()[0] in _DIGITS for place in places)

    return looks_like_row
