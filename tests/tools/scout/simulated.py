"""Companies whose truth is known: leaf series with day effects and gamma noise, planted changes, everything
seeded.

The noise is not the scout's: each leaf's day is a Poisson of a gamma, days share a common effect, level and
weekday differ by leaf.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from tools.scout.cube import Cube, cube_of

Floats = NDArray[np.float64]
DIMENSIONS = {"topic": 8, "plan": 5, "tenure": 4, "language": 4, "state": 6}
WEEK = np.array([1.15, 1.08, 1.05, 1.02, 0.98, 0.6, 0.5])


@dataclass(frozen=True)
class Plant:
    """A change in one segment: the day it starts (from the first), its factor, how many days it takes to build."""

    segment: tuple[tuple[str, str], ...]
    day: int
    factor: float
    ramp: int = 1


@dataclass(frozen=True)
class Simulated:
    """Leaves and their means, from which days are drawn."""

    names: tuple[str, ...]
    rows: list[tuple[str, ...]]
    days: tuple[date, ...]
    means: Floats
    phi: Floats

    def where(self, segment: tuple[tuple[str, str], ...]) -> NDArray[np.bool_]:
        wanted = dict(segment)
        return np.array(
            [all(row[self.names.index(name)] == value for name, value in wanted.items()) for row in self.rows]
        )

    def planted(self, plants: Sequence[Plant]) -> Floats:
        means = self.means.copy()
        for plant in plants:
            grown = np.clip((np.arange(len(self.days)) - plant.day + 1) / plant.ramp, 0, 1)
            means[self.where(plant.segment)] *= 1 + (plant.factor - 1) * grown
        return means

    def draw(self, seed: int, plants: Sequence[Plant] = ()) -> Floats:
        random = np.random.default_rng(seed)
        means = self.planted(plants)
        spread = np.maximum(self.phi - 1, 1e-9)[:, None]
        return random.poisson(random.gamma(means / spread, spread)).astype(float)

    def cube(self, counts: Floats) -> Cube:
        return cube_of(self.names, self.rows, self.days, {"n": counts})


def company(
    seed: int, *, days: int = 84, volume: float = 8000, phi: tuple[float, float] = (1.0, 2.5)
) -> Simulated:
    """A quiet company; `volume` events a day in all, overdispersion by topic within `phi`."""
    random = np.random.default_rng(seed)
    names = tuple(DIMENSIONS)
    marginals = [random.dirichlet(np.full(size, 2.0)) + 0.02 for size in DIMENSIONS.values()]
    places = np.indices(tuple(DIMENSIONS.values())).reshape(len(names), -1).T
    rows = [tuple(f"{name} {code}" for name, code in zip(names, row, strict=True)) for row in places]
    size = np.prod([m[places[:, d]] for d, m in enumerate(marginals)], axis=0)
    size = size * random.lognormal(0, 0.3, len(size))
    size *= volume / size.sum()
    first = date(2026, 10, 29) - timedelta(days=days - 1)
    calendar = tuple(first + timedelta(days=n) for n in range(days))
    week = WEEK[[day.weekday() for day in calendar]]
    shift = random.lognormal(0, 0.08, (DIMENSIONS["topic"], 7))[places[:, 0]][:, [d.weekday() for d in calendar]]
    common = np.exp(np.cumsum(random.normal(0, 0.004, days)) + random.normal(0, 0.015, days))
    phis = random.uniform(*phi, DIMENSIONS["topic"])[places[:, 0]]
    return Simulated(names, rows, calendar, size[:, None] * week * shift * common, phis)
