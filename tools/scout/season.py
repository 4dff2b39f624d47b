"""The season: what the year before says of a day, and how little can be said of a yearly period without one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from semantic.model import CalendarEvent
from tools.scout.cube import ANY, Cube, Floats
from tools.scout.program import Family

YEAR = 364  # days: the same weekday a year before
AROUND = 3  # days on either side that a day's season is taken from
KAPPA = 300.0  # events around a day by which a value's own season outweighs the whole's
UNKNOWN = 0.3  # how far call volume may move in a yearly period that the data have not seen before
UNKNOWN_DEEPER = 0.4  # of it, that parts of a value may move apart from the value
SEEN_DAYS = 14  # of the period in the baseline: enough to know it


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


def unknown_periods(
    events: Iterable[CalendarEvent], days: tuple[date, ...], base: int, data_begin: date
) -> tuple[Floats, str]:
    """By how much each day's volume may differ as its yearly period is new to the data, and the period's name.

    `base` is the number of the first days that expectations rest on.
    """
    doubt, name = np.zeros(len(days)), ""
    for event in events:
        for year in range(days[0].year - 1, days[-1].year + 1):
            begins, ends = date(year, *event.start), date(year + (event.end < event.start), *event.end)
            within = np.array([begins <= day <= ends + timedelta(days=7) for day in days])
            seen = within[:base].sum() >= SEEN_DAYS
            if within[base:].any() and not seen and data_begin > begins - timedelta(days=YEAR - 28):
                doubt, name = np.where(within, UNKNOWN, doubt), event.name
    return doubt, name
