"""How far cells stray: overdispersion by cell, what is usual for cells alike, weeks that stray together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tools.scout.cube import ANY, BoolArray, Cube, Floats, Ints

if TYPE_CHECKING:
    from tools.scout.expectation import Series

CAP = 12.0  # of one day's squared deviation over its variance, so that one bad day does not set the noise
PHI_PRIOR_DAYS, MOST_PRIOR_DAYS = 30.0, 200.0  # whose noise the usual one is worth, at least and at most
LEAST_A_DAY = 2.0  # events of a cell whose own noise tells how far cells differ
BLOCKS = (3, 7, 14)  # days over which weeks' noise is measured
TINY = 1e-9
_QUIET_WEIGHT = 0.7  # of a day that tells of the noise of weeks


def noise_of(
    cube: Cube, series: Series, mean: Floats, plain: Floats, weights: Floats, base: slice
) -> tuple[Floats, Floats]:
    """Overdispersion by cell and the usual one for its size; of a score the variance of one value.

    Of days within `base`, whose `weights` have shape (cells, days of it); the others (cells, days). Gives two
    arrays (cells,), of counts and rates at least 1.
    """
    spread = weights * (series.counts - mean)[:, base] ** 2
    plain = weights * plain[:, base]
    total = plain.sum(axis=1)
    rough = spread.sum(axis=1) / np.maximum(total, TINY)
    ceiling = CAP * np.maximum(
        np.median(rough[total > 0]) if (total > 0).any() else 1.0, 1.0 * (series.kind != "score")
    )
    spread = np.minimum(spread, np.maximum(ceiling, CAP * rough[:, None] / 2) * plain)
    days = np.maximum((weights > 0).sum(axis=1), 3)
    own = spread.sum(axis=1) / np.maximum(total, TINY) * days / (days - 2)
    usual = _by_size(np.log2(np.maximum(total, 1.0)), own, total > 5)
    usual = usual * by_parents(cube, own / np.maximum(usual, TINY), total, int(days[0]))
    prior = prior_days(cube, own / np.maximum(usual, TINY), total, days)[cube.depth]
    drawn = (days * own + prior * usual) / (days + prior)
    if series.kind == "score":
        return np.maximum(drawn, TINY), np.maximum(usual, TINY)
    return np.maximum(drawn, 1.0), np.maximum(usual, 1.0)


def by_parents(cube: Cube, ratio: Floats, total: Floats, days: int) -> Floats:
    """By how much the noise of a cell's single values is above what is usual, where values of a dimension differ.

    `ratio` is each cell's own noise over the usual one, `total` its plain variance over so many `days`; all
    (cells,).
    """
    factor = np.ones(len(ratio))
    chance = 2 / max(days - 2, 1)
    for place, values in enumerate(cube.values):
        single = np.flatnonzero((cube.depth == 1) & (cube.codes[:, place] != ANY) & (total > 5))
        if len(single) < 3:
            continue
        logs = np.log(np.clip(ratio[single], 0.2, 5.0))
        # what all of a dimension's values have in common is known of their size; combinations would hold it thrice
        logs -= np.average(logs, weights=total[single])
        differ = max(float(np.var(logs)) - chance, 0.0)
        table = np.zeros(len(values) + 1)
        table[cube.codes[single, place]] = logs * differ / (differ + chance)
        factor *= np.exp(table[cube.codes[:, place]])
    return np.clip(factor, 0.5, 3.0)


def prior_days(cube: Cube, ratio: Floats, total: Floats, days: Ints) -> Floats:
    """By depth, of how many days' noise what is usual for a cell's size and values is worth.

    That is read off how far cells' own noise strays from the usual one, beyond what so few days make it stray.
    Cells of which a day shows few events do not tell.
    """
    found = np.full(int(cube.depth.max(initial=0)) + 1, PHI_PRIOR_DAYS)
    for depth in range(1, len(found)):
        cells = np.flatnonzero((cube.depth == depth) & (total > LEAST_A_DAY * days))
        if len(cells) < 20:
            continue
        logs = np.log(np.clip(ratio[cells], 0.2, 5.0))
        spread = (1.48 * float(np.median(np.abs(logs - np.median(logs))))) ** 2
        chance = float(np.median(2 / (days[cells] - 2) + 1 / total[cells]))
        found[depth] = np.clip(2 / max(spread - chance, TINY), PHI_PRIOR_DAYS, MOST_PRIOR_DAYS)
    return found


def _by_size(size: Floats, value: Floats, known: BoolArray) -> Floats:
    """What a value usually is among cells of about the same size: medians by size, straight between them."""
    edges, told = np.floor(size[known]), value[known]
    centers, medians = [], []
    for edge in np.unique(edges):
        near = told[np.abs(edges - edge) <= 1]
        if len(near) >= 8:
            centers.append(edge + 0.5)
            medians.append(float(np.median(near)))
    if not centers:
        return np.full(len(value), float(np.median(value[known])) if known.any() else 1.0)
    return np.asarray(np.interp(size, centers, medians))


def skew_of(series: Series, mean: Floats, phi: Floats, base: slice) -> float:
    """The skewness of one value of a score, from days with few of them."""
    size = series.exposure[:, base]
    cells, days = np.nonzero((size >= 1) & (size <= 10))
    if len(cells) < 200:
        return 0.0
    stray = series.counts[:, base][cells, days] - mean[:, base][cells, days]
    third = stray**3 / size[cells, days] / phi[cells] ** 1.5
    return float(np.clip(np.mean(third), -4.0, 6.0))


def clumping_of(
    cube: Cube,
    series: Series,
    mean: Floats,
    plain: Floats,
    phi: Floats,
    base: slice,
    open_days: Floats,
    weights: Floats,
) -> Floats:
    """By cells of a size: the variance of sums over 3, 7 and 14 days over that of independent days, 1 at least.

    Cells that fix the first dimension (the topic) are apart from others: what they are about has good and bad
    weeks, of which little is left where topics are added up. Days of incidents do not count: they are no noise.
    """
    apart = (cube.codes[:, :1] != ANY).any(axis=1)
    days = base.stop - base.start
    counted = (open_days[base] > 0) & (weights >= _QUIET_WEIGHT)
    stray = np.where(counted, (series.counts - mean)[:, base], 0.0)
    expected = np.where(counted, plain[:, base], 0.0)
    size = np.log2(np.maximum(expected.sum(axis=1), 1.0))
    columns: list[Floats] = []
    for width in BLOCKS:
        blocks = days // width
        if blocks < 3:
            columns.append(columns[-1] if columns else np.ones(len(phi)))
            continue
        sums, plains = (_blocks(array, width, blocks) for array in (stray, expected))
        ratio = sums**2 / np.maximum(phi[:, None] * plains, TINY)
        ratio = np.minimum(ratio, CAP).mean(axis=1) / (1 - width / days)
        # means of few squares are skewed: their median over cells understates the mean
        skew = 1 - 2 / (9 * blocks)
        known = expected.sum(axis=1) > 5
        usual = np.where(apart, _by_size(size, ratio, known & apart), _by_size(size, ratio, known & ~apart))
        columns.append(np.clip(usual / skew**3, 1.0, 6.0))
    return np.maximum.accumulate(np.column_stack(columns), axis=1)


def _blocks(array: Floats, width: int, blocks: int) -> Floats:
    kept = array[:, array.shape[1] - width * blocks :]
    return np.asarray(kept.reshape(len(array), blocks, width).sum(axis=2))
