"""The scan of what is served, when a reader asks before the day's scan has run: made once, then kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from agents.briefing.daily import STORE, DataDays, follows, known_before, run_day, standing_incidents
from agents.briefing.scanned import incidents_of
from agents.briefing.store import BriefingStore
from tools.scout.incident import Incident, ScanReport
from tools.scout.scout import run_scout
from warehouse.errors import DeniedError, MissingDataError, UsageError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from agents.knowledge import Knowledge
    from warehouse.door import Warehouse


@dataclass
class ScanOnDemand:
    """The incidents of a snapshot, scanned when nobody has yet; safe for several threads.

    With `keeps` the scan becomes the day's briefing, as the daily run would have made it (nothing is delivered),
    so neither scans again. Where days were missed the daily run makes up for them all; until then the scan is
    only remembered here, as that of a pinned snapshot is.
    """

    settings: Settings
    door: Warehouse
    clock: Callable[[], datetime]
    keeps: bool
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: tuple[str, tuple[Incident, ...] | None] = ("", None)

    def incidents(self, knowledge: Knowledge, on_step: Callable[[str], None]) -> tuple[Incident, ...] | None:
        """What stands on the last day; None where the data cannot be scanned. `on_step` hears what is read."""
        if (stored := self._stored(knowledge.snapshot)) is not None:
            return stored
        with self._lock:  # whoever comes second waits for the first one's scan
            if self._last[0] != knowledge.snapshot:
                self._last = (knowledge.snapshot, self._scanned(knowledge, on_step))
            return self._last[1]

    def _stored(self, snapshot: str) -> tuple[Incident, ...] | None:
        return incidents_of(self.settings.state, snapshot) if self.keeps else None

    def _scanned(self, knowledge: Knowledge, on_step: Callable[[str], None]) -> tuple[Incident, ...] | None:
        state = self.settings.state

        def scan(day: date) -> ScanReport:
            known = known_before(state, day) if self.keeps else ()
            report = run_scout(
                self.door,
                knowledge.semantic,
                self.settings,
                day=day,
                known=known,
                on_step=lambda step, _: on_step(step),
            )
            if report.snapshot != knowledge.snapshot:
                raise UsageError("Newer data were published during the scan.", next_step="Ask again.")
            return report

        try:
            if not self.keeps:
                return scan(knowledge.as_of).incidents
            with closing(BriefingStore(state / STORE)) as store:
                if not follows(store, knowledge.as_of):
                    return scan(knowledge.as_of).incidents
                data = DataDays(knowledge.snapshot, knowledge.first_day, knowledge.as_of)
                run = run_day(store, data, scan, self.settings.scout, self.clock(), state)
                return standing_incidents(run.made)
        except (UsageError, DeniedError, MissingDataError):
            return None  # the answer says that it was not scanned
