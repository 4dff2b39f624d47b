"""The records of a CSV file, and quotes that never close: lines whose open quote would swallow the rows after it.

A quoted field may hold line ends (a transcript, a survey's text), so a line that opens a quote is read on until
another closes it. The quote is taken for a slip when it never closes, or when the lines it covers are rows of the
table themselves: as many fields as the header, with digits where the contract wants dates and numbers.
A quote inside a field that does not begin with one (5" pipe) is a character like any other.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from warehouse.contract import SourceTable
from warehouse.opened_files import LONGEST_RECORD, UNREADABLE, Refused

_MOST_LOOKED_AT_AGAIN = 1_000_000  # lines
_DIGITS = frozenset("0123456789+-.")
_MEASURED = frozenset({"date", "timestamp", "integer", "number"})
_QUOTED = rb'(?:[^"]++|"")*+'
_FIELD = rb' *+(?:"' + _QUOTED + rb'"[^,]*+|[^",][^,]*+|)'
_FIELDS = re.compile(_FIELD + rb"(?:," + _FIELD + rb")*+")
_REST_AND_FIELDS = re.compile(_QUOTED + rb'"[^,]*+(?:,' + _FIELD + rb")*+")


@dataclass(frozen=True, slots=True)
class Lines:
    """Raw bytes of a file from line `number` (from 1) on: one record, or several lines without a quote.

    `is_slip` marks a line that opens a quote by mistake.
    """

    number: int
    raw: bytes
    is_slip: bool = False


def records(blocks: Iterable[bytes], header: list[str], table: SourceTable) -> Iterator[Lines]:
    """A file's records in order, header included; `blocks` are whole lines. Memory holds one record's lines.

    Raises Refused when open quotes are so many and so far from any row that looking for their ends never ends.
    """
    looks_like_row = _row_test(header, table)
    looked_at_again = 0
    source = _Source(blocks)
    while (part := source.part()) is not None:
        number, line = part
        if b'"' not in line or _FIELDS.fullmatch(line):
            yield Lines(number, line)
            continue
        covered: list[tuple[int, bytes]] = []
        if _is_slip(line, covered, source, looks_like_row):
            source.give_back(covered)
            looked_at_again += len(covered)
            if looked_at_again > _MOST_LOOKED_AT_AGAIN:
                raise Refused(UNREADABLE, "too many quotes never close")
            yield Lines(number, line, is_slip=True)
        else:
            yield Lines(number, line + b"".join(text for _, text in covered))


class _Source:
    """Lines that were looked at ahead come again before the next ones of the file."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._number = 1

    def part(self) -> tuple[int, bytes] | None:
        """The next line and its number; several lines at once where no quote is among them."""
        if not self._waiting:
            block = next(self._blocks, None)
            if block is None:
                return None
            self._waiting.append((self._number, block))
            self._number += block.count(b"\n")
        number, lines = self._waiting.popleft()
        if b'"' not in lines:
            return number, lines
        return self._first_of(number, lines)

    def line(self) -> tuple[int, bytes] | None:
        """The next line and its number."""
        part = self.part()
        return None if part is None else self._first_of(*part)

    def give_back(self, lines: list[tuple[int, bytes]]) -> None:
        self._waiting.extendleft(reversed(lines))

    def _first_of(self, number: int, lines: bytes) -> tuple[int, bytes]:
        end = lines.find(b"\n") + 1
        if end in (0, len(lines)):
            return number, lines
        split = [line + b"\n" for line in lines.removesuffix(b"\n").split(b"\n")]
        self.give_back(list(enumerate(split[1:], number + 1)))
        return number, split[0]


def _is_slip(
    first: bytes, covered: list[tuple[int, bytes]], source: _Source, looks_like_row: Callable[[bytes], bool]
) -> bool:
    size = len(first)
    while size <= LONGEST_RECORD and (following := source.line()) is not None:
        covered.append(following)
        line = following[1]
        size += len(line)
        if _REST_AND_FIELDS.fullmatch(line):
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
        try:
            fields = next(csv.reader([line.decode("utf-8", errors="replace").rstrip("\r\n")]), [])
        except csv.Error:
            return False
        if len(fields) != len(header):
            return False
        return all(not fields[place].strip() or fields[place].strip()[0] in _DIGITS for place in places)

    return looks_like_row
