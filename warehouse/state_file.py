"""SQLite files of operational state: only their owner may read them, and several threads and processes do."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def held(lock: Path) -> Iterator[None]:
    """Wait for, and hold, a lock file; it is given up with the process, however that ends. Raises OSError."""
    with _locked(lock, fcntl.LOCK_EX):
        yield


@contextmanager
def shared(lock: Path) -> Iterator[None]:
    """Hold a lock file together with others of this kind. Raises OSError."""
    with _locked(lock, fcntl.LOCK_SH):
        yield


@contextmanager
def _locked(lock: Path, how: int) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        fcntl.flock(file, how)
        yield


def is_held(lock: Path) -> bool:
    """Whether somebody holds a lock file, alone or shared. Raises OSError."""
    if not lock.exists():
        return False
    with lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
