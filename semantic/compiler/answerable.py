"""Can the model answer this query? If not: why, and what comes nearest."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from difflib import get_close_matches
from typing import Literal

from semantic.attribution import todays_dimensions
from semantic.compiler.bridges import check_bridges
from semantic.compiler.refused import NotAnswerable
from semantic.components import Metrics
from semantic.echo import day_in_words, period
from semantic.model import SemanticModel
from semantic.query import SemanticQuery, TimeGrain, TimeRange
from semantic.windows import clip, comparison_range, shift, shift_end, whole_part


def check(model: SemanticModel, query: SemanticQuery) -> None:
    """Raises NotAnswerable for unknown names, slices that would fan out, shares of what does not add up."""
    for metric in (*query.metrics, *(item.metric for item in query.having)):
        _known("metric", metric, model.metrics)
    for dimension in _dimensions(query):
        _known("dimension", dimension, model.dimensions)
    for item in query.having:
        if item.metric not in query.metrics:
            raise NotAnswerable(
                f"The threshold is on {item.metric}, which the query does not ask for.", code="no_metric"
            )
    for metric in dict.fromkeys(query.metrics):
        _sliceable(model, query, metric)
        _attributable(model, query, metric)
        check_bridges(model, query, metric)
    _shares(model, query)
    _orders(query)
    _limits(query)
    _averages(model, query)


def resolve_time(
    model: SemanticModel, query: SemanticQuery, as_of: date, first_day: date, last_day: date | None = None
) -> TimeRange:
    """The asked period as far as there is data. Raises NotAnswerable when there is none.

    It may end on the incomplete `last_day` unless that would stand for a day: in a daily course or average.
    """
    if query.time is None:
        raise ValueError("the period must be resolved before")
    by_day = query.time_grain == "day" or bool(query.average_per)
    by_day = by_day or any(model.metrics[metric].per_day for metric in query.metrics)
    time = clip(query.time, as_of if by_day else last_day or as_of, first_day)
    if time is None:
        raise NotAnswerable(
            f"The data runs {period(TimeRange(start=first_day, end=as_of))}; it holds "
            f"nothing {period(query.time)}.",
            code="no_period",
        )
    _timeless(model, query, time, as_of)
    if query.average_per and query.average_per != "day":
        whole = whole_part(time, query.average_per)
        if whole is None:
            raise NotAnswerable(f"No {query.average_per} is whole {period(time)}.", code="no_period")
        return whole
    return time


def compared_time(query: SemanticQuery, time: TimeRange, as_of: date, first_day: date) -> TimeRange | None:
    """The period compared with; with a time grain the same buckets, each one earlier. None when not compared.

    Raises NotAnswerable when the data does not reach back that far.
    """
    if query.compare_to is None:
        return None
    if isinstance(query.compare_to, TimeRange) and query.time_grain is not None:
        raise NotAnswerable(
            f"{query.time_grain.capitalize()}s are held against the one before or a year earlier, not against one "
            "period. Ask for both periods as totals, or for the course over both.",
            code="no_period",
        )
    if query.time_grain is None:
        before = comparison_range(time, query.compare_to, max(as_of, time.end))
        if before.start > as_of:
            raise NotAnswerable(
                f"There is nothing to compare with {period(before)}: the data ends on {day_in_words(as_of)}.",
                code="no_period",
            )
        if before.start < first_day:
            raise NotAnswerable(
                f"There is nothing to compare with: the data starts on {day_in_words(first_day)}, and the earlier "
                f"period runs {period(TimeRange(start=before.start, end=before.end))}. "
                "Ask for the figure without a comparison.",
                code="no_period",
            )
        return before
    grain, buckets = bucket_offset(query)
    start, end = shift(time.start, grain, -buckets), shift_end(time.end, grain, -buckets)
    if end < first_day:
        raise NotAnswerable(
            f"There is nothing to compare with: the data starts on {day_in_words(first_day)}.", code="no_period"
        )
    return TimeRange(start=start, end=end, label=f"{buckets} {grain}{'s' if buckets > 1 else ''} earlier")


def bucket_offset(query: SemanticQuery) -> tuple[TimeGrain, int]:
    """How far back a bucket's counterpart lies: one bucket, or a year (52 weeks for weeks, so Mondays meet)."""
    grain: TimeGrain = query.time_grain or "day"
    if query.compare_to == "previous_period":
        return grain, 1
    return ("week", 52) if grain == "week" else ("year", 1)


def _known(kind: Literal["metric", "dimension"], name: str, known: Iterable[str]) -> None:
    names = list(known)
    if name in names or (kind == "metric" and isinstance(known, Metrics) and _is_side(name, known)):
        return
    near = tuple(get_close_matches(name, names, n=3, cutoff=0.5))
    hint = f" Did you mean {near[0]}?" if near else ""
    raise NotAnswerable(
        f"There is no {kind} '{name}'.{hint}",
        code="no_metric" if kind == "metric" else "no_dimension",
        nearest=near,
    )


def _is_side(name: str, metrics: Metrics) -> bool:
    try:
        return bool(metrics[name])
    except KeyError:
        return False


def _dimensions(query: SemanticQuery) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*query.dimensions, *(item.dimension for item in query.filters))))


