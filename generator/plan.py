"""How many calls of which kind come in on each day: the stories as whole numbers, before anybody is drawn.

The last day is exact by construction (counts are quotas, not Poisson draws), earlier days carry overdispersed
noise.

How the plan fix is read: "5,000 to 4,250 calls a day, repeat 23 % to 18 %" speaks of one plan's (HMO) billing
calls of every kind, as daily averages over four weeks before and after its go-live. Its leaked calls, a small part
of them, fall by the same share with the same repeat shares, so the fix shows whichever of the two is tracked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from generator.catalog import TOPICS, Flags, Floats, Ints, stream
from generator.catalog import story as read_story
from generator.days import history, volume_factors
from generator.incidents import Incident
from generator.levels import (
    ages,
    hold_trend,
    jump_for_trend,
    noise,
    rise,
    rounded,
    settle,
    shared_out,
)
from generator.profiles import Profile

_REPEAT_PACE = 2.0
_FIX_WINDOW = 28
_TRAITS = ("repeat", "phi", "mood")


@dataclass(frozen=True)
class Stream:
    """One kind of call: counts and repeats a day, and for story cells the average sentiment (else None)."""

    topic: int
    pool: str
    calls: Ints
    repeats: Ints
    journey: str | None = None
    sentiment: Floats | None = None


@dataclass(frozen=True)
class CallPlan:
    """All streams over the same days; `negative` is the share of a day's calls that go badly.

    `story_day` is the number of the day whose levels the story tells: the last one, or -1 (the day before the
    first) in a plan of the days that follow.
    """

    dates: list[date]
    factors: Floats
    streams: tuple[Stream, ...]
    negative: Floats
    story_day: int

    @property
    def volume(self) -> Ints:
        """Planned calls of all kinds, by day."""
        return np.asarray(sum((one.calls for one in self.streams), np.zeros(len(self.dates), dtype=np.int64)))

    def leaked(self, journey: str) -> Ints:
        """Planned leaked calls of a journey, by day."""
        total = np.zeros(len(self.dates), dtype=np.int64)
        for one in self.streams:
            if one.journey == journey:
                total = total + one.calls
        return total


def call_plan(profile: Profile, seed: int, as_of: date, incidents: tuple[Incident, ...]) -> CallPlan:
    """Plan all calls of a run. Row total and the last day's story counts come out exactly."""
    dates = history(as_of, profile.days)
    factors = volume_factors(dates)
    leaks = [one for name in read_story()["leaks"] for one in _leaks(name, profile, seed, factors)]
    fixed = [*leaks, _plan_fix(profile, seed, factors, leaks)]
    extra = [_incident(incident, profile, factors) for incident in incidents]
    taken = sum(int(one.calls.sum()) for one in [*fixed, *extra])
    ordinary = _ordinary(profile, seed, factors, profile.calls - taken)
    flexible = _with_repeats(fixed, [*extra, *ordinary])
    streams = tuple(_without_first_day_repeats(one) for one in [*fixed, *flexible])
    return CallPlan(dates, factors, streams, _negative_share(profile.days), story_day=profile.days - 1)


def _leaks(journey: str, profile: Profile, seed: int, factors: Floats) -> list[Stream]:
    text = read_story()["leaks"][journey]
    age, cells = ages(profile.days), text["cells"]
    started, trend = int(text.get("rise_days", 0)), text.get("week_trend")
    top = sum(cell["level"] for cell in cells.values())
    before = sum(cell["before"] for cell in cells.values())
    jump = 1.0 if trend is None else jump_for_trend(age, started, before / top, factors, trend)
    rng = stream(seed, "leaks", journey)
    shared = factors * noise(rng, profile.days, top * profile.scale, text.get("phi", 1.0)) * profile.scale
    climbing = rise(age, started, jump)
    levels = {name: _cell_level(cell, climbing) * shared for name, cell in cells.items()}
    if trend is not None:
        total = sum(levels.values(), np.zeros(profile.days))
        correction = hold_trend(total, trend) / total
        levels = {name: level * correction for name, level in levels.items()}
    fixed_plan = read_story()["plan_fix"]["pool"]
    if fixed_plan in levels:
        levels[fixed_plan] = _fixed_plan_leaks(levels[fixed_plan], age)
    topic = TOPICS.index(text["topic"])
    return [_leak_stream(journey, topic, name, cells[name], age, started, level) for name, level in levels.items()]


def _cell_level(cell: dict[str, Any], climbing: Floats) -> Floats:
    return np.asarray(cell["before"] + (cell["level"] - cell["before"]) * climbing)


def _before_and_after(age: Ints) -> tuple[Flags, Flags, Flags]:
    """Days before and after the plan fix's go-live, and the days near enough to compare."""
    after = age <= read_story()["plan_fix"]["days_ago"]
    near = np.abs(age - read_story()["plan_fix"]["days_ago"] - 0.5) < _FIX_WINDOW
    return ~after, after, near


