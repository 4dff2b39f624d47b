"""A circuit breaker: a service that is down is found out once, not by every question."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

REST_SECONDS = 30.0


class CircuitBreaker:
    """Closed while the service works; open for `rest_seconds` after it failed; then one request tries it again.

    `clock` is the injected time of day. Safe for several threads.
    """

    def __init__(self, clock: Callable[[], datetime], rest_seconds: float = REST_SECONDS) -> None:
        self._clock = clock
        self._rest = timedelta(seconds=rest_seconds)
        self._lock = threading.Lock()
        self._opened_at: datetime | None = None
        self._trying = False

    def admits(self) -> bool:
        """Whether a request may be sent now; whoever is told so must call `settle`."""
        with self._lock:
            if self._opened_at is None:
                return True
            if self._trying or self._clock() - self._opened_at < self._rest:
                return False
            self._trying = True
            return True

    def settle(self, *, works: bool) -> None:
        """What became of an admitted request: an answer of any kind, or none that can be used."""
        with self._lock:
            self._trying = False
            self._opened_at = None if works else self._clock()
