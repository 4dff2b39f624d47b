"""Runs the scout over a company's days, and asks for causes, as a reader of the data would: through the door."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta

from agents.runtime import Assistant
from evals.scouting.companies import Company, Plant, cases
from evals.scouting.scoring import Explained, Fate, Outcome, outcome
from semantic.loader import load_model
from semantic.query import DimensionFilter
from tools.alignment import AlignedEvent
from tools.causes import aligned_events
from tools.scout.incident import ScanReport
from tools.scout.scout import run_days
from warehouse.audit import AuditLog
from warehouse.door import Warehouse
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.snapshots import current

_READER = Principal("eval", "executive")


@dataclass
class Watch:
    """The daily scans of one company, made when they are asked for; `seconds` of processor time so far."""

    company: Company
    settings: Settings
    every: int = 1
    seconds: float = 0.0

    def days(self) -> list[date]:
        """The days that are scanned; a last day that the build took for a partial one is not."""
        first = self.company.first_day + timedelta(days=cases()["scan_from"])
        count = (current(self.company.warehouse).as_of - first).days + 1
        return [
            first + timedelta(days=number) for number in range(count) if (count - 1 - number) % self.every == 0
        ]

    def reports(self) -> Iterator[ScanReport]:
        """One scan a day, the oldest first; each sees no day after its own."""
        started = time.process_time()
        for report in scans(self.company, self.settings, self.days()):
            self.seconds += time.process_time() - started
            yield report
            started = time.process_time()


def scans(company: Company, settings: Settings, days: Sequence[date]) -> Iterator[ScanReport]:
    """The scans of some days of a company; none sees a day after its own."""
    own = settings.model_copy(update={"var": company.warehouse.parent / "var"})
    with closing(Warehouse(company.warehouse, own, AuditLog.of(own))) as door:
        yield from run_days(door, load_model(), own, days)


def watch(company: Company, settings: Settings, *, every: int = 1) -> Outcome:
    """Scan a company day by day and score it."""
    one = Watch(company, settings, every)
    scored = outcome(company, one.reports())
    scored.seconds = one.seconds
    scored.explained = explained(company, settings, scored.fates)
    return scored


def explained(company: Company, settings: Settings, fates: Sequence[Fate]) -> list[Explained]:
    """What is named as aligned with each plant that was seen, and with each as it really was.

    The second tells how much of an error comes from the place and the start that the scan had named.
    """
    if not fates:
        return []
    own = settings.model_copy(update={"var": company.warehouse.parent / "var"})
    found = []
    with closing(Assistant.open(own, company.warehouse)) as assistant:
        knowledge = assistant.knowledge()
        desk = knowledge.context("?", _READER, assistant.door, lambda _: None, "0", "eval").desk
        for fate in fates:
            best = fate.best
            if best is not None:
                incident = best.incident
                named = aligned_events(desk, incident.metric, incident.query().filters, incident.start).named
                found.append(Explained(fate.plant, _ids(named), told=False))
            metric = cases()["kinds"][fate.plant.kind]["own"][0]
            named = aligned_events(desk, metric, _filters(fate.plant), {fate.plant.first: 1.0}).named
            found.append(Explained(fate.plant, _ids(named), told=True))
    return found


def _ids(named: Iterable[AlignedEvent]) -> tuple[str, ...]:
    return tuple(one.event.id for one in named)


def _filters(plant: Plant) -> tuple[DimensionFilter, ...]:
    """A plant's segment in the words of the semantic model."""
    names = {"topic": "call_topic", "channel": "call_channel"}
    told = {names.get(name, name): value for name, value in plant.segment.items()}
    if "interaction_type" in told:
        told.pop("call_topic", None)
    return tuple(DimensionFilter(dimension=name, values=(value,)) for name, value in told.items())
