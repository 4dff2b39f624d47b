"""The daily run: scan the day and what was missed before it, and keep what became of every incident.

It can run at any time, any number of times and in several processes: a day that was made from the same data stays
as it is, and a process that is killed leaves a whole day or none.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from agents.briefing.lifecycle import advance
from agents.briefing.store import BriefingStore, Made
from tools.scout.incident import Incident, ScanReport
from warehouse.errors import UsageError
from warehouse.settings import Scout
from warehouse.state_file import held, is_kept

LOCK = "briefing.lock"
STORE = "briefings.db"
ScanDay = Callable[[date], ScanReport]


@dataclass(frozen=True)
class DataDays:
    """The data that a run reads: the served snapshot, its first day and its last complete one."""

    snapshot: str
    first_day: date
    as_of: date


@dataclass(frozen=True)
class Run:
    """What a run did: the briefing of its day, and every one that it made or corrected."""

    made: Made
    fresh: tuple[Made, ...] = ()


def run_day(
    store: BriefingStore,
    data: DataDays,
    scan: ScanDay,
    settings: Scout,
    now: datetime,
    state: Path,
    *,
    day: date | None = None,
) -> Run:
    """The briefing of a day (the last complete one), with those that were missed since the one before.

    `scan` is asked for each day that has no briefing from this snapshot yet. Raises UsageError for a day that the
    data do not have.
    """
    wanted = day or data.as_of
    _require(wanted, data)
    fresh: list[Made] = []
    with held(state / LOCK):
        missed, notes = _missed(store, wanted, settings.catch_up_days)
        for each in (*missed, wanted):
            if store.checked(each, data.snapshot):
                continue
            before = store.find(each)
            made = _make(each, store, data.snapshot, scan, settings, now, notes if each == wanted else {})
            if before is None or made.revision > before.revision:
                fresh.append(made)
        found = store.find(wanted)
    assert found is not None
    return Run(found, tuple(fresh))


def known_before(state: Path, day: date) -> tuple[Incident, ...]:
    """The incidents of the briefing before a day, each as the scan last saw it: what the day's scan remembers."""
    if not is_kept(state / STORE):
        return ()
    with closing(BriefingStore(state / STORE)) as store:
        before = store.before(day)
        return tuple(issue.incident for issue in before.issues) if before else ()


def follows(store: BriefingStore, day: date) -> bool:
    """Whether no day lies between a day and the last one that has a briefing."""
    last = store.latest()
    return last is None or (day - last.day).days <= 1


def standing_incidents(made: Made) -> tuple[Incident, ...]:
    """The incidents of a briefing that the scan of its day found."""
    return tuple(issue.incident for issue in made.issues if not issue.missed and issue.state != "resolved")


def _make(
    day: date,
    store: BriefingStore,
    snapshot: str,
    scan: ScanDay,
    settings: Scout,
    now: datetime,
    notes: dict[str, Any],
) -> Made:
    before, earlier = store.before(day), store.find(day)
    report = scan(day)
    issues = advance(
        before.issues if before else (), report.incidents, day, resolved_after=settings.resolved_after_days
    )
    return store.keep(day, snapshot, issues, now, {**notes, **(earlier.notes if earlier else {})})


def _missed(store: BriefingStore, wanted: date, most: int) -> tuple[list[date], dict[str, Any]]:
    """The days without a briefing since the last one, the latest `most` of them, and what is said of it."""
    last = store.latest()
    if last is None or last.day >= wanted:
        return [], {}
    gap = [last.day + timedelta(days=n) for n in range(1, (wanted - last.day).days)]
    made_up = gap[len(gap) - min(most, len(gap)) :]
    notes: dict[str, Any] = {}
    if made_up:
        notes = {"first": made_up[0].isoformat(), "last": made_up[-1].isoformat()}
    if len(made_up) < len(gap):
        notes["cut_before"] = (made_up[0] if made_up else wanted).isoformat()
    return made_up, notes


def _require(day: date, data: DataDays) -> None:
    if not data.first_day <= day <= data.as_of:
        raise UsageError(
            f"The data have complete days from {data.first_day} to {data.as_of}, not {day}.",
            where="--date",
            next_step="Choose one of these, or build newer files first.",
        )
