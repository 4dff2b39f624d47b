"""Drivers as tables: every cell a formula over governed cells, the rest in a row of its own, and a closing row.

A part that is not shown, or is one of many, has no row here: together they are "All others", which is the whole
less the rows that are shown. So the rows always add up to the change, and nothing is told that the reader could
not work out from what they may see.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tools.drivers.effects import Effect, Sides, ratio_effects, sum_effects
from tools.drivers.frame import BEFORE, Cut, Frame, Part
from tools.formula import FormulaError, HiddenCell, evaluate, formula_for
from tools.outcome import Column, PlainCell, Table

ROWS_TOLD = 8
LEAST_LEFT = 0.2
OTHERS, OVERLAP, WHOLE = "All others", "Counted under several", "Total"
CONTRIBUTION, SHARE, SHARE_BEFORE = "contribution", "share_of_change", "share_before"
_PERCENT: dict[str, int] = {"rate": 100}


@dataclass(frozen=True)
class Place:
    """Where tables stand in an answer: the compared whole, its two sides (the whole itself for a sum), the parts'
    cells, and the table to be made.

    Of two groups each stands in a row of its own of the whole and of its sides; `names` are theirs.
    """

    whole: int
    sides: int
    cells: int
    made: int
    rows: tuple[int, int] | None = None
    side_rows: tuple[int, int] | None = None
    names: tuple[str, str] = ("", "before")

    def level(self, metric: str) -> tuple[str, str]:
        """The whole's figure now and before, or of the one group and the other."""
        return self._pair(self.whole, metric, self.rows)

    def side(self, metric: str) -> tuple[str, str]:
        """What is summed over the whole, now and before."""
        return self._pair(self.sides, metric, self.side_rows)

    def change(self, metric: str) -> str:
        """The change of the whole's figure, or the difference of the two groups."""
        return f"sub({', '.join(self.level(metric))})" if self.rows else f"cell:{self.whole}:0:{metric}__change"

    def label(self, text: str, at: int) -> str:
        """A column's label for the one side or the other."""
        return f"{text}, {self.names[at]}" if self.names[at] else text

    def _pair(self, table: int, metric: str, rows: tuple[int, int] | None) -> tuple[str, str]:
        if rows is None:
            return f"cell:{table}:0:{metric}", f"cell:{table}:0:{metric}{BEFORE}"
        return f"cell:{table}:{rows[0]}:{metric}", f"cell:{table}:{rows[1]}:{metric}"


@dataclass(frozen=True)
class _Row:
    """A row to be: its key and the formulas of what it counts and what that is divided by, now and before."""

    key: tuple[PlainCell, ...]
    sides: Sides
    now: str
    before: str
    base_now: str = ""
    base_before: str = ""


def driver_table(frame: Frame, cut: Cut, whole: Sides, place: Place, tables: Sequence[Table], title: str) -> Table:
    """What each value adds to the change, the furthest first, with the others in one row and the total.

    `tables` are those of the answer before this one, with whatever stands later in their places.
    """
    rows, rest = _rows(frame, cut, whole, place)
    every = [*rows, *([rest] if rest else [])]
    columns, formulas = (_of_ratio if frame.kind == "ratio" else _of_sum)(frame, every, place, tables)
    if _cancels(_effects(frame, cut.parts, whole)):
        columns, formulas = (
            tuple(c for c in columns if c.name != SHARE),
            {k: v for k, v in formulas.items() if k != SHARE},
        )
    dimensions = tuple(replace(c, role="dimension") for c in cut.table.columns if c.name in cut.dimensions)
    total: tuple[PlainCell, ...] = (WHOLE,) * len(cut.dimensions)
    empty = Table(
        title,
        (*dimensions, *columns),
        (),
        interpretation=cut.table.interpretation,
        formulas=formulas,
        small_cell=cut.table.small_cell,
    )
    return computed_at(empty, [*(row.key for row in every), total], place.made, tables)


def computed_at(
    empty: Table,
    keys: Sequence[tuple[PlainCell, ...]],
    number: int,
    tables: Sequence[Table],
    constants: Mapping[str, float] | None = None,
) -> Table:
    """The table with its cells worked out, column by column, as part `number` of the tables."""
    width = len(empty.columns)
    grid: list[list[PlainCell]] = [[*key, *([None] * (width - len(key)))] for key in keys]
    hidden: set[tuple[int, int]] = set()
    for at in range(len(keys[0]) if keys else 0, width):
        name = empty.columns[at].name
        for row in range(len(grid)):
            so_far = replace(empty, rows=tuple(map(tuple, grid)), suppressed=frozenset(hidden))
            whole = [*tables[:number], so_far, *tables[number + 1 :]]
            try:
                grid[row][at] = evaluate(formula_for(empty.formulas, name, row), whole, constants or {})
            except HiddenCell:
                hidden.add((row, at))
            except FormulaError:
                pass
    return replace(empty, rows=tuple(map(tuple, grid)), suppressed=frozenset(hidden))


