"""How many online sessions of each type there are on each day, and how many of them fail."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator.catalog import INTERACTION_TYPES, Floats, Ints, story, stream
from generator.levels import noise, rounded, shared_out
from generator.plan import CallPlan
from generator.profiles import Profile

_MOST_FAIL = 0.75
_MAIN = {"bill_pay": "Billing", "pharmacy_lookup": "Pharmacy", "id_card_download": "ID Card"}
# Part of the traffic follows the failures: members try again.
_FOLLOWS = 0.45


@dataclass(frozen=True)
class TrafficPlan:
    """Sessions and failed sessions, shape (days, interaction types)."""

    sessions: Ints
    failed: Ints


def traffic_plan(profile: Profile, seed: int, calls: CallPlan) -> TrafficPlan:
    """Plan all sessions; their total is the profile's row count."""
    days = len(calls.dates)
    weights = np.empty((days, len(INTERACTION_TYPES)))
    rates = np.empty_like(weights)
    for column, name in enumerate(INTERACTION_TYPES):
        text = story()["digital"][name]
        rng = stream(seed, "traffic", name)
        leaked = calls.leaked(_MAIN[name]) if name in _MAIN else None
        level = text["sessions"] * profile.scale
        pull = 1.0 if leaked is None else 1 - _FOLLOWS + _FOLLOWS * _relative(leaked, calls.factors)
        weights[:, column] = level * calls.factors * pull * noise(rng, days, level, 2.0)
        rates[:, column] = text["fails"] * noise(rng, days, 900.0, 1.0)
    sessions = shared_out(profile.digital, weights)
    return TrafficPlan(sessions, _failed(sessions, rates, seed, calls))


def following_traffic(seed: int, past: TrafficPlan, calls: CallPlan) -> TrafficPlan:
    """The sessions of the days of `calls`, which follow those of `past`, at the levels of its last day."""
    days = len(calls.dates)
    sessions = np.empty((days, len(INTERACTION_TYPES)), dtype=np.int64)
    rates = np.empty(sessions.shape)
    for column, name in enumerate(INTERACTION_TYPES):
        rng = stream(seed, "following traffic", name)
        level = float(past.sessions[-1, column])
        sessions[:, column] = rounded(level * calls.factors * noise(rng, days, level, 2.0))
        rates[:, column] = story()["digital"][name]["fails"] * noise(rng, days, 900.0, 1.0)
    return TrafficPlan(sessions, _failed(sessions, rates, seed, calls))


def _failed(sessions: Ints, rates: Floats, seed: int, calls: CallPlan) -> Ints:
    """Failed sessions: by rate, except where the leaks of a story set them."""
    failed = np.round(sessions * rates).astype(np.int64)
    for name, journey in _MAIN.items():
        column = INTERACTION_TYPES.index(name)
        wobble = noise(stream(seed, "failures", name), len(calls.dates), 2500.0, 1.0)
        failed[:, column] = np.round(
            calls.leaked(journey) / story()["leaks"][journey]["answered_failures"] * wobble
        )
    return np.minimum(failed, (_MOST_FAIL * sessions).astype(np.int64))


def _relative(leaked: Ints, factors: Floats) -> Floats:
    level = leaked / factors
    return np.asarray(level / max(level[-1], 1.0))
