"""Which cuts tell most: those whose one value moved by far more than all values moving alike would have it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tools.drivers.effects import Sides, ratio_effects
from tools.drivers.frame import Cut, Frame, Part
from tools.outcome import PlainCell

SHOWN_CUTS = 3
PAIRED_CUTS = 4
TELLING = 3.0  # standard deviations beyond what chance gives the largest of so many values
MATTERS = 0.1  # of the change: a large company's values differ by more than chance without telling anything
COMMON_WORDS = frozenset(("call", "claim", "code", "group", "label", "member", "of", "path", "reason", "type"))
UNSAID = ("unknown", "no ", "none", "not ")


@dataclass(frozen=True)
class Rated:
    """A cut with its most telling part.

    `strength` is in standard deviations, less what chance gives the largest of its values; `excess` is how far the
    part moved beyond what all moving alike would give it, as a share of the change.
    """

    cut: Cut
    part: Part
    strength: float
    excess: float

    @property
    def tells(self) -> bool:
        """Whether the part stands out of what chance would give the largest, and by enough to matter."""
        return self.strength >= TELLING and self.excess >= MATTERS


def usual_spread(frame: Frame, whole: Sides, cuts: Sequence[Cut]) -> float:
    """How far values of these cuts vary anyway, as a variance for one unit of what `rated` expects of them."""
    return max(_least_spread(frame, whole), _spread([_surprises(frame, whole, cut) for cut in cuts]))


def rated(frame: Frame, whole: Sides, cuts: Sequence[Cut], spread: float) -> list[Rated]:
    """The cuts from the most to the least telling, each judged by the spread that values have anyway."""
    surprises = {id(cut): _surprises(frame, whole, cut) for cut in cuts}
    found = [entry for cut in cuts if (entry := _rated(frame, whole, cut, surprises[id(cut)], spread))]
    return sorted(
        found, key=lambda entry: (-round(entry.strength, 6), _plainness(entry.cut), entry.cut.dimensions)
    )


def chosen(ranked: Sequence[Rated], most: int = SHOWN_CUTS) -> list[Rated]:
    """The first cuts that say different things.

    Another name for the same part (an error's code and its message) tells nothing new, nor does a coarser or finer
    form of the same dimension (the tenure and its bucket).
    """
    picked: list[Rated] = []
    for entry in ranked:
        known = any(_alike(entry.part, other.part) or _same_kind(entry.cut, other.cut) for other in picked)
        if len(picked) < most and not known:
            picked.append(entry)
    return picked


def _plainness(cut: Cut) -> int:
    """Of two names for the same part the one that reads best: a message rather than a code."""
    return sum(name.endswith("_code") for name in cut.dimensions)


def _same_kind(one: Cut, other: Cut) -> bool:
    return bool(_words(one) & _words(other))


def _words(cut: Cut) -> set[str]:
    return {word for name in cut.dimensions for word in name.split("_")} - COMMON_WORDS


def _alike(one: Part, other: Part) -> bool:
    pairs = zip(_numbers(one.sides), _numbers(other.sides), strict=True)
    return all(math.isclose(a, b, rel_tol=0.02, abs_tol=1.0) for a, b in pairs)


def _numbers(found: Sides) -> tuple[float, ...]:
    return found.now, found.before, found.base_now, found.base_before


def _surprises(frame: Frame, whole: Sides, cut: Cut) -> list[tuple[float, float]]:
    """For each part: how far it moved beyond its share of the move, and the variance that goes with one unit."""
    parts = [part.sides for part in cut.parts]
    if frame.kind != "ratio":
        return [_sum_surprise(part, whole) for part in parts]
    effects = ratio_effects(parts, whole)
    common = math.fsum(effect.rate for effect in effects)
    return [
        (effect.whole - _weight(part, whole) * common, _ratio_variance(part, whole))
        for part, effect in zip(parts, effects, strict=True)
    ]


def _sum_surprise(part: Sides, whole: Sides) -> tuple[float, float]:
    share = part.before / whole.before if whole.before else 0.0
    expected = share * whole.now
    # Given the whole, a part can only vary against the others.
    return part.now - expected, (abs(part.now) + abs(expected)) * max(0.0, 1 - share)


def _weight(part: Sides, whole: Sides) -> float:
    return (part.base_now / whole.base_now + part.base_before / whole.base_before) / 2


def _ratio_variance(part: Sides, whole: Sides) -> float:
    if not (part.base_now and part.base_before):
        return (1 / whole.base_now + 1 / whole.base_before) / 4
    weight = _weight(part, whole)
    return weight**2 * (1 / part.base_now + 1 / part.base_before) * max(0.0, 1 - weight)


def _spread(cuts: Sequence[Sequence[tuple[float, float]]]) -> float:
    """Variance a unit, as the quietest quarter of the cuts shows it.

    Cuts that have to do with the change would not tell how far values vary without one.
    """
    found = sorted(
        sum(x * x / u for x, u in values if u > 0) / (len(values) - 1) for values in cuts if len(values) > 2
    )
    return found[len(found) // 4] if found else 0.0


def _least_spread(frame: Frame, whole: Sides) -> float:
    """Counts vary at least as counts do, rates as shares of their base do."""
    if frame.kind != "ratio":
        return 1.0
    level = (whole.now + whole.before) / (whole.base_now + whole.base_before)
    return level * (1 - level) if 0 < level < 1 else 1e-12


def _rated(
    frame: Frame, whole: Sides, cut: Cut, surprises: Sequence[tuple[float, float]], spread: float
) -> Rated | None:
    way = 1 if _change(frame, whole) >= 0 else -1
    told = [
        (way * x / math.sqrt(spread * u), x, part)
        for (x, u), part in zip(surprises, cut.parts, strict=True)
        if u > 0 and not says_nothing(part.key)
    ]
    if not told:
        return None
    best = max(told, key=lambda item: item[0])
    strength = best[0] - math.sqrt(2 * math.log(max(len(told), 2)))
    change = _change(frame, whole)
    return Rated(cut, best[2], strength, best[1] / change if change else 0.0)


def _change(frame: Frame, whole: Sides) -> float:
    if frame.kind != "ratio":
        return whole.now - whole.before
    return whole.now / whole.base_now - whole.before / whole.base_before


def says_nothing(key: Sequence[PlainCell]) -> bool:
    """A part that only says that nothing is known explains nothing."""
    return any(str(value).lower().startswith(UNSAID) or value is None for value in key)
