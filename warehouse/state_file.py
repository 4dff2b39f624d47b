"""SQLite files of operational state: only their owner may read them, and several threads and processes do."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def open_state(file: Path, schema: str) -> sqlite3.Connection:
    """Open a file, made when missing, with its tables; callers take turns by their own lock.

    Raises OSError or sqlite3.Error.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    connection = sqlite3.connect(file, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.executescript(schema)
    return connection
