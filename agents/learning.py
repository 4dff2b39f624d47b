"""Keeping up with the served snapshot: knowing a new one at once, and reading its values beside the questions.

The values of the dimensions take about a second to read and hardly ever change, while a live feed publishes every
few seconds. A server that keeps up answers from a new snapshot right away, with the values known so far when the
snapshot goes on from an earlier one, and reads its values in a thread of its own, not more often than is useful.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from agents.knowledge import Knowledge, carried_over, load_knowledge
from warehouse.errors import CommandCenterError
from warehouse.logs import LOGGER_NAME
from warehouse.settings import Settings

if TYPE_CHECKING:
    from semantic.model import SemanticModel
    from warehouse.door import Warehouse
    from warehouse.snapshots import Snapshot

LOOK_SECONDS = 1.0
REREAD_SECONDS = 30.0
"""The least time between two readings of the values."""
_LOG = logging.getLogger(LOGGER_NAME)


class Learning:
    """What is known of the snapshot that the door reads. Safe for several threads."""

    def __init__(self, settings: Settings, door: Warehouse, semantic: SemanticModel | None = None) -> None:
        self._settings = settings
        self._semantic = semantic
        self._door = door
        self._known: Knowledge | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def knowledge(self) -> Knowledge:
        """What is known of the snapshot now. Reads its values first, unless they are being kept up with.

        Raises MissingDataError (exit 4) when there is no snapshot.
        """
        snapshot = self._door.snapshot()
        with self._lock:
            if self._known is None or self._known.snapshot != snapshot.id:
                self._known = self._learned(snapshot, self._known)
            return self._known

    def keep_up(self, *, every: float = LOOK_SECONDS, reread: float = REREAD_SECONDS) -> None:
        """From now on read new values in the background, until `close`."""
        self._thread = threading.Thread(target=self._run, args=(every, reread), name="learning", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop keeping up."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _learned(self, snapshot: Snapshot, known: Knowledge | None) -> Knowledge:
        # A snapshot with a parent has all that was taken before it: the values known so far are among its values.
        if known and self._thread and snapshot.manifest.get("parent"):
            return carried_over(self._settings, snapshot, known)
        return self._read(snapshot, known)

    def _read(self, snapshot: Snapshot, known: Knowledge | None) -> Knowledge:
        return load_knowledge(self._settings, self._door, snapshot, known, self._semantic)

    def _run(self, every: float, reread: float) -> None:
        read_at, troubled = time.monotonic(), False
        while not self._stop.wait(every):
            try:
                known = self.knowledge()
                troubled = False
                if known.values_of != known.snapshot and time.monotonic() - read_at >= reread:
                    fresh = self._read(self._door.snapshot(), known)
                    with self._lock:
                        self._known = fresh
                    read_at = time.monotonic()
            except CommandCenterError as error:
                # A warehouse that is damaged or gone: whoever asks is told, and the next look may find it mended.
                if not troubled:
                    _LOG.warning("not_kept_up", extra={"code": f"exit_{error.exit_code}"})
                troubled = True
