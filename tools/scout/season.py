"""The season: what the year before says of a day, and how little can be said of a yearly period without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from semantic.model import CalendarEvent
from tools.scout.cube import ANY, Cube, Floats, Ints
from tools.scout.program import Family

YEAR = 364  # days: the same weekday a year before
AROUND = 3  # days on either side that a day's season is taken from
KAPPA = 300.0  # events around a day by which a value's own season outweighs the whole's
UNKNOWN = 0.3  # how far a value's volume may move in a yearly period that the data have not seen before
UNKNOWN_DEEPER = 0.35  # of it, that parts of a value may move apart from the value
UNKNOWN_ELSEWHERE = 0.2  # of it, that what is no such value may move apart from its mix of them
UNKNOWN_WHOLE = 0.4  # of it, for all values together
SEEN_DAYS = 7  # of a stretch: what halves the doubt
USUAL_TURN = 0.25  # by how much a value's level is usually another in such a period, in logs


def last_year(family: Family) -> Family:
    """The family with single values only, whose season is read."""
    return replace(family, sets=tuple(names for names in family.sets if len(names) <= 1), least=1)


def past_days(first: date, last: date) -> tuple[date, date]:
    """The days whose figures make the season of first..last."""
    return first - timedelta(days=YEAR + AROUND), last - timedelta(days=YEAR - AROUND)


def season(cube: Cube, past: Cube, counts: Floats, skipped: frozenset[date]) -> Floats:
    """Relative volume of each day of `cube`, shape (cells, days), around 1.

    `past` has the single values' counts (cells, days) of the year before, on the days that `past_days` names;
    `skipped` are its holidays. Combinations have the seasons of their values one upon the other.
    """
    offset = (cube.days[0] - timedelta(days=YEAR) - past.days[0]).days
    open_days = np.array([day not in skipped for day in past.days], dtype=float)
    around = np.ones(2 * AROUND + 1)
    weight = np.convolve(open_days, around, "same")
    sums = np.array([np.convolve(row * open_days, around, "same") for row in counts]) / np.maximum(weight, 1.0)
    kept = sums[:, offset : offset + len(cube.days)]
    level = np.maximum(kept.mean(axis=1, keepdims=True), 1e-9)
    relative = np.maximum(kept / level, 0.05)
    seen = kept * len(around)
    apart = np.log(relative / relative[0]) * seen / (seen + KAPPA)
    result = np.tile(relative[0], (len(cube.codes), 1))
    for place, (name, values) in enumerate(zip(cube.dimensions, cube.values, strict=True)):
        table = np.ones((len(values) + 1, len(cube.days)))
        for code, value in enumerate(values):
            cell = past.cell_of(((name, value),))
            if cell >= 0:
                table[code] = np.exp(apart[cell])
        result *= table[np.where(cube.codes[:, place] == ANY, len(values), cube.codes[:, place])]
    return result


def unknown_periods(events: Iterable[CalendarEvent], days: tuple[date, ...], data_begin: date) -> tuple[Ints, str]:
    """Which stretch of days each day belongs to, and the name of the yearly period that parts them.

    Days before, within and after a period that the data hold no earlier year of are stretches of their own; all
    days are one stretch (0), and the name is empty, where no such period begins or ends among them.
    """
    stretch, name = np.zeros(len(days), dtype=np.int64), ""
    for event in events:
        for year in range(days[0].year - 1, days[-1].year + 1):
            begins, ends = date(year, *event.start), date(year + (event.end < event.start), *event.end)
            within = np.array([begins <= day <= ends for day in days])
            if within.any() and not within.all() and data_begin > begins - timedelta(days=YEAR - 28):
                stretch += np.array([int(day >= begins) + int(day > ends) for day in days])
                name = event.name
    return stretch, name


def unknown_season(cube: Cube, counts: Floats, stretch: Ints, base: int) -> tuple[Floats, Floats]:
    """What a yearly period that is new to the data does, as far as its own days show it.

    The period moves what calls are about (the first dimension), not who calls: each value of it has a level of its
    own in each stretch of days, measured against the other values so that a rise of everything is not taken for
    the period's. Returns the relative volume, shape (cells, days), and its relative doubt: large for a value in a
    stretch that has only begun, small for what all its parts must share with it.
    """
    topics = np.flatnonzero((cube.depth == 1) & (cube.codes[:, :1] != ANY).any(axis=1))
    shape = (len(cube.codes), len(cube.days))
    unknown = _unknown(stretch, base)
    if len(topics) < 3:
        return np.ones(shape), np.tile(unknown, (shape[0], 1))
    level = _levels(counts[topics], stretch)
    factor = np.ones(shape)
    named = cube.codes[:, 0] != ANY
    factor[named] = level[np.searchsorted(cube.codes[topics, 0], cube.codes[named, 0])]
    factor[~named] = _blend(cube, counts, topics, level)
    spread = np.where(named, UNKNOWN_DEEPER, UNKNOWN_ELSEWHERE)
    spread[topics] = 1.0
    spread[0] = UNKNOWN_WHOLE
    return factor, spread[:, None] * unknown


def _unknown(stretch: Ints, base: int) -> Floats:
    """The doubt of a value's level by day: less the longer its stretch, none where expectations rest on it."""
    days = np.bincount(stretch)
    resting = np.bincount(stretch[:base], minlength=len(days))
    doubt = UNKNOWN / (1 + days / SEEN_DAYS)
    doubt[resting >= base - SEEN_DAYS / 2] = 0.0
    return np.asarray(doubt[stretch])


def _levels(counts: Floats, stretch: Ints) -> Floats:
    """Each row's share by stretch over its mean share, shape (rows, days); the middle row's is 1."""
    parts = np.arange(int(stretch.max()) + 1)
    sums = np.column_stack([counts[:, stretch == part].sum(axis=1) for part in parts])
    share = (sums + 0.5) / np.maximum(sums.sum(axis=0), 1.0)
    logs = np.log(share / ((sums.sum(axis=1, keepdims=True) + 0.5) / max(float(sums.sum()), 1.0)))
    logs *= USUAL_TURN**2 / (USUAL_TURN**2 + 3 / (sums + 1.0))
    logs -= np.median(logs, axis=0)
    return np.asarray(np.exp(logs)[:, stretch])


def _blend(cube: Cube, counts: Floats, topics: Ints, level: Floats) -> Floats:
    """The factor of cells that do not fix the first dimension, from their own share of its values."""
    own = {ANY: (counts[topics].sum(axis=1)[:, None] * level).sum(axis=0) / max(float(counts[topics].sum()), 1.0)}
    free = cube.codes[:, 0] == ANY
    result = np.tile(own[ANY], (int(free.sum()), 1))
    for place, values in enumerate(cube.values):
        if place == 0:
            continue
        table = np.ones((len(values) + 1, counts.shape[1]))
        for cell in np.flatnonzero((cube.depth == 1) & (cube.codes[:, place] != ANY)):
            codes = np.tile(cube.codes[cell], (len(topics), 1))
            codes[:, 0] = cube.codes[topics, 0]
            at = cube.find(codes)
            size = np.where(at >= 0, counts[np.maximum(at, 0)].sum(axis=1), 0.0)
            if size.sum() > 0:
                table[cube.codes[cell, place]] = (size[:, None] * level).sum(axis=0) / size.sum() / own[ANY]
        result *= table[np.where(cube.codes[free, place] == ANY, len(values), cube.codes[free, place])]
    return np.asarray(result)
