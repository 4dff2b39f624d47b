"""Other readings of one question: metrics, breakdowns, order and time slots that the trained slots think likely.

The rules stay the makers: each candidate is assembled and verified by them, given other metrics, without values
that were said in passing, or with a slot repaired. Which candidate is meant, if any, is judged afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast, get_args

from agents.planner.assemble import assemble
from agents.planner.attribution import settle_attribution
from agents.planner.draft import Draft, Issue
from agents.planner.intents import Intent
from agents.planner.lexicon import Lexicon
from agents.planner.periods import Clock
from agents.planner.reading import Reading, Span
from agents.planner.reranker.features import features, value_features
from agents.planner.reranker.slots import Probabilities, Slots
from agents.planner.verify import verify
from semantic.query import Comparison, Order, SemanticQuery, TimeGrain

SINGLE_METRICS = 3
_LIKELY = 0.5
_SURELY = 0.1
_NARROWING = ("in", "for", "from", "among", "only", "excluding", "except", "without", "not")
_PAIR = 0.15
_OF_BREAKDOWN = ("loose_dimension", "rank_without_dimension", "ambiguous_dimension", "comparison")
_OF_SHAPE = ("no_previous", "comparison")


@dataclass(frozen=True)
class Evidence:
    """A question as it was read, and what the trained slots say of it.

    `kept` is the probability that a value narrows the question, by the place where it starts.
    """

    reading: Reading
    intent: Intent
    slots: Probabilities
    kept: dict[int, float]
    features: tuple[str, ...]

    @classmethod
    def of(cls, reading: Reading, intent: Intent, slots: Slots) -> Evidence:
        """What the slots say of a reading."""
        found = features(reading, intent.kind)
        said = slots.probabilities(found)
        kept = {
            span.start: slots.probabilities(value_features(reading, span), ("kept",))["kept"]["yes"]
            for span in reading.of_kind("value")
        }
        return cls(reading, intent, said, kept, tuple(found))

    def ranked(self, slot: str) -> list[str]:
        """A slot's classes, the likeliest first; names decide between equals."""
        return sorted(self.slots[slot], key=lambda name: (-self.slots[slot][name], name))


@dataclass(frozen=True)
class Candidate:
    """A draft of a question, the reading after it was assembled, and how it came about."""

    draft: Draft
    reading: Reading
    dropped: tuple[Span, ...]
    repairs: tuple[str, ...]


def candidates(evidence: Evidence, lexicon: Lexicon, clock: Clock) -> tuple[Draft, list[Candidate]]:
    """The rules' own draft, and every different candidate with a query, the rules' own among them."""
    own = _drafted(evidence.reading, evidence, lexicon, clock, ())
    found: dict[tuple[object, ...], Candidate] = {}
    passing = tuple(span for span in evidence.reading.of_kind("value") if _in_passing(span, evidence))
    for dropped in dict.fromkeys(((), passing)):
        reading = _without(evidence.reading, dropped)
        for metrics in _metrics(tuple(own[0].metrics), evidence, lexicon):
            given = () if metrics == tuple(own[0].metrics) else metrics
            draft, after = _drafted(reading, evidence, lexicon, clock, given)
            for repairs, repaired in _repaired(draft, evidence, lexicon):
                query = repaired.query()
                if query is not None:
                    found.setdefault(_content(query), Candidate(repaired, after, dropped, repairs))
    return own[0], list(found.values())


def _in_passing(span: Span, evidence: Evidence) -> bool:
    """Whether a value is hardly meant to narrow the question; after `in` or `for` it must be all but sure."""
    before = evidence.reading.tokens[span.start - 1].text if span.start else ""
    return evidence.kept[span.start] < (_SURELY if before in _NARROWING else _LIKELY)


def _metrics(own: tuple[str, ...], evidence: Evidence, lexicon: Lexicon) -> list[tuple[str, ...]]:
    """What the rules found, the likeliest single metrics, and the likeliest two when two may be asked for."""
    likely = [name for name in evidence.ranked("metric") if name in lexicon.model.metrics]
    sets = [own] if own else []
    sets += [(name,) for name in likely[:SINGLE_METRICS]]
    if evidence.slots["metrics"]["several"] > _PAIR or len(own) > 1:
        sets.append(tuple(likely[:2]))
    return list(dict.fromkeys(sets))


