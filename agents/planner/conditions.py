"""Thresholds on metrics: each number binds to a metric of its own unit, or to none."""

from __future__ import annotations

from agents.planner.draft import Draft, Issue
from agents.planner.lexicon import Lexicon
from agents.planner.metrics import Mention, nearest_before
from agents.planner.reading import Reading, Target
from agents.planner.thresholds import Threshold, in_metric_unit, is_limited, operator
from semantic.query import MetricFilter

_YES_NO = ("is", "are", "was", "were", "did", "do", "does", "has", "have")


def read_having(draft: Draft, mentions: list[Mention], reading: Reading, lexicon: Lexicon) -> None:
    """Fill `having`. A number that no metric of the question can be held against is an issue, never a guess."""
    for threshold in reading.thresholds:
        if not draft.metrics:
            continue
        if _is_in_name(threshold, draft, lexicon):
            continue
        name = _bound(threshold, draft, mentions, reading, lexicon) or _as_rate(threshold, draft, lexicon)
        if not name:
            draft.issues.append(Issue("unit", (Target("metric", draft.metrics[0]),)))
            continue
        metric = lexicon.model.metrics[name]
        value = in_metric_unit(threshold.quantity, metric)
        if value is not None and (draft.dimensions or draft.grain):
            draft.having.append(MetricFilter(metric=name, op=operator(threshold, metric), value=round(value, 6)))
        elif reading.tokens[0].text in _YES_NO:
            draft.assumptions.append("The figure is shown so that it can be held against the threshold.")
        else:
            draft.issues.append(Issue("unit", (Target("metric", name),)))


def _is_in_name(threshold: Threshold, draft: Draft, lexicon: Lexicon) -> bool:
    """`how many members had at least one claim`: that is who is counted."""
    distinct = all(lexicon.model.metrics[name].distinct for name in draft.metrics)
    return distinct and (threshold.op, threshold.quantity.value) == (">=", 1)


def _bound(threshold: Threshold, draft: Draft, mentions: list[Mention], reading: Reading, lexicon: Lexicon) -> str:
    """`at least 1000 calls` is about calls; otherwise the nearest metric before whose unit fits, else any.

    What is counted may not be among the figures shown: `drugs with more than 100 scripts: top 5 on denial rate`.
    """
    following = [
        target.name
        for span in reading.of_kind("metric")
        if span.start == threshold.end and is_limited(reading, span.start, span.end)
        for target in span.targets
        if all(lexicon.compatible(target.name, dimension) for dimension in draft.dimensions)
    ]
    counts = [name for name in following if lexicon.model.metrics[name].unit == "count"]
    nearest = nearest_before(mentions, threshold.at)
    near = [name for name in (nearest.candidates if nearest else ()) if name in draft.metrics]
    taken = {item.metric for item in draft.having}
    names = [*(n for n in following if n in draft.metrics), *near, *(n for n in draft.metrics if n not in taken)]
    if counts and not threshold.quantity.unit and not set(counts) & set(names[:1]):
        names = counts
    fits = (n for n in names if in_metric_unit(threshold.quantity, lexicon.model.metrics[n]) is not None)
    return next(fits, "")


def _as_rate(threshold: Threshold, draft: Draft, lexicon: Lexicon) -> str:
    """`repeat calls above 25%`: a percentage of a count is held against its rate, which is shown instead."""
    if threshold.quantity.unit != "percent":
        return ""
    for at, name in enumerate(draft.metrics):
        metric = lexicon.model.metrics[name]
        rates = [s for s in metric.siblings if lexicon.model.metrics[s].unit in ("rate", "percent")]
        fitting = [s for s in rates if all(lexicon.compatible(s, d) for d in draft.dimensions)]
        if metric.unit == "count" and fitting:
            draft.metrics[at] = fitting[0]
            label = lexicon.model.metrics[fitting[0]].label
            draft.assumptions.append(f"The threshold is a percentage, so {metric.label} is read as {label}.")
            return fitting[0]
    return ""
