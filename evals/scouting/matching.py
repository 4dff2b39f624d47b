"""Which planted thing a reported incident speaks of, if any.

Segments are compared in one vocabulary: a journey, an interaction type and a call topic are one dimension, an
error's code and message are its reason, and what another value implies is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Literal

from evals.scouting.companies import Plant, cases
from generator.catalog import catalog, story
from tools.scout.incident import Incident

Role = Literal["own", "related", "legitimate", "trap", "aftermath", "false"]
_NAMES = {"call_topic": "topic", "call_channel": "channel"}
_JOURNEYS = {"Login": "Technical Support", "Account Update": "Technical Support"}
_SAME = ({"tenure_bucket", "segment", "member_tenure"}, {"plan_type", "line_of_business", "age_group"})
_COUNTED = ("volume", "leakage", "digital", "everything")
_FAIR_PART = 0.2
_AFTERMATH_DAYS = 60
_AKIN = 0.5  # so much of the segment must be named right when another metric is named


@dataclass(frozen=True)
class Match:
    """What a reported incident is: `plant` is None for a false one. `likeness` is the F1 of the two segments."""

    role: Role
    plant: Plant | None = None
    likeness: float = 0.0
    exact: bool = False


@cache
def _topics() -> dict[str, str]:
    """Call topic by journey and by interaction type."""
    found = dict(_JOURNEYS)
    for journey, text in story()["leaks"].items():
        found[journey] = text["topic"]
        found |= dict.fromkeys(text["interaction_types"], text["topic"])
    return found


@cache
def _reasons() -> dict[str, tuple[str, frozenset[str], frozenset[str]]]:
    """By reason, code and message of an error: its reason, and the topics in which that and it itself occur."""
    rows = [(_topics().get(kind.removesuffix("_spanish"), ""), row) for kind, rows in _failures() for row in rows]
    topics: dict[str, set[str]] = {}
    for topic, row in rows:
        for word in row[:3]:
            topics.setdefault(word, set()).add(topic)
    return {
        word: (row[0], frozenset(topics[row[0]]), frozenset(topics[word])) for _, row in rows for word in row[:3]
    }


def _failures() -> list[tuple[str, list[list[str]]]]:
    return list(catalog()["failures"].items())


def plain(segment: Mapping[str, str]) -> dict[str, str]:
    """A segment in the common vocabulary."""
    found: dict[str, str] = {}
    for name, value in segment.items():
        if name in ("journey", "interaction_type"):
            found["topic"] = _topics().get(value, value)
        elif name in ("failure_reason", "error_code", "error_message"):
            found["error"], everywhere, own = _reasons().get(value, (value, frozenset(), frozenset()))
            if (
                len(own) == 1 < len(everywhere)
            ):  # a code of one topic for a reason of several says the topic as well
                found["topic"] = next(iter(own))
        elif name == "line_of_business" and value == "Medicare":
            found["plan_type"] = "MAPD"
        elif name != "from_topic":
            found[_NAMES.get(name, name)] = value
    if "error" in found and len(_reasons().get(found["error"], ("", frozenset(), frozenset()))[1]) == 1:
        found.pop("topic", None)
    return found


def likeness(mine: dict[str, str], theirs: dict[str, str]) -> float:
    """F1 of two sets of (dimension, value); 1 when both are empty."""
    if not mine and not theirs:
        return 1.0
    return 2 * len(mine.items() & theirs.items()) / (len(mine) + len(theirs))


def match(incident: Incident, plants: tuple[Plant, ...]) -> Match:
    """The plant that an incident of one scan most likely speaks of."""
    found = [one for plant in plants if (one := _against(incident, plant)) is not None]
    order = ("own", "legitimate", "related", "aftermath", "trap")
    if not found:
        return Match("false")

    def rank(one: Match) -> tuple[bool, int, float, float]:
        # a rise of everything, seen in leaks, is not a leak of one segment that happens then
        elsewhere = one.role == "own" and not one.likeness and any(other.exact for other in found)
        return elsewhere, order.index(one.role), -one.likeness, -(one.plant.snr7 if one.plant else 0)

    return min(found, key=rank)


def _against(incident: Incident, plant: Plant) -> Match | None:
    text = cases()
    begun = incident.as_of >= plant.first and incident.start.day >= plant.first - timedelta(
        days=text["early_days"]
    )
    over = incident.as_of > plant.last + timedelta(days=text["after_days"])
    if plant.special:
        return _special(incident, plant) if incident.as_of >= plant.first else None
    mine, theirs = plain(incident.values), plain(plant.segment)
    roles = text["kinds"][plant.kind]
    role: Role | None = "own" if incident.metric in roles["own"] else None
    role = "related" if role is None and incident.metric in roles["related"] else role
    if role is None or not begun or not _alike(mine, theirs):
        return None
    if not theirs and mine:
        return None if over else Match("legitimate", plant)
    if role == "related" and likeness(mine, theirs) < _AKIN:
        return None
    if role == "own" and mine != theirs and not _carries(incident, plant):
        return None
    if role == "own" and not _rises(incident):
        late = plant.last < incident.as_of <= plant.last + timedelta(days=_AFTERMATH_DAYS)
        return Match("aftermath", plant, likeness(mine, theirs)) if late else None
    if over:
        return None
    return Match(role, plant, likeness(mine, theirs), exact=mine == theirs)


def _rises(incident: Incident) -> bool:
    """Whether it goes the way in which incidents are planted."""
    falls = incident.metric in cases()["falling"]
    return (incident.direction == "down") == falls


def _carries(incident: Incident, plant: Plant) -> bool:
    """Whether a fair part of what was told of another segment is the plant's doing."""
    if incident.kind != "count" or plant.kind not in _COUNTED:
        return True
    return plant.until(plant.excess, incident.as_of) >= _FAIR_PART * incident.excess.value


def _alike(mine: dict[str, str], theirs: dict[str, str]) -> bool:
    """Whether one segment holds the other, or they share a value and contradict each other in none."""
    if any(theirs.get(name, value) != value for name, value in mine.items()):
        return False
    common = mine.items() & theirs.items()
    return bool(common) or not mine or not theirs


def _special(incident: Incident, plant: Plant) -> Match | None:
    """New mixes and labels move volumes of the parts; a rate or score of the whole is a trap."""
    mine = plain(incident.values)
    counted = incident.metric in cases()["counts"]
    if plant.kind == "relabel":
        touched = {plant.segment["topic"], plant.segment["from_topic"]}
        return Match("legitimate", plant) if mine.get("topic") in touched else None
    if plant.kind == "simpson":
        if "topic" in mine:
            falls = incident.direction == "down" and not counted
            return Match("legitimate", plant) if counted or falls else None
        return Match("trap", plant) if not counted else None
    ((name, _),) = plant.segment.items()
    akin = next((group for group in _SAME if name in group), {name})
    if akin & set(mine):
        # Whoever calls more often also calls again more often.
        return Match("legitimate", plant) if counted or incident.metric == "repeat_call_rate" else None
    return Match("trap", plant) if not counted and not mine else None
