"""Whether a text says nothing but what its own results hold.

Written anew from the answer alone, so that it can find the product's own checker wrong: each fact is recomputed
from the cell or formula it names and compared with the number as it is written; each direction and superlative
with the cells it rests on; and no number, direction or superlative may stand in the text outside the facts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from semantic.query import SemanticQuery
from tools.formula import FormulaError, evaluate
from tools.outcome import Column, Table

_NUMBER = re.compile(r"(?<![\w.])[-+\u2212]?\$?\d(?:\d|,(?=\d))*(?:\.\d+)?%?")
_LEANING = re.compile(
    r"\b(?:up|down|rose|fell|higher|lower|increased|decreased|grew|dropped|highest|lowest|most|fewest|largest|smallest"
    r"|worse|better|improved|worsened|doubled|halved)\b",
    re.IGNORECASE,
)
_UP = {"up", "rose", "higher", "increased", "grew", "rise", "more", "above", "growth", "increase"}
_DOWN = {"down", "fell", "lower", "decreased", "dropped", "fall", "fewer", "less", "below", "decrease", "drop"}
_WORDS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


@dataclass(frozen=True)
class Shown:
    """An answer's tables as they were shown, rebuilt from its document."""

    tables: tuple[Table, ...]
    constants: Mapping[str, float]

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Shown:
        """From an answer's JSON form."""
        parts = answer.get("parts") or ([answer] if answer.get("columns") else [])
        return cls(tuple(_table(part) for part in parts), dict(answer.get("constants") or {}))

    def cell(self, place: str) -> Any:
        """The value at `part:row:column`. Raises LookupError."""
        part, row, name = place.split(":")
        table = self.tables[int(part)]
        at = [column.name for column in table.columns].index(name)
        return table.rows[int(row)][at]


def _table(part: Mapping[str, Any]) -> Table:
    query = part.get("semantic_query")
    return Table(
        title=part.get("title", ""),
        columns=tuple(Column(c["name"], c["type"], c["unit"], c["role"], c["label"]) for c in part["columns"]),
        rows=tuple(tuple(row) for row in part["rows"]),
        query=SemanticQuery.model_validate(query) if query else None,
        formulas=dict(part.get("formulas") or {}),
        suppressed=frozenset((row, column) for row, column in part.get("suppressed") or ()),
    )


def unfaithful(answer: Mapping[str, Any]) -> tuple[str, ...]:
    """What of an answered text is not borne out, in words; empty when all of it is."""
    text, facts = str(answer.get("text") or ""), answer.get("facts") or []
    shown = Shown.of(answer)
    found = [f"{fact['text']!r} ({fact['source']})" for fact in facts if not _holds(fact, shown)]
    spans, missing = _spans(text, facts)
    found += [f"{name!r} is a fact that the text lacks" for name in missing]
    found += [f"{word!r} rests on nothing" for word in _outside(text, spans)]
    return tuple(found)


def _spans(text: str, facts: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[int, int]], list[str]]:
    """Where each fact stands, in reading order."""
    spans, missing, at = [], [], 0
    for fact in facts:
        start = text.find(fact["text"], at)
        while start > 0 and (text[start - 1].isalnum() or text[start - 1] in "$-."):
            start = text.find(fact["text"], start + 1)
        if start < 0:
            missing.append(fact["text"])
            continue
        at = start + len(fact["text"])
        spans.append((start, at))
    return spans, missing


def _outside(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[str]:
    for pattern in (_NUMBER, _LEANING):
        for match in pattern.finditer(text):
            if not any(start <= match.start() and match.end() <= end for start, end in spans):
                yield match.group()


def _holds(fact: Mapping[str, Any], shown: Shown) -> bool:
    kind, _, rest = str(fact["source"]).partition(":")
    try:
        if kind == "cell":
            return _says(fact, shown.cell(rest))
        if kind == "formula":
            return _says(fact, evaluate(rest, shown.tables, dict(shown.constants)))
        if kind == "direction":
            return _points(fact["text"], _number_at(rest, shown))
        if kind == "extreme":
            return _is_extreme(rest, shown)
    except (LookupError, ValueError, FormulaError, TypeError):
        return False
    return True  # names, periods and constants of the question: the text is held against them word by word


def _number_at(source: str, shown: Shown) -> float:
    kind, _, place = source.partition(":")
    value = shown.cell(place) if kind == "cell" else evaluate(place, shown.tables, dict(shown.constants))
    if not isinstance(value, int | float):
        raise ValueError(f"{source} is no number")
    return float(value)


def _points(word: str, value: float) -> bool:
    first = word.lower().split()[0] if word.split() else ""
    if first in _UP:
        return value > 0
    return value < 0 if first in _DOWN else True


def _is_extreme(rest: str, shown: Shown) -> bool:
    """Whether a cell is the greatest or least of its column among those that are shown."""
    which, part, row, name = rest.split(":")
    table = shown.tables[int(part)]
    at = [column.name for column in table.columns].index(name)
    cells = [float(cell) for row_cells in table.rows if isinstance(cell := row_cells[at], int | float)]
    best = max(cells) if which == "max" else min(cells)
    return bool(table.rows[int(row)][at] == best)


def _says(fact: Mapping[str, Any], cell: Any) -> bool:
    """Whether a written number is the cell's, as exactly as it is written. Texts are not checked here."""
    if cell is None:
        return fact["text"] in ("n/a", "not shown")
    if isinstance(cell, str | bool):
        return True
    written = _written(str(fact["text"]))
    if written is None:
        return False
    value, half = written
    scale = 100 if fact.get("unit") == "rate" and "%" in fact["text"] else 1
    return math.isclose(value, float(cell) * scale, rel_tol=1e-9, abs_tol=half * 1.0001)


def _written(text: str) -> tuple[float, float] | None:
    """A number as it is written, and half of its last place."""
    word = text.lower().split()[0] if text.split() else ""
    if word in _WORDS:
        return float(_WORDS.index(word)), 1e-9
    if word in ("no", "none"):
        return 0.0, 1e-9
    match = _NUMBER.search(text)
    if match is None:
        return None
    plain = match.group().replace("\u2212", "-").replace("$", "").replace(",", "").rstrip("%")
    decimals = len(plain.partition(".")[2])
    scale = 1e6 if "million" in text else 1e9 if "billion" in text else 1e3 if re.search(r"\dK\b", text) else 1.0
    return float(plain) * scale, 0.5 * 10**-decimals * scale
