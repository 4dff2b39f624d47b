"""Conversations on disk: one checkpoint a thread, kept apart by user and role."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.principal import Principal

if TYPE_CHECKING:
    from langgraph.checkpoint.sqlite import SqliteSaver

LOCKS = 64


class Threads:
    """The checkpointer with its file. Two questions to one thread wait for each other."""

    def __init__(self, file: Path) -> None:
        from langgraph.checkpoint.sqlite import SqliteSaver

        file.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(file, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self.saver: SqliteSaver = SqliteSaver(self._connection)
        self._locks = [threading.Lock() for _ in range(LOCKS)]

    def lock(self, key: str) -> threading.Lock:
        """The lock that guards a thread."""
        return self._locks[int(key[:8], 16) % LOCKS]

    def forget_earlier(self, key: str) -> None:
        """Drop all but a thread's newest checkpoint: the newest holds the whole conversation."""
        with self.saver.cursor() as cursor:
            for table in ("checkpoints", "writes"):
                cursor.execute(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_id < "
                    "(SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = ?)",
                    (key, key),
                )

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


def thread_key(principal: Principal, thread: str) -> str:
    """Where a thread is stored: another user, or other rights, with the same name reach another conversation."""
    scope = "\x00".join((principal.user, principal.rights, thread))
    return hashlib.sha256(scope.encode()).hexdigest()[:32]
