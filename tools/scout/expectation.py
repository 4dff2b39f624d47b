"""What every cell should have shown: level of the past weeks x weekday x a common factor, and how far days stray.

Counts and rates are multiplicative: expected = exposure x level x weekday x common, the exposure being 1 for a
count and the denominator for a rate. Scores are additive: expected sum = answers x (level + weekday + common).
The common factor is what a robust mean over segments shows of a day: holidays, campaigns, growth. It never
comes from one segment.

Sources: Farrington et al. 1996 and Noufaily et al. 2013 (weights of past outbreaks), Neill 2009 (expectation-
based scan statistics); measured choices are in docs/scout.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from tools.scout.cube import ANY, Cube, Floats, Ints
from tools.scout.incident import Kind
from tools.scout.noise import BLOCKS, TINY, clumping_of, noise_of, skew_of

LEVEL_DAYS = 56
LEAST_LEVEL_DAYS = 21  # that must be left to set a level
MOSTLY = 0.3  # of a cell: an incident of so much of it moves its level
LEVEL_OF_WHOLE = 28  # days
MOST_DRIFT = 0.005  # of a day: by more a whole does not wander
PASSES = 2
OUTLIER = 3.5  # deviations of a week's sum from which its days weigh less in the level
KAPPA_ONE, KAPPA_MANY = 200.0, 1500.0  # events by which a weekday's own share outweighs its parents'
LATE = (0.06, 0.02)  # of the last day's and the day before's rows that may be missing
LEAST_SEEN = 0.5  # events that any cell is taken to have shown besides
DRIFT = 0.01  # of an expectation, not to be told from a change
DRIFT_OF_SCORE = 0.006  # of the standard deviation of one value
WINDOWS = (1, 3, 5, 7, 10, 14)
WEEK_APART = 2.5  # deviations of a value's week from all values', from which it tells little of what is common
_NOISE_OF_MEDIAN = 0.22  # of the variance of one day, in the median of seven
_ODD_DAY = 0.05  # how far segments stray from what all do on a holiday


@dataclass(frozen=True, eq=False)
class Series:
    """A metric over a cube's cells, shape (cells, days): numerators, and what they are exposed to.

    For a count the exposure is 1 (or what is known of a day, such as last year's season), for a rate its
    denominator, for a score the number of values whose sum the numerator is. `mix` is what is expected of a day's
    mix alone: a factor of a rate, a shift of a score; None where nothing is.
    """

    kind: Kind
    counts: Floats
    exposure: Floats
    mix: Floats | None = None

    def first_cells(self, count: int) -> Series:
        """The series of the first cells only."""
        mix = None if self.mix is None else self.mix[:count]
        return Series(self.kind, self.counts[:count], self.exposure[:count], mix)


@dataclass(frozen=True, eq=False)
class Expected:
    """Expected numerators with the variance that a plain Poisson, binomial or unit-variance sum would have.

    Shapes: `mean` and `plain` (cells, days), `phi`, `level_error` (cells,), `clumping` (cells, windows of
    BLOCKS): by how much the variance of a sum over as many days is above that of independent days.
    `common_error` (days,) is the relative variance of the common factor (of a score: the variance of its
    shift). `usual` (cells,) is the overdispersion that cells of this size usually have.
    """

    mean: Floats
    plain: Floats
    phi: Floats
    usual: Floats
    level_error: Floats
    clumping: Floats
    common: Floats
    common_error: Floats
    base: slice
    kind: Kind
    exposure: Floats
    skew: float = 0.0  # of one value of a score
    season: Floats = field(default_factory=lambda: np.zeros(0))  # relative doubt of each cell and day, or nothing

    def variance(self, cell: int, first: int, last: int) -> float:
        """Of the sum over days first..last of a cell, with what is not known of the expectation."""
        return float(self.variances(first, last, slice(cell, cell + 1))[0][0])

    def variances(self, first: int, last: int, cells: slice = slice(None)) -> tuple[Floats, Floats]:
        """The same of some cells, and what it is with the overdispersion that cells of this size usually have."""
        days = last - first + 1
        kept = slice(first, last + 1)
        mean, phi = self.mean[cells, kept], self.phi[cells]
        weight = self.exposure[cells, kept] if self.kind == "score" else mean
        drift = np.sqrt(phi) * DRIFT_OF_SCORE if self.kind == "score" else DRIFT
        unknown = weight.sum(axis=1) ** 2 * (self.level_error[cells] + drift**2)
        shared = (weight**2 * self.common_error[kept]).sum(axis=1)
        # the whole is held against its own course, not against what its parts have in common; rows of the last
        # days that are not there yet make it look lower
        if not cells.start:  # the whole is among them
            ages = np.arange(self.mean.shape[1] - 1 - last, self.mean.shape[1] - first)[::-1]
            late = np.where(ages < len(LATE), np.array(LATE)[np.minimum(ages, len(LATE) - 1)], 0.0)
            shared[0] = 0.0 if self.kind == "score" else float((weight[0] ** 2) @ late**2)
        if self.season.size:
            shared += (mean * self.season[cells, kept]).sum(axis=1) ** 2
        noise = self.clumped(days)[cells] * self.plain[cells, kept].sum(axis=1)
        rest = unknown + shared + TINY
        return np.asarray(phi * noise + rest), np.asarray(self.usual[cells] * noise + rest)

    def clumped(self, days: int) -> Floats:
        """The factor of `clumping` for a sum over so many days, straight between the measured ones."""
        points = np.array((1, *BLOCKS), dtype=float)
        values = np.column_stack([np.ones(len(self.phi)), self.clumping])
        place = float(np.clip(np.interp(days, points, np.arange(len(points))), 0, len(points) - 1))
        low = int(place)
        high = min(low + 1, len(points) - 1)
        return np.asarray(values[:, low] + (place - low) * (values[:, high] - values[:, low]))


def expect(
    cube: Cube,
    series: Series,
    gap: int,
    skipped: frozenset[date] = frozenset(),
    known: Sequence[tuple[int, date, date]] = (),
) -> Expected:
    """The expectation of every day from the baseline on: up to 56 days that end `gap` days before the last one.

    `skipped` are days that say nothing about an ordinary one (holidays); `known` are cells that left their
    expectation, with the first and the last day: between them they and what is mostly made of them set no
    level. Days before the baseline get an expectation as well, which nothing rests on.
    """
    days = len(cube.days)
    base = slice(max(0, days - gap - LEVEL_DAYS), days - gap)
    weekday = np.array([day.weekday() for day in cube.days])
    open_days = np.array([day not in skipped for day in cube.days], dtype=float)
    quiet = open_days[base] * _unaffected(cube, series, base, known)
    weights = quiet
    common, error = _neutral(series, days)
    # what is common to all is read off the single values: the many combinations join in when it is known
    few = int((cube.depth <= 1).sum())
    for turn in range(PASSES):
        part, values = (cube, series) if turn else (_first_cells(cube, few), series.first_cells(few))
        seen = weights[: len(part.codes)]
        shape = _shape(part, values, seen, common, base, weekday)
        mean, plain = _with_common(values, shape, common)
        noise = max(float(_rough(values, mean, plain, seen, base)[0]), 1.0 if series.kind != "score" else TINY)
        common, error = _common(part, values, shape, plain, noise, base)
        if turn:
            phi, _ = noise_of(cube, series, mean, plain, weights, base)
            weights = _weights(series, mean, plain, phi, base, quiet)
    shape = _shape(cube, series, weights, common, base, weekday)
    mean, plain = _with_common(series, shape, common)
    phi, usual = noise_of(cube, series, mean, plain, weights, base)
    error = np.where(open_days > 0, error, error + _ODD_DAY**2 * (phi[0] if series.kind == "score" else 1.0))
    clumping = clumping_of(cube, series, mean, plain, phi, base, open_days, weights)
    level_error = phi * clumping[:, -1] * _level_noise(series, mean, plain, weights, base)
    skew = skew_of(series, mean, phi, base) if series.kind == "score" else 0.0
    found = Expected(
        mean, plain, phi, usual, level_error, clumping, common, error, base, series.kind, series.exposure, skew
    )
    _judge_whole(series, found, shape[0], open_days, quiet, _added(cube, series, mean, known))
    return found


def _level_noise(series: Series, mean: Floats, plain: Floats, weights: Floats, base: slice) -> Floats:
    """The squared relative error of a level by plain noise alone (of a score: of the mean of its values).

    A share's is the binomial's: of half of all it is half of what a count of as many events would have.
    """
    if series.kind == "score":
        return np.asarray(1 / np.maximum((weights * series.exposure[:, base]).sum(axis=1), 0.5))
    behind = np.maximum((weights * series.counts[:, base]).sum(axis=1) + LEAST_SEEN, 0.5)
    wanted = (weights * mean[:, base]).sum(axis=1)
    left = (weights * plain[:, base]).sum(axis=1) / np.maximum(wanted, TINY)
    return np.asarray(np.clip(left, 0.0, 1.0) / behind)


def _added(cube: Cube, series: Series, mean: Floats, known: Sequence[tuple[int, date, date]]) -> Floats:
    """What known incidents of parts have added to the whole, by day: of those that overlap the largest only."""
    added, counted = np.zeros(len(cube.days)), np.zeros((0, len(cube.dimensions)), dtype=np.int64)
    spans = [(cell, np.array([first <= day <= last for day in cube.days])) for cell, first, last in known if cell]
    sized = [(float((series.counts - mean)[cell, days].sum()), cell, days) for cell, days in spans]
    for _, cell, days in sorted(sized, key=lambda one: (-abs(one[0]), one[1])):
        mine = cube.codes[cell]
        both = np.where(counted == ANY, mine, counted)
        apart = ((counted != ANY) & (mine != ANY) & (counted != mine)).any(axis=1) | ~cube.agree(both)
        if apart.all():
            added[days] += (series.counts - mean)[cell, days]
            counted = np.vstack([counted, mine])
    return added


def _first_cells(cube: Cube, count: int) -> Cube:
    return Cube(cube.dimensions, cube.values, cube.codes[:count], cube.days, {})


def _judge_whole(
    series: Series, found: Expected, shape: Floats, open_days: Floats, quiet: Floats, added: Floats
) -> None:
    """Replace what is expected of the whole by its own course: the level of the baseline's last four weeks.

    What known incidents of parts have `added` is no part of that level.

    How far a mean of days strays from an earlier one is read off the variogram, which sees both noise and drift.
    Days that are skipped are expected to be what they are.
    """
    score, base = series.kind == "score", found.base
    with np.errstate(divide="ignore", invalid="ignore"):
        size = series.exposure[0] if score else shape
        own = series.counts[0] - added
        value = (own - shape) / size if score else np.log(np.maximum(own, 0.5) / shape)
    ok = (size > 0) & np.isfinite(value) & (open_days > 0)
    used = np.flatnonzero(ok[base])
    used = used[quiet[0, used] > 0]
    if len(used) < 10:
        return
    y = value[base][used]
    y = np.clip(y, *(np.median(y) + np.array([-4, 4]) * 1.48 * np.median(np.abs(y - np.median(y)))))
    nugget, drift = _variogram(used, y)
    if not score:  # a step (a season that opens, an incident) looks like drift
        drift = min(drift, MOST_DRIFT**2)
    recent = used >= used[-1] - LEVEL_OF_WHOLE + 1
    level = float(y[recent].mean())
    mean = shape + size * level if score else shape * np.exp(level)
    found.mean[0] = np.where(open_days > 0, mean, series.counts[0])
    typical = float(np.mean(size[base][used] if score else found.mean[0, base][used]))
    plain = float(np.mean(found.plain[0, base][used]))
    found.phi[0] = found.usual[0] = max(nugget * typical**2 / max(plain, TINY), TINY if score else 1.0)
    found.clumping[0] = 1.0
    ahead = len(value) - 1 - base.start
    found.level_error[0] = nugget / recent.sum() + drift * (ahead - float(used[recent].mean()))


def _variogram(place: Ints, value: Floats) -> tuple[float, float]:
    """The noise of a day, and what the squared difference of two days grows by for each day between them."""
    apart = np.abs(place[:, None] - place[None, :])
    square = (value[:, None] - value[None, :]) ** 2 / 2
    lags = np.arange(1, min(29, int(place[-1] - place[0])))
    height = np.array([square[apart == lag].mean() if (apart == lag).any() else np.nan for lag in lags])
    lags, height = lags[np.isfinite(height)], height[np.isfinite(height)]
    slope = max(float(np.polyfit(lags, height, 1)[0]), 0.0)
    floor = float(height.mean()) * 0.01
    return max(float((height - slope * lags).mean()), floor), 2 * slope


def _neutral(series: Series, days: int) -> tuple[Floats, Floats]:
    return (np.zeros(days) if series.kind == "score" else np.ones(days)), np.zeros(days)


def _shape(cube: Cube, series: Series, weights: Floats, common: Floats, base: slice, weekday: Ints) -> Floats:
    """Expected numerators before the common factor, levels and weekdays fitted with it."""
    days = weekday[base]
    if series.kind == "score":
        shift = common if series.mix is None else common + series.mix
        adjusted = series.counts[:, base] - (series.exposure * shift)[:, base]
        sums = _by_weekday(weights * adjusted, days)
        sizes = _by_weekday(weights * series.exposure[:, base], days)
        level = sums.sum(axis=1) / np.maximum(sizes.sum(axis=1), TINY)
        week = _score_week(sums, sizes, level)
        fixed = 0.0 if series.mix is None else series.mix
        return np.asarray(series.exposure * (level[:, None] + week[weekday][None, :] + fixed))
    sums = _by_weekday(weights * series.counts[:, base], days)
    exposed = series.exposure if series.mix is None else series.exposure * series.mix
    sizes = _by_weekday(weights * (exposed[:, base] * common[base]), days)
    profile = _profile(cube, sums, sizes)
    seen, exposure = sums.sum(axis=1), (sizes * profile).sum(axis=1)
    # a cell that has shown nothing yet is not expected to show nothing for ever
    usual = seen[0] / max(float(exposure[0]), TINY) if series.kind == "rate" else 0.0
    prior = LEAST_SEEN / usual if usual > 0 else 0.0
    level = (seen + LEAST_SEEN) / np.maximum(exposure + prior, TINY)
    return np.asarray(exposed * np.take(level[:, None] * profile, weekday, axis=1))


def _by_weekday(array: Floats, weekday: Ints) -> Floats:
    """Sums over the days of each weekday, shape (cells, 7); the days follow each other.

    By adding weeks up: a matrix product's threads would wait for each other.
    """
    cells, days = array.shape
    whole = days // 7 * 7
    sums = array[:, :whole].reshape(cells, whole // 7, 7).sum(axis=1)
    sums[:, : days - whole] += array[:, whole:]
    return np.roll(sums, int(weekday[0]), axis=1)


def _with_common(series: Series, shape: Floats, common: Floats) -> tuple[Floats, Floats]:
    """Expected numerators and their plain variance."""
    if series.kind == "score":
        return shape + series.exposure * common, np.maximum(series.exposure, 0.0)
    mean = shape * common
    if series.kind == "count":
        return mean, mean
    mean = np.minimum(mean, 0.999 * series.exposure)
    return mean, mean * (1 - mean / np.maximum(series.exposure, TINY))


def _rough(series: Series, mean: Floats, plain: Floats, weights: Floats, base: slice) -> Floats:
    """The whole's squared deviations over their plain variance."""
    spread = weights[:1] * (series.counts[:1, base] - mean[:1, base]) ** 2
    return np.asarray(spread.sum(axis=1) / np.maximum((weights[:1] * plain[:1, base]).sum(axis=1), TINY))


def _score_week(sums: Floats, sizes: Floats, level: Floats) -> Floats:
    """The whole's weekday shifts, by which all cells go."""
    own = sums[0] / np.maximum(sizes[0], TINY) - level[0]
    return np.where(sizes[0] > 0, own, 0.0)


def _profile(cube: Cube, sums: Floats, sizes: Floats) -> Floats:
    """Weekday factors by cell, shape (cells, 7): own ones drawn towards those of the parents, these to the
    whole's.
    """
    level = sums.sum(axis=1, keepdims=True) / np.maximum(sizes.sum(axis=1, keepdims=True), TINY)
    whole = np.where(sizes[0] * level[0] > 0, sums[0] / np.maximum(sizes[0] * level[0], TINY), 1.0)
    whole = (sums[0] + KAPPA_ONE / 20 * 1.0) / (sizes[0] * level[0] + KAPPA_ONE / 20) if whole.any() else whole
    parents = np.tile(whole, (len(sums), 1))
    single = cube.depth == 1
    ones = (sums[single] + KAPPA_ONE * whole) / (sizes[single] * level[single] + KAPPA_ONE)
    for place, values in enumerate(cube.values):
        ratio = np.ones((len(values) + 1, 7))
        mine = cube.codes[single, place] != ANY
        ratio[cube.codes[single, place][mine]] = ones[mine] / np.maximum(whole, TINY)
        parents *= ratio[cube.codes[:, place]]
    kappa = np.where(cube.depth <= 1, KAPPA_ONE, KAPPA_MANY)[:, None]
    parents[0] = whole
    parents[single] = whole
    profile = (sums + kappa * parents) / (sizes * level + kappa)
    profile[0] = whole
    return np.asarray(profile)


def _unaffected(cube: Cube, series: Series, base: slice, known: Sequence[tuple[int, date, date]]) -> Floats:
    """1 on the days of the baseline that may set a cell's level, 0 on those of a known incident."""
    weights = np.ones(series.counts[:, base].shape)
    volume = (series.exposure if series.kind != "count" else series.counts)[:, base].sum(axis=1)
    for cell, first, last in known:
        since = np.array([first <= day <= last for day in cube.days[base]])
        if (~since).sum() < LEAST_LEVEL_DAYS:
            continue  # it has lasted so long that it is the level
        mine, codes = cube.codes[cell], cube.codes
        both = np.where(codes == ANY, mine, codes)
        apart = ((codes != ANY) & (mine != ANY) & (codes != mine)).any(axis=1) | ~cube.agree(both)
        common = cube.find(cube.without_implied(both))
        shared = np.where((common >= 0) & ~apart, volume[np.maximum(common, 0)], 0.0)
        weights[np.ix_(shared >= MOSTLY * np.maximum(volume, TINY), since)] = 0.0
    return weights


def _weights(series: Series, mean: Floats, plain: Floats, phi: Floats, base: slice, quiet: Floats) -> Floats:
    """Less for days of weeks that strayed far: an earlier incident must not become the level."""
    kernel = min(7, base.stop - base.start)
    stray = _rolling((series.counts - mean)[:, base], kernel)
    scale = np.sqrt(phi[:, None] * np.maximum(_rolling(plain[:, base], kernel), TINY) * 1.5)
    size = np.abs(stray) / scale
    weights = np.where(size > OUTLIER, (OUTLIER / np.maximum(size, TINY)) ** 2, 1.0)
    return np.asarray(weights * quiet)


def _rolling(array: Floats, width: int) -> Floats:
    """Sums over `width` days around each day."""
    padded = np.pad(np.cumsum(array, axis=1), ((0, 0), (1, 0)))
    days = array.shape[1]
    low = np.clip(np.arange(days) - width // 2, 0, max(days - width, 0))
    return np.asarray(padded[:, np.minimum(low + width, days)] - padded[:, low])


def _common(
    cube: Cube, series: Series, shape: Floats, plain: Floats, phi: float, base: slice
) -> tuple[Floats, Floats]:
    """The common factor of each day and its error.

    Each dimension gives a robust mean over its values; the one that sees the least counts, as a change within one
    value of a dimension moves the others' means but not its own.
    """
    score = series.kind == "score"
    size = series.exposure if score else shape
    candidates = [
        _robust(series.counts[cells], shape[cells], size[cells], phi, score) for cells in _partitions(cube)
    ]
    if not candidates:
        candidates = [_robust(series.counts[:1], shape[:1], size[:1], phi, score)]
    found = np.array(candidates)
    smooth = _rolling(np.abs(found), min(7, found.shape[1]))
    common = found[np.argmin(smooth, axis=0), np.arange(found.shape[1])]
    noise = phi * plain[0] / np.maximum(size[0], TINY) ** 2
    lasting = _median_of_week(common)
    level, doubt = _trusted(lasting, noise * _NOISE_OF_MEDIAN, base)
    own, more = _trusted(common - lasting, noise, base)
    common = level + own
    return (common if score else np.exp(common)), doubt + more


def _trusted(value: Floats, noise: Floats, base: slice) -> tuple[Floats, Floats]:
    """Values of days drawn towards 0 by how little of them is more than noise, and what noise is left."""
    signal = max(float(np.var(value[base]) - np.mean(noise[base])), 0.0)
    trust = signal / np.maximum(signal + noise, TINY)
    trust = np.where(np.abs(value) > 3 * np.sqrt(signal + noise), 1.0, trust)
    return value * trust, trust * noise


def _median_of_week(value: Floats) -> Floats:
    """The median of the seven days around each day, of the first and last seven at the ends."""
    width = min(7, len(value))
    medians = np.median(np.lib.stride_tricks.sliding_window_view(value, width), axis=1)
    return np.asarray(medians[np.clip(np.arange(len(value)) - width // 2, 0, len(medians) - 1)])


def _partitions(cube: Cube) -> Iterator[Ints]:
    """For every dimension with three values or more, the cells that fix it alone."""
    for place in range(len(cube.dimensions)):
        cells = np.flatnonzero((cube.depth == 1) & (cube.codes[:, place] != ANY))
        if len(cells) >= 3:
            yield cells


def _robust(counts: Floats, shape: Floats, size: Floats, phi: float, score: bool) -> Floats:
    """Per day the logarithm of a weighted median of observed over expected, refined by a Huber mean."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = (counts - shape) / size if score else np.log(np.maximum(counts, 0.5) / shape)
    ok = (size > 0) & np.isfinite(value)
    value, weight = np.where(ok, value, 0.0), np.where(ok, size, 0.0)
    # by roots, so that one value of most of the weight cannot set the middle when all others agree
    middle = _weighted_median(value, np.sqrt(np.where(weight * _least(score, phi) >= 1, weight, 0.0)))
    scale = np.sqrt(phi / np.maximum(weight, TINY))
    stray = np.abs(value - middle) / np.maximum(scale, 0.01)
    huber = weight * np.minimum(1.0, 1.5 / np.maximum(stray, TINY)) * _together(value - middle, weight, phi, score)
    total = huber.sum(axis=0)
    return np.asarray(np.where(total > 0, (huber * value).sum(axis=0) / np.maximum(total, TINY), 0.0))


def _together(stray: Floats, weight: Floats, phi: float, score: bool) -> Floats:
    """Next to no weight for values whose whole week strays from the middle: what lasts in one is its own.

    On a single day a large value's incident is hardly more than noise, and goes for common to all by a tenth.
    """
    width = min(7, stray.shape[1])
    size = np.maximum(_rolling(weight, width), TINY)
    week = np.abs(_rolling(weight * stray, width)) / size
    scale = np.maximum(np.sqrt(phi / size), TINY if score else 0.01)
    return np.asarray(np.minimum(1.0, WEEK_APART * scale / np.maximum(week, TINY)) ** 4)


def _least(score: bool, phi: float) -> float:
    """The inverse of the least size that says something by itself."""
    return 0.1 if score else 1 / (5 * phi)


def _weighted_median(value: Floats, weight: Floats) -> Floats:
    order = np.argsort(value, axis=0, kind="stable")
    ranked, weights = np.take_along_axis(value, order, axis=0), np.take_along_axis(weight, order, axis=0)
    reached = np.cumsum(weights, axis=0) >= weights.sum(axis=0) / 2
    return np.asarray(np.take_along_axis(ranked, reached.argmax(axis=0)[None, :], axis=0)[0])
