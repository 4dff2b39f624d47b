"""What is planted in a watched company: incidents of every kind, and the cases that are none.

Sizes are drawn by signal to noise (excess of the first seven days over its standard deviation), so that a small
cell gets a large multiplier and a large one a small multiplier, never a round one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from generator.catalog import INTERACTION_TYPES, TOPICS, Floats, catalog, story, stream
from generator.watch.crowd import WatchCrowd
from generator.watch.levels import Levels
from generator.watch.settings import CHANNELS, VALUES, watch

COUNTED = ("volume", "leakage", "repeat")
"""Kinds that add calls."""
RELATED = ({"volume", "leakage", "repeat"}, {"digital", "leakage"}, {"negative", "sentiment"})
ERRORS = {name: sorted({row[0] for row in rows}) for name, rows in catalog()["failures"].items()}
_KINDS_OF_TOPIC = {text["topic"]: text["interaction_types"] for text in story()["leaks"].values()}
_WEEK = 7
_TRIES = 80
_PULSE, _RAMP = (2, 4), (4, 12)
_LENGTH, _DECAY = (12, 40), (3.0, 9.0)
_FADED = 0.08
_QUIET_END = 4
_COMMON = 0.018


@dataclass(frozen=True)
class Plant:
    """One planted thing.

    `segment` is where, in the words of the data; `course` its strength by day (0..1) and `size` what full strength
    is: extra share of the expected count for counts, a shift on the kind's own scale for moods, minutes and
    answers. `number` is its place among a company's plants.
    """

    number: int
    kind: str
    segment: dict[str, str]
    shape: str
    first: int
    end: int
    size: float
    course: Floats

    @property
    def topics(self) -> tuple[int, ...]:
        """The topics it touches."""
        name = self.segment.get("topic")
        return tuple(range(len(TOPICS))) if name is None else (TOPICS.index(name),)

    def strength(self, day: int) -> float:
        """Size on one day."""
        return self.size * float(self.course[day])

    def touches(self, other: Plant, gap: int) -> bool:
        """Whether both are of related kinds, share members, and lie within `gap` days of each other."""
        related = self.kind == other.kind or any({self.kind, other.kind} <= group for group in RELATED)
        apart = self.first > other.end + gap or other.first > self.end + gap
        disjoint = any(other.segment.get(name, value) != value for name, value in self.segment.items())
        return related and not apart and not disjoint


def plants(seed: int, levels: Levels, crowd: WatchCrowd, *, quiet: bool) -> tuple[Plant, ...]:
    """Draw a company's plants; none in a quiet one."""
    if quiet:
        return ()
    rng, text = stream(seed, "watch", "plants"), watch()["plants"]
    days = levels.expected.shape[1]
    found: list[Plant] = list(_special(rng, days))
    for _ in range(max(2, round(text["count"] * (days - text["warm_up"]) / 100))):
        # The kind is settled first: otherwise the kinds that fit any cell would crowd out the others.
        kind = _pick(rng, text["kinds"])
        for _ in range(_TRIES):
            one = _draw(rng, len(found), kind, levels, crowd)
            if one is not None and not any(one.touches(other, text["gap"]) for other in found):
                found.append(one)
                break
    return tuple(found)


def _draw(rng: np.random.Generator, number: int, kind: str, levels: Levels, crowd: WatchCrowd) -> Plant | None:
    text, days = watch()["plants"], levels.expected.shape[1]
    segment = _segment(rng, kind)
    first = int(rng.integers(text["warm_up"], days - _QUIET_END))
    shape = _pick(rng, text["shapes"])
    course, end = _course(rng, shape, first, days)
    base, spread = baseline(kind, segment, levels, crowd, first)
    if base < text["fewest"][kind]:
        return None
    week = course[first : first + _WEEK]
    wanted = float(np.exp(rng.uniform(*np.log(text["snr"]))))
    size = wanted * spread / (base / _WEEK * week.sum() * (_WEEK / len(week)))
    low, high = _limits(kind)
    if not low <= size <= high:
        return None
    return Plant(number, kind, segment, shape, first, end, size, course)


def _limits(kind: str) -> tuple[float, float]:
    """Smallest and largest size: shifts of scores, latent moods, minutes and answers have scales of their own."""
    scales = {
        "sentiment": (0.04, 0.5),
        "negative": (0.08, 1.6),
        "handle": (0.04, 0.9),
        "effort": (0.15, 2.4),
        "claim_denial": (0.03, 0.5),
        "fill_denial": (0.03, 0.5),
    }
    low, high = watch()["plants"]["multiplier"]
    return scales.get(kind, (low, high))


