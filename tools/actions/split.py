"""A/B reading of a fix that only a part has: its group against others, before and since, week by week.

The figure of the group with the fix over that of the group without is taken each week, as a log ratio. What the
ratio moves by from the weeks before to the weeks since is the effect: what both groups share falls out, and so
does what always lay between them. How much the ratio moves from week to week says how sure that is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

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
LOWER, HIGHER, SAME = "lower than without", "higher than without", "no difference seen"
TOO_EARLY = f"Too early to say: a split needs {LEAST_BEFORE} whole weeks of data before and {LEAST_AFTER} since."


CALLERS = {"total_calls": "calling_members"}  # who is behind a count, where the model's default does not say it


@dataclass(frozen=True)
class Split:
    """The fix is in `treated`, not in `control` (pooled), values of `dimension`; since `start`, in `metric`."""

    metric: str
    dimension: str
    treated: str
    control: tuple[str, ...]
    start: date
    filters: tuple[DimensionFilter, ...] = ()


@dataclass(frozen=True)
class SplitReading:
    """What the split says. `change` is relative (-0.1: 10 % lower than without), with its 95 % interval.

    `weeks` are (first day, with the fix, without), the metric of each whole week; `sides` the governed tables with
    the fix before and since, then without it before and since, each of one row: the metric, and the members behind
    it in `members` where the model counts them. `alone` is the change against each control group by itself, of
    those whose every week may be shown: where they differ much, one of them had an event of its own.
    """

    change: float
    low: float
    high: float
    verdict: str
    weeks_before: int
    weeks_since: int
    weeks: tuple[tuple[date, float, float], ...]
    sides: tuple[Table, Table, Table, Table]
    members: str = ""
    alone: tuple[tuple[str, float], ...] = ()


def read_split(split: Split, desk: Desk) -> SplitReading | Refusal:
    """Read a split. A refusal while there is too little to say, or where figures are withheld.

    Raises UsageError for a metric, a dimension or a value that there is not.
    """
    require_known(split, desk)
    before = min((split.start - desk.first_day).days // WEEK, MOST_WEEKS)
    since = min(((desk.as_of - split.start).days + 1) // WEEK, MOST_WEEKS)
    if before < LEAST_BEFORE or since < LEAST_AFTER:
        return Refusal("too_early", TOO_EARLY)
    weeks = []
    for at in range(-before, since):
        span = _span(split.start, at, at + 1)
        pair = [_figure(_arm(split, treated, span, desk), split.metric) for treated in (True, False)]
        if pair[0] is None or pair[1] is None:
            return Refusal("too_few", _WITHHELD)
        weeks.append((span.start, pair[0], pair[1]))
    members = _members(split, desk)
    spans = (_span(split.start, -before, 0), _span(split.start, 0, since))
    sides = [_arm(split, treated, span, desk, members) for treated in (True, False) for span in spans]
    kept = [side for side in sides if isinstance(side, Table)]
    if len(kept) < len(sides) or any(_figure(side, split.metric) is None for side in kept):
        return Refusal("too_few", _WITHHELD)
    ratios = np.array([math.log(treated / control) for _, treated, control in weeks])
    change, low, high, verdict = reading(ratios, before)
    tables = (kept[0], kept[1], kept[2], kept[3])
    alone = _alone(split, before, since, desk) if len(split.control) > 1 else ()
    return SplitReading(change, low, high, verdict, before, since, tuple(weeks), tables, members, alone)


def reading(ratios: NDArray[np.float64], before: int) -> tuple[float, float, float, str]:
    """The relative change of weekly log ratios from week `before` on, its 95 % interval and the verdict."""
    earlier, later = ratios[:before], ratios[before:]
    free = len(ratios) - 2
    squares = float(((earlier - earlier.mean()) ** 2).sum() + ((later - later.mean()) ** 2).sum())
    error = math.sqrt(squares / free * (1 / len(earlier) + 1 / len(later)))
    effect = float(later.mean() - earlier.mean())
    reach = float(stdtrit(free, (1 + CONFIDENCE) / 2)) * error
    low, high = math.expm1(effect - reach), math.expm1(effect + reach)
    return math.expm1(effect), low, high, LOWER if high < 0 else HIGHER if low > 0 else SAME


def _arm(split: Split, treated: bool, span: TimeRange, desk: Desk, members: str = "") -> Table | Refusal:
    """The metric of one side over a span, and the members behind it."""
    values = (split.treated,) if treated else split.control
    side = DimensionFilter(dimension=split.dimension, values=values)
    metrics = (split.metric, members) if members else (split.metric,)
    others = tuple(entry for entry in split.filters if entry.dimension != split.dimension)
    query = SemanticQuery(metrics=metrics, filters=(*others, side), time=span)
    try:
        return governed_table(query, desk)
    except Mendable as error:
        raise UsageError(str(error), where="split", next_step="Choose another metric or dimension.") from error


def _alone(split: Split, before: int, since: int, desk: Desk) -> tuple[tuple[str, float], ...]:
    """The change against each control group by itself, the lowest first."""
    courses: dict[str, list[float]] = {}
    for at in range(-before, since):
        table = _by_group(split, _span(split.start, at, at + 1), desk)
        if isinstance(table, Refusal):
            return ()
        for row in range(len(table.rows)):
            cell = table.cell(row, split.metric)
            if isinstance(cell, int | float) and cell > 0:
                courses.setdefault(str(table.cell(row, split.dimension)), []).append(math.log(cell))
    whole = {name: np.array(course) for name, course in courses.items() if len(course) == before + since}
    own = whole.pop(split.treated, None)
    if own is None:
        return ()
    found = [(name, reading(own - course, before)[0]) for name, course in whole.items()]
    return tuple(sorted(found, key=lambda one: one[1]))


def _by_group(split: Split, span: TimeRange, desk: Desk) -> Table | Refusal:
    arms = DimensionFilter(dimension=split.dimension, values=(split.treated, *split.control))
    others = tuple(entry for entry in split.filters if entry.dimension != split.dimension)
    query = SemanticQuery(
        metrics=(split.metric,), dimensions=(split.dimension,), filters=(*others, arms), time=span
    )
    return governed_table(query, desk)


def _figure(table: Table | Refusal, metric: str) -> float | None:
    """The metric's only figure, None where it is withheld or not above zero."""
    cell = table.cell(0, metric) if isinstance(table, Table) and table.rows else None
    return float(cell) if isinstance(cell, int | float) and cell > 0 else None


