"""Whether a text says nothing but what its own results hold.

Written anew from the answer alone, so that it can find the product's own checker wrong: each fact is recomputed
from the cell or formula it names and compared with the number as it is written; each direction, judgement and
superlative with the cells it rests on; each number stands with the name of its row; and nothing that claims
anything (`claim_words`) may stand in the text outside the facts.
"""

from __future__ import annotations

import math
import re
from calendar import month_name
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evals.trials.claim_words import BETTER, DOWN, LEAST, MOST, NUMBER, SAME, UP, WORSE, claims
from semantic.loader import load_model
from semantic.query import SemanticQuery
from semantic.values import ValueDictionary
from tools.formula import FormulaError, evaluate
from tools.outcome import Column, Table

_BREAK = re.compile(r"[.;](?=\s)|\n")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
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
    found += [f"{numbers} are not of the rows that are named" for numbers in _misplaced(text, facts, spans)]
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
    for start, end in claims(text):
        if not any(first <= start and end <= last for first, last in spans):
            yield text[start:end]


def _misplaced(text: str, facts: Sequence[Mapping[str, Any]], spans: Sequence[tuple[int, int]]) -> Iterator[str]:
    """Numbers of one row that a clause says of another: `Billing leaked 30` where 30 is the ID card's.

    In a clause that names rows of a table, the numbers of that table belong to the names before them or to those
    after them, all of them alike.
    """
    placed = [(span, fact, _row_of(fact)) for span, fact in zip(spans, facts, strict=False)]
    for clause in _clauses(text):
        here = [(fact, row) for (start, end), fact, row in placed if clause[0] <= start < clause[1] and row]
        for part in {row[0] for _, row in here if row}:
            own = [(fact, row[1]) for fact, row in here if row and row[0] == part]
            named = any(isinstance(fact["value"], str) for fact, _ in own)
            if named and not (_follows(own) or _follows(own[::-1])):
                yield ", ".join(f"{fact['text']!r}" for fact, _ in own)


def _follows(facts: Sequence[tuple[Mapping[str, Any], str]]) -> bool:
    """Whether each number has the row of one of the names right before it."""
    names: set[str] = set()
    fresh = True
    for fact, row in facts:
        if isinstance(fact["value"], str):
            names = {row} if fresh else names | {row}
            fresh = False
        else:
            fresh = True
            if row not in names:
                return False
    return True


def _row_of(fact: Mapping[str, Any]) -> tuple[str, str] | None:
    """Part and row of a cell; None for a fact that is no cell."""
    kind, _, place = str(fact["source"]).partition(":")
    part, _, rest = place.partition(":")
    return (part, rest.partition(":")[0]) if kind == "cell" else None


def _clauses(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for match in _BREAK.finditer(text):
        yield at, match.end()
        at = match.end()
    yield at, len(text)


def _holds(fact: Mapping[str, Any], shown: Shown) -> bool:
    kind, _, rest = str(fact["source"]).partition(":")
    try:
        if kind == "cell":
            return _says(fact, shown.cell(rest), rest.rpartition(":")[2])
        if kind == "formula":
            return _says(fact, evaluate(rest, shown.tables, dict(shown.constants)), rest)
        if kind == "direction":
            return _points(str(fact["text"]), _number_at(rest, shown))
        if kind == "polarity":
            metric, _, source = rest.partition(":")
            return _judges(str(fact["text"]), metric, _number_at(source, shown))
        if kind in ("extreme", "extreme_complete"):
            return _is_extreme(str(fact["text"]), rest, shown, among_all=kind == "extreme")
    except (LookupError, ValueError, FormulaError, TypeError):
        return False
    return True  # periods and constants of the question: the product holds their text against it word by word


def _number_at(source: str, shown: Shown) -> float:
    kind, _, place = source.partition(":")
    value = shown.cell(place) if kind == "cell" else evaluate(place, shown.tables, dict(shown.constants))
    if not isinstance(value, int | float):
        raise ValueError(f"{source} is no number")
    return float(value)


def _points(word: str, value: float) -> bool:
    """Whether a direction is that of a change. What is called unchanged may differ by less than is written."""
    first = word.lower().split()[0] if word.split() else ""
    if first in UP:
        return value > 0
    return value < 0 if first in DOWN else first in SAME


def _judges(word: str, metric: str, value: float) -> bool:
    """Whether a change of a metric is for better or for worse, as the word says."""
    polarity = load_model().metrics[metric].polarity
    good = (value > 0) == (polarity == "higher")
    return polarity != "neutral" and value != 0 and word.lower() in (BETTER if good else WORSE)


def _is_extreme(word: str, rest: str, shown: Shown, *, among_all: bool) -> bool:
    """Whether a cell is what the word says: the greatest or the least of its column among those that are shown.

    With `among_all` unset some rows are left out, those of days that are not whole, so only the word is checked.
    """
    which, part, row, name = rest.split(":")
    if word.lower() not in (MOST if which == "max" else LEAST):
        return False
    table = shown.tables[int(part)]
    at = [column.name for column in table.columns].index(name)
    cells = [float(cell) for row_cells in table.rows if isinstance(cell := row_cells[at], int | float)]
    best = max(cells) if which == "max" else min(cells)
    return bool(table.rows[int(row)][at] == best) or not among_all


def _says(fact: Mapping[str, Any], cell: Any, source: str) -> bool:
    """Whether a written number or name is the cell's, as exactly as it is written."""
    text = str(fact["text"])
    if cell is None:
        return text in ("n/a", "not shown")
    if isinstance(cell, str | bool):
        return _names(text, str(cell), source)
    written = _written(text)
    if written is None:
        return False
    if "%" in text and _is_difference(source):
        return False  # a difference of rates is in points
    value, half = written
    scale = 100 if fact.get("unit") == "rate" and "%" in text else 1
    return math.isclose(value, float(cell) * scale, rel_tol=1e-9, abs_tol=half * 1.0001)


def _is_difference(source: str) -> bool:
    """Whether a source is the change of a figure, or one figure less another, not held against anything."""
    changed = re.search(r"__change\b", source) or re.match(r"(?:abs\()?sub\(", source)
    return bool(changed) and not re.search(r"\b(?:div|change_pct|share)\(", source)


def _names(text: str, cell: str, dimension: str) -> bool:
    """Whether a text is the label of a value, or a day or a bucket of days in words."""
    if _DAY.match(cell):
        month = month_name[int(cell[5:7])]
        return cell[:4] in text and (
            month[:3] in text or f"Q{(int(cell[5:7]) + 2) // 3}" in text or text == cell[:4]
        )
    labels = {cell, ValueDictionary.declared(load_model()).label(dimension, cell)}
    return _plain(text) in {_plain(label) for label in labels}


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text.replace("_", "").lower())


def _written(text: str) -> tuple[float, float] | None:
    """A number as it is written, and half of its last place."""
    word = text.lower().split()[0] if text.split() else ""
    if word in _WORDS:
        return float(_WORDS.index(word)), 1e-9
    if word in ("no", "none"):
        return 0.0, 1e-9
    match = NUMBER.search(text)
    if match is None:
        return None
    plain = match.group().replace("\u2212", "-").replace("$", "").replace(",", "").rstrip("%")
    decimals = len(plain.partition(".")[2])
    scale = 1e6 if "million" in text else 1e9 if "billion" in text else 1e3 if re.search(r"\dK\b", text) else 1.0
    return float(plain) * scale, 0.5 * 10**-decimals * scale
