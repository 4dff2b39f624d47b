"""Many at once who want the same: the first one does it alone, then the others, who find most of it done."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

MOST = 500


class FirstAlone:
    """One lock a key until somebody has been through, none afterwards. Used by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: OrderedDict[Hashable, threading.Lock] = OrderedDict()
        self._through: OrderedDict[Hashable, None] = OrderedDict()

    @contextmanager
    def of(self, key: Hashable) -> Iterator[None]:
        """Within this the first one of a key is alone; whoever comes meanwhile waits for it, and no longer."""
        with self._lock:
            turn = None if key in self._through else self._turns.setdefault(key, threading.Lock())
        if turn is None or not self._is_first(key, turn):
            yield
            return
        try:
            yield
            with self._lock:
                self._through[key] = None
                self._turns.pop(key, None)
                while len(self._through) > MOST:
                    self._through.popitem(last=False)
        finally:
            turn.release()

    def _is_first(self, key: Hashable, turn: threading.Lock) -> bool:
        """Wait for the turn; it is kept by who is first, also after one that failed."""
        turn.acquire()
        with self._lock:
            first = key not in self._through
        if not first:
            turn.release()
        return first
