"""What would have happened anyway: synthetic difference-in-differences on weekly log counts, with placebo errors.

Arkhangelsky et al. 2021: donor weights that make the donors' course before the go-live parallel to the treated
one's, week weights that make the weeks before alike to those after, both on the simplex. Two things differ from
the paper where a fix is measured. The week before the go-live has no part in the level before: people start a
fix when calls are high, and such a week falls back by itself (Ashenfelter's dip). And the week weights are kept
as even as the donors' weekly noise makes it wise, so that one loud week is not all there was before. The
standard error is how far donors that had no fix stray in the same way, by the size of their counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

Array = NDArray[np.float64]
SUM_WEIGHT = 1e3
GAP = 1  # weeks before the go-live that say nothing of the level before
STRAYS = 3.5  # robust standard deviations beyond which a donor had an event of its own
LEAST_DONORS = 4


@dataclass(frozen=True)
class Effect:
    """`log` is the change of the log level against the counterfactual, `error` its standard error.

    `low` and `high` are the ends of the 95 % interval; `weights` of the donors kept; `strays` the donors left out;
    `counterfactual` the weekly log counts without the fix; `placebo` the donors' own effects.
    """

    log: float
    error: float
    low: float
    high: float
    weights: dict[str, float]
    strays: tuple[str, ...]
    counterfactual: Array
    placebo: Array
    rank_p: float


def effect(treated: Array, donors: dict[str, Array], before: int, confidence: float = 0.95) -> Effect:
    """The effect on weekly counts `treated` (weeks,) from week `before` on. Raises ValueError without donors."""
    names = [name for name, counts in donors.items() if counts.min() > 0]
    if len(names) < LEAST_DONORS:
        raise ValueError("too few donors")
    panel = np.log(np.array([donors[name] for name in names]))
    kept, strays = _without_strays(panel, before)
    panel, names = panel[kept], [name for name, keep in zip(names, kept, strict=True) if keep]
    own = np.log(treated)
    log, weights, week_weights = sdid(own, panel, before, gap=GAP, even=True)
    placebo = np.array(
        [sdid(row, np.delete(panel, at, axis=0), before, gap=GAP, even=True)[0] for at, row in enumerate(panel)]
    )
    counts = np.exp(panel).mean(axis=1)
    error = _error(placebo, counts, float(treated.mean()), before, len(treated) - before)
    reach = float(stdtrit(len(names) - 1, (1 + confidence) / 2)) * error
    level = own[:before] @ week_weights - (panel[:, :before] @ week_weights) @ weights
    scaled = np.abs(placebo) / _scale(counts, float(treated.mean()))
    return Effect(
        log=log,
        error=error,
        low=log - reach,
        high=log + reach,
        weights=dict(zip(names, weights.tolist(), strict=True)),
        strays=strays_of([*donors], strays, donors),
        counterfactual=np.asarray(level + weights @ panel),
        placebo=placebo,
        rank_p=float((1 + (scaled >= abs(log)).sum()) / (1 + len(scaled))),
    )


def strays_of(names: list[str], strays: NDArray[np.bool_], donors: dict[str, Array]) -> tuple[str, ...]:
    """The names of the donors that stray, in their order."""
    positive = [name for name in names if donors[name].min() > 0]
    return tuple(name for name, stray in zip(positive, strays, strict=True) if stray)


def sdid(own: Array, panel: Array, before: int, *, gap: int = 0, even: bool = False) -> tuple[float, Array, Array]:
    """The effect, the donors' weights and the weights of the times before, as published without `gap` and `even`.

    `own` (times,) and `panel` (donors, times) are in any unit, and so is the effect; it begins at time `before`.
    The last `gap` times before have no weight; `even` holds those of the others together by the donors' noise.
    """
    after = len(own) - before
    steps = np.diff(panel[:, :before], axis=1)
    noise = float(steps.std(ddof=1) if steps.size > 1 else 0.0)
    zeta = after**0.25 * noise
    weights = _simplex(panel[:, :before].T, own[:before], zeta**2 * before)
    ridge = noise**2 if even else 1e-6 * zeta**2
    usable = _simplex(panel[:, : before - gap], panel[:, before:].mean(axis=1), ridge * len(panel))
    weeks = np.concatenate([usable, np.zeros(gap)])
    mine = own[before:].mean() - own[:before] @ weeks
    theirs = panel[:, before:].mean(axis=1) - panel[:, :before] @ weeks
    return float(mine - weights @ theirs), weights, weeks


def _simplex(matrix: Array, target: Array, ridge: float) -> Array:
    """Non-negative weights that sum to one, with a free intercept: min |b + matrix w - target|^2 + ridge |w|^2."""
    centred = matrix - matrix.mean(axis=0)
    rows = [centred, np.sqrt(max(ridge, 1e-12)) * np.eye(matrix.shape[1])]
    scale = SUM_WEIGHT * max(float(np.abs(centred).max()), 1e-3)
    stacked = np.vstack([*rows, scale * np.ones((1, matrix.shape[1]))])
    wanted = np.concatenate([target - target.mean(), np.zeros(matrix.shape[1]), [scale]])
    weights = _not_negative(stacked, wanted, 50 * matrix.shape[1])
    return np.asarray(weights / weights.sum())


def _not_negative(matrix: Array, target: Array, most: int | None = None) -> Array:
    """The non-negative weights of least squares, after at most so many steps."""
    from scipy.optimize import nnls  # half a second of every command's start, for those that measure

    return np.asarray(nnls(matrix, target, maxiter=most)[0], dtype=np.float64)


def _without_strays(panel: Array, before: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which donors stay: one whose own step at the go-live is far from the others' had an event of its own."""
    step = panel[:, before:].mean(axis=1) - panel[:, :before].mean(axis=1)
    centre = np.median(step)
    noise = np.sqrt(1 / np.exp(panel).mean(axis=1))
    spread = 1.4826 * np.median(np.abs(step - centre))
    stray = np.abs(step - centre) > STRAYS * np.maximum(spread, noise)
    if (~stray).sum() < LEAST_DONORS:
        stray = np.zeros(len(panel), dtype=bool)
    return ~stray, stray


def _error(placebo: Array, counts: Array, mine: float, before: int, after: int) -> float:
    """The standard error at my size of counts: the donors' squared effects as chance counts plus a common part."""
    share = 1 / before + 1 / after
    design = np.column_stack([share / counts, np.ones(len(counts))])
    weight = counts / counts.max()
    parts = _not_negative(design * weight[:, None], placebo**2 * weight)
    parts[0] = max(parts[0], 1.0)  # counts stray at least as a Poisson's do
    return float(np.sqrt(parts[0] * share / mine + parts[1]))


def _scale(counts: Array, mine: float) -> Array:
    """How much a donor strays for its size against a series of my size."""
    return np.asarray(np.sqrt(np.maximum(mine, 1.0) / np.maximum(counts, 1.0)), dtype=np.float64)