def _rows(frame: Frame, cut: Cut, whole: Sides, place: Place) -> tuple[list[_Row], _Row | None]:
    """The rows with the largest effects in the order of the change, and one for all the others."""
    effects = _effects(frame, cut.parts, whole)
    change = sum(effect.whole for effect in effects)
    largest = sorted(
        zip(cut.parts, effects, strict=True), key=lambda pair: (-abs(pair[1].whole), str(pair[0].key))
    )
    kept = [pair for pair in largest[:ROWS_TOLD] if pair[1].whole or len(largest) <= ROWS_TOLD]
    kept.sort(key=lambda pair: (-pair[1].whole if change >= 0 else pair[1].whole, str(pair[0].key)))
    rows = [_row(frame, part, place) for part, _ in kept]
    if cut.complete and len(kept) == len(cut.parts) and frame.kind != "distinct":
        return rows, None
    left = whole.minus([part.sides for part, _ in kept])
    name = OVERLAP if frame.kind == "distinct" and cut.complete and len(kept) == len(cut.parts) else OTHERS
    return rows, _rest(frame, rows, left, place, (name,) * len(cut.dimensions))


def _effects(frame: Frame, parts: Sequence[Part], whole: Sides) -> list[Effect]:
    found = [part.sides for part in parts]
    return ratio_effects(found, whole) if frame.kind == "ratio" else sum_effects(found)


def _cancels(effects: Sequence[Effect]) -> bool:
    """Whether the parts' moves nearly cancel: shares of what is left over would be many times the whole."""
    moved = math.fsum(abs(effect.whole) for effect in effects)
    return abs(math.fsum(effect.whole for effect in effects)) < LEAST_LEFT * moved


def _row(frame: Frame, part: Part, place: Place) -> _Row:
    cells = []
    for name in frame.metrics:
        own = f"cell:{place.cells}:{part.row}:{name}"
        other = f"cell:{place.cells}:{part.other_row}:{name}" if part.other_row is not None else f"{own}{BEFORE}"
        cells += [own, other]
    return _Row(part.key, part.sides, *cells)


def _rest(frame: Frame, rows: Sequence[_Row], left: Sides, place: Place, key: tuple[PlainCell, ...]) -> _Row:
    told = [(row.now, row.before, row.base_now, row.base_before) for row in rows]
    whole = [side for name in frame.metrics for side in place.side(name)]
    cells = [f"sub({', '.join([total, *(row[at] for row in told)])})" for at, total in enumerate(whole)]
    return _Row(key, left, *cells)


def _of_sum(
    frame: Frame, rows: Sequence[_Row], place: Place, tables: Sequence[Table]
) -> tuple[tuple[Column, ...], dict[str, str]]:
    label, unit = _metric(frame, tables, place)
    last = len(rows)
    level = place.level(frame.metric)
    formulas = _by_row("now", [row.now for row in rows], level[0])
    formulas |= _by_row("before", [row.before for row in rows], level[1])
    here = f"{place.made}:{{row}}"
    formulas |= {
        CONTRIBUTION: f"sub(cell:{here}:now, cell:{here}:before)",
        f"{CONTRIBUTION}[{last}]": f"sum:{place.made}:{CONTRIBUTION}:0:{last - 1}",
        SHARE: f"div(cell:{here}:{CONTRIBUTION}, {place.change(frame.metric)})",
        SHARE_BEFORE: f"div(cell:{here}:before, {level[1]})",
    }
    return (
        Column("now", "DOUBLE", unit, "derived", place.label(label, 0)),
        Column("before", "DOUBLE", unit, "derived", place.label(label, 1)),
        Column(CONTRIBUTION, "DOUBLE", unit, "metric", "Adds to the change"),
        Column(SHARE, "DOUBLE", "rate", "derived", "Share of the change"),
        Column(SHARE_BEFORE, "DOUBLE", "rate", "derived", "Share of the figure before"),
    ), formulas


