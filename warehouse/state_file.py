"""Operational state: SQLite files that only their owner may read, or a schema each in PostgreSQL.

A folder of state is bound to a database by the settings that name both (`[database] url`); every store of that
folder and every lock of it then lie there, and a folder that was used the other way before is refused.
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TypeAlias

from warehouse.errors import UsageError
from warehouse.state_database import Database, StoreConnection, exists, locked, writes_of

StateConnection: TypeAlias = sqlite3.Connection | StoreConnection
BOUND = "database"
"""A file in a folder of state whose stores lie in a database: which one, without a password."""
SERVING = "serving.lock"
"""Held in the `var` folder by whatever serves: the web process and the MCP server."""
_DATABASES: dict[Path, Database] = {}


def bind(folder: Path, database: Database) -> None:
    """From now on, in this process, the state of a folder lies in a database."""
    _DATABASES[folder.absolute()] = database


def bound_to(folder: Path) -> Database | None:
    """The database that the settings name for a folder of state, wherever its state lies so far."""
    return _DATABASES.get(folder.absolute())


def database_of(folder: Path) -> Database | None:
    """The database that a folder of state is bound to; None when its state is files.

    Raises UsageError when the folder was used otherwise before: half of the state would be missed.
    """
    bound, note = bound_to(folder), folder / BOUND
    if bound is None:
        if note.is_file():
            raise _elsewhere(folder, f"in PostgreSQL ({note.read_text(encoding='utf-8').strip()})")
        return None
    if not note.is_file():
        if found := sorted(file.name for file in folder.glob("*.db")):
            raise _elsewhere(folder, f"in files ({', '.join(found[:3])}, ...)")
        exists(bound, "")  # the server answers, or this raises and leaves no note
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        note.write_text(bound.place + "\n", encoding="utf-8")
    elif (before := note.read_text(encoding="utf-8").strip()) != bound.place:
        raise _elsewhere(folder, f"in PostgreSQL elsewhere ({before})")
    return bound


def _elsewhere(folder: Path, where: str) -> UsageError:
    return UsageError(
        f"The state of this folder lies {where}, which is not what the setting `database.url` says.",
        where=str(folder),
        next_step="Correct the setting, name another `var`, or move the state (docs/operating.md).",
    )


_TRIES = 100


def write_ahead(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; of two that open a new file together one is told it is locked, and tries on."""
    for tried in range(_TRIES):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or tried == _TRIES - 1:
                raise
            time.sleep(0.05)


def open_state(file: Path, schema: str) -> StateConnection:
    """Open a store, made when missing, with its tables; callers take turns by their own lock.

    Raises OSError, sqlite3.Error, or UsageError for a folder that is bound otherwise.
    """
    database = database_of(file.parent)
    if database is not None:
        return _tables_of(database, file, schema)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    connection = sqlite3.connect(file, check_same_thread=False)
    write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.executescript(schema)
    return connection


def make_private(file: Path) -> None:
    """Make a file for its owner only, and one of an earlier version so, before SQLite opens it.

    SQLite gives its side files the mode of the database.
    """
    file.touch(mode=0o600)
    file.chmod(0o600)


def open_private(file: Path) -> StateConnection:
    """A store without tables yet; its file keeps SQLite's first journal: the disk has what is committed."""
    database = database_of(file.parent)
    if database is not None:
        return StoreConnection(database, file.stem)
    file.parent.mkdir(parents=True, exist_ok=True)
    make_private(file)
    return sqlite3.connect(file, check_same_thread=False, timeout=5)


def _tables_of(database: Database, file: Path, schema: str) -> StoreConnection:
    connection = StoreConnection(database, file.stem)
    connection.executescript(schema)
    return connection


def is_kept(file: Path) -> bool:
    """Whether a store was ever opened; asking makes none. Raises as `open_state` does."""
    database = database_of(file.parent)
    return file.is_file() if database is None else exists(database, file.stem)


def changes_of(file: Path) -> tuple[int, ...]:
    """Numbers that are other ones after every change of a store. Raises as `open_state` does."""
    database = database_of(file.parent)
    if database is not None:
        return (writes_of(database, file.stem),)
    files = (file.with_name(f"{file.name}{ending}") for ending in ("", "-wal"))
    return tuple(found.stat().st_mtime_ns if found.exists() else 0 for found in files)


def columns_of(connection: StateConnection, table: str) -> set[str]:
    """The columns that a table has, for what an earlier version made without some."""
    if isinstance(connection, StoreConnection):
        return connection.columns(table)
    return {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}


def held(lock: Path) -> AbstractContextManager[None]:
    """Wait for, and hold, a lock; it is given up with the process, however that ends.

    In a bound folder it is one of the database, for all machines. Raises OSError, or sqlite3.Error there.
    """
    database = bound_to(lock.parent)
    return _locked(lock, fcntl.LOCK_EX) if database is None else locked(database, lock.stem)


@contextmanager
def shared(lock: Path) -> Iterator[None]:
    """Hold a lock file together with others of this kind. Raises OSError."""
    with _locked(lock, fcntl.LOCK_SH):
        yield


@contextmanager
def alone(var: Path) -> Iterator[None]:
    """Let nothing serve for as long as this lasts. Raises UsageError when something does, or OSError."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / SERVING).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            next_step = "Stop it first (the web process, `command-center mcp`): what it writes now would be lost."
            raise UsageError("A server is running on this state.", where=str(var), next_step=next_step) from error
        yield


@contextmanager
def _locked(lock: Path, how: int) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a+") as file:
        fcntl.flock(file, how)
        yield
