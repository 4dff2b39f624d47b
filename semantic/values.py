"""Governed values of the dimensions: declared in the model, and found in the data.

Declared values are vocabulary: everybody may know that there is an HMO. What is only in the data is known to those
who may read it (`semantic.readership`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlglot import exp

from semantic.model import Dataset, Dimension, SemanticModel, VerifiedQuery
from warehouse.value_words import CountedValue

MOST_VALUES = 1000
"""Of a dimension, the most frequent: as many rows as a statement may return."""
Counted = Mapping[str, Mapping[str, Sequence[CountedValue]]]
"""Published values by table and column (`warehouse.value_words`)."""
LONGEST_LABEL = 80
_NAME = re.compile(r"[^\W_][\w &/'().+-]{0,39}")
_NAME_WORDS = 4
_TITLE = re.compile(r"[^\W_][\w &/'\u2019(),.%$+-]{0,79}")
_TITLE_WORDS = 12
_ORDER = re.compile(
    r"\b(?:ignor[ea]|disregard|override|bypass|pretend|obey|reveal|instructions?|instrucciones|prompt|assistant|chatbot|"
    r"ai|llm|drop table|suppression)\b",
    re.IGNORECASE,
)
# An address, a Markdown link, a tag: a blank in it and nothing makes a link, an image or HTML of it.
_CLICKABLE = re.compile(r"(?i)(\w:)(//)|(www)(\.)|(\])([(:\[])|(<)([a-z/!])")


class KnownValues(Protocol):
    """What is asked of a dictionary to tell what a reader may know."""

    def values(self, dimension: str) -> tuple[str, ...]: ...

    def knows(self, dimension: str, value: str) -> bool: ...


@dataclass(frozen=True)
class ValueDictionary:
    """Per dimension its values in order (declared first), their labels and the phrases that mean them.

    In a dimension of `narrowed` nothing is known beyond its values, not even what the model declares.
    """

    found: dict[str, tuple[str, ...]]
    labels: dict[str, dict[str, str]]
    phrases: dict[str, dict[str, str]]
    narrowed: frozenset[str] = frozenset()

    @classmethod
    def declared(cls, model: SemanticModel) -> ValueDictionary:
        """Only what the model declares: for use without a warehouse."""
        return cls.from_rows(model, {})

    @classmethod
    def from_rows(cls, model: SemanticModel, rows: Mapping[str, Sequence[str | int | None]]) -> ValueDictionary:
        """Declared values plus those found, by dimension (the first column of `dictionary_queries`)."""
        return cls._of(
            model, {name: (*model.dimensions[name].values, *_texts(rows, name)) for name in model.dimensions}
        )

    @classmethod
    def of_slice(
        cls, model: SemanticModel, rows: Mapping[str, Sequence[str | int | None]], narrowed: Mapping[str, str]
    ) -> ValueDictionary:
        """Only what was found, for somebody whose rows are narrowed to one value in each of some dimensions.

        There nothing else is known; elsewhere declared values are understood, but not offered.
        """
        held: dict[str, tuple[str, ...]] = {}
        for name, dimension in model.dimensions.items():
            found = set(_texts(rows, name)) if name not in narrowed else {narrowed[name]}
            held[name] = (*(value for value in dimension.values if value in found), *sorted(found))
        return cls._of(model, held, frozenset(narrowed))

    @classmethod
    def _of(
        cls,
        model: SemanticModel,
        held: Mapping[str, Iterable[str]],
        narrowed: frozenset[str] = frozenset(),
    ) -> ValueDictionary:
        found, labels, phrases = {}, {}, {}
        for name, dimension in model.dimensions.items():
            values = tuple(dict.fromkeys(held[name]))
            found[name] = values
            named = dict.fromkeys((*values, *dimension.value_labels))
            labels[name] = {value: dimension.value_labels.get(value, cleaned(value)) for value in named}
            phrases[name] = _phrases(values, labels[name], dimension)
        return cls(found, labels, phrases, narrowed)

    def knows(self, dimension: str, value: str) -> bool:
        """Whether a declared value may be understood: always, but where this reader's rows are narrowed."""
        return dimension not in self.narrowed or value in self.found.get(dimension, ())

    def values(self, dimension: str) -> tuple[str, ...]:
        """Every governed value; empty for an unknown dimension."""
        return self.found.get(dimension, ())

    def label(self, dimension: str, value: str) -> str:
        """What a reader sees for a value (FL is Florida); the value itself, cleaned, when it has no label."""
        return self.labels.get(dimension, {}).get(value) or cleaned(value)

    def synonyms(self, dimension: str) -> dict[str, str]:
        """Phrase to value, in lower case: the value, its label and its declared synonyms.

        A value that is a plain word or a number and has a telling label is meant by its label only.
        """
        return self.phrases.get(dimension, {})