def baseline(
    kind: str, segment: dict[str, str], levels: Levels, crowd: WatchCrowd, first: int
) -> tuple[float, float]:
    """What the cell has in a week from `first`, and the standard deviation of such a week."""
    week = slice(first, first + _WEEK)
    counts = crowd.expected_in(segment, kind)[week]
    base = float(counts.sum() * _WEEK / len(counts))
    phi = float(levels.phi.mean()) if "topic" not in segment else float(levels.phi[TOPICS.index(segment["topic"])])
    spread = np.sqrt(max(base, 1e-9) * (1 + 2 * (phi - 1)) + (_COMMON * base) ** 2)
    if kind in COUNTED or kind == "digital":
        return base, spread
    # A shift moves every one of `base` contacts: the spread is that of their sum, on the scale of the shift.
    scales = {
        "negative": 1.38,
        "sentiment": 0.47,
        "handle": 0.47,
        "effort": 1.9,
        "claim_denial": 0.41,
        "fill_denial": 0.35,
    }
    return base, float(scales[kind] * np.sqrt(base))


def _segment(rng: np.random.Generator, kind: str) -> dict[str, str]:
    weights = dict(watch()["plants"]["dimensions"])
    for name in _not_for(kind):
        weights.pop(name)
    depth = 1 + int(rng.choice(3, p=watch()["plants"]["depth"]))
    names: list[str] = ["topic"] if kind == "leakage" else []
    for name in names:
        weights.pop(name)
    while len(names) < depth:
        names.append(_pick(rng, weights))
        weights.pop(names[-1])
    segment = {name: _value(rng, name, kind) for name in sorted(names)}
    if kind == "digital" or (kind == "leakage" and rng.random() < 0.4):
        segment |= _error(rng, segment)
    return segment


def _not_for(kind: str) -> tuple[str, ...]:
    if kind in ("digital", "effort", "claim_denial", "fill_denial"):
        return ("topic", "channel")
    return ("channel",) if kind == "leakage" else ()


def _error(rng: np.random.Generator, segment: dict[str, str]) -> dict[str, str]:
    kinds = _KINDS_OF_TOPIC[segment["topic"]][:1] if "topic" in segment else INTERACTION_TYPES
    kind = str(kinds[int(rng.integers(len(kinds)))])
    return {"interaction_type": kind, "failure_reason": str(ERRORS[kind][int(rng.integers(len(ERRORS[kind])))])}


def _value(rng: np.random.Generator, name: str, kind: str) -> str:
    values = VALUES[name]
    if name == "topic" and kind == "leakage":
        values = tuple(topic for topic in TOPICS if watch()["topics"][topic]["leaked"] > 0)
    if name == "channel":
        return str(CHANNELS[int(rng.integers(1, len(CHANNELS)))])
    return str(values[int(rng.integers(len(values)))])


def _course(rng: np.random.Generator, shape: str, first: int, days: int) -> tuple[Floats, int]:
    """Strength by day, and the first day after it."""
    since = np.arange(days) - first
    length = int(rng.integers(*_LENGTH))
    if shape == "pulse":
        length = int(rng.integers(*_PULSE))
    if shape == "ramp":
        course = np.clip((since + 1) / float(rng.uniform(*_RAMP)), 0, 1)
    elif shape == "decay":
        course = np.exp(-np.maximum(since, 0) / float(rng.uniform(*_DECAY)))
        length = int(np.argmax(course < _FADED)) - first if (course < _FADED).any() else days
    else:
        course = np.ones(days)
    end = min(first + length, days)
    return np.where((since >= 0) & (np.arange(days) < end), course, 0.0), end


def _special(rng: np.random.Generator, days: int) -> list[Plant]:
    """Cases in which naming a single segment, or a rate, would be wrong."""
    text = watch()["plants"]
    found: list[Plant] = []
    for kind, chance in text["special"].items():
        first = int(rng.integers(text["warm_up"], days - 15))
        length = int(rng.integers(8, 14)) if kind == "everything" else days
        end = min(days, first + length)
        course = np.where((np.arange(days) >= first) & (np.arange(days) < end), 1.0, 0.0)
        size = {
            "mix": float(rng.uniform(0.5, 1.3)),
            "simpson": float(rng.uniform(0.15, 0.35)),
            "everything": float(rng.uniform(0.12, 0.4)),
            "relabel": float(rng.uniform(0.25, 0.6)),
        }[kind]
        segment = {"mix": _mixed(rng), "relabel": _relabelled(rng)}.get(kind, {})
        if rng.random() < chance:
            found.append(Plant(len(found), kind, segment, "step", first, end, size, course))
    return found


def _mixed(rng: np.random.Generator) -> dict[str, str]:
    name = str(rng.choice(["plan_type", "tenure_bucket", "segment"]))
    return {name: str(VALUES[name][int(rng.integers(len(VALUES[name])))])}


def _relabelled(rng: np.random.Generator) -> dict[str, str]:
    source, target = rng.permutation(len(TOPICS))[:2]
    return {"topic": TOPICS[target], "from_topic": TOPICS[source]}


def _pick(rng: np.random.Generator, weights: dict[str, Any]) -> str:
    shares = np.array([float(weight) for weight in weights.values()])
    return str(rng.choice(list(weights), p=shares / shares.sum()))
