"""Who asks the estimator for what, when, and about which providers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator.catalog import Flags, Ints, stream, weighted
from generator.estimates.directory import Directory
from generator.estimates.vocabulary import vocabulary
from generator.members import Members

_WEEKDAYS = np.array([1.12, 1.1, 1.06, 1.03, 1.0, 0.42, 0.34])  # Monday first
_DAY_NOISE = 0.05
_HOURS = np.array([1, 1, 1, 1, 1, 2, 6, 14, 26, 34, 36, 33, 28, 31, 33, 32, 29, 26, 24, 22, 17, 11, 6, 3])
_MEDIAN_MS, _SPREAD = 430, 0.42
_LIMIT_MS = 10_000


@dataclass(frozen=True)
class Requests:
    """One entry a request, in the order of time. `start` is in milliseconds after the first day's midnight."""

    day: Ints
    start: Ints
    milliseconds: Ints
    member: Ints
    service: Ints
    place: Ints
    diagnosis: Ints
    providers: Ints
    lost: Flags

    @property
    def size(self) -> int:
        """How many requests there are."""
        return len(self.day)


@dataclass(frozen=True)
class Asked:
    """One entry a requested provider: its request, its place in it (from 1), the provider."""

    request: Ints
    place: Ints
    provider: Ints


def requests(traces: int, days: int, first_weekday: int, members: Members, seed: int) -> Requests:
    """Draw exactly `traces` requests over the days."""
    rng = stream(seed, "estimates", "requests")
    words = vocabulary()
    weights = _WEEKDAYS[(first_weekday + np.arange(days)) % 7] * np.exp(rng.normal(0.0, _DAY_NOISE, days))
    day = np.sort(weighted(rng, weights, traces))
    second = weighted(rng, _HOURS.astype(float), traces) * 3600 + rng.integers(0, 3600, traces)
    start = day * 86_400_000 + second * 1000 + rng.integers(0, 1000, traces)
    start.sort()
    lost = rng.random(traces) < words["lost"]
    usual = _MEDIAN_MS * np.exp(rng.normal(0.0, _SPREAD, traces))
    return Requests(
        day=start // 86_400_000,
        start=start,
        milliseconds=np.where(lost, _LIMIT_MS + rng.integers(1, 40, traces), usual).astype(np.int64),
        member=rng.integers(0, members.size, traces),
        service=weighted(rng, [row[1] for row in words["services"].values()], traces),
        place=weighted(rng, list(words["places"].values()), traces),
        diagnosis=rng.integers(0, len(words["diagnoses"]), traces),
        providers=1 + weighted(rng, words["per_request"], traces),
        lost=lost,
    )


def asked(found: Requests, known: Directory, seed: int) -> Asked:
    """Choose the providers of each request: different ones, the well used more often."""
    rng = stream(seed, "estimates", "providers")
    request = np.repeat(np.arange(found.size), found.providers)
    provider = weighted(rng, known.usage, len(request))
    first = np.cumsum(found.providers) - found.providers
    place = np.arange(len(request)) - np.repeat(first, found.providers)
    while len(again := _repeated(request, provider, known.size)):
        provider[again] = weighted(rng, known.usage, len(again))
    return Asked(request, place + 1, provider)


def _repeated(request: Ints, provider: Ints, known: int) -> Ints:
    """Where a request names a provider that it has named before."""
    pairs = request * known + provider
    order = np.argsort(pairs, kind="stable")
    same = np.flatnonzero(pairs[order][1:] == pairs[order][:-1]) + 1
    return np.sort(order[same])
