"""Which figures a fragment is about: one by the words of its label, or those that know the groups it names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from agents.planner.cues import first, take
from agents.planner.draft import Draft
from agents.planner.lexicon import Lexicon
from agents.planner.normalise import tokenise
from agents.planner.plan import PriorTurn
from agents.planner.reading import Reading
from semantic.query import DimensionFilter, Order

_FILLERS = re.compile(
    r"and|for|about|what|how|do|does|did|they|it|them|that|those|these|is|are|the|an?|[io]n|of|by|me|us|show|just|only|"
    r"now|so|much|please|instead|rather|then|ok|okay|again|as|well|also|too|add|with|ones?|keep|leave"
)
_MONEY = frozenset(("cost", "costs", "dollars", "price", "prices", "pay"))
_COUNTING = frozenset(("number", "count", "many"))
_LEAVING = frozenset(("drop", "remove", "without", "hide", "exclude", "excluding"))
_AVERAGE = frozenset(("average", "averages", "mean", "avg", "averaged"))


def named_among(reading: Reading, draft: Draft, base: Draft, lexicon: Lexicon) -> str:
    """`and for out-of-network?`, `what do they cost on average?`: the figure of the last answer, or of the same
    events, whose label has all of these words and the fewest others. Empty without one, or if they say more.
    """
    if reading.breakdown or reading.of_kind("time") or reading.grain or _narrows(draft, base, lexicon):
        return ""
    if not set(draft.metrics) <= set(base.metrics) and (part := part_of_counted(reading, base, lexicon)):
        return part
    is_open = any(issue.kind == "ambiguous_metric" for issue in draft.issues)
    if not is_open and not set(draft.metrics) <= set(base.metrics):
        return ""
    words = {"average" if token.text in _AVERAGE else token.text for token in reading.tokens if not token.is_mark}
    own = [] if "average" in words else base.metrics
    if words & _LEAVING and len(base.metrics) > 1:
        return _fitting(words - _LEAVING, base.metrics, lexicon)
    return (
        _fitting(words, own, lexicon)
        or _fitting(words - _COUNTING, _of_the_same(words, base, lexicon), lexicon)
        or _of_the_family(words, base, lexicon)
    )


_HOW_MANY = re.compile(
    r"(?:and |so |but |now |then )*how many (?:of (?:them|those|these) )?(?:were |are |was |is |got |"
    r"get |have |had |been "
    r"|we |did |ended up )*(?P<said>\w+(?:ed|en|nt)|open|late|pending|lost|left)"
    r"(?: (?:of (?:them|those|these)|in total|though|then|so far))?(?: [.?!])*"
)


def asks_how_many(reading: Reading) -> bool:
    """`how many were denied?`: a part of what was counted before."""
    return bool(_HOW_MANY.fullmatch(reading.text))


def part_of_counted(reading: Reading, base: Draft, lexicon: Lexicon) -> str:
    """`how many failed?` after a count: the count of those among them that did, and not that of other things."""
    found = _HOW_MANY.fullmatch(reading.text)
    counts = [name for name in base.metrics if lexicon.model.metrics[name].unit == "count"]
    if not found or not counts:
        return ""
    known = frozenset[str]().union(*(lexicon.model.datasets_of(name) for name in counts))
    kin = [n for name in counts for n in lexicon.model.metrics[name].siblings]
    same = [
        name
        for name, one in lexicon.model.metrics.items()
        if one.unit == "count" and (lexicon.model.datasets_of(name) & known or name in kin)
    ]
    told = [name for name in same if found["said"] in _words_of(name, lexicon)]
    near = [name for name in told if name in kin] or told
    return near[0] if len(near) == 1 else ""


def _of_the_family(words: set[str], base: Draft, lexicon: Lexicon) -> str:
    """`the denial rate for those`, after prior authorization approval days: the one whose label begins alike."""
    told = {word for word in words if not _FILLERS.fullmatch(word)}
    shared = set[str]().union(*(_words_of(name, lexicon) for name in base.metrics))
    labels = {name: _words_of(name, lexicon) for name in lexicon.model.metrics if name not in base.metrics}
    found = [name for name, label in labels.items() if told and told < label and label - told <= shared]
    return found[0] if len(found) == 1 else ""


def _fitting(words: set[str], names: Iterable[str], lexicon: Lexicon) -> str:
    told = {word for word in words if not _FILLERS.fullmatch(word)}
    labels = {name: _words_of(name, lexicon) for name in names}
    more = {name: len(label - words) for name, label in labels.items() if told and told <= label}
    best = [name for name, count in more.items() if count == min(more.values())]
    return best[0] if len(best) == 1 else ""


def _narrows(draft: Draft, base: Draft, lexicon: Lexicon) -> bool:
    """Whether a value of the fragment is one that a figure of the last answer can be filtered by."""
    return any(lexicon.compatible(metric, item.dimension) for item in draft.filters for metric in base.metrics)


def _of_the_same(words: set[str], base: Draft, lexicon: Lexicon) -> list[str]:
    """Figures of the same events in one of the last answer's units, or in dollars where these are named."""
    model = lexicon.model
    known = frozenset[str]().union(*(model.datasets_of(name) for name in base.metrics))
    units = {model.metrics[name].unit for name in base.metrics} | ({"usd"} if words & _MONEY else set())
    units = {"count"} if words & _COUNTING else units
    return [name for name, one in model.metrics.items() if model.datasets_of(name) & known and one.unit in units]


