"""Keeping up with the served snapshot: knowing a new one at once, and reading its values beside the questions.

Making a planner of the values of the dimensions takes a while and they hardly ever change, while a live feed
publishes every few seconds. A server that keeps up answers from a new snapshot right away, with the values known
so far when the snapshot goes on from an earlier one, and learns its values in a thread of its own, not more often
than is useful.

Most readers know the same values. Those who may know others (`semantic.readership`) have knowledge of their own.
What reviewers accept (`semantic.overlay`) is taken up with the next question.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from agents.knowledge import READER, Knowledge, carried_over, load_knowledge
from agents.promotion.freshness import served
from semantic.loader import load_reviewed
from semantic.overlay import Stamp, overlay_folder, stamp
from semantic.readership import Readership
from semantic.search.store import load as load_search
from warehouse.errors import CommandCenterError
from warehouse.logs import LOGGER_NAME
from warehouse.principal import Principal
from warehouse.settings import Settings

if TYPE_CHECKING:
    from semantic.model import SemanticModel
    from warehouse.door import Warehouse
    from warehouse.snapshots import Snapshot

LOOK_SECONDS = 1.0
REREAD_SECONDS = 30.0
"""The least time between two readings of the values."""
READERSHIPS = 8
"""Whose knowledge is held besides that of most readers; the one not asked for longest goes first."""
_LOG = logging.getLogger(LOGGER_NAME)


class Learning:
    """What is known of the snapshot that the door reads, by who asks. Safe for several threads.

    A `semantic` model that is given stays; otherwise it is the packaged one with what reviewers accepted. `search`
    is the folder of the stores to search in.
    """

    def __init__(
        self,
        settings: Settings,
        door: Warehouse,
        semantic: SemanticModel | None = None,
        search: Path | None = None,
    ) -> None:
        self._settings = settings
        self._search = search
        self._given = semantic
        self._door = door
        self._known: Knowledge | None = None
        self._others: OrderedDict[str, tuple[Principal, Knowledge]] = OrderedDict()
        self._overlay = overlay_folder(settings)
        self._accepted: Stamp | None = None
        self._semantic = semantic
        self._most = Readership.of(READER, door.policy, settings.limits.small_cell)
        self._lock = threading.Lock()
        self._others_lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def knowledge(self, principal: Principal | None = None) -> Knowledge:
        """What somebody may know of the snapshot now; without a principal what most readers may.

        Reads the values first, unless they are being kept up with. Raises MissingDataError (exit 4) when there is
        no snapshot.
        """
        snapshot = self._door.snapshot()
        with self._lock:
            self._take_up()
            stands = self._known and (self._given is not None or self._known.semantic is self._semantic)
            if self._known is None or not stands or self._known.snapshot != snapshot.id:
                self._known = self._learned(snapshot, self._known, READER)
            known = self._known
        if principal is None:
            return known
        readership = Readership.of(principal, self._door.policy, self._settings.limits.small_cell)
        if readership.key == self._most.key:
            return known
        return self._other(readership, snapshot, known)

    @property
    def reviewed(self) -> bool:
        """Whether the model is the packaged one with what reviewers accepted, not one that was given."""
        return self._given is None

    def keep_up(self, *, every: float = LOOK_SECONDS, reread: float = REREAD_SECONDS) -> None:
        """From now on read new values in the background, until `close`."""
        self._thread = threading.Thread(target=self._run, args=(every, reread), name="learning", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop keeping up."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _take_up(self) -> None:
        """Load the model again when its accepted entries changed; what is known of another is learned anew."""
        if self._given is not None:
            return
        now = stamp(self._overlay)
        if self._semantic is not None and now == self._accepted:
            return
        model, problem = load_reviewed(None, self._overlay)
        self._semantic = served(model)
        self._accepted = now
        if problem:
            _LOG.warning("accepted_entries_set_aside", extra={"code": "exit_2"})

    def _other(self, readership: Readership, snapshot: Snapshot, known: Knowledge) -> Knowledge:
        with self._others_lock:
            reader, own = self._others.get(readership.key, (readership.reader, None))
            if own is None or own.snapshot != snapshot.id or own.semantic is not known.semantic:
                own = self._learned(snapshot, own, reader, known)
                self._others[readership.key] = reader, own
            self._others.move_to_end(readership.key)
            while len(self._others) > READERSHIPS:
                self._others.popitem(last=False)
            return own

    def _learned(
        self, snapshot: Snapshot, own: Knowledge | None, reader: Principal, *others: Knowledge
    ) -> Knowledge:
        # A snapshot with a parent has all that was taken before it: the values known so far are among its values.
        if own and own.semantic is self._semantic and self._thread and snapshot.manifest.get("parent"):
            return carried_over(self._settings, snapshot, own)
        return self._read(snapshot, (*([own] if own else []), *others), reader)

    def _read(self, snapshot: Snapshot, known: tuple[Knowledge, ...], reader: Principal) -> Knowledge:
        return load_knowledge(self._settings, self._door, snapshot, known, self._semantic, reader, self._search)

    def _run(self, every: float, reread: float) -> None:
        if self._search is not None and self._search.is_dir():
            load_search()
        read_at, troubled = time.monotonic(), False
        while not self._stop.wait(every):
            try:
                known = self.knowledge()
                known.planner.ready()
                troubled = False
                if time.monotonic() - read_at >= reread and self._read_again(known):
                    read_at = time.monotonic()
            except CommandCenterError as error:
                # A warehouse that is damaged or gone: whoever asks is told, and the next look may find it mended.
                if not troubled:
                    _LOG.warning("not_kept_up", extra={"code": f"exit_{error.exit_code}"})
                troubled = True

    def _read_again(self, known: Knowledge) -> bool:
        """Read the values of all whose knowledge was carried over; says whether there was anybody."""
        snapshot = self._door.snapshot()
        stale = known.values_of != known.snapshot
        if stale:
            fresh = self._read(snapshot, (known,), READER)
            with self._lock:
                self._known = known = fresh
        with self._others_lock:
            waiting = [(key, *held) for key, held in self._others.items() if held[1].values_of != held[1].snapshot]
        for key, reader, own in waiting:
            fresh = self._read(snapshot, (own, known), reader)
            with self._others_lock:
                if key in self._others:
                    self._others[key] = reader, fresh
        return stale or bool(waiting)
