"""Empirical Bayes for many small groups: how far they truly differ, each drawn in by as much as chance goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.8
_GRID = 400


@dataclass(frozen=True)
class Shrunk:
    """`effects` are the differences without chance, `reliability` the part of each that is kept (0 to 1).

    `spread` is the standard deviation of the true differences, `low` and `high` the ends of its 80 % interval.
    """

    effects: tuple[float, ...]
    reliability: tuple[float, ...]
    spread: float
    low: float
    high: float


def shrunk(differences: Sequence[float], variances: Sequence[float]) -> Shrunk:
    """Differences from what is usual, with the variance that chance gives each.

    The true differences are taken as normal around zero; their spread is integrated over its likelihood with every
    spread as likely before, so that a spread of zero is not taken for certain. Source: Morris 1983, Gelman 2006.
    """
    y, v = np.asarray(differences, dtype=float), np.maximum(np.asarray(variances, dtype=float), 1e-12)
    if len(y) < 2:
        return Shrunk(tuple(0.0 for _ in y), tuple(0.0 for _ in y), 0.0, 0.0, 0.0)
    most = 3 * float(np.std(y)) + 3 * float(np.sqrt(np.median(v)) / np.sqrt(len(y)))
    tau = np.linspace(0.0, max(most, 1e-9), _GRID)
    whole = v[None, :] + tau[:, None] ** 2
    loglik = -0.5 * (np.log(whole) + y[None, :] ** 2 / whole).sum(axis=1)
    weight = np.exp(loglik - loglik.max())
    weight /= weight.sum()
    kept = weight @ (tau[:, None] ** 2 / whole)
    ends = np.interp([(1 - LEVEL) / 2, (1 + LEVEL) / 2], np.cumsum(weight), tau)
    return Shrunk(
        tuple(float(x) for x in kept * y),
        tuple(float(x) for x in kept),
        float(weight @ tau),
        float(ends[0]),
        float(ends[1]),
    )


def quantile(values: Sequence[float], level: float) -> float:
    """The value below which so much of the values lies."""
    return float(np.quantile(np.asarray(values, dtype=float), level))
