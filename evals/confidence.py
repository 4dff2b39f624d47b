"""How sure a share of few cases is: Wilson's interval, and a paired test between two runs of the same cases."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959963984540054  # of 95 %
ALPHA = 0.05


def wilson(count: float, total: float) -> tuple[float, float]:
    """The 95 % interval of a share, `count` of `total`; (0, 1) without cases (Wilson, 1927)."""
    if not total:
        return 0.0, 1.0
    share, z2 = count / total, _Z**2
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2)) / (1 + z2 / total)
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Paired:
    """The same cases in two runs: how many are worse, how many better, and how likely that is by chance.

    `p_worse` is the chance of at least so many worse ones among those that differ if neither run were better
    (exact one-sided sign test, which is McNemar's for yes or no).
    """

    worse: int
    better: int
    same: int

    @property
    def p_worse(self) -> float:
        """1.0 where nothing differs."""
        differing = self.worse + self.better
        ways = sum(math.comb(differing, count) for count in range(self.worse, differing + 1))
        return float(ways / 2**differing)

    @property
    def beyond_noise(self) -> bool:
        """Whether the later run is worse by more than chance gives."""
        return self.p_worse < ALPHA


def paired(before: Sequence[int], now: Sequence[int]) -> Paired:
    """Compare ranks case by case; a greater rank is worse."""
    worse = sum(b < n for b, n in zip(before, now, strict=True))
    better = sum(b > n for b, n in zip(before, now, strict=True))
    return Paired(worse, better, len(before) - worse - better)


@dataclass(frozen=True)
class Difference:
    """A share or a median now less that before, over the same cases, with its 95 % interval."""

    value: float
    low: float
    high: float


def paired_difference(before: Sequence[bool], now: Sequence[bool], groups: Sequence[str]) -> Difference:
    """The difference of two shares over the same cases, with Newcombe's interval (1998, method 10).

    Cases of one group (the wordings of one question) are no independent ones: the interval is that of as many
    cases as the scatter between groups leaves, or of as many as there are groups where nothing differs.
    """
    total = len(before)
    sure = _independent(before, now, groups)
    was, is_now = sum(before) / total, sum(now) / total
    (low1, high1), (low2, high2) = wilson(was * sure, sure), wilson(is_now * sure, sure)
    phi = _alike(before, now, sure / total)

    def reach(one: float, other: float) -> float:
        return math.sqrt(max(0.0, one**2 - 2 * phi * one * other + other**2))

    value = is_now - was
    return Difference(value, value - reach(is_now - low2, high1 - was), value + reach(high2 - is_now, was - low1))


def _independent(before: Sequence[bool], now: Sequence[bool], groups: Sequence[str]) -> float:
    """How many independent cases tell as much as these: their number less the design effect of the groups."""
    differences = [int(n) - int(b) for b, n in zip(before, now, strict=True)]
    mean = sum(differences) / len(differences)
    by_group: dict[str, float] = defaultdict(float)
    for group, one in zip(groups, differences, strict=True):
        by_group[group] += one - mean
    apart = sum((one - mean) ** 2 for one in differences)
    if not apart:
        return len(by_group)
    return len(differences) / max(1.0, sum(one**2 for one in by_group.values()) / apart)


def _alike(before: Sequence[bool], now: Sequence[bool], scale: float) -> float:
    """The correlation of two runs' cases, corrected for continuity."""
    pairs = Counter(zip(map(bool, before), map(bool, now), strict=True))
    both, first, second, none = (
        pairs[key] * scale for key in ((True, True), (True, False), (False, True), (False, False))
    )
    margins = (both + first) * (second + none) * (both + second) * (first + none)
    if not margins:
        return 0.0
    product = both * none - first * second
    half = (both + first + second + none) / 2
    return (max(0.0, product - half) if product > 0 else product) / math.sqrt(margins)


def two_sided(before: Sequence[bool], now: Sequence[bool], groups: Sequence[str]) -> float:
    """McNemar's exact test on the groups that differ: how likely so uneven a split is if neither were better."""
    net: dict[str, int] = defaultdict(int)
    for group, one, other in zip(groups, before, now, strict=True):
        net[group] += int(other) - int(one)
    worse, better = sum(one < 0 for one in net.values()), sum(one > 0 for one in net.values())
    tail = sum(math.comb(worse + better, count) for count in range(min(worse, better) + 1))
    return float(min(1.0, 2 * tail / 2 ** (worse + better)))


def holm(chances: Sequence[float]) -> list[float]:
    """Chances of one family of tests, each as it is when all of them were looked at (Holm, 1979)."""
    ordered = sorted(range(len(chances)), key=lambda at: chances[at])
    found, most = [0.0] * len(chances), 0.0
    for rank, at in enumerate(ordered):
        most = max(most, min(1.0, chances[at] * (len(chances) - rank)))
        found[at] = most
    return found


def median_difference(before: Sequence[float], now: Sequence[float]) -> Difference:
    """The median of paired differences, with the exact interval of its order statistics; all of them below six."""
    ordered = sorted(n - b for b, n in zip(before, now, strict=True))
    total, tail, out = len(ordered), 0.0, 0
    while tail + math.comb(total, out) / 2**total <= ALPHA / 2:
        tail += math.comb(total, out) / 2**total
        out += 1
    rank = max(0, out - 1)
    return Difference(statistics.median(ordered), ordered[rank], ordered[total - 1 - rank])
