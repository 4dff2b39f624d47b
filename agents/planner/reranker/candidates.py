"""Other readings of one question: metrics, values, breakdowns, order and time slots that the slots think likely.

The rules stay the makers: each candidate is assembled and verified by them, given other metrics or other uses of
the values named, or with a slot repaired. Which candidate is meant, if any, is judged afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import cast, get_args

from agents.planner.assemble import assemble
from agents.planner.attribution import settle_attribution
from agents.planner.conditions import read_having
from agents.planner.draft import Draft, Issue
from agents.planner.intents import Intent
from agents.planner.lexicon import Lexicon
from agents.planner.ordering import count_within, within_each
from agents.planner.periods import Clock
from agents.planner.ranking import row_limit
from agents.planner.reading import Reading, Span
from agents.planner.reranker.features import features
from agents.planner.reranker.figures import Figures, figures
from agents.planner.reranker.named_periods import Named, asked_about
from agents.planner.reranker.named_values import Taken, retaken, ways
from agents.planner.reranker.slots import Probabilities, Slots
from agents.planner.verify import verify
from semantic.query import Comparison, Order, SemanticQuery, TimeGrain, TimeRange

_MOST = {"one": 10, "several": 24}
"""Pairs of figures and ways to take the values that are assembled, by whether several figures may be asked for."""
_LIKELY = 0.5
_OPEN = (0.12, 0.88)
_OF_BREAKDOWN = ("loose_dimension", "rank_without_dimension", "ambiguous_dimension", "comparison")
_OF_SHAPE = ("no_previous", "comparison", "periods")
_OF_PERIOD = ("periods", "no_previous")


@dataclass(frozen=True)
class Evidence:
    """A question as it was read, and what the trained slots say of it and of the values it names."""

    reading: Reading
    intent: Intent
    slots: Probabilities
    trained: Slots
    ways: tuple[Taken, ...]
    periods: tuple[Named, ...]
    features: tuple[str, ...]

    @classmethod
    def of(cls, reading: Reading, intent: Intent, slots: Slots, lexicon: Lexicon, clock: Clock) -> Evidence:
        """What the slots say of a reading."""
        found = features(reading, intent.kind)
        said = slots.probabilities(found)
        taken, periods = ways(reading, lexicon, slots), asked_about(reading, clock, slots)
        return cls(reading, intent, said, slots, tuple(taken), tuple(periods), tuple(found))

    def ranked(self, slot: str) -> list[str]:
        """A slot's classes, the likeliest first; names decide between equals."""
        return sorted(self.slots[slot], key=lambda name: (-self.slots[slot][name], name))


@dataclass(frozen=True)
class Candidate:
    """A draft of a question, the reading after it was assembled, and how it came about.

    `taken` is None where the values are as the rules took them.
    """

    draft: Draft
    reading: Reading
    figures: Figures
    taken: Taken | None
    dropped: tuple[Span, ...]
    repairs: tuple[str, ...]


@dataclass
class Making:
    """The candidates of a question as they are made: the rules' own draft at once, the others when asked for."""

    evidence: Evidence
    lexicon: Lexicon
    clock: Clock
    own: Draft
    after: Reading
    pairs: list[tuple[Figures, Taken | None]]

    @classmethod
    def of(cls, evidence: Evidence, lexicon: Lexicon, clock: Clock) -> Making:
        """With the rules' own draft, `after` being the reading then, and what else to try."""
        own, after = _drafted(evidence.reading, evidence, lexicon, clock, ())
        return cls(evidence, lexicon, clock, own, after, _pairs(tuple(own.metrics), evidence, lexicon))

    def _is_own(self, asked: Figures, taken: Taken | None) -> bool:
        return taken is None and asked.metrics == tuple(self.own.metrics)

    def first(self) -> Candidate | None:
        """The rules' own draft as a candidate; None where it is no query. Its figures come first."""
        if self.own.query() is None:
            return None
        return Candidate(self.own, self.after, self.pairs[0][0], None, (), ())

    def candidates(self) -> list[Candidate]:
        """Every different candidate with a query, the rules' own first."""
        found: dict[tuple[object, ...], Candidate] = {}
        readings = {None: (self.evidence.reading, ())} | {
            taken: retaken(self.evidence.reading, taken) for taken in self.evidence.ways
        }
        for asked, taken in self.pairs:
            reading, dropped = readings[taken]
            if self._is_own(asked, taken):
                draft, after = self.own, self.after
            else:
                draft, after = _drafted(reading, self.evidence, self.lexicon, self.clock, asked.metrics)
            for repairs, repaired in _repaired(draft, self.evidence, self.lexicon):
                query = repaired.query()
                if query is not None:
                    made = Candidate(repaired, after, asked, taken, dropped, repairs)
                    found.setdefault(_content(query), made)
        return list(found.values())


