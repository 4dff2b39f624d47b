"""Which actions to do with what there is to spend: the best set under a capacity, no call saved twice.

Actions on one leak overlap: what each reaches is taken to lie inside what the next larger one reaches, and each
stops its part of the calls that the others leave. That is the overlap that counts the least.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tools.actions.candidates import Candidate

Array = NDArray[np.float64]
MOST_TOGETHER = 4
MOST_OF_A_LEAK = 9
WEEKS_A_YEAR = 52.0


@dataclass(frozen=True)
class Capacity:
    """What may be spent: working days in all, dollars, and days by owner where they are limited."""

    days: float
    budget: float
    by_owner: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Bundle:
    """Actions on one leak together. `stopped` are draws of the part of the leak's calls that they stop."""

    members: tuple[Candidate, ...]
    stopped: Array

    @property
    def days(self) -> float:
        """Working days of all its actions."""
        return sum(member.action.effort_days for member in self.members)

    @property
    def cost(self) -> float:
        """Dollars of all its actions."""
        return sum(member.cost for member in self.members)

    def value(self, dollars: float) -> float:
        """Expected dollars of the first year, after the weeks until it is felt and its cost.

        `dollars` is what the whole leak costs a year.
        """
        weeks = [member.action.weeks for member in self.members]
        running = 1 - sum(weeks) / len(weeks) / WEEKS_A_YEAR
        return float(self.stopped.mean()) * dollars * max(running, 0.0) - self.cost

    def of_owner(self, owner: str) -> float:
        """Working days of one owner."""
        return sum(member.action.effort_days for member in self.members if member.action.owner == owner)


def stopped(members: Sequence[Candidate]) -> Array:
    """Draws of the part of a leak that its actions stop together: no call of it counted twice."""
    ordered = sorted(members, key=lambda member: member.reach.share if member.reach else 1.0)
    total, before = np.zeros_like(members[0].draws), 0.0
    for at, member in enumerate(ordered):
        share = member.reach.share if member.reach else 1.0
        left = np.prod([1 - other.draws for other in ordered[at:]], axis=0)
        total = total + (share - before) * (1 - left)
        before = share
    return np.asarray(total, dtype=np.float64)


def bundles(found: Sequence[Candidate]) -> list[Bundle]:
    """Every sensible set of actions on one leak, up to four of them."""
    best = sorted(found, key=lambda c: -c.reduction * c.calls)[:MOST_OF_A_LEAK]
    return [
        Bundle(members, stopped(members))
        for size in range(1, MOST_TOGETHER + 1)
        for members in combinations(best, size)
        if _sensible(members)
    ]


def _sensible(members: Sequence[Candidate]) -> bool:
    keys = {member.action.key for member in members}
    return not any(keys & set(member.action.not_with) or set(member.action.needs) - keys for member in members)


def best_plan(found: Sequence[Candidate], dollars: Mapping[str, float], capacity: Capacity) -> list[Bundle]:
    """At most one bundle a leak, worth the most in the first year within the capacity; `dollars` a year by leak.

    Exact: a mixed-integer program over all bundles. Empty when nothing fits or pays.
    """
    by_leak: dict[str, list[Candidate]] = {}
    for candidate in found:
        by_leak.setdefault(candidate.leak.journey, []).append(candidate)
    choices = [
        (journey, bundle)
        for journey, members in by_leak.items()
        for bundle in bundles(members)
        if bundle.value(dollars[journey]) > 0
    ]
    if not choices:
        return []
    from scipy.optimize import Bounds, LinearConstraint, milp  # half a second of every command's start

    rows, limits = _limits(choices, list(by_leak), capacity)
    solved = milp(
        c=[-bundle.value(dollars[journey]) for journey, bundle in choices],
        constraints=LinearConstraint(np.array(rows), -np.inf, np.array(limits)),
        integrality=np.ones(len(choices)),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )
    if solved.x is None:
        return []
    chosen = [bundle for (_, bundle), taken in zip(choices, solved.x, strict=True) if taken > 0.5]
    return sorted(chosen, key=lambda bundle: -bundle.value(dollars[bundle.members[0].leak.journey]))


def _limits(
    choices: Sequence[tuple[str, Bundle]], journeys: Sequence[str], capacity: Capacity
) -> tuple[list[list[float]], list[float]]:
    """One bundle a leak; days, dollars, and the days of each limited owner."""
    rows = [[1.0 if name == journey else 0.0 for name, _ in choices] for journey in journeys]
    rows.append([bundle.days for _, bundle in choices])
    rows.append([bundle.cost for _, bundle in choices])
    rows += [[bundle.of_owner(owner) for _, bundle in choices] for owner in capacity.by_owner]
    return rows, [1.0] * len(journeys) + [capacity.days, capacity.budget, *capacity.by_owner.values()]


def chances(values: Array, among: int) -> Array:
    """Of each column, the part of the draws in which it is among the `among` largest."""
    if values.shape[1] <= among:
        return np.ones(values.shape[1])
    best = np.argsort(-values, axis=1, kind="stable")[:, :among]
    return np.bincount(best.ravel(), minlength=values.shape[1]) / len(values)
