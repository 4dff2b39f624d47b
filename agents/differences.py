"""In what two results of one query differ: cells by their row's names and days, rows that came or went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from agents.answer import AnswerPart, Cell

Hidden = Literal["", "now", "then"]
Key = tuple[Cell, ...]


@dataclass(frozen=True)
class Shown:
    """One side: column names, rows, and the (row, column) cells that are hidden because few members are behind."""

    names: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    hidden: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class CellChange:
    """A cell that differs. `row` are its row's names and days; `change` is new less old, for numbers.

    `hidden` says that a side is not shown: a hidden cell is never said to be equal.
    """

    row: Key
    column: str
    old: Cell
    new: Cell
    change: float | None
    hidden: Hidden = ""


@dataclass(frozen=True)
class Differences:
    """All differences; `added` and `removed` rows are whole, by `names`. `equal` is the number of equal cells."""

    names: tuple[str, ...]
    cells: tuple[CellChange, ...] = ()
    added: tuple[tuple[Cell, ...], ...] = ()
    removed: tuple[tuple[Cell, ...], ...] = ()
    equal: int = 0

    @property
    def none(self) -> bool:
        """Whether the two are the same, cell by cell."""
        return not (self.cells or self.added or self.removed)


def of_part(part: AnswerPart) -> Shown:
    """The governed columns of a part of an answer: those that a query gave."""
    places = [at for at, column in enumerate(part.columns) if column.name not in part.formulas]
    hidden = {(row, places.index(at)) for row, at in part.suppressed if at in places}
    rows = tuple(tuple(row[at] for at in places) for row in part.rows)
    return Shown(tuple(part.columns[at].name for at in places), rows, frozenset(hidden))


def differences(old: Shown, new: Shown, keys: Sequence[str]) -> Differences:
    """The differences of two sides with the same columns; rows belong together by `keys`, else by their place."""
    names = tuple(name for name in old.names if name in new.names)
    at = [names.index(key) for key in keys if key in names]
    before, after = _by_key(old, names, at), _by_key(new, names, at)
    if at and (before is None or after is None):
        at = []
        before, after = _by_key(old, names, at), _by_key(new, names, at)
    assert before is not None
    assert after is not None
    cells, equal = [], 0
    for key in before:
        if key not in after:
            continue
        for column, name in enumerate(names):
            found = _change(key, name, before[key][column], after[key][column])
            equal += found is None and not before[key][column][1]
            cells += [found] if found else []
    return Differences(
        names,
        tuple(cells),
        tuple(_values(after[key]) for key in after if key not in before),
        tuple(_values(before[key]) for key in before if key not in after),
        equal,
    )


_Cell = tuple[Cell, bool]


def _by_key(side: Shown, names: tuple[str, ...], at: list[int]) -> dict[Key, list[_Cell]] | None:
    """Rows by their key cells (or numbers, from 1); None when two rows have one key."""
    places = [side.names.index(name) for name in names]
    rows = [
        [(row[place], (number, place) in side.hidden) for place in places] for number, row in enumerate(side.rows)
    ]
    keys: list[Key] = [tuple(row[i][0] for i in at) if at else (number,) for number, row in enumerate(rows, 1)]
    if any(count > 1 for count in Counter(keys).values()):
        return None
    return dict(zip(keys, rows, strict=True))


def _change(key: Key, name: str, old: _Cell, new: _Cell) -> CellChange | None:
    (before, was_hidden), (after, is_hidden) = old, new
    if was_hidden or is_hidden:
        if was_hidden and is_hidden:
            return None
        return CellChange(key, name, before, after, None, "now" if is_hidden else "then")
    if before == after and isinstance(before, str) == isinstance(after, str):
        return None
    return CellChange(key, name, before, after, _difference(before, after))


def _difference(old: Cell, new: Cell) -> float | None:
    if isinstance(old, int | float) and isinstance(new, int | float):
        return new - old
    return None


def _values(row: list[_Cell]) -> tuple[Cell, ...]:
    return tuple(cell for cell, _ in row)
