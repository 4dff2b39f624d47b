"""Series by segment: a cube of counts per day over every combination of up to three dimensions, as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.scout.incident import Segment

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
_EXACT = 0.02  # of a value's events that may be missing from those that it holds, being too few to be cells
ANY = -1  # the code of a dimension that a cell does not fix


@dataclass(frozen=True, eq=False)
class Cube:
    """Cells by days. A cell fixes some dimensions and sums over the others; the first one is the whole.

    `codes` has shape (cells, dimensions): the place of the cell's value in `values`, or ANY. `measures` have
    shape (cells, days). Cells are ordered by depth, then by codes, and a segment occurs once. Every cell's
    dimensions but one must be cells as well (margins), down to the whole.
    """

    dimensions: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    codes: Ints
    days: tuple[date, ...]
    measures: Mapping[str, Floats]

    @cached_property
    def depth(self) -> Ints:
        """How many dimensions each cell fixes."""
        return np.asarray((self.codes != ANY).sum(axis=1))

    @cached_property
    def keys(self) -> Ints:
        """One number a cell; `find` looks cells up by it."""
        return self.key_of(self.codes)

    @cached_property
    def _sorted(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.keys, kind="stable")
        return self.keys[order], order

    @cached_property
    def _radix(self) -> Ints:
        sizes = [len(values) + 1 for values in self.values]
        return np.array(
            [int(np.prod(sizes[:place], dtype=np.int64)) for place in range(len(sizes))], dtype=np.int64
        )

    @cached_property
    def fixed(self) -> Ints:
        """Which dimensions each cell fixes, as the bits of one number."""
        return np.asarray((self.codes != ANY) @ self._bits)

    @cached_property
    def _bits(self) -> Ints:
        return np.array([1 << place for place in range(len(self.dimensions))], dtype=np.int64)

    def has_sets_of(self, codes: Ints) -> BoolArray:
        """Whether the cube is grouped by the dimensions that rows of codes fix: a cell it then lacks is empty."""
        return np.isin((codes != ANY) @ self._bits, self._sets)

    @cached_property
    def _sets(self) -> Ints:
        return np.unique(self.fixed)

    @cached_property
    def nesting(self) -> Mapping[tuple[int, int], Ints]:
        """Of dimensions that are never combined, which value of the coarser one holds each value of the finer one.

        By the places of the finer and the coarser, the latter's codes over the former's; ANY where none holds it.
        Read off the series: a value that holds others is their sum.
        """
        found: dict[tuple[int, int], Ints] = {}
        for pair in combinations(range(len(self.dimensions)), 2):
            together = self._bits[list(pair)].sum()
            if ((self._sets & together) == together).any():
                continue
            for finer, coarser in (pair, pair[::-1]):
                inside = self._inside(finer, coarser)
                if inside is not None:
                    found[finer, coarser] = inside
                    break
        return found

    def _inside(self, finer: int, coarser: int) -> Ints | None:
        """The value of `coarser` that holds each one of `finer`; None where they are not nested."""
        (parts, part_codes), (wholes, whole_codes) = (self._alone(place) for place in (finer, coarser))
        if not (len(wholes) and len(wholes) < len(parts) <= len(self.days)):
            return None
        shares, _, rank, _ = np.linalg.lstsq(parts.T, wholes.T, rcond=None)
        rest = np.abs(parts.T @ np.round(shares) - wholes.T).sum()
        if rank < len(parts) or np.abs(shares - np.round(shares)).max() > _EXACT or rest > _EXACT * wholes.sum():
            return None
        inside = np.full(len(self.values[finer]), ANY, dtype=np.int64)
        held = np.round(shares).max(axis=1) == 1
        inside[part_codes[held]] = whole_codes[np.round(shares).argmax(axis=1)[held]]
        return inside

    def _alone(self, place: int) -> tuple[Floats, Ints]:
        """The series of a dimension's single values that were seen, and their codes."""
        series = next(iter(self.measures.values()))
        cells = np.flatnonzero((self.depth == 1) & (self.codes[:, place] != ANY) & (series.sum(axis=1) > 0))
        return series[cells], self.codes[cells, place]

    def agree(self, codes: Ints) -> BoolArray:
        """Whether no two values in rows of codes exclude each other, as a value and one that does not hold it."""
        found = np.ones(len(codes), dtype=bool)
        for (finer, coarser), inside in self.nesting.items():
            fixed = (codes[:, finer] != ANY) & (codes[:, coarser] != ANY)
            found &= ~fixed | (inside[codes[:, finer]] == codes[:, coarser])
        return found

    def without_implied(self, codes: Ints) -> Ints:
        """Rows of codes without the values that another one of the row lies in."""
        found = codes.copy()
        for finer, coarser in self.nesting:
            found[found[:, finer] != ANY, coarser] = ANY
        return found

    @cached_property
    def twins(self) -> BoolArray:
        """Cells that hold just what a cell before them holds: they say nothing of their own."""
        seen: set[bytes] = set()
        found = np.zeros(len(self.codes), dtype=bool)
        sums = np.column_stack([array.sum(axis=1) for array in self.measures.values()])
        _, group, size = np.unique(sums, axis=0, return_inverse=True, return_counts=True)
        for cell in np.flatnonzero(size[group.ravel()] > 1):  # cells of the same sums only
            key = b"".join(np.ascontiguousarray(array[cell]).tobytes() for array in self.measures.values())
            found[cell] = key in seen
            seen.add(key)
        return found

    def key_of(self, codes: Ints) -> Ints:
        """The keys of rows of codes."""
        if not self.dimensions:
            return np.zeros(len(codes), dtype=np.int64)
        return (codes + 1) @ self._radix

    def find(self, codes: Ints) -> Ints:
        """The places of cells with these codes, shape (n, dimensions); -1 where there is none."""
        keys, order = self._sorted
        wanted = self.key_of(codes)
        at = np.clip(np.searchsorted(keys, wanted), 0, len(keys) - 1)
        return np.where(keys[at] == wanted, order[at], -1)

    def segment(self, cell: int) -> Segment:
        """The cell's dimensions with their values."""
        pairs = zip(self.dimensions, self.values, self.codes[cell], strict=True)
        return tuple(sorted((name, values[code]) for name, values, code in pairs if code != ANY))

    def cell_of(self, segment: Segment) -> int:
        """The place of a segment's cell; -1 when the cube has none."""
        codes = np.full((1, len(self.dimensions)), ANY, dtype=np.int64)
        for name, value in segment:
            if name not in self.dimensions or value not in self.values[place := self.dimensions.index(name)]:
                return -1
            codes[0, place] = self.values[place].index(value)
        return int(self.find(codes)[0])

    def through(self, last: int, first: int = 0) -> Cube:
        """The days from one place to another, both included."""
        kept = slice(first, last + 1)
        measures = {name: array[:, kept] for name, array in self.measures.items()}
        part = Cube(self.dimensions, self.values, self.codes, self.days[kept], measures)
        part._share(self)
        return part

    def only(self, cells: BoolArray) -> Cube:
        """Some of the cells; the whole always stays."""
        cells = cells.copy()
        cells[0] = True
        measures = {name: array[cells] for name, array in self.measures.items()}
        part = Cube(self.dimensions, self.values, self.codes[cells], self.days, measures)
        part.__dict__["twins"] = self.twins[cells]
        part.__dict__["nesting"] = self.nesting
        return part

    def of(self, names: Iterable[str]) -> Cube:
        """With some of the measures only."""
        part = Cube(
            self.dimensions, self.values, self.codes, self.days, {name: self.measures[name] for name in names}
        )
        part._share(self)
        return part

    def _share(self, other: Cube) -> None:
        """Take over what is the same for another cube of the same cells."""
        for name in ("depth", "keys", "_sorted", "fixed", "_sets", "twins", "nesting"):
            self.__dict__[name] = getattr(other, name)


