"""Two results held against each other as sets of rows, and what kind of difference there is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

Failure = Literal[
    "EMPTY_RESULT",
    "RESULT_MISSING_ROWS",
    "RESULT_EXTRA_ROWS",
    "RESULT_MISSING_COLUMNS",
    "RESULT_EXTRA_COLUMNS",
    "RESULT_ORDER_DIFFERENCE",
    "SINGLE_CELL_DIFFERENCE",
    "COLUMN_TYPE_DIFFERENCE",
    "WRONG_METRIC",
    "WRONG_FILTER",
    "WRONG_PERIOD",
    "WRONG_BREAKDOWN",
    "WRONG_AGENT",
    "WRONG_TOOL",
    "WRONG_WORDS",
    "FORBIDDEN_WORDS",
    "WRONG_VERDICT",
    "UNGROUNDED",
    "OVER_ABSTAINED",
    "MISSED_REFUSAL",
    "OVER_BUDGET",
    "FAILED",
    "BROKEN_CASE",
]
Cell = str | float | bool | None
_RELATIVE, _ABSOLUTE = 1e-6, 1e-9


@dataclass(frozen=True)
class Result:
    """Rows under named columns. `hidden` are (row, column) cells that the reader may not see: they match any."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    hidden: frozenset[tuple[int, int]] = frozenset()


class _Hidden:
    """Equal to whatever it is held against."""


HIDDEN = _Hidden()


def difference(
    found: Result, wanted: Result, *, ordered: bool = False, first: int | None = None, extra_columns: bool = False
) -> tuple[Failure, ...]:
    """What is wrong with `found`; empty when it is `wanted`: same columns, same rows any number of times over.

    Columns are paired by name, those without a namesake by what is in them. Numbers are equal within rounding.
    `first` compares only so many leading rows of `found`; `extra_columns` lets it have more than are wanted.
    """
    if not found.rows and wanted.rows:
        return ("EMPTY_RESULT",)
    places = _paired(found, wanted)
    if None in places:
        return ("RESULT_MISSING_COLUMNS",)
    if len(found.columns) > len(wanted.columns) and not extra_columns:
        return ("RESULT_EXTRA_COLUMNS",)
    ours = [_row(found, at, [p for p in places if p is not None]) for at in range(len(found.rows))][:first]
    theirs = [_row(wanted, at, range(len(wanted.columns))) for at in range(len(wanted.rows))][:first]
    return _rows_difference(ours, theirs, ordered=ordered)


def _rows_difference(
    ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]], *, ordered: bool
) -> tuple[Failure, ...]:
    extra, missing = _left_over(ours, theirs)
    if not extra and not missing:
        wrong_order = ordered and any(not _same_row(a, b) for a, b in zip(ours, theirs, strict=True))
        return ("RESULT_ORDER_DIFFERENCE",) if wrong_order else ()
    if len(extra) == len(missing):
        if _types_differ(extra, missing):
            return ("COLUMN_TYPE_DIFFERENCE",)
        if len(extra) == 1 and sum(not _same(a, b) for a, b in zip(extra[0], missing[0], strict=True)) == 1:
            return ("SINGLE_CELL_DIFFERENCE",)
    found: list[Failure] = []
    found += ["RESULT_MISSING_ROWS"] if missing else []
    found += ["RESULT_EXTRA_ROWS"] if extra else []
    return tuple(found)


def _left_over(
    ours: list[tuple[Any, ...]], theirs: list[tuple[Any, ...]]
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """What has no counterpart on the other side. Rows without hidden cells choose first."""
    missing, extra = list(theirs), []
    for row in sorted(ours, key=lambda row: sum(cell is HIDDEN for cell in row)):
        at = next((at for at, other in enumerate(missing) if _same_row(row, other)), None)
        if at is None:
            extra.append(row)
        else:
            missing.pop(at)
    return extra, missing


def _types_differ(extra: list[tuple[Any, ...]], missing: list[tuple[Any, ...]]) -> bool:
    """Whether the rows are the same once a number written as text counts as the number."""

    def loose(row: tuple[Any, ...]) -> tuple[str, ...]:
        return tuple("" if cell is None else str(_number(cell)) for cell in row)

    return sorted(map(loose, extra)) == sorted(map(loose, missing))


def _number(cell: Any) -> Any:
    try:
        return round(float(cell), 6)
    except (TypeError, ValueError):
        return cell


def _paired(found: Result, wanted: Result) -> list[int | None]:
    """For each wanted column the place of its counterpart, or None."""
    names = {name: at for at, name in enumerate(found.columns)}
    places = [names.get(name) for name in wanted.columns]
    free = [at for at in range(len(found.columns)) if at not in places]
    for at, place in enumerate(places):
        if place is None:
            like = [p for p in free if _alike(found, p, wanted, at)]
            places[at] = like[0] if like else (free[0] if len(free) == 1 else None)
            free = [p for p in free if p != places[at]]
    return places


def _alike(found: Result, place: int, wanted: Result, at: int) -> bool:
    """Whether two columns hold the same kind of cells, and share at least one of their values."""
    ours = [_plain(row[place]) for row in found.rows if row[place] is not None]
    theirs = [_plain(row[at]) for row in wanted.rows if row[at] is not None]
    return not ours or not theirs or any(_same(a, b) for a in ours for b in theirs[:50])


def _row(result: Result, at: int, places: Sequence[int]) -> tuple[Any, ...]:
    return tuple(HIDDEN if (at, p) in result.hidden else _plain(result.rows[at][p]) for p in places)


def _plain(cell: Any) -> Cell:
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == cell.min.time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return float(cell)
    return float(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell


def _same_row(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
    return all(_same(a, b) for a, b in zip(one, other, strict=True))


def _same(one: Any, other: Any) -> bool:
    if one is HIDDEN or other is HIDDEN:
        return True
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_RELATIVE, abs_tol=_ABSOLUTE)
    return type(one) is type(other) and bool(one == other)
