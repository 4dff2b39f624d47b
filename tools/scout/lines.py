"""What a cube's statements give: one line a cell, its series as text; parsed, and added up to coarser cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from semantic.compiler.cube import CubeStatement
from tools.scout.cube import ANY, BoolArray, Floats, Ints
from warehouse.door import QueryResult

NO_VALUE = "\x00"  # of rows that have none: part of every wider cell, but no segment
Values = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Lines:
    """Cells by what they fix, and their sums, shape (measures, cells, days).

    `codes` has shape (cells, dimensions): the place of the cell's value in `values` (sorted by dimension), or ANY.
    `sums` are whole numbers, `units` of them to one of the measure's own: their order of adding changes no bit.
    """

    dimensions: tuple[str, ...]
    measures: tuple[str, ...]
    values: Values
    codes: Ints
    sums: Floats
    units: tuple[float, ...]

    @property
    def own(self) -> Iterator[tuple[str, Floats]]:
        """The measures with their sums, shape (cells, days), in the measures' own units."""
        for name, array, unit in zip(self.measures, self.sums, self.units, strict=True):
            yield name, array if unit == 1 else array / unit

    @property
    def fixed(self) -> Ints:
        """Which dimensions each cell fixes, as the bits of one number."""
        return np.asarray((self.codes != ANY) @ (1 << np.arange(len(self.dimensions), dtype=np.int64)))

    def only(self, cells: BoolArray) -> Lines:
        """Some of the cells."""
        return replace(self, codes=self.codes[cells], sums=self.sums[:, cells])

    def in_words_of(self, values: Values) -> Ints:
        """The codes in another vocabulary; a value that it lacks has the code after its last one."""
        found = np.zeros_like(self.codes)
        for place, (mine, theirs) in enumerate(zip(self.values, values, strict=True)):
            found[:, place] = _translated(mine, theirs)[self.codes[:, place]]
        return found

    def beside(self, other: Lines) -> Lines:
        """These lines and those of other groupings."""
        pairs = zip(self.values, other.values, strict=True)
        values = tuple(tuple(sorted({*mine, *theirs})) for mine, theirs in pairs)
        codes = np.vstack([self.in_words_of(values), other.in_words_of(values)])
        return replace(self, values=values, codes=codes, sums=np.hstack([self.sums, other.sums]))


@dataclass(frozen=True, eq=False)
class Holder:
    """Which value of `coarser` holds each one of the dimension `finer`: codes over codes, ANY where none does."""

    finer: str
    coarser: str
    codes: Ints


