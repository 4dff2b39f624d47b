"""The providers that the estimator knows: where, of which kind, in which network, at which price."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from generator.catalog import Flags, Floats, Ints, stream, weighted
from generator.estimates.vocabulary import vocabulary
from generator.files import numbered

_FEWEST, _MOST = 60, 900
_REQUESTS_A_PROVIDER = 45
_SKEW = 0.8


@dataclass(frozen=True)
class Directory:
    """One entry a provider in each array; codes index the vocabulary's mappings in their order.

    `usage` are weights; `troubled` providers get no estimate more often than others.
    """

    kind: Ints
    network: Ints
    tier: Ints
    specialty: pa.Array
    price: Floats
    usage: Floats
    troubled: Flags

    @property
    def size(self) -> int:
        """How many providers there are."""
        return len(self.kind)

    @property
    def locations(self) -> pa.Array:
        """The service location of each provider: one provider, one location."""
        return numbered("SL", 100_001, self.size, 6)

    def identifiers(self) -> dict[str, pa.Array]:
        """Location, tax number, the plan's own number and the national one."""
        return {
            "location": self.locations,
            "tin": numbered("8", 1_000_001, self.size, 8),
            "pin": numbered("P", 50_001, self.size, 6),
            "npi": numbered("1", 200_000_001, self.size, 9),
        }


def directory(traces: int, seed: int) -> Directory:
    """Draw as many providers as that many requests keep busy."""
    rng = stream(seed, "estimates", "directory")
    words = vocabulary()
    size = int(np.clip(traces // _REQUESTS_A_PROVIDER, _FEWEST, _MOST))
    kinds = list(words["provider_types"].values())
    kind = weighted(rng, [row[0] for row in kinds], size)
    network = _networks(rng, size)
    specialties = [row[2] for row in kinds]
    drawn = rng.random(size)
    specialty = [specialties[k][int(share * len(specialties[k]))] for k, share in zip(kind, drawn, strict=True)]
    usage: Floats = np.power(np.arange(1, size + 1, dtype=np.float64), -_SKEW)
    rng.shuffle(usage)
    return Directory(
        kind=kind,
        network=network,
        tier=weighted(rng, list(words["tiers"].values()), size),
        specialty=pc.cast(pa.array(specialty), pa.string()),
        price=np.array([row[1] for row in kinds])[kind] * np.exp(rng.normal(0.0, 0.18, size)),
        usage=_balanced(usage, network),
        troubled=_troubled(rng, usage, network),
    )


def _networks(rng: np.random.Generator, size: int) -> Ints:
    """Every network has providers, whatever the size: the first ones are handed out in turn."""
    count = len(vocabulary()["networks"])
    drawn = weighted(rng, list(vocabulary()["networks"].values()), size)
    drawn[: 2 * count] = np.arange(2 * count) % count
    return drawn


def _balanced(usage: Floats, network: Ints) -> Floats:
    """Weights with which each network is used as much as the vocabulary says."""
    shares = np.array(list(vocabulary()["networks"].values()), dtype=float)
    held = np.bincount(network, weights=usage, minlength=len(shares))
    balanced: Floats = usage * (shares / held)[network]
    return balanced


def _troubled(rng: np.random.Generator, usage: Floats, network: Ints) -> Flags:
    """Some well used providers, none of a network that has its own trouble."""
    planted = vocabulary()["planted"]
    names = list(vocabulary()["networks"])
    elsewhere = ~np.isin(network, [names.index(name) for name in _troubled_networks(planted)])
    often = np.argsort(-np.where(elsewhere, usage, 0.0))[: 3 * planted["providers"]["count"]]
    flags = np.zeros(len(usage), dtype=bool)
    flags[rng.choice(often, planted["providers"]["count"], replace=False)] = True
    return flags


def _troubled_networks(planted: dict[str, dict[str, list[str] | str]]) -> list[str]:
    return [*planted["service"]["networks"], str(planted["network"]["id"])]
