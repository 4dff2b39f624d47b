"""A server that finishes what it has begun before it goes: a second signal ends the waiting."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from ui.operations.running import Running
from warehouse.logs import LOGGER_NAME

_LOG = logging.getLogger(LOGGER_NAME)


class PatientServer(uvicorn.Server):
    """At a signal to stop, waits at most `seconds` for answers under way; sockets stay open meanwhile."""

    def __init__(self, config: uvicorn.Config, running: Running, seconds: float) -> None:
        super().__init__(config)
        self._running_answers, self._seconds = running, seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal begins the waiting, the second one ends it."""
        if self._running_answers.stopping or self._seconds == 0:
            super().handle_exit(sig, frame)
            return
        self._running_answers.stop()
        threading.Thread(target=self._finish, args=(sig, frame), name="stopping", daemon=True).start()

    def _finish(self, sig: int, frame: FrameType | None) -> None:
        if not self._running_answers.wait(self._seconds):
            _LOG.warning("answers_cut_off", extra={"code": "shutdown_seconds"})
        super().handle_exit(sig, frame)


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Inside, a SIGTERM ends the program as an exception does, so that workers and files are let go."""

    def leave(sig: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