def _words_of(name: str, lexicon: Lexicon) -> set[str]:
    return {token.text for token in tokenise(lexicon.model.metrics[name].label) if not token.is_mark}


def value_of_place(reading: Reading, lexicon: Lexicon) -> None:
    """`only in network 00248`: words that end in the name of the value's dimension are no figure of their own."""
    starts = {span.start: span for span in reading.of_kind("value")}
    for span in reading.of_kind("metric"):
        value = starts.get(span.end) or next((v for at, v in starts.items() if at < span.end < v.end), None)
        last = reading.tokens[span.end - 1].text
        if value and any(last == lexicon.model.dimensions[target.name].label.lower() for target in value.targets):
            reading.spans = [other for other in reading.spans if other is not span]


def keep_those_that_know(base: Draft, lexicon: Lexicon) -> None:
    """Of several figures those that know every group now named; the others are left out, and it is said."""
    names = [*base.dimensions, *(item.dimension for item in base.filters)]
    kept = [metric for metric in base.metrics if all(lexicon.compatible(metric, name) for name in names)]
    if not kept or len(kept) == len(base.metrics):
        return
    lost = [lexicon.model.metrics[name].label for name in base.metrics if name not in kept]
    base.assumptions.append(f"Left out, because it is not known by these groups: {', '.join(lost)}.")
    base.metrics = kept
    base.having = [item for item in base.having if item.metric in kept]
    if base.order and base.order.by.split("__")[0] not in kept:
        base.order = Order(by=kept[0], direction=base.order.direction)


_VERSION = r"version|variant|definition|window|basis|one|figure|number|way|please|the|on|use|with|instead"


def version_of(reading: Reading, base: Draft, lexicon: Lexicon) -> str:
    """`the 24-hour version`: of several figures of that name the one that is a sibling in the same unit."""
    metrics = lexicon.model.metrics
    named = [t.name for issue in base.issues if issue.kind == "ambiguous_metric" for t in issue.targets]
    kin = [
        name
        for name in named
        for own in base.metrics
        if (name in metrics[own].siblings or own in metrics[name].siblings)
        and metrics[name].unit == metrics[own].unit
    ]
    if len(kin) != 1 or reading.breakdown or reading.of_kind("value") or len(base.metrics) > 1:
        return ""
    take(reading, _VERSION)
    return kin[0]


def of_those_shown(reading: Reading, base: Draft, prior: PriorTurn) -> None:
    """`what do they cost?` after the five largest: another figure of these five, not its own five largest."""
    query, shown = prior.query, prior.shown
    if query is None or not query.limit or tuple(base.metrics) == query.metrics or base.ask:
        return
    whole = len(shown.rows) == shown.total <= query.limit and len(shown.dimensions) == 1
    if not whole or not first(reading, r"they|them|those|these|their|it|its") or query.time_grain:
        return
    name = shown.dimensions[0]
    kept = [item for item in base.filters if item.dimension != name]
    base.filters = [*kept, DimensionFilter(dimension=name, values=tuple(sorted(row[0] for row in shown.rows)))]
    base.order = base.limit = None
