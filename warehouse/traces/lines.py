"""The lines of a file of traces: how the engine can read them, and those that no engine could.

A plain text file (UTF-8, no NUL, no line over the limit) is read as it lies there, by all threads. Of any other,
and of a gzipped one, copies of some lines each are made, in which a line that is set aside is empty, so that the
others keep their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from warehouse.opened_files import GZIP, LONGEST_RECORD, UNREADABLE, UTF_16, Refused, blocks, first_bytes, opened
from warehouse.reading import quoted

_LOT = 128 << 20  # bytes of a copy: enough work for two threads, little on the disk
_SHOWN = 2000  # bytes of a line that is set aside
_NO_SIGN = "'\x01'"  # never in JSON: a control character


@dataclass(frozen=True)
class Lot:
    """Lines that follow each other: a query for the good ones (`line`, in their order), and those set aside.

    Of these the number from 1 in the file, why, and the line's beginning. `before` is how many lines of the file
    come before, `count` how many are here, the ones set aside among them; empty lines do not count. `copy` is a
    passing file.
    """

    query: str
    before: int
    count: int
    set_aside: tuple[tuple[int, str, str], ...] = ()
    copy: Path | None = None


class _NotPlain(Exception):
    """The engine would not read this file as it is meant."""


def lots_of(path: Path, folder: Path) -> Iterator[Lot]:
    """Look at every line once. Raises Refused for what is no text or cannot be read to its end."""
    first = first_bytes(path)
    if not first.startswith((GZIP, *UTF_16)):
        try:
            with opened(path) as stream:
                count = sum(_plain(block) for block in blocks(stream))
            if count:
                yield Lot(_query(path), 0, count)
                return
        except _NotPlain:
            pass
    yield from _copies(path, folder)


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


def _copies(path: Path, folder: Path) -> Iterator[Lot]:
    before = 0
    with opened(path) as stream:
        waiting = blocks(stream)
        while lot := _copied(waiting, folder / f"lines-{before}.jsonl", before):
            yield lot
            before += lot.count
    if not before:
        raise Refused(UNREADABLE, "the file is empty")


def _copied(waiting: Iterator[bytes], copy: Path, before: int) -> Lot | None:
    """The next lot of the blocks, None after the last."""
    count = 0
    set_aside: list[tuple[int, str, str]] = []
    with copy.open("wb") as written:
        for block in waiting:
            try:
                count += _plain(block)
                written.write(block if block.endswith(b"\n") else block + b"\n")
            except _NotPlain:
                for line in _stripped(block):
                    count += 1
                    trouble = _trouble(line)
                    if trouble:
                        set_aside.append((before + count, trouble, _beginning(line)))
                    written.write(b"null\n" if trouble else line + b"\n")
            if written.tell() >= _LOT:
                break
    return Lot(_query(copy), before, count, tuple(set_aside), copy) if count else None


def _stripped(block: bytes) -> Iterator[bytes]:
    """Every line that is not blank, without what stands around it."""
    return (stripped for line in block.split(b"\n") if (stripped := line.strip()))


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


def _query(path: Path) -> str:
    return (
        f"(SELECT line FROM read_csv({quoted(str(path))}, columns = {{'line': 'VARCHAR'}}, delim = {_NO_SIGN}, "
        "quote = '', escape = '', header = false, auto_detect = false, null_padding = false, "
        f"max_line_size = {LONGEST_RECORD + 2}, buffer_size = {2 * (LONGEST_RECORD + 2)}, compression = 'none'))"
    )