def _sliceable(model: SemanticModel, query: SemanticQuery, metric: str) -> None:
    usable = model.dimensions_of(metric)
    missing = [name for name in _dimensions(query) if name not in usable]
    if not missing:
        return
    label = model.metrics[metric].label
    wanted = " and ".join(model.dimensions[name].label for name in missing)
    others = _alternatives(model, metric, frozenset(_dimensions(query)))
    offered = ", ".join(model.dimensions[name].label for name in sorted(usable, key=list(model.dimensions).index))
    instead = f" With {wanted}: {', '.join(model.metrics[name].label for name in others)}." if others else ""
    stand_in = [model.dimensions[name].fallback for name in missing]
    closest = "".join(
        f" {model.dimensions[d].label} comes closest." for d in stand_in if d is not None and d in usable
    )
    raise NotAnswerable(
        f"{label} cannot be split or filtered by {wanted}: not every event behind it carries that.{closest} "
        f"It goes by {offered}.{instead}",
        code="incompatible",
        nearest=others,
    )


def _attributable(model: SemanticModel, query: SemanticQuery, metric: str) -> None:
    """What members are today is found by their id, which every event behind the metric must carry."""
    names = todays_dimensions(query, model)
    if not names or all(model.datasets[name].member_column for name in model.datasets_of(metric)):
        return
    wanted = " and ".join(model.dimensions[name].label for name in names)
    raise NotAnswerable(
        f"{model.metrics[metric].label} cannot go by the {wanted} members have today: not every event behind it "
        "says which member it belongs to. It can go by what they had at the time.",
        code="incompatible",
    )


def _alternatives(model: SemanticModel, metric: str, wanted: frozenset[str]) -> tuple[str, ...]:
    """At most three metrics that carry the wanted dimensions: siblings first, then those on the same tables."""
    tables = _tables(model, metric)
    siblings = model.metrics[metric].siblings
    others = [name for name in model.metrics if name != metric and _tables(model, name) & tables]
    candidates = dict.fromkeys((*siblings, *others))
    return tuple(name for name in candidates if wanted <= model.dimensions_of(name))[:3]


def _tables(model: SemanticModel, metric: str) -> frozenset[str]:
    return frozenset(model.datasets[name].table for name in model.datasets_of(metric))


def _shares(model: SemanticModel, query: SemanticQuery) -> None:
    for metric in query.metrics:
        if query.share_of_total and not model.adds_up_by(metric, query.dimensions):
            raise NotAnswerable(
                f"{model.metrics[metric].label} does not add up over parts, so it has no share of a total.",
                code="not_additive",
                nearest=tuple(name for name in model.metrics[metric].siblings if model.metrics[name].additive),
            )


def _orders(query: SemanticQuery) -> None:
    known = column_names(query)
    for order in query.order_by:
        if order.by not in known:
            near = tuple(get_close_matches(order.by, known, n=1, cutoff=0.5))
            raise NotAnswerable(
                f"The result has no column '{order.by}' to sort by.", code="bad_order", nearest=near
            )


def _limits(query: SemanticQuery) -> None:
    """A limit in each value of something needs that to be a column, and another to rank within it."""
    if query.limit is None or query.limit_by is None:
        return
    keys = (*((query.time_grain,) if query.time_grain else ()), *query.dimensions)
    if query.limit_by not in keys or len(keys) == 1:
        raise NotAnswerable(
            f"The first {query.limit} rows of each {query.limit_by} need a breakdown by {query.limit_by} and by "
            "what is ranked within it.",
            code="bad_order",
            nearest=tuple(get_close_matches(query.limit_by, keys, n=1, cutoff=0.5)),
        )


def _averages(model: SemanticModel, query: SemanticQuery) -> None:
    """Only what adds up over time has an average per day; per week and longer of a plain period only."""
    unit = query.average_per
    if unit is None:
        return
    for name in query.metrics:
        metric = model.metrics[name]
        dated = any(model.datasets[source].time_column for source in model.datasets_of(name))
        if not metric.additive or not dated:
            raise NotAnswerable(
                f"{metric.label} does not add up over days, so it has no average per {unit} of its own.",
                code="no_metric",
            )
    if unit != "day" and (query.time_grain or query.compare_to):
        raise NotAnswerable(
            f"An average per {unit} is of one period. Ask for the average per day, or for the course by {unit}.",
            code="no_period",
        )


def _timeless(model: SemanticModel, query: SemanticQuery, time: TimeRange, as_of: date) -> None:
    """A state of today has no history: no trend, no comparison, no period that ends before today."""
    for metric in query.metrics:
        if any(model.datasets[name].time_column for name in model.datasets_of(metric)):
            history_missing = any(not model.datasets[name].time_column for name in model.datasets_of(metric))
            impossible = history_missing and query.time_grain is not None
        else:
            impossible = query.time_grain is not None or query.compare_to is not None or time.end < as_of
        if impossible:
            raise NotAnswerable(
                f"{model.metrics[metric].label} is known as of {day_in_words(as_of)} only; it has no history.",
                code="no_period",
                nearest=tuple(
                    name
                    for name in model.metrics[metric].siblings
                    if all(model.datasets[d].time_column for d in model.datasets_of(name))
                ),
            )


def column_names(query: SemanticQuery) -> list[str]:
    """Names of the result's columns, in order."""
    names: list[str] = [query.time_grain] if query.time_grain else []
    names.extend(dict.fromkeys(query.dimensions))
    for metric in dict.fromkeys(query.metrics):
        names.append(metric)
        if query.compare_to:
            names.extend((f"{metric}__previous", f"{metric}__change", f"{metric}__change_pct"))
        if query.share_of_total:
            names.append(f"{metric}__share")
    return names
