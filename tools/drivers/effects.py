"""The arithmetic of a change: what each part adds to it, exactly, as plain numbers.

A sum changes by what its parts change by. A ratio's change falls into what the parts' own ratios did (rate) and
what their weights did (mix), each at the midpoint of the two periods, so that nothing is left over. What a factor
of a product did is `shapley` of `tools.formula`. `tools.drivers.layout` states the same as formulas over cells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sides:
    """One part in both periods: what is counted and, for a ratio, what it is divided by."""

    now: float
    before: float
    base_now: float = 0.0
    base_before: float = 0.0

    def minus(self, others: Sequence[Sides]) -> Sides:
        """What is left of a whole without these parts."""
        return Sides(
            math.fsum((self.now, *(-other.now for other in others))),
            math.fsum((self.before, *(-other.before for other in others))),
            math.fsum((self.base_now, *(-other.base_now for other in others))),
            math.fsum((self.base_before, *(-other.base_before for other in others))),
        )


@dataclass(frozen=True)
class Effect:
    """What a part adds to the change of the whole."""

    rate: float
    mix: float = 0.0

    @property
    def whole(self) -> float:
        """All of it."""
        return self.rate + self.mix


def sum_effects(parts: Sequence[Sides]) -> list[Effect]:
    """What each part adds to the change of their sum."""
    return [Effect(part.now - part.before) for part in parts]


def ratio_effects(parts: Sequence[Sides], whole: Sides) -> list[Effect]:
    """What each part adds to the change of the whole's ratio. The parts' bases must add up to the whole's.

    The mix term is counted from the whole's own midpoint ratio: a part that grows adds to the ratio only as far as
    it lies above the whole. Raises ZeroDivisionError when the whole has no base in a period.
    """
    level = (whole.now / whole.base_now + whole.before / whole.base_before) / 2
    return [_ratio_effect(part, whole, level) for part in parts]


def _ratio_effect(part: Sides, whole: Sides, level: float) -> Effect:
    weight, earlier = part.base_now / whole.base_now, part.base_before / whole.base_before
    if part.base_now and part.base_before:
        now, before = part.now / part.base_now, part.before / part.base_before
        return Effect((weight + earlier) / 2 * (now - before), (weight - earlier) * ((now + before) / 2 - level))
    # A part without a base in a period has no ratio there: it came or went, which is mix; what it counts without a
    # base (calls of a day after the failures of the day before) is no matter of weights.
    rate = (part.now / whole.base_now if not part.base_now else 0.0) - (
        part.before / whole.base_before if not part.base_before else 0.0
    )
    came = weight * (part.now / part.base_now - level) if part.base_now else 0.0
    went = earlier * (part.before / part.base_before - level) if part.base_before else 0.0
    return Effect(rate, came - went)