def candidates(evidence: Evidence, lexicon: Lexicon, clock: Clock) -> tuple[Draft, list[Candidate]]:
    """The rules' own draft, and every different candidate with a query, the rules' own among them."""
    made = Making.of(evidence, lexicon, clock)
    return made.own, made.candidates()


def _pairs(own: tuple[str, ...], evidence: Evidence, lexicon: Lexicon) -> list[tuple[Figures, Taken | None]]:
    """The likeliest figures with the likeliest ways to take the values; what the rules found comes first."""
    asked = figures(evidence.reading, own, evidence.slots, evidence.trained, lexicon.model)
    by_rules = max((taken.chance for taken in evidence.ways), default=0.0)
    chances: dict[tuple[Figures, Taken | None], float] = {}
    for one in asked:
        chances[one, None] = one.chance + by_rules
        for taken in evidence.ways:
            chances[one, taken] = one.chance + taken.chance
    most = _MOST["several" if any(one.by_kin for one in asked) else "one"]
    pairs = sorted(chances, key=lambda pair: -chances[pair])[:most]
    first = next((one for one in asked if set(one.metrics) == set(own)), None)
    if first is not None:
        pairs = [(first, None), *(pair for pair in pairs if pair != (first, None))]
    return pairs


def _drafted(
    reading: Reading, evidence: Evidence, lexicon: Lexicon, clock: Clock, given: tuple[str, ...]
) -> tuple[Draft, Reading]:
    own = reading.copy()
    draft = assemble(own, lexicon, clock, evidence.intent.kind, (), given)
    draft.kind, draft.pct = evidence.intent.kind, evidence.intent.pct
    settle_attribution(draft, own, lexicon.model)
    return verify(draft, own, evidence.intent, lexicon), own


