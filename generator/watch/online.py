"""One day of a watched company's sessions: those behind leaked calls, everybody else's, and planted failures."""

from __future__ import annotations

import numpy as np

from generator.calls import DayCalls
from generator.catalog import INTERACTION_TYPES, TOPICS, Flags, Ints, catalog, story
from generator.failures import FAILURE, SILENT, SUCCESS, endings, messages
from generator.members import LANGUAGES
from generator.sessions import COMPLETED, Sessions, joined, session_seconds, usual_mobile
from generator.watch.contacts import Lot
from generator.watch.crowd import WatchCrowd
from generator.watch.plants import Plant
from generator.watch.settings import watch

_SPANISH = LANGUAGES.index("Spanish")
_SHORTEST, _LONGEST = 40, 1780  # seconds between the failure and the call, inside the half hour
_UPDATE = INTERACTION_TYPES.index("update_info")
_KIND_OF_TOPIC = np.full(len(TOPICS), INTERACTION_TYPES.index("login"))
for _text in story()["leaks"].values():
    _KIND_OF_TOPIC[TOPICS.index(_text["topic"])] = INTERACTION_TYPES.index(_text["interaction_types"][0])
_MESSAGES = [(name, row[0]) for name, rows in catalog()["failures"].items() for row in rows]
_FAILS = np.array([watch()["digital"][name]["fails"] for name in INTERACTION_TYPES])
_DAILY_FAILS = 0.05
_WOBBLE = 0.08


class Online:
    """Makes day after day. `extra`: the planted failures of the day made last, by plant number."""

    def __init__(self, crowd: WatchCrowd, planted: tuple[Plant, ...]) -> None:
        self.crowd = crowd
        self.digital = [one for one in planted if one.kind == "digital"]
        self.told = [one for one in planted if "failure_reason" in one.segment]
        self.lots = {one.number: crowd.lot(one.segment) for one in self.digital}
        self.means = {one.number: crowd.expected_in(one.segment, "digital") for one in self.digital}
        self.extra: dict[int, int] = {}

    def day(self, rng: np.random.Generator, day: int, calls: DayCalls, lot: Lot) -> Sessions:
        """The sessions of one day."""
        return joined([self._triggers(rng, calls, lot), self._others(rng, day), *self._planted(rng, day, lot)])

    def _triggers(self, rng: np.random.Generator, calls: DayCalls, lot: Lot) -> Sessions:
        rows = np.flatnonzero(calls.leaked)
        member, kind = calls.member[rows], _KIND_OF_TOPIC[calls.topic[rows]]
        technical = calls.topic[rows] == TOPICS.index("Technical Support")
        kind = np.where(technical & (rng.random(len(rows)) < 0.3), _UPDATE, kind)
        outcome, message = endings(rng, messages(rng, kind, self._spanish(member)))
        for one in self.told:
            told = lot.plant[rows] == one.number
            kind = np.where(told, INTERACTION_TYPES.index(one.segment["interaction_type"]), kind)
            message = np.where(told, _message(one), message)
        delay = np.clip(np.round(rng.gamma(2.2, 300, len(rows))), _SHORTEST, _LONGEST).astype(np.int64)
        return self._sessions(rng, member, kind, outcome, message, calls.second[rows] - delay, loose=False)

    def _others(self, rng: np.random.Generator, day: int) -> Sessions:
        sizes = rng.poisson(self.crowd.levels.sessions[:, day])
        kind = np.repeat(np.arange(len(sizes)), sizes)
        member = self.crowd.everybody[rng.integers(0, len(self.crowd.everybody), len(kind))]
        rates = _FAILS * np.exp(rng.normal(0, _DAILY_FAILS, len(_FAILS)))
        failed = np.flatnonzero(rng.random(len(kind)) < rates[kind])
        outcome, message = np.full(len(kind), SUCCESS), np.full(len(kind), SILENT)
        told = messages(rng, kind[failed], self._spanish(member[failed]))
        outcome[failed], message[failed] = endings(rng, told)
        return self._sessions(rng, member, kind, outcome, message, session_seconds(rng, len(kind)), loose=True)

    def _planted(self, rng: np.random.Generator, day: int, calls: Lot) -> list[Sessions]:
        found = []
        self.extra = {}
        for one in self.digital:
            if not one.course[day]:
                continue
            mean = self.means[one.number][day] * one.strength(day) * np.exp(rng.normal(0, _WOBBLE))
            mean *= 1 - watch()["plants"]["failures_that_call"]
            size = int(rng.poisson(mean))
            self.extra[one.number] = size + int(((calls.plant == one.number) & calls.leaked).sum())
            lot = self.lots[one.number]
            member = lot[rng.integers(0, len(lot), size)]
            kind = np.full(size, INTERACTION_TYPES.index(one.segment["interaction_type"]))
            outcome, message = np.full(size, FAILURE), np.full(size, _message(one))
            seconds = session_seconds(rng, size)
            found.append(self._sessions(rng, member, kind, outcome, message, seconds, loose=False))
        return found

    def _spanish(self, member: Ints) -> Flags:
        return np.asarray(self.crowd.members.language[member] == _SPANISH)

    def _sessions(
        self, rng: np.random.Generator, member: Ints, kind: Ints, outcome: Ints, message: Ints, second: Ints,
        *, loose: bool,
    ) -> Sessions:  # fmt: skip
        size = len(member)
        mobile = rng.random(size) < usual_mobile(kind)
        through = (outcome == SUCCESS) & (rng.random(size) < 0.8)
        step = np.where(through, COMPLETED, kind)
        return Sessions(member, kind, outcome, message, second, mobile, step, np.full(size, loose))


def _message(one: Plant) -> int:
    return _MESSAGES.index((one.segment["interaction_type"], one.segment["failure_reason"]))


def failed_with(sessions: Sessions, one: Plant, flags: Flags) -> int:
    """Sessions of a plant's cell that failed with its error."""
    kind, reason = one.segment["interaction_type"], one.segment["failure_reason"]
    told = [
        place
        for place, (name, text) in enumerate(_MESSAGES)
        if name.removesuffix("_spanish") == kind and text == reason
    ]
    inside = np.isin(sessions.message, told) & flags[sessions.member]
    return int((inside & (sessions.outcome != SUCCESS)).sum())