def _members(split: Split, desk: Desk) -> str:
    """The metric that counts the members behind the split's own; empty where the model has none."""
    name = CALLERS.get(split.metric, desk.semantic.defaults.impact_metric or "")
    if name not in desk.semantic.metrics or name == split.metric:
        return ""
    needed = {split.dimension, *(entry.dimension for entry in split.filters)}
    shared = desk.semantic.datasets_of(name) & desk.semantic.datasets_of(split.metric)
    return name if shared and needed <= set(desk.semantic.dimensions_of(name)) else ""


_WITHHELD = (
    "In some weeks one of the groups has no such figure, or too few members to be shown: it cannot be read."
)


def _span(start: date, first: int, last: int) -> TimeRange:
    return TimeRange(start=start + timedelta(days=WEEK * first), end=start + timedelta(days=WEEK * last - 1))


def require_known(split: Split, desk: Desk) -> None:
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
    for name in (split.treated, *split.control):
        if name not in values:
            raise UsageError(
                f"There is no {split.dimension} {name[:40]!r}.", where="split",
                next_step=f"Values: {', '.join(values[:12])}.",
            )  # fmt: skip
    if split.treated in split.control or not split.control:
        raise UsageError("A group cannot be compared with itself.", where="--control", next_step="Name another.")
    if split.start > desk.as_of:
        raise UsageError(
            f"{split.start} lies after the last day of data, {desk.as_of}.", where="--since",
            next_step="Give the day that the group got the fix.",
        )  # fmt: skip
