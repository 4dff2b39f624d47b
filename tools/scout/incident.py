"""What a scan finds, as values: an incident with its segment, size, start, cost and how sure one may be.

Everything here is plain data with a JSON form. Rates are fractions, money is dollars, days are whole days with
both ends included. Nothing holds a member or an event; `members` counts the distinct members behind the
observed figure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Literal

from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from warehouse.principal import Principal

Kind = Literal["count", "rate", "score"]
Direction = Literal["up", "down"]
Confidence = Literal["high", "medium", "low"]
Persistence = Literal["new", "building", "lasting", "fading"]
Segment = tuple[tuple[str, str], ...]  # (dimension, value) pairs sorted by dimension; empty: everybody

ALL: Segment = ()


@dataclass(frozen=True)
class Interval:
    """A value and the ends of its interval; `level` is the interval's nominal coverage."""

    value: float
    low: float
    high: float
    level: float = 0.8

    def scaled(self, factor: float) -> Interval:
        """The same in other units; a negative factor turns the ends round."""
        ends = sorted((self.low * factor, self.high * factor))
        return Interval(self.value * factor, ends[0], ends[1], self.level)


@dataclass(frozen=True)
class Start:
    """The most likely first day, and the days from `earliest` to `latest` that together have `level` of the
    weight.

    `days` are the days of the set itself, which may have holes. `open` says that it may have begun before the
    days that were looked at. `weights` are the posterior weights of all days that have any to speak of, where
    they are known.
    """

    day: date
    earliest: date
    latest: date
    days: tuple[date, ...]
    level: float = 0.8
    open: bool = False
    weights: Mapping[date, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Dollars:
    """What it costs (positive) or saves (negative), from `Incident.start.day` to `Incident.as_of`.

    `formula` is a declared formula over `inputs`, such as "mul(query:excess, query:planning_cost_per_call)".
    `counted` is the part that no earlier incident of the same scan has counted already: the counted parts of a
    scan add up without counting a call twice. `per_day` is the mean over the incident's days.
    """

    amount: Interval
    per_day: float
    counted: float
    formula: str
    inputs: Mapping[str, float]


@dataclass(frozen=True)
class Evidence:
    """Why it is believed.

    `z` is the signed root of the likelihood ratio in standard deviations, `p_value` its tail, `false_per_day` the
    bound on the incidents a day that a quiet company would show at this strength over the whole scan.
    `window_days` is the scan window in which it stood out most, `baseline_days` how many days the expectation
    rests on, `overdispersion` the variance over a Poisson's (count), a binomial's (rate), or 1 (score).
    """

    z: float
    p_value: float
    false_per_day: float
    window_days: int
    baseline_days: int
    overdispersion: float


@dataclass(frozen=True)
class Day:
    """One day of the trend. `volume` is the denominator: of a rate or a score its base, of a count 1."""

    day: date
    observed: float
    expected: float
    volume: float = 1.0


@dataclass(frozen=True)
class Incident:
    """One departure from expectation, named at the most specific segment that holds it.

    `observed` and `expected` are of the metric itself over the days from `start.day` to `as_of`: sums for a count,
    fractions for a rate, means for a score. `volume` is the denominator over these days. `excess` is in events
    for counts and rates (a rate's excess numerator), in points of the metric for scores. `change` is observed
    over expected minus one; None where nothing was expected.

    `favourable` follows from the metric's polarity and is None where the model calls it neutral.
    `echo_of` names the stronger incident of the same scan that this one is another sight of (the calls that
    follow a failure, the parts of a whole); it is empty for an incident that stands for itself. `calendar`
    names a known period (a holiday, annual enrollment) that began when it did.
    """

    id: str
    metric: str
    label: str
    unit: str
    kind: Kind
    segment: Segment
    direction: Direction
    favourable: bool | None
    as_of: date
    start: Start
    observed: float
    expected: float
    volume: float
    excess: Interval
    change: float | None
    dollars: Dollars | None
    persistence: Persistence
    days_active: int
    confidence: Confidence
    confidence_words: str
    evidence: Evidence
    members: int
    echo_of: str = ""
    calendar: str = ""
    trend: tuple[Day, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """The segment as dimension to value."""
        return dict(self.segment)

    @property
    def period(self) -> TimeRange:
        """From the most likely first day to the as-of day."""
        return TimeRange(start=self.start.day, end=self.as_of)

    def query(self, *, by_day: bool = False, days: int = 0) -> SemanticQuery:
        """The governed question behind the figures, for the reader's own sight of them through the door.

        `by_day` asks for the course of the last `days` days (the incident's own when 0).
        """
        first = self.as_of - timedelta(days=days - 1) if days else self.start.day
        return SemanticQuery(
            metrics=(self.metric,),
            filters=tuple(DimensionFilter(dimension=name, values=(value,)) for name, value in self.segment),
            time=TimeRange(start=first, end=self.as_of),
            time_grain="day" if by_day else None,
        )

    def document(self) -> dict[str, Any]:
        """The JSON form: dates as ISO text, the segment as an object. `from_document` reads it back."""
        return {**_plain(asdict(self)), "segment": self.values}


@dataclass(frozen=True)
class Scanned:
    """What was looked at: one metric, how many cells and windows, and what could not be judged.

    `unsettled` are the last days that were left out because too much of them is undecided.
    """

    metric: str
    label: str
    cells: int
    windows: tuple[int, ...]
    baseline_days: int
    notes: tuple[str, ...] = ()
    unsettled: int = 0


@dataclass(frozen=True)
class ScanReport:
    """A whole scan: incidents from the strongest on, what was scanned, and sentences on what was not.

    `bound` is the expected number of false incidents a day over the whole scan. Equal data, settings and day
    give an equal report.
    """

    as_of: date
    snapshot: str
    bound: float
    incidents: tuple[Incident, ...]
    scanned: tuple[Scanned, ...]
    notes: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = field(default_factory=dict, compare=False)

    @property
    def own(self) -> tuple[Incident, ...]:
        """The incidents that stand for themselves."""
        return tuple(incident for incident in self.incidents if not incident.echo_of)

    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "as_of": self.as_of.isoformat(),
            "snapshot": self.snapshot,
            "bound": self.bound,
            "incidents": [incident.document() for incident in self.incidents],
            "scanned": [_plain(asdict(entry)) for entry in self.scanned],
            "notes": list(self.notes),
            "timings_ms": dict(self.timings_ms),
        }


def incident_id(metric: str, direction: Direction, segment: Segment) -> str:
    """Twelve hex characters that are the same whenever metric, direction and segment are."""
    text = "\x1f".join((metric, direction, *(f"{name}={value}" for name, value in sorted(segment))))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def from_document(document: Mapping[str, Any]) -> Incident:
    """An incident from its JSON form. Raises KeyError, TypeError or ValueError when it is none."""
    found = dict(document)
    start, dollars = dict(found["start"]), found["dollars"]
    start = {**start, **{name: date.fromisoformat(start[name]) for name in ("day", "earliest", "latest")}}
    start["days"] = tuple(date.fromisoformat(text) for text in start["days"])
    weights = start.get("weights", {})  # documents of before they were kept have none
    start["weights"] = {date.fromisoformat(text): weight for text, weight in weights.items()}
    if dollars is not None:
        dollars = Dollars(
            **{**dollars, "amount": Interval(**dollars["amount"]), "inputs": dict(dollars["inputs"])}
        )
    trend = (Day(**{**point, "day": date.fromisoformat(point["day"])}) for point in found["trend"])
    return Incident(
        **{
            **found,
            "segment": tuple(sorted(found["segment"].items())),
            "as_of": date.fromisoformat(found["as_of"]),
            "start": Start(**start),
            "excess": Interval(**found["excess"]),
            "dollars": dollars,
            "evidence": Evidence(**found["evidence"]),
            "trend": tuple(trend),
        }
    )


def visible_to(incidents: Iterable[Incident], principal: Principal, small_cell: int) -> tuple[Incident, ...]:
    """What a reader may be told of a scan: no incident of fewer than `small_cell` members, none beyond row
    filters.

    `small_cell` is 0 for a reader from whom nothing is hidden. A reader whose rows are filtered sees an incident
    only when its segment lies within the filter. An echo of a hidden incident stands for itself.
    """
    kept = [
        incident
        for incident in incidents
        if incident.members >= small_cell
        and all(incident.values.get(name) == value for name, value in principal.attributes.items())
    ]
    ids = {incident.id for incident in kept}
    return tuple(
        replace(incident, echo_of="") if incident.echo_of and incident.echo_of not in ids else incident
        for incident in kept
    )


def carried(today: Iterable[Incident], earlier: Iterable[Incident], *, gap_days: int = 3) -> tuple[Incident, ...]:
    """Today's incidents with the ids of the earlier ones that they continue.

    An incident continues an earlier one of the same metric and direction when one segment holds the other and it
    was begun before the earlier one's last day plus `gap_days`. The nearest segment counts, then the strongest;
    no earlier id is given twice.
    """
    known, found = list(earlier), []
    for incident in today:
        mates = [other for other in known if _continues(incident, other, gap_days)]
        if mates:
            best = min(mates, key=lambda other: (_distance(incident, other), -abs(other.evidence.z), other.id))
            known.remove(best)
            found.append((incident, best.id))
        else:
            found.append((incident, incident.id))
    names = {incident.id: new for incident, new in found}
    return tuple(replace(i, id=new, echo_of=names.get(i.echo_of, i.echo_of)) for i, new in found)


def _continues(incident: Incident, other: Incident, gap_days: int) -> bool:
    mine, theirs = set(incident.segment), set(other.segment)
    same = incident.metric == other.metric and incident.direction == other.direction
    nested = mine <= theirs or theirs <= mine
    return same and nested and incident.start.earliest <= other.as_of + timedelta(days=gap_days)


def _distance(incident: Incident, other: Incident) -> int:
    return len(set(incident.segment) ^ set(other.segment))


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return value
