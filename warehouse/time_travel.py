"""Kept snapshots: find the one that a person means, list them, serve an earlier one again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from warehouse.audit import AuditLog
from warehouse.errors import CommandCenterError, MissingDataError, UsageError
from warehouse.settings import BuildSettings
from warehouse.snapshots import (
    CURRENT,
    SNAPSHOTS,
    Snapshot,
    build_lock,
    current,
    history,
    point_to,
    read_snapshot,
)

_SHOWN = 10  # ids in a message
_A_DAY = re.compile(r"\d{4}(-\d\d-\d\d|\d{4})")


@dataclass(frozen=True)
class KeptSnapshot:
    """One line of the list. Sizes in bytes; `shared_bytes` of them belong to other kept snapshots too.

    `source_rows` were taken up to it; `new_files` and `new_rows` came with it: None when its parent,
    which they are compared with, is no longer kept.
    """

    id: str
    created_at: str
    as_of: date
    served: bool
    parent: str | None
    source_rows: int
    new_files: int | None
    new_rows: int | None
    bytes: int
    shared_bytes: int


@dataclass(frozen=True)
class Restored:
    """What serving an earlier snapshot changed. `later_files` were taken after it and are not in it."""

    before: str
    after: Snapshot
    later_files: int


def find_kept(warehouse: Path, wanted: str, settings: BuildSettings) -> Snapshot:
    """A kept snapshot by its id, the beginning of it, or its as-of day (the newest of that day).

    Raises MissingDataError (exit 4) with the kept ids and the retention when there is none, UsageError (exit 2)
    when several begin so.
    """
    text = wanted.strip().lower()
    folders = sorted(f.name for f in (warehouse / SNAPSHOTS).glob("*") if f.is_dir())
    if not folders:
        current(warehouse)  # says that there is no warehouse
    if text in folders:
        return read_snapshot(warehouse, text)
    day = _day(text)
    if day is not None:
        return _newest_of(day, warehouse, settings)
    alike = [name for name in folders if text and name.startswith(text)]
    if len(alike) > 1:
        raise UsageError(
            f"Several kept snapshots begin with {wanted!r}.",
            where="--snapshot",
            next_step=f"Say more of the id: {_some(alike)}.",
        )
    if not alike:
        nearest = get_close_matches(text, folders, n=1)
        raise _not_kept(repr(wanted), nearest, folders, warehouse, settings)
    return read_snapshot(warehouse, alike[0])


def _newest_of(day: date, warehouse: Path, settings: BuildSettings) -> Snapshot:
    known = history(warehouse)
    found = next((snapshot for snapshot in known if snapshot.as_of == day), None)
    if found is None:
        nearest = sorted(known, key=lambda snapshot: abs(snapshot.as_of - day))[:1]
        raise _not_kept(
            f"as of {day}",
            [f"{s.id} (as of {s.as_of})" for s in nearest],
            [snapshot.id for snapshot in known],
            warehouse,
            settings,
        )
    return found


def _not_kept(
    what: str, nearest: list[str], known: list[str], warehouse: Path, settings: BuildSettings
) -> MissingDataError:
    meant = f"Did you mean {nearest[0]}? " if nearest else ""
    return MissingDataError(
        f"The snapshot {what} is not kept.",
        where=str(warehouse),
        next_step=f"{meant}Kept are {_some(known)}; how many is set by build.keep_snapshots "
        f"({settings.keep_snapshots}) and build.keep_days ({settings.keep_days}).",
    )


def _some(names: list[str]) -> str:
    left = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {left} more (`command-center snapshots`)" if left > 0 else "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _A_DAY.fullmatch(text) else None
    except ValueError:
        return None


def kept_snapshots(warehouse: Path) -> list[KeptSnapshot]:
    """The kept snapshots, the newest first. Raises MissingDataError (exit 4) when there are none."""
    found = history(warehouse)
    if not found:
        current(warehouse)
    served = _served(warehouse)
    by_id = {snapshot.id: snapshot for snapshot in found}
    uses = Counter(name for snapshot in found for name in _segment_files(snapshot))
    return [_line(snapshot, by_id, served, uses) for snapshot in found]


def _line(snapshot: Snapshot, by_id: Mapping[str, Snapshot], served: str, uses: Mapping[str, int]) -> KeptSnapshot:
    manifest = snapshot.manifest
    parent = manifest.get("parent")
    new = new_sources(by_id.get(parent) if parent else None, snapshot) if not parent or parent in by_id else None
    sizes = {name: _size(snapshot.segments_folder / name) for name in _segment_files(snapshot)}
    own = sum(_size(file) for file in snapshot.gold_path.parent.glob("*"))
    return KeptSnapshot(
        id=snapshot.id,
        created_at=manifest["created_at"],
        as_of=snapshot.as_of,
        served=snapshot.id == served,
        parent=parent,
        source_rows=sum(source["rows"] for source in manifest["sources"]),
        new_files=None if new is None else len(new),
        new_rows=None if new is None else sum(source["rows"] for source in new),
        bytes=own + sum(sizes.values()),
        shared_bytes=sum(size for name, size in sizes.items() if uses[name] > 1),
    )


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # a build has just removed it
        return 0


def new_sources(older: Snapshot | None, newer: Snapshot) -> list[dict[str, Any]]:
    """The source files of a snapshot that an older one (None: nothing) had not taken, by content."""
    taken = {_content(source) for source in older.manifest["sources"]} if older else set()
    return [source for source in newer.manifest["sources"] if _content(source) not in taken]


def _content(source: Mapping[str, Any]) -> tuple[str, str]:
    return source["table"], source["sha256"]


def _segment_files(snapshot: Snapshot) -> set[str]:
    return {segment.file(part) for segment in snapshot.segments for part in segment.parts}


def _served(warehouse: Path) -> str:
    try:
        return (warehouse / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def restore(warehouse: Path, wanted: str, settings: BuildSettings, audit: AuditLog, user: str) -> Restored:
    """Serve a kept snapshot again, under the lock of the one writer; the audit trail says who did it.

    Raises what `find_kept` raises, MissingDataError (exit 4) when a build is running, DeniedError (exit 3) when
    the audit record cannot be written; then nothing changes.
    """
    with build_lock(warehouse):
        chosen = find_kept(warehouse, wanted, settings)
        before = _served(warehouse)
        if chosen.id != before:
            audit.append({"event": "snapshot_served", "user": user, "snapshot": chosen.id, "before": before})
            point_to(warehouse, chosen.id)
    return Restored(before, chosen, _later_files(warehouse, before, chosen))


def _later_files(warehouse: Path, before: str, chosen: Snapshot) -> int:
    try:
        return len(new_sources(chosen, read_snapshot(warehouse, before)))
    except CommandCenterError:  # what was served is damaged: that may be why an earlier one is wanted
        return 0
