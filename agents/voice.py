"""Facts about one table in words: its metrics, periods, filters, row names and how a number moved."""

from __future__ import annotations

from dataclasses import dataclass

from agents.answer import Fact
from agents.claims import NOTHING
from agents.disclosure import SCOPE, SMALL_CELL, few_members
from agents.prose import Piece, number, series
from agents.sight import SeenTable, Sight
from agents.wording import days_in_words, earlier_in_words, in_sentence, lead_in, threshold, written
from semantic.attribution import todays_dimensions
from semantic.echo import has_history
from semantic.model import SemanticModel
from semantic.query import DimensionFilter, TimeRange
from semantic.values import ValueDictionary
from semantic.windows import uneven

MANY = 3
VISIBLE = 0.05  # half of the last digit that changes are written with


@dataclass(frozen=True)
class Voice:
    """Speaks about one table in the semantic model's words."""

    semantic: SemanticModel
    values: ValueDictionary
    table: SeenTable

    def metric(self, name: str, *, start: bool = False) -> Fact:
        """A metric's label as a fact, small-lettered inside a sentence."""
        label = self.table.column(name).label or name.replace("_", " ")
        return Fact(text=label if start else in_sentence(label), value=name, source=f"query:metric:{name}")

    def cell(self, row: int, name: str) -> Fact:
        """A number cell as it is written."""
        value = self.table.number(row, name)
        if value is None:
            text = "not shown" if self.table.hides(row, name) else "n/a"
            return Fact(text=text, value="", source=f"cell:{self.table.part}:{row}:{name}")
        return number(value, self.table.column(name).unit, f"cell:{self.table.part}:{row}:{name}")

    def few(self) -> Fact:
        """fewer than 11 members: why a figure of the table is not shown."""
        least = self.table.small_cell
        return Fact(text=few_members(least), value=least, source=f"query:{SMALL_CELL}")

    def scope(self, *columns: str) -> list[Piece]:
        """that may be shown: what a superlative over a column with hidden figures is limited to, or nothing."""
        column = next((name for name in columns if self.table.has(name) and self.table.shows_part(name)), "")
        if not column:
            return []
        return [" ", Fact(text=SCOPE, value=column, source=f"shown:{self.table.part}:{column}")]

    def row_name(self, row: int) -> list[Piece]:
        """A row's dimension values: Billing; MAPD / New members."""
        pieces: list[Piece] = []
        for index, name in enumerate(self.table.names("dimension")):
            pieces += [" / " if index else "", self.value(row, name)]
        return pieces

    def value(self, row: int, dimension: str) -> Fact:
        """A dimension value by its label."""
        raw = str(self.table.cell(row, dimension))
        return Fact(
            text=self.values.label(dimension, raw), value=raw, source=f"cell:{self.table.part}:{row}:{dimension}"
        )

    def text(self, row: int, name: str) -> Fact:
        """A cell of words as it stands."""
        cell = str(self.table.cell(row, name))
        return Fact(text=cell, value=cell, source=f"text:{self.table.part}:{row}:{name}")

    def filters(self) -> list[Piece]:
        """for MAPD and PPO, Florida, excluding HMO: the query's filters as people say them, or nothing.

        Values that a breakdown shows anyway are left out; what members are today is called current.
        """
        query = self.table.query
        if query is None:
            return []
        todays = todays_dimensions(query, self.semantic)
        kept = [entry for entry in query.filters if entry.op == "in" and entry.dimension not in query.dimensions]
        pieces: list[Piece] = []
        for index, entry in enumerate(kept):
            current = "current " if entry.dimension in todays else ""
            pieces += [f"{', ' if index else ' for '}{current}", *self._values(entry)]
        for entry in query.filters:
            if entry.op == "not_in":
                current = "current " if entry.dimension in todays else ""
                pieces += [f" excluding {current}", *self._values(entry)]
        return pieces

    def thresholds(self) -> list[Piece]:
        """with total calls above 900: the query's conditions on metrics, or nothing."""
        query = self.table.query
        pieces: list[Piece] = []
        for item in query.having if query else ():
            text = threshold(item, self.semantic)
            pieces += [" ", Fact(text=text, value=item.value, source=f"query:having:{item.metric}")]
        return pieces

    def _values(self, entry: DimensionFilter) -> list[Piece]:
        shown: list[list[Piece]] = [[self._filter_value(entry.dimension, value)] for value in entry.values[:MANY]]
        left = len(entry.values) - MANY
        if left > 0:
            shown.append([number(left, "count", f"query:more:{entry.dimension}"), " others"])
        return series(shown)

    def _filter_value(self, dimension: str, value: str) -> Fact:
        return Fact(
            text=self.values.label(dimension, value), value=value, source=f"query:filter:{dimension}:{value}"
        )

    def period(self) -> list[Piece]:
        """in the last 30 days (30 September to 29 October 2026): the query's period, or nothing."""
        query = self.table.query
        if query is None or query.time is None or not has_history(query, self.semantic):
            return []
        before, after = lead_in(query.time)
        # The lead-in may hold a count ("last 30 days") that is the reader's own: it is one fact with the days.
        text = f"{before}{days_in_words(query.time)}{after}"
        return [" ", Fact(text=text, value=_iso(query.time), source=f"query:period:{self.table.part}")]

    def _longer(self, metric: str) -> bool:
        """Whether a sum is held against that of a longer or shorter period: then neither is better."""
        now, then = self.table.query and self.table.query.time, self.table.compared_with
        averaged = self.table.query is not None and self.table.query.average_per is not None
        return bool(now and then and not averaged and self.semantic.metrics[metric].additive and uneven(now, then))

    def before(self) -> Fact:
        """The period that a comparison looks back to: the 7 days before; the week before, to date."""
        period = self.table.compared_with
        text = earlier_in_words(period) if period else "before"
        return Fact(text=text, value=_iso(period) if period else "", source=f"query:previous:{self.table.part}")

    def moved(self, row: int, metric: str, *, brief: bool = False) -> list[Piece]:
        """up 14.0% from 73,800 in the week before (worse): how a compared metric moved; rates move in points."""
        part, previous = self.table.part, self.table.number(row, f"{metric}__previous")
        change = self.table.number(row, f"{metric}__change")
        if previous is None or change is None:
            return []
        relative = self.table.number(row, f"{metric}__change_pct")
        source = f"cell:{part}:{row}:{metric}__change"
        value, unit = self.table.number(row, metric), self.table.column(metric).unit
        before = self.cell(row, f"{metric}__previous")
        then = self.table.compared_with
        one_day = then is not None and not then.label and then.start == then.end
        earlier: list[Piece] = [] if brief else [" from ", before, " on " if one_day else " in ", self.before()]
        if value is None or steady(value, previous, unit):
            nearly = "" if self.cell(row, metric).text == before.text else "nearly "
            return [nearly, Fact(text="unchanged", value=0, source=f"direction:{source}"), *earlier]
        size = self.size_of_change(row, metric, change, relative)
        unlike = [", a period of another length"] if earlier and self._longer(metric) else []
        return [
            self.direction(change, source),
            " ",
            size,
            *earlier,
            *unlike,
            *self.verdict(metric, change, source),
        ]

    def direction(self, change: float, source: str) -> Fact:
        """up, down or unchanged, bound to the sign of a number."""
        sign = 0 if abs(change) < NOTHING else 1 if change > 0 else -1
        return Fact(text=("unchanged", "up", "down")[sign], value=sign, source=f"direction:{source}")

    def went(self, change: float, source: str) -> list[Piece]:
        """up 12.0%; unchanged alone, without a nought behind it."""
        if abs(change) < NOTHING:
            return [self.direction(change, source)]
        return [self.direction(change, source), " ", number(abs(change), "rate", f"formula:abs({source})")]

    def size_of_change(self, row: int, metric: str, change: float, relative: float | None) -> Fact:
        """14.0% for volumes and money; points for rates and scores, whose percentage would mislead."""
        unit, part = self.table.column(metric).unit, self.table.part
        if unit == "rate":
            return percentage_points(change, f"cell:{part}:{row}:{metric}__change")
        if relative is None or unit in ("score", "points", "percent"):
            return number(abs(change), unit, f"formula:abs(cell:{part}:{row}:{metric}__change)")
        return number(abs(relative), "rate", f"formula:abs(cell:{part}:{row}:{metric}__change_pct)")

    def verdict(self, metric: str, change: float, source: str) -> list[Piece]:
        """(better) or (worse) from the metric's polarity; nothing for a neutral one."""
        definition = self.semantic.metrics.get(metric)
        if definition is None or definition.polarity == "neutral" or self._longer(metric):
            return []
        good = (change > 0) == (definition.polarity == "higher")
        text = "better" if good else "worse"
        return [" (", Fact(text=text, value=1 if good else -1, source=f"polarity:{metric}:{source}"), ")"]


def percentage_points(change: float, source: str) -> Fact:
    """0.4 percentage points: how far apart two rates are; `source` is their difference, a fraction."""
    return of_percent(number(abs(change) * 100, "points", f"formula:mul(abs({source}), 100)"))


def of_percent(points: Fact) -> Fact:
    """2.5 points, told as percentage points."""
    return points.model_copy(update={"text": points.text.replace("point", "percentage point")})


def steady(new: float, old: float, unit: str) -> bool:
    """Whether a change cannot be seen as it would be written: the same figures, or a difference of 0.0."""
    if written(new, unit) == written(old, unit):
        return True
    if unit == "rate":
        return abs(new - old) * 100 < VISIBLE
    if unit in ("score", "points", "percent") or not old:
        return abs(new - old) < (VISIBLE if unit in ("points", "percent") else VISIBLE / 10)
    return abs(new - old) / abs(old) * 100 < VISIBLE


def _iso(period: TimeRange) -> str:
    return f"{period.start.isoformat()}/{period.end.isoformat()}"


def interval(sight: Sight) -> Fact:
    """80%: how much an interval of the answer holds."""
    percent = sight.constants["interval_pct"]
    return Fact(text=f"{percent:g}%", value=percent, unit="percent", source="query:interval_pct")
