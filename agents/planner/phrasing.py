"""A query as a complete question that plans back to it: choices and follow-ups are made of these."""

from __future__ import annotations

import re

from agents.planner.lexicon import Lexicon
from agents.planner.normalise import phrase_tokens
from agents.planner.reading import Target
from agents.planner.siblings import words_of
from agents.planner.words import COMMON_VALUES
from semantic.attribution import todays_dimensions
from semantic.echo import day_in_words
from semantic.query import Comparison, DimensionFilter, MetricFilter, SemanticQuery, TimeRange

_RELATIVE = re.compile(r"today|yesterday|(?:this|last) (?:\d+ (?:day|week|month)s|week|month|quarter|year)")
_SEVERAL = re.compile(r"last \d+ (?:day|week|month)s")
_CALENDAR = re.compile(r"Q[1-4] \d{4}|(?:20|19)\d\d|[A-Z][a-z]+ \d{4}")
_OPERATORS = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "=": "equal to"}
_COMPARISONS: dict[Comparison, str] = {
    "previous_period": "compared with the previous period",
    "previous_year": "compared with the same period last year",
}


def phrase(query: SemanticQuery, lexicon: Lexicon) -> str:
    """One English question for the query."""
    model = lexicon.model
    labels = " and ".join(model.metrics[name].label for name in query.metrics)
    if query.average_per:
        labels += f" per {query.average_per} on average"
    parts = [labels]
    # `share of failed sessions` may be the rate of failed ones
    rated = any(model.metrics[name].polarity != "neutral" for name in query.metrics)
    whole = query.share_of_total and (rated or _names_a_figure(f"share of {labels}", lexicon))
    if query.share_of_total and not whole:
        parts = [f"Share of {labels}"]
    if query.order_by and query.limit:
        return _ranked(query, lexicon, labels)
    if query.dimensions:
        parts.append("by " + " and ".join(_label(name, query, lexicon) for name in query.dimensions))
    parts += ["as a share of the total"] if whole else []
    parts += _tail(query, lexicon)
    if query.order_by and query.dimensions:
        parts.append("highest first" if query.order_by[0].direction == "desc" else "lowest first")
    return _sentence(parts)


def _names_a_figure(text: str, lexicon: Lexicon) -> bool:
    """Whether a figure is called so: `share of leaked calls` is one of all calls."""
    key = tuple(token.lemma for token in phrase_tokens(text.lower()))
    return any(target.kind == "metric" for target in lexicon.exact.get(key, ()))


def _ranked(query: SemanticQuery, lexicon: Lexicon, labels: str) -> str:
    end = "Top" if query.order_by[0].direction == "desc" else "Bottom"
    names = " and ".join(_label(name, query, lexicon) for name in query.dimensions)
    if not names and query.time_grain and query.order_by[0].by == query.metrics[0]:
        names = f"{query.limit} {query.time_grain}s" if query.limit != 1 else query.time_grain
        tail = _tail(query.model_copy(update={"time_grain": None}), lexicon)
        return _sentence([f"{end} {names} by {labels}", *tail])
    if query.limit_by in query.dimensions:
        within = _label(query.limit_by, query, lexicon)
        ranked = " and ".join(_label(name, query, lexicon) for name in query.dimensions if name != query.limit_by)
        return _sentence([f"{end} {query.limit} {ranked} in each {within} by {labels}", *_tail(query, lexicon)])
    if query.limit_by and query.limit_by == query.time_grain:
        tail = _tail(query.model_copy(update={"time_grain": None}), lexicon)
        return _sentence([f"{end} {query.limit} {names} in each {query.limit_by} by {labels}", *tail])
    return _sentence([f"{end} {query.limit} {names or 'rows'} by {labels}", *_tail(query, lexicon)])


def _tail(query: SemanticQuery, lexicon: Lexicon) -> list[str]:
    parts = [_filter(item, query, lexicon) for item in query.filters if item.op == "in"]
    parts += [_filter(item, query, lexicon) for item in query.filters if item.op == "not_in"]
    parts += [_threshold(item, lexicon) for item in query.having]
    if query.time_grain:
        parts.append(f"by {query.time_grain}")
    if query.time:
        parts.append(_period(query.time))
    if query.compare_to:
        parts.append(_comparison(query.compare_to))
    return parts


def _comparison(compared: Comparison | TimeRange) -> str:
    if isinstance(compared, TimeRange):
        return f"compared with {_period(compared).removeprefix('in ').removeprefix('on ')}"
    return _COMPARISONS[compared]


def _period(time: TimeRange) -> str:
    """The period as it was named where that name reads back to the same days, else its first and last day."""
    if _RELATIVE.fullmatch(time.label):
        return f"in the {time.label}" if _SEVERAL.fullmatch(time.label) else time.label
    if _CALENDAR.fullmatch(time.label):
        return f"in {time.label}"
    if time.start == time.end:
        return f"on {day_in_words(time.start)}"
    return f"from {day_in_words(time.start)} to {day_in_words(time.end)}"


def _label(name: str, query: SemanticQuery, lexicon: Lexicon) -> str:
    label = lexicon.model.dimensions[name].label.lower()
    return f"current {label}" if name in todays_dimensions(query, lexicon.model) else label


def _filter(item: DimensionFilter, query: SemanticQuery, lexicon: Lexicon) -> str:
    named = [_own_words(item.dimension, value, lexicon) for value in item.values]
    metric_words = frozenset().union(*(words_of(lexicon.model.metrics[name].label) for name in query.metrics))
    absorbed = any(words_of(label) <= metric_words for label in named)  # `approval days for Approved`
    if all(named) and not absorbed and item.dimension not in todays_dimensions(query, lexicon.model):
        words = " and ".join(named)
    else:
        labels = " and ".join(lexicon.values.label(item.dimension, value) for value in item.values)
        words = f"{_label(item.dimension, query, lexicon)} {labels}"
    if item.op != "in":
        return f"excluding {words}"
    alone = not query.dimensions and not query.time_grain and not query.having
    return f"for {words} together" if alone and len(item.values) > 1 else f"for {words}"


def _own_words(dimension: str, value: str, lexicon: Lexicon) -> str:
    """The value's label when it means this value and nothing else, else nothing: the dimension is named then."""
    label = lexicon.values.label(dimension, value)
    tokens = phrase_tokens(label)
    bare = len(tokens) == 1 and (tokens[0].text in COMMON_VALUES or not tokens[0].text.isalpha())
    meant = lexicon.exact.get(tuple(token.lemma for token in tokens))
    return label if not bare and meant == frozenset({Target("value", dimension, value)}) else ""


def _threshold(item: MetricFilter, lexicon: Lexicon) -> str:
    unit = lexicon.model.metrics[item.metric].unit
    number = f"{item.value * 100:g}%" if unit == "rate" else f"{item.value:g}"
    return f"with {lexicon.model.metrics[item.metric].label} {_OPERATORS[item.op]} {number}"


def _sentence(parts: list[str]) -> str:
    text = " ".join(part for part in parts if part)
    return text[0].upper() + text[1:]
