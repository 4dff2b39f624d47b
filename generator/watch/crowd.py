"""Who gets in touch: members drawn by proneness, by what each topic attracts, and by the day's own mix."""

from __future__ import annotations

import numpy as np

from generator.catalog import INTERACTION_TYPES, TOPICS, Floats, Ints, catalog, story
from generator.members import Members
from generator.watch.levels import Levels
from generator.watch.settings import CHANNELS, MEMBER_DIMENSIONS, VALUES, inside, watch

_MOST = 3.2
_SPARE = 40
_CHANNEL_SHARES = np.array(list(catalog()["call_channels"].values()))
TOPIC_OF = {kind: text["topic"] for text in story()["leaks"].values() for kind in text["interaction_types"]}
"""The call topic that each interaction type belongs to."""
FIRST_KIND = {text["topic"]: text["interaction_types"][0] for text in story()["leaks"].values()}


class WatchCrowd:
    """The members with their codes.

    `tilt` (dimension, code): factors by day that a mix shift puts on a value. `daily`: rows a day of the
    sources that come without topics, by kind of plant.
    """

    def __init__(self, members: Members, codes: dict[str, Ints], levels: Levels, daily: dict[str, float]) -> None:
        self.members = members
        self.codes = codes
        self.levels = levels
        self.everybody = np.repeat(np.arange(members.size), members.proneness)
        self.daily = daily
        self.tilt: dict[tuple[str, int], Floats] = {}

    def lot(self, segment: dict[str, str]) -> Ints:
        """Members of a segment, as often as they are prone."""
        return self.everybody[inside(segment, self.codes)[self.everybody]]

    def topic_share(self, topic: int, segment: dict[str, str]) -> float:
        """The share of a topic's first calls that comes from a segment when nothing else is going on."""
        weight = self._affinity(topic, self.everybody)
        share = float(weight[inside(segment, self.codes)[self.everybody]].sum() / weight.sum())
        return share * self.channel_share(segment)

    @staticmethod
    def channel_share(segment: dict[str, str]) -> float:
        """The share of calls that comes in by the segment's channel; 1 without one."""
        name = segment.get("channel")
        return 1.0 if name is None else float(_CHANNEL_SHARES[CHANNELS.index(name)] / _CHANNEL_SHARES.sum())

    def expected_in(self, segment: dict[str, str], kind: str) -> Floats:
        """What a kind of plant counts (calls, leaked ones, failures with the error, rows) a day in a segment."""
        if kind == "digital":
            return self._failures(segment)
        if kind in self.daily:
            share = float(inside(segment, self.codes).mean())
            return np.full(self.levels.expected.shape[1], self.daily[kind] * share)
        topics = [TOPICS.index(segment["topic"])] if "topic" in segment else range(len(TOPICS))
        total = np.zeros(self.levels.expected.shape[1])
        for topic in topics:
            text = watch()["topics"][TOPICS[topic]]
            part = 1 / (1 - text["again"])
            part *= text["leaked"] if kind == "leakage" else text["again"] if kind == "repeat" else 1.0
            total += self.levels.expected[topic] * self.topic_share(topic, segment) * part
        if kind == "leakage" and "failure_reason" in segment:
            total = total * error_share(segment)
        return total

    def _failures(self, segment: dict[str, str]) -> Floats:
        """Failed sessions with an error: everybody's, and those behind leaked calls."""
        kind = segment["interaction_type"]
        share = float(inside(segment, self.codes)[self.everybody].mean())
        fails = watch()["digital"][kind]["fails"]
        others = self.levels.sessions[INTERACTION_TYPES.index(kind)] * fails * share
        topic = TOPIC_OF[kind]
        behind = self.expected_in({**segment, "topic": topic}, "leakage")
        return np.asarray(others * error_share(segment) + behind * (kind == FIRST_KIND[topic]))

    def draw(self, rng: np.random.Generator, topic_counts: Ints, day: int) -> tuple[Ints, Ints]:
        """Topic and member of that many first calls by topic."""
        size = (topic_counts * (_MOST + 0.3)).astype(np.int64) + _SPARE * (topic_counts > 0)
        topic = np.repeat(np.arange(len(topic_counts)), size)
        member = self.everybody[rng.integers(0, len(self.everybody), len(topic))]
        weight = self._affinity(topic, member)
        for name in MEMBER_DIMENSIONS:
            weight = weight * self.levels.shares[name][topic, self.codes[name][member], day]
        for (name, value), factor in self.tilt.items():
            weight = weight * np.where(self.codes[name][member] == value, factor[day], 1.0)
        taken = rng.random(len(topic)) < weight / _MOST
        # The first that are taken, and when there are too few of them others.
        order = np.lexsort((~taken, topic))
        starts = np.cumsum(size) - size
        place = np.arange(len(topic)) - starts[topic[order]]
        chosen = order[place < topic_counts[topic[order]]]
        return topic[chosen], member[chosen]

    def _affinity(self, topic: Ints | int, member: Ints) -> Floats:
        weight = np.ones(len(member))
        for name in MEMBER_DIMENSIONS:
            weight = weight * self.levels.affinity[name][topic, self.codes[name][member]]
        return weight


def error_share(segment: dict[str, str]) -> float:
    """The share of an interaction type's failures that show the segment's error."""
    rows = catalog()["failures"][segment["interaction_type"]]
    weights = {row[0]: float(row[4]) for row in rows}
    return 0.81 * weights[segment["failure_reason"]] / sum(weights.values())


def value_shares(members: Members, codes: dict[str, Ints]) -> dict[str, Floats]:
    """Share of readiness to get in touch by dimension and value."""
    weights = np.asarray(members.proneness / members.proneness.sum(), dtype=np.float64)
    return {
        name: np.asarray(np.bincount(codes[name], weights=weights, minlength=len(VALUES[name])), dtype=np.float64)
        for name in MEMBER_DIMENSIONS
    }
