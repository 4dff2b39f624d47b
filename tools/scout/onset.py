"""When it began: the likelihood of every first day, over shapes of growth, and the set of days with 80 % of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.scout.cube import Floats

RAMPS = (1, 4, 8)  # days in which a change may build up
LEVEL = 0.8
_STEPS = 25


@dataclass(frozen=True, eq=False)
class Onset:
    """`first` is the likeliest first day's place among the days looked at, `days` the places of the 80 % set.

    `weights` are the posterior weights of the days, each as likely before anything was seen. `ramp` is how many
    days the likeliest shape builds up for.
    """

    first: int
    days: tuple[int, ...]
    weights: Floats
    ramp: int


def onset_of(
    counts: Floats, mean: Floats, plain: Floats, phi: float, sign: int, *, additive: bool = False
) -> Onset:
    """The onset of a change that lasts until the last day. Arrays of days; `phi` scales `plain` to the variance.

    `sign` is the change's direction: days on which the change would have the other sign have no weight.
    """
    found = [_profile(counts, mean, plain, phi, sign, ramp, additive) for ramp in RAMPS]
    table = np.array(found)
    if not np.isfinite(table).any():  # it moves the other way by now: nothing is known of its beginning
        return Onset(len(counts) - 1, tuple(range(len(counts))), np.full(len(counts), 1 / len(counts)), 1)
    weights = np.exp(table - table.max()).sum(axis=0)
    weights = weights / weights.sum()
    first = int(np.argmax(weights))
    ramp = RAMPS[int(np.argmax(table[:, first]))]
    return Onset(first, _smallest(weights), weights, ramp)


def _smallest(weights: Floats) -> tuple[int, ...]:
    """The likeliest days whose weight comes nearest to the level, at least one."""
    order = np.argsort(-weights, kind="stable")
    reached = np.cumsum(weights[order])
    count = int(np.argmin(np.abs(reached - LEVEL))) + 1
    return tuple(sorted(int(day) for day in order[:count]))


def _profile(
    counts: Floats, mean: Floats, plain: Floats, phi: float, sign: int, ramp: int, additive: bool
) -> Floats:
    """The log of the integrated likelihood of a change from each day on."""
    days = len(counts)
    grown = np.clip((np.arange(days)[None, :] - np.arange(days)[:, None] + 1) / ramp, 0.0, 1.0)
    if ramp > 1:  # a start so late that the shape is not seen is a step
        grown[days - ramp + 1 :] = 0.0
    if additive:
        return _gaussian(counts - mean, plain, grown, phi, sign)
    return _poisson(counts, mean, np.divide(plain, mean, out=np.ones_like(mean), where=mean > 0), grown, phi, sign)


def _gaussian(stray: Floats, size: Floats, grown: Floats, phi: float, sign: int) -> Floats:
    top = grown @ stray
    information = np.maximum((grown**2) @ size, 1e-12) / phi
    value = (top / phi) ** 2 / information / 2 - np.log(information) / 2
    return np.asarray(np.where(top * sign > 0, value, -np.inf))


def _poisson(counts: Floats, mean: Floats, thin: Floats, grown: Floats, phi: float, sign: int) -> Floats:
    """Newton's steps for the relative change of each first day, then Laplace's integral over it."""
    change = ((counts - mean) @ grown.T) / np.maximum((grown**2) @ mean, 1e-9)
    change = np.clip(change, -0.95, 50.0)
    scale = phi * np.maximum(thin.mean(), 0.05)
    for _ in range(_STEPS):
        factor = np.maximum(1 + grown * change[:, None], 0.02)
        slope = (grown * (counts / factor - mean)).sum(axis=1)
        bend = np.maximum((grown**2 * counts / factor**2).sum(axis=1), 1e-9)
        change = np.clip(change + slope / bend, -0.97, 100.0)
    factor = np.maximum(1 + grown * change[:, None], 0.02)
    gain = (counts * np.log(factor) - mean * (factor - 1)).sum(axis=1) / scale
    information = np.maximum((grown**2 * counts / factor**2).sum(axis=1), 1e-9) / scale
    value = gain - np.log(information) / 2
    return np.asarray(np.where((change * sign > 0) & (grown.sum(axis=1) > 0), value, -np.inf))
