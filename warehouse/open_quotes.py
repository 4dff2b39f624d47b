"""The records of a CSV file, and quotes that never close: lines whose open quote would swallow the rows after it.

A quoted field may hold line ends (a transcript, a survey's text), so a line that opens a quote is read on until
another closes it. The quote is taken for a slip when it never closes, or when the lines it covers are rows of the
table themselves: as many fields as the header, with digits where the contract wants dates and numbers.
A quote inside a field that does not begin with one (5" pipe) is a character like any other.
"""

from __future__ import annotations

import csv
import re
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
_IN_ONE_LINE = rb'(?:^|(?<=[,\n]))"[^"\n]*+(?:""[^"\n]*+)*+"(?=[,\r\n])[^"\n]*+'
_REGULAR_LINES = re.compile(rb'(?:[^"\n]*+(?:' + _IN_ONE_LINE + rb")*+\n)*+")


@dataclass(frozen=True, slots=True)
class Lines:
    """Raw bytes of a file from line `number` (from 1) on: one record, or (`each`) lines that are one record each.

    `is_slip` marks a line that opens a quote by mistake.
    """

    number: int
    raw: bytes
    each: bool = False
    is_slip: bool = False


class _Text:
    """The part of a file that is looked at; it grows as far as a record does."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)
        self.text = b""

    def next_block(self) -> bool:
        self.text = next(self._blocks, b"")
        return bool(self.text)

    def line_end(self, start: int) -> int:
        """Where the line ends that begins at `start`; `start` itself at the end of the file."""
        while not (end := self.text.find(b"\n", start) + 1):
            block = next(self._blocks, None)
            if block is None:
                return len(self.text)
            self.text += block
        return end


def records(blocks: Iterable[bytes], header: list[str], table: SourceTable) -> Iterator[Lines]:
    """A file's records in order, header included; `blocks` are whole lines. Memory holds a block or one record.

    Raises Refused when open quotes are so many and so far from any row that looking for their ends never ends.
    """
    looks_like_row = _row_test(header, table)
    source, number, looked_at_again = _Text(blocks), 1, 0
    while source.next_block():
        place = 0
        while place < len(source.text):
            if end := _regular_end(source.text, place):
                yield Lines(number, source.text[place:end], each=True)
                number += source.text.count(b"\n", place, end)
                place = end
                continue
            first_end = source.line_end(place)
            end, looked_at, is_slip = _record_end(source, place, first_end, looks_like_row)
            yield Lines(number, source.text[place:end], is_slip=is_slip)
            looked_at_again += looked_at if is_slip else 0
            if looked_at_again > _MOST_LOOKED_AT_AGAIN:
                raise Refused(UNREADABLE, "too many quotes never close")
            number += source.text.count(b"\n", place, end)
            place = end


def _regular_end(text: bytes, place: int) -> int:
    """Where the lines end whose quotes close in the same line; 0 when the one at `place` is no such line."""
    if b'"' not in text and place == 0:
        return len(text)
    found = _REGULAR_LINES.match(text, place)
    return found.end() if found is not None and found.end() > place else 0


def _record_end(
    source: _Text, start: int, first_end: int, looks_like_row: Callable[[bytes], bool]
) -> tuple[int, int, bool]:
    """Where the record at `start` ends, how many lines were looked at beyond its first, whether it is a slip."""
    first = source.text[start:first_end]
    if _FIELDS.fullmatch(first):
        return first_end, 0, False
    looked_at, place = 0, first_end
    while place - start <= LONGEST_RECORD and (end := source.line_end(place)) > place:
        line = source.text[place:end]
        looked_at += 1
        place = end
        if _REST_AND_FIELDS.fullmatch(line):
            if all(looks_like_row(text.replace(b'"', b"")) for text in (first, line)):
                break
            return end, looked_at, False
        if looks_like_row(line):
            break
    return first_end, looked_at, True


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
