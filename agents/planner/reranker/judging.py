"""Which candidate is meant, if any: what speaks for a candidate, and how probably it is the question's query."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from agents.planner.draft import Draft, IssueKind
from agents.planner.lexicon import Lexicon
from agents.planner.policy import place_of
from agents.planner.reranker.candidates import Candidate, Evidence
from agents.planner.reranker.left_words import telling
from agents.planner.reranker.named_periods import chance_of
from agents.planner.reranker.named_values import USES, by_the_rules
from agents.planner.reranker.several import kin_of, kinds_of
from agents.planner.reranker.slots import log_of
from agents.planner.several import listed_figures
from agents.planner.verify import unexplained_words
from semantic.query import Comparison, TimeRange

FILE = Path(__file__).with_name("judge.npz")
THRESHOLDS = Path(__file__).with_name("thresholds.json")
_OF_RULES = ("share", "unit", "statistic", "ambiguous_metric", "ambiguous_value", "condition", "incompatible")
"""Doubts of the rules' own draft that another candidate does not have and may deserve."""
_BREAKS_DOWN = ("by", "per", "across", "each", "every", "which")


@dataclass(frozen=True)
class Trees:
    """Decision trees that are summed up, each a row of nodes: `left` and `right` are places in the row.

    At a node whose `sign` is not -1 a candidate goes left when that sign is at most `at`; else `value` is added.
    Shape of each: trees x nodes.
    """

    sign: NDArray[np.int16]
    at: NDArray[np.float32]
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    value: NDArray[np.float32]
    depth: int

    def summed(self, signs: NDArray[np.float32]) -> NDArray[np.float32]:
        """The sum over the trees of each candidate (a row of `signs`)."""
        trees = np.arange(len(self.sign))[:, None]
        rows = np.arange(len(signs))[None, :]
        node = np.zeros((len(self.sign), len(signs)), dtype=np.int16)
        for _ in range(self.depth):
            sign = self.sign[trees, node]
            goes_left = signs[rows, np.maximum(sign, 0)] <= self.at[trees, node]
            below = np.where(goes_left, self.left[trees, node], self.right[trees, node])
            node = np.where(sign < 0, node, below)
        # Of a single row, too, the trees are added up one by one as of several: no chance depends on the others.
        values = self.value[trees, node]
        found: NDArray[np.float32] = np.repeat(values, 2, axis=1).sum(0)[::2] if len(signs) == 1 else values.sum(0)
        return found


@dataclass(frozen=True)
class Judge:
    """Trees over `signs`, in the order of `names`, and the probabilities to act at.

    A candidate of at least `answer` is answered; a clean draft of the rules below `doubt` is asked back; choices
    are offered from `offer` on.
    """

    names: tuple[str, ...]
    trees: Trees
    bias: float
    answer: float
    doubt: float
    offer: float

    @classmethod
    def read(cls, path: Path = FILE, thresholds: Path = THRESHOLDS) -> Judge | None:
        """From the files; None when there are none."""
        if not path.is_file() or not thresholds.is_file():
            return None
        with np.load(path, allow_pickle=False) as found:
            arrays = {name: found[name] for name in ("sign", "at", "left", "right", "value")}
            names, bias, depth = tuple(map(str, found["names"])), float(found["bias"]), int(found["depth"])
        said: dict[str, float] = json.loads(thresholds.read_text(encoding="utf-8"))
        return cls(names, Trees(**arrays, depth=depth), bias, said["answer"], said["doubt"], said["offer"])

    def probabilities(self, found: Sequence[Mapping[str, float]]) -> list[float]:
        """Of each candidate, by its signs, that it is what is asked."""
        if not found:
            return []
        rows = np.array([[one.get(name, 0.0) for name in self.names] for one in found], dtype=np.float32)
        return [float(chance) for chance in 1 / (1 + np.exp(-(self.trees.summed(rows) + self.bias)))]


@lru_cache(maxsize=1)
def packaged() -> Judge | None:
    """The judge that comes with the program, read once."""
    return Judge.read()


def signs(
    candidate: Candidate, own: Draft, evidence: Evidence, lexicon: Lexicon, known: frozenset[str]
) -> dict[str, float]:
    """What speaks for and against a candidate; `own` is the rules' draft, `known` the words that were learnt."""
    return dict(
        (
            *_of_metrics(candidate, own, evidence),
            *_of_kinds(candidate, evidence, lexicon),
            *_of_slots(candidate, evidence),
            *_of_values(candidate, evidence),
            *_of_issues(candidate, own),
            *_of_words(candidate, evidence, lexicon, known),
        )
    )


