"""The lines of a file of traces, unpacked and looked at once, in lots that the engine reads from memory.

A line that no engine could read is set aside; an empty record stands in its place, so that the others keep their
numbers. Lines are handed over in batches of a few megabytes: what the engine takes apart then stays in the
processor's cache, which is worth a third of its time.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from warehouse.opened_files import LONGEST_RECORD, UNREADABLE, Refused, blocks, opened

_LOT = 64 << 20  # bytes: enough work for two threads, little memory
_BATCH = 3 << 20  # bytes
_SHOWN = 2000  # bytes of a line that is set aside
_NOTHING = b"null\n"
_TEXT = pa.schema([pa.field("line", pa.string())])


@dataclass(frozen=True)
class Lot:
    """Lines that follow each other: how many come before in the file, how many are here, which are set aside.

    Of these the number from 1 in the file, why, and the line's beginning. They are counted; empty lines are not.
    """

    before: int
    count: int
    set_aside: tuple[tuple[int, str, str], ...] = ()


@dataclass(frozen=True)
class _Block:
    """Some whole lines: their text, where each ends, and what is wrong: (place from 1, why, beginning)."""

    text: bytes
    ends: list[int]
    set_aside: list[tuple[int, str, str]]


def lots_of(path: Path) -> Iterator[tuple[Lot, pa.Table]]:
    """Look at every line once: lots, each with its lines (`line`, with its line end, in their order).

    Raises Refused for what is no text or cannot be read to its end.
    """
    before = 0
    with opened(path) as stream:
        waiting = map(_looked_at, blocks(stream))
        while found := _lot(waiting, before):
            yield found
            before += found[0].count
    if not before:
        raise Refused(UNREADABLE, "the file is empty")


def _lot(waiting: Iterator[_Block], before: int) -> tuple[Lot, pa.Table] | None:
    """The next lot of the blocks, None after the last."""
    batches: list[pa.RecordBatch] = []
    set_aside: list[tuple[int, str, str]] = []
    held: list[_Block] = []
    size = pending = count = 0
    for block in waiting:
        set_aside += [(before + count + place, why, shown) for place, why, shown in block.set_aside]
        count += len(block.ends)
        held.append(block)
        pending += len(block.text)
        if pending >= _BATCH:
            batches.append(_batch(held))
            size, pending, held = size + pending, 0, []
        if size >= _LOT:
            break
    if pending:
        batches.append(_batch(held))
    return (Lot(before, count, tuple(set_aside)), pa.Table.from_batches(batches, _TEXT)) if count else None


def _batch(held: list[_Block]) -> pa.RecordBatch:
    """The lines of some blocks as one column, which shares the memory of their text."""
    ends = array("i", [0])
    for block in held:
        start = ends[-1]
        ends.extend(start + end for end in block.ends)
    text = b"".join(block.text for block in held)
    column = pa.Array.from_buffers(pa.string(), len(ends) - 1, [None, pa.py_buffer(ends), pa.py_buffer(text)])
    return pa.record_batch([column], schema=_TEXT)


def _looked_at(block: bytes) -> _Block:
    """A block as it is if every line of it can be read, else line by line."""
    ends = _ends(block) if _is_plain(block) else None
    return _mended(block) if ends is None else _Block(block, ends, [])


def _is_plain(block: bytes) -> bool:
    """Whether a block is UTF-8 without the characters that no JSON may hold, and no longer than a line may be."""
    if b"\x00" in block or b"\r" in block or b"\x01" in block or len(block) > LONGEST_RECORD:
        return False
    if not block.isascii():
        try:
            block.decode("utf-8")
        except UnicodeDecodeError:
            return False
    return True


def _ends(block: bytes) -> list[int] | None:
    """Where each line ends; None when one is empty or begins with white space."""
    ends = []
    place = 0
    while place < len(block):
        if block[place] <= 32:
            return None
        place = block.find(b"\n", place) + 1 or len(block)
        ends.append(place)
    return ends


def _mended(block: bytes) -> _Block:
    """Every line that is not blank, without what stands around it; nothing in place of one that is set aside."""
    lines: list[bytes] = []
    set_aside = []
    for line in filter(None, (line.strip() for line in block.split(b"\n"))):
        trouble = _trouble(line)
        lines.append(_NOTHING if trouble else line + b"\n")
        if trouble:
            set_aside.append((len(lines), trouble, _beginning(line)))
    ends, place = [], 0
    for line in lines:
        place += len(line)
        ends.append(place)
    return _Block(b"".join(lines), ends, set_aside)


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