def cube_of(
    dimensions: Sequence[str],
    rows: Sequence[Sequence[str]],
    days: Sequence[date],
    measures: Mapping[str, Any],
    *,
    depth: int = 3,
    nested: Sequence[frozenset[str]] = (),
) -> Cube:
    """The cube over the finest series: `rows` give a value for each dimension, `measures` arrays (rows, days).

    Rows of the same values are added up. Dimensions of one `nested` group are not combined with each other. For
    public data, simulations and other companies; a warehouse gives its cube already summed.
    """
    values = tuple(tuple(sorted({row[place] for row in rows})) for place in range(len(dimensions)))
    at = [{value: code for code, value in enumerate(known)} for known in values]
    leaf = np.array([[at[d][value] for d, value in enumerate(row)] for row in rows], dtype=np.int64)
    leaf = leaf.reshape(len(rows), len(dimensions))
    arrays = {name: np.asarray(array, dtype=np.float64) for name, array in measures.items()}
    codes, sums = [], {name: [] for name in arrays}  # type: ignore[var-annotated]
    for fixed in dimension_sets(dimensions, depth, nested):
        kept = [place for place, name in enumerate(dimensions) if name in fixed]
        cells, inverse = np.unique(leaf[:, kept], axis=0, return_inverse=True)
        block = np.full((len(cells), len(dimensions)), ANY, dtype=np.int64)
        block[:, kept] = cells
        codes.append(block)
        order = np.argsort(inverse.ravel(), kind="stable")
        starts = np.searchsorted(inverse.ravel()[order], np.arange(len(cells)))
        for name, array in arrays.items():
            sums[name].append(np.add.reduceat(array[order], starts, axis=0))
    return ordered(dimensions, values, np.vstack(codes), days, {n: np.vstack(a) for n, a in sums.items()})


def dimension_sets(
    dimensions: Sequence[str], depth: int, nested: Sequence[frozenset[str]] = ()
) -> list[tuple[str, ...]]:
    """Every combination of up to `depth` dimensions without two of one nested group, the empty one first."""
    found = [names for size in range(depth + 1) for names in combinations(dimensions, size)]
    return [names for names in found if all(len(group & set(names)) < 2 for group in nested)]


def ordered(
    dimensions: Sequence[str],
    values: Sequence[Sequence[str]],
    codes: Ints,
    days: Sequence[date],
    measures: Mapping[str, Floats],
) -> Cube:
    """A cube with its cells in order: by depth, then by codes."""
    order = np.lexsort((*codes.T[::-1], (codes != ANY).sum(axis=1)))
    sums = {name: array[order] for name, array in measures.items()}
    return Cube(tuple(dimensions), tuple(map(tuple, values)), codes[order], tuple(days), sums)
