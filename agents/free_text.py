"""The checker for words that a chat model chose freely: each claim must match the results by itself."""

from __future__ import annotations

import itertools
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import nan

from agents.answer import Fact
from agents.bearings import Bearings, Near, days_of
from agents.claims import BETTER, DOWN, LEAST, MOST, SAME, UP, Claim, Names, claims
from agents.disclosure import hides_ranks, shows_nothing
from agents.grounding import Evidence, numbers_in, row_names
from agents.plain_words import allowed_words, dimension_words, strange_words
from agents.quantities import Quantity, fits, quantity_of, same_date
from semantic.query import Order
from tools.outcome import Table
from tools.periods import days_in

_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=\S)")
_LINK = re.compile(r"(?i)\w://|www\.|(?:javascript|data|mailto|vbscript):\S|!\[|\]\(|\]:|<[a-z/!]")
_SWEEPING = re.compile(r"(?i)\b(?:no|none|nothing|nobody|never|only|all|every|each|always)\b")
_AMOUNT = re.compile(
    r"(?i)\b(?:(?:thir|four|fif|six|seven|eigh|nine)teen|sixty|seventy|eighty|ninety|dozens|hundreds|thousands|millions"
    r"|billions|quarter of|\w+fold|one in|majority)\b"
)


@dataclass(frozen=True)
class FreeText:
    """Checks a text against evidence."""

    evidence: Evidence

    def problems(self, text: str) -> list[str]:
        """What in the text is not borne out; empty when all of it is.

        A text about results may hold only claims and plain words (`agents.plain_words`); one without results, such
        as a question back, any words but those that state an amount.
        """
        if _LINK.search(text):
            return ["links, images and markup are not shown"]
        if shows_nothing(self.evidence.tables):
            return ["there is no figure to speak of"]
        found: list[str] = []
        before: list[Claim] = []
        for sentence in _SENTENCE.split(text):
            said = claims(sentence, self.evidence.names, self._names)
            found += [f"{c.text!r} rests on nothing" for c in self._wrong(said, sentence, before)]
            if self.evidence.tables:
                found += [f"{word!r} rests on nothing" for word in strange_words(sentence, said, self._allowed)]
            before = [claim for claim in said if claim.kind == "name"] or before
        found += [f"{match.group()!r} rests on nothing" for match in _AMOUNT.finditer(text)]
        found += [f"{mark!r} rests on nothing" for mark in text if _is_fraction(mark)]
        if any(table.withholds for table in self.evidence.tables):
            found += [f"{word!r} may not hold for what is not shown" for word in _SWEEPING.findall(text)]
        return found

    def facts(self, text: str) -> list[Fact]:
        """The text's numbers as facts, each with the first cell or constant that bears it out."""
        facts = []
        for claim in claims(text, self.evidence.names, self._names):
            if claim.kind == "number" and (quantity := quantity_of(claim.text)):
                source = self._source(quantity, Near(self._bearings.all_rows, frozenset()))
                facts.append(Fact(text=claim.text, value=quantity.value, source=source or "query:constant"))
        return facts

    @cached_property
    def _names(self) -> Names:
        return row_names(self.evidence)

    @cached_property
    def _bearings(self) -> Bearings:
        return Bearings(self.evidence)

    @cached_property
    def _allowed(self) -> frozenset[str]:
        return allowed_words(self.evidence)

    def _wrong(self, said: list[Claim], sentence: str, before: list[Claim]) -> list[Claim]:
        """Claims of one sentence that do not hold, under the kindest reading.

        A number belongs to the name, day and metric before it, or to the ones after it; without a name to those of
        the sentence before.
        """
        named = self._bearings.metrics_named(sentence, said)
        readings = [
            [
                c
                for at, c in enumerate(said)
                if not self._holds(c, self._bearings.near(said, at, named, way, before), sentence)
            ]
            for way in itertools.product((True, False), repeat=3)
        ]
        return min(readings, key=len)

    def _holds(self, claim: Claim, near: Near, sentence: str) -> bool:
        if claim.kind == "name":
            return self._name_holds(claim.text)
        if claim.kind == "date":
            return any(same_date(claim.text, day) for day in self._days)
        if claim.kind == "direction":
            return self._direction_holds(claim.text.lower(), near)
        quantity = quantity_of(claim.text)
        return quantity is not None and bool(
            self._source(quantity, near) or self._counted(quantity, claim, sentence)
        )

    def _name_holds(self, name: str) -> bool:
        if self._bearings.rows_named(name):
            return True
        labels = self.evidence.values
        return any(
            labels.label(entry.dimension, value) == name
            for table in self.evidence.tables if table.query
            for entry in table.query.filters for value in entry.values
        ) or (not self.evidence.tables and name.lower() in self.evidence.question.lower())  # fmt: skip

    @cached_property
    def _days(self) -> frozenset[date]:
        """Every day the text may name: as-of, the ends of each period and of the one before where that is compared
        with, and dates in rows."""
        days = {self.evidence.as_of}
        for table in self.evidence.tables:
            period, earlier = table.query.time if table.query else None, table.compared_with
            if period:
                days |= {period.start, period.end}
            if earlier:
                days |= {earlier.start, earlier.end}
            elif period and any("__change" in column.name for column in table.columns):
                days |= {period.start - timedelta(days=days_in(period)), period.start - timedelta(days=1)}
            for row in table.rows:
                days |= set(days_of(table, row))
        return frozenset(days)

    def _source(self, quantity: Quantity, near: Near) -> str:
        for part, row in sorted(near.rows):
            table = self.evidence.tables[part]
            for column, cell in zip(table.columns, table.rows[row], strict=True):
                if near.admits(column) and fits(quantity, cell, column.unit, column.role):
                    return f"cell:{part}:{row}:{column.name}"
        for part, table in enumerate(self.evidence.tables):
            for column in table.columns:
                whole = near.admits(column) and self._additive(column.name, table)
                if whole and fits(quantity, _total(table, column.name), column.unit):
                    return f"formula:sum:{part}:{column.name}"
        known = self.evidence.constants
        percent = any(
            name.endswith("_pct") and abs(quantity.value - value) < 1e-9 for name, value in known.items()
        )
        return "query:constant" if percent and quantity.kind == "rate" else ""

    def _additive(self, name: str, table: Table) -> bool:
        metric = self.evidence.semantic.metrics.get(name)
        cut = table.query.dimensions if table.query else ()
        return bool(metric and metric.additive and self.evidence.semantic.adds_up_by(name, cut))

    def _counted(self, quantity: Quantity, claim: Claim, sentence: str) -> bool:
        """Whether a number counts what it stands before (`three journeys`) or the period's days (`7 days`)."""
        for table in self.evidence.tables:
            query, counts = table.query, {len(table.rows)}
            counts |= {query.limit} if query and query.limit else set()
            following = re.match(r"\W*(\w*)", sentence[claim.end :])
            noun = following[1].lower() if following else ""
            if quantity.value in counts and noun in dimension_words(table, self.evidence) | {"rows"}:
                return True
            length = days_in(query.time) if query and query.time else 0
            if length and quantity.value == {"days": length, "weeks": length / 7}.get(quantity.kind):
                return True
        return False

    def _direction_holds(self, word: str, near: Near) -> bool:
        if word in (*MOST, *LEAST):
            return any(self._is_edge(part, row, near, word in MOST) for part, row in near.rows)
        changes = self._changes(near)
        if word in SAME:
            return any(abs(change) < 0.005 for change, _ in changes)
        if word in (*UP, *DOWN):
            return any((change > 0) == (word in UP) and change for change, _ in changes)
        good = word in BETTER
        return any(polarity != "neutral" and ((change > 0) == (polarity == "higher")) == good and change
                   for change, polarity in changes)  # fmt: skip

    def _changes(self, near: Near) -> list[tuple[float, str]]:
        """Signed changes that the rows speak of: comparison columns, and first to last of a course."""
        changes: list[tuple[float, str]] = []
        for part, table in enumerate(self.evidence.tables):
            over_time = any(column.role == "time" for column in table.columns)
            rows = [row for index, row in enumerate(table.rows) if (part, index) in near.rows]
            for position, column in enumerate(table.columns):
                if not near.admits(column):
                    continue
                polarity = self._polarity(column.name)
                if "__change" in column.name or column.name == "trend":
                    changes += [(value, polarity) for value in numbers_in(rows, position)]
                elif over_time and column.role == "metric":
                    course = numbers_in(table.rows, position)
                    changes += [(course[-1] - course[0], polarity)] if len(course) > 1 else []
        return changes

    def _polarity(self, column: str) -> str:
        metric = self.evidence.semantic.metrics.get(column.split("__")[0])
        return metric.polarity if metric else "neutral"

    def _is_edge(self, part: int, row: int, near: Near, largest: bool) -> bool:
        table = self.evidence.tables[part]
        for position, column in enumerate(table.columns):
            numbers = numbers_in(table.rows, position)
            ranks = column.role in ("metric", "derived") and near.admits(column)
            if ranks and numbers and not hides_ranks(table, column.name) and _reaches(table, column.name, largest):
                edge = max(numbers) if largest else min(numbers)
                if table.rows[row][position] == edge:
                    return True
        return False


def _reaches(table: Table, name: str, largest: bool) -> bool:
    """Whether a table that may be the first rows of a longer one holds the largest or smallest of all."""
    query = table.query
    cut = table.truncated or (query is not None and query.limit is not None and len(table.rows) >= query.limit)
    if not cut or query is None:
        return not cut
    wanted = "desc" if largest else "asc"
    usual = Order(by=query.time_grain or query.metrics[0])  # what the compiler orders by
    first = query.order_by[0] if query.order_by else usual
    return (first.by, first.direction) == (name, wanted)


def _total(table: Table, name: str) -> float:
    position = table.column(name)
    if any(column == position for _, column in table.suppressed):
        return nan
    return sum(numbers_in(table.rows, position))


def _is_fraction(mark: str) -> bool:
    """Whether a character is a number that is no digit: one half, a roman or circled number."""
    return not mark.isascii() and unicodedata.numeric(mark, None) is not None and not mark.isdecimal()
