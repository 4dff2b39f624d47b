"""A door that blanks cells of what the real one gives, as it does where few members are behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from warehouse.door import QueryResult, Warehouse
from warehouse.principal import Principal

Cells = set[tuple[int, int]]
Choose = Callable[[QueryResult, list[int]], Cells]


class VeilingDoor:
    """`choose` names the (row, column) cells to blank among the measures of each result of a question."""

    def __init__(self, inner: Warehouse, choose: Choose) -> None:
        self._inner = inner
        self.choose = choose

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def query(self, sql: str, principal: Principal, **given: Any) -> QueryResult:
        """The inner door's rows with blanks; without a visible measure there are no rows."""
        found = self._inner.query(sql, principal, **given)
        measures = [at for at in range(len(found.columns)) if any(_is_number(row[at]) for row in found.rows)]
        if given.get("context") is None or principal.role != "executive" or not measures:
            return found
        hidden = self.choose(found, measures)
        if all((row, at) in hidden for row in range(len(found.rows)) for at in measures):
            return replace(found, rows=[], suppressed=frozenset())
        rows = [
            tuple(None if (row, at) in hidden else cell for at, cell in enumerate(cells))
            for row, cells in enumerate(found.rows)
        ]
        return replace(found, rows=rows, suppressed=frozenset(hidden))


def all_of_it(found: QueryResult, measures: list[int]) -> Cells:
    """Every measure."""
    return {(row, at) for row in range(len(found.rows)) for at in measures}


def smallest(found: QueryResult, measures: list[int]) -> Cells:
    """The third of the rows with the smallest first measure, one at least."""
    order = sorted(range(len(found.rows)), key=lambda row: float(found.rows[row][measures[0]] or 0))
    return {(row, at) for row in order[: max(1, len(order) // 3)] for at in measures}


def largest(found: QueryResult, measures: list[int]) -> Cells:
    """The row with the largest first measure of several."""
    if len(found.rows) < 2:
        return set()
    row = max(range(len(found.rows)), key=lambda row: float(found.rows[row][measures[0]] or 0))
    return {(row, at) for at in measures}


def first_cell(found: QueryResult, measures: list[int]) -> Cells:
    """One measure of the first row."""
    return {(0, measures[0])}


def last_measure(found: QueryResult, measures: list[int]) -> Cells:
    """The last measure of every second row."""
    return {(row, measures[-1]) for row in range(0, len(found.rows), 2)}


def _is_number(cell: object) -> bool:
    return isinstance(cell, int | float | Decimal) and not isinstance(cell, bool)
