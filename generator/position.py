"""Where a feed stands, kept beside its files: a small file that is replaced atomically, and who called lately."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from generator.callers import RecentCalls
from warehouse.errors import MissingDataError

_STATE = ".feed.json"
_VERSION = 1
_RECENT = ("topic", "member", "day", "agent")


@dataclass(frozen=True)
class Position:
    """Written: all before `day`, and of `day` the seconds up to `second` (-1: none yet); `pending`: being written.

    `origin` is the last day before the feed, `numbers` are the first running numbers of `day` by source, `members`
    the files of the members that the feed draws from, with their fingerprints.
    """

    profile: str
    seed: int
    origin: date
    day: date
    numbers: dict[str, int]
    members: dict[str, str]
    second: int = -1
    pending: int | None = None


def fingerprints(source: Path, files: list[Path]) -> dict[str, str]:
    """Names of files in a folder and the SHA-256 of each."""
    found = {}
    for path in files:
        with path.open("rb") as stream:
            found[path.relative_to(source).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def read_position(folder: Path) -> Position | None:
    """The kept position, None when there is none. Raises MissingDataError when it cannot be understood."""
    path = folder / _STATE
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = found.pop("version")
        found |= {key: date.fromisoformat(found[key]) for key in ("origin", "day")}
        position = Position(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(path) from error
    if version != _VERSION:
        raise _unreadable(path)
    return position


def write_position(folder: Path, position: Position) -> None:
    """Keep a position in place of the one before."""
    content = {"version": _VERSION, **asdict(position)}
    part = folder / f"{_STATE}.new"
    part.write_text(json.dumps(content, default=date.isoformat, indent=1) + "\n", encoding="utf-8")
    rename_durably(part, folder / _STATE)


def read_recent(folder: Path, day: date) -> RecentCalls:
    """The calls that the day `day` has to know. Raises MissingDataError when they are gone."""
    path = _recent_file(folder, day)
    try:
        with np.load(path) as found:
            return RecentCalls(*(found[name].astype(np.int64) for name in _RECENT))
    except (OSError, ValueError, KeyError) as error:
        raise _unreadable(path) from error


def write_recent(folder: Path, day: date, recent: RecentCalls) -> None:
    """Keep them."""
    path = _recent_file(folder, day)
    part = path.with_name(f"{path.name}.new")
    with part.open("wb") as stream:
        np.savez(stream, **{name: getattr(recent, name).astype(np.int32) for name in _RECENT})
    rename_durably(part, path)


def forget_recent(folder: Path, day: date) -> None:
    """Remove what an earlier day had to know."""
    _recent_file(folder, day).unlink(missing_ok=True)


def _recent_file(folder: Path, day: date) -> Path:
    return folder / f".callers-{day:%Y%m%d}.npz"


def _unreadable(path: Path) -> MissingDataError:
    return MissingDataError(
        "The feed cannot tell where it stopped.",
        where=str(path),
        next_step="Remove .feed.json there; the feed then goes on with the day after the last one in the folder.",
    )


def rename_durably(part: Path, path: Path) -> None:
    """Give a whole file its name, so that neither a kill nor a power cut leaves half of it."""
    with part.open("rb") as stream:
        os.fsync(stream.fileno())
    os.replace(part, path)
    with suppress(OSError):  # some file systems have no folders to flush
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
