"""Why two groups differ: how much comes from each value's own ratio, how much from their being made up otherwise.

The same exact split as of a change over time, with the groups in place of the periods (Kitagawa 1955).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from semantic.query import SemanticQuery
from tools.desk import Desk
from tools.drivers.choosing import chosen, rated, usual_spread
from tools.drivers.effects import Sides
from tools.drivers.explain import (
    DRIVES,
    NOTHING_STANDS_OUT,
    OUTCOMES,
    SAME_AS,
    by_words,
    goes_without_saying,
    may_be_told,
)
from tools.drivers.frame import Cut, Frame, Part, framed
from tools.drivers.layout import Place, driver_table
from tools.metrics import governed_table
from tools.outcome import Mendable, PlainCell, Table


def gap_tables(lead: Table, compared: str, desk: Desk) -> list[Table] | None:
    """What the difference of two groups in a governed table comes from: the drivers, then the cells below.

    The first table of the answer is `lead`. None unless there are two groups and a ratio whose parts add up.
    """
    query = lead.query
    frame = framed(query, desk) if query else None
    if query is None or frame is None or frame.kind != "ratio" or len(lead.rows) != 2:
        return None
    groups = [str(lead.cell(row, compared)) for row in range(2)]
    sides = _asked(query, frame, (compared,), desk)
    found = [_sides(frame, sides, row) for row in _rows_of(sides, compared, groups)] if sides else []
    if sides is None or len(found) != 2 or None in found:
        return None
    one, other = (side for side in found if side is not None)
    whole = Sides(one.now, other.now, one.base_now, other.base_now)
    if not (whole.base_now and whole.base_before):
        return None
    names = _names(query, frame, compared, desk)
    cuts = [cut for name in names if (cut := _cut(query, frame, name, compared, groups, desk))]
    cuts = [c for c in cuts if not goes_without_saying(frame, c, whole) and may_be_told(frame, c, whole, desk)]
    ranked = chosen(rated(frame, whole, cuts, usual_spread(frame, whole, cuts)))
    if not ranked:
        return None
    count = len(ranked)
    by = [by_words(entry.cut.dimensions, frame, desk) for entry in ranked]
    below = [replace(entry.cut.table, title=f"Figures {words}") for entry, words in zip(ranked, by, strict=True)]
    tables: list[Table] = [lead, *[lead] * count, sides, *below]
    side_rows = _rows_of(sides, compared, groups)
    labels = (desk.values.label(compared, groups[0]), desk.values.label(compared, groups[1]))
    for at, entry in enumerate(ranked):
        place = Place(0, count + 1, count + 2 + at, at + 1, (0, 1), (side_rows[0], side_rows[1]), labels)
        title = f"{DRIVES if entry.tells else NOTHING_STANDS_OUT}, {by[at]}"
        tables[at + 1] = driver_table(frame, entry.cut, whole, place, tables, title)
    return tables[1:]


def _names(query: SemanticQuery, frame: Frame, compared: str, desk: Desk) -> list[str]:
    allowed = desk.semantic.dimensions_of(frame.metric)
    fixed = {f.dimension for f in query.filters if f.op == "in" and len(f.values) == 1} | {compared, *OUTCOMES}
    names = [name for name in desk.semantic.dimensions if name in allowed and name not in fixed]
    kin = set(compared.split("_")) - {"member", "call", "type"}
    return [name for name in names if SAME_AS.get(name) not in names and not kin & set(name.split("_"))]


def _asked(query: SemanticQuery, frame: Frame, dimensions: tuple[str, ...], desk: Desk) -> Table | None:
    asked = query.model_copy(
        update={
            "metrics": frame.metrics,
            "dimensions": dimensions,
            "order_by": (),
            "limit": None,
            "compare_to": None,
        }
    )
    try:
        table = governed_table(asked, desk, "What the rate is made of")
    except Mendable:
        return None
    return table if isinstance(table, Table) and table.rows else None


def _rows_of(table: Table, compared: str, groups: Sequence[str]) -> list[int]:
    named = [str(table.cell(row, compared)) for row in range(len(table.rows))]
    return [named.index(group) for group in groups if group in named]


def _sides(frame: Frame, table: Table, row: int) -> Sides | None:
    cells = [table.cell(row, name) for name in frame.metrics]
    numbers = [float(cell) for cell in cells if isinstance(cell, int | float) and not isinstance(cell, bool)]
    return Sides(numbers[0], 0.0, numbers[1], 0.0) if len(numbers) == len(cells) else None


def _cut(
    query: SemanticQuery, frame: Frame, name: str, compared: str, groups: Sequence[str], desk: Desk
) -> Cut | None:
    """The values that both groups have, with the cells of each; the others stay in what is left."""
    if not all(desk.semantic.adds_up_by(metric, (name,)) for metric in frame.metrics):
        return None
    table = _asked(query, frame, (name, compared), desk)
    if table is None:
        return None
    places: dict[PlainCell, dict[str, int]] = {}
    for row in range(len(table.rows)):
        places.setdefault(table.cell(row, name), {})[str(table.cell(row, compared))] = row
    parts = []
    for value, rows in places.items():
        both = [_sides(frame, table, rows[group]) if group in rows else None for group in groups]
        one, other = both
        if one is not None and other is not None:
            sides = Sides(one.now, other.now, one.base_now, other.base_now)
            parts.append(Part((value,), rows[groups[0]], sides, rows[groups[1]]))
    return Cut((name,), table, tuple(parts), len(places) - len(parts)) if len(parts) > 1 else None
