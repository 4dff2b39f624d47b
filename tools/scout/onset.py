"""When it began: the likelihood of every first day over shapes of a change, and the days with 80 % of the weight.

A change may come at once, build up, fade or last a few days only. Each shape from each first day is a model of
the days; its size is integrated out (Laplace), and what is left is weighed by how usual shapes are. A mixture is
needed: a ramp that is taken for a step is dated days too late, a step that is taken for a ramp too early. What is
not known of the level is averaged over: from a level that was taken for too high a ramp seems to begin too late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from tools.scout.cube import Floats, Ints

LEVEL = 0.8
UNEVEN_DAYS = 0.07  # of what is expected of a day, by which days stray besides their noise
TOLD = 0.002  # of the weight; days with less are left out where weights are kept
SMALLEST = 0.04  # relative change; smaller ones are as likely as it
SEEN_PART = 0.25  # of a shape's course, in the window in which it was seen
NEIGHBOURS = 0.8  # how much a day's neighbours count when one day is to be named
_STEPS = 5
_LEVELS, _SHARES = np.polynomial.hermite_e.hermegauss(5)  # in deviations of what is not known, and their weights
_SHAPES: tuple[tuple[str, float, float], ...] = (
    ("ramp", 1, 0.53),
    ("ramp", 4, 0.032),
    ("ramp", 6, 0.032),
    ("ramp", 8, 0.032),
    ("ramp", 10, 0.032),
    ("ramp", 12, 0.032),
    ("decay", 3, 0.10),
    ("decay", 6, 0.10),
    ("pulse", 2, 0.055),
    ("pulse", 3, 0.055),
)
"""Kind, days that it builds up for, fades with or lasts, and how usual it is."""


@dataclass(frozen=True, eq=False)
class Onset:
    """`first` is the day's place that is named among the days looked at, `days` the places of the 80 % set.

    `weights` are the posterior weights of the days, each as likely before anything was seen. `ramp` is how many
    days the likeliest shape builds up for.
    """

    first: int
    days: tuple[int, ...]
    weights: Floats
    ramp: int

    def told(self, days: Sequence[date]) -> dict[date, float]:
        """The weights of the days that were looked at, without those that have next to none; they add up to 1."""
        kept = {day: float(weight) for day, weight in zip(days, self.weights, strict=True) if weight >= TOLD}
        total = sum(kept.values())
        return {day: round(weight / total, 4) for day, weight in kept.items()}


def onset_of(
    counts: Floats,
    mean: Floats,
    plain: Floats,
    phi: float,
    sign: int,
    *,
    additive: bool = False,
    window: int | None = None,
    level: float = 0.0,
) -> Onset:
    """The onset of a change that is seen within the days. Arrays of days; `phi` scales `plain` to the variance.

    `sign` is the change's direction: days from which it would have the other sign have no weight. `additive` is
    for sums of scores, which have a normal distribution. Of a shape that ends, a part must lie in the last
    `window` days, in which the change was seen: what was over before is another one. `level` is the deviation (in
    logs) of what all days' `mean` may be too high or too low by; scores have none.
    """
    days = len(counts)
    grown, usual = _shapes(days)
    if additive:
        table = _gaussian(counts, mean, plain, grown, phi, sign)
    else:
        table = _over_levels(counts, mean, plain, grown, phi, sign, level)
    table = table + usual[:, None]
    if window is not None:
        seen = grown[..., max(0, days - window) :].sum(axis=-1)
        table = np.where(seen >= SEEN_PART * grown.sum(axis=-1), table, -np.inf)
    if not np.isfinite(table).any():  # it moves the other way by now: nothing is known of its beginning
        return Onset(days - 1, tuple(range(days)), np.full(days, 1 / days), 1)
    weights = np.exp(table - table.max()).sum(axis=0)
    weights = weights / weights.sum()
    held = _smallest(weights)
    first = _named(weights, held)
    kind, length, _ = _SHAPES[int(np.argmax(table[:, first]))]
    return Onset(first, held, weights, int(length) if kind == "ramp" else 1)


def _named(weights: Floats, held: tuple[int, ...]) -> int:
    """Of the set's days the one that has most weight with its neighbours: a day off matters little, three do."""
    around = np.pad(weights, 1)
    near = weights + NEIGHBOURS * (around[:-2] + around[2:])
    return max(held, key=lambda day: float(near[day]))


