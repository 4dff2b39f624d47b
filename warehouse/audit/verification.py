"""The check of the trail: every byte of every record, their order, the head, and what was noted elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warehouse.audit import chain
from warehouse.audit.chain import FIRST, Head


@dataclass(frozen=True)
class Verification:
    """What was checked and the first thing that is not as written.

    `records` of them are as written, from the number `first` to `last`, whose seal is `seal`. `bad` is the number
    of the record at which `problem` was found. `notes` are no problems.
    """

    records: int
    first: int
    last: int
    seal: str
    files: int
    pruned_through: int
    problem: str = ""
    bad: int = 0
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether everything is as written."""
        return not self.problem


class _NotAsWrittenError(Exception):
    def __init__(self, number: int, what: str) -> None:
        self.number, self.what = number, what
        super().__init__(what)


def verification(
    folder: Path,
    key: bytes,
    head: Head | None,
    sizes: Mapping[str, int],
    anchors: Iterable[tuple[int, str]],
) -> Verification:
    """Check the files of these sizes against each other, the head and the anchors."""
    noted = dict(anchors)
    walk = _Walk(key, noted, {*noted, head.number if head else 0})
    problem, bad = "", 0
    try:
        walk.start_after(folder)
        for name in sorted(sizes):
            walk.file(folder / name, sizes[name])
        walk.end(head)
    except _NotAsWrittenError as found:
        problem, bad = found.what, found.number
    return Verification(
        records=walk.number - walk.pruned,
        first=walk.pruned + 1 if walk.number > walk.pruned else 0,
        last=walk.number,
        seal=walk.seal,
        files=walk.files,
        pruned_through=walk.pruned,
        problem=problem,
        bad=bad,
        notes=(*walk.notes, *_open_to_others(folder)),
    )


class _Walk:
    """Goes along the chain; `number` and `seal` are those of the last record that is as written."""

    def __init__(self, key: bytes, anchors: dict[int, str], wanted: set[int]) -> None:
        self._key = key
        self._anchors = anchors
        self._wanted = wanted
        self._left = b""
        self._day = ""
        self._seals: dict[int, str] = {}
        self._stones: set[tuple[int, str]] = set()
        self._repaired = 0
        self.pruned = self.number = self.files = 0
        self.seal = FIRST
        self.notes: list[str] = []

    def start_after(self, folder: Path) -> None:
        """Begin after what was pruned."""
        try:
            stone = chain.tombstone_in(folder, self._key)
        except (ValueError, OSError):
            raise _NotAsWrittenError(1, f"the file {chain.PRUNED} was changed") from None
        if stone:
            self.pruned = self.number = stone.through
            self.seal = stone.seal
        self._seals[self.number] = self.seal

    def file(self, file: Path, size: int) -> None:
        """The records of one file."""
        first = chain.first_of(file.name)
        if first <= self.pruned:
            self.notes.append(f"{file.name} was pruned and is still there; the next prune removes it")
            return
        self._leave_nothing()
        if first != self.number + 1:
            raise self._bad(f"it should begin a file, and {file.name} is the next")
        self.files += 1
        with file.open("rb") as stream:
            started = self.number
            for raw in stream:
                size -= len(raw)
                self._line(raw[: len(raw) + size] if size < 0 else raw)
                if self.number == started + 1 and self._day != chain.day_of(file.name):
                    raise self._bad(f"the file {file.name} carries another day", self.number)
                if size <= 0:
                    break
        if size > 0:
            raise self._bad(f"{file.name} became shorter while it was read")

    def end(self, head: Head | None) -> None:
        """What the head and others know of the end."""
        if self._left and not self._left.endswith(b"\n"):
            self.notes.append(f"{len(self._left)} bytes of an interrupted write; the next record will say so")
        else:
            self._leave_nothing()
        if head is None:
            raise self._bad("the head is missing or was changed, so records may be missing", self.number)
        if head.number > self.number:
            more = head.number - self.number - 1
            raise self._bad(f"it and {more:,} after it are missing" if more else "it is missing")
        if head.number >= self.pruned and self._seals[head.number] != head.seal:
            raise self._bad("the head is another trail's", head.number)
        if head.number < self.number:
            self.notes.append(f"{self.number - head.number} last records are ahead of the head (a killed process)")
        if self._repaired:
            self.notes.append(f"{self._repaired} interrupted writes are accounted for")
        if self.pruned and (self.pruned, self._seals[self.pruned]) not in self._stones:
            raise self._bad(f"no record says that those up to {self.pruned} were pruned", self.pruned + 1)
        self._hold_against_anchors()

    def _hold_against_anchors(self) -> None:
        for number, noted in sorted(self._anchors.items()):
            if number > self.pruned and not (noted and self._seals.get(number, "").startswith(noted)):
                what = "is missing" if number > self.number else "was another"
                raise self._bad(
                    f"when it was noted elsewhere it {what}: this is an older or another trail", number
                )

    def _line(self, raw: bytes) -> None:
        made = chain.seal_of(self._key, self.seal, raw[:-1]) if raw.endswith(b"\n") else None
        if made is None:
            if raw == b"\n" or not chain.is_cut_off(raw.rstrip(b"\n"), self.number + 1):
                raise self._bad("it is not as written")
            self._left += raw
            return
        record = chain.record_of(raw)
        self._accept(record)
        self.number, self.seal = self.number + 1, made
        if self.number in self._wanted:
            self._seals[self.number] = made

    def _accept(self, record: dict[str, Any]) -> None:
        event = record.get("event")
        if record["id"] != self.number + 1:
            raise self._bad("it carries another number")
        left, self._left = self._left[:-1], b""
        said = int(record["bytes"]) if event == "repaired" else 0
        if said != len(left) or (left and record["sha256"] != hashlib.sha256(left).hexdigest()):
            raise self._bad("bytes before it are no record, or are missing")
        self._repaired += event == "repaired"
        if event == "resumed":
            raise self._bad(f"the trail was found changed and went on after it: {record['reason']}")
        if event == "taken_over" and record["bad"]:
            raise self._bad("the trail that it took over was changed", record["bad"])
        if event == "pruned":
            self._stones.add((record["through"], record["seal"]))
        self._day = str(record["at"])[:10]

    def _leave_nothing(self) -> None:
        if self._left:
            raise self._bad("it is not as written")

    def _bad(self, what: str, number: int = 0) -> _NotAsWrittenError:
        number = number or self.number + 1
        return _NotAsWrittenError(number, f"Record {number}: {what}.")


def _open_to_others(folder: Path) -> list[str]:
    names = [entry.name for entry in sorted(folder.iterdir()) if entry.stat().st_mode & 0o077]
    return [f"others than the owner can open {', '.join(names)}"] if names else []
