"""What awaits a data owner's verdict: entries that questions suggested, each decision kept as an event.

An entry is proposed, perhaps many times over, then accepted or rejected by a data engineer; either can be taken
back. What acceptance means (a synonym, a verified query written beside the model) is up to whoever proposes.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args

from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal, Role
from warehouse.state_file import open_state

State = Literal["open", "accepted", "rejected"]
Action = Literal["proposed", "accept", "reject", "undo"]
REVIEWER: Role = "data_engineer"
REVIEWS = "reviews.db"
_AFTER: dict[Action, State] = {"accept": "accepted", "reject": "rejected", "undo": "open"}
_ALLOWED: dict[State, tuple[Action, ...]] = {
    "open": ("accept", "reject"),
    "accepted": ("undo",),
    "rejected": ("accept", "undo"),
}
_DIGITS = 8
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
    times INTEGER NOT NULL, first_seen TEXT NOT NULL, last_seen TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, "user" TEXT NOT NULL, role TEXT NOT NULL,
    action TEXT NOT NULL, entry TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL);
"""
_COLUMNS = "id, kind, key, payload, state, times, first_seen, last_seen"


@dataclass(frozen=True)
class Entry:
    """One entry: what it is about (`key` within its `kind`), how often it was proposed, how it stands."""

    id: str
    kind: str
    key: str
    payload: Mapping[str, Any]
    state: State
    times: int
    first_seen: str
    last_seen: str


@dataclass(frozen=True)
class ReviewEvent:
    """A decision, or the first proposal, of an entry: when, by whom, what."""

    at: str
    user: str
    role: str
    action: str
    entry: str
    detail: str


class ReviewStore:
    """One store of operational state; safe for several threads and processes."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(file, _SCHEMA)

    def propose(
        self, kind: str, key: str, payload: Mapping[str, Any], by: Principal, at: datetime, detail: str = ""
    ) -> Entry:
        """Add an entry, or count one that is known; a decided one stays decided. The first payload stays."""
        name, moment = entry_id(kind, key), at.isoformat(timespec="seconds")
        with self._lock, self._connection:
            known = self._connection.execute(
                "UPDATE entries SET times = times + 1, last_seen = ? WHERE id = ?", (moment, name)
            )
            if not known.rowcount:
                row = (name, kind, key, json.dumps(payload, sort_keys=True), "open", 1, moment, moment)
                self._connection.execute(f"INSERT INTO entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
                self._note(moment, by, "proposed", name, kind, detail)
        return self.find(kind, name)

    def entries(self, kind: str, state: State | None = None) -> list[Entry]:
        """Entries of a kind, the most often proposed first."""
        with self._lock:
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM entries WHERE kind = ? AND (? IS NULL OR state = ?) "
                "ORDER BY times DESC, last_seen DESC, key",
                (kind, state, state),
            ).fetchall()
        return [_entry(row) for row in rows]

    def find(self, kind: str, name: str) -> Entry:
        """An entry by its id or the beginning of it. Raises UsageError when none or several fit."""
        found = [entry for entry in self.entries(kind) if name and entry.id.startswith(name.lower())]
        if len(found) == 1:
            return found[0]
        what = "Several entries begin" if found else "No entry begins"
        raise UsageError(
            f"{what} with {name[:20]!r}.", where=kind.replace("_", " "), next_step="Take an id from the list."
        )

    def decide(
        self,
        kind: str,
        name: str,
        action: Action,
        by: Principal,
        at: datetime,
        detail: str = "",
        *,
        allowed: Callable[[Principal], None] | None = None,
    ) -> Entry:
        """Accept, reject or take back. Raises DeniedError for other roles, UsageError where it stands so.

        `allowed` raises for who may not decide; without it that is who `require_reviewer` turns away.
        """
        (allowed or require_reviewer)(by)
        entry = self.find(kind, name)
        if action not in _ALLOWED[entry.state]:
            raise UsageError(
                f"The entry {entry.id} is {entry.state}: it cannot be {_PAST[action]}.",
                where=kind.replace("_", " "),
                next_step=f"It can be {' or '.join(_PAST[known] for known in _ALLOWED[entry.state])}.",
            )
        with self._lock, self._connection:
            changed = self._connection.execute(
                "UPDATE entries SET state = ? WHERE id = ? AND state = ?",
                (_AFTER[action], entry.id, entry.state),
            )
            if changed.rowcount:
                self._note(at.isoformat(timespec="seconds"), by, action, entry.id, kind, detail)
        return self.find(kind, entry.id)

    def events(self, kind: str, entry: str = "") -> list[ReviewEvent]:
        """What happened to the entries of a kind, the latest first."""
        with self._lock:
            rows = self._connection.execute(
                'SELECT at, "user", role, action, entry, detail FROM events '
                "WHERE kind = ? AND (? = '' OR entry = ?) ORDER BY number DESC",
                (kind, entry, entry),
            ).fetchall()
        return [ReviewEvent(*row) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _note(self, at: str, by: Principal, action: Action, entry: str, kind: str, detail: str) -> None:
        self._connection.execute(
            'INSERT INTO events (at, "user", role, action, entry, kind, detail) VALUES (?, ?, ?, ?, ?, ?, ?)',
            (at, by.user, by.role, action, entry, kind, detail),
        )


_PAST: dict[Action, str] = {
    "proposed": "proposed",
    "accept": "accepted",
    "reject": "rejected",
    "undo": "taken back",
}


def entry_id(kind: str, key: str) -> str:
    """Eight hex characters of what an entry is about."""
    return hashlib.sha256(f"{kind}\x00{key}".encode()).hexdigest()[:_DIGITS]


def require_reviewer(by: Principal) -> None:
    """Raises DeniedError (exit 3) unless a data engineer asks: they answer for the model's words."""
    if by.role != REVIEWER:
        raise DeniedError(
            "Only a data engineer decides what the model understands.",
            code="not_a_reviewer",
            where=by.role,
            next_step=f"Ask with --role {REVIEWER}.",
        )


def _entry(row: tuple[Any, ...]) -> Entry:
    name, kind, key, payload, state, times, first, last = row
    found = next(known for known in get_args(State) if known == state)
    return Entry(name, kind, key, json.loads(payload), found, times, first, last)
