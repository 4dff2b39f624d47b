"""How sure a share of few cases is: Wilson's interval, and a paired test between two runs of the same cases."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959963984540054  # of 95 %
ALPHA = 0.05


def wilson(count: int, total: int) -> tuple[float, float]:
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
