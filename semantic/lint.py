"""Softer findings about a valid model: phrases that mean two things, metrics nobody can find."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from semantic.model import SemanticModel

Finding = Literal[
    "shared_by_metrics",
    "shared_by_dimensions",
    "metric_and_dimension",
    "also_a_value",
    "common_word",
    "only_noise",
    "no_rate",
    "few_words",
    "hides_a_breakdown",
]
COMMON = frozenset(
    (
        *(
            "all",
            "any",
            "average",
            "by",
            "compare",
            "count",
            "data",
            "day",
            "for",
            "from",
            "how",
            "in",
            "last",
            "many",
        ),
        *(
            "month",
            "most",
            "new",
            "not",
            "number",
            "of",
            "on",
            "or",
            "per",
            "rate",
            "score",
            "share",
            "show",
            "that",
        ),
        *(
            "the",
            "this",
            "time",
            "to",
            "today",
            "top",
            "total",
            "week",
            "what",
            "when",
            "where",
            "which",
            "who",
            "why",
        ),
        *("with", "year"),
    )
)
_FEWEST_SYNONYMS = 3


@dataclass(frozen=True)
class Remark:
    """One finding: the phrase or name it is about and the entries it concerns."""

    finding: Finding
    phrase: str
    entries: tuple[str, ...]


def lint(model: SemanticModel) -> tuple[Remark, ...]:
    """Findings in a stable order. A phrase shared on purpose makes the planner ask back; others confuse it."""
    return tuple(remark for check in CHECKS for remark in check(model))


def metric_phrases(model: SemanticModel) -> dict[str, tuple[str, ...]]:
    """Phrase in lower case to the metrics it names: label, name in words, synonyms."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, metric in model.metrics.items():
        for phrase in (metric.label, name.replace("_", " "), *metric.synonyms):
            found[phrase.lower()].add(name)
    return {phrase: tuple(sorted(names)) for phrase, names in sorted(found.items())}


def dimension_phrases(model: SemanticModel) -> dict[str, tuple[str, ...]]:
    """Phrase in lower case to the dimensions it names."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, dimension in model.dimensions.items():
        for phrase in (dimension.label, name.replace("_", " "), *dimension.synonyms):
            found[phrase.lower()].add(name)
    return {phrase: tuple(sorted(names)) for phrase, names in sorted(found.items())}


def value_phrases(model: SemanticModel) -> dict[str, tuple[tuple[str, str], ...]]:
    """Phrase in lower case to the (dimension, value) pairs it names."""
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for name, dimension in model.dimensions.items():
        for value, synonyms in dimension.values.items():
            for phrase in (value, dimension.value_labels.get(value, value), *synonyms):
                found[phrase.lower()].add((name, value))
    return {phrase: tuple(sorted(pairs)) for phrase, pairs in sorted(found.items())}


def _shared_by_metrics(model: SemanticModel) -> Iterator[Remark]:
    for phrase, names in metric_phrases(model).items():
        if len(names) > 1:
            yield Remark("shared_by_metrics", phrase, names)


def _shared_by_dimensions(model: SemanticModel) -> Iterator[Remark]:
    for phrase, names in dimension_phrases(model).items():
        if len(names) > 1:
            yield Remark("shared_by_dimensions", phrase, names)


def _metric_and_dimension(model: SemanticModel) -> Iterator[Remark]:
    dimensions = dimension_phrases(model)
    for phrase, names in metric_phrases(model).items():
        if phrase in dimensions:
            yield Remark("metric_and_dimension", phrase, (*names, *dimensions[phrase]))


def _also_a_value(model: SemanticModel) -> Iterator[Remark]:
    values = value_phrases(model)
    names = {**metric_phrases(model), **dimension_phrases(model)}
    topics = {phrase.lower(): (topic.name,) for topic in model.topics for phrase in topic.phrases}
    for phrase, entries in sorted({**names, **topics}.items()):
        if phrase in values:
            pairs = tuple(f"{dimension}={value}" for dimension, value in values[phrase])
            yield Remark("also_a_value", phrase, (*entries, *pairs))


def _common_word(model: SemanticModel) -> Iterator[Remark]:
    noise = COMMON | {word.lower() for word in model.defaults.noise_words}
    for phrase, names in {**metric_phrases(model), **dimension_phrases(model)}.items():
        if phrase in noise:
            yield Remark("common_word", phrase, names)


def _only_noise(model: SemanticModel) -> Iterator[Remark]:
    """A phrase of several words that are all noise is found wherever one of them stands."""
    noise = {word.lower() for word in model.defaults.noise_words} | COMMON
    for phrase, names in {**metric_phrases(model), **dimension_phrases(model)}.items():
        words = phrase.split()
        if len(words) > 1 and all(word in noise for word in words):
            yield Remark("only_noise", phrase, names)


def _no_rate(model: SemanticModel) -> Iterator[Remark]:
    for name, metric in model.metrics.items():
        related = {sibling for sibling in metric.siblings if model.metrics[sibling].unit != metric.unit}
        if metric.unit == "count" and metric.polarity != "neutral" and not related:
            yield Remark("no_rate", name, metric.siblings)


def _few_words(model: SemanticModel) -> Iterator[Remark]:
    for name, metric in model.metrics.items():
        if len(metric.synonyms) < _FEWEST_SYNONYMS:
            yield Remark("few_words", name, ())


def _hides_a_breakdown(model: SemanticModel) -> Iterator[Remark]:
    """`cost per service code` as a figure's name: who asks it wants a row for each, and would get one for all."""
    dimensions = dimension_phrases(model)
    for phrase, names in metric_phrases(model).items():
        for joint in _JOINTS:
            last = phrase.rpartition(joint)[2] if joint in phrase else ""
            if last in dimensions and any(d in model.dimensions_of(m) for m in names for d in dimensions[last]):
                yield Remark("hides_a_breakdown", phrase, (*names, *dimensions[last]))


_JOINTS = (" by ", " per ", " for each ", " across ")

CHECKS = (
    _shared_by_metrics,
    _shared_by_dimensions,
    _metric_and_dimension,
    _also_a_value,
    _common_word,
    _only_noise,
    _no_rate,
    _few_words,
    _hides_a_breakdown,
)
