"""Which figures a question may ask for: single ones, and several where its clauses name several."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from agents.planner.reading import Reading
from agents.planner.reranker.features import clause_features
from agents.planner.reranker.slots import Slots, log_of

_SINGLE = 4
_PAIRED = 4
_SEVERAL = 0.1
_JOINTS = frozenset({"and", ",", "plus", "/", "&", ".", "then", "versus", "vs", "also", "with", "alongside"})
_MOST_JOINTS = 6


@dataclass(frozen=True)
class Figures:
    """Metrics that may be meant together, and how likely (a logarithm)."""

    metrics: tuple[str, ...]
    chance: float
    by_clause: bool = False


def figures(
    reading: Reading,
    own: tuple[str, ...],
    said: Mapping[str, Mapping[str, float]],
    slots: Slots,
    model: Mapping[str, object],
) -> list[Figures]:
    """What the rules found, the likeliest metrics, and likely pairs and triples when several may be asked for."""
    chances = {name: found for name, found in said["metric"].items() if name in model}
    likely = sorted(chances, key=lambda name: (-chances[name], name))
    one, several = said["metrics"]["one"], said["metrics"]["several"]
    found = [Figures((name,), log_of(chances[name]) + log_of(one)) for name in likely[:_SINGLE]]
    if several > _SEVERAL or len(own) > 1:
        found += [
            Figures(pair, log_of(min(1.0, 2 * math.sqrt(chances[pair[0]] * chances[pair[1]]))) + log_of(several))
            for pair in combinations(likely[:_PAIRED], 2)
        ]
        third = 3 * math.prod(chances[name] for name in likely[:3]) ** (1 / 3)
        found.append(Figures(tuple(likely[:3]), log_of(min(1.0, third)) + log_of(several)))
        found += _by_clause(reading, slots, chances, several)
    if own:
        chance = max(log_of(chances.get(name, 0.0)) for name in own) + log_of(one if len(own) == 1 else several)
        found.insert(0, Figures(own, chance))
    best: dict[frozenset[str], Figures] = {}
    for item in found:
        key = frozenset(item.metrics)
        if key not in best or item.chance > best[key].chance:
            best[key] = Figures(best[key].metrics if key in best else item.metrics, item.chance, item.by_clause)
    return sorted(best.values(), key=lambda item: -item.chance)


def _by_clause(reading: Reading, slots: Slots, chances: Mapping[str, float], several: float) -> Iterator[Figures]:
    """The likeliest metric of each side of a joint, and of three clauses between two joints.

    Once by the clause alone, once with the question: `denials, number and share` says in one what both are of.
    """
    joints = [at for at, token in enumerate(reading.tokens) if token.text in _JOINTS and at][:_MOST_JOINTS]
    ends = len(reading.tokens)
    known: dict[tuple[int, int], tuple[tuple[str, float], tuple[str, float]]] = {}

    def likeliest(start: int, end: int) -> tuple[tuple[str, float], tuple[str, float]]:
        if (start, end) not in known:
            said = slots.probabilities(clause_features(reading, start, end), ("metric",))["metric"]
            found = {name: chance for name, chance in said.items() if name in chances}
            both = {name: math.sqrt(chance * chances[name]) for name, chance in found.items()}
            alone, beside = (max(of, key=lambda name: (of[name], name)) for of in (found, both))
            known[start, end] = (alone, found[alone]), (beside, both[beside])
        return known[start, end]

    cuts = [[(0, at), (at + 1, ends)] for at in joints]
    cuts += [[(0, a), (a + 1, b), (b + 1, ends)] for a, b in combinations(joints[:4], 2) if b > a + 1]
    for cut in cuts:
        clauses = [likeliest(*clause) for clause in cut]
        for named in zip(*clauses, strict=True):
            made = _joined(named, several)
            if made is not None:
                yield made


def _joined(clauses: Sequence[tuple[str, float]], several: float) -> Figures | None:
    names = tuple(dict.fromkeys(name for name, _ in clauses))
    if len(names) < len(clauses):
        return None
    chance = sum(log_of(found) for _, found in clauses) / len(clauses)
    return Figures(names, chance + log_of(several), by_clause=True)
