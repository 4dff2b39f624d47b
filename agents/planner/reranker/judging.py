"""Which candidate is meant, if any: what speaks for a candidate, and how probably it is the question's query."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import get_args

from agents.planner.draft import Draft, IssueKind
from agents.planner.lexicon import Lexicon
from agents.planner.policy import place_of
from agents.planner.reranker.candidates import Candidate, Evidence
from agents.planner.verify import unexplained_words

FILE = Path(__file__).with_name("judge.json")
_LEAST = 1e-4
_BREAKS_DOWN = ("by", "per", "across", "each", "every", "which")


@dataclass(frozen=True)
class Judge:
    """A logistic model over `signs`: of each its mean, its spread and its weight; and the probabilities to act at.

    A candidate of at least `answer` is answered; a clean draft of the rules below `doubt` is asked back.
    """

    weights: Mapping[str, tuple[float, float, float]]
    bias: float
    answer: float
    doubt: float
    offer: float

    @classmethod
    def read(cls, path: Path = FILE) -> Judge | None:
        """From the file; None when there is none."""
        if not path.is_file():
            return None
        body = json.loads(path.read_text(encoding="utf-8"))
        weights = {name: (mean, spread, weight) for name, (mean, spread, weight) in body["weights"].items()}
        return cls(weights, body["bias"], body["answer"], body["doubt"], body["offer"])

    def probability(self, found: Mapping[str, float]) -> float:
        """That a candidate with these signs is what is asked."""
        score = self.bias
        for name, (mean, spread, weight) in self.weights.items():
            score += weight * (found.get(name, 0.0) - mean) / spread
        return 1 / (1 + math.exp(-max(-50.0, min(50.0, score))))


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
            *_of_metrics(candidate.draft, own, evidence),
            *_of_slots(candidate, evidence, lexicon),
            *_of_issues(candidate, own),
            *_of_words(candidate, evidence, lexicon, known),
        )
    )


def _log(probability: float) -> float:
    return math.log(max(probability, _LEAST))


def _of_metrics(draft: Draft, own: Draft, evidence: Evidence) -> Iterator[tuple[str, float]]:
    said, given = evidence.slots["metric"], draft.metrics
    ranked = evidence.ranked("metric")
    others = [name for name in ranked if name not in given]
    yield "metric", sum(_log(said.get(name, 0.0)) for name in given) / len(given)
    yield "metric rank", float(min(5, *(ranked.index(name) if name in ranked else 5 for name in given), 5))
    yield "metric margin", _log(said.get(given[0], 0.0)) - _log(said[others[0]] if others else 0.0)
    yield "metrics", _log(evidence.slots["metrics"]["several" if len(given) > 1 else "one"])
    yield "metrics given", float(len(given))
    yield "rules agree", float(set(given) == set(own.metrics))
    yield "rules have none", float(not own.metrics)
    yield "rules differ", float(bool(own.metrics) and set(given) != set(own.metrics))
    spans = evidence.reading.of_kind("metric")
    named = [span for span in spans if any(target.name in given for target in span.targets)]
    yield "named", float(sum(len(span.targets) == 1 for span in named))
    yield "maybe named", float(sum(len(span.targets) > 1 for span in named))
    yield "others named", float(len(spans) - len(named))
    yield "longest name", float(max((span.end - span.start for span in named), default=0))


def _of_slots(candidate: Candidate, evidence: Evidence, lexicon: Lexicon) -> Iterator[tuple[str, float]]:
    draft, slots = candidate.draft, evidence.slots
    by = [
        _log(found["yes" if name.removeprefix("by ") in draft.dimensions else "no"])
        for name, found in slots.items()
        if name.startswith("by ")
    ]
    yield "breakdown", sum(by)
    yield "breakdown, weakest", min(by)
    yield "grain", _log(slots["grain"].get(draft.grain or "none", 0.0))
    yield "compare", _log(slots["compare"].get(draft.compare_to or "none", 0.0))
    yield "direction", _log(slots["direction"].get(draft.order.direction if draft.order else "none", 0.0))
    yield "limit", _log(slots["limit"].get({None: "none", 1: "one"}.get(draft.limit, "many"), 0.0))
    yield "threshold", _log(slots["threshold"]["yes" if draft.having else "no"])
    yield "answerable", _log(slots["answerable"]["yes"])
    yield "not answerable", _log(slots["answerable"]["no"])
    left = {span.start for span in candidate.dropped}
    kept = [_log(1 - chance if at in left else chance) for at, chance in evidence.kept.items()]
    yield "values", sum(kept)
    yield "values, weakest", min(kept, default=0.0)
    yield "values dropped", float(len(left))
    yield "dimensions", float(len(draft.dimensions))
    yield "many dimensions", float(len(draft.dimensions) > 2)
    yield "filters", float(len(draft.filters))
    yield "values seen", float(len(evidence.kept))


def _of_issues(candidate: Candidate, own: Draft) -> Iterator[tuple[str, float]]:
    draft = candidate.draft
    found = {issue.kind for issue in draft.issues}
    for kind in get_args(IssueKind):
        yield f"issue {kind}", float(kind in found)
    clean = not own.issues and not own.ask
    yield "rules are sure", float(clean)
    yield "rules are sure of it", float(clean and own.query() == draft.query())
    for name in ("breakdown", "order", "shape"):
        yield f"repaired {name}", float(name in candidate.repairs)


def _of_words(
    candidate: Candidate, evidence: Evidence, lexicon: Lexicon, known: frozenset[str]
) -> Iterator[tuple[str, float]]:
    draft, reading = candidate.draft, candidate.reading
    left = unexplained_words(draft, reading, evidence.intent, lexicon)
    places = [place_of(reading, at, lexicon) for at, _ in left]
    unknown = {token.lemma for token in reading.tokens if not token.is_mark and token.lemma not in known}
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
    yield "period lost", float(bool(periods) and not draft.time and not draft.compare_to)
    yield "thresholds lost", float(len(reading.thresholds) - len(draft.having))
    yield "assumptions", float(len(draft.assumptions))


def judged(
    found: Sequence[Candidate],
    own: Draft,
    evidence: Evidence,
    lexicon: Lexicon,
    judge: Judge,
    known: frozenset[str],
) -> list[tuple[float, Candidate]]:
    """The candidates with their probabilities, the likeliest first; the earlier made before an equal."""
    scored = [(judge.probability(signs(one, own, evidence, lexicon, known)), one) for one in found]
    return sorted(scored, key=lambda pair: -pair[0])
