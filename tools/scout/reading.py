"""Cubes of a warehouse, read through the one door as the system that scans."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from semantic.compiler import compile_query
from semantic.compiler.cube import CubeStatement, compile_cube
from semantic.model import Measure, Metric, SemanticModel
from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from tools.desk import Door
from tools.scout.cube import ANY, Cube, Floats, Ints, ordered
from tools.scout.incident import Segment
from tools.scout.program import Family
from warehouse.door import QueryContext, QueryResult
from warehouse.errors import UsageError
from warehouse.principal import Principal

SCOUT = Principal(user="insight-scout", role="scout")
_SOURCE = QueryContext(source="scout")
_FLAGS = ("count", "rate")  # units of metrics whose sums are of 0/1 flags


def read_cube(door: Door, semantic: SemanticModel, family: Family, first: date, last: date) -> Cube:
    """A family's measures by day from `first` to `last`, every cell complete.

    Cells are those of the family's first dataset; where another one has no rows its measures are 0. Raises what
    the door raises.
    """
    time = TimeRange(start=first, end=last)
    days = tuple(first + timedelta(days=n) for n in range((last - first).days + 1))
    cube: Cube | None = None
    for measures in family.measures(semantic).values():
        least = family.least if cube is None else 0.0
        statements = tuple(compile_cube(semantic, measures, family.sets, time, least))
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(lambda statement: _run(door, statement), statements))
        lines, numbers = _parsed(family.dimensions, statements, results, len(measures))
        if cube is None:
            cube = _cube(family, days, measures, lines, numbers)
        else:
            cube = _beside(cube, measures, lines, numbers)
    if cube is None:
        raise UsageError(f"The family {family.name} reads nothing.", where="tools/scout/scan.yml")
    return cube


def _run(door: Door, statement: CubeStatement) -> QueryResult:
    result = door.query(statement.sql, SCOUT, params=dict(statement.params), context=_SOURCE)
    if result.truncated:
        raise UsageError(
            "The cube has more cells than the scan may read at once.",
            where="warehouse/policy/roles.yml: systems.scout.limits.rows",
            next_step="Raise that limit, or raise `least` of the family in tools/scout/scan.yml.",
        )
    return result


def _parsed(
    dimensions: tuple[str, ...], statements: Sequence[CubeStatement], results: Sequence[QueryResult], measures: int
) -> tuple[list[tuple[str | None, ...]], list[Floats]]:
    """Fixed values by dimension of each line, and its numbers, shape (days with rows, 1 + measures)."""
    keys: list[tuple[str | None, ...]] = []
    texts: list[str] = []
    for statement, result in zip(statements, results, strict=True):
        places = [statement.dimensions.index(name) if name in statement.dimensions else -1 for name in dimensions]
        bits = [len(statement.dimensions) - 1 - place for place in places]
        for row in result.rows:
            grouped = int(row[len(statement.dimensions)]) if statement.dimensions else 0
            fixed = [place >= 0 and not grouped >> bit & 1 for place, bit in zip(places, bits, strict=True)]
            values = [row[place] if on else None for place, on in zip(places, fixed, strict=True)]
            if row[-1] is None or any(on and value is None for on, value in zip(fixed, values, strict=True)):
                continue  # no rows at all, or rows without a value: part of the whole, but no segment
            keys.append(tuple(None if value is None else str(value) for value in values))
            texts.append(row[-1])
    flat = np.fromstring(" ".join(texts), sep=" ") if texts else np.zeros(0)
    sizes = np.array([text.count(" ") + 1 for text in texts], dtype=np.int64)
    parts = np.split(flat, np.cumsum(sizes)[:-1]) if texts else []
    return keys, [part.reshape(-1, 1 + measures) for part in parts]


def _arrays(days: int, measures: tuple[str, ...], numbers: Sequence[Floats]) -> dict[str, Floats]:
    block = np.zeros((len(measures), len(numbers), days))
    if numbers:
        sizes = [len(part) for part in numbers]
        stacked = np.vstack(numbers)
        cells, at = np.repeat(np.arange(len(numbers)), sizes), stacked[:, 0].astype(np.int64)
        for place in range(len(measures)):
            block[place, cells, at] = stacked[:, 1 + place]
    return dict(zip(measures, block, strict=True))


def _cube(
    family: Family,
    days: tuple[date, ...],
    measures: tuple[str, ...],
    keys: list[tuple[str | None, ...]],
    numbers: list[Floats],
) -> Cube:
    if not any(all(value is None for value in key) for key in keys):  # too few rows for the whole: nothing
        keys = [tuple(None for _ in family.dimensions), *keys]
        numbers = [np.zeros((0, 1 + len(measures))), *numbers]
    values = [sorted({v for key in keys if (v := key[d]) is not None}) for d in range(len(family.dimensions))]
    codes = _codes(values, keys)
    return ordered(family.dimensions, values, codes, days, _arrays(len(days), measures, numbers))


def _codes(values: Sequence[Sequence[str]], keys: Sequence[tuple[str | None, ...]]) -> Ints:
    at = [{value: code for code, value in enumerate(known)} for known in values]
    rows = [[ANY if v is None else at[d].get(v, len(at[d])) for d, v in enumerate(key)] for key in keys]
    return np.array(rows, dtype=np.int64).reshape(len(keys), len(values))


def _beside(
    cube: Cube, measures: tuple[str, ...], keys: list[tuple[str | None, ...]], numbers: list[Floats]
) -> Cube:
    """The cube with another dataset's measures at the same cells."""
    codes = _codes(cube.values, keys)
    sizes = np.array([len(values) for values in cube.values], dtype=np.int64)
    known = np.asarray((codes < sizes).all(axis=1))
    places = np.where(known, cube.find(np.where(known[:, None], codes, ANY)), -1)
    arrays = _arrays(len(cube.days), measures, numbers)
    added = {}
    for name, array in arrays.items():
        whole = np.zeros((len(cube.codes), len(cube.days)))
        whole[places[places >= 0]] = array[places >= 0]
        added[name] = whole
    return Cube(cube.dimensions, cube.values, cube.codes, cube.days, {**cube.measures, **added})


