"""One day of a watched company's calls: first calls, calls that follow calls, and what was planted among them.

Who has called calls again with some chance within six days, so calls beget calls: counts are clustered in time,
and an incident's calls bring later ones that belong to it too (`plant` is handed down).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator.calls import DayCalls, call_seconds, handle_minutes, waits
from generator.catalog import TOPICS, Flags, Floats, Ints, catalog, weighted
from generator.desks import Agents
from generator.moods import NEGATIVE, NEUTRAL, POSITIVE, discontent, label_scores, moods
from generator.watch.crowd import TOPIC_OF, WatchCrowd, error_share
from generator.watch.plants import Plant
from generator.watch.settings import CHANNELS, VALUES, inside, watch

NOBODY = -1
_LAGS = np.exp(-np.arange(1, 7) / 3.0)
_LAG_SHARES = _LAGS / _LAGS.sum()
_WOBBLE = 0.10
_WELL = -1.33
_BAD = -0.3
_LONGEST = 90.0
_SIMPSON = 0.05
_CHANNEL_WEIGHTS = list(catalog()["call_channels"].values())
_AGAIN = np.array([watch()["topics"][name]["again"] for name in TOPICS])
_LEAKED = np.array([watch()["topics"][name]["leaked"] for name in TOPICS])
_BASE_MOOD = np.array([watch()["topics"][name]["mood"] for name in TOPICS])
_LEAKED_AGAIN = 0.5


@dataclass
class Lot:
    """Calls of one day before they are answered; `plant` is the number of the plant they belong to, or -1."""

    topic: Ints
    member: Ints
    channel: Ints
    leaked: Flags
    plant: Ints
    repeat: Flags

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.topic)


@dataclass
class Drawn:
    """A day's calls and, in the same order, what they were before moods and minutes were touched."""

    calls: DayCalls
    lot: Lot
    plain_negative: Flags
    plain_score: Floats
    plain_handle: Floats


