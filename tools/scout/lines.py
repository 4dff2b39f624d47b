"""What a cube's statements give: one line a cell, its series as text; parsed, and added up to coarser cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

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

    def beside(self, other: Lines) -> Lines:
        """These lines and those of other groupings."""
        sums = np.concatenate([self.sums, other.sums], axis=1)
        return Lines(self.dimensions, self.measures, [*self.keys, *other.keys], sums)


@dataclass(frozen=True)
class Holder:
    """Which value of `coarser` holds each value of the dimension `finer`."""

    finer: str
    coarser: str
    values: Mapping[str, str]


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


def nested_values(lines: Lines, pairs: Sequence[tuple[str, str]]) -> tuple[Lines, dict[str, Holder]]:
    """The lines without those of the pairs, and by coarser dimension what the pairs say of its values.

    A pair of which neither value lies in one of the other only is left out.
    """
    found: dict[str, Holder] = {}
    rest = np.ones(len(lines.keys), dtype=bool)
    for pair in pairs:
        at = [lines.dimensions.index(name) for name in pair]
        mine = [n for n, key in enumerate(lines.keys) if all(key[place] is not None for place in at)]
        rest[mine] = False
        seen = {(lines.keys[n][at[0]] or "", lines.keys[n][at[1]] or "") for n in mine}
        if len({value for value, _ in seen}) == len(seen):
            found[pair[1]] = Holder(pair[0], pair[1], dict(seen))
    kept = [key for key, on in zip(lines.keys, rest, strict=True) if on]
    return Lines(lines.dimensions, lines.measures, kept, lines.sums[:, rest]), found


def with_margins(
    lines: Lines, sets: Sequence[tuple[str, ...]], holders: Mapping[str, Holder] = MappingProxyType({})
) -> Lines:
    """The lines with those of coarser sets, added up from finer ones where they were not read themselves.

    A coarser dimension of `holders` is read off the finer one.
    """
    places: dict[frozenset[str], list[int]] = {}
    for number, key in enumerate(lines.keys):
        fixed = frozenset(name for name, value in zip(lines.dimensions, key, strict=True) if value is not None)
        places.setdefault(fixed, []).append(number)
    keys, blocks = list(lines.keys), [lines.sums]
    for names in sets:
        wanted = frozenset(holders[name].finer if name in holders else name for name in names)
        finer = [known for known in places if wanted <= known]
        if frozenset(names) in places or not finer:
            continue
        rows = places[min(finer, key=lambda known: (len(places[known]), sorted(known)))]
        groups: dict[Key, list[int]] = {}
        for row in rows:
            groups.setdefault(_margin(lines, row, names, holders), []).append(row)
        order = np.array([row for group in groups.values() for row in group])
        starts = np.cumsum([0, *(len(group) for group in groups.values())])[:-1]
        keys += groups
        blocks.append(np.add.reduceat(lines.sums[:, order], starts, axis=1))
    return Lines(lines.dimensions, lines.measures, keys, np.concatenate(blocks, axis=1))


def _margin(lines: Lines, row: int, names: Sequence[str], holders: Mapping[str, Holder]) -> Key:
    """The key of the cell of some dimensions that a line is added up to."""
    values = dict(zip(lines.dimensions, lines.keys[row], strict=True))
    for holder in holders.values():
        values[holder.coarser] = holder.values.get(values[holder.finer] or "")
    return tuple(values[name] if name in names else None for name in lines.dimensions)
