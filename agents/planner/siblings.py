"""A metric's siblings: the money of a count, the share a value stands for, the rate over the named volume."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from agents.planner.cues import find
from agents.planner.lexicon import Lexicon, content
from agents.planner.normalise import phrase_tokens, stem
from agents.planner.reading import Reading, Span

_MONEY = r"how much (?:money|cash)|how many dollars|money|dollars|dollar value(?: of)?|value of|worth of"
_SHARE_OF = r"(?:share|percentage|percent|pct|proportion|fraction|portion|part|slice|chunk) of"
_AVERAGES = ("usd", "minutes", "seconds", "days", "score", "points")


class Named(Protocol):
    """A metric mention: its place and the metrics that the words may mean."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    @property
    def candidates(self) -> tuple[str, ...]: ...


@lru_cache(maxsize=30_000)
def words_of(phrase: str) -> frozenset[str]:
    """Stems of the content words of a phrase of the vocabulary, remembered."""
    return frozenset(stem(token.text) for token in content(phrase_tokens(phrase)))


def stems(reading: Reading, start: int, end: int) -> frozenset[str]:
    """Stems of the content words between two places of the question."""
    return frozenset(stem(token.text) for token in content(reading.tokens[start:end]))


def money_of(names: tuple[str, ...], reading: Reading, lexicon: Lexicon) -> str:
    """`how much money is tied up in denied claims`: the dollars of what is counted."""
    metrics = lexicon.model.metrics
    if any(metrics[name].unit == "usd" for name in names):
        return ""
    covered = {at for span in reading.spans for at in range(span.start, span.end)}
    cues = [(start, end) for start, end in find(reading, _MONEY) if covered.isdisjoint(range(start, end))]
    siblings = [sibling for name in names for sibling in metrics[name].siblings]
    found = [s for s in siblings if metrics[s].unit == "usd" and metrics[s].additive]
    if not cues or not found:
        return ""
    for start, end in cues:
        reading.explain(start, end)
    return found[0]


def average_of(name: str, lexicon: Lexicon) -> str:
    """The sibling that averages a sum: `average call cost` is the cost per call."""
    metric = lexicon.model.metrics[name]
    if not metric.additive or metric.unit not in _AVERAGES:
        return ""
    found = [s for s in metric.siblings if lexicon.model.metrics[s].unit == metric.unit]
    return next((s for s in found if lexicon.model.metrics[s].denominator), "")


def sum_of(name: str, lexicon: Lexicon) -> str:
    """The sum that a figure averages: `sum of the copays` where copays are told on average."""
    metrics = lexicon.model.metrics
    return next((other for other in metrics[name].siblings if average_of(other, lexicon) == name), "")


def share_for_value(name: str, reading: Reading, lexicon: Lexicon) -> tuple[str, Span] | None:
    """`proportion of scripts through mail order`: the rate over this volume that a value's words name."""
    metrics = lexicon.model.metrics
    rates = [other for other in metrics.values() if other.unit in ("rate", "percent")]
    over_it = [other for other in rates if other.denominator == metrics[name].numerator]
    for span in reading.of_kind("value"):
        words = stems(reading, span.start, span.end)
        for other in over_it if words else ():
            if any(words <= words_of(text) for text in (other.label, *other.synonyms)):
                return other.name, span
    # `share of survey answers of high effort`: the one rate of that name, though not all answers say an effort
    own = lexicon.model.datasets_of(name)
    for span in reading.of_kind("value"):
        words = stems(reading, span.start, span.end)
        named = [
            o.name
            for o in rates
            if words and words <= words_of(o.label) and lexicon.model.datasets_of(o.name) & own
        ]
        if len(named) == 1 and span.end - span.start > 1:
            return named[0], span
    return None


def over_named_volume(name: str, reading: Reading, lexicon: Lexicon) -> str:
    """`fraction of all our calls that are leakage`: the sibling rate whose denominator is the volume named.

    Gives the metric itself when its denominator is that volume or no volume is named.
    """
    metrics = lexicon.model.metrics
    base = _named_volume(reading, lexicon)
    if metrics[name].unit not in ("rate", "percent") or not base or metrics[name].denominator == base:
        return name
    counts = [s for s in metrics[name].siblings if metrics[s].unit == "count"]
    family = [*metrics[name].siblings, *(s for count in counts for s in metrics[count].siblings)]
    fitting = [s for s in family if metrics[s].unit == metrics[name].unit and metrics[s].denominator == base]
    same = [s for s in fitting if metrics[s].numerator == metrics[name].numerator]
    return same[0] if same else name


def _named_volume(reading: Reading, lexicon: Lexicon) -> tuple[tuple[str, float], ...]:
    """The numerator of the neutral count right after `percent of (all our)`."""
    metrics = lexicon.model.metrics
    starts = {span.start: span for span in reading.of_kind("metric")}
    for _, end in find(reading, _SHARE_OF):
        at = end
        while at < len(reading.tokens) and reading.tokens[at].text in ("all", "our", "the", "total", "of"):
            at += 1
        span = starts.get(at)
        name = next(iter(span.names)) if span and len(span.names) == 1 else ""
        if name and metrics[name].unit == "count" and metrics[name].polarity == "neutral":
            return metrics[name].numerator
    return ()


def that_fits(name: str, reading: Reading, spans: list[Span], lexicon: Lexicon) -> str:
    """The sibling that the named dimensions go with, where the metric itself cannot be sliced by them.

    A rate gives way to its count (`rejections by reason`); else the question has to hold the sibling's own word
    (`scripts denied because of step therapy`: denials).
    """
    metrics = lexicon.model.metrics
    if _reaches(name, reading, spans, lexicon):
        return name
    asked = stems(reading, 0, len(reading.tokens))
    own = words_of(metrics[name].label)
    for sibling in metrics[name].siblings:
        counted = metrics[name].unit in ("rate", "percent") and metrics[sibling].unit == "count"
        named = bool((words_of(metrics[sibling].label) - own) & asked) and metrics[sibling].additive
        narrowed = _narrows(name, sibling, lexicon) and all(span.kind == "value" for span in spans)
        if (counted or named or narrowed) and _reaches(sibling, reading, spans, lexicon):
            return sibling
    return name


