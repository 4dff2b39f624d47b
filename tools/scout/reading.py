"""Cubes of a warehouse, read through the one door as the system that scans."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from itertools import combinations
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

import numpy as np

from semantic.compiler.counts import CountStatement, Wanted, compile_counts
from semantic.compiler.cube import CubeStatement, compile_cube
from semantic.model import Measure, Metric, SemanticModel
from semantic.query import DimensionFilter, TimeRange
from tools.scout.cube import ANY, Cube, ordered
from tools.scout.incident import Segment
from tools.scout.lines import NO_VALUE, Lines, Values, lines_of, nested_values, table_of, with_margins
from tools.scout.program import Family
from tools.scout.reader import SCOUT
from warehouse.door import QueryContext, QueryResult
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from tools.desk import Door

SOURCE = QueryContext(source="scout")
BESIDE = 2  # statements that the engine runs at a time for a scan
FEW_MEASURES = 2  # of more, the texts of many cells take longer than the engine saves
_FLAGS = ("count", "rate")  # units of metrics whose sums are of 0/1 flags
_turns = BoundedSemaphore(BESIDE)


def read_cube(door: Door, semantic: SemanticModel, family: Family, first: date, last: date) -> Cube:
    """A family's measures by day from `first` to `last`, every cell complete.

    Cells are those of the family's first dataset; where another one has no rows its measures are 0. The finest
    groupings are read and the coarser ones added up from them; where they are too many to be read at once, each
    grouping is read without its small cells. Raises what the door raises.
    """
    time = TimeRange(start=first, end=last)
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    asked = list(family.measures(semantic).values())
    if not asked:
        raise UsageError(f"The family {family.name} reads nothing.", where="tools/scout/scan.yml")
    with ThreadPoolExecutor(len(asked)) as pool:
        lines = pool.map(lambda measures: _read(door, semantic, family, measures, time), asked)
        cube = _cube(family, days, next(lines))
        for others in lines:
            cube = _beside(cube, others)
    return cube


def _read(
    door: Door, semantic: SemanticModel, family: Family, measures: tuple[str, ...], time: TimeRange
) -> Lines:
    finest = _finest(family.sets)
    coarse = {name for pair in family.nested for name in pair[1:]}
    spared = tuple(names for names in finest if coarse & set(names))
    kept = tuple(names for names in finest if names not in spared)
    lines: Lines | None = None
    if len(measures) <= FEW_MEASURES:
        lines = _lines(door, semantic, family, measures, (*_covering(kept), *family.nested), time)
    if lines is None:
        lines = _lines(door, semantic, family, measures, (*kept, *family.nested), time)
    if lines is not None:
        lines, holders = nested_values(lines, family.nested)
        if len(holders) < len(family.nested):  # some rows of one value lie in several: nothing follows from it
            more = _lines(door, semantic, family, measures, spared, time)
            lines, holders = (None if more is None else lines.beside(more)), {}
        if lines is not None:
            return with_margins(lines, family.sets, holders)
    lines = _lines(door, semantic, family, measures, family.sets, time, family.least)
    if lines is not None:
        return with_margins(lines, family.sets)
    raise UsageError(
        f"The cube of {family.name} has more cells than the scan may read at once.",
        where="warehouse/policy/roles.yml: systems.scout.limits.rows",
        next_step="Raise that limit, or raise `least` of the family in tools/scout/scan.yml.",
    )


def _lines(
    door: Door,
    semantic: SemanticModel,
    family: Family,
    measures: tuple[str, ...],
    sets: tuple[tuple[str, ...], ...],
    time: TimeRange,
    least: float = 0.0,
) -> Lines | None:
    """The lines of some groupings; None where they are too many to be read at once."""
    widest = "".join(family.dimensions[-1:])
    statements = tuple(compile_cube(semantic, measures, sets, time, least, family.fractions, widest))
    parsed = []
    with ThreadPoolExecutor(len(statements)) as pool:
        # while one result is parsed the engine makes the next
        for statement, result in zip(statements, pool.map(partial(ask, door), statements), strict=True):
            if result.truncated:
                return None
            parsed.append(table_of(statement, result, (time.end - time.start).days + 1))
    return lines_of(family.dimensions, statements, parsed)


def ask(door: Door, statement: CubeStatement | CountStatement) -> QueryResult:
    """What the engine answers to a statement of the scan, which waits for its turn."""
    with _turns:
        return door.query(statement.sql, SCOUT, params=dict(statement.params), context=SOURCE)


def _finest(sets: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """The sets that no other one holds."""
    return tuple(names for names in sets if not any(set(names) < set(other) for other in sets))


def _covering(sets: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Sets of one dimension more, far fewer, of which each of `sets` is a part.

    Every grouping costs the engine a pass over all rows; adding up its cells costs next to nothing.
    """
    size = max(map(len, sets), default=0) + 1
    dimensions = tuple(dict.fromkeys(name for names in sets for name in names))
    wider = [frozenset(names) for names in combinations(dimensions, size)]
    left, found = [frozenset(names) for names in sets], []
    while wider and left:
        best = max(wider, key=lambda one: sum(names <= one for names in left))  # the first of equals
        if sum(names <= best for names in left) < 2:
            break
        found.append(tuple(name for name in dimensions if name in best))
        left = [names for names in left if not names <= best]
    return (*found, *(tuple(name for name in dimensions if name in names) for names in left))