def _fixed_plan_leaks(level: Floats, age: Ints) -> Floats:
    """The fixed plan's leaked calls were more before the fix, by the share by which all its calls were."""
    fix = read_story()["plan_fix"]
    before, after, near = _before_and_after(age)
    wanted = level[after & near].mean() * fix["calls_before"] / fix["calls_after"]
    return np.where(before, level * wanted / level[before & near].mean(), level)


def _leak_stream(
    journey: str, topic: int, name: str, cell: dict[str, Any], age: Ints, started: int, level: Floats
) -> Stream:
    fix = read_story()["plan_fix"]
    repeat = settle(age, started, cell["repeat_before"], cell["repeat_before"], cell["repeat"], _REPEAT_PACE)
    if name == fix["pool"]:
        repeat = np.where(age > fix["days_ago"], fix["leaked_repeat_before"], repeat)
    calls = rounded(level)
    sentiment = None
    if "sentiment" in cell:
        first = cell["sentiment_before"]
        sentiment = settle(age, started, first, first, cell["sentiment"], _REPEAT_PACE)
    return Stream(topic, name, calls, rounded(calls * repeat), journey, sentiment)


def _plan_fix(profile: Profile, seed: int, factors: Floats, leaks: list[Stream]) -> Stream:
    """The fixed plan's calls that did not leak: what its daily averages leave beside its leaked ones."""
    fix = read_story()["plan_fix"]
    topic = TOPICS.index(fix["topic"])
    own = [one for one in leaks if one.pool == fix["pool"] and one.topic == topic]
    leaked = sum((one.calls for one in own), np.zeros(profile.days, dtype=np.int64))
    leaked_repeats = sum((one.repeats for one in own), np.zeros(profile.days, dtype=np.int64))
    before, after, near = _before_and_after(ages(profile.days))
    level = factors * noise(stream(seed, "plan fix"), profile.days, fix["calls_after"] * profile.scale, 1.6)
    for period, mean in ((before, fix["calls_before"]), (after, fix["calls_after"])):
        level[period] *= mean * profile.scale / level[period & near].mean()
    total = rounded(level)
    repeats = rounded(total * np.where(after, fix["repeat_after"], fix["repeat_before"])) - leaked_repeats
    return Stream(topic, fix["pool"], np.maximum(total - leaked, 0), np.maximum(repeats, 0))


def _incident(incident: Incident, profile: Profile, factors: Floats) -> Stream:
    age = ages(profile.days)
    running = (age <= incident.started_ago) & (age > incident.started_ago - incident.days)
    calls = rounded(np.where(running, incident.extra_calls * factors, 0.0))
    return Stream(incident.topic, incident.pool, calls, np.zeros(profile.days, dtype=np.int64))


def _ordinary(profile: Profile, seed: int, factors: Floats, total: int) -> list[Stream]:
    texts = read_story()["calls"]
    kinds = [(topic, pool) for topic, text in texts.items() for pool in text if pool not in _TRAITS]
    levels = np.empty((profile.days, len(kinds)))
    for column, (topic, pool) in enumerate(kinds):
        level = texts[topic][pool] * profile.scale
        rng = stream(seed, "calls", topic, pool)
        levels[:, column] = level * factors * noise(rng, profile.days, level, texts[topic]["phi"])
    counts = shared_out(total, levels)
    none = np.zeros(profile.days, dtype=np.int64)
    return [
        Stream(TOPICS.index(topic), pool, counts[:, column], none) for column, (topic, pool) in enumerate(kinds)
    ]


def _with_repeats(fixed: list[Stream], flexible: list[Stream]) -> list[Stream]:
    """Give the flexible streams the repeats that the day's overall share leaves, as their own shares go."""
    calls = sum(one.calls for one in [*fixed, *flexible])
    left = calls * read_story()["overall"]["repeat"] - sum(one.repeats for one in fixed)
    texts = read_story()["calls"]
    own = [one.calls * texts[TOPICS[one.topic]]["repeat"] for one in flexible]
    factor = left / np.maximum(sum(own), 1e-9)
    return [
        Stream(one.topic, one.pool, one.calls, np.minimum(rounded(share * factor), one.calls))
        for one, share in zip(flexible, own, strict=True)
    ]


def _without_first_day_repeats(one: Stream) -> Stream:
    repeats = np.minimum(one.repeats, one.calls)
    repeats[0] = 0
    return Stream(one.topic, one.pool, one.calls, repeats, one.journey, one.sentiment)


def _negative_share(days: int) -> Floats:
    text, started = read_story()["overall"], read_story()["leaks"]["Billing"]["rise_days"]
    climbing = rise(ages(days), started, 0.2)
    return np.asarray(text["negative_before"] + (text["negative"] - text["negative_before"]) * climbing)
