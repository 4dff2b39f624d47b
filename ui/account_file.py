"""The database file of accounts, sessions, tokens, guesses and stated purposes; one writer at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.state_file import StateConnection, columns_of, open_private

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, sessions_from REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS sessions (
    session TEXT PRIMARY KEY, name TEXT NOT NULL, began REAL NOT NULL, seen REAL NOT NULL, until REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS sessions_of_name ON sessions (name);
CREATE TABLE IF NOT EXISTS wrong_guesses (key TEXT PRIMARY KEY, wrong REAL NOT NULL, last REAL NOT NULL);
CREATE INDEX IF NOT EXISTS wrong_guesses_by_age ON wrong_guesses (last);
CREATE TABLE IF NOT EXISTS stated (
    name TEXT PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, began REAL NOT NULL, until REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS tokens (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, label TEXT NOT NULL, hash TEXT NOT NULL,
    decides INTEGER NOT NULL, began REAL NOT NULL, until REAL NOT NULL, revoked REAL, used REAL
);
CREATE INDEX IF NOT EXISTS tokens_of_name ON tokens (name);
DROP TABLE IF EXISTS ended;
DROP TABLE IF EXISTS guesses;
"""
# What files of an earlier version lack.
_COLUMNS = {
    "is_admin": "INTEGER NOT NULL DEFAULT 0",
    "attributes": "TEXT NOT NULL DEFAULT '{}'",
    "locked": "INTEGER NOT NULL DEFAULT 0",
    "subject": "TEXT NOT NULL DEFAULT ''",
    "signed_in": "REAL NOT NULL DEFAULT 0",
}


class AccountFile:
    """One store (an SQLite file has mode 0600), shared by the threads of this process and by other processes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection = open_private(path)
        with self.transaction() as connection:
            connection.executescript(_SCHEMA)
            present = columns_of(connection, "users")
            for name, declaration in _COLUMNS.items():
                if name not in present:
                    connection.execute(f"ALTER TABLE users ADD COLUMN {name} {declaration}")

    @contextmanager
    def transaction(self) -> Iterator[StateConnection]:
        """All of it is written or nothing; others wait."""
        with self._lock, self._connection as connection:
            yield connection

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()