def _of_metrics(candidate: Candidate, own: Draft, evidence: Evidence) -> Iterator[tuple[str, float]]:
    said, given = evidence.slots["metric"], candidate.draft.metrics
    ranked = evidence.ranked("metric")
    others = [name for name in ranked if name not in given]
    chances = [log_of(said.get(name, 0.0)) for name in given]
    yield "metric", sum(chances) / len(given)
    yield "metric, weakest", min(chances)
    yield "metric rank", float(min(5, *(ranked.index(name) if name in ranked else 5 for name in given), 5))
    yield "metric rank, worst", float(max(min(9, ranked.index(name)) if name in ranked else 9 for name in given))
    yield "metric margin", chances[0] - log_of(said[others[0]] if others else 0.0)
    yield "another metric", log_of(said[others[0]] if others else 0.0)
    yield "metrics", log_of(evidence.slots["metrics"]["several" if len(given) > 1 else "one"])
    yield "metrics given", float(len(given))
    yield "several", log_of(evidence.slots["metrics"]["several"])
    yield "figures", candidate.figures.chance
    yield "figures by clause", float(candidate.figures.by_clause)
    yield "rules agree", float(set(given) == set(own.metrics))
    yield "rules have none", float(not own.metrics)
    yield "rules differ", float(bool(own.metrics) and set(given) != set(own.metrics))
    spans = evidence.reading.of_kind("metric")
    named = [span for span in spans if any(target.name in given for target in span.targets)]
    yield "named", float(sum(len(span.targets) == 1 for span in named))
    yield "maybe named", float(sum(len(span.targets) > 1 for span in named))
    yield "others named", float(len(spans) - len(named))
    yield "longest name", float(max((span.end - span.start for span in named), default=0))
    yield (
        "metrics unnamed",
        float(sum(not any(target.name == name for span in spans for target in span.targets) for name in given)),
    )


def _of_kinds(candidate: Candidate, evidence: Evidence, lexicon: Lexicon) -> Iterator[tuple[str, float]]:
    """Whether figures of these kinds are asked for, and whether several of them are of one thing."""
    given = candidate.draft.metrics
    said = evidence.slots.get("kinds", {})
    own = kinds_of(given, lexicon.model)
    yield "kinds", log_of(said.get(own, 0.0))
    yield "other kinds", log_of(max((chance for name, chance in said.items() if name != own), default=0.0))
    yield "kin", kin_of(lexicon.model).closeness(given)
    yield "figures by kin", float(candidate.figures.by_kin)


def _of_slots(candidate: Candidate, evidence: Evidence) -> Iterator[tuple[str, float]]:
    draft, slots = candidate.draft, evidence.slots
    by = [
        log_of(found["yes" if name.removeprefix("by ") in draft.dimensions else "no"])
        for name, found in slots.items()
        if name.startswith("by ")
    ]
    yield "breakdown", sum(by)
    yield "breakdown, weakest", min(by)
    yield "grain", log_of(slots["grain"].get(draft.grain or "none", 0.0))
    yield "compare", log_of(_of_comparison(slots["compare"], draft))
    yield "direction", log_of(slots["direction"].get(draft.order.direction if draft.order else "none", 0.0))
    yield "limit", log_of(slots["limit"].get({None: "none", 1: "one"}.get(draft.limit, "many"), 0.0))
    yield "threshold", log_of(slots["threshold"]["yes" if draft.having else "no"])
    yield "answerable", log_of(slots["answerable"]["yes"])
    yield "not answerable", log_of(slots["answerable"]["no"])
    yield "dimensions", float(len(draft.dimensions))
    yield "many dimensions", float(len(draft.dimensions) > 2)
    yield "filters", float(len(draft.filters))


