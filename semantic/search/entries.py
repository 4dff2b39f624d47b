"""What can be found: an entry for each way to say a metric, a dimension, a value or a verified question."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from typing import Literal

from semantic.model import SemanticModel
from semantic.values import ValueDictionary, names_known_values

Kind = Literal["metric", "dimension", "value", "verified"]
KINDS: tuple[Kind, ...] = ("metric", "dimension", "value", "verified")


@dataclass(frozen=True)
class SearchEntry:
    """A text and what it stands for: a metric, dimension or verified query by its name, or a value itself.

    `dimension` is the value's; `label` is what a reader is shown.
    """

    kind: Kind
    name: str
    label: str
    text: str
    dimension: str = ""


def named(model: SemanticModel) -> list[SearchEntry]:
    """Everything that is no value: nothing of it comes from data."""
    return list(_once(_named(model)))


def valued(model: SemanticModel, values: ValueDictionary) -> list[SearchEntry]:
    """The values of a dictionary with their words."""
    return list(_once(_valued(model, values)))


def _named(model: SemanticModel) -> Iterator[SearchEntry]:
    for metric in model.metrics.values():
        for text in (metric.label, metric.name.replace("_", " "), *metric.synonyms, metric.description):
            yield SearchEntry("metric", metric.name, metric.label, text)
    for dimension in model.dimensions.values():
        for text in (
            dimension.label,
            dimension.name.replace("_", " "),
            *dimension.synonyms,
            dimension.description,
        ):
            yield SearchEntry("dimension", dimension.name, dimension.label, text)
    declared = ValueDictionary.declared(model)
    for verified in model.verified_queries.values():
        if not names_known_values(verified, model, declared):
            continue  # its wording has a value of the data
        for text in (verified.title, *verified.questions):
            yield SearchEntry("verified", verified.name, verified.questions[0], text)


def _valued(model: SemanticModel, values: ValueDictionary) -> Iterator[SearchEntry]:
    for dimension in model.dimensions:
        for value in values.values(dimension):
            yield SearchEntry("value", value, values.label(dimension, value), value.replace("_", " "), dimension)
        for phrase, value in values.synonyms(dimension).items():
            yield SearchEntry("value", value, values.label(dimension, value), phrase, dimension)


def _once(entries: Iterable[SearchEntry]) -> Iterator[SearchEntry]:
    seen = set()
    for entry in entries:
        key = (entry.kind, entry.dimension, entry.name, entry.text.casefold())
        if entry.text.strip() and key not in seen:
            seen.add(key)
            yield entry


def digest(entries: Iterable[SearchEntry], version: int) -> str:
    """Twelve hex characters that change with anything that a store of these entries would hold."""
    text = json.dumps([version, *(astuple(entry) for entry in entries)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
