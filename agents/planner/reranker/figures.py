"""Which figures a question may ask for: single ones, and several where its clauses name several."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, permutations

from agents.planner.reading import Reading
from agents.planner.reranker.features import clause_features
from agents.planner.reranker.several import Kin, chance_of_several, kin_of, likely_kinds, with_kin
from agents.planner.reranker.slots import Slots, log_of
from agents.planner.words import word_set
from semantic.model import SemanticModel

_SINGLE = 4
_PAIRED = 4
_HEADS = 6
_BY_KIND = 6
_SEVERAL = 0.06
_JOINTS = word_set(
    "and plus then versus vs also with alongside against beside besides next together compared than"
)
_JOINTS |= {",", "/", "&", "."}
_MOST_JOINTS = 6
_NAMED = 0.2
"""Chance of a metric that the rules found, as one that may bring its kin."""


@dataclass(frozen=True)
class Figures:
    """Metrics that may be meant together, and how likely (a logarithm)."""

    metrics: tuple[str, ...]
    chance: float
    by_clause: bool = False
    by_kin: bool = False


def figures(
    reading: Reading,
    own: tuple[str, ...],
    said: Mapping[str, Mapping[str, float]],
    slots: Slots,
    model: SemanticModel,
) -> list[Figures]:
    """What the rules found, the likeliest metrics, and likely pairs and triples when several may be asked for."""
    chances = {name: found for name, found in said["metric"].items() if name in model.metrics}
    likely = sorted(chances, key=lambda name: (-chances[name], name))
    kinds = said.get("kinds", {})
    one, several = said["metrics"]["one"], max(said["metrics"]["several"], chance_of_several(kinds))
    found = [Figures((name,), log_of(chances[name]) + log_of(one)) for name in likely[:_SINGLE]]
    if several > _SEVERAL or len(own) > 1:
        found += [
            Figures(pair, log_of(min(1.0, 2 * math.sqrt(chances[pair[0]] * chances[pair[1]]))) + log_of(several))
            for pair in combinations(likely[:_PAIRED], 2)
        ]
        third = 3 * math.prod(chances[name] for name in likely[:3]) ** (1 / 3)
        found.append(Figures(tuple(likely[:3]), log_of(min(1.0, third)) + log_of(several)))
        clauses = _Clauses(reading, slots, chances)
        found += _by_clause(clauses, several)
        kin = kin_of(model)
        found += _by_clause_and_kind(clauses, kinds, kin)
        heads = _heads(chances, likely[:_HEADS], own, clauses)
        found += [Figures(*made, by_kin=True) for made in with_kin(chances, heads, kinds, kin)]
    if own:
        chance = max(log_of(chances.get(name, 0.0)) for name in own) + log_of(one if len(own) == 1 else several)
        found.insert(0, Figures(own, chance))
    best: dict[frozenset[str], Figures] = {}
    for item in found:
        key = frozenset(item.metrics)
        before = best.setdefault(key, item)
        best[key] = replace(
            before,
            chance=max(before.chance, item.chance),
            by_clause=before.by_clause or item.by_clause,
            by_kin=before.by_kin or item.by_kin,
        )
    return sorted(best.values(), key=lambda item: -item.chance)


def _heads(
    chances: Mapping[str, float], likely: Sequence[str], own: Sequence[str], clauses: _Clauses
) -> dict[str, float]:
    """Metrics that may bring their kin: likely in the question or in a clause of it, or found by the rules."""
    heads = {name: chances[name] for name in likely}
    for part in clauses.said.values():
        name, chance = _best(part)
        heads[name] = max(heads.get(name, 0.0), math.sqrt(chance * max(chances[name], 1e-3)))
    return heads | {name: max(heads.get(name, 0.0), _NAMED) for name in own if name in chances}


@dataclass
class _Clauses:
    """What the slots say of parts of a question, by the part alone and with the question.

    With the question: `denials, number and share` says in one what both are of. `said` keeps the chances of each
    metric by the part's first and last place.
    """

    reading: Reading
    slots: Slots
    chances: Mapping[str, float]
    said: dict[tuple[int, int], Mapping[str, float]] = field(default_factory=dict)

    def alone(self, start: int, end: int) -> Mapping[str, float]:
        """Of each metric by the words from `start` to `end` alone."""
        if (start, end) not in self.said:
            names = clause_features(self.reading, start, end)
            found = self.slots.probabilities(names, ("metric",))["metric"]
            self.said[start, end] = {name: chance for name, chance in found.items() if name in self.chances}
        return self.said[start, end]

    def beside(self, start: int, end: int) -> Mapping[str, float]:
        """Of each metric by those words and by the question."""
        return {name: math.sqrt(chance * self.chances[name]) for name, chance in self.alone(start, end).items()}

    def cuts(self) -> Iterator[list[tuple[int, int]]]:
        """The question in two parts at each joint, and in three at two of them."""
        tokens = self.reading.tokens
        joints = [at for at, token in enumerate(tokens) if token.text in _JOINTS and at][:_MOST_JOINTS]
        ends = len(tokens)
        yield from ([(0, at), (at + 1, ends)] for at in joints)
        yield from ([(0, a), (a + 1, b), (b + 1, ends)] for a, b in combinations(joints[:4], 2) if b > a + 1)


def _best(of: Mapping[str, float]) -> tuple[str, float]:
    name = max(of, key=lambda name: (of[name], name))
    return name, of[name]


def _by_clause(clauses: _Clauses, several: float) -> Iterator[Figures]:
    """The likeliest metric of each part of the question."""
    for cut in clauses.cuts():
        for of in (clauses.alone, clauses.beside):
            made = _joined([_best(of(*part)) for part in cut], several)
            if made is not None:
                yield made


def _by_clause_and_kind(clauses: _Clauses, kinds: Mapping[str, float], kin: Kin) -> Iterator[Figures]:
    """`the share of promoters and of detractors`: of each part the likeliest figure of the kind asked for."""
    found: dict[frozenset[str], Figures] = {}
    for cut in clauses.cuts():
        said = [clauses.beside(*part) for part in cut]
        for asked, chance in likely_kinds(kinds, len(cut)):
            for order in sorted(set(permutations(asked))):
                of_kind = [
                    {name: found for name, found in part.items() if kin.kinds[name] == kind}
                    for part, kind in zip(said, order, strict=True)
                ]
                made = _joined([_best(part) for part in of_kind], chance) if all(of_kind) else None
                if made is not None:
                    key = frozenset(made.metrics)
                    found[key] = max(found.get(key, made), made, key=lambda one: one.chance)
    yield from sorted(found.values(), key=lambda one: -one.chance)[:_BY_KIND]


def _joined(clauses: Sequence[tuple[str, float]], several: float) -> Figures | None:
    names = tuple(dict.fromkeys(name for name, _ in clauses))
    if len(names) < len(clauses):
        return None
    chance = sum(log_of(found) for _, found in clauses) / len(clauses)
    return Figures(names, chance + log_of(several), by_clause=True)
