"""A panel: one table of a view with everything that explains its figures, and the same as JSON and CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tools.formula import formula_for
from tools.outcome import Column, PlainCell, Table
from tools.savings import computed
from ui.csv_text import csv_text

GOVERNED, ANALYSIS, RECORDS, STATEMENT = "governed_metric", "analysis", "records", "statement"
TRUST = {
    GOVERNED: "A governed metric: the semantic model's own definition, compiled and run through the door.",
    ANALYSIS: "An analysis: declared formulas over governed figures, each of which can be looked at.",
    RECORDS: "Records of this command center itself, not a query of the warehouse.",
    STATEMENT: "A statement that a reader wrote, judged by the guard; its figures are not governed metrics.",
}


@dataclass(frozen=True)
class Panel:
    """A table with the tables that its formulas use. `parts[at]` is the table itself.

    `note` says how to read it, `lacking` the filters that its metrics cannot be cut by.
    """

    key: str
    table: Table
    parts: tuple[Table, ...] = ()
    at: int = 0
    constants: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    lacking: tuple[str, ...] = ()
    trust: str = GOVERNED

    def cell(self, row: int, name: str) -> PlainCell:
        """A value by row and column name."""
        return self.table.cell(row, name)

    def column(self, name: str) -> Column:
        """A column by name."""
        return self.table.columns[self.table.column(name)]

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return any(column.name == name for column in self.table.columns)

    def number(self, row: int, name: str) -> float | None:
        """A value that is a number, None otherwise."""
        if not self.has(name) or row >= len(self.table.rows):
            return None
        value = self.cell(row, name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def formula(self, row: int, name: str) -> str:
        """The formula of a computed cell; empty for one that a query gave."""
        formulas = self.table.formulas
        return formula_for(formulas, name, row) if name in formulas else ""


def composed(
    key: str,
    title: str,
    columns: Sequence[Column],
    given: Sequence[tuple[PlainCell, ...]],
    bases: Sequence[Table],
    formulas: Mapping[str, str],
    *,
    constants: Mapping[str, float] | None = None,
    interpretation: str = "",
    note: str = "",
) -> Panel:
    """A computed panel: the given cells, then formulas over `bases`, which are its parts 1, 2, 3 ..."""
    numbers = dict(constants or {})
    empty = Table(title, tuple(columns), (), interpretation=interpretation, formulas=dict(formulas))
    table = computed(empty, given, bases, numbers)
    return Panel(key, table, (table, *bases), 0, numbers, note, trust=ANALYSIS)


def renamed(panel: Panel, **labels: str) -> Panel:
    """The panel with other labels for some columns."""
    columns = tuple(replace(column, label=labels.get(column.name, column.label)) for column in panel.table.columns)
    return replace(panel, table=replace(panel.table, columns=columns))


def document(panel: Panel) -> dict[str, Any]:
    """The panel as JSON holds it."""
    table = panel.table
    return {
        "key": panel.key,
        "title": table.title,
        "columns": [
            {"name": c.name, "type": c.type, "unit": c.unit, "role": c.role, "label": c.label}
            for c in table.columns
        ],
        "rows": [list(row) for row in table.rows],
        "suppressed": sorted([row, at] for row, at in table.suppressed),
        "interpretation": table.interpretation,
        "trust": panel.trust,
        "sql": table.sql,
        "semantic_query": table.query.model_dump(mode="json", exclude_defaults=True) if table.query else None,
        "formulas": dict(table.formulas),
        "constants": dict(panel.constants),
        "note": panel.note,
        "not_cut_by": list(panel.lacking),
    }


def as_csv(panel: Panel) -> str:
    """The panel's rows as CSV."""
    return csv_text([column.name for column in panel.table.columns], panel.table.rows)
