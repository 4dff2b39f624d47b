"""Says a query back in one plain sentence, so that a wrong reading is seen before its numbers are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from semantic.attribution import event_word, todays_dimensions
from semantic.model import SemanticModel, Unit
from semantic.query import DimensionFilter, MetricFilter, SemanticQuery, TimeRange

_THRESHOLDS = {">": "above", ">=": "at least", "<": "below", "<=": "at most", "=": "equal to"}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def describe(query: SemanticQuery, model: SemanticModel) -> str:
    """One sentence: metrics, grain, filters, window, comparison, thresholds, ranking.

    "Leaked calls and avoidable call cost by journey, for plan type MAPD, on 29 October 2026 (today), top 3 by
    avoidable call cost."
    """
    what = listed(_lower(metric_words(metric, query, model)) for metric in query.metrics)
    parts = [what + _by(query, model), *_filters(query, model), *_attribution(query, model)]
    if has_history(query, model):
        parts += _window(query)
        parts += _comparison(query)
    else:
        parts.append("as of the last complete day")
    if query.average_per:
        parts.append(
            f"averaged over the {'days' if query.average_per == 'day' else f'whole {query.average_per}s'}"
        )
    if query.share_of_total:
        parts.append(f"with the share of the total{f' of each {query.time_grain}' if query.time_grain else ''}")
    parts += [_threshold(item, model) for item in query.having]
    parts += _ranking(query, model)
    sentence = ", ".join(parts)
    return sentence[0].upper() + sentence[1:] + "."


def heading(query: SemanticQuery, model: SemanticModel) -> str:
    """A title for the result: the first metric and what it goes by ("Leaked calls by journey and plan type")."""
    return metric_words(query.metrics[0], query, model) + _by(query, model)


def metric_words(name: str, query: SemanticQuery, model: SemanticModel) -> str:
    """A metric's label as the query has it: Total calls, or Total calls per day."""
    return _label(model, name) + (f" per {query.average_per}" if query.average_per else "")


def attribution_note(queries: Iterable[SemanticQuery], model: SemanticModel) -> str:
    """What is said beside figures attributed to today; empty when there are none.

    "By the plan type members have today, not the one they had at the time of the call."
    """
    asked = [query for query in queries if todays_dimensions(query, model)]
    if not asked:
        return ""
    names = dict.fromkeys(name for query in asked for name in todays_dimensions(query, model))
    one = "the one" if len(names) == 1 else "those"
    event = event_word((metric for query in asked for metric in query.metrics), model)
    labels = listed(_lower(model.dimensions[name].label) for name in names)
    return f"By the {labels} members have today, not {one} they had at the time of the {event}."


def attributions(name: str, model: SemanticModel) -> str:
    """What a member dimension can go by, in words; empty for any other dimension and for metrics."""
    if name not in model.member_dimensions:
        return ""
    asked = _lower(model.dimensions[name].label)
    return (
        f"An event counts under the {asked} its member had on the day of the event (at_event, the default). "
        f"Asked by current {asked}, or by the {asked} members have today, it counts under the one the member has "
        "in the latest data (today)."
    )


def listed(words: Iterable[str], last: str = "and") -> str:
    """'a', 'a and b', 'a, b and c'."""
    items = list(words)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} {last} {items[-1]}"


def period(time: TimeRange) -> str:
    """'on 29 October 2026 (today)', 'from 1 to 29 October 2026', 'in Q3 2026', 'in 2025'."""
    label = f" ({time.label})" if time.label and not _says_dates(time.label) else ""
    if time.start == time.end:
        return f"on {day_in_words(time.start)}{label}"
    start = day_in_words(time.start)
    if time.start.year == time.end.year:
        start = f"{time.start.day} {_MONTHS[time.start.month - 1]}"
        if time.start.month == time.end.month:
            start = str(time.start.day)
    return f"from {start} to {day_in_words(time.end)}{label}"


def quantity(value: float, unit: Unit) -> str:
    """A threshold in the unit's own notation: 0.2 of a rate is 20%, 50000 dollars $50,000."""
    number = f"{value:,.2f}".rstrip("0").rstrip(".")
    if unit == "rate":
        return f"{value * 100:,.2f}".rstrip("0").rstrip(".") + "%"
    return (
        f"${number}" if unit == "usd" else f"{number} {unit}" if unit in ("minutes", "days", "seconds") else number
    )


