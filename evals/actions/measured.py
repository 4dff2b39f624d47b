"""How well impact is measured: what is found of each go-live against what it really changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evals.actions.go_lives import GoLive
from evals.scouting.measures import Figure, mean, share
from tools.actions.counterfactual import effect
from tools.actions.impact import verdict


@dataclass(frozen=True)
class Found:
    """One go-live measured: error of the estimate (log), whether the truth lies inside, and the verdict."""

    error: float
    inside: bool
    said: str
    log_effect: float
    near_enrollment: bool


def measured(one: GoLive) -> Found:
    """Measure one go-live as `impact` does, without an expectation."""
    found = effect(one.treated, one.others, one.before)
    return Found(
        error=found.log - one.log_effect,
        inside=found.low <= one.log_effect <= found.high,
        said=verdict(found, None),
        log_effect=one.log_effect,
        near_enrollment=one.near_enrollment,
    )


def figures(found: Sequence[Found]) -> list[Figure]:
    """Bias, spread, coverage and verdicts of several go-lives."""
    nothing = [one for one in found if one.log_effect == 0.0]
    large = [one for one in found if one.log_effect < np.log1p(-0.1)]
    return [
        mean("bias (log)", [one.error for one in found]),
        _root_mean_square("root mean square error (log)", [one.error for one in found]),
        share("truth inside the 95 % interval", [one.inside for one in found]),
        share("without effect: said to have worked", [one.said == "worked" for one in nothing]),
        share("without effect: said to be worse", [one.said == "worse" for one in nothing]),
        share("10 % and more: said to have worked", [one.said == "worked" for one in large]),
    ]


def _root_mean_square(name: str, errors: Sequence[float]) -> Figure:
    squares = np.square(np.asarray(errors, dtype=float))
    if not len(squares):
        return Figure(name, None, None, None, 0)
    half = 1.96 * float(squares.std()) / np.sqrt(len(squares))
    ends = [float(np.sqrt(max(0.0, squares.mean() + sign * half))) for sign in (-1, 0, 1)]
    return Figure(name, ends[1], ends[0], ends[2], len(squares))
