"""An issue as a table of one row: what the scan computed and what is said of it, so that every word has a cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from agents.answer import Fact
from agents.briefing.document import BoundFact
from agents.briefing.lifecycle import Issue
from agents.briefing.phrases import calendar_words, segment_pieces, word
from agents.briefing.trend import bounds
from agents.prose import Piece, number
from agents.voice import percentage_points
from agents.wording import bucket_in_words, in_sentence
from semantic.model import SemanticModel
from semantic.values import ValueDictionary
from tools.outcome import Column, PlainCell, Table
from tools.scout.incident import Incident


@dataclass(frozen=True)
class Aligned:
    """An event near an incident's start: what it is called, what kind of event, and its day. Never a proof."""

    event: str
    kind: str
    day: date


def issue_table(issue: Issue, label: str, owner: str, cause: Aligned | None, part: int) -> Table:
    """The row of an issue. Differences, changes and amounts are formulas over the row's own cells and inputs.

    An amount's inputs are constants of the briefing, named with the part's number (`constants_of`).
    """
    incident, at = issue.incident, f"cell:{part}:0:"
    cells: list[tuple[Column, PlainCell]] = [
        *_texts(issue, label, owner, cause),
        *((Column(name, "VARCHAR", "", "dimension", name), value) for name, value in incident.segment),
        *_days(issue, cause),
        (Column("observed", "DOUBLE", incident.unit), incident.observed),
        (Column("expected", "DOUBLE", incident.unit), incident.expected),
        (Column("difference", "DOUBLE", incident.unit), incident.observed - incident.expected),
    ]
    formulas = {"difference": f"sub({at}observed, {at}expected)"}
    if incident.expected:
        cells.append((Column("change", "DOUBLE", "rate"), _change(incident)))
        formulas["change"] = f"change({at}observed, {at}expected)"
    if incident.dollars:
        amount = incident.dollars.amount
        ends = (amount.low, amount.high) if amount.value > 0 else (-amount.high, -amount.low)
        cells += [
            (Column("amount", "DOUBLE", "usd"), amount.value),
            (Column("low", "DOUBLE", "usd"), ends[0]),
            (Column("high", "DOUBLE", "usd"), ends[1]),
        ]
        formulas["amount"] = re.sub(r"query:(\w+)", rf"query:\1_{part}", incident.dollars.formula)
    return Table(
        title=f"Scan: {incident.id}",
        columns=tuple(column for column, _ in cells),
        rows=(tuple(cell for _, cell in cells),),
        formulas=formulas,
    )


def constants_of(incident: Incident, part: int) -> dict[str, float]:
    """The inputs of an issue's amount under the names that its table uses."""
    inputs = incident.dollars.inputs if incident.dollars else {}
    return {f"{name}_{part}": float(value) for name, value in inputs.items()}


def expectation_table(incident: Incident) -> Table:
    """What was expected on each day of the trend, with the range that most days stay in."""
    columns = ("day", "expected", "low", "high")
    return Table(
        title=f"Expected: {incident.id}",
        columns=tuple(
            Column(name, "DATE" if name == "day" else "DOUBLE", "" if name == "day" else incident.unit,
                   "time" if name == "day" else "metric")
            for name in columns
        ),
        rows=tuple((point.day.isoformat(), point.expected, *bounds(incident, point)) for point in incident.trend),
    )  # fmt: skip


def _texts(issue: Issue, label: str, owner: str, cause: Aligned | None) -> list[tuple[Column, PlainCell]]:
    incident = issue.incident
    dearer = incident.dollars is not None and incident.dollars.amount.value > 0
    texts = {
        "metric_name": label,
        "metric_inside": in_sentence(label),
        "state_word": word("states", issue.state),
        "confidence_word": incident.confidence,
        "owner": owner,
        "effect": word("effect", "cost" if dearer else "saving"),
        "cause": cause.event if cause else word("no_known_cause"),
        "cause_kind": cause.kind if cause else "",
        "calendar": calendar_words(incident.calendar) if incident.calendar else "",
    }
    return [(Column(name, "VARCHAR", "", "dimension", name), text) for name, text in texts.items() if text]


def _days(issue: Issue, cause: Aligned | None) -> list[tuple[Column, PlainCell]]:
    start = issue.incident.start
    days = {
        "start": start.day,
        "earliest": start.earliest,
        "latest": start.latest,
        "since": issue.since,
        "seen": issue.seen,
        "as_of": issue.incident.as_of,
        "cause_day": cause.day if cause else None,
    }
    return [(Column(name, "DATE", "", "time", name), day.isoformat()) for name, day in days.items() if day]


def _change(incident: Incident) -> float:
    return (incident.observed - incident.expected) / abs(incident.expected)


@dataclass(frozen=True)
class IssueVoice:
    """Speaks of one issue in facts over its table (`part`)."""

    table: Table
    part: int
    semantic: SemanticModel
    values: ValueDictionary

    def text(self, name: str) -> Fact:
        """A text cell as it stands."""
        return self._label(name, str(self.table.cell(0, name)))

    def day(self, name: str) -> Fact:
        """A day in words."""
        raw = str(self.table.cell(0, name))
        return Fact(
            text=bucket_in_words(date.fromisoformat(raw), "day"), value=raw, source=f"cell:{self.part}:0:{name}"
        )

    def figure(self, name: str) -> Fact:
        """A number cell with its unit."""
        column = self.table.columns[self.table.column(name)]
        return number(self._number(name), column.unit, f"cell:{self.part}:0:{name}")

    def cost(self) -> BoundFact:
        """The amount without its sign: whether it is a cost or a saving is said in words."""
        fact = number(abs(self._number("amount")), "usd", f"formula:abs(cell:{self.part}:0:amount)")
        return BoundFact(**fact.model_dump(), low=self._number("low"), high=self._number("high"))

    def direction(self, kind: str) -> Fact:
        """increased, fell: bound to the sign of the difference."""
        up = self._number("difference") > 0
        source = f"direction:cell:{self.part}:0:difference"
        return Fact(text=word("up" if up else "down", kind), value=1 if up else -1, source=source)

    def size(self, kind: str) -> Fact:
        """14.0% of a count, 2.1 percentage points of a rate, 0.12 of a score."""
        at = f"cell:{self.part}:0:"
        if kind == "count":
            return number(abs(self._number("change")), "rate", f"formula:abs({at}change)")
        difference = abs(self._number("difference"))
        unit = self.table.columns[self.table.column("difference")].unit
        if unit != "rate":
            return number(difference, unit, f"formula:abs({at}difference)")
        return percentage_points(difference, f"{at}difference")

    def segment(self, dimensions: tuple[str, ...]) -> list[Piece]:
        """in Billing for MAPD / New members."""
        label: Callable[[str], str] = lambda name: in_sentence(self.semantic.dimensions[name].label)  # noqa: E731
        named = {name: self.values.label(name, str(self.table.cell(0, name))) for name in dimensions}
        return segment_pieces(
            dimensions,
            lambda name: self._label(name, str(self.table.cell(0, name))),
            label,
            lambda name: named[name].lower().endswith("members"),
        )

    def _label(self, name: str, raw: str) -> Fact:
        return Fact(text=self.values.label(name, raw), value=raw, source=f"cell:{self.part}:0:{name}")

    def _number(self, name: str) -> float:
        cell = self.table.cell(0, name)
        assert isinstance(cell, int | float), name
        return float(cell)
