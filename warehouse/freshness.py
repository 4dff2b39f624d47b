"""How fresh the served snapshot is, and whether a newer one is being built."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from warehouse.snapshots import LOCK, Snapshot, current

_KERNEL_LOCKS = Path("/proc/locks")


@dataclass(frozen=True)
class Freshness:
    """The served snapshot and its age in seconds. Times are ISO; `latest_event` is that of the data itself."""

    snapshot: str
    as_of: str
    created_at: str
    latest_event: str | None
    age_seconds: float
    state: Literal["fresh", "stale"]
    building: bool


def freshness(warehouse: Path, *, now: datetime, stale_after_minutes: float) -> Freshness:
    """Look at the pointer and the lock of a warehouse. `now` has a time zone.

    Raises MissingDataError (exit 4) when no snapshot is served.
    """
    facts = served_facts(current(warehouse))
    age = max((now - datetime.fromisoformat(facts["created_at"])).total_seconds(), 0.0)
    state: Literal["fresh", "stale"] = "stale" if age > 60 * stale_after_minutes else "fresh"
    return Freshness(**facts, age_seconds=round(age, 1), state=state, building=is_building(warehouse))


def served_facts(snapshot: Snapshot) -> dict[str, Any]:
    """What is told of a snapshot: snapshot, as_of, created_at, latest_event."""
    told = {name: snapshot.manifest.get(name) for name in ("as_of", "created_at", "latest_event")}
    return {"snapshot": snapshot.id, **told}


def is_building(warehouse: Path) -> bool:
    """Whether somebody holds the build's lock; on Linux without touching it, so no build is ever turned away."""
    try:
        lock = (warehouse / LOCK).open("rb")
    except OSError:
        return False
    with lock:
        if _KERNEL_LOCKS.exists():
            return _listed(os.fstat(lock.fileno()))
        return _taken(lock.fileno())


def _listed(file: os.stat_result) -> bool:
    """Whether the kernel's list has a lock on this file: `12: FLOCK ADVISORY WRITE 4711 fe:00:2156544 0 EOF`."""
    place = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    lines = _KERNEL_LOCKS.read_text(encoding="ascii", errors="replace").splitlines()
    return any(place in (words := line.split()) and "FLOCK" in words for line in lines)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
