"""An answered query as chips: what was understood, and the questions that change one thing of it.

The questions are made here and read back here, so that a click changes exactly what its chip says, without the
planner's reading of free text. They are plain English all the same: any chat model can follow them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from agents.planner import periods as p
from agents.planner.lexicon import Values
from agents.planner.periods import Clock
from semantic.echo import listed, period, quantity
from semantic.model import SemanticModel
from semantic.query import Comparison, DimensionFilter, Order, SemanticQuery, TimeGrain, TimeRange

ChipKind = Literal["metric", "dimension", "filter", "period", "comparison", "order", "limit"]
MOST_OPTIONS = 5
_GRAINS: tuple[TimeGrain, ...] = ("day", "week", "month", "quarter", "year")
_LIMITS = (3, 5, 10, 20)
_OPERATORS = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "=": "equal to"}
_BASELINES: dict[Comparison, str] = {
    "previous_period": "the previous period", "previous_year": "the same period a year earlier"
}  # fmt: skip
_PERIODS: tuple[tuple[str, Callable[[str, Clock], p.Period]], ...] = (
    ("last 7 days", lambda label, clock: p.last("day", 7, clock, label)),
    ("last 30 days", lambda label, clock: p.last("day", 30, clock, label)),
    ("last week", lambda label, clock: p.last("week", 1, clock, label)),
    ("last month", lambda label, clock: p.last("month", 1, clock, label)),
    ("last quarter", lambda label, clock: p.last("quarter", 1, clock, label)),
    ("this year", lambda label, clock: p.current("year", clock, label)),
)


@dataclass(frozen=True)
class Option:
    """An alternative: the question that sets it and the query that it leads to."""

    label: str
    question: str
    query: SemanticQuery


@dataclass(frozen=True)
class Chip:
    """One thing that was understood. `remove` drops it (None where the query needs it); options replace it."""

    kind: ChipKind
    label: str
    value: str
    remove: Option | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """What chips are made with: the model, the reader's values, the day.

    `held` are dimensions in which the reader sees one value only; `window` names the period that stands when
    none is named.
    """

    model: SemanticModel
    values: Values
    clock: Clock
    held: frozenset[str] = frozenset()
    window: str = "default"


def edited(
    question: str, query: SemanticQuery, around: Surroundings, *, analysis: bool = False
) -> SemanticQuery | None:
    """The query that a chip's question leads to; None when it is no such question."""
    asked = _plain(question)
    for chip in chips(query, around, analysis=analysis):
        for option in (*([chip.remove] if chip.remove else []), *chip.options):
            if _plain(option.question) == asked:
                return option.query
    return None


def _plain(question: str) -> str:
    return " ".join(question.lower().split()).rstrip(".?! ")


def chips(query: SemanticQuery, around: Surroundings, *, analysis: bool = False) -> tuple[Chip, ...]:
    """What a query says, slot by slot. An analysis reads the figure, the filters and the period only."""
    made = [*_metrics(query, around)]
    if not analysis:
        made += [*_average(query), *_dimensions(query, around)]
    made += [*_filters(query, around), *_thresholds(query, around), _period(query, around)]
    if not analysis:
        made += [*_comparison(query), *_order(query, around), *_limit(query, around)]
    return tuple(made)


def _changed(query: SemanticQuery, **slots: object) -> SemanticQuery:
    """The query with slots replaced, and without what no longer fits: orders, thresholds and shares left over."""
    changed = query.model_copy(update=slots)
    columns = {*changed.metrics, *changed.dimensions}
    if changed.compare_to:
        columns |= {f"{name}__{part}" for name in changed.metrics for part in ("change", "change_pct", "previous")}
    rows = bool(changed.dimensions or changed.time_grain)
    ordered = changed.order_by if rows and all(o.by in columns for o in changed.order_by) else ()
    keys = {*changed.dimensions, changed.time_grain} - {None}
    within = changed.limit_by if changed.limit_by in keys and len(keys) > 1 else None
    limited = rows and (ordered or not query.order_by) and within == changed.limit_by
    return changed.model_copy(
        update={
            "order_by": ordered,
            "limit": changed.limit if limited else None,
            "limit_by": within if limited else None,
            "having": tuple(item for item in changed.having if item.metric in changed.metrics),
            "share_of_total": changed.share_of_total and bool(changed.dimensions),
        }
    )


def _fits(name: str, query: SemanticQuery, model: SemanticModel) -> bool:
    """Whether another metric knows the query's dimensions and has a history where a period is asked."""
    wanted = {*query.dimensions, *(item.dimension for item in query.filters)}
    dated = any(model.datasets[source].time_column for source in model.datasets_of(name))
    return wanted <= model.dimensions_of(name) and (
        dated or not (query.time or query.time_grain or query.compare_to)
    )


