"""A/B reading of a fix that only a part has: its group against another, before and since, week by week.

The figure of the group with the fix over that of the group without is taken each week, as a log ratio. What the
ratio moves by from the weeks before to the weeks since is the effect: what both groups share falls out, and so
does what always lay between them. How much the ratio moves from week to week says how sure that is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from scipy import stats

from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from tools.desk import Desk
from tools.metrics import governed_table
from tools.outcome import Mendable, Refusal, Table
from warehouse.errors import UsageError

WEEK = 7
LEAST_BEFORE, LEAST_AFTER = 3, 2
MOST_WEEKS = 13
CONFIDENCE = 0.95
READABLE = ("count", "rate", "usd", "minutes")  # above zero, so that a ratio says something


@dataclass(frozen=True)
class Split:
    """The fix is in `treated`, not in `control`, both values of `dimension`; since `start`, in `metric`."""

    metric: str
    dimension: str
    treated: str
    control: str
    start: date
    filters: tuple[DimensionFilter, ...] = ()


@dataclass(frozen=True)
class SplitReading:
    """What the split says. `change` is relative (-0.1: 10 % lower than without), with its 95 % interval.

    `figures` are (group, before, since), each a cell of a governed query; weeks are whole ones.
    """

    change: float
    low: float
    high: float
    verdict: str
    weeks_before: int
    weeks_since: int
    figures: tuple[tuple[str, float, float], ...]


def read_split(split: Split, desk: Desk) -> SplitReading | Refusal:
    """Read a split. A refusal while there is too little to say, or where figures are withheld.

    Raises UsageError for a metric, a dimension or a value that there is not.
    """
    _require_known(split, desk)
    before = min((split.start - desk.first_day).days // WEEK, MOST_WEEKS)
    since = min(((desk.as_of - split.start).days + 1) // WEEK, MOST_WEEKS)
    if before < LEAST_BEFORE or since < LEAST_AFTER:
        return Refusal(
            "too_early",
            f"Too early to say: a split needs {LEAST_BEFORE} whole weeks of data before and {LEAST_AFTER} since.",
        )
    ratios = []
    for at in range(-before, since):
        pair = _figures(split, _span(split.start, at, at + 1), desk)
        if isinstance(pair, Refusal):
            return pair
        ratios.append(math.log(pair[0] / pair[1]))
    spans = (_span(split.start, -before, 0), _span(split.start, 0, since))
    sides = [_figures(split, span, desk) for span in spans]
    kept = [side for side in sides if not isinstance(side, Refusal)]
    if len(kept) < len(sides):
        return Refusal("too_few", _WITHHELD)
    shown = tuple((name, kept[0][at], kept[1][at]) for at, name in enumerate((split.treated, split.control)))
    return _reading(np.array(ratios), before, shown)


def _reading(ratios: np.ndarray, before: int, shown: tuple[tuple[str, float, float], ...]) -> SplitReading:
    earlier, later = ratios[:before], ratios[before:]
    free = len(ratios) - 2
    squares = float(((earlier - earlier.mean()) ** 2).sum() + ((later - later.mean()) ** 2).sum())
    error = math.sqrt(squares / free * (1 / len(earlier) + 1 / len(later)))
    effect = float(later.mean() - earlier.mean())
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, free)) * error
    low, high = math.expm1(effect - reach), math.expm1(effect + reach)
    verdict = "lower than without" if high < 0 else "higher than without" if low > 0 else "no difference seen"
    return SplitReading(math.expm1(effect), low, high, verdict, len(earlier), len(later), shown)


def _figures(split: Split, span: TimeRange, desk: Desk) -> tuple[float, float] | Refusal:
    """The metric of both groups over a span."""
    arms = DimensionFilter(dimension=split.dimension, values=(split.treated, split.control))
    query = SemanticQuery(
        metrics=(split.metric,), dimensions=(split.dimension,), filters=(*split.filters, arms), time=span
    )
    try:
        table = governed_table(query, desk)
    except Mendable as error:
        raise UsageError(str(error), where="split", next_step="Choose another metric or dimension.") from error
    if not isinstance(table, Table):
        return table
    found = {
        str(table.cell(row, split.dimension)): table.cell(row, split.metric) for row in range(len(table.rows))
    }
    pair = [found.get(name) for name in (split.treated, split.control)]
    numbers = [float(cell) for cell in pair if isinstance(cell, int | float) and cell > 0]
    return (numbers[0], numbers[1]) if len(numbers) == len(pair) else Refusal("too_few", _WITHHELD)


_WITHHELD = (
    "In some weeks one of the groups has no such figure, or too few members to be shown: take larger groups."
)


def _span(start: date, first: int, last: int) -> TimeRange:
    return TimeRange(start=start + timedelta(days=WEEK * first), end=start + timedelta(days=WEEK * last - 1))


def _require_known(split: Split, desk: Desk) -> None:
    """Raises UsageError for names that the model or the data do not hold."""
    metric = desk.semantic.metrics.get(split.metric)
    if metric is None or metric.unit not in READABLE:
        raise UsageError(
            f"{split.metric[:40]!r} is no count, rate, duration or cost that a split can be read by.",
            where="--metric", next_step="Such as leakage_rate; `command-center model show` lists them.",
        )  # fmt: skip
    if split.dimension not in desk.semantic.dimensions_of(split.metric):
        raise UsageError(
            f"{split.metric} is not known by {split.dimension[:40]!r}.",
            where="--by", next_step=f"`command-center model show {split.metric}` lists its dimensions.",
        )  # fmt: skip
    values = desk.values.values(split.dimension)
    for name in (split.treated, split.control):
        if name not in values:
            raise UsageError(
                f"There is no {split.dimension} {name[:40]!r}.", where="split",
                next_step=f"Values: {', '.join(values[:12])}.",
            )  # fmt: skip
    if split.treated == split.control:
        raise UsageError("A group cannot be compared with itself.", where="--control", next_step="Name another.")
    if split.start > desk.as_of:
        raise UsageError(
            f"{split.start} lies after the last day of data, {desk.as_of}.", where="--since",
            next_step="Give the day that the group got the fix.",
        )  # fmt: skip


def told(split: Split, found: SplitReading, label: str, rate: bool) -> list[str]:
    """The reading in sentences; a rate in percent."""
    shape = "{:.1%}" if rate else "{:,.1f}"
    lines = [
        f"{label}, {split.treated} (with the fix since {split.start}) against {split.control}: {found.verdict}; "
        f"{found.change:+.1%} ({CONFIDENCE:.0%} interval {found.low:+.1%} to {found.high:+.1%}), from "
        f"{found.weeks_before} weeks before and {found.weeks_since} since."
    ]
    lines += [
        f"  {name}: {shape.format(before)} before, {shape.format(since)} since."
        for name, before, since in found.figures
    ]
    return [*lines, "Weekly log ratio of the two groups; what they share, and what always lay between, falls out."]
