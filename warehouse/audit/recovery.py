"""Where the trail goes on when it does not end where its head says: a killed process, a full disk, a hand.

Records that were written whole before a process was killed are taken as they are. Bytes that a write left
unfinished are covered by a record that says so. Anything else goes on in a file of its own with the record
`resumed`, and the check of the trail reports it from then on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from warehouse.audit import chain
from warehouse.audit.chain import FIRST, NO_FILE, Head
from warehouse.errors import DeniedError


@dataclass(frozen=True)
class Recovered:
    """The trail's end, and the record to write there before anything else, if any.

    `own_file` says that the record begins a new file.
    """

    head: Head
    note: dict[str, Any] | None = None
    own_file: bool = False


def recovered(folder: Path, key: bytes, head: Head | None, seen: Head) -> Recovered:
    """The end of a trail whose head is `head` (None: missing or changed); this process had `seen` an end before.

    Raises DeniedError (audit_unavailable) when no record fits the key.
    """
    if head is None:
        last = _last_that_fits(folder, key)
        return _resumed(max(last, seen, key=lambda h: h.number), "the head was missing or changed")
    if head.number < seen.number:
        return _resumed(seen, "the trail ended earlier than before")
    if head.file != NO_FILE and _size(folder / head.file) < head.size:
        return _resumed(head, "a file was missing or shorter than before")
    return _rolled_forward(folder, key, head)


def _resumed(head: Head, reason: str) -> Recovered:
    return Recovered(head, {"event": "resumed", "reason": reason, "after": head.number}, own_file=True)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return -1


def _rolled_forward(folder: Path, key: bytes, head: Head) -> Recovered:
    later = [name for name in chain.files_in(folder) if name > head.file or head.file == NO_FILE]
    names = ([] if head.file == NO_FILE else [head.file]) + later
    for name in names:
        start = head.size if name == head.file else 0
        head = replace(head, file=name, size=start)
        rest = (folder / name).read_bytes()[start:]
        for raw in rest.splitlines(keepends=True):
            made = chain.seal_of(key, head.seal, raw[:-1]) if raw.endswith(b"\n") else None
            if made is None:
                return _after_bytes(folder, key, head, last=name == names[-1])
            head = Head(head.number + 1, made, name, head.size + len(raw))
    return Recovered(head)


def _after_bytes(folder: Path, key: bytes, head: Head, *, last: bool) -> Recovered:
    left = (folder / head.file).read_bytes()[head.size :]
    made = chain.seal_of(key, head.seal, left) if last else None
    if made:  # only the line's end is missing
        return Recovered(Head(head.number + 1, made, head.file, head.size + len(left)), chain.fragment(b""))
    if last and not left.endswith(b"\n") and all(chain.is_cut_off(r, head.number + 1) for r in left.split(b"\n")):
        return Recovered(head, chain.fragment(left))
    return _resumed(head, "bytes that are no record")


def _last_that_fits(folder: Path, key: bytes) -> Head:
    names = chain.files_in(folder)
    for name in reversed(names):
        for head in _ends(folder, key, name, names):
            return head
    if names:
        raise DeniedError(
            "The key of the audit trail does not fit its records, so nothing runs.",
            code="audit_unavailable",
            where=str(folder / chain.KEY),
            next_step="Put the right key back, or move the folder away to begin a new trail.",
        )
    return chain.NOTHING


def _ends(folder: Path, key: bytes, name: str, names: list[str]) -> Iterator[Head]:
    """Where records of a file end that fit the line before them, the last one first."""
    whole = (folder / name).read_bytes()
    lines = whole.split(b"\n")[:-1]
    end = len(whole) - len(whole.rpartition(b"\n")[2])
    for index in range(len(lines) - 1, -1, -1):
        before = (
            lines[index - 1][:64].decode("ascii", "replace") if index else _seal_before(folder, key, name, names)
        )
        made = chain.seal_of(key, before, lines[index])
        if made:
            yield Head(int(chain.record_of(lines[index])["id"]), made, name, end)
        end -= len(lines[index]) + 1


def _seal_before(folder: Path, key: bytes, name: str, names: list[str]) -> str:
    earlier = names[: names.index(name)]
    if earlier:
        lines = (folder / earlier[-1]).read_bytes().split(b"\n")
        return lines[-2][:64].decode("ascii", "replace") if len(lines) > 1 else FIRST
    try:
        stone = chain.tombstone_in(folder, key)
    except ValueError:
        return FIRST
    return stone.seal if stone else FIRST