def _of_ratio(
    frame: Frame, rows: Sequence[_Row], place: Place, tables: Sequence[Table]
) -> tuple[tuple[Column, ...], dict[str, str]]:
    label, unit = _metric(frame, tables, place)
    factor = _PERCENT.get(unit, 1)
    last, here, scale = len(rows), f"cell:{place.made}:{{row}}", _plain(frame.scale)
    level, base = place.level(frame.metric), place.side(frame.below)
    formulas = _by_row("now", [f"mul({scale}, div({row.now}, {row.base_now}))" for row in rows], level[0])
    formulas |= _by_row(
        "before", [f"mul({scale}, div({row.before}, {row.base_before}))" for row in rows], level[1]
    )
    formulas |= _by_row("weight", [f"div({row.base_now}, {base[0]})" for row in rows], _sum(place, "weight", last))
    formulas |= _by_row(
        "weight_before",
        [f"div({row.base_before}, {base[1]})" for row in rows],
        _sum(place, "weight_before", last),
    )
    middle = f"mul(0.5, add({level[0]}, {level[1]}))"
    formulas["rate_effect"] = (
        f"mul({factor}, 0.5, add({here}:weight, {here}:weight_before), sub({here}:now, {here}:before))"
    )
    formulas["mix_effect"] = (
        f"mul({factor}, sub({here}:weight, {here}:weight_before), "
        f"sub(mul(0.5, add({here}:now, {here}:before)), {middle}))"
    )
    for at, row in enumerate(rows):
        formulas |= _without_base(row, at, factor, scale, base, middle, here)
    formulas |= {f"{name}[{last}]": _sum(place, name, last) for name in ("rate_effect", "mix_effect")}
    formulas[CONTRIBUTION] = f"add({here}:rate_effect, {here}:mix_effect)"
    formulas[SHARE] = f"div({here}:{CONTRIBUTION}, mul({factor}, {place.change(frame.metric)}))"
    points = "points" if unit == "rate" else unit
    return (
        Column("now", "DOUBLE", unit, "derived", place.label(label, 0)),
        Column("before", "DOUBLE", unit, "derived", place.label(label, 1)),
        Column("weight", "DOUBLE", "rate", "derived", place.label("Weight", 0)),
        Column("weight_before", "DOUBLE", "rate", "derived", place.label("Weight", 1)),
        Column("rate_effect", "DOUBLE", points, "derived", "By its own change"),
        Column("mix_effect", "DOUBLE", points, "derived", "By its weight"),
        Column(CONTRIBUTION, "DOUBLE", points, "metric", "Adds to the change"),
        Column(SHARE, "DOUBLE", "rate", "derived", "Share of the change"),
    ), formulas


def _without_base(
    row: _Row, at: int, factor: int, scale: str, base: Sequence[str], middle: str, here: str
) -> dict[str, str]:
    """The formulas of a row that has nothing to divide by in a period: see `effects.ratio_effects`."""
    found = row.sides
    if found.base_now and found.base_before:
        return {}
    counted, lost = f"div({row.now}, {base[0]})", f"div({row.before}, {base[1]})"
    if found.base_now:
        rate, mix = f"-{factor}, {scale}, {lost}", f"{factor}, {here}:weight, sub({here}:now, {middle})"
    elif found.base_before:
        rate, mix = (
            f"{factor}, {scale}, {counted}",
            f"-{factor}, {here}:weight_before, sub({here}:before, {middle})",
        )
    else:
        rate, mix = f"{factor}, {scale}, sub({counted}, {lost})", "0, 1"
    return {f"rate_effect[{at}]": f"mul({rate})", f"mix_effect[{at}]": f"mul({mix})"}


def _by_row(name: str, formulas: Sequence[str], total: str) -> dict[str, str]:
    """A formula for each row and one for the total, which comes last and stands for all rows without their own."""
    return {name: total} | {f"{name}[{row}]": formula for row, formula in enumerate(formulas)}


def _sum(place: Place, name: str, rows: int) -> str:
    return f"sum:{place.made}:{name}:0:{rows - 1}"


def _metric(frame: Frame, tables: Sequence[Table], place: Place) -> tuple[str, str]:
    whole = tables[place.whole]
    column = whole.columns[whole.column(frame.metric)]
    return column.label, column.unit


def _plain(number: float) -> str:
    """A number as the formula language writes it: never with an exponent."""
    return str(int(number)) if float(number).is_integer() else f"{number:.20f}".rstrip("0")
