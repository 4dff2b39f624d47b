"""Conversations that are kept: one checkpoint a thread, kept apart by user and role."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from warehouse.principal import Principal
from warehouse.state_file import database_of, make_private, write_ahead

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver

LOCKS = 64


class _Kept(Protocol):
    @property
    def saver(self) -> BaseCheckpointSaver[str]: ...

    def forget_earlier(self, key: str) -> None: ...

    def close(self) -> None: ...


class Threads:
    """The checkpointer. Two questions to one thread wait for each other."""

    def __init__(self, file: Path) -> None:
        database = database_of(file.parent)
        self._kept: _Kept
        if database is None:
            self._kept = _File(file)
        else:
            from agents.thread_tables import ThreadTables

            self._kept = ThreadTables(database, file.stem)
        self.saver = self._kept.saver
        self._locks = [threading.Lock() for _ in range(LOCKS)]

    def lock(self, key: str) -> threading.Lock:
        """The lock that guards a thread."""
        return self._locks[int(key[:8], 16) % LOCKS]

    def forget_earlier(self, key: str) -> None:
        """Drop all but a thread's newest checkpoint: the newest holds the whole conversation."""
        self._kept.forget_earlier(key)

    def close(self) -> None:
        """Let go of the file or the connections."""
        self._kept.close()


class _File:
    def __init__(self, file: Path) -> None:
        from langgraph.checkpoint.sqlite import SqliteSaver

        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        make_private(file)  # it holds questions and figures
        self._connection = sqlite3.connect(file, check_same_thread=False)
        write_ahead(self._connection)
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self.saver = SqliteSaver(self._connection)

    def forget_earlier(self, key: str) -> None:
        with self.saver.cursor() as cursor:
            for table in ("checkpoints", "writes"):
                cursor.execute(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < "
                    "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)",
                    (key, key),
                )

    def close(self) -> None:
        self._connection.close()


def thread_key(principal: Principal, thread: str) -> str:
    """Where a thread is stored: another user, or other rights, with the same name reach another conversation."""
    scope = "\x00".join((principal.user, principal.rights, thread))
    return hashlib.sha256(scope.encode()).hexdigest()[:32]
