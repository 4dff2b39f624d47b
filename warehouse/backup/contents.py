"""What a backup holds: which files of the `var` folder, and their list with sizes and digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from warehouse.state_file import BOUND
from warehouse.state_move import MOVING

FORMAT = 1
MANIFEST = "manifest.json"
SETTINGS = "settings.toml"
STATE, MODEL, AUDIT = "state", "model", "audit"
SQLITE = b"SQLite format 3\x00"
_MADE_AGAIN = ("search", "outside")
_PASSING = (BOUND, MOVING, f"{BOUND}.draft", f"{MOVING}.draft")
_BLOCK = 1 << 20


def state_files(state: Path) -> Iterator[Path]:
    """Files of the state folder, relative to it, without the audit trail, logs, locks and what is made again.

    Nor the note of where the stores lie: a backup is restored to wherever the settings say then.
    """
    for path in sorted(state.rglob("*")):
        inside = path.relative_to(state)
        if path.is_symlink() or not path.is_file() or inside.parts[0] in (*_MADE_AGAIN, AUDIT):
            continue
        if not _is_passing(path):
            yield inside


def _is_passing(path: Path) -> bool:
    name = path.name
    journal = name.endswith(("-wal", "-shm", "-journal"))
    return journal or name in _PASSING or name.endswith(".lock") or ".log" in name or name.startswith("values-")


def is_database(file: Path) -> bool:
    """Whether it is an SQLite file. Raises OSError."""
    with file.open("rb") as opened:
        return opened.read(len(SQLITE)) == SQLITE


def digest(file: Path) -> str:
    """The sha256 of a file. Raises OSError."""
    found = hashlib.sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
