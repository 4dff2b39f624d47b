"""How well dated events fit a change: two explanations of each weighed by date, people and subject. Pure.

How a cause lies to what it causes, and how other events lie to it by chance, is assumed (`causes.yml`); among many
events each has the less to say. The outcome is an alignment, never a proof, and may be that nothing recorded fits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from tools.outcome import Table
from tools.scout.incident import Start

EVERYBODY = "All"
CALENDAR = "calendar"
GENERAL = frozenset(("general",))
AROUND = (4, 2)  # days before and after a start's set that it may lie on all the same
Fit = Literal["close", "possible"]
CLOSE: Fit = "close"
POSSIBLE: Fit = "possible"
_BLANKS = str.maketrans("-_,.:;!?/", " " * 9)


@dataclass(frozen=True)
class Event:
    """Something dated: a communication, a fix that went live, a calendar day; `areas` are what it is about."""

    id: str
    kind: str
    day: date
    name: str
    plan: str = EVERYBODY
    topic: str = ""
    areas: frozenset[str] = frozenset()
    weight: float = 1.0


@dataclass(frozen=True)
class AlignedEvent:
    """An event with the probability that it belongs to the change rather than lies near by chance."""

    event: Event
    probability: float

    @property
    def fit(self) -> Fit:
        """How well it fits, in a word."""
        return CLOSE if self.probability >= rules()["close"] else POSSIBLE


@dataclass(frozen=True)
class Alignment:
    """The events that fit, the likeliest first, and the probability that none of those recorded does.

    `readings` are the governed tables that were read, `looked` the number of events around the start.
    """

    events: tuple[AlignedEvent, ...]
    unknown: float
    looked: int
    readings: tuple[Table, ...] = ()

    @property
    def named(self) -> tuple[AlignedEvent, ...]:
        """What may be named: the events that are listed, or none when no single one fits."""
        return self.events if self.best else ()

    @property
    def best(self) -> AlignedEvent | None:
        """The event that fits; None when there is no known cause."""
        leading = self.events[0] if self.events else None
        if leading and leading.probability >= rules()["leading"] * self.unknown:
            return leading
        return next((aligned for aligned in self.events if aligned.fit == CLOSE), None)


@dataclass(frozen=True)
class Areas:
    """Which areas of the business a text speaks of.

    Read by the words of `causes.yml` and by the names that the company's own values have: `phrases` maps those to
    their values.
    """

    phrases: Mapping[str, str]

    def read(self, text: str) -> frozenset[str]:
        """The areas of a text; empty when it speaks of none that is known."""
        said = _spaced(text)
        areas = {area for area, words in rules()["areas"].items() if any(f" {_flat(w)}" in said for w in words)}
        values = {value for phrase, value in self.phrases.items() if f" {_flat(phrase)} " in said}
        return frozenset(areas | values)


@dataclass(frozen=True)
class Segment:
    """Where a change is: the plans it is limited to and the areas it is in; no plans for everybody.

    `named` are the values that it is limited to, `others` values of the same dimensions that it is not. `limited`
    is whether it is limited to anything.
    """

    plans: frozenset[str] = frozenset()
    areas: frozenset[str] = GENERAL
    named: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    limited: bool = True


def weights_of(start: Start | Mapping[date, float]) -> dict[date, float]:
    """Days and their weights, which add up to 1: those of the start's own likelihood where it has them.

    Of a bare set the likeliest day counts as much as all its others. A set that holds 80 % of the weight leaves
    some to the days around it: mostly those before, as a change is often seen later than it began.
    """
    if isinstance(start, Start) and start.weights:
        found = dict(start.weights)
    elif isinstance(start, Start):
        days = start.days or (start.day,)
        found = {day: 1.0 + (len(days) - 1.0 if day == start.day else 0.0) for day in {*days, start.day}}
        near = [start.earliest - timedelta(days=n) for n in range(1, AROUND[0] + 1)]
        near += [start.latest + timedelta(days=n) for n in range(1, AROUND[1] + 1)]
        rest = sum(found.values()) * (1 - start.level) / start.level / len(near)
        found |= {day: rest for day in near if day not in found}
    else:
        found = dict(start)
    total = sum(found.values())
    return {day: weight / total for day, weight in sorted(found.items())}


def align(events: Sequence[Event], segment: Segment, days: Mapping[date, float]) -> Alignment:
    """Score events against a segment and the weights of the days on which its change may have begun. Pure.

    Recorded events compete with each other for being the cause; an opening day of the calendar does not take
    anything from them: a notice about it and the day itself are one story.
    """
    recorded = [event for event in events if event.kind != CALENDAR]
    found, unknown = _weighed(recorded, segment, days)
    opening = [one for event in events if event.kind == CALENDAR for one in _weighed([event], segment, days)[0]]
    scored = [
        *sorted(found, key=lambda one: (-one.probability, one.event.day, one.event.id)),
        *sorted(opening, key=lambda one: (-one.probability, one.event.day, one.event.id)),
    ]
    told = tuple(one for one in scored if one.probability >= rules()["possible"])
    return Alignment(told, unknown, len(events))


def _weighed(
    events: Sequence[Event], segment: Segment, days: Mapping[date, float]
) -> tuple[list[AlignedEvent], float]:
    """Each event's probability of being the cause, and that of none of them being it."""
    known = rules()
    near = [event for event in events if _lag_chance(event, days) > 0]
    cause = known["known"] if segment.limited else known["known_of_everybody"]
    among = max(1.0, sum(weight * _beside(events, day) for day, weight in days.items()))
    odds: list[float] = []
    for event in near:
        area, people = _area(event, segment), _people(event, segment)
        ratio = _lag_chance(event, days) * (known["days_before"] + 2)
        by_chance = known["area_by_chance"][area]
        if area == "own" and segment.areas == GENERAL:
            by_chance = known["general_by_chance"]
        ratio *= known["area"][area] / by_chance
        ratio *= known["people"][people] / known["people_by_chance"][people]
        odds.append(cause / among * ratio * event.weight)
    whole = sum(odds) + (1 - cause)
    found = [AlignedEvent(event, share / whole) for event, share in zip(near, odds, strict=True)]
    return found, (1 - cause) / whole