def names_known_values(verified: VerifiedQuery, model: SemanticModel, values: KnownValues) -> bool:
    """Whether a reader may know every value that a verified query is about, by its filters and its parameters."""
    bodies: list[Mapping[str, Any]] = [verified.query, *verified.parts]
    filters = [item for body in bodies for item in body.get("filters") or ()]
    named = [(item["dimension"], str(value)) for item in filters for value in item.get("values") or ()]
    named += [(p.dimension, value) for p in verified.parameters.values() if p.dimension for value in p.default]
    return all(
        value in values.values(name) or (value in model.dimensions[name].values and values.knows(name, value))
        for name, value in named
    )


def cleaned(value: str) -> str:
    """A value from the data inside a sentence: one line, nothing invisible or clickable, no longer than a name."""
    line = "".join(character if character.isprintable() else " " for character in value)
    line = _CLICKABLE.sub(_parted, " ".join(line.split()))
    return line if len(line) <= LONGEST_LABEL else line[: LONGEST_LABEL - 1].rstrip() + "\u2026"


def _parted(match: re.Match[str]) -> str:
    return " ".join(piece for piece in match.groups() if piece)


def is_name(value: str) -> bool:
    """Whether a value is a short plain name, as against a sentence, markup or code."""
    return _NAME.fullmatch(value) is not None and len(value.split()) <= _NAME_WORDS


def is_title(text: str) -> bool:
    """Whether a text that somebody wrote freely is a plain title (`Changes to your plan benefits`).

    A sentence, markup, code or an order to whoever reads it (`Note to analyst AI: ...`) is none: not repeated.
    """
    return (
        _TITLE.fullmatch(text) is not None
        and len(text.split()) <= _TITLE_WORDS
        and not text.endswith(".")
        and _ORDER.search(text) is None
    )


def dictionary_queries(model: SemanticModel) -> dict[str, str]:
    """One query per dimension for its most frequent values: `SELECT column, COUNT(*) ... GROUP BY column`."""
    queries = {}
    for name in model.dimensions:
        home = _home(model, name)
        if home is not None:
            queries[name] = _values_query(home, name).sql(dialect="duckdb")
    return queries


def _home(model: SemanticModel, dimension: str) -> Dataset | None:
    """The dataset that has the dimension itself, not by a join, with the fewest conditions; then the first."""
    homes = [dataset for dataset in model.datasets.values() if dimension in dataset.columns]
    return min(homes, key=lambda dataset: (dimension in dataset.reached, len(dataset.where)), default=None)


def _values_query(dataset: Dataset, dimension: str) -> exp.Select:
    column = dataset.columns[dimension]
    return (
        exp.select(exp.column(column), exp.alias_(exp.Count(this=exp.Star(), big_int=True), "row_count"))
        .from_(dataset.table)
        .where(exp.column(column).is_(exp.Null()).not_())
        .group_by(exp.column(column))
        .order_by(exp.Ordered(this=exp.column("row_count"), desc=True, nulls_first=False), exp.column(column))
        .limit(MOST_VALUES)
    )


def published(
    model: SemanticModel, counted: Counted, tables: frozenset[str], small_cell: int
) -> dict[str, list[str]] | None:
    """The values by dimension that at least `small_cell` members have in one of the tables, the most frequent.

    None when a dimension of the model comes from a table whose values are not counted. Those of members' rows are:
    one that is not there has no rows.
    """
    found: dict[str, list[str]] = {}
    for name in model.dimensions:
        homes = [dataset for dataset in model.datasets.values() if name in dataset.columns]
        governed = [(dataset.table.removeprefix("gold."), dataset.columns[name]) for dataset in homes]
        columns = [counted.get(table, {}).get(column) for table, column in governed if table in tables]
        of_members = any(dataset.member_column for dataset in homes)
        if homes and not of_members and not any(table in counted for table, _ in governed):
            return None
        rows: dict[str, int] = {}
        for entry in (entry for column in columns if column for entry in column):
            if entry.members >= small_cell:
                rows[entry.value] = max(rows.get(entry.value, 0), entry.rows)
        found[name] = sorted(rows, key=lambda value: (-rows[value], value))[:MOST_VALUES]
    return found


def _texts(rows: Mapping[str, Sequence[str | int | None]], dimension: str) -> list[str]:
    return sorted({str(value) for value in rows.get(dimension, ()) if value is not None})


def _phrases(values: Iterable[str], labels: Mapping[str, str], dimension: Dimension) -> dict[str, str]:
    phrases: dict[str, str] = {}
    for value in values:
        written = () if _is_only_a_word(value, labels[value]) else (value, value.replace("_", " "))
        accepted = dimension.value_words.get(value, ())
        for phrase in (*written, labels[value], *dimension.values.get(value, ()), *accepted):
            phrases.setdefault(phrase.lower(), value)
    return phrases


def _is_only_a_word(value: str, label: str) -> bool:
    """A value such as `change` or `30` that has a telling label (Plan change, 30 days) is not meant by itself."""
    same = value.replace("_", " ").lower() == label.lower()
    return not same and "_" not in value and (value.islower() or value.isdigit())
