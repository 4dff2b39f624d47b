"""A word that values of the data have beside others: `only for MRI`, where there are a Brain MRI and a Knee MRI.

It stands for all of them, and the answer says which. Only where nothing else explains the word, and a figure that
is asked for goes by that dimension: what the model itself declares has its words there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import phrase_tokens
from agents.planner.reading import Reading, Span, Target
from agents.planner.words import FILLER, FUNCTION, KNOWN, POPULATION, TIME_WORDS

Parts = Mapping[str, frozenset[Target]]
_MOST_WORDS = 4  # of a name; longer values are sentences, whose words say nothing by themselves
_MOST_VALUES = 8
_SHORTEST = 3
_BETWEEN = frozenset(("or", "vs", "versus", "and"))
"""`phone or chat` is a name of the dimension that has them as values."""


def parts_of(lexicon: Lexicon) -> Parts:
    """By its lemma each word that is in names of one dimension's values and in no other name."""
    found: dict[str, set[Target]] = {}
    for name, dimension in lexicon.model.dimensions.items():
        for value in lexicon.values.values(name):
            words = {token.lemma for token in phrase_tokens(lexicon.values.label(name, value))}
            if value not in dimension.values and 1 < len(words) <= _MOST_WORDS:
                for word in words:
                    found.setdefault(word, set()).add(Target("value", name, value))
    named = {
        (word, target.kind, target.name)
        for key, targets in lexicon.exact.items()
        for target in targets
        for word in key
        if word in found and not (_BETWEEN & set(key) and any(t.name == target.name for t in found[word]))
    }
    elsewhere = {word for word, kind, name in named if kind != "value" or any(t.name != name for t in found[word])}
    common = FUNCTION | FILLER | POPULATION | KNOWN | TIME_WORDS | lexicon.noise
    return {
        word: frozenset(targets)
        for word, targets in found.items()
        if word.isalpha() and len(word) >= _SHORTEST and len(targets) <= _MOST_VALUES
        if word not in elsewhere and word not in common
    }


def read_parts_of_values(reading: Reading, parts: Parts, lexicon: Lexicon, before: Iterable[str]) -> None:
    """Let such words be the values that have them all; `before` are the figures of the turn before."""
    figures = {target.name for span in reading.of_kind("metric") for target in span.targets} or set(before)
    taken = reading.taken() | reading.explained
    start = 0
    while start < len(reading.tokens):
        meant, end = _meant(reading, parts, start, taken)
        dimensions = {target.name for target in meant}
        if any(lexicon.compatible(figure, name) for figure in _alike(figures, lexicon) for name in dimensions):
            reading.spans += [Span(start, end, "value", (target,)) for target in sorted(meant)]
            said = " ".join(token.raw for token in reading.tokens[start:end])
            labels = ", ".join(lexicon.values.label(target.name, target.value) for target in sorted(meant))
            reading.assumptions.append(f"Read '{said}' as {labels}.")
        start = end


def _meant(reading: Reading, parts: Parts, start: int, taken: set[int]) -> tuple[frozenset[Target], int]:
    """The values that have the words from a place on, and where these end."""
    meant: frozenset[Target] = frozenset()
    end = start
    while end < len(reading.tokens) and end not in taken:
        token = reading.tokens[end]
        found = parts.get(token.lemma) or parts.get(token.text.removesuffix("s"), frozenset())  # MRIs
        found = found & meant if meant else found
        if not found:
            break
        meant, end = found, end + 1
    return meant, max(end, start + 1)


def _alike(figures: set[str], lexicon: Lexicon) -> set[str]:
    """With figures that may be dollars all others in dollars: which of them is asked for is not known yet."""
    metrics = lexicon.model.metrics
    several = len(figures) > 1 and any(metrics[name].unit == "usd" for name in figures)
    return figures | {name for name, metric in metrics.items() if several and metric.unit == "usd"}
