"""The plan of the days after a company's last day: its stories go on at the levels that they have reached.

Nothing new is planted. Levels of the stories' leaks are those that the story names for the last day; all other
calls go on at their average of the last four weeks, by the same calendar and with the same day-to-day noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from generator.catalog import Floats, Ints, stream
from generator.catalog import story as read_story
from generator.days import following, following_factors
from generator.levels import noise, rounded
from generator.plan import CallPlan, Stream, call_plan
from generator.profiles import Profile
from generator.surveys import following_surveys
from generator.traffic import TrafficPlan, following_traffic, traffic_plan

HORIZON = 3650
"""How many days are planned: the feed of one company ends after ten years."""
_AVERAGED = 28
_PHI = 1.6


@dataclass(frozen=True)
class FollowingPlan:
    """Calls, sessions and surveys (by type) of the days after the last, day number 0 first."""

    calls: CallPlan
    traffic: TrafficPlan
    surveys: Ints


def following_plan(profile: Profile, seed: int, as_of: date, days: int = HORIZON) -> FollowingPlan:
    """Plan the `days` days after `as_of`. The same arguments give the same plan, however often it is asked for."""
    past = call_plan(profile, seed, as_of, ())
    factors = following_factors(as_of, days)
    streams = tuple(_goes_on(one, past, profile, seed, factors) for one in past.streams)
    negative = np.full(days, past.negative[-1])
    calls = CallPlan(following(as_of, days), factors, streams, negative, story_day=-1)
    traffic = following_traffic(seed, traffic_plan(profile, seed, past), calls)
    return FollowingPlan(calls, traffic, following_surveys(profile, past, calls))


def _goes_on(one: Stream, past: CallPlan, profile: Profile, seed: int, factors: Floats) -> Stream:
    level, repeated = _story_level(one, profile) if one.journey else _recent_level(one, past)
    rng = stream(seed, "following calls", one.topic, one.pool, one.journey or "")
    calls = rounded(np.asarray(level * factors * noise(rng, len(factors), level, _PHI)))
    repeats = np.minimum(rounded(np.asarray(calls * repeated)), calls)
    sentiment = None if one.sentiment is None else np.full(len(factors), one.sentiment[-1])
    return Stream(one.topic, one.pool, calls, repeats, one.journey, sentiment)


def _story_level(one: Stream, profile: Profile) -> tuple[float, float]:
    """Calls a day and the share of repeats that the story gives a leak on the last day."""
    cell = read_story()["leaks"][one.journey]["cells"][one.pool]
    return cell["level"] * profile.scale, cell["repeat"]


def _recent_level(one: Stream, past: CallPlan) -> tuple[float, float]:
    """The same, as it was of late."""
    calls, factors = one.calls[-_AVERAGED:], past.factors[-_AVERAGED:]
    return float(calls.sum() / factors.sum()), float(one.repeats[-_AVERAGED:].sum() / max(calls.sum(), 1))
