"""When a change began: the profile likelihood of every first day, and the days that hold most of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from tools.drivers.frame import Frame
from tools.outcome import Column, Table
from tools.scout.cube import Floats
from tools.scout.incident import Start
from tools.scout.onset import onset_of

LOOKED_DAYS = 28
LEAST_BASELINE = 14
CLEAR = 3.0  # standard deviations of a week by which a level must differ to have begun on a day
WEEK = 7
BEGAN, EARLIEST, LATEST = "began", "earliest", "latest"


@dataclass(frozen=True)
class _Series:
    """Days with what was counted, what was expected of them and the variance that goes with it, up to a factor."""

    counts: Floats
    mean: Floats
    plain: Floats
    phi: float
    additive: bool


def start_of(frame: Frame, course: Table) -> Start | None:
    """The start of the change that the course of days ends in; None when no day stands out or one is not shown.

    The days up to four weeks before the end say what is expected, by weekday; the start lies in the last four.
    """
    days = [date.fromisoformat(str(row[0])[:10]) for row in course.rows]
    baseline = len(days) - LOOKED_DAYS
    if baseline < LEAST_BASELINE or course.suppressed or course.truncated:
        return None
    series = _series(frame, course, days, baseline)
    if series is None:
        return None
    stray = series.counts - series.mean
    last = slice(len(days) - WEEK, len(days))
    spread = float(np.sqrt(series.phi * series.plain[last].sum()))
    if not spread or abs(float(stray[last].sum())) < CLEAR * spread:
        return None
    seen = slice(baseline, len(days))
    found = onset_of(
        series.counts[seen],
        series.mean[seen],
        series.plain[seen],
        series.phi,
        1 if stray[last].sum() > 0 else -1,
        additive=series.additive,
    )
    among = tuple(days[baseline + place] for place in found.days)
    first = days[baseline + found.first]
    weights = found.told(days[baseline:])
    return Start(first, min(among), max(among), among, open=found.first == 0, weights=weights)


def start_table(start: Start) -> Table:
    """The start as a table of one row: the likeliest day, the earliest and the latest that are likely."""
    columns = (
        Column(BEGAN, "DATE", "", "time", "Most likely first day"),
        Column(EARLIEST, "DATE", "", "time", "At the earliest"),
        Column(LATEST, "DATE", "", "time", "At the latest"),
    )
    said = "Profile likelihood of the first day over the daily course; the days between hold 80 % of it."
    row = (start.day.isoformat(), start.earliest.isoformat(), start.latest.isoformat())
    return Table("When it began", columns, (row,), interpretation=said)


def _series(frame: Frame, course: Table, days: list[date], baseline: int) -> _Series | None:
    counts = _column(course, frame.above if frame.kind == "ratio" else frame.metric)
    base = _column(course, frame.below) if frame.kind == "ratio" else np.ones(len(days))
    if counts is None or base is None or not base[:baseline].sum() or not counts[:baseline].any():
        return None
    additive = bool((counts < 0).any())
    week = np.array([day.weekday() for day in days])
    level = counts[:baseline].sum() / base[:baseline].sum()
    mean = base * level
    for weekday in range(WEEK):
        same = np.flatnonzero(week[:baseline] == weekday)
        if not len(same) or not base[same].sum():
            continue
        own = counts[same].sum() / base[same].sum()
        mean[week == weekday] = base[week == weekday] * own
    rate = level if frame.kind == "ratio" and not additive and 0 < level < 1 else 0.0
    plain = base.copy() if additive else np.maximum(mean * (1 - rate), 1e-9)
    square = (counts[:baseline] - mean[:baseline]) ** 2 / np.maximum(plain[:baseline], 1e-9)
    phi = float(square.sum() / max(baseline - WEEK, 1))
    return _Series(counts, mean, plain, max(phi, 1e-9 if additive else 1.0), additive)


def _column(table: Table, name: str) -> Floats | None:
    cells = [table.cell(row, name) for row in range(len(table.rows))]
    numbers = [float(cell) for cell in cells if isinstance(cell, int | float)]
    return np.array(numbers) if len(numbers) == len(cells) else None