def _translated(mine: Sequence[str], theirs: Sequence[str]) -> Ints:
    """By code its code elsewhere; the last place is for ANY."""
    at = {value: code for code, value in enumerate(theirs)}
    return np.array([*(at.get(value, len(theirs)) for value in mine), ANY], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Table:
    """The lines of one statement: its columns before the series, and the sums, shape (measures, lines, days)."""

    dimensions: tuple[str, ...]
    columns: tuple[tuple[Any, ...], ...]
    sums: Floats


def table_of(statement: CubeStatement, result: QueryResult, days: int) -> Table:
    """The lines of one statement's result."""
    rows = [row for row in result.rows if row[-1] is not None]  # without rows at all there is no series
    *columns, texts = zip(*rows, strict=True) if rows else [()] * (len(statement.dimensions) + 2)
    return Table(statement.dimensions, tuple(columns), _sums(texts, len(statement.units), days))


def lines_of(dimensions: tuple[str, ...], statements: Sequence[CubeStatement], tables: Sequence[Table]) -> Lines:
    """The lines of several statements over the same measures."""
    sums = np.concatenate([table.sums for table in tables], axis=1)
    values, codes = [], np.full((sums.shape[1], len(dimensions)), ANY, dtype=np.int64)
    for place, name in enumerate(dimensions):
        words, column = _column(name, tables)
        values.append(words)
        codes[:, place] = column
    order = np.lexsort(codes.T[::-1]) if len(dimensions) else np.arange(len(codes))  # whatever they came in
    return Lines(
        dimensions, statements[0].measures, tuple(values), codes[order], sums[:, order], statements[0].units
    )


def _column(name: str, tables: Sequence[Table]) -> tuple[tuple[str, ...], Ints]:
    """A dimension's values in order, and the code of each line."""
    found: list[str | None] = []
    for table in tables:
        if name not in table.dimensions:
            found += [None] * table.sums.shape[1]
            continue
        place = table.dimensions.index(name)
        free = 1 << (len(table.dimensions) - 1 - place)
        cells = zip(table.columns[place], table.columns[len(table.dimensions)], strict=True)
        found += [None if int(g) & free else NO_VALUE if v is None else str(v) for v, g in cells]
    words = tuple(sorted({value for value in found if value is not None}))
    at: dict[str | None, int] = {value: code for code, value in enumerate(words)} | {None: ANY}
    return words, np.array([at[value] for value in found], dtype=np.int64)


def _sums(texts: Sequence[str], measures: int, days: int) -> Floats:
    block = np.zeros((measures, len(texts), days))
    if not texts:
        return block
    numbers = _numbers(" ".join(texts)).reshape(-1, 1 + measures)
    sizes = np.array([text.count(" ") + 1 for text in texts], dtype=np.int64) // (1 + measures)
    at = np.repeat(np.arange(len(texts)) * days, sizes) + numbers[:, 0].astype(np.int64)
    for place in range(measures):
        block[place].reshape(-1)[at] = numbers[:, 1 + place]
    return block


def _numbers(text: str) -> Floats:
    """The numbers of a text, parted by single spaces: whole ones digit by digit, all of them at once."""
    letters = np.frombuffer(text.encode(), dtype=np.uint8)
    odd = letters[(letters < ord("0")) & (letters != ord(" ")) & (letters != ord("-"))]
    if len(odd) or letters.max() > ord("9"):  # fractions, exponents
        return np.asarray(np.fromstring(text, sep=" "))
    ends = np.append(np.flatnonzero(letters == ord(" ")), len(letters))
    size = np.diff(ends, prepend=-1) - 1
    negative = letters[ends - size] == ord("-")
    digits = np.where(letters == ord("-"), 0, letters - np.uint8(ord("0"))).astype(np.uint8)
    value, longer = digits[ends - 1].astype(np.int64), np.arange(len(ends))
    for place in range(1, int(size.max())):
        longer = longer[size[longer] > place]
        value[longer] += digits[ends[longer] - 1 - place].astype(np.int64) * 10**place
    return np.asarray(np.where(negative, -value, value), dtype=np.float64)


def nested_values(lines: Lines, pairs: Sequence[tuple[str, str]]) -> tuple[Lines, dict[str, Holder]]:
    """The lines without those of the pairs, and by coarser dimension what the pairs say of its values.

    A pair of which neither value lies in one of the other only is left out.
    """
    found: dict[str, Holder] = {}
    rest = np.ones(len(lines.codes), dtype=bool)
    for finer, coarser in pairs:
        at = [lines.dimensions.index(name) for name in (finer, coarser)]
        mine = (lines.codes[:, at] != ANY).all(axis=1)
        rest &= ~mine
        seen = np.unique(lines.codes[mine][:, at], axis=0)
        if len(np.unique(seen[:, 0])) == len(seen):
            codes = np.full(len(lines.values[at[0]]) + 1, ANY, dtype=np.int64)
            codes[seen[:, 0]] = seen[:, 1]
            found[coarser] = Holder(finer, coarser, codes)
    return lines.only(rest), found


def with_margins(
    lines: Lines, sets: Sequence[tuple[str, ...]], holders: Mapping[str, Holder] = MappingProxyType({})
) -> Lines:
    """The lines of some sets, added up from those of finer ones where they were not read themselves.

    A coarser dimension of `holders` is read off the finer one.
    """
    bit = {name: 1 << place for place, name in enumerate(lines.dimensions)}
    fixed = lines.fixed
    known = {int(mask): np.flatnonzero(fixed == mask) for mask in np.unique(fixed)}
    codes, blocks = [], []
    for names in sets:
        if (asked := sum(bit[name] for name in names)) in known:
            codes.append(lines.codes[known[asked]])
            blocks.append(lines.sums[:, known[asked]])
            continue
        wanted = sum({bit[holders[name].finer if name in holders else name] for name in names})
        finer = [mask for mask in known if wanted & mask == wanted]
        if finer:
            rows = known[min(finer, key=lambda mask: (len(known[mask]), mask))]
            cells, sums = _added_up(_coarser(lines, rows, names, holders), lines.sums, rows)
            codes.append(cells)
            blocks.append(sums)
    if not codes:
        return lines.only(np.zeros(len(lines.codes), dtype=bool))
    return replace(lines, codes=np.vstack(codes), sums=np.concatenate(blocks, axis=1))


def _coarser(lines: Lines, rows: Ints, names: Sequence[str], holders: Mapping[str, Holder]) -> Ints:
    """The codes of the cells of some dimensions that lines are added up to."""
    codes = np.full((len(rows), len(lines.dimensions)), ANY, dtype=np.int64)
    for place, name in enumerate(lines.dimensions):
        if name not in names:
            continue
        own = lines.codes[rows, place]
        holder = holders.get(name)
        codes[:, place] = (
            own if holder is None else holder.codes[lines.codes[rows, lines.dimensions.index(holder.finer)]]
        )
    return codes


def _added_up(codes: Ints, sums: Floats, rows: Ints) -> tuple[Ints, Floats]:
    """The different rows of codes, and the sums of the lines of each."""
    sizes = codes.max(axis=0, initial=ANY) + 2
    keys = (
        (codes + 1) @ np.concatenate([[1], np.cumprod(sizes[:-1])]).astype(np.int64)
        if codes.shape[1]
        else rows * 0
    )
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=keys.min() - 1))
    return codes[order[starts]], np.add.reduceat(sums[:, rows[order]], starts, axis=1)
