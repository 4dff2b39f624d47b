"""Whom an issue hurts: its calls, cost, repeats and emotion by group."""

from __future__ import annotations

from semantic.query import DimensionFilter, Order
from tools.outcome import Column, PlainCell, Refusal
from ui.dashboard.filters import FILTERS
from ui.dashboard.panels import composed
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content

CUTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "plan_tenure": ("Plan and tenure", ("plan_type", "member_tenure")),
    "plan": ("Plan type", ("plan_type",)),
    "segment": ("Segment", ("segment",)),
    "tenure": ("Tenure", ("tenure_bucket",)),
    "age": ("Age", ("age_group",)),
    "language": ("Language", ("language",)),
    "business": ("Line of business", ("line_of_business",)),
    "state": ("State", ("state",)),
    "channel": ("Channel", ("platform",)),
}
METRICS = (
    "leaked_calls",
    "avoidable_call_cost",
    "leaked_repeat_rate",
    "leaked_negative_rate",
    "leaked_avg_sentiment",
)
MOST = 15


def fill(reading: Reading, where: DimensionFilter) -> Content:
    """The issue by one cut, the largest group first."""
    known = {key: cut for key, cut in CUTS.items() if _is_known(reading, cut[1])}
    by = reading.params.get("by", "")
    by = by if by in known else next(iter(known))
    word, cut = known[by]
    lacks_scores = any("sentiment_score" in columns for columns in reading.desk.missing_columns.values())
    metrics = METRICS[:-1] if lacks_scores else METRICS
    base = reading.panel("segments_base", f"The issue by {word.lower()}", metrics, dimensions=cut,
                         filters=(where,), order_by=(Order(by="leaked_calls"),), limit=MOST)  # fmt: skip
    shown = {"cuts": [(key, each[0], key == by) for key, each in known.items()], "by": by, "word": word}
    if isinstance(base, Refusal):
        return Content("", {}, shown, (base.reason,))
    rows = range(len(base.table.rows))
    given: list[tuple[PlainCell, ...]] = [
        (_words(reading, cut, [base.cell(row, n) for n in cut]),) for row in rows
    ]
    without = ("sentiment",) if lacks_scores else ()
    panel = composed(
        "segments", f"By {word.lower()}", [c for c in _COLUMNS if c.name not in without], given,
        [base.table], {name: text for name, text in _FORMULAS.items() if name not in without},
        constants={"days": float(reading.asked.days)}, interpretation=base.table.interpretation,
        note="Repeats and emotion are those of the leaked calls; sentiment runs from -1 to 1.",
    )  # fmt: skip
    links = [_filters_of(cut, [str(base.cell(row, name)) for name in cut], reading) for row in rows]
    return Content("", {"segments": panel, "segments_base": base}, {**shown, "row_filters": links})


def _is_known(reading: Reading, cut: tuple[str, ...]) -> bool:
    allowed = reading.desk.semantic.dimensions_of("leaked_calls")
    lacking = {f"members.{c}" for c in reading.desk.missing_columns.get("members", ())}
    needs = {need for name in cut if name in reading.desk.semantic.dimensions
             for need in reading.desk.semantic.dimensions[name].requires}  # fmt: skip
    return set(cut) <= set(allowed) and not needs & lacking


def _words(reading: Reading, cut: tuple[str, ...], values: list[PlainCell]) -> str:
    if len(cut) > 1:
        return " ".join(str(value) for value in values)
    return reading.label(cut[0], values[0])


def _filters_of(cut: tuple[str, ...], values: list[str], reading: Reading) -> dict[str, str]:
    """What of a row can be kept as a filter of the bar, for the drill."""
    by = {known.dimensions[0]: known.name for known in FILTERS}
    return {
        by[name]: value
        for name, value in zip(cut, values, strict=True)
        if name in by and value in reading.desk.values.values(name)
    }


_COLUMNS = (
    Column("group", "VARCHAR", "", "dimension", "Group"),
    Column("calls", "DOUBLE", "count", "derived", "Calls a day"),
    Column("cost", "DOUBLE", "usd", "derived", "Cost a day"),
    Column("repeat", "DOUBLE", "rate", "derived", "Repeat calls"),
    Column("negative", "DOUBLE", "rate", "derived", "Negative emotion"),
    Column("sentiment", "DOUBLE", "score", "derived", "Sentiment"),
)
_FORMULAS = {
    "calls": "div(cell:1:{row}:leaked_calls, query:days)",
    "cost": "div(cell:1:{row}:avoidable_call_cost, query:days)",
    "repeat": "cell:1:{row}:leaked_repeat_rate",
    "negative": "cell:1:{row}:leaked_negative_rate",
    "sentiment": "cell:1:{row}:leaked_avg_sentiment",
}
