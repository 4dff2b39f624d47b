"""The answers that are being worked on, and whether the server is stopping."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Running:
    """Counts what is under way. Safe to share between threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._stopping = False

    @property
    def count(self) -> int:
        """How many are under way."""
        with self._changed:
            return self._count

    @property
    def stopping(self) -> bool:
        """Whether nothing new is begun any more."""
        with self._changed:
            return self._stopping

    @contextmanager
    def one(self) -> Iterator[None]:
        """Counts one for as long as it takes."""
        with self._changed:
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def stop(self) -> None:
        """From now on nothing new is begun."""
        with self._changed:
            self._stopping = True

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is under way, at most so long; whether that came."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count == 0, timeout=seconds)
