"""The models: logistic regressions over the signals, held out in time before they are believed.

Members alike in every signal did or did not do what came next: counts are all that a likelihood needs, so no
row of a member is read. Signals end on the day of the score; what came lies after it. The figures of the card are
of days that the fit had not seen: fitted on the horizon before, judged on the last one, then fitted on both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.propensity.groups import Floats, Groups
from tools.propensity.signals import Signals

BINS = 10
LEAST_TOLD = 11
_Z = 1.959964
_RIDGE = 1.0
_STEPS = 50
_CLOSE = 1e-9


@dataclass(frozen=True)
class Weights:
    """A fitted model: log-odds = `base` + the weight of each signal's band. An unseen band weighs nothing."""

    base: float
    bands: Mapping[str, Mapping[str, float]]

    def scores(self, groups: Groups) -> Floats:
        """Probability a group."""
        odds = np.full(len(groups.members), self.base)
        for name in self.bands:
            odds += self.column(groups, name)
        found: Floats = 1 / (1 + np.exp(-odds))
        return found

    def column(self, groups: Groups, name: str) -> Floats:
        """What one signal adds to the log-odds of each group."""
        known = self.bands[name]
        return np.array([known.get(band, 0.0) for band in groups.bands[name]])


@dataclass(frozen=True)
class Card:
    """How good a model is on days it had not seen. `auc` has its 95 % interval.

    `gap` is how far what was expected lies from what came, on average over ten equal parts of the members; `tells`
    whether members may be ranked; `parts` are those tenths, expected and observed, without any of too few members.
    """

    members: int
    came: int
    auc: float
    low: float
    high: float
    expected: float
    gap: float
    brier: float
    tells: bool
    parts: tuple[tuple[float, float], ...]


def fitted(outcome: str, lots: list[Groups], names: tuple[str, ...]) -> Weights:
    """Fit one outcome to groups of one or more days. Deterministic."""
    bands = {name: sorted({band for lot in lots for band in lot.bands[name]}) for name in names}
    design = np.vstack([_design(lot, bands) for lot in lots])
    members = np.concatenate([lot.members for lot in lots])
    came = np.concatenate([lot.came[outcome] for lot in lots])
    if not 0 < came.sum() < members.sum():
        rate = (came.sum() + 0.5) / (members.sum() + 1)
        return Weights(float(np.log(rate / (1 - rate))), {name: {} for name in names})
    base, *weights = _solved(design, came, members)
    found = iter(weights)
    told = {name: {band: next(found) for band in bands[name]} for name in names}
    return _centred(base, told, lots)


def _solved(design: Floats, came: Floats, members: Floats) -> list[float]:
    """Intercept and weights of the likeliest logistic regression, a ridge on the weights, by Newton's steps."""
    columns = np.column_stack([np.ones(len(came)), design])
    ridge = np.diag([0.0, *([_RIDGE] * design.shape[1])])
    rate = came.sum() / members.sum()
    found = np.zeros(columns.shape[1])
    found[0] = np.log(rate / (1 - rate))
    for _ in range(_STEPS):
        score = 1 / (1 + np.exp(-columns @ found))
        slope = columns.T @ (came - members * score) - ridge @ found
        bend = (columns * (members * score * (1 - score))[:, None]).T @ columns + ridge
        step = np.linalg.solve(bend, slope)
        found = found + step
        if np.abs(step).max() < _CLOSE:
            break
    return [float(one) for one in found]


def _centred(base: float, bands: dict[str, dict[str, float]], lots: list[Groups]) -> Weights:
    """The same model with weights around the members' mean: each is then a difference from usual."""
    members = np.concatenate([lot.members for lot in lots])
    centred: dict[str, dict[str, float]] = {}
    for name, known in bands.items():
        values = np.concatenate([[known[band] for band in lot.bands[name]] for lot in lots])
        mean = float(np.average(values, weights=members))
        base += mean
        centred[name] = {band: weight - mean for band, weight in known.items()}
    return Weights(base, centred)


def _design(groups: Groups, bands: Mapping[str, list[str]]) -> Floats:
    columns = [np.array(groups.bands[name]) == band for name, known in bands.items() for band in known]
    return np.column_stack(columns).astype(float)


def judged(weights: Weights, outcome: str, seen: Groups, rules: Signals) -> Card:
    """What a model is worth on groups that it was not fitted to."""
    score, came = weights.scores(seen), seen.came[outcome]
    stayed = seen.members - came
    auc = _auc(score, came, stayed)
    error = _auc_error(auc, came.sum(), stayed.sum())
    low, high = max(0.0, auc - _Z * error), min(1.0, auc + _Z * error)
    parts = _parts(score, came, seen.members)
    told = tuple((e, o) for e, o, did, rest in parts if min(did, rest) >= LEAST_TOLD)
    return Card(
        members=int(seen.members.sum()),
        came=int(came.sum()),
        auc=auc,
        low=low,
        high=high,
        expected=float((score * seen.members).sum()),
        gap=float(np.mean([abs(expected - observed) for expected, observed, _, _ in parts])) if parts else 0.0,
        brier=float((came * (1 - score) ** 2 + stayed * score**2).sum() / max(seen.members.sum(), 1)),
        tells=low > 0.5 and auc >= rules.least_auc,
        parts=told,
    )


def _auc(score: Floats, came: Floats, stayed: Floats) -> float:
    """The chance that who did it has a higher score than who did not, ties half. 0.5 where there is nobody."""
    if not came.sum() or not stayed.sum():
        return 0.5
    _, at = np.unique(score, return_inverse=True)
    of_came, of_stayed = np.bincount(at, came), np.bincount(at, stayed)
    below = np.cumsum(of_stayed) - of_stayed
    return float((of_came * (below + of_stayed / 2)).sum() / (came.sum() * stayed.sum()))


def _auc_error(auc: float, came: float, stayed: float) -> float:
    """Standard error of an AUC after Hanley and McNeil (1982)."""
    if not came or not stayed:
        return 0.5
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (came - 1) * (q1 - auc**2) + (stayed - 1) * (q2 - auc**2)
    return float(np.sqrt(max(variance, 0.0) / (came * stayed)))


def _parts(score: Floats, came: Floats, members: Floats) -> list[tuple[float, float, float, float]]:
    """Shares expected and observed in tenths of the members, by score; how many did it, how many not."""
    order = np.argsort(score, kind="stable")
    place = (np.cumsum(members[order]) - members[order] / 2) / members.sum()
    part = np.minimum((place * BINS).astype(int), BINS - 1)
    found = []
    for at in range(BINS):
        inside = order[part == at]
        size, did = float(members[inside].sum()), float(came[inside].sum())
        if size:
            expected = float(np.average(score[inside], weights=members[inside]))
            found.append((expected, did / size, did, size - did))
    return found


def as_plain(weights: Weights, card: Card) -> dict[str, Any]:
    """A model with its card in plain values."""
    return {
        "base": weights.base,
        "bands": {k: dict(v) for k, v in weights.bands.items()},
        "card": dict(card.__dict__),
    }
