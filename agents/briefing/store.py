"""The briefings that were made, day by day, with their revisions, and what each reader was shown of them.

One store of operational state. A briefing with its issues is written whole or not at all, so a process that is
killed leaves the day as it was, to be made again.
"""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from agents.briefing.lifecycle import Issue, issue_of
from warehouse.state_file import open_state

_SCHEMA = """
CREATE TABLE IF NOT EXISTS briefings (
    day TEXT NOT NULL, revision INTEGER NOT NULL, snapshot TEXT NOT NULL, made_at TEXT NOT NULL,
    digest TEXT NOT NULL, issues TEXT NOT NULL, notes TEXT NOT NULL, PRIMARY KEY (day, revision)
);
CREATE TABLE IF NOT EXISTS checked (day TEXT NOT NULL, snapshot TEXT NOT NULL, PRIMARY KEY (day, snapshot));
CREATE TABLE IF NOT EXISTS sights (
    day TEXT NOT NULL, revision INTEGER NOT NULL, reader TEXT NOT NULL, rights TEXT NOT NULL,
    document BLOB NOT NULL, PRIMARY KEY (day, revision, reader, rights)
);
"""
_COLUMNS = "day, revision, snapshot, made_at, digest, issues, notes"


@dataclass(frozen=True)
class Made:
    """A briefing as it was made, before anybody's sight of it.

    `snapshot` is the data that it was made from. `revision` is 1, and one more for every correction of the same
    day. `notes` say what a reader should know of how it was made (such as missed days), by name.
    """

    day: date
    revision: int
    snapshot: str
    made_at: datetime
    issues: tuple[Issue, ...]
    notes: dict[str, Any]


class BriefingStore:
    """The file of briefings, shared by threads and processes."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(path, _SCHEMA)

    def keep(
        self, day: date, snapshot: str, issues: tuple[Issue, ...], made_at: datetime, notes: dict[str, Any]
    ) -> Made:
        """Keep a day's briefing. What is told already stays: only other issues make a further revision."""
        text = json.dumps([issue.document() for issue in issues], sort_keys=True)
        digest = _digest(text)
        with self._lock, self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            last = connection.execute(
                "SELECT revision, digest FROM briefings WHERE day = ? ORDER BY revision DESC LIMIT 1",
                (day.isoformat(),),
            ).fetchone()
            connection.execute(
                "INSERT INTO checked VALUES (?, ?) ON CONFLICT DO NOTHING", (day.isoformat(), snapshot)
            )
            if last is None or last[1] != digest:
                revision = (last[0] if last else 0) + 1
                made = (day.isoformat(), revision, snapshot, made_at.isoformat(), digest, text, json.dumps(notes))
                connection.execute(f"INSERT INTO briefings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", made)
        kept = self.find(day)
        assert kept is not None
        return kept

    def checked(self, day: date, snapshot: str) -> bool:
        """Whether a day's briefing was made, or found to be the same, from a snapshot."""
        with self._lock, self._connection as connection:
            found = connection.execute(
                "SELECT 1 FROM checked WHERE day = ? AND snapshot = ?", (day.isoformat(), snapshot)
            ).fetchone()
        return found is not None

    def find(self, day: date, revision: int | None = None) -> Made | None:
        """A day's briefing, the last revision unless another is named."""
        return self._one(
            "WHERE day = ? AND (? IS NULL OR revision = ?) ORDER BY revision DESC",
            (day.isoformat(), revision, revision),
        )

    def latest(self) -> Made | None:
        """The last day's briefing."""
        return self._one("ORDER BY day DESC, revision DESC", ())

    def before(self, day: date) -> Made | None:
        """The briefing before a day, as it was last corrected."""
        return self._one("WHERE day < ? ORDER BY day DESC, revision DESC", (day.isoformat(),))

    def days(self) -> list[tuple[date, int]]:
        """Every day that has a briefing, with its last revision, the newest day first."""
        with self._lock, self._connection as connection:
            rows = connection.execute("SELECT day, MAX(revision) FROM briefings GROUP BY day ORDER BY day DESC")
            return [(date.fromisoformat(day), revision) for day, revision in rows]

    def sight(self, made: Made, reader: str, rights: str) -> dict[str, Any] | None:
        """What a reader with these rights was shown of a briefing, if it was put together before."""
        with self._lock, self._connection as connection:
            row = connection.execute(
                "SELECT document FROM sights WHERE day = ? AND revision = ? AND reader = ? AND rights = ?",
                (made.day.isoformat(), made.revision, reader, rights),
            ).fetchone()
        return json.loads(zlib.decompress(row[0])) if row else None

    def keep_sight(self, made: Made, reader: str, rights: str, document: dict[str, Any]) -> dict[str, Any]:
        """Keep what a reader is shown; whoever came first counts, and is what this returns."""
        packed = zlib.compress(json.dumps(document).encode())  # a tenth: there is one for each reader and day
        row = (made.day.isoformat(), made.revision, reader, rights, packed)
        with self._lock, self._connection as connection:
            connection.execute("INSERT INTO sights VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
        return self.sight(made, reader, rights) or document

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _one(self, rest: str, values: tuple[str | int | None, ...]) -> Made | None:
        with self._lock, self._connection as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM briefings {rest} LIMIT 1", values).fetchone()
        return _made(row) if row else None


def _made(row: tuple[Any, ...]) -> Made:
    day, revision, snapshot, made_at, _, issues, notes = row
    return Made(
        date.fromisoformat(day),
        revision,
        snapshot,
        datetime.fromisoformat(made_at),
        tuple(issue_of(entry) for entry in json.loads(issues)),
        json.loads(notes),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