def called_so(mention: Named, reading: Reading, spans: list[Span], lexicon: Lexicon) -> tuple[str, ...]:
    """`average cost of a brain MRI`: figures called so that go with what is named, where the usual ones do not.

    Sums where those are sums. Of a whole and its parts the whole, which has them among its siblings.
    """
    metrics = lexicon.model.metrics
    usual = [metrics[name] for name in mention.candidates]
    words = stems(reading, mention.start, mention.end)
    units, sums = {metric.unit for metric in usual}, {bool(metric.additive) for metric in usual}
    if len(units) > 1 or not words or not spans:
        return ()
    found = [
        metric
        for metric in metrics.values()
        if metric.unit in units
        and words <= words_of(metric.label)
        and _reaches(metric.name, reading, spans, lexicon)
        if len(sums) > 1 or metric.additive in sums
    ]
    whole = [
        metric for metric in found if all(other is metric or other.name in metric.siblings for other in found)
    ]
    return tuple(metric.name for metric in (whole if len(whole) == 1 else found))


def _narrows(name: str, sibling: str, lexicon: Lexicon) -> bool:
    """`sessions that timed out`: a count of the same table's rows, of those that have the value's dimension."""
    model = lexicon.model
    metrics = model.metrics
    if metrics[name].unit != "count" or metrics[name].polarity != "neutral" or not metrics[sibling].additive:
        return False
    tables = {model.datasets[dataset].table for dataset in model.datasets_of(name)}
    others = {model.datasets[dataset].table for dataset in model.datasets_of(sibling)}
    return metrics[sibling].unit == "count" and tables == others


_PARTICLES = frozenset({"out", "off", "up", "down", "over", "back"})


def is_phrasal(reading: Reading, span: Span) -> bool:
    """`timed out`: with its particle a word says another thing than alone, such as a time."""
    return any(token.text in _PARTICLES for token in reading.tokens[span.start + 1 : span.end])


def _reaches(name: str, reading: Reading, spans: list[Span], lexicon: Lexicon) -> bool:
    """Whether every span has a dimension that the metric knows, or says what the metric's own words say."""
    for span in spans:
        told = span.kind == "value" and stems(reading, span.start, span.end) <= lexicon.related[name]
        if told and not is_phrasal(reading, span):
            continue
        names = span.names
        names |= {fallback for n in names if (fallback := lexicon.model.dimensions[n].fallback)}
        if not any(lexicon.compatible(name, dimension) for dimension in names):
            return False
    return True


def of_both(names: tuple[str, ...], mentions: Sequence[Named], reading: Reading, lexicon: Lexicon) -> str:
    """Two metrics of which one says something about the other's rows, as one metric; empty when there is none.

    `negative emotion of calls that leaked` is the sibling that holds both; `members who hit a digital failure` is
    the first, whose own words say what the second adds.
    """
    if len(names) != 2:
        return ""
    return _joint(*names, lexicon) or _said_already(names, mentions, reading, lexicon)


def _joint(first: str, second: str, lexicon: Lexicon) -> str:
    metrics = lexicon.model.metrics
    light = words_of("calls rate share average number of digital")
    wanted = (words_of(metrics[first].label) | words_of(metrics[second].label)) - light
    for name in (first, second):
        for sibling in metrics[name].siblings:
            own = words_of(metrics[sibling].label)
            if metrics[sibling].unit == metrics[name].unit and wanted and wanted <= own:
                return sibling
    return ""


def _said_already(names: tuple[str, ...], mentions: Sequence[Named], reading: Reading, lexicon: Lexicon) -> str:
    said = {}
    for name in names:
        other = names[1] if name == names[0] else names[0]
        places = [m for m in mentions if other in m.candidates]
        words = frozenset().union(*(stems(reading, m.start, m.end) for m in places))
        said[name] = bool(words) and words <= lexicon.related[name]
    first, second = names
    if said[first] == said[second]:
        return ""
    return first if said[first] else second


_OF_ONE = r"(?:per|an?|each|every|for (?:an?|each|every|one)) (?:\S+)"


def named_around(names: Sequence[str], reading: Reading, lexicon: Lexicon) -> tuple[str, ...]:
    """`cost of billing calls`, `less than $9 a call`: the one of several sums whose other words stand near it.

    All of them where another figure of those things is named, too: the cost of repeat calls is none of all calls.
    """
    metrics = lexicon.model.metrics
    if any(metrics[name].unit != "usd" for name in names):
        return tuple(names)
    said = {stem(token.text) for token in reading.tokens}
    counted = [
        words_of(one.label) for one in metrics.values() if one.unit == "count" and one.polarity != "neutral"
    ]
    plain = frozenset().union(
        *(words_of(one.label) for one in metrics.values() if one.unit == "count" and one.polarity == "neutral")
    )
    if said & (frozenset().union(*counted) - plain):
        return tuple(names)
    ones = {stem(reading.tokens[end - 1].text) for _, end in find(reading, _OF_ONE)}
    single = [name for name in names if stem(metrics[name].label.lower().rpartition(" per ")[2]) in ones]
    single = [name for name in single if " per " in metrics[name].label.lower()]
    whole = [name for name in names if metrics[name].additive and words_of(metrics[name].label) <= said]
    found = single or whole
    return tuple(found) if len(found) == 1 else tuple(names)
