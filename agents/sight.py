"""A result as a chat model sees it (`agents.toolbox.seen_by_model`), read back into something to write from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from semantic.query import SemanticQuery, TimeRange
from tools.outcome import PlainCell


@dataclass(frozen=True)
class SeenColumn:
    """A column of a seen table."""

    name: str
    label: str
    unit: str
    role: str


@dataclass(frozen=True)
class SeenTable:
    """The rows of a table that a summary holds, by their number in the whole table of `count` rows.

    `suppressed`, `small_cell` and `left_out` as in `tools.outcome.Table`.
    """

    part: int
    title: str
    query: SemanticQuery | None
    columns: tuple[SeenColumn, ...]
    rows: dict[int, list[PlainCell]]
    count: int
    truncated: bool
    formulas: dict[str, str]
    compared_with: TimeRange | None
    suppressed: frozenset[tuple[int, int]] = frozenset()
    small_cell: int = 0
    left_out: int = 0

    @property
    def complete(self) -> bool:
        """Whether every row of the whole result is here."""
        return len(self.rows) == self.count and not self.truncated

    def position(self, name: str) -> int:
        """Where a column stands; -1 when there is none of that name."""
        return next((i for i, column in enumerate(self.columns) if column.name == name), -1)

    def has(self, name: str) -> bool:
        """Whether there is a column of that name."""
        return self.position(name) >= 0

    def column(self, name: str) -> SeenColumn:
        """A column by name."""
        return self.columns[self.position(name)]

    def cell(self, row: int, name: str) -> PlainCell:
        """A cell, None when the column is absent."""
        at = self.position(name)
        return self.rows[row][at] if at >= 0 else None

    def number(self, row: int, name: str) -> float | None:
        """A cell that is a number, else None."""
        cell = self.cell(row, name)
        return cell if isinstance(cell, int | float) and not isinstance(cell, bool) else None

    def hides(self, row: int, name: str) -> bool:
        """Whether a cell is blank because too few members are behind it."""
        return (row, self.position(name)) in self.suppressed

    def shows_part(self, name: str) -> bool:
        """Whether figures of a column are missing because too few members are behind them."""
        at = self.position(name)
        return bool(self.left_out) or any(column == at for _, column in self.suppressed)

    def shown(self, name: str) -> int:
        """How many rows show their figure of a column, as far as suppression goes."""
        at = self.position(name)
        return self.count - sum(column == at for _, column in self.suppressed)

    def names(self, role: str) -> list[str]:
        """Column names of a role, in order."""
        return [column.name for column in self.columns if column.role == role]


@dataclass(frozen=True)
class Sight:
    """Everything a chat model has seen for one question."""

    shape: str
    provenance: str
    constants: dict[str, float]
    notes: tuple[str, ...]
    tables: tuple[SeenTable, ...]


def sight_of(summaries: list[dict[str, Any]]) -> Sight:
    """One sight over the results of one or more tool calls; their tables are numbered through."""
    tables: list[SeenTable] = []
    for summary in summaries:
        tables += [_table(entry, len(tables) + i) for i, entry in enumerate(summary["tables"])]
    return Sight(
        shape=summaries[0]["shape"],
        provenance=summaries[0]["provenance"],
        constants={name: value for summary in summaries for name, value in summary["constants"].items()},
        notes=tuple(dict.fromkeys(note for summary in summaries for note in summary["notes"])),
        tables=tuple(tables),
    )


def _table(entry: dict[str, Any], part: int) -> SeenTable:
    return SeenTable(
        part=part,
        title=entry["title"],
        query=SemanticQuery.model_validate(entry["query"]) if entry["query"] else None,
        columns=tuple(SeenColumn(**column) for column in entry["columns"]),
        rows={int(index): row for index, row in entry["rows"].items()},
        count=entry["row_count"],
        truncated=entry["truncated"],
        formulas=entry["formulas"],
        compared_with=TimeRange.model_validate(entry["compared_with"]) if entry["compared_with"] else None,
        suppressed=frozenset((row, column) for row, column in entry.get("suppressed", ())),
        small_cell=entry.get("small_cell", 0),
        left_out=entry.get("left_out", 0),
    )
