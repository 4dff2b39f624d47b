"""What each person has been shown: the releases by snapshot and reader, and the statements of each day."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from warehouse.errors import DeniedError
from warehouse.guard.decision import MIXED, REASONS, Release
from warehouse.state_file import StateConnection, open_state

_SCHEMA = """
CREATE TABLE IF NOT EXISTS releases (
    id INTEGER PRIMARY KEY, reader TEXT NOT NULL, snapshot TEXT NOT NULL, events TEXT NOT NULL, at TEXT NOT NULL,
    rows TEXT NOT NULL, document TEXT NOT NULL, UNIQUE (reader, snapshot, rows)
);
CREATE TABLE IF NOT EXISTS spent (reader TEXT, day TEXT, statements INTEGER NOT NULL, PRIMARY KEY (reader, day));
"""


class Ledger:
    """One SQLite file that only its owner may read; safe for threads and processes.

    Its texts name governed values of dimensions and no member. `keep_days` says how long it remembers.
    """

    def __init__(self, path: Path, keep_days: int) -> None:
        self._path = path
        self._keep_days = keep_days
        self._lock = threading.Lock()
        self._connection: StateConnection | None = None

    def earlier(self, reader: str, snapshot: str, release: Release) -> list[Release]:
        """What this reader was shown of the same events, the newest first; of a release that was shown already,
        what came before it.
        """
        with self._transaction() as connection:
            found = connection.execute(
                "SELECT document FROM releases WHERE reader = ? AND snapshot = ? "
                "AND (events IN (?, ?) OR ? = ?) AND id < "
                "COALESCE((SELECT id FROM releases WHERE reader = ? AND snapshot = ? AND rows = ?), "
                f"{1 << 62}) ORDER BY id DESC",
                (reader, snapshot, release.table, MIXED, release.table, MIXED, reader, snapshot, release.rows),
            ).fetchall()
        return [_release(json.loads(document)) for (document,) in found]

    def record(self, reader: str, snapshot: str, releases: tuple[Release, ...], now: datetime) -> None:
        """Remember releases, before they are shown."""
        values = [(reader, snapshot, r.table, now.isoformat(), r.rows, json.dumps(r.__dict__)) for r in releases]
        oldest = (now - timedelta(days=self._keep_days)).isoformat()
        with self._transaction() as connection:
            connection.execute("DELETE FROM releases WHERE at < ?", (oldest,))
            connection.executemany(
                "INSERT INTO releases (reader, snapshot, events, at, rows, document) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                values,
            )

    def spend(self, reader: str, now: datetime, most: int) -> bool:
        """Count one statement of the day; False when the reader had used up the most."""
        day = now.date().isoformat()
        with self._transaction() as connection:
            connection.execute("DELETE FROM spent WHERE day < ?", (day,))
            connection.execute("INSERT INTO spent VALUES (?, ?, 0) ON CONFLICT DO NOTHING", (reader, day))
            spent = connection.execute(
                "UPDATE spent SET statements = statements + 1 WHERE reader = ? AND day = ? AND statements < ?",
                (reader, day, most),
            )
            return spent.rowcount == 1

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _transaction(self) -> Iterator[StateConnection]:
        """One transaction; any failure means that nothing may be shown."""
        try:
            with self._lock, self._opened() as connection:
                yield connection
        except (OSError, sqlite3.Error) as error:
            raise DeniedError(
                REASONS["disclosure_unavailable"][1],
                code="disclosure_unavailable",
                where=str(self._path),
                next_step="Make the folder writable and free space on its disk.",
            ) from error

    def _opened(self) -> StateConnection:
        if self._connection is None:
            self._connection = open_state(self._path, _SCHEMA)
        return self._connection


def _release(document: dict[str, object]) -> Release:
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in document.items()}
    return Release(**lists)  # type: ignore[arg-type]
