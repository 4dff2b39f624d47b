"""From a company's daily scans to what became of every plant and every false incident."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from evals.scouting.companies import Company, Plant
from evals.scouting.matching import Match, match
from tools.scout.incident import Incident, ScanReport, carried

_REMEMBERED_DAYS = 7


@dataclass(frozen=True)
class Sighting:
    """One incident of one scan that speaks of a plant."""

    day: date
    incident: Incident
    match: Match


@dataclass
class Fate:
    """What became of one plant: its sightings in order, and how many incidents spoke of it on its busiest day."""

    plant: Plant
    company: str
    sightings: list[Sighting] = field(default_factory=list)
    most_at_once: int = 0

    @property
    def found(self) -> bool:
        """Whether it was seen at all."""
        return bool(self.sightings)

    @property
    def first(self) -> Sighting | None:
        """The sighting that came first."""
        return self.sightings[0] if self.sightings else None

    @property
    def best(self) -> Sighting | None:
        """Of the day on which it was seen most clearly, by its own metric if it ever was, what names it best."""
        own = [one for one in self.sightings if one.match.role == "own"] or self.sightings
        clearest = max(own, key=lambda one: abs(one.incident.evidence.z), default=None)
        same_day = [one for one in own if clearest and one.day == clearest.day]
        return max(same_day, key=lambda one: (one.match.likeness, abs(one.incident.evidence.z)), default=None)

    @property
    def delay(self) -> int | None:
        """Days from its beginning to its first sighting."""
        return (self.sightings[0].day - self.plant.first).days if self.sightings else None


@dataclass
class FalseIncident:
    """One incident that speaks of nothing that was planted, from its first scan to its last."""

    id: str
    company: str
    role: str
    metric: str
    kind: str
    segment: dict[str, str]
    direction: str
    first: date
    z: float
    window: int
    calendar: str
    days: int = 1
    about: str = ""


@dataclass
class Outcome:
    """A company's result: days scanned, fates of its plants, false incidents, and seconds of processor time."""

    company: Company
    days: int
    fates: list[Fate]
    false: list[FalseIncident]
    alarms: int
    own: int
    seconds: float = 0.0
    explained: list[Explained] = field(default_factory=list)


@dataclass(frozen=True)
class Explained:
    """Events that were named as aligned with a plant's incident, from the best on.

    With `told` the true segment and start were asked about, otherwise those that the scan had named.
    """

    plant: Plant
    named: tuple[str, ...]
    told: bool


def outcome(company: Company, reports: Iterable[ScanReport]) -> Outcome:
    """Score the daily scans of one company; only incidents that stand for themselves count."""
    fates = {one.number: Fate(one, company.name) for one in company.plants if not one.special}
    false: dict[str, FalseIncident] = {}
    known: list[Incident] = []
    days = alarms = own = 0
    for report in reports:
        today = carried(report.own, known)
        days += 1
        at_once: dict[int, int] = {}
        for incident in today:
            alarms += 1
            found = match(incident, company.plants)
            if found.role in ("own", "related") and found.plant is not None:
                own += 1
                fates[found.plant.number].sightings.append(Sighting(report.as_of, incident, found))
                at_once[found.plant.number] = at_once.get(found.plant.number, 0) + 1
            elif found.role != "legitimate":
                _count(false, incident, found, company.name)
        for number, count in at_once.items():
            fates[number].most_at_once = max(fates[number].most_at_once, count)
        known = _remembered(today, known, report.as_of)
    return Outcome(company, days, list(fates.values()), list(false.values()), alarms, own)


def _remembered(today: tuple[Incident, ...], known: list[Incident], as_of: date) -> list[Incident]:
    ids = {incident.id for incident in today}
    oldest = as_of - timedelta(days=_REMEMBERED_DAYS)
    return [*today, *(one for one in known if one.id not in ids and one.as_of > oldest)]


def _count(false: dict[str, FalseIncident], incident: Incident, found: Match, company: str) -> None:
    if incident.id in false:
        false[incident.id].days += 1
        return
    false[incident.id] = FalseIncident(
        incident.id, company, found.role, incident.metric, incident.kind, incident.values, incident.direction,
        incident.as_of, incident.evidence.z, incident.evidence.window_days, incident.calendar,
        about=found.plant.kind if found.plant else "",
    )  # fmt: skip
