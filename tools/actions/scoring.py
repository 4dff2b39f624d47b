"""How much an action will bring: a hierarchical model of past fixes, with the playbook as its prior.

    ln(after / before) of fix i = -high start + lever + journey + fix i's own + error i,   error i ~ N(0, se_i^2)

The effects of levers, journeys and the high start are Gaussian given the two spreads (between fixes of a lever,
between journeys); the spreads are integrated over a grid, not plugged in. The predictive distribution of a new
fix is drawn from that mixture with a fixed seed, jointly for all actions, so that what they share is shared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tools.actions.history import History, PastFix
from tools.actions.playbook import HistoryPriors, Lever, Playbook

Array = NDArray[np.float64]
DRAWS = 4000
SEED = 20261029
GRID = 9
MOST_REDUCTION = 0.95


@dataclass(frozen=True)
class Posterior:
    """What the history says. `weights` are of the grid points, `means` and `factors` of the effects at each.

    `levers` and `journeys` name the effects after the first one, which is the high start (its negative).
    `spreads` are the (between fixes, between journeys) of each grid point.
    """

    levers: tuple[str, ...]
    journeys: tuple[str, ...]
    weights: Array
    spreads: Array
    means: Array
    factors: Array
    fixes_by_lever: dict[str, int]
    high_start: float

    def draws(self, wanted: Sequence[tuple[str, str, str]], count: int = DRAWS, seed: int = SEED) -> Array:
        """Reductions (fractions of the calls reached), shape (count, len(wanted)), by (lever, journey, key).

        An action's draws are the same whatever else is wanted: its own part is drawn from its key.
        """
        rng = np.random.default_rng(seed)
        point = rng.choice(len(self.weights), size=count, p=self.weights)
        standard = rng.standard_normal((count, self.means.shape[1]))
        effects = self.means[point] + np.einsum("nij,nj->ni", self.factors[point], standard)
        fix_spread, journey_spread = self.spreads[point].T
        found = np.empty((count, len(wanted)))
        for at, (lever, journey, key) in enumerate(wanted):
            of_journey = (
                effects[:, 1 + len(self.levers) + self.journeys.index(journey)]
                if journey in self.journeys
                else _own(journey, count, seed) * journey_spread
            )
            own = _own(key, count, seed) * fix_spread
            found[:, at] = effects[:, 1 + self.levers.index(lever)] + of_journey + own
        return np.minimum(-np.expm1(found), MOST_REDUCTION)


def _own(key: str, count: int, seed: int) -> Array:
    """Standard normal draws that belong to a name."""
    return np.random.default_rng([seed, *key.encode()]).standard_normal(count)


def fit(history: History, playbook: Playbook) -> Posterior:
    """The posterior given the history; with none, the playbook's priors."""
    return _fit(history.fixes, _prior_levers(playbook), playbook.history)


def _prior_levers(playbook: Playbook) -> tuple[Lever, ...]:
    """The levers of the playbook, each an effect of its own."""
    return tuple(playbook.levers.values())


@lru_cache(maxsize=8)
def _fit(fixes: tuple[PastFix, ...], levers: tuple[Lever, ...], priors: HistoryPriors) -> Posterior:
    names, journeys = _effect_names(levers), tuple(sorted({fix.journey for fix in fixes}))
    used = [fix for fix in fixes if any(lever.history == fix.lever for lever in levers)]
    design, change, error = _data(used, names, journeys)
    spreads, log_prior = _grid(priors, journeys)
    mean0, covariance0 = _prior(levers, names, journeys, priors)
    of_journeys = np.arange(1 + len(names), len(mean0))
    weights, means, factors = [], [], []
    for (fix_spread, journey_spread), prior in zip(spreads, log_prior, strict=True):
        covariance = covariance0.copy()
        covariance[of_journeys, of_journeys] = journey_spread**2
        evidence, mean, factor = _conditional(design, change, error**2 + fix_spread**2, mean0, covariance)
        weights.append(prior + evidence)
        means.append(mean)
        factors.append(factor)
    weight = np.exp(np.array(weights) - max(weights))
    weight /= weight.sum()
    counts = {name: sum(fix.lever == name for fix in used) for name in names}
    return Posterior(
        levers=names,
        journeys=journeys,
        weights=weight,
        spreads=np.array(spreads),
        means=np.array(means),
        factors=np.array(factors),
        fixes_by_lever=counts,
        high_start=float(-(weight @ np.array(means))[0]),
    )


def effect_name(lever: Lever) -> str:
    """The effect that scores an action of a lever: the history's lever, or the playbook's own without one."""
    return lever.history or lever.name


