"""What was found out about statements on a snapshot, which does not change: the newest few thousand of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")
_MOST = 2000


class Remembered(Generic[Value]):
    """A bounded mapping. Safe to share between threads."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """What is known, or None."""
        return self._values.get(key)

    def put(self, key: Hashable, value: Value) -> Value:
        """Keep a value and return it; the oldest one goes when there are too many."""
        with self._lock:
            self._values[key] = value
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value