def _of_values(candidate: Candidate, evidence: Evidence) -> Iterator[tuple[str, float]]:
    """How the values are taken; the likeliest way says what the rules' own is held against."""
    best = evidence.ways[0]
    rules = by_the_rules(candidate.reading if candidate.taken is None else evidence.reading)
    same = next((way for way in evidence.ways if set(way.used) == set(rules)), None)
    way = candidate.taken or same
    yield "values", way.chance if way else best.chance - 4.0
    yield "values, weakest", way.weakest if way else -4.0
    yield "values behind", (way.chance if way else best.chance - 4.0) - best.chance
    yield "values unlike any way", float(way is None)
    yield "values, other ways", evidence.ways[1].chance - best.chance if len(evidence.ways) > 1 else -9.0
    yield "values as the rules", float(candidate.taken is None or set(candidate.taken.used) == set(rules))
    yield "values dropped", float(len(candidate.dropped))
    used = way.used if way else rules
    for use in USES[:-1]:
        yield f"values {use}", float(sum(found == use for _, found in used))
    taken = {(item.dimension, value) for item in candidate.draft.filters for value in item.values}
    yield "values lost", float(sum((s.targets[0].name, s.targets[0].value) not in taken for s, _ in used))


def _of_issues(candidate: Candidate, own: Draft) -> Iterator[tuple[str, float]]:
    draft = candidate.draft
    found = {issue.kind for issue in draft.issues}
    for kind in get_args(IssueKind):
        yield f"issue {kind}", float(kind in found)
    doubted = {issue.kind for issue in own.issues}
    for kind in _OF_RULES:
        yield f"rules doubt {kind}", float(kind in doubted)
    clean = not own.issues and not own.ask
    yield "rules are sure", float(clean)
    yield "rules are sure of it", float(clean and own.query() == draft.query())
    for name in ("breakdown", "order", "period", "shape", "threshold"):
        yield f"repaired {name}", float(name in candidate.repairs)


def _of_words(
    candidate: Candidate, evidence: Evidence, lexicon: Lexicon, known: frozenset[str]
) -> Iterator[tuple[str, float]]:
    draft, reading = candidate.draft, candidate.reading
    left = unexplained_words(draft, reading, evidence.intent, lexicon)
    places = [place_of(reading, at, lexicon) for at, _ in left]
    unknown = {token.lemma for token in reading.tokens if not token.is_mark and token.lemma not in known}
    most, all_of_them = telling(reading, left, evidence.trained)
    yield "unexplained, most telling", most
    yield "unexplained and telling", all_of_them
    yield "unexplained", float(len(left))
    yield "unexplained and unknown", float(sum(reading.tokens[at].lemma in unknown for at, _ in left))
    yield "unknown", float(len(unknown))
    yield "unexplained breakdown", float(sum(place in _BREAKS_DOWN for place in places))
    yield "unexplained filter", float(sum(bool(place) and place not in _BREAKS_DOWN for place in places))
    yield "unexplained elsewhere", float(sum(not place for place in places))
    yield "unexplained numbers", float(sum(word[:1].isdigit() for _, word in left))
    yield "words", float(len(reading.tokens))
    yield "explained", 1 - len(left) / max(1, len(reading.tokens))
    periods = len(evidence.reading.of_kind("time"))
    yield "periods", float(periods)
    yield "period", float(draft.time is not None)
    yield "period asked about", chance_of(draft.time, evidence.periods)
    yield "future days named", float(periods - len(evidence.periods))
    yield "period lost", float(bool(periods) and not draft.time and not draft.compare_to)
    yield "thresholds lost", float(len(reading.thresholds) - len(draft.having))
    yield "limits not shown", float(_not_shown(candidate))
    yield "figures of a list missing", float(max(0, listed_figures(reading) - len(draft.metrics)))
    yield "assumptions", float(len(draft.assumptions))


def _of_comparison(chances: Mapping[str, float], draft: Draft) -> float:
    """How probably the draft's comparison is asked for; one with a named period counts as either form."""
    if isinstance(draft.compare_to, TimeRange):
        return sum(chances.get(name, 0.0) for name in get_args(Comparison))
    return chances.get(draft.compare_to or "none", 0.0)


def _not_shown(candidate: Candidate) -> int:
    """How many numbers are held against a figure that stands beside them and is not among those shown."""
    ends = {limit.end for limit in candidate.reading.thresholds}
    named = [span.targets for span in candidate.reading.of_kind("metric") if span.start in ends]
    return sum(not any(target.name in candidate.draft.metrics for target in targets) for targets in named)


def judged(
    found: Sequence[Candidate],
    own: Draft,
    evidence: Evidence,
    lexicon: Lexicon,
    judge: Judge,
    known: frozenset[str],
) -> list[tuple[float, Candidate]]:
    """The candidates with their probabilities, the likeliest first; the earlier made before an equal."""
    chances = judge.probabilities([signs(one, own, evidence, lexicon, known) for one in found])
    return sorted(zip(chances, found, strict=True), key=lambda pair: -pair[0])