class Contacts:
    """Makes day after day; remembers the calls of the last six days."""

    def __init__(self, crowd: WatchCrowd, planted: tuple[Plant, ...], agents: Agents) -> None:
        self.crowd = crowd
        self.planted = planted
        self.agents = agents
        self.flags = {one.number: inside(one.segment, crowd.codes) for one in planted}
        self.lots = {
            one.number: crowd.lot(one.segment)
            for one in planted
            if one.kind in ("volume", "leakage", "digital", "everything")
        }
        self._shares = {
            (one.number, topic): crowd.topic_share(topic, one.segment)
            for one in planted
            if one.kind in ("volume", "leakage")
            for topic in one.topics
        }
        self._failing = {
            one.number: crowd.expected_in(one.segment, "digital") for one in planted if one.kind == "digital"
        }
        self._recent: list[Lot] = []
        self._threshold: float | None = None

    def day(self, rng: np.random.Generator, day: int, weekday: int) -> Drawn:
        """The calls of one day."""
        lots = [self._first(rng, day), *self._planted(rng, day), *self._again(rng, day)]
        lot = Lot(*(np.concatenate([getattr(one, name) for one in lots]) for name in Lot.__annotations__))
        self._recent = [lot, *self._recent[: len(_LAGS) - 1]]
        return self._answered(rng, day, weekday, lot)

    def _first(self, rng: np.random.Generator, day: int) -> Lot:
        means = self.crowd.levels.means[:, day].copy()
        more = [one for one in self.planted if one.kind == "everything" and one.course[day]]
        for one in more:
            means *= 1 + one.strength(day)
        means *= self._topic_shift(day)
        topic, member = self.crowd.draw(rng, rng.poisson(means), day)
        for one in self.planted:
            if one.kind == "relabel" and one.course[day]:
                source, target = (TOPICS.index(one.segment[name]) for name in ("from_topic", "topic"))
                topic = np.where((topic == source) & (rng.random(len(topic)) < one.size), target, topic)
        lot = self._lot(rng, topic, member, rng.random(len(topic)) < _LEAKED[topic], NOBODY)
        for one in more:
            lot.plant[rng.random(lot.size) < 1 - 1 / (1 + one.strength(day))] = one.number
        return lot

    def _topic_shift(self, day: int) -> Floats:
        """Factors by topic: the ones that go badly come up more often, the others less, all together as often."""
        factors = np.ones(len(TOPICS))
        for one in self.planted:
            if one.kind == "simpson" and one.course[day]:
                factors *= np.exp(2 * one.strength(day) * _BASE_MOOD)
        means = self.crowd.levels.expected.mean(axis=1)
        return np.asarray(factors * means.sum() / (factors * means).sum())

    def _lot(
        self, rng: np.random.Generator, topic: Ints, member: Ints, leaked: Flags, plant: int, channel: str = ""
    ) -> Lot:
        size = len(topic)
        drawn = weighted(rng, _CHANNEL_WEIGHTS, size)
        chosen = np.full(size, CHANNELS.index(channel)) if channel else drawn
        return Lot(topic, member, chosen, leaked, np.full(size, plant), np.zeros(size, dtype=bool))

    def _planted(self, rng: np.random.Generator, day: int) -> list[Lot]:
        found = []
        for one in self.planted:
            if one.number in self._failing and one.course[day]:
                found.append(self._after_failures(rng, day, one))
            if one.kind not in ("volume", "leakage") or not one.course[day]:
                continue
            for topic in one.topics:
                mean = self.crowd.levels.means[topic, day] * self._shares[one.number, topic] * one.strength(day)
                mean *= _LEAKED[topic] * _error_part(one) if one.kind == "leakage" else 1.0
                size = int(rng.poisson(mean * np.exp(rng.normal(0, _WOBBLE))))
                lot = self.lots[one.number]
                member = lot[rng.integers(0, len(lot), size)]
                leaked = rng.random(size) < (1.0 if one.kind == "leakage" else _LEAKED[topic])
                topics = np.full(size, topic)
                found.append(self._lot(rng, topics, member, leaked, one.number, one.segment.get("channel", "")))
        return found

    def _after_failures(self, rng: np.random.Generator, day: int, one: Plant) -> Lot:
        """The calls that follow planted failures; the failures behind them are added to the day's sessions."""
        mean = self._failing[one.number][day] * one.strength(day) * watch()["plants"]["failures_that_call"]
        lot, size = self.lots[one.number], int(rng.poisson(mean * np.exp(rng.normal(0, _WOBBLE))))
        topic = np.full(size, TOPICS.index(TOPIC_OF[one.segment["interaction_type"]]))
        return self._lot(rng, topic, lot[rng.integers(0, len(lot), size)], np.ones(size, dtype=bool), one.number)

    def _again(self, rng: np.random.Generator, day: int) -> list[Lot]:
        busy = self.crowd.levels.weekday[day] / self.crowd.levels.weekday.mean()
        found = []
        for lag, past in enumerate(self._recent):
            chance = _AGAIN[past.topic] * _LAG_SHARES[lag] * busy
            found.append(self._taken(rng, past, rng.random(past.size) < chance, past.plant))
            for one in self.planted:
                if one.kind == "repeat" and one.course[day]:
                    inside_it = self._inside(one, past) & (past.plant == NOBODY)
                    more = inside_it & (rng.random(past.size) < chance * one.strength(day))
                    found.append(self._taken(rng, past, more, np.full(past.size, one.number)))
        return found

    def _taken(self, rng: np.random.Generator, past: Lot, taken: Flags, plant: Ints) -> Lot:
        topic, member, plant = past.topic[taken], past.member[taken], plant[taken]
        channel = weighted(rng, _CHANNEL_WEIGHTS, len(topic))
        fixed = np.array(["channel" in one.segment for one in self.planted] + [False])[plant]
        channel = np.where(fixed, past.channel[taken], channel)
        leaked = rng.random(len(topic)) < _LEAKED[topic] * _LEAKED_AGAIN
        return Lot(topic, member, channel, leaked, plant, np.ones(len(topic), dtype=bool))

    def _inside(self, plant: Plant, lot: Lot) -> Flags:
        return in_cell(plant, lot, self.flags[plant.number])

    def _answered(self, rng: np.random.Generator, day: int, weekday: int, lot: Lot) -> Drawn:
        members = self.crowd.members
        nobody = np.full(lot.size, -1)
        agent = self.agents.answer(rng, lot.topic, members.language[lot.member], nobody)
        quality = self.agents.quality[agent]
        transferred = rng.random(lot.size) < 0.13 + 0.06 * lot.leaked - 0.03 * quality
        label, score, plain_negative, plain_score = self._moods(rng, day, lot, quality, transferred)
        handle: Floats = handle_minutes(rng, lot.topic, label, lot.leaked, quality)
        longer = _rounded(np.minimum(handle * np.exp(self._shift("handle", lot, day)), _LONGEST))
        calls = DayCalls(
            cell=np.zeros(lot.size, dtype=np.int64), topic=lot.topic, member=lot.member, repeat=lot.repeat,
            leaked=lot.leaked, second=call_seconds(rng, lot.size), agent=agent, transferred=transferred,
            label=label, score=score, handle=longer, wait=waits(rng, lot.size, weekday), channel=lot.channel,
        )  # fmt: skip
        return Drawn(calls, lot, plain_negative, plain_score, handle)

    def _moods(
        self, rng: np.random.Generator, day: int, lot: Lot, quality: Floats, transferred: Flags
    ) -> tuple[Ints, Floats, Flags, Floats]:
        """Labels and scores, and which would have been negative, with which scores, had nothing been planted."""
        mood = moods(lot.topic, self.crowd.members.segment[lot.member]) * 0.6 + _BASE_MOOD[lot.topic] * 0.4
        latent = discontent(rng, mood, quality, lot.repeat, lot.leaked, transferred)
        if self._threshold is None:
            self._threshold = float(np.quantile(latent, 1 - watch()["noise"]["negative"]))
        latent = latent - self._threshold + self.crowd.levels.mood[day]
        label = self._labels(latent + self._shift("negative", lot, day) + self._shift("simpson", lot, day))
        plain_label, draw = self._labels(latent), int(rng.integers(0, 2**32))
        # The same draws for both, so that only the plant makes the difference.
        plain_score = label_scores(np.random.default_rng(draw), plain_label)
        score = label_scores(np.random.default_rng(draw), label) - self._shift("sentiment", lot, day)
        score = _rounded(np.clip(score, -1, 1))
        label = np.where(score <= _BAD, NEGATIVE, label)
        return label, score, _negative(plain_label, plain_score), plain_score

    @staticmethod
    def _labels(latent: Floats) -> Ints:
        """Above the threshold it goes badly, far enough below it well."""
        well = latent < _WELL
        return np.where(latent > 0, NEGATIVE, np.where(well, POSITIVE, NEUTRAL))

    def _shift(self, kind: str, lot: Lot, day: int) -> Floats:
        """What plants of a kind add to each call."""
        total = np.zeros(lot.size)
        for one in self.planted:
            if one.kind == kind and one.course[day]:
                if kind == "simpson":
                    total -= _SIMPSON * one.course[day]
                else:
                    total += one.strength(day) * self._inside(one, lot)
        return total


def _error_part(one: Plant) -> float:
    return error_share(one.segment) if "failure_reason" in one.segment else 1.0


def _rounded(values: Floats) -> Floats:
    return np.asarray(np.round(values, 2), dtype=np.float64)


def _negative(label: Ints, score: Floats) -> Flags:
    return np.asarray((label == NEGATIVE) | (score <= -0.5))


def in_cell(plant: Plant, lot: Lot, flags: Flags) -> Flags:
    """Which calls lie in a plant's segment (its error aside)."""
    chosen = flags[lot.member]
    if "topic" in plant.segment:
        chosen = chosen & (lot.topic == TOPICS.index(plant.segment["topic"]))
    if "channel" in plant.segment:
        chosen = chosen & (lot.channel == VALUES["channel"].index(plant.segment["channel"]))
    return chosen