def _repaired(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Iterator[tuple[tuple[str, ...], Draft]]:
    """A draft as it is and with its breakdown, order, time slots or threshold as the trained slots have them."""
    made: list[tuple[tuple[str, ...], Draft]] = [((), draft)]
    if draft.metrics:
        for repair, names in _REPAIRS.items():
            for repairs, earlier in list(made):
                found = names(earlier, evidence, lexicon)
                made += [((*repairs, repair), _settled(changed)) for changed in found]
    yield from made


def _breakdown(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Iterator[Draft]:
    """The breakdown by all likely dimensions, and with the one that is least sure the other way round."""
    slots = {name.removeprefix("by "): found["yes"] for name, found in evidence.slots.items() if name[:3] == "by "}
    fitting = {
        name: chance
        for name, chance in slots.items()
        if chance > _OPEN[0] and all(lexicon.compatible(metric, name) for metric in draft.metrics)
    }
    likely = {name for name, chance in fitting.items() if chance > _LIKELY}
    wanted = [likely]
    if doubtful := [name for name, chance in fitting.items() if chance < _OPEN[1]]:
        wanted.append(likely ^ {min(doubtful, key=lambda name: (abs(fitting[name] - _LIKELY), name))})
    for names in wanted:
        if names != set(draft.dimensions):
            kept = [name for name in draft.dimensions if name in names]
            added = sorted(names - set(kept), key=lambda name: (-fitting[name], name))
            changed = replace(draft, dimensions=kept + added, issues=_issues(draft, _OF_BREAKDOWN))
            yield _with_limits(changed, evidence, lexicon)


def _with_limits(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Draft:
    """`any county where more than 30% ...`: a number that waited for a breakdown to hold it against."""
    if draft.having or not draft.dimensions or not evidence.reading.thresholds:
        return draft
    changed = replace(draft, having=[], issues=_issues(draft, ("unit",)), assumptions=list(draft.assumptions))
    read_having(changed, [], evidence.reading, lexicon)
    return changed


def _threshold(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Iterator[Draft]:
    """`members with at least one claim`: a number that is part of a name and holds nothing against a limit."""
    if any(limit.op != ">=" or limit.quantity.value != 1 for limit in evidence.reading.thresholds):
        return
    if evidence.slots["threshold"]["no"] > _LIKELY and (draft.having or _has(draft, "unit")):
        yield replace(draft, having=[], issues=_issues(draft, ("unit",)))


def _has(draft: Draft, kind: str) -> bool:
    return any(issue.kind == kind for issue in draft.issues)


def _order(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Iterator[Draft]:
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
    elif limit == "many" and changed.limit is None and (draft.dimensions or draft.grain):
        changed = _numbered(changed, evidence)
    if changed.limit and not changed.limit_by and (group := within_each(changed, evidence.reading)):
        changed = replace(changed)
        count_within(changed, group)
    if changed is not draft:
        yield changed


def _numbered(draft: Draft, evidence: Evidence) -> Draft:
    """`priciest 15`, `five of them`: the one number that is neither a limit of a figure, a value nor a day."""
    reading = evidence.reading
    taken = reading.taken()
    numbers = [row_limit(token.text) for at, token in enumerate(reading.tokens) if at not in taken]
    found = [number for number in numbers if number and number > 1]
    if len(found) != 1:
        return draft
    order = draft.order or Order(by=draft.metrics[0], direction="asc" if _likely_ascending(evidence) else "desc")
    return replace(draft, order=order, limit=found[0], issues=_issues(draft, ("rank_without_dimension",)))


def _likely_ascending(evidence: Evidence) -> bool:
    return evidence.slots["direction"].get("asc", 0.0) > evidence.slots["direction"].get("desc", 0.0)


def _period(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Iterator[Draft]:
    """Another one of the periods named, or none where each is said in passing (`the review on Thursday`)."""
    now = (draft.time.start, draft.time.end) if draft.time else None
    if isinstance(draft.compare_to, TimeRange):
        draft = replace(draft, compare_to=None)  # one of the two periods by itself
    for named in evidence.periods:
        if named.chance > _OPEN[0] and (named.time.start, named.time.end) != now:
            yield replace(draft, time=named.time, issues=_issues(draft, _OF_PERIOD))
    if draft.time and evidence.periods and all(named.chance < _LIKELY for named in evidence.periods):
        yield replace(draft, time=None, issues=_issues(draft, _OF_PERIOD))


def _shape(draft: Draft, evidence: Evidence, lexicon: Lexicon) -> Iterator[Draft]:
    grain = evidence.ranked("grain")[0]
    likely = [name for name in evidence.ranked("compare") if evidence.slots["compare"][name] > _OPEN[0]]
    for compared in likely or evidence.ranked("compare")[:1]:
        yield from _shaped(draft, grain, compared)


def _shaped(draft: Draft, grain: str, compared: str) -> Iterator[Draft]:
    changed = draft
    if grain != (draft.grain or "none"):
        known = grain in get_args(TimeGrain)
        changed = replace(changed, grain=cast(TimeGrain, grain) if known else None)
    if isinstance(draft.compare_to, TimeRange):
        if compared == "none" or changed.grain:
            changed = replace(changed, compare_to=None)
    elif compared != (draft.compare_to or "none"):
        known = compared in get_args(Comparison)
        comparison = cast(Comparison, compared) if known else None
        changed = replace(changed, compare_to=comparison, issues=_issues(changed, _OF_SHAPE))
    if changed is not draft:
        yield changed


_REPAIRS = {
    "breakdown": _breakdown, "order": _order, "period": _period, "shape": _shape, "threshold": _threshold,
}  # fmt: skip


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
        query.compare_to, query.order_by, query.limit, query.limit_by, query.average_per, query.share_of_total,
    )  # fmt: skip
