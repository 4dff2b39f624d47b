"""Of which thing a status is: `the prior authorization is still pending`, where claims have a Pending, too."""

from __future__ import annotations

from dataclasses import replace

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import lemma, stem
from agents.planner.reading import Reading, Span, Target

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
            said = {at for at in near if at not in figures and stem(reading.tokens[at].text) in called}
            if said:
                _settle(reading, span, Target("value", other, own.value), said)
                break


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