def _metrics(query: SemanticQuery, around: Surroundings) -> Iterator[Chip]:
    model, several = around.model, len(query.metrics) > 1
    for name in query.metrics:
        label = model.metrics[name].label
        others = [n for n in model.metrics[name].siblings if n not in query.metrics and _fits(n, query, model)]
        others = [n for n in others if model.metrics[n].additive or not query.average_per]
        options = []
        for other in others[:MOST_OPTIONS]:
            question = f"Show {model.metrics[other].label} instead" + (f" of {label}" if several else "")
            metrics = tuple(other if metric == name else metric for metric in query.metrics)
            order = tuple(Order(by=other, direction=o.direction) if o.by == name else o for o in query.order_by)
            changed = _changed(query, metrics=metrics, order_by=order)
            if query.share_of_total and not all(model.adds_up(metric) for metric in metrics):
                changed = changed.model_copy(update={"share_of_total": False})
            options.append(Option(model.metrics[other].label, question, changed))
        rest = tuple(metric for metric in query.metrics if metric != name)
        remove = Option("", f"Drop {label}", _changed(query, metrics=rest)) if several else None
        yield Chip("metric", "Figure", label, remove, tuple(options))


def _average(query: SemanticQuery) -> Iterator[Chip]:
    if query.average_per is None:
        return
    remove = Option("", "Show the total instead of the average", _changed(query, average_per=None))
    units = () if query.time_grain or query.compare_to else ("day", "week", "month")
    options = [
        Option(f"per {unit}", f"Average per {unit} instead", _changed(query, average_per=unit))
        for unit in units
        if unit != query.average_per
    ]
    yield Chip("dimension", "Average", f"per {query.average_per}", remove, tuple(options))


def _dimensions(query: SemanticQuery, around: Surroundings) -> Iterator[Chip]:
    model = around.model
    if query.time_grain:
        remove = Option("", f"Drop the breakdown by {query.time_grain}", _changed(query, time_grain=None))
        grains = [grain for grain in _GRAINS if grain != query.time_grain]
        options = [
            Option(g, f"By {g} instead of by {query.time_grain}", _changed(query, time_grain=g)) for g in grains
        ]
        yield Chip("dimension", "By", query.time_grain, remove, tuple(options))
    today = "current " if query.attribution == "today" else ""
    for name in query.dimensions:
        label = model.dimensions[name].label.lower()
        rest = tuple(dimension for dimension in query.dimensions if dimension != name)
        options = [
            Option(model.dimensions[other].label.lower(), f"By {model.dimensions[other].label} instead of {label}",
                   _rebroken(query, name, other))
            for other in _other_dimensions(query, around)
        ]  # fmt: skip
        remove = Option("", f"Drop the breakdown by {label}", _changed(query, dimensions=rest))
        own = today if name in model.member_dimensions else ""
        yield Chip("dimension", "By", own + label, remove, tuple(options))


def _rebroken(query: SemanticQuery, name: str, other: str) -> SemanticQuery:
    dimensions = tuple(other if dimension == name else dimension for dimension in query.dimensions)
    order = tuple(item for item in query.order_by if item.by != name)
    return _changed(query, dimensions=dimensions, order_by=order)


def _other_dimensions(query: SemanticQuery, around: Surroundings) -> list[str]:
    """The model's own default cuts first, then others that every metric knows."""
    model, defaults = around.model, around.model.defaults
    known = frozenset.intersection(*(model.dimensions_of(metric) for metric in query.metrics))
    used = {*query.dimensions, *(i.dimension for i in query.filters if i.op == "in" and len(i.values) == 1)}
    first = (defaults.who_dimension, defaults.where_dimension, defaults.problem_dimension)
    return [n for n in dict.fromkeys((*first, *model.dimensions)) if n and n in known - used][:MOST_OPTIONS]


def _filters(query: SemanticQuery, around: Surroundings) -> Iterator[Chip]:
    for item in query.filters:
        label = around.model.dimensions[item.dimension].label
        named = [around.values.label(item.dimension, value) for value in item.values]
        rest = tuple(other for other in query.filters if other != item)
        noun = "filter" if item.op == "in" else "exclusion"
        remove = Option("", f"Drop the {label.lower()} {noun}", _changed(query, filters=rest))
        value = listed(named, "or") if item.op == "in" else f"not {listed(named, 'or')}"
        yield Chip("filter", label, value, remove, tuple(_other_values(item, query, around)))


