"""Go-lives with a stored counterfactual: weekly calls of a fix's own group and of others, anew for each seed.

Groups share a wandering level, a shock a week and, near open enrollment, a rise that each follows in its own
measure; counts are overdispersed by 1 to 2.5. In half of the cases a fifth of the other groups has an event of its
own at the go-live. A fix is started where calls had just been high, and a third of the fixes does nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
GROUPS = 30
SEASON = 0.15  # log rise towards open enrollment
STARTS = 12  # moments of which the highest is taken


@dataclass(frozen=True)
class GoLive:
    """Weekly counts (weeks,) of the fix's group and of the others, the weeks before, and the true log effect."""

    treated: Array
    others: dict[str, Array]
    before: int
    log_effect: float
    near_enrollment: bool


def go_live(seed: int, *, near_enrollment: bool) -> GoLive:
    """One go-live; a third of them without any effect."""
    rng = np.random.default_rng([seed, near_enrollment])
    before, after = int(rng.integers(6, 21)), int(rng.integers(3, 10))
    log_effect = 0.0 if rng.random() < 1 / 3 else float(np.log1p(-np.clip(rng.normal(0.13, 0.08), -0.1, 0.4)))
    moments = STARTS + before + after
    common = np.cumsum(rng.normal(0, 0.02, moments)) + rng.normal(0, 0.03, moments)
    own = _levels(rng, moments, 5.5, 8.5)
    start = _started_high(own, before, after)
    weeks = slice(start - before, start + after)
    season = _season(before, after) if near_enrollment else np.zeros(before + after)
    load = float(rng.uniform(0.6, 1.4))
    treated = _counts(rng, own[weeks] + load * (common[weeks] + season) + _step(before, after, log_effect))
    others = {}
    contaminated = rng.random() < 0.5
    for at in range(GROUPS):
        load = float(rng.uniform(0.5, 1.5))
        event = float(np.log(rng.uniform(0.7, 1.4))) if contaminated and at < GROUPS // 5 else 0.0
        level = _levels(rng, moments, 4.5, 8.0)[weeks] + load * (common[weeks] + season)
        others[f"group {at}"] = _counts(rng, level + _step(before, after, event))
    return GoLive(treated, others, before, log_effect, near_enrollment)


def _levels(rng: np.random.Generator, weeks: int, low: float, high: float) -> Array:
    """A log level of its own that comes back to where it was."""
    walk = np.zeros(weeks)
    for at in range(1, weeks):
        walk[at] = 0.5 * walk[at - 1] + rng.normal(0, 0.02)
    return np.asarray(rng.uniform(low, high) + walk)


def _started_high(own: Array, before: int, after: int) -> int:
    """The week of the go-live: the one that follows the highest calls of those that leave room on both sides."""
    possible = range(before, len(own) - after)
    return max(possible, key=lambda week: float(own[week - 1]))


def _season(before: int, after: int) -> Array:
    weeks = np.arange(before + after)
    return np.asarray(np.where(weeks >= before - 1, SEASON * np.minimum((weeks - before + 2) / 3, 1), 0.0))


def _step(before: int, after: int, size: float) -> Array:
    return np.concatenate([np.zeros(before), np.full(after, size)])


def _counts(rng: np.random.Generator, log_level: Array) -> Array:
    """Overdispersed counts, one at the least."""
    phi = float(rng.uniform(1.05, 2.5))
    drawn = rng.negative_binomial(np.exp(log_level) / (phi - 1), 1 / phi)
    return np.asarray(np.maximum(drawn, 1), dtype=np.float64)