def _by(query: SemanticQuery, model: SemanticModel) -> str:
    grain = [query.time_grain] if query.time_grain else []
    keys = [*grain, *(dimension_words(name, query, model) for name in query.dimensions)]
    return f" by {listed(keys)}" if keys else ""


def dimension_words(name: str, query: SemanticQuery, model: SemanticModel) -> str:
    """A dimension's label inside a sentence: plan type, or current plan type."""
    label = _lower(model.dimensions[name].label)
    return f"current {label}" if name in todays_dimensions(query, model) else label


def _attribution(query: SemanticQuery, model: SemanticModel) -> list[str]:
    if not todays_dimensions(query, model):
        return []
    return [f"counted under what members have today, not at the time of the {event_word(query.metrics, model)}"]


def _filters(query: SemanticQuery, model: SemanticModel) -> list[str]:
    return [_filter(item, query, model) for item in query.filters]


def _filter(item: DimensionFilter, query: SemanticQuery, model: SemanticModel) -> str:
    dimension = model.dimensions[item.dimension]
    values = listed((dimension.value_labels.get(value, value) for value in item.values), "or")
    word = "for" if item.op == "in" else "without"
    return f"{word} {dimension_words(item.dimension, query, model)} {values}"


def _window(query: SemanticQuery) -> list[str]:
    return [period(query.time)] if query.time else ["over the default period"]


def _comparison(query: SemanticQuery) -> list[str]:
    if query.compare_to is None:
        return []
    if isinstance(query.compare_to, TimeRange):
        return [f"compared with the period {period(query.compare_to)}"]
    each = f"each {query.time_grain} " if query.time_grain else ""
    unit = query.time_grain or "period"
    before = "the same period a year earlier" if query.compare_to == "previous_year" else f"the {unit} before"
    return [f"{each}compared with {before}"]


def _threshold(item: MetricFilter, model: SemanticModel) -> str:
    metric = model.metrics[item.metric]
    return f"where {_lower(metric.label)} is {_THRESHOLDS[item.op]} {quantity(item.value, metric.unit)}"


def _ranking(query: SemanticQuery, model: SemanticModel) -> list[str]:
    if not query.order_by and query.limit is None:
        return []
    if not query.order_by:
        first = query.time_grain or query.metrics[0]
        direction = "asc" if query.time_grain else "desc"
    else:
        first, direction = query.order_by[0].by, query.order_by[0].direction
    if query.limit is None and (first, direction) == (query.metrics[0], "desc") and not query.time_grain:
        return []  # rows come so anyway
    by = _column(first, model)
    if query.limit is None:
        return [f"by {by}, {'highest' if direction == 'desc' else 'lowest'} first"]
    plural = "" if query.limit == 1 else f" {query.limit}"
    each = f" of each {_column(query.limit_by, model)}" if query.limit_by else ""
    return [f"{'top' if direction == 'desc' else 'lowest'}{plural}{each} by {by}"]


def _column(name: str, model: SemanticModel) -> str:
    plain, _, role = name.partition("__")
    words = {
        "change": "change of ",
        "change_pct": "relative change of ",
        "previous": "earlier ",
        "share": "share of ",
    }
    if plain in model.metrics:
        return words.get(role, "") + _lower(_label(model, plain))
    return _lower(model.dimensions[plain].label) if plain in model.dimensions else plain


def _label(model: SemanticModel, metric: str) -> str:
    return model.metrics[metric].label


def has_history(query: SemanticQuery, model: SemanticModel) -> bool:
    """Whether any metric of the query goes by time; a state such as the membership does not."""
    return any(model.datasets[name].time_column for metric in query.metrics for name in model.datasets_of(metric))


def _lower(label: str) -> str:
    """Lower case at the start unless the word is an abbreviation (NPS, IVR)."""
    first = label.split()[0]
    return label if first[1:2].isupper() else label[0].lower() + label[1:]


def _says_dates(label: str) -> bool:
    return any(character.isdigit() for character in label) and any(month[:3] in label for month in _MONTHS)


def day_in_words(day: date) -> str:
    """29 October 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