def members_behind(door: Door, semantic: SemanticModel, metric: Metric, segment: Segment, time: TimeRange) -> int:
    """The distinct members behind the figure: of a count or rate those of the numerator, else of the denominator.

    -1 where the model does not say whose event a row is.
    """
    name, _ = (metric.numerator if metric.unit in _FLAGS else metric.denominator or metric.numerator)[0]
    measure = semantic.measures[name]
    dataset = semantic.datasets[measure.dataset]
    if not dataset.member_column:
        return -1
    flag = measure.flag or (measure.column if measure.aggregation == "sum" and metric.unit in _FLAGS else None)
    where = (*measure.where, *(((flag, ("1",)),) if flag else ()))
    counted = Measure("members", dataset.name, "count_distinct", dataset.member_column, where)
    plain = Metric("members", "members", "", "count", "neutral", "", (("members", 1.0),), distinct=True)
    widened = _with(semantic, counted, plain)
    filters = tuple(DimensionFilter(dimension=n, values=(value,)) for n, value in segment)
    compiled = compile_query(
        widened,
        SemanticQuery(metrics=("members",), filters=filters, time=time),
        as_of=time.end,
        first_day=time.start,
    )
    result = door.query(compiled.sql, SCOUT, params=dict(compiled.params), context=_SOURCE)
    return int(result.rows[0][0] or 0)


def _with(semantic: SemanticModel, measure: Measure, metric: Metric) -> SemanticModel:
    measures = {**semantic.measures, measure.name: measure}
    return replace(semantic, measures=measures, metrics={**semantic.metrics, metric.name: metric}, marts=())
