"""Several figures of one thing: its count and its rate, its sum and its average, the one beside its mirror image.

Words like `number and share` say which kinds of figures are asked for, not of what; what they are of is said once.
So a metric that is likely brings those of its kin that are of the kinds asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from agents.planner.once import once_a_model
from semantic.model import Metric, SemanticModel

_HEADS = 6
"""Metrics that may bring their kin."""
_CLASSES = 4
_LIKELY = 0.04
"""Kinds of figures less likely than this are not tried."""
_CLOSE = (0.05, 1.0, 0.35)
"""What a metric counts for that is no kin, a sibling, or a sibling's sibling."""
_UNSAID = 2e-3
_MOST = 10
_JOIN = " + "


def kind_of(metric: Metric) -> str:
    """What sort of number it is: a count of events or people, a rate, money, money for each, or a level."""
    if metric.unit == "count":
        return "number" if metric.additive else "people"
    if metric.unit in ("rate", "percent"):
        return "rate"
    if metric.unit == "usd":
        return "money" if metric.additive else "average money"
    return "level"


def kinds_of(names: Sequence[str], model: SemanticModel) -> str:
    """The kinds of several metrics as one class of the slot `kinds`: `number + rate`."""
    return _JOIN.join(sorted(kind_of(model.metrics[name]) for name in names if name in model.metrics))


@dataclass(frozen=True)
class Kin:
    """How near the metrics of a model are to each other, and the kind of each."""

    kinds: Mapping[str, str]
    near: Mapping[tuple[str, str], float]

    @classmethod
    def of(cls, metrics: Sequence[Metric]) -> Kin:
        """By the metrics' siblings, in both directions, and siblings of siblings."""
        siblings: dict[str, set[str]] = {metric.name: set() for metric in metrics}
        for metric in metrics:
            for other in metric.siblings:
                siblings[metric.name].add(other)
                siblings[other].add(metric.name)
        near = {(one, far): _CLOSE[2] for one, beside in siblings.items() for by in beside for far in siblings[by]}
        near |= {(one, other): _CLOSE[1] for one, beside in siblings.items() for other in beside}
        return cls({metric.name: kind_of(metric) for metric in metrics}, near)

    def between(self, one: str, other: str) -> float:
        """From 1 for siblings down to next to nothing."""
        return self.near.get((one, other), _CLOSE[0])

    def closeness(self, names: Sequence[str]) -> float:
        """Of the pair that is furthest apart; 1 for a single metric."""
        return min((self.between(one, other) for one, other in combinations(names, 2)), default=1.0)


def chance_of_several(kinds: Mapping[str, float]) -> float:
    """That more than one figure is asked for, of whatever kinds."""
    return sum(chance for name, chance in kinds.items() if _JOIN in name)


def likely_kinds(kinds: Mapping[str, float], count: int = 0) -> list[tuple[list[str], float]]:
    """The likeliest classes of several figures, of `count` when given: lists of kinds with their chance."""
    several = [
        (name.split(_JOIN), chance) for name, chance in kinds.items() if _JOIN in name and chance >= _LIKELY
    ]
    fitting = [one for one in several if count in (0, len(one[0]))]
    return sorted(fitting, key=lambda one: (-one[1], one[0]))[:_CLASSES]


def with_kin(
    chances: Mapping[str, float], heads: Mapping[str, float], kinds: Mapping[str, float], kin: Kin
) -> Iterator[tuple[tuple[str, ...], float]]:
    """Metrics that go together with their chance. `chances` are those of each metric in the whole question,
    `heads` those of the metrics that may bring others, `kinds` those of each class of the slot.
    """
    wanted = likely_kinds(kinds)
    found: dict[frozenset[str], tuple[tuple[str, ...], float]] = {}
    for head in sorted(heads, key=lambda name: (-heads[name], name))[:_HEADS]:
        for asked, likely in wanted:
            if kin.kinds[head] not in asked:
                continue
            rest = list(asked)
            rest.remove(kin.kinds[head])
            for names, chance in _filled(head, rest, chances, kin):
                whole = (math.log(max(heads[head], 1e-4)) + chance) / (1 + len(rest)) + math.log(likely)
                key = frozenset(names)
                if key not in found or found[key][1] < whole:
                    found[key] = names, whole
    yield from sorted(found.values(), key=lambda one: -one[1])[:_MOST]


def _filled(
    head: str, rest: Sequence[str], chances: Mapping[str, float], kin: Kin
) -> Iterator[tuple[tuple[str, ...], float]]:
    """The likeliest metric of each further kind, given the first; for a pair the second likeliest, too."""
    names, chance, others = [head], 0.0, []
    for kind in rest:
        weights = {
            name: max(chances.get(name, 0.0), _UNSAID) * kin.between(head, name)
            for name, own in kin.kinds.items()
            if own == kind and name not in names
        }
        if not weights:
            return
        whole = sum(weights.values())
        best, *next_best = sorted(weights, key=lambda name: (-weights[name], name))[:2]
        others = [(name, math.log(weights[name] / whole)) for name in next_best]
        names.append(best)
        chance += math.log(weights[best] / whole)
    yield tuple(names), chance
    if len(rest) == 1:
        for name, less in others:
            yield (head, name), less


@once_a_model
def kin_of(model: SemanticModel) -> Kin:
    """The kin of a model's metrics, remembered."""
    return Kin.of(tuple(model.metrics.values()))
