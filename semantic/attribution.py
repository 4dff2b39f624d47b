"""Whose plan an event counts under: the one the member had at the event, or the one the member has today."""

from __future__ import annotations

from collections.abc import Iterable

from semantic.model import SemanticModel
from semantic.query import SemanticQuery


def todays_dimensions(query: SemanticQuery, model: SemanticModel) -> tuple[str, ...]:
    """Dimensions of the query that are read from what members are today, not from the event.

    Empty under the default attribution, without such a dimension, and for metrics of the members themselves, which
    are what they are today anyway.
    """
    if query.attribution != "today" or counts_members_only(query.metrics, model):
        return ()
    used = (*query.dimensions, *(item.dimension for item in query.filters))
    return tuple(name for name in dict.fromkeys(used) if name in model.member_dimensions)


def counts_members_only(metrics: Iterable[str], model: SemanticModel) -> bool:
    """Whether no metric counts an event, so that both attributions are the same."""
    return all(model.datasets_of(metric) == {model.members_today} for metric in metrics)


def event_word(metrics: Iterable[str], model: SemanticModel) -> str:
    """What the metrics count, in a word; "event" when they count several things."""
    names = {name for metric in metrics for name in model.datasets_of(metric)}
    words = {model.datasets[name].event for name in names} - {""}
    return words.pop() if len(words) == 1 else "event"