def _other_values(item: DimensionFilter, query: SemanticQuery, around: Surroundings) -> Iterator[Option]:
    """Other single values, and the filter turned round; none where the reader is held to one anyway."""
    if item.dimension in around.held:
        return
    label = around.model.dimensions[item.dimension].label.lower()
    values = [
        value for value in around.values.values(item.dimension) if (value,) != item.values or item.op != "in"
    ]
    for value in values[: MOST_OPTIONS - 1]:
        named = around.values.label(item.dimension, value)
        only = DimensionFilter(dimension=item.dimension, values=(value,))
        yield Option(named, f"Only {label} {named}", _with_filter(query, item, only))
    turned = item.model_copy(update={"op": "not_in" if item.op == "in" else "in"})
    named = listed([around.values.label(item.dimension, value) for value in item.values], "or")
    if item.op == "in":
        yield Option(f"all but {named}", f"All but {label} {named}", _with_filter(query, item, turned))
    else:
        yield Option(f"only {named}", f"Nothing but {label} {named}", _with_filter(query, item, turned))


def _with_filter(query: SemanticQuery, old: DimensionFilter, new: DimensionFilter) -> SemanticQuery:
    return _changed(query, filters=tuple(new if item == old else item for item in query.filters))


def _thresholds(query: SemanticQuery, around: Surroundings) -> Iterator[Chip]:
    for item in query.having:
        metric = around.model.metrics[item.metric]
        rest = tuple(other for other in query.having if other != item)
        remove = Option("", f"Drop the threshold on {metric.label}", _changed(query, having=rest))
        yield Chip("filter", metric.label, f"{_OPERATORS[item.op]} {quantity(item.value, metric.unit)}", remove)


def _period(query: SemanticQuery, around: Surroundings) -> Chip:
    model, clock = around.model, around.clock
    dated = all(any(model.datasets[d].time_column for d in model.datasets_of(m)) for m in query.metrics)
    if not dated:
        return Chip("period", "Period", "as of the last day")
    options = []
    for label, build in _PERIODS:
        found = p.clip(build(label, clock), clock)
        span = TimeRange(start=found.start, end=found.end, label=label) if found.start <= found.end else None
        same = query.time and span and (query.time.start, query.time.end) == (span.start, span.end)
        if span and not same:
            options.append(Option(label, f"For {label}", _changed(query, time=span)))
    if query.time is None:
        return Chip("period", "Period", around.window, None, tuple(options[:MOST_OPTIONS]))
    remove = Option("", "Drop the period", _changed(query, time=None))
    words = query.time.label or period(query.time)
    return Chip("period", "Period", words, remove, tuple(options[:MOST_OPTIONS]))


def _comparison(query: SemanticQuery) -> Iterator[Chip]:
    if not query.compare_to:
        return
    remove = Option("", "Drop the comparison", _changed(query, compare_to=None))
    options = [
        Option(words, f"Compare with {words}", _changed(query, compare_to=name))
        for name, words in _BASELINES.items()
        if name != query.compare_to
    ]
    told = query.compare_to
    words = (told.label or period(told)) if isinstance(told, TimeRange) else _BASELINES[told]
    yield Chip("comparison", "Compared with", words, remove, tuple(options))


def _order(query: SemanticQuery, around: Surroundings) -> Iterator[Chip]:
    if not query.order_by:
        return
    first = query.order_by[0]
    words = {"desc": "highest first", "asc": "lowest first"}
    other: Literal["asc", "desc"] = "asc" if first.direction == "desc" else "desc"
    turned = Option(words[other], words[other].capitalize(),
                    _changed(query, order_by=(Order(by=first.by, direction=other),)))  # fmt: skip
    by = [
        Option(f"by {around.model.metrics[name].label}", f"Sort by {around.model.metrics[name].label}",
               _changed(query, order_by=(Order(by=name),)))
        for name in query.metrics if name != first.by
    ]  # fmt: skip
    remove = Option("", "Drop the sorting", query.model_copy(update={"order_by": (), "limit": None}))
    yield Chip("order", "Order", f"{_column(first.by, around)}, {words[first.direction]}", remove,
               (turned, *by)[:MOST_OPTIONS])  # fmt: skip


def _column(name: str, around: Surroundings) -> str:
    """A column's words: a metric, a dimension, or a metric's change."""
    base, _, part = name.partition("__")
    known = around.model.metrics.get(base) or around.model.dimensions.get(base)
    label = known.label if known else base
    return f"change in {label}" if part.startswith("change") else label


def _limit(query: SemanticQuery, around: Surroundings) -> Iterator[Chip]:
    if query.limit is None:
        return
    each = f" of each {_column(query.limit_by, around).lower()}" if query.limit_by else ""
    remove = Option("", "Drop the limit", _changed(query, limit=None, limit_by=None))
    options = [
        Option(f"first {count}{each}", f"Only the first {count} rows{each}", _changed(query, limit=count))
        for count in _LIMITS
        if count != query.limit
    ]
    yield Chip("limit", "Rows", f"first {query.limit}{each}", remove, tuple(options[:MOST_OPTIONS]))
