"""Whether the server can answer: a snapshot is served, a worker answers, the state can be written."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ui.operations.running import Running
from warehouse.door import Warehouse
from warehouse.errors import CommandCenterError
from warehouse.state_database import exists
from warehouse.state_file import database_of

_REMEMBERED_SECONDS = 2.0  # whoever asks more often than that gets the last finding


@dataclass(frozen=True)
class Readiness:
    """Each thing that must be there, with what is wrong with it; an empty text is well."""

    checks: dict[str, str]

    @property
    def missing(self) -> list[str]:
        """The names of what is not there."""
        return [name for name, wrong in self.checks.items() if wrong]

    def document(self) -> dict[str, object]:
        """For a probe: no path and no value, which anybody may read."""
        checks = {name: wrong or "ok" for name, wrong in self.checks.items()}
        return {"ready": not self.missing, "missing": self.missing, "checks": checks}


class ReadinessCheck:
    """Looks at most every two seconds. `clock` gives seconds that only go on."""

    def __init__(self, door: Warehouse, state: Path, running: Running, clock: Callable[[], float]) -> None:
        self._door, self._state, self._running, self._clock = door, state, running, clock
        self._found: tuple[float, Readiness] | None = None

    def __call__(self) -> Readiness:
        now = self._clock()
        if self._running.stopping or self._found is None or now - self._found[0] >= _REMEMBERED_SECONDS:
            self._found = now, self._look()
        return self._found[1]

    def _look(self) -> Readiness:
        return Readiness(
            {
                "snapshot": _wrong(lambda: self._door.snapshot()),
                "workers": _wrong(self._door.require_worker),
                "state": self._unwritable(),
                "serving": "the server is stopping" if self._running.stopping else "",
            }
        )

    def _unwritable(self) -> str:
        try:
            with tempfile.TemporaryFile(dir=self._state) as probe:
                probe.write(b"ready")
                probe.flush()
        except OSError as error:
            return f"cannot be written: {error.strerror}"
        try:
            database = database_of(self._state)
            if database is not None:
                exists(database, "")
        except (CommandCenterError, sqlite3.Error):
            return "its database does not answer"
        return "" if os.access(self._state / "audit", os.W_OK) else "the audit trail cannot be written"


def _wrong(look: Callable[[], object]) -> str:
    try:
        look()
    except CommandCenterError as error:
        return error.what
    return ""
