"""The incidents that a snapshot's scan found, from the briefing that was made of it."""

from __future__ import annotations

from contextlib import closing
from datetime import date
from pathlib import Path

from agents.briefing.daily import STORE, standing_incidents
from agents.briefing.store import BriefingStore
from tools.scout.incident import Incident


def incidents_of(state: Path, snapshot: str) -> tuple[Incident, ...] | None:
    """The incidents that stand on the last day of a snapshot; None when no briefing was made from it."""
    path = state / STORE
    if not path.is_file():
        return None
    with closing(BriefingStore(path)) as store:
        made = store.latest()
        if made is None or not (made.snapshot == snapshot or store.checked(made.day, snapshot)):
            return None
        return standing_incidents(made)


def incidents_on(state: Path, day: date) -> tuple[Incident, ...] | None:
    """The incidents that stood on a day, as its briefing has them; None when it has none."""
    path = state / STORE
    if not path.is_file():
        return None
    with closing(BriefingStore(path)) as store:
        made = store.find(day)
        return standing_incidents(made) if made else None
