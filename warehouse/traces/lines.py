"""The lines of a file of traces: how the engine can read them, and those that no engine could.

A plain file (UTF-8, no NUL, no line over the limit) is read as it lies there. Of any other a mended copy is made,
in which a line that is set aside is empty, so that the others keep their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from warehouse.opened_files import GZIP, LONGEST_RECORD, UNREADABLE, UTF_16, Refused, blocks, first_bytes, opened
from warehouse.reading import quoted

_SHOWN = 2000  # bytes of a line that is set aside
_NO_SIGN = "'\x01'"  # never in JSON: a control character


@dataclass(frozen=True)
class Lines:
    """A query for the good lines (`line`, in their order), and the lines that are set aside.

    Of these the number from 1, why, and the line's beginning. `count` is how many lines that are not empty there
    are, the ones set aside among them.
    """

    query: str
    set_aside: tuple[tuple[int, str, str], ...]
    count: int


class _NotPlain(Exception):
    """The engine would not read this file as it is meant."""


def lines_of(path: Path, folder: Path) -> Lines:
    """Look at every line once. Raises Refused for what is no text or cannot be read to its end."""
    first = first_bytes(path)
    try:
        if first.startswith(UTF_16):
            raise _NotPlain
        with opened(path) as stream:
            count = sum(_plain(block) for block in blocks(stream))
        if not count:
            raise Refused(UNREADABLE, "the file is empty")
        return Lines(_query(path, gzip=first.startswith(GZIP)), (), count)
    except _NotPlain:
        return _mended(path, folder / "lines.jsonl")


def _plain(block: bytes) -> int:
    """How many lines a block has. Raises _NotPlain when it holds one that the engine would not read."""
    if b"\x00" in block or b"\r" in block or b"\x01" in block or len(block) > LONGEST_RECORD:
        raise _NotPlain
    if not block.isascii():
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _NotPlain from error
    lines = block.removesuffix(b"\n").split(b"\n")
    if not all(line[:1] > b" " for line in lines):
        raise _NotPlain
    return len(lines)


def _mended(path: Path, copy: Path) -> Lines:
    set_aside: list[tuple[int, str, str]] = []
    number = 0
    with opened(path) as stream, copy.open("wb") as written:
        for line in _stripped(stream):
            number += 1
            trouble = _trouble(line)
            if trouble:
                set_aside.append((number, trouble, _beginning(line)))
            written.write(b"null\n" if trouble else line + b"\n")
    if not number:
        raise Refused(UNREADABLE, "the file is empty")
    return Lines(_query(copy, gzip=False), tuple(set_aside), number)


def _stripped(stream: IO[bytes]) -> Iterator[bytes]:
    """Every line that is not blank, without what stands around it."""
    for block in blocks(stream):
        yield from (stripped for line in block.split(b"\n") if (stripped := line.strip()))


def _beginning(line: bytes) -> str:
    return line[:_SHOWN].decode("utf-8", "replace").replace("\x00", "\ufffd")


def _trouble(line: bytes) -> str:
    if len(line) > LONGEST_RECORD:
        return "too_large"
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return "broken_json"
    return "broken_json" if b"\x00" in line or b"\x01" in line or b"\r" in line else ""


def _query(path: Path, *, gzip: bool) -> str:
    compression = "gzip" if gzip else "none"
    return (
        f"(SELECT line FROM read_csv({quoted(str(path))}, columns = {{'line': 'VARCHAR'}}, delim = {_NO_SIGN}, "
        "quote = '', escape = '', header = false, auto_detect = false, null_padding = false, "
        f"max_line_size = {LONGEST_RECORD + 2}, compression = '{compression}'))"
    )
