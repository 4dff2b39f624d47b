"""Follow-up questions: three complete ones derived from a plan, each checked by planning it."""

from __future__ import annotations

from collections.abc import Callable

from agents.planner.lexicon import Lexicon
from agents.planner.phrasing import phrase
from agents.planner.plan import Plan
from semantic.attribution import todays_dimensions
from semantic.query import SemanticQuery

Check = Callable[[str, SemanticQuery], bool]
_WANTED = 3


def follow_ups(plan: Plan, lexicon: Lexicon, check: Check) -> tuple[str, ...]:
    """Another breakdown, a comparison, a trend: the first three that plan to just that."""
    if plan.query is None:
        return ()
    base = plan.query.model_copy(update={"order_by": (), "limit": None, "having": ()})
    found: list[str] = []
    for neighbour in _neighbours(base, lexicon):
        query = _settled(neighbour, lexicon)
        question = phrase(query, lexicon)
        if question not in found and check(question, query):
            found.append(question)
        if len(found) == _WANTED:
            break
    return tuple(found)


def _settled(query: SemanticQuery, lexicon: Lexicon) -> SemanticQuery:
    """Without an attribution where no member dimension is left that it could say something about."""
    return (
        query if todays_dimensions(query, lexicon.model) else query.model_copy(update={"attribution": "at_event"})
    )


def _neighbours(query: SemanticQuery, lexicon: Lexicon) -> list[SemanticQuery]:
    used = {*query.dimensions, *(item.dimension for item in query.filters)}
    fitting = [
        name
        for name in lexicon.model.dimensions
        if name not in used and all(lexicon.compatible(metric, name) for metric in query.metrics)
    ]
    breakdowns = [
        query.model_copy(update={"dimensions": (name,), "time_grain": None, "compare_to": None})
        for name in fitting[:3]
    ]
    trend = query.model_copy(update={"dimensions": (), "time_grain": "month", "time": None, "compare_to": None})
    compared = query.model_copy(update={"compare_to": "previous_period", "time_grain": None})
    first = [] if query.compare_to or query.time_grain else [compared]
    return [*breakdowns[:1], *first, *([] if query.time_grain else [trend]), *breakdowns[1:]]
