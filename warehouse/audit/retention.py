"""How long the trail is kept: whole old files go, and a record and a sealed tombstone stay for them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from pathlib import Path

from warehouse.audit import chain
from warehouse.audit.chain import Tombstone
from warehouse.audit.reading import records_in


@dataclass(frozen=True)
class Pruned:
    """Which files went, with how many records, up to which record."""

    files: tuple[str, ...]
    records: int
    through: int

    def remove(self, folder: Path, tombstone: bytes) -> None:
        """Put the tombstone in place, then remove the files, the oldest first."""
        draft = folder / f"{chain.PRUNED}.draft"
        draft.touch(mode=0o600)
        draft.write_bytes(tombstone)
        draft.replace(folder / chain.PRUNED)
        for name in self.files:
            (folder / name).unlink(missing_ok=True)


def due(folder: Path, keep_days: int) -> list[str]:
    """The files whose records are all older than so many days, the oldest first; never the last file."""
    before = (datetime.now(UTC).date() - timedelta(days=keep_days)).isoformat()
    closed = chain.files_in(folder)[:-1]
    return list(takewhile(lambda name: chain.day_of(name) < before and _last_day(folder / name) < before, closed))


def leave_out(folder: Path, key: bytes, names: list[str]) -> tuple[Pruned, Tombstone]:
    """What pruning these files leaves out, and its tombstone.

    The first record after them seals in the last one of them, so that nothing else can be put in their place.
    """
    every = chain.files_in(folder)
    following = every[every.index(names[-1]) + 1]
    through = chain.first_of(following) - 1
    last = _last_seal(folder / names[-1])
    records = through - chain.first_of(names[0]) + 1
    return Pruned(tuple(names), records, through), Tombstone(through, last)


def _last_day(file: Path) -> str:
    """The day (ISO) of a file's last record; without a readable one, a day that is never old."""
    last = deque(records_in(file), maxlen=1)
    return str(last[0]["at"])[:10] if last else "9999-12-31"


def _last_seal(file: Path) -> str:
    lines = file.read_bytes().split(b"\n")
    return lines[-2][:64].decode("ascii") if len(lines) > 1 else chain.FIRST