def _beside(events: Sequence[Event], start: date) -> int:
    """How many events lie so near a start that any of them might have to do with it."""
    return sum(rules()["lags"].get((start - event.day).days, 0.0) > 0 for event in events)


def _lag_chance(event: Event, days: Mapping[date, float]) -> float:
    """How likely a cause on the event's day is to show on one of the days."""
    lags: Mapping[int, float] = rules()["lags"]
    return sum(weight * lags.get((day - event.day).days, 0.0) for day, weight in days.items())


def _area(event: Event, segment: Segment) -> str:
    if not event.areas:
        return "open"
    if segment.areas & event.areas:
        return "touched" if event.kind == CALENDAR else "own"  # an opening day is about everything a little
    touched = {other for area in event.areas for other in rules()["touches"].get(area, ())}
    return "touched" if segment.areas & touched else "other"


def _people(event: Event, segment: Segment) -> str:
    words = set(event.name.replace(",", " ").split())  # as they are written: IN is Indiana, in is not
    if words & segment.others:
        return "other"
    if words & segment.named:
        return "own"
    if event.plan in (EVERYBODY, ""):
        return "everybody"
    return "own" if event.plan in segment.plans else "other"


def _spaced(text: str) -> str:
    return f" {_flat(text)} "


def _flat(text: str) -> str:
    """Lower case, one blank between words, no hyphens, underscores or commas."""
    return " ".join(text.lower().translate(_BLANKS).split())


@lru_cache(maxsize=1)
def rules() -> dict[str, Any]:
    """What `causes.yml` says, the lags as chances that add up to 1."""
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "causes.yml").read_text(encoding="utf-8"))
    lags = {int(lag): float(chance) for lag, chance in found["lags"].items()}
    total = sum(lags.values())
    return {**found, "lags": {lag: chance / total for lag, chance in lags.items()}}
