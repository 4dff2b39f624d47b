"""The scan: the cell and window that most likely left its expectation, accepted, folded into all others, again.

An expectation-based likelihood-ratio scan. The best cell sits at the right level by itself: a wider cell
dilutes the change, a narrower one holds less of it. Its excess is then expected of every overlapping cell, so
one incident is found once. It stops when nothing is left that a quiet company would show less often than the
bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from tools.scout.cube import ANY, BoolArray, Cube, Floats, Ints
from tools.scout.expectation import WINDOWS, Expected, Series
from tools.scout.incident import Kind
from tools.scout.onset import Onset, onset_of

TELLING = 1.5  # deviations of the rest of a wider segment, from which it is seen to have changed too
STICKY = 4.0  # log-likelihood by which a known segment is preferred
MOST = 15  # incidents of one metric on one day
LEAST_EVENTS = 5.0  # expected or seen in the longest window
LEAST_VALUES = 50.0  # answers behind a score in the window
SMALL_SHARE = 0.2  # of a whole: below it a share goes by counts
LEAST_CHANGE = 0.03  # of a smaller relative change nobody is told
UNLIKE = 0.15  # by how much a part of an incident may differ from the whole of it without being another one
WEEK = 7  # days of the longest window in which a departure that is over is told still
TRACE = 0.3  # of a longer window's deviations; its second half has 0.7 of them as long as the departure lasts
LEAST_OWN = 0.5  # of a score's departure, not made by what is common to all
FREEDOM = (15.0, 80.0, 200.0)  # of the noise of the whole, of single values, of combinations
LOOK_BACK = 28  # days in which an incident may have begun
LEVEL_STRAYS = 0.1  # by which a segment's level of these days strays from its baseline's, besides its error
OVERLAP = np.array([1.0, 1.5, 3.0])  # cells of several sets of dimensions that amount to one look, by depth


@dataclass(frozen=True, eq=False)
class Found:
    """One departure: the cell, the window's days, its signed deviations, and the bound on false ones a day.

    `expected` is what was expected of each day of the series, `counted` what earlier departures of the scan have
    made expected besides; of the whole, what all that were found of its parts have.
    """

    cell: int
    window: int
    z: float
    p_value: float
    false_per_day: float
    onset: Onset
    expected: Floats
    counted: Floats


@dataclass(eq=False)
class _Board:
    """Sums by cell and window, with what was folded in so far. Shape (cells, windows)."""

    observed: Floats
    expected: Floats
    variance: Floats
    usual: Floats
    exposure: Floats
    windows: tuple[int, ...]
    plain_expected: Floats
    plain_variance: Floats
    plain_usual: Floats

    def of(self, cells: Ints) -> _Board:
        """Of some cells, a copy."""
        sums = {name: value[cells] for name, value in vars(self).items() if name != "windows"}
        return _Board(**sums, windows=self.windows)


def scan(cube: Cube, series: Series, expected: Expected, bound: float, known: Sequence[int] = ()) -> list[Found]:
    """Departures of the last day's windows, from the strongest on; `bound` false ones a day in a quiet company.

    `known` are the cells of earlier days' departures: among alike ones they keep their names.
    """
    windows = tuple(w for w in WINDOWS if w <= len(cube.days) - expected.base.stop)
    board = _board(series, expected, windows)
    days = len(cube.days)
    first = max(0, days - LOOK_BACK)
    folded, doubt = np.zeros((len(cube.codes), days - first)), np.zeros((len(cube.codes), days - first))
    allowed, freedom = _allowed(cube, board, series, bound), _freedom(cube)
    needed = -stdtrit(freedom, allowed / 2)[:, None]
    found: list[Found] = []
    taken = cube.twins.copy()
    z = _deviations(board, expected.kind, expected.skew)
    for _ in range(2 * MOST):
        passing = (np.abs(z) >= needed) & ~taken[:, None] & _eligible(board, series.kind)
        passing &= ~_immaterial(board, series.kind)
        if not passing.any():
            break
        cell, window = _most_likely(cube, board, expected, passing, z, z**2 - needed**2, known)
        item = _accepted(series, expected, folded, cell, windows[window], float(z[cell, window]))
        tail = float(stdtr(freedom[cell], -abs(z[cell, window])) * 2)
        is_own = _is_seen(series, expected, folded, item) and not _is_left_behind(series, expected, item, found)
        if not _is_over(z[cell], windows, window) and is_own:
            found.append(replace(item, p_value=tail, false_per_day=tail / float(allowed[cell]) * bound))
        taken[cell] = True
        touched = _fold(cube, series, expected, item, folded, doubt)
        _refresh(board, expected, folded, doubt, touched)
        z[touched] = _deviations(board.of(touched), expected.kind, expected.skew)
        if len(found) == MOST:
            break
    return [item if item.cell else _beside_parts(series, item, folded) for item in found]


def _beside_parts(series: Series, item: Found, folded: Floats) -> Found:
    """A departure of the whole with all that was found of its parts, before it and after.

    Parts were held against what is common to all: what they show is none of the whole's own.
    """
    days = slice(-folded.shape[1], None)
    own = (series.counts[item.cell] - item.expected - item.counted)[days]
    own[: item.onset.first] = 0.0
    counted = item.counted.copy()
    counted[days] = folded[item.cell] - own
    return replace(item, counted=counted)


def _is_over(z: Floats, windows: tuple[int, ...], window: int) -> bool:
    """Whether a departure of a long window has left hardly a trace in its second half: it is told no more.

    It stays folded in, so that nothing else is blamed for it.
    """
    half = windows[window] // 2
    if windows[window] <= WEEK or half not in windows:
        return False
    return bool(z[windows.index(half)] * np.sign(z[window]) < TRACE * abs(z[window]))


def _is_seen(series: Series, expected: Expected, folded: Floats, item: Found) -> bool:
    """Whether the cell itself moved that way, with all that was found in it.

    Where its parts only changed places, what one gained is told, and the whole did not fall.
    """
    since = slice(item.onset.first - folded.shape[1], None)
    if series.kind == "score" or not folded[item.cell, since].any():
        return True
    wanted = expected.mean[item.cell, since].sum()
    stray = series.counts[item.cell, since].sum() - wanted
    return bool(stray * np.sign(item.z) >= LEAST_CHANGE * wanted)


def _is_left_behind(series: Series, expected: Expected, item: Found, before: Sequence[Found]) -> bool:
    """Whether a part's scores only look moved because a clearer departure has moved what is common to all.

    Where a large part rises, the mean over segments rises with it, and whoever stayed as they were seem to fall:
    without what is common to all less than half of their fall is left.
    """
    if series.kind != "score" or not item.cell or not any(other.z * item.z < 0 for other in before):
        return False
    since = slice(item.onset.first - len(item.onset.weights), None)
    stray = (series.counts[item.cell] - expected.mean[item.cell] - item.counted)[since].sum()
    shared = (series.exposure[item.cell] * expected.common)[since].sum()
    return bool((stray + shared) * np.sign(item.z) < LEAST_OWN * abs(stray))


def _board(series: Series, expected: Expected, windows: tuple[int, ...]) -> _Board:
    last = series.counts.shape[1] - 1

    def sums(array: Floats) -> Floats:
        return np.column_stack([array[:, last - w + 1 :].sum(axis=1) for w in windows])

    variances = [expected.variances(last - w + 1, last) for w in windows]
    variance, usual = (np.column_stack([pair[place] for pair in variances]) for place in (0, 1))
    mean = sums(expected.mean)
    now = (mean.copy(), variance.copy(), usual.copy())
    return _Board(sums(series.counts), *now, sums(series.exposure), windows, mean, variance, usual)


def _refresh(board: _Board, expected: Expected, folded: Floats, doubt: Floats, cells: Ints) -> None:
    """The sums of some cells with what was folded in since."""
    more, unsure = folded[cells], doubt[cells]
    added = np.column_stack([more[:, -w:].sum(axis=1) for w in board.windows])
    extra = np.column_stack([unsure[:, -w:].sum(axis=1) ** 2 for w in board.windows])
    mean = board.plain_expected[cells] + added
    if expected.kind != "score":  # what is expected above the base strays as the base does
        extra += expected.phi[cells, None] * np.maximum(added, 0.0)
        mean = np.maximum(mean, 1e-6)
    board.expected[cells] = mean
    board.variance[cells] = board.plain_variance[cells] + extra
    board.usual[cells] = board.plain_usual[cells] + extra


def _allowed(cube: Cube, board: _Board, series: Series, bound: float) -> Floats:
    """The tail probability that each cell may have: every depth gets the same share of the bound.

    Cells that fix the same dimensions are apart, those of several sets of dimensions share what they hold. Of
    noise alone (independent events in seven dimensions) two thirds of what as many looks would tell that shared
    nothing are told of single values, a third of combinations.
    """
    eligible = _eligible(board, series.kind).any(axis=1)
    counts = np.bincount(cube.depth[eligible], minlength=int(cube.depth.max(initial=0)) + 1).astype(float)
    depths = max(int((counts > 0).sum()), 1)
    sets = [len(np.unique(cube.fixed[eligible & (cube.depth == depth)])) for depth in range(len(counts))]
    shared = np.clip(sets, 1.0, OVERLAP[np.minimum(np.arange(len(counts)), len(OVERLAP) - 1)])
    looks = np.maximum(counts / shared, 1.0)
    return np.asarray(bound / depths / looks[cube.depth] / _tests(len(board.windows)))


def _freedom(cube: Cube) -> Floats:
    """Degrees of freedom of the noise that is estimated for each cell: many small cells share one estimate."""
    return np.where(cube.depth == 0, FREEDOM[0], np.where(cube.depth == 1, FREEDOM[1], FREEDOM[2]))


def _tests(windows: int) -> float:
    """Independent looks that nested windows amount to."""
    return 1 + 0.6 * (windows - 1)


def _eligible(board: _Board, kind: str) -> BoolArray:
    if kind == "score":
        return np.asarray(board.exposure >= LEAST_VALUES)
    longest = np.maximum(board.expected, board.observed)[:, -1:]
    return np.asarray((longest >= LEAST_EVENTS) & (board.exposure > 0))


def _immaterial(board: _Board, kind: str) -> BoolArray:
    if kind == "score":
        return np.zeros(board.observed.shape, dtype=bool)
    return np.asarray(np.abs(board.observed - board.expected) < LEAST_CHANGE * board.expected)


def _deviations(board: _Board, kind: Kind, skew: float) -> Floats:
    """Signed roots of the likelihood ratios: standard normal when nothing has changed.

    Counts and small shares go by a negative binomial, larger shares by a binomial with more variance, means of
    scores by a normal distribution with their skewness taken off.
    """
    observed, mean, variance = board.observed, board.expected, board.variance
    if kind == "score":
        plain = (observed - mean) / np.sqrt(variance)
        lean = skew / (6 * np.sqrt(np.maximum(board.exposure, 1.0)))
        return np.asarray(np.where(plain * lean > 0, plain - lean * np.clip(plain**2 - 1, 0, 35), plain))
    sign = np.sign(observed - mean)
    near = np.where(sign > 0, np.maximum(observed - 0.5, mean), np.minimum(observed + 0.5, mean))
    deviance = _negative_binomial(near, mean, variance)
    if kind == "rate":
        share = mean / np.maximum(board.exposure, 1e-9)
        deviance = np.where(share < SMALL_SHARE, deviance, _binomial(near, mean, board.exposure, variance))
    return np.asarray(sign * np.sqrt(deviance))


def _negative_binomial(seen: Floats, expected: Floats, variance: Floats) -> Floats:
    """Twice the log-likelihood ratio of a negative binomial with this mean and variance (Poisson below it)."""
    expected = np.maximum(expected, 1e-9)
    extra = variance - expected
    poisson = 2 * (_xlogy(seen, seen / expected) - (seen - expected))
    size = expected**2 / np.maximum(extra, 1e-9)
    with np.errstate(over="ignore", invalid="ignore"):
        gamma = 2 * (
            _xlogy(seen, seen / expected) - (seen + size) * np.log1p((seen - expected) / (expected + size))
        )
    deviance = np.where(extra > 1e-6 * expected, gamma, poisson)
    return np.asarray(np.maximum(deviance, 0.0))


def _binomial(seen: Floats, expected: Floats, trials: Floats, variance: Floats) -> Floats:
    """The binomial's, divided by how much the variance is above a binomial's."""
    trials = np.maximum(trials, expected * 1.0001 + 1e-6)
    seen = np.clip(seen, 0.0, trials)
    rest, left = trials - seen, trials - expected
    deviance = 2 * (_xlogy(seen, seen / np.maximum(expected, 1e-9)) + _xlogy(rest, np.maximum(rest, 1e-12) / left))
    plain = np.maximum(expected * left / trials, 1e-9)
    return np.asarray(np.maximum(deviance, 0.0) / np.maximum(variance / plain, 1.0))


def _xlogy(x: Floats, y: Floats) -> Floats:
    return np.asarray(np.where(x > 0, x * np.log(np.where(y > 0, y, 1.0)), 0.0))


def _most_likely(
    cube: Cube,
    board: _Board,
    expected: Expected,
    passing: BoolArray,
    z: Floats,
    clear: Floats,
    known: Sequence[int],
) -> tuple[int, int]:
    """The cell and window that say most: by likelihood, with the prior that every depth is as likely.

    The clearest one is found first; the one to be named is the likeliest that overlaps it and moves the same way,
    all of them measured by the noise that is usual for their size, unless a wider one is as uniform.
    """
    clearest = int(np.argmax(np.where(passing, clear, -np.inf)))
    cell, window = divmod(clearest, z.shape[1])
    prior = np.log(np.maximum(np.bincount(cube.depth).astype(float), 1.0))
    near = (np.sign(z) == np.sign(z[cell, window])) & _overlapping(cube, cell)[:, None] & passing
    cells = np.flatnonzero(near.any(axis=1))
    plain = board.of(cells)
    plain.variance = plain.usual
    gain = _deviations(plain, expected.kind, expected.skew) ** 2 / 2 - prior[cube.depth[cells]][:, None]
    gain[np.isin(cells, list(known))] += STICKY
    best, window = divmod(int(np.argmax(np.where(near[cells], gain, -np.inf))), z.shape[1])
    cell = int(cells[best])
    if cell in known:
        return cell, window
    return _widened(cube, board, expected, prior, passing, cell, window), window


def _widened(
    cube: Cube, board: _Board, expected: Expected, prior: Floats, passing: BoolArray, cell: int, window: int
) -> int:
    """The widest cell whose further part has changed as this one has, as far as its noise can tell.

    A value that most rows have (calls by phone) adds nothing to a segment: the few rows without it must have
    stayed as they were for it to be named.
    """
    size = board.exposure if expected.kind == "score" else board.expected
    while True:
        change = (board.observed[cell, window] - board.expected[cell, window]) / size[cell, window]
        best, most = cell, 0.0
        for place in np.flatnonzero(cube.codes[cell] != ANY):
            wider = cube.codes[cell].copy()
            wider[place] = ANY
            parent = int(cube.find(wider[None, :])[0])
            if parent < 0 or cube.depth[parent] == 0 or not passing[parent, window]:
                continue
            rest = size[parent, window] - size[cell, window]
            stray = board.observed[parent, window] - board.expected[parent, window]
            stray -= board.observed[cell, window] - board.expected[cell, window]
            if rest <= 0:
                gain = 1.0
            else:
                noise = board.usual[parent, window] * rest / size[parent, window] * (1 + max(change, 0) / 2)
                noise += board.usual[cell, window] * (rest / size[cell, window]) ** 2
                gain = (stray**2 - (stray - change * rest) ** 2) / (2 * noise)
                gain += prior[cube.depth[cell]] - prior[cube.depth[parent]]
                apart = (board.usual[parent, window] * rest / size[parent, window]) ** 0.5
                if rest > size[cell, window] / 2 and stray * np.sign(change) < TELLING * apart:
                    continue  # nothing is seen to have happened in the larger part of it
            if gain > most:
                best, most = parent, gain
        if best == cell:
            return cell
        cell = best


def _overlapping(cube: Cube, cell: int) -> BoolArray:
    mine = cube.codes[cell]
    alike = ((cube.codes == ANY) | (mine == ANY) | (cube.codes == mine)).all(axis=1)
    return np.asarray(alike & cube.agree(np.where(cube.codes == ANY, mine, cube.codes)))


def _accepted(series: Series, expected: Expected, folded: Floats, cell: int, window: int, z: float) -> Found:
    """The departure with its onset, measured against what earlier ones have made expected."""
    days = folded.shape[1]
    score = series.kind == "score"
    base = expected.mean[cell, -days:]
    mean = base + folded[cell]
    if not score:
        mean = np.maximum(mean, 0.05 * base + 1e-9)
    plain = (
        series.exposure[cell, -days:] if score else expected.plain[cell, -days:] * mean / np.maximum(base, 1e-9)
    )
    phi = float(expected.phi[cell] * expected.clumped(7)[cell])
    counts = series.counts[cell, -days:]
    unsure = float(expected.level_error[cell]) + (LEVEL_STRAYS**2 if cell else 0.0)
    sign, level = (1 if z > 0 else -1), 0.0 if score else unsure**0.5
    onset = onset_of(counts, mean, plain, phi, sign, additive=score, window=window, level=level)
    counted = np.zeros(series.counts.shape[1])
    counted[-days:] = folded[cell]
    return Found(cell, window, z, 1.0, 0.0, onset, expected.mean[cell].copy(), counted)


def _fold(cube: Cube, series: Series, expected: Expected, item: Found, folded: Floats, doubt: Floats) -> Ints:
    """Expect the incident's excess of every overlapping cell, from its first day on; gives the cells.

    A wider cell is expected to hold all of it, a part its share at the same relative change, any other cell what
    they have in common. What is estimated of it is in doubt by as much as parts of an incident may differ.
    """
    reach = folded.shape[1]
    days = slice(item.onset.first, reach)
    score = series.kind == "score"
    base = (expected.exposure if score else expected.mean)[:, -reach:][:, days]
    mean = expected.mean[item.cell, -reach:][days] + folded[item.cell, days]
    excess = series.counts[item.cell, -reach:][days] - mean
    size = base[item.cell] if score else np.maximum(mean, 1e-9)
    change = _course(excess, np.maximum(size, 1e-9), float(expected.phi[item.cell]), score=score)
    if item.cell == 0:  # what all cells do is in the common factor, which the others' expectations hold already
        folded[0, days] += excess
        return np.zeros(1, dtype=np.int64)
    cells = np.flatnonzero(_overlapping(cube, item.cell))
    around = _holds(cube, cells, item.cell)
    share = _shared(cube, base, item.cell, cells[~around])
    folded[cells[around], days] += excess
    holidays = expected.mean[0, -reach:][days] == series.counts[0, -reach:][days]
    folded[0, days][holidays] -= excess[holidays]  # on which the whole is expected to be what it is
    folded[cells[~around], days] += change * share
    doubt[cells[~around], days] += UNLIKE * np.abs(change * share)
    return cells


def _course(excess: Floats, size: Floats, phi: float, *, score: bool) -> Floats:
    """The relative change of each day: the incident's own as far as its days differ by more than noise.

    An incident that is over is no longer expected of its parts.
    """
    change, own = float(excess.sum() / size.sum()), excess / size
    noise = phi / size * (1.0 if score else max(1 + change, 0.1))
    between = max(float((size * ((own - change) ** 2 - noise)).sum() / size.sum()), 0.0)
    return np.asarray(change + between / (between + noise) * (own - change))


def _holds(cube: Cube, cells: Ints, cell: int) -> BoolArray:
    """Which cells hold the whole of a cell."""
    return np.asarray(((cube.codes[cells] == ANY) | (cube.codes[cells] == cube.codes[cell])).all(axis=1))


def _shared(cube: Cube, base: Floats, cell: int, cells: Ints) -> Floats:
    """What is expected of the part that each of `cells` has in common with a cell, shape (cells, days).

    Exactly where the cube is grouped that finely; else the cell times the shares that the other's further values
    have within it, taken as independent.
    """
    mine = cube.codes[cell]
    both = cube.without_implied(np.where(cube.codes[cells] == ANY, mine, cube.codes[cells]))
    places = cube.find(both)
    amount = np.where((places >= 0)[:, None], base[np.maximum(places, 0)], 0.0)
    deep = np.flatnonzero((places < 0) & ~cube.has_sets_of(both))
    if len(deep):
        total = np.maximum(base.sum(axis=1), 1e-9)
        share = np.ones(len(deep))
        for place in range(len(cube.dimensions)):
            further = (both[deep, place] != ANY) & (mine[place] == ANY)
            if further.any():
                share[further] *= _within(cube, total, mine, place, both[deep[further], place])
        amount[deep] = np.minimum(share[:, None] * base[cell], base[cells[deep]])
    return np.asarray(amount)


def _within(cube: Cube, total: Floats, mine: Ints, place: int, codes: Ints) -> Floats:
    """The shares that values of one more dimension have within a cell, from the largest of its margins that
    knows.
    """
    shares = np.zeros(len(codes))
    known = np.zeros(len(codes), dtype=bool)
    for margin in _margins(mine):
        below = np.tile(margin, (len(codes), 1))
        below[:, place] = codes
        at, above = cube.find(below), int(cube.find(margin[None, :])[0])
        if above < 0 or not cube.has_sets_of(below[:1])[0]:
            continue
        shares[~known] = np.where(at >= 0, total[np.maximum(at, 0)] / total[above], 0.0)[~known]
        known[:] = True
        break
    return shares


def _margins(codes: Ints) -> Iterator[Ints]:
    """A cell's codes, then with one dimension less each, then with none."""
    yield codes
    for place in np.flatnonzero(codes != ANY):
        fewer = codes.copy()
        fewer[place] = ANY
        yield fewer
    yield np.full_like(codes, ANY)
