"""What a cube's statements give: one line a cell, its series as text; parsed, and added up to coarser cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from semantic.compiler.cube import CubeStatement
from tools.scout.cube import Floats
from warehouse.door import QueryResult

NO_VALUE = "\x00"  # of rows that have none: part of every wider cell, but no segment
Key = tuple[str | None, ...]


@dataclass(frozen=True, eq=False)
class Lines:
    """Cells by their fixed values (None: not fixed), and their sums, shape (measures, cells, days)."""

    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    keys: list[Key]
    sums: Floats


def lines_of(
    dimensions: tuple[str, ...], statements: Sequence[CubeStatement], results: Sequence[QueryResult], days: int
) -> Lines:
    """The lines of several statements over the same measures."""
    keys: list[Key] = []
    texts: list[str] = []
    for statement, result in zip(statements, results, strict=True):
        places = [statement.dimensions.index(name) if name in statement.dimensions else -1 for name in dimensions]
        bits = [len(statement.dimensions) - 1 - place for place in places]
        for row in result.rows:
            if row[-1] is None:
                continue  # no rows at all
            grouped = int(row[len(statement.dimensions)]) if statement.dimensions else 0
            keys.append(
                tuple(_value(row, place, grouped >> bit & 1) for place, bit in zip(places, bits, strict=True))
            )
            texts.append(row[-1])
    measures = statements[0].measures
    # in one order, whatever order they came in: sums of sums must come out the same to the last bit
    order = sorted(
        range(len(keys)), key=lambda line: tuple((value is not None, value or "") for value in keys[line])
    )
    sums = _sums([texts[line] for line in order], len(measures), days)
    return Lines(dimensions, measures, [keys[line] for line in order], sums)


def _value(row: tuple[object, ...], place: int, free: int) -> str | None:
    if place < 0 or free:
        return None
    return NO_VALUE if row[place] is None else str(row[place])


def _sums(texts: Sequence[str], measures: int, days: int) -> Floats:
    block = np.zeros((measures, len(texts), days))
    if not texts:
        return block
    numbers = np.fromstring(" ".join(texts), sep=" ").reshape(-1, 1 + measures)
    sizes = np.array([text.count(" ") + 1 for text in texts], dtype=np.int64) // (1 + measures)
    cells, at = np.repeat(np.arange(len(texts)), sizes), numbers[:, 0].astype(np.int64)
    for place in range(measures):
        block[place, cells, at] = numbers[:, 1 + place]
    return block


def with_margins(lines: Lines, sets: Sequence[tuple[str, ...]]) -> Lines:
    """The lines with those of coarser sets, added up from finer ones where they were not read themselves."""
    places: dict[frozenset[str], list[int]] = {}
    for number, key in enumerate(lines.keys):
        fixed = frozenset(name for name, value in zip(lines.dimensions, key, strict=True) if value is not None)
        places.setdefault(fixed, []).append(number)
    keys, blocks = list(lines.keys), [lines.sums]
    for names in sets:
        finer = [known for known in places if frozenset(names) < known]
        if frozenset(names) in places or not finer:
            continue
        rows = places[min(finer, key=lambda known: (len(places[known]), sorted(known)))]
        groups: dict[Key, list[int]] = {}
        for row in rows:
            values = zip(lines.dimensions, lines.keys[row], strict=True)
            groups.setdefault(tuple(v if name in names else None for name, v in values), []).append(row)
        order = np.array([row for group in groups.values() for row in group])
        starts = np.cumsum([0, *(len(group) for group in groups.values())])[:-1]
        keys += groups
        blocks.append(np.add.reduceat(lines.sums[:, order], starts, axis=1))
    return Lines(lines.dimensions, lines.measures, keys, np.concatenate(blocks, axis=1))
