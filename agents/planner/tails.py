"""Short names that are the end of several figures' labels: `success rate` of sessions or of cost estimates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import phrase_tokens, stem
from agents.planner.reading import Reading, Span, Target
from agents.planner.words import FILLER, FUNCTION, POPULATION

Tails = Mapping[tuple[str, ...], frozenset[Target]]


def tails_of(lexicon: Lexicon) -> Tails:
    """By its lemmas each name of a figure that is not its label but ends the labels of figures over other data."""
    model = lexicon.model
    labels = {name: tuple(t.lemma for t in phrase_tokens(metric.label)) for name, metric in model.metrics.items()}
    found: dict[tuple[str, ...], set[Target]] = {}
    for name, label in labels.items():
        for start in range(1, len(label) - 1):
            key = label[start:]
            for target in lexicon.exact.get(key, ()):
                apart = target.kind == "metric" and not model.datasets_of(target.name) & model.datasets_of(name)
                if apart and labels[target.name] != key:
                    found.setdefault(key, set()).update((target, Target("metric", name)))
    return {key: frozenset(targets) for key, targets in found.items()}


def widen_tails(reading: Reading, tails: Tails, lexicon: Lexicon) -> None:
    """Let such a name stand for each of them, unless other words of the question say of what it is."""
    for span in reading.of_kind("metric"):
        key = tuple(token.lemma for token in reading.tokens[span.start : span.end])
        targets = tails.get(key, frozenset())
        if len(span.targets) != 1 or not targets:
            continue
        meant = _said(reading, span, targets, lexicon) or targets
        reading.spans = [replace(s, targets=tuple(sorted(meant))) if s is span else s for s in reading.spans]


def _said(reading: Reading, span: Span, targets: frozenset[Target], lexicon: Lexicon) -> frozenset[Target]:
    """Those whose own words stand elsewhere in the question; the first meaning needs a word of its subject."""
    around = {
        stem(token.text)
        for at, token in enumerate(reading.tokens)
        if not span.start <= at < span.end and token.text not in FUNCTION | FILLER | POPULATION
    }
    inside = {stem(token.text) for token in reading.tokens[span.start : span.end]}
    own = {
        target: {stem(word) for word in lexicon.model.metrics[target.name].label.lower().split()} - inside
        for target in targets
    }
    labelled = {target: len(words) for target, words in own.items() if words and words <= around}
    if labelled:
        return frozenset(target for target, count in labelled.items() if count == max(labelled.values()))
    first = span.targets[0]
    related = lexicon.related[first.name] - inside - {stem(word) for word in lexicon.noise}
    return frozenset({first}) if related & around else frozenset()
