"""How well the scoring foresees fixes: savings against what they really save, and the order they are put in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evals.actions.histories import Company
from evals.scouting.measures import Figure, mean, share
from tools.actions.playbook import Playbook
from tools.actions.scoring import fit

TOP = 5
_DRAWS = 2000


@dataclass(frozen=True)
class Score:
    """One company: which fixes lay inside their interval, dollars claimed and realised, and the ranking.

    `stake` are the dollars of all calls that the fixes reach.
    """

    inside: tuple[bool, ...]
    stake: float
    claimed: float
    realised: float
    claimed_top: float
    realised_top: float
    ndcg: float
    regret: float


def score(one: Company, playbook: Playbook) -> Score:
    """Hold the scoring's expectations for the fixes ahead against their truth."""
    posterior = fit(one.history, playbook)
    draws = posterior.draws([(fix.lever, fix.journey, fix.key) for fix in one.ahead], count=_DRAWS)
    tail = (1 - playbook.history.interval) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    dollars = np.array([fix.dollars for fix in one.ahead])
    effect = np.array([fix.effect for fix in one.ahead])
    expected = draws.mean(axis=0) * dollars
    worth = np.maximum(np.array([fix.knowable for fix in one.ahead]) * dollars, 0.0)
    chosen, best = np.argsort(-expected, kind="stable")[:TOP], np.argsort(-worth, kind="stable")[:TOP]
    discount = 1 / np.log2(np.arange(2, TOP + 2))
    return Score(
        inside=tuple(bool(flag) for flag in (effect >= low) & (effect <= high)),
        stake=float(dollars.sum()),
        claimed=float(expected.sum()),
        realised=float((effect * dollars).sum()),
        claimed_top=float(expected[chosen].sum()),
        realised_top=float((effect * dollars)[chosen].sum()),
        ndcg=float((worth[chosen] * discount).sum() / (worth[best] * discount).sum()),
        regret=float(1 - worth[chosen].sum() / worth[best].sum()),
    )


def figures(scores: list[Score]) -> list[Figure]:
    """The figures of several companies with their 95 % intervals."""
    return [
        share("savings inside their 80 % range", [flag for one in scores for flag in one.inside]),
        _ratio("claimed / realised, all fixes", [(one.claimed, one.realised, one.stake) for one in scores]),
        _ratio(
            "claimed / realised, the five chosen",
            [(one.claimed_top, one.realised_top, one.stake) for one in scores],
        ),
        mean("NDCG@5 against what can be known", [one.ndcg for one in scores]),
        mean("regret of the five chosen", [one.regret for one in scores]),
    ]


def _ratio(name: str, pairs: list[tuple[float, float, float]]) -> Figure:
    """Claimed over realised, sums over companies, each by the dollars at stake; its interval by the jackknife."""
    if len(pairs) < 2:
        return Figure(name, None, None, None, len(pairs))
    above = np.array([claimed / stake for claimed, _, stake in pairs])
    below = np.array([realised / stake for _, realised, stake in pairs])
    without = (above.sum() - above) / (below.sum() - below)
    spread = float(np.sqrt((len(pairs) - 1) * np.var(without)))
    whole = float(above.sum() / below.sum())
    return Figure(name, whole, whole - 1.96 * spread, whole + 1.96 * spread, len(pairs))