def _effect_names(levers: tuple[Lever, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(effect_name(lever) for lever in levers))


def _data(
    fixes: Sequence[PastFix], names: tuple[str, ...], journeys: tuple[str, ...]
) -> tuple[Array, Array, Array]:
    design = np.zeros((len(fixes), 1 + len(names) + len(journeys)))
    for row, fix in enumerate(fixes):
        design[row, 0] = 0.0 if fix.measured else 1.0
        design[row, 1 + names.index(fix.lever)] = 1.0
        design[row, 1 + len(names) + journeys.index(fix.journey)] = 1.0
    change = np.array([fix.log_change for fix in fixes])
    return design, change, np.array([fix.error for fix in fixes])


def _grid(priors: HistoryPriors, journeys: tuple[str, ...]) -> tuple[list[tuple[float, float]], list[float]]:
    """Grid points of the two spreads with the log of their half-normal prior."""
    steps = (np.arange(GRID) + 0.5) / GRID * 2.6
    of_journeys = steps if journeys else steps[:1]
    points, logs = [], []
    for one in steps:
        for other in of_journeys:
            points.append((float(one * priors.fix_spread), float(other * priors.journey_spread)))
            logs.append(float(-(one**2) / 2 - other**2 / 2))
    return points, logs


def _prior(
    levers: tuple[Lever, ...], names: tuple[str, ...], journeys: tuple[str, ...], priors: HistoryPriors
) -> tuple[Array, Array]:
    """Mean and covariance of every effect before any history; journeys' variance is the grid's.

    What a company makes of its fixes may be more or less than the playbook says by a factor that all levers share.
    """
    mean = np.zeros(1 + len(names) + len(journeys))
    variance = np.ones_like(mean)
    mean[0], variance[0] = math.log1p(-priors.high_start), priors.high_start_spread**2
    for at, name in enumerate(names, start=1):
        mine = [lever for lever in levers if effect_name(lever) == name]
        mean[at] = np.mean([math.log1p(-lever.reduction) for lever in mine])
        variance[at] = np.mean([(lever.spread / (1 - lever.reduction)) ** 2 for lever in mine])
    shared = np.concatenate([[0.0], mean[1 : 1 + len(names)], np.zeros(len(journeys))]) * priors.shared_spread
    return mean, np.diag(variance) + np.outer(shared, shared)


def _conditional(
    design: Array, change: Array, noise: Array, mean: Array, prior: Array
) -> tuple[float, Array, Array]:
    """Log evidence, posterior mean and a factor of the posterior covariance at one grid point."""
    scaled = design / noise[:, None]
    precision = design.T @ scaled + np.linalg.inv(prior)
    covariance = np.linalg.inv(precision)
    residual = change - design @ mean
    pull = scaled.T @ residual
    shift = covariance @ pull
    # The determinant and the quadratic form of the marginal, by the effects' small matrices.
    log_det = np.log(noise).sum() + np.linalg.slogdet(prior)[1] + np.linalg.slogdet(precision)[1]
    quadratic = residual @ (residual / noise) - pull @ shift
    factor: Array = np.linalg.cholesky(covariance).astype(np.float64)
    return float(-0.5 * (log_det + quadratic)), mean + shift, factor


@dataclass(frozen=True)
class Gain:
    """CX points for all calls removed, with the standard error, and the number of fixes behind them."""

    cx_per_reduction: float
    cx_error: float
    fixes: int


def cx_gain(history: History, playbook: Playbook) -> Gain:
    """A slope through the origin of CX lift on the recorded reduction, shrunk to the playbook's."""
    priors = playbook.history
    pairs = [(-math.expm1(fix.log_change), fix.cx_lift) for fix in history.fixes if fix.cx_lift is not None]
    start = priors.high_start
    moved = np.array([reduction - start for reduction, _ in pairs])
    lift = np.array([found for _, found in pairs])
    noise = float(np.var(lift - priors.cx_per_reduction * moved)) if len(pairs) > 2 else 1.0
    noise = max(noise, 1e-6)
    precision = 1 / priors.cx_spread**2 + float(moved @ moved) / noise
    mean = (priors.cx_per_reduction / priors.cx_spread**2 + float(moved @ lift) / noise) / precision
    return Gain(mean, math.sqrt(1 / precision), len(pairs))


def day_cost(history: History, lever: Lever) -> float:
    """Dollars of a working day: the median of the lever's past fixes, the playbook's when there are few."""
    costs = [
        fix.cost / fix.effort_days
        for fix in history.fixes
        if fix.lever == lever.history and fix.cost is not None and fix.effort_days
    ]
    return float(np.median(costs)) if len(costs) >= 3 else lever.day_cost
