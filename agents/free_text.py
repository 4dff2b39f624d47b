"""The checker for words that a chat model chose freely: each claim must match the results by itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import nan

from agents.answer import Fact
from agents.claims import BETTER, DOWN, LEAST, MONTHS, MOST, SAME, UP, Claim, Names, claims
from agents.disclosure import hides_ranks, shows_nothing
from agents.grounding import Evidence, numbers_in, row_names
from tools.outcome import PlainCell, Table
from tools.periods import days_in

_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=\S)")
_LINK = re.compile(r"(?i)\w://|www\.|(?:javascript|data|mailto|vbscript):\S|!\[|\]\(|\]:|<[a-z/!]")
_SWEEPING = re.compile(r"(?i)\b(?:no|none|nothing|nobody|never|only|all|every|each|always)\b")
_WORDS = {"zero": 0, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
          "ten": 10, "eleven": 11, "twelve": 12, "dozen": 12, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
          "hundred": 100}  # fmt: skip
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "b": 1e9, "bn": 1e9, "billion": 1e9}
_VALUE = re.compile(
    r"(?P<sign>[-+\u2212]?)(?P<money>[$\u20ac\u00a3]?)(?P<digits>\d[\d,]*(?:\.\d+)?)[ -]?(?P<unit>.*)"
)
_RATES = ("%", "percent", "percentage", "pp")
_DURATIONS = {"minute": "minutes", "second": "seconds", "day": "days", "point": "points"}
ABBREVIATED = {month[:3].lower(): i for i, month in enumerate(MONTHS.split("|"), start=1)}


@dataclass(frozen=True)
class Quantity:
    """A number as written: its value, half the weight of its last digit, and what kind of thing it counts."""

    value: float
    tolerance: float
    kind: str


@dataclass(frozen=True)
class FreeText:
    """Checks a text against evidence."""

    evidence: Evidence

    def problems(self, text: str) -> list[str]:
        """What in the text is not borne out; empty when all of it is."""
        if _LINK.search(text):
            return ["links, images and markup are not shown"]
        if shows_nothing(self.evidence.tables):
            return ["there is no figure to speak of"]
        found: list[str] = []
        for sentence in _SENTENCE.split(text):
            said = claims(sentence, self.evidence.names, self._names)
            found += [f"{c.text!r} rests on nothing" for c in self._wrong(said)]
        if any(table.withholds for table in self.evidence.tables):
            found += [f"{word!r} may not hold for what is not shown" for word in _SWEEPING.findall(text)]
        return found

    def facts(self, text: str) -> list[Fact]:
        """The text's numbers as facts, each with the first cell or constant that bears it out."""
        facts = []
        for claim in claims(text, self.evidence.names, self._names):
            if claim.kind == "number" and (quantity := quantity_of(claim.text)):
                source = self._source(quantity, self._all_rows)
                facts.append(Fact(text=claim.text, value=quantity.value, source=source or "query:constant"))
        return facts

    @cached_property
    def _names(self) -> Names:
        return row_names(self.evidence)

    @cached_property
    def _all_rows(self) -> frozenset[tuple[int, int]]:
        tables = self.evidence.tables
        return frozenset((part, row) for part, table in enumerate(tables) for row in range(len(table.rows)))

    def _wrong(self, said: list[Claim]) -> list[Claim]:
        """Claims of one sentence that do not hold, under the kinder of two readings: a number belongs to the name
        before it, or to the name after it."""
        readings = [self._wrong_when(said, backwards) for backwards in (True, False)]
        return min(readings, key=len)

    def _wrong_when(self, said: list[Claim], backwards: bool) -> list[Claim]:
        wrong = []
        for index, claim in enumerate(said):
            rows = self._rows_near(said, index, backwards)
            if not self._holds(claim, rows):
                wrong.append(claim)
        return wrong

    def _rows_near(self, said: list[Claim], index: int, backwards: bool) -> frozenset[tuple[int, int]]:
        names = [c for c in (reversed(said[:index]) if backwards else said[index + 1 :]) if c.kind == "name"]
        anywhere = [c for c in said if c.kind == "name"]
        if not anywhere:
            return self._all_rows
        if not names:
            names = anywhere[:1] if backwards else anywhere[-1:]
        return self._rows_named(names[0].text) or self._all_rows

    def _rows_named(self, name: str) -> frozenset[tuple[int, int]]:
        rows = set()
        for part, table in enumerate(self.evidence.tables):
            places = [i for i, column in enumerate(table.columns) if column.role == "dimension"]
            labels = self.evidence.values
            for index, row in enumerate(table.rows):
                if any(labels.label(table.columns[i].name, str(row[i])) == name for i in places):
                    rows.add((part, index))
        return frozenset(rows)

    def _holds(self, claim: Claim, rows: frozenset[tuple[int, int]]) -> bool:
        if claim.kind == "name":
            return self._name_holds(claim.text)
        if claim.kind == "date":
            return any(_same_date(claim.text, day) for day in self._days)
        if claim.kind == "direction":
            return self._direction_holds(claim.text.lower(), rows)
        quantity = quantity_of(claim.text)
        return quantity is not None and bool(self._source(quantity, rows))

    def _name_holds(self, name: str) -> bool:
        labels, question = self.evidence.values, self.evidence.question.lower()
        if self._rows_named(name) or name.lower() in question:
            return True
        return any(
            labels.label(entry.dimension, value) == name
            for table in self.evidence.tables if table.query
            for entry in table.query.filters for value in entry.values
        )  # fmt: skip

    @cached_property
    def _days(self) -> frozenset[date]:
        """Every day the text may name: as-of, the ends of each period, its predecessor, and dates in rows."""
        days = {self.evidence.as_of}
        for table in self.evidence.tables:
            period = table.query.time if table.query else None
            if period:
                length = days_in(period)
                days |= {period.start, period.end}
                days |= {period.start - timedelta(days=length), period.start - timedelta(days=1)}
            for position, column in enumerate(table.columns):
                if column.role == "time":
                    days |= {date.fromisoformat(str(row[position])[:10]) for row in table.rows if row[position]}
        return frozenset(days)

    def _source(self, quantity: Quantity, rows: frozenset[tuple[int, int]]) -> str:
        for part, row in sorted(rows):
            table = self.evidence.tables[part]
            for position, column in enumerate(table.columns):
                if _matches(quantity, table.rows[row][position], column.unit, column.role):
                    return f"cell:{part}:{row}:{column.name}"
        for part, table in enumerate(self.evidence.tables):
            for column in table.columns:
                if self._additive(column.name, table) and _matches(
                    quantity, _total(table, column.name), column.unit
                ):
                    return f"formula:sum:{part}:{column.name}"
            if _matches(quantity, len(table.rows), "count"):
                return f"formula:rows:{part}"
        return self._constant(quantity)

    def _additive(self, name: str, table: Table) -> bool:
        metric = self.evidence.semantic.metrics.get(name)
        cut = table.query.dimensions if table.query else ()
        return bool(metric and metric.additive and self.evidence.semantic.adds_up_by(name, cut))

    def _constant(self, quantity: Quantity) -> str:
        if any(abs(quantity.value - value) < 1e-9 for value in self.evidence.constants.values()):
            return "query:constant"
        for table in self.evidence.tables:
            query = table.query
            if query is None:
                continue
            wanted = [float(query.limit or -1)]
            wanted += [entry.value for entry in query.having]
            wanted += [entry.value * 100 for entry in query.having]
            if query.time:
                length = days_in(query.time)
                wanted += [float(length)] + ([length / 7] if length % 7 == 0 else [])
            if quantity.value in wanted:
                return "query:constant"
        asked = [q.value for c in claims(self.evidence.question) if (q := quantity_of(c.text))]
        return "query:question" if quantity.value in asked else ""

    def _direction_holds(self, word: str, rows: frozenset[tuple[int, int]]) -> bool:
        if word in (*MOST, *LEAST):
            return any(self._is_edge(part, row, word in MOST) for part, row in rows)
        changes = self._changes(rows)
        if word in SAME:
            return any(abs(change) < 0.005 for change, _ in changes)
        if word in (*UP, *DOWN):
            return any((change > 0) == (word in UP) and change for change, _ in changes)
        good = word in BETTER
        return any(polarity != "neutral" and ((change > 0) == (polarity == "higher")) == good and change
                   for change, polarity in changes)  # fmt: skip

    def _changes(self, rows: frozenset[tuple[int, int]]) -> list[tuple[float, str]]:
        """Signed changes that the rows speak of: comparison columns, and first to last of a course."""
        changes: list[tuple[float, str]] = []
        for part, table in enumerate(self.evidence.tables):
            over_time = any(column.role == "time" for column in table.columns)
            near = [row for index, row in enumerate(table.rows) if (part, index) in rows]
            for position, column in enumerate(table.columns):
                polarity = self._polarity(column.name)
                if "__change" in column.name or column.name == "trend":
                    changes += [(value, polarity) for value in numbers_in(near, position)]
                elif over_time and column.role == "metric":
                    course = numbers_in(table.rows, position)
                    changes += [(course[-1] - course[0], polarity)] if len(course) > 1 else []
        return changes

    def _polarity(self, column: str) -> str:
        metric = self.evidence.semantic.metrics.get(column.split("__")[0])
        return metric.polarity if metric else "neutral"

    def _is_edge(self, part: int, row: int, largest: bool) -> bool:
        table = self.evidence.tables[part]
        for position, column in enumerate(table.columns):
            numbers = numbers_in(table.rows, position)
            if column.role in ("metric", "derived") and numbers and not hides_ranks(table, column.name):
                edge = max(numbers) if largest else min(numbers)
                if table.rows[row][position] == edge:
                    return True
        return False