def _drafted(
    reading: Reading, evidence: Evidence, lexicon: Lexicon, clock: Clock, given: tuple[str, ...]
) -> tuple[Draft, Reading]:
    own = _copy(reading)
    draft = assemble(own, lexicon, clock, evidence.intent.kind, (), given)
    draft.kind, draft.pct = evidence.intent.kind, evidence.intent.pct
    settle_attribution(draft, own, lexicon.model)
    return verify(draft, own, evidence.intent, lexicon), own


def _copy(reading: Reading) -> Reading:
    """A reading whose lists and sets the assembler may change."""
    return replace(
        reading,
        spans=list(reading.spans), explained=set(reading.explained), assumptions=list(reading.assumptions),
        breakdown=list(reading.breakdown), loose=list(reading.loose), negated=set(reading.negated),
        compared=set(reading.compared), thresholds=list(reading.thresholds), topics=list(reading.topics),
        problems=list(reading.problems), pointed=list(reading.pointed),
    )  # fmt: skip


def _without(reading: Reading, dropped: tuple[Span, ...]) -> Reading:
    """A reading in which some values are words like others."""
    if not dropped:
        return reading
    left = _copy(reading)
    left.spans = [span for span in reading.spans if span not in dropped]
    for span in dropped:
        left.explain(span.start, span.end)
    return left


def _repaired(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Iterator[tuple[tuple[str, ...], Draft]]:
    """A draft as it is and with its breakdown, its order or its time slots as the trained slots have them."""
    made: list[tuple[tuple[str, ...], Draft]] = [((), draft)]
    for name, repair in (("breakdown", _breakdown), ("order", _order), ("shape", _shape)):
        for repairs, earlier in list(made):
            changed = repair(earlier, evidence, lexicon) if earlier.metrics else None
            if changed is not None:
                made.append(((*repairs, name), _settled(changed)))
    yield from made


def _breakdown(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Draft | None:
    slots = {name.removeprefix("by "): found for name, found in evidence.slots.items() if name.startswith("by ")}
    likely = [name for name, found in slots.items() if found["yes"] > _LIKELY]
    fitting = [name for name in likely if all(lexicon.compatible(metric, name) for metric in draft.metrics)]
    if set(fitting) == set(draft.dimensions):
        return None
    kept = [name for name in draft.dimensions if name in fitting]
    added = [name for name in fitting if name not in draft.dimensions]
    return replace(draft, dimensions=kept + added, issues=_issues(draft, _OF_BREAKDOWN))


def _order(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Draft | None:
    wanted, limit = evidence.ranked("direction")[0], evidence.ranked("limit")[0]
    changed = draft
    if wanted == "none" and draft.order:
        changed = replace(changed, order=None, limit=None)
    elif wanted != "none" and (draft.dimensions or draft.grain) and _direction(draft) != wanted:
        order = Order(by=draft.metrics[0], direction="desc" if wanted == "desc" else "asc")
        changed = replace(changed, order=order)
    if limit == "none" and changed.limit:
        changed = replace(changed, limit=None)
    elif limit == "one" and changed.order and changed.limit is None:
        changed = replace(changed, limit=1)
    return None if changed is draft else changed


def _shape(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Draft | None:
    grain, compared = evidence.ranked("grain")[0], evidence.ranked("compare")[0]
    changed = draft
    if grain != (draft.grain or "none"):
        known = grain in get_args(TimeGrain)
        changed = replace(changed, grain=cast(TimeGrain, grain) if known else None)
    if compared != (draft.compare_to or "none"):
        known = compared in get_args(Comparison)
        comparison = cast(Comparison, compared) if known else None
        changed = replace(changed, compare_to=comparison, issues=_issues(changed, _OF_SHAPE))
    return None if changed is draft else changed


def _direction(draft: Draft) -> str:
    return draft.order.direction if draft.order else "none"


def _issues(draft: Draft, settled: tuple[str, ...]) -> list[Issue]:
    return [issue for issue in draft.issues if issue.kind not in settled]


def _settled(draft: Draft) -> Draft:
    """Without the doubts about a dimension that is not asked for any more."""
    asked = {*draft.dimensions, *(item.dimension for item in draft.filters)}
    left = [issue for issue in draft.issues if issue.kind != "incompatible" or issue.targets[1].name in asked]
    return replace(draft, issues=left)


def _content(query: SemanticQuery) -> tuple[object, ...]:
    time = (query.time.start, query.time.end) if query.time else None
    return (
        frozenset(query.metrics), frozenset(query.dimensions), query.filters, query.having, time, query.time_grain,
        query.compare_to, query.order_by, query.limit, query.share_of_total,
    )  # fmt: skip