def _smallest(weights: Floats) -> tuple[int, ...]:
    """As many of the likeliest days as hold the level at most, at least one: that one often holds more."""
    order = np.argsort(-weights, kind="stable")
    count = max(int((np.cumsum(weights[order]) <= LEVEL + 1e-9).sum()), 1)
    return tuple(sorted(int(day) for day in order[:count]))


@lru_cache(maxsize=32)
def _shapes(days: int) -> tuple[Floats, Floats]:
    """The course of every shape from every first day, shape (shapes, first days, days), and their log priors."""
    since = np.arange(days)[None, :] - np.arange(days)[:, None]
    grown = np.array([_course(since, kind, length) for kind, length, _ in _SHAPES])
    return grown, np.log(np.array([usual for _, _, usual in _SHAPES]))


def _course(since: Ints, kind: str, length: float) -> Floats:
    """How much of a change there is so many days after its first."""
    begun = since >= 0
    if kind == "ramp":
        return np.clip((since + 1) / length, 0.0, 1.0)
    if kind == "decay":
        return np.asarray(begun * np.exp(-np.maximum(since, 0) / length))
    return np.asarray(begun & (since < length), dtype=np.float64)


def _gaussian(sums: Floats, mean: Floats, size: Floats, grown: Floats, phi: float, sign: int) -> Floats:
    stray = sums - mean
    top = grown @ stray
    information = np.maximum((grown**2) @ size, 1e-12) / phi
    value = (top / phi) ** 2 / information / 2 - np.log(information) / 2
    return np.asarray(np.where(top * sign > 0, value, -np.inf))


def _over_levels(
    counts: Floats, mean: Floats, plain: Floats, grown: Floats, phi: float, sign: int, level: float
) -> Floats:
    """The likelihood of each shape from each first day, averaged over what the level may be."""
    mean = np.maximum(mean, 1e-6)
    linear = phi * np.maximum(plain / mean, 0.05)
    factors = np.exp(level * _LEVELS - level**2 / 2) if level > 0 else np.ones(1)
    shares = _SHARES / _SHARES.sum() if level > 0 else np.ones(1)
    tables = _counted(counts, mean * factors[:, None], linear, grown, sign) - _quasi(counts, mean, linear)
    most = tables.max(axis=0)
    summed = (shares[:, None, None] * np.exp(tables - np.where(np.isfinite(most), most, 0.0))).sum(axis=0)
    return np.asarray(np.where(np.isfinite(most), most + np.log(np.maximum(summed, 1e-300)), -np.inf))


def _counted(counts: Floats, mean: Floats, linear: Floats, grown: Floats, sign: int) -> Floats:
    """Fisher's steps for the size of each shape from each first day, then Laplace's integral over it.

    By level, shape and first day, for means of shape (levels, days). The variance of a day is linear * mean +
    square * mean**2; the quasi-likelihood is the integral of (count - m) / variance over m.
    """
    square = UNEVEN_DAYS**2
    lowest, highest = (0.0, 100.0) if sign > 0 else (-0.97, 0.0)
    top, size = (np.einsum("sfd,ld->lsf", *pair) for pair in ((grown, counts - mean), (grown**2, mean)))
    change = np.clip(top / np.maximum(size, 1e-9), lowest, highest)
    mean = mean[:, None, None, :]
    slope_of = grown * mean
    for _ in range(_STEPS):
        seen = mean + slope_of * change[..., None]
        weight = slope_of / (seen * (linear + square * seen))
        step = (weight * (counts - seen)).sum(axis=-1) / np.maximum((weight * slope_of).sum(axis=-1), 1e-9)
        change = np.clip(change + step, lowest, highest)
    seen = mean + slope_of * change[..., None]
    information = np.maximum((slope_of**2 / (seen * (linear + square * seen))).sum(axis=-1), 1e-9)
    value = _quasi(counts, seen, linear) - np.log(information) / 2
    if sign > 0:  # sizes of rises are as likely in every octave
        value = value - np.log(np.maximum(change, SMALLEST))
    return np.asarray(np.where(change * sign > 0, value, -np.inf))


def _quasi(counts: Floats, mean: Floats, linear: Floats) -> Floats:
    share, square = counts / linear, UNEVEN_DAYS**2
    return np.asarray((share * np.log(mean) - (share + 1 / square) * np.log(linear + square * mean)).sum(axis=-1))
