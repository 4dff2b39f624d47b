"""What a change of mix alone does to a rate or a mean: more of what is usually long, not longer.

The first dimension of a family (the topic of a call) is what its rates and means differ by most. A segment's value
is expected from its own mix of the day with the values that were usual before.
"""

from __future__ import annotations

import numpy as np

from tools.scout.cube import ANY, Cube, Floats, Ints

LEAST_SHARE = 0.02  # of a usual value, that a mix never falls below


def mix_of(cube: Cube, counts: Floats, exposure: Floats, base: int, *, additive: bool) -> Floats:
    """The effect of each cell's mix on each day, shape (cells, days), relative to the first `base` days.

    Of a rate a factor around 1, of a score (`additive`) a shift around 0. Cells that fix the dimension have none;
    combinations have those of their values one upon the other.
    """
    neutral = 0.0 if additive else 1.0
    result = np.full(counts.shape, neutral)
    parts = np.flatnonzero((cube.depth == 1) & (cube.codes[:, :1] != ANY).any(axis=1))
    if len(parts) < 2 or base < 1:
        return result
    usual = counts[parts, :base].sum(axis=1) / np.maximum(exposure[parts, :base].sum(axis=1), 1e-9)
    whole = _effect(cube, exposure, parts, usual, 0, base, additive)
    free = cube.codes[:, 0] == ANY
    result[free] = whole
    for place, values in enumerate(cube.values):
        if place == 0:
            continue
        table = np.full((len(values) + 1, counts.shape[1]), neutral)
        for cell in np.flatnonzero((cube.depth == 1) & (cube.codes[:, place] != ANY)):
            own = _effect(cube, exposure, parts, usual, int(cell), base, additive)
            table[cube.codes[cell, place]] = own - whole if additive else own / whole
        rows = table[np.where(cube.codes[free, place] == ANY, len(values), cube.codes[free, place])]
        result[free] = result[free] + rows if additive else result[free] * rows
    return result


def _effect(
    cube: Cube, exposure: Floats, parts: Ints, usual: Floats, cell: int, base: int, additive: bool
) -> Floats:
    """The value that a cell's mix of each day would give, against the one of its baseline's mix."""
    codes = np.tile(cube.codes[cell], (len(parts), 1))
    codes[:, 0] = cube.codes[parts, 0]
    at = cube.find(codes)
    size = np.where((at >= 0)[:, None], exposure[np.maximum(at, 0)], 0.0)
    total = size.sum(axis=0)
    daily = np.where(total > 0, (size * usual[:, None]).sum(axis=0) / np.maximum(total, 1e-9), np.nan)
    before = float((size[:, :base].sum(axis=1) * usual).sum() / max(float(size[:, :base].sum()), 1e-9))
    daily = np.where(np.isfinite(daily), daily, before)
    if additive:
        return np.asarray(daily - before)
    floor = LEAST_SHARE * max(before, 1e-9)
    return np.asarray(np.maximum(daily, floor) / max(before, floor))