def _total(table: Table, name: str) -> float:
    position = table.column(name)
    if any(column == position for _, column in table.suppressed):
        return nan
    return sum(numbers_in(table.rows, position))


def quantity_of(text: str) -> Quantity | None:
    """A written number: "$1.46M", "-0.65", "28.1%", "twelve". None when it is an ordinal or a vague word."""
    lowered = text.lower()
    if lowered in _WORDS:
        return Quantity(_WORDS[lowered], 0.0, "count")
    match = _VALUE.fullmatch(text.strip())
    if match is None:
        return None
    digits, unit = match["digits"].replace(",", ""), match["unit"].strip().lower()
    scale = _SCALES.get(unit.split(" ")[0], 1.0) if unit else 1.0
    decimals = len(digits.partition(".")[2])
    value = float(digits) * scale * (-1 if match["sign"] in ("-", "\u2212") else 1)
    return Quantity(value, scale * 0.5 * 10**-decimals * 1.000001, _kind(match["money"], unit))


def _kind(money: str, unit: str) -> str:
    if money or unit.startswith(("dollar", "cent")):
        return "usd"
    if unit.startswith(_RATES):
        return "rate"
    return next((kind for word, kind in _DURATIONS.items() if unit.startswith(word)), "plain")


_FITS = {
    "usd": ("usd",),
    "rate": ("rate", "percent"),
    "plain": ("count", "score", "points", "", "minutes", "days", "seconds"),
    "count": ("count", ""),
}


def _matches(quantity: Quantity, cell: PlainCell, unit: str, role: str = "metric") -> bool:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return False
    if unit not in _FITS.get(quantity.kind, (quantity.kind,)):
        return False
    value = cell * 100 if unit == "rate" else float(cell)
    if role not in ("metric", "dimension") and quantity.value >= 0:
        value = abs(value)  # "down 5%" says the sign in words
    return abs(value - quantity.value) <= quantity.tolerance


def _same_date(text: str, day: date) -> bool:
    """Whether a written date, as far as it goes, is that day."""
    iso = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", text)
    if iso:
        return text == day.isoformat()
    quarter = re.fullmatch(r"[Qq]([1-4])(?: (\d{4}))?", text)
    if quarter:
        return (day.month - 1) // 3 + 1 == int(quarter[1]) and quarter[2] in (None, str(day.year))
    words = [word[:3].lower() for word in re.findall(r"[A-Za-z]{3,}", text)]
    month = next((ABBREVIATED[word] for word in words if word in ABBREVIATED), None)
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    years = [number for number in numbers if number > 31]
    days = [number for number in numbers if number <= 31]
    return month == day.month and years in ([], [day.year]) and days in ([], [day.day])
