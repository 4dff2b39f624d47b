"""What is explained: a metric over two periods, as sums that add up over parts, and its cells through the door."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from semantic.components import sides
from semantic.query import Order, SemanticQuery
from tools.desk import Desk
from tools.drivers.effects import Sides
from tools.metrics import governed_table
from tools.outcome import Mendable, PlainCell, Refusal, Table

Kind = Literal["sum", "distinct", "ratio"]
NOW, BEFORE = "", "__previous"


@dataclass(frozen=True)
class Frame:
    """One change to explain.

    `above` (and `below` for a ratio) are the metrics that add up over parts; `query` asks for the metric itself
    over the period, compared with the one before.
    """

    metric: str
    kind: Kind
    above: str
    below: str
    query: SemanticQuery
    scale: float = 1.0

    @property
    def metrics(self) -> tuple[str, ...]:
        """What the cells of a part are."""
        return (self.above, self.below) if self.below else (self.above,)


@dataclass(frozen=True)
class Part:
    """The cells of one value or pair of values: where they stand in its table, and what they say.

    Where two groups are compared instead of two periods, the other group's cells stand in `other_row`.
    """

    key: tuple[PlainCell, ...]
    row: int
    sides: Sides
    other_row: int | None = None


@dataclass(frozen=True)
class Cut:
    """All parts by one dimension or pair. `hidden` counts the rows that are not shown."""

    dimensions: tuple[str, ...]
    table: Table
    parts: tuple[Part, ...]
    hidden: int

    @property
    def complete(self) -> bool:
        """Whether every part is there: then the parts make up the whole."""
        return not (self.hidden or self.table.truncated or self.table.withholds)


def framed(query: SemanticQuery, desk: Desk) -> Frame | None:
    """The frame of a metric whose parts add up in some way; None for smallest and largest values and the like."""
    name = query.metrics[0]
    metric = desk.semantic.metrics[name]
    kinds = {desk.semantic.measures[measure].aggregation for measure, _ in metric.numerator + metric.denominator}
    base = SemanticQuery(
        metrics=(name,),
        filters=query.filters,
        time=query.time,
        compare_to=query.compare_to or "previous_period",
        attribution=query.attribution,
    )
    if not metric.denominator:
        kind: Kind | None = (
            "sum" if kinds <= {"sum", "count"} else "distinct" if kinds == {"count_distinct"} else None
        )
        return Frame(name, kind, name, "", base) if kind else None
    if not kinds <= {"sum", "count"}:
        return None
    above, below = sides(name, desk.semantic)
    return Frame(name, "ratio", above, below, base, metric.scale)


def governed_cells(frame: Frame, dimensions: tuple[str, ...], desk: Desk, title: str) -> Table | None:
    """The cells by some dimensions, through compiler and door; None where the reader or the data has none."""
    query = frame.query.model_copy(
        update={"metrics": frame.metrics, "dimensions": dimensions, "order_by": _by_change(frame, dimensions)}
    )
    try:
        table = governed_table(query, desk, title)
    except Mendable:
        return None
    return None if isinstance(table, Refusal) or not table.rows else table


def cut_by(frame: Frame, dimensions: tuple[str, ...], desk: Desk, title: str) -> Cut | None:
    """The parts by some dimensions; None where there are fewer than two."""
    table = governed_cells(frame, dimensions, desk, title)
    if table is None or len(table.rows) < 2:
        return None
    parts, hidden = [], 0
    for row in range(len(table.rows)):
        found = sides_of(frame, table, row)
        if found is None:
            hidden += 1
        else:
            parts.append(Part(tuple(table.cell(row, name) for name in dimensions), row, found))
    return Cut(dimensions, table, tuple(parts), hidden)


def sides_of(frame: Frame, table: Table, row: int) -> Sides | None:
    """A row's cells as numbers; None when one of them is not shown."""
    cells = [_number(table.cell(row, name + period)) for name in frame.metrics for period in (NOW, BEFORE)]
    if any(cell is None for cell in cells):
        return None
    return Sides(*(cell for cell in cells if cell is not None))


def _number(cell: PlainCell) -> float | None:
    return float(cell) if isinstance(cell, int | float) and not isinstance(cell, bool) else None


def _by_change(frame: Frame, dimensions: tuple[str, ...]) -> tuple[Order, ...]:
    return (Order(by=f"{frame.above}__change"),) if dimensions else ()
