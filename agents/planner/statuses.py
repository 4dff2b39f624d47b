"""Of which thing a status is: `the prior authorization is still pending`, where claims have a Pending, too."""

from __future__ import annotations

from dataclasses import replace

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma, stem
from agents.planner.reading import Reading, Span, Target
from agents.planner.words import SHARE

_HEAD = "status"
_REACH = 5


def settle_statuses(reading: Reading, lexicon: Lexicon) -> None:
    """Let a value be the status of what is named shortly before it, where that has the same value."""
    statuses = lexicon.heads.get(lemma(_HEAD), frozenset())
    figures = {at for span in reading.of_kind("metric") for at in range(span.start, span.end)}
    for span in reading.of_kind("value"):
        own = span.targets[0]
        if len(span.targets) > 1 or own.name not in statuses:
            continue
        near = range(max(0, span.start - _REACH), span.start)
        for other in sorted(statuses - {own.name}):
            if own.value not in lexicon.values.values(other):
                continue
            called = _called(other, lexicon) - _called(own.name, lexicon)
            beside = range(max(0, span.start - 1 - _follows(reading, span.start)), span.start)
            said = {
                at for at in near
                if (at not in figures or at in beside) and stem(reading.tokens[at].text) in called
            }  # fmt: skip
            if said:
                _settle(reading, span, Target("value", other, own.value), said)
                break


_JOINED = frozenset({"or", "and", ","})


def read_status_pairs(reading: Reading, lexicon: Lexicon) -> None:
    """`claims denied or under review`: what is counted, in both statuses; the figure of one has no other."""
    statuses = lexicon.heads.get(lemma(_HEAD), frozenset())
    for value in reading.of_kind("value"):
        name = value.targets[0].name
        if len(value.targets) > 1 or name not in statuses or not value.start:
            continue
        figure = next((span for span in reading.of_kind("metric") if span.end == value.start - 1), None)
        if figure is None or reading.tokens[value.start - 1].text not in _JOINED or len(figure.targets) > 1:
            continue
        words = [token.text for token in reading.tokens[figure.start : figure.end]]
        called = {stem(one.lower()): one for one in lexicon.values.values(name)}.get(stem(words[-1]))
        counted = _counted(figure.targets[0].name, lexicon) if called and not SHARE & set(words) else ""
        if not called or not counted or not lexicon.compatible(counted, name) or len(words) == 1:
            continue
        last = figure.end - 1
        kept = [span for span in reading.spans if span.end <= figure.start or span.start >= figure.end]
        kept.append(Span(figure.start, last, "metric", (Target("metric", counted),), weight=figure.weight))
        reading.spans = [*kept, Span(last, figure.end, "value", (Target("value", name, called),))]


def _counted(name: str, lexicon: Lexicon) -> str:
    """What a figure of one status is a part of: all claims, for pending ones or their share; else empty."""
    metrics = lexicon.model.metrics
    rates = [metrics[one] for one in (name, *metrics[name].siblings) if metrics[one].denominator]
    wholes = {rate.denominator for rate in rates if rate.numerator == metrics[name].numerator}
    found = [m.name for m in metrics.values() if not m.denominator and m.unit == "count" and m.numerator in wholes]
    return found[0] if len(found) == 1 else ""


_STILL = frozenset({"still", "yet", "is", "are", "was", "were", "been", "now", "currently"})


def _follows(reading: Reading, start: int) -> int:
    """How many words of being stand right before a value: `prior auth (still) pending`."""
    at = start
    while at and reading.tokens[at - 1].text in _STILL:
        at -= 1
    return start - at


def _called(dimension: str, lexicon: Lexicon) -> set[str]:
    """Stems of the words that the thing goes by, other names for it among them."""
    label = lexicon.model.dimensions[dimension].label.lower().removesuffix(_HEAD).strip()
    named = [group for group in lexicon.model.defaults.same_words if label in group]
    words = {word for group in named for phrase in group for word in phrase.split()} | set(label.split())
    states = {word for value in lexicon.values.values(dimension) for word in value.lower().split()}
    return {stem(word) for word in words} - {stem(word) for word in states}


def _settle(reading: Reading, span: Span, target: Target, said: set[int]) -> None:
    kept = [one for one in reading.spans if one is not span and not (one.kind == "value" and one.start in said)]
    reading.spans = [*kept, replace(span, targets=(target,))]
    for at in said:
        reading.explain(at, at + 1)
