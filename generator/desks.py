"""The contact center's agents: their desks, how good they are, and who answers which call."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from generator.catalog import TOPICS, Floats, Ints, catalog, stream
from generator.files import numbered, words
from generator.members import LANGUAGES

DESKS = tuple(catalog()["desks"])
_SPANISH_DESK = DESKS.index("Spanish Desk")
_NOVICES = 0.16


@dataclass(frozen=True)
class Agents:
    """One entry an agent: desk code and quality (about -2.5 to 2; higher is better). Sorted by desk."""

    desk: Ints
    quality: Floats
    ids: tuple[str, ...]

    def answer(self, rng: np.random.Generator, topics: Ints, languages: Ints, previous: Ints) -> Ints:
        """An agent for each call: by topic and language; half of the repeat callers reach the agent they know."""
        routes = np.array([_route(topic) for topic in TOPICS]).cumsum(axis=1)
        drawn = rng.random(len(topics))[:, None]
        desk = np.minimum((routes[topics] < drawn).sum(axis=1), len(DESKS) - 1)
        spanish = (languages == LANGUAGES.index("Spanish")) & (rng.random(len(topics)) < 0.78)
        desk = np.where(spanish, _SPANISH_DESK, desk)
        starts = np.searchsorted(self.desk, np.arange(len(DESKS)))
        sizes = np.bincount(self.desk, minlength=len(DESKS))
        agent = starts[desk] + (rng.random(len(topics)) * sizes[desk]).astype(np.int64)
        known = (previous >= 0) & (rng.random(len(topics)) < 0.5)
        return np.where(known, previous, agent)

    def names(self, agent: Ints) -> tuple[pa.Array, pa.Array]:
        """Agent ids and desk names for agent indices."""
        return words(agent, self.ids), words(self.desk[agent], DESKS)


def staff(count: int, seed: int) -> Agents:
    """Draw the agents; every desk has at least two."""
    rng = stream(seed, "agents")
    shares: dict[str, float] = catalog()["desks"]
    sizes = [max(2, round(share * count)) for share in shares.values()]
    desk = np.repeat(np.arange(len(DESKS)), sizes)
    quality = np.array([catalog()["desk_quality"][DESKS[one]] for one in desk]) + rng.normal(0, 0.45, len(desk))
    # Novices answer first-line calls after a short training; some of them struggle.
    novice = (desk == DESKS.index("Tier 1")) & (rng.random(len(desk)) < _NOVICES)
    quality = np.where(novice, quality - 1.3, quality)
    return Agents(desk=desk, quality=quality, ids=tuple(numbered("A-", 1001, len(desk), 4).to_pylist()))


def _route(topic: str) -> Floats:
    shares = catalog()["routing"].get(topic, catalog()["routing"]["other"])
    row = np.array([float(shares.get(desk, 0.0)) for desk in DESKS])
    return np.asarray(row / row.sum())