def _cube(family: Family, days: tuple[date, ...], lines: Lines) -> Cube:
    """The lines as a cube, without values that are none and without cells of too few events."""
    values = tuple(tuple(value for value in known if value != NO_VALUE) for known in _by_size(lines))
    codes = lines.in_words_of(values)
    none = codes == np.array([len(known) for known in values], dtype=np.int64)
    whole = (codes == ANY).all(axis=1)
    kept = ~none.any(axis=1) & (whole | (lines.sums[0].sum(axis=1) / lines.units[0] >= family.least))
    codes, arrays = codes[kept], dict(lines.only(kept).own)
    if not whole.any():  # no rows at all
        codes = np.vstack([np.full((1, len(family.dimensions)), ANY, dtype=np.int64), codes])
        arrays = {name: np.vstack([np.zeros((1, len(days))), array]) for name, array in arrays.items()}
    return ordered(family.dimensions, values, codes, days, arrays)


def _by_size(lines: Lines) -> Values:
    """Each dimension's values from the largest on: what a value is called must change no sum and no choice."""
    total, alone = lines.sums[0].sum(axis=1), (lines.codes != ANY).sum(axis=1) == 1
    found = []
    for place, known in enumerate(lines.values):
        mine = np.flatnonzero(alone & (lines.codes[:, place] != ANY))
        size = dict(zip((known[code] for code in lines.codes[mine, place]), total[mine], strict=True))
        found.append(tuple(sorted(known, key=lambda value: (-size.get(value, 0.0), value))))
    return tuple(found)


def _beside(cube: Cube, lines: Lines) -> Cube:
    """The cube with another dataset's measures at the same cells."""
    codes = lines.in_words_of(cube.values)
    sizes = np.array([len(values) for values in cube.values], dtype=np.int64)
    known = np.asarray((codes < sizes).all(axis=1))
    places = np.where(known, cube.find(np.where(known[:, None], codes, ANY)), -1)
    added = {}
    for name, array in lines.own:
        whole = np.zeros((len(cube.codes), len(cube.days)))
        whole[places[places >= 0]] = array[places >= 0]
        added[name] = whole
    return Cube(cube.dimensions, cube.values, cube.codes, cube.days, {**cube.measures, **added})


def members_behind(
    door: Door, semantic: SemanticModel, asked: Sequence[tuple[Metric, Segment, TimeRange]]
) -> list[int]:
    """The distinct members behind figures: of a count or rate those of the numerator, else of the denominator.

    -1 where the model does not say whose event a row is.
    """
    found = [-1] * len(asked)
    known: list[int] = []
    wanted: list[Wanted] = []
    for place, (metric, segment, time) in enumerate(asked):
        counted = _members_of(semantic, metric)
        if counted is not None:
            known.append(place)
            filters = tuple(DimensionFilter(dimension=name, values=(value,)) for name, value in segment)
            wanted.append(Wanted(counted, filters, time))
    with ThreadPoolExecutor(BESIDE) as pool:
        statements = tuple(compile_counts(semantic, wanted))
        for statement, result in zip(statements, pool.map(partial(ask, door), statements), strict=True):
            for count, places in zip(result.rows[0], statement.places, strict=True):
                for place in places:
                    found[known[place]] = int(count or 0)
    return found


def _members_of(semantic: SemanticModel, metric: Metric) -> Measure | None:
    name, _ = (metric.numerator if metric.unit in _FLAGS else metric.denominator or metric.numerator)[0]
    measure = semantic.measures[name]
    dataset = semantic.datasets[measure.dataset]
    if not dataset.member_column:
        return None
    flag = measure.flag or (measure.column if measure.aggregation == "sum" and metric.unit in _FLAGS else None)
    where = (*measure.where, *(((flag, ("1",)),) if flag else ()))
    return Measure("members", dataset.name, "count_distinct", dataset.member_column, where)
