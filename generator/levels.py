"""Daily levels: rises, noise, and rounding that keeps sums. Time is `age`: days before the last day (age 0)."""

from __future__ import annotations

import numpy as np

from generator.catalog import Floats, Ints

_WEEK = 7
_MOST_NOISE = 0.05


def ages(days: int) -> Ints:
    """Days before the last day, oldest first: days-1 .. 0."""
    return np.arange(days - 1, -1, -1)


def rise(age: Ints, started: int, jump: float) -> Floats:
    """0 before the start, `jump` on its day, then straight up to 1 on the last day."""
    if started == 0:
        return np.ones(len(age))
    climbing = jump + (1 - jump) * (started - age) / started
    return np.where(age <= started, climbing, 0.0)


def settle(age: Ints, started: int, before: float, at_start: float, after: float, pace: float) -> Floats:
    """`before` until the start, then from `at_start` towards `after`, with e-folding time `pace` in days."""
    settling = after + (at_start - after) * np.exp(-np.maximum(started - age, 0) / pace)
    return np.where(age <= started, settling, before)


def week_ratio(daily: Floats) -> float:
    """Sum of the last seven days over the sum of the seven before."""
    return float(daily[-_WEEK:].sum() / daily[-2 * _WEEK : -_WEEK].sum())


def jump_for_trend(age: Ints, started: int, before_share: float, factors: Floats, trend: float) -> float:
    """The first-day jump with which a rise from `before_share` to 1 shows `trend` week on week, or the nearest."""
    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        level = before_share + (1 - before_share) * rise(age, started, middle)
        if week_ratio(level * factors) > 1 + trend:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def hold_trend(daily: Floats, trend: float) -> Floats:
    """Scale what is before the last week so that the week-on-week trend is the one asked for, noise included."""
    held = daily.copy()
    held[:-_WEEK] *= week_ratio(daily) / (1 + trend)
    return held


def noise(rng: np.random.Generator, days: int, level: float, phi: float) -> Floats:
    """Day-to-day factors with variance phi x mean (overdispersed counts); the last day is quiet."""
    spread = min(_MOST_NOISE, float(np.sqrt(phi / max(level, 1.0))))
    factors = np.exp(rng.normal(0, spread, days))
    factors[-1] = 1.0
    return factors


def rounded(levels: Floats) -> Ints:
    """Whole numbers whose running sums follow the levels' (within half), settled from the last day backwards."""
    sums = np.round(np.cumsum(levels[::-1])).astype(np.int64)
    counts: Ints = np.diff(sums, prepend=0)[::-1]
    return counts


def shared_out(total: int, weights: Floats) -> Ints:
    """`total` split over all cells of `weights` (any shape), each within one of its share."""
    flat = weights.ravel()
    sums = np.round(np.cumsum(flat) / flat.sum() * total).astype(np.int64)
    counts: Ints = np.diff(sums, prepend=0).reshape(weights.shape)
    return counts
