"""Follow-up questions: three complete ones derived from a plan, each checked by planning it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agents.planner.lexicon import Lexicon
from agents.planner.phrasing import phrase
from agents.planner.plan import Plan
from semantic.attribution import todays_dimensions
from semantic.query import SemanticQuery, TimeGrain

Check = Callable[[str, SemanticQuery], bool]
_WANTED = 3
_MOST_VALUES = 40
"""More groups than these are no breakdown to be read at a glance."""


def follow_ups(plan: Plan, lexicon: Lexicon, check: Check) -> tuple[str, ...]:
    """Another breakdown, a comparison, a course in time: the first three that plan to just that.

    Period and filters stay; of several figures the first is followed up.
    """
    if plan.query is None:
        return ()
    plain = {"order_by": (), "limit": None, "having": (), "metrics": plan.query.metrics[:1]}
    base = plan.query.model_copy(update=plain)
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


def _neighbours(query: SemanticQuery, lexicon: Lexicon) -> Iterator[SemanticQuery]:
    """What the figure is about comes first, then whose it is; between them a comparison and the course in time."""
    where, who = _own(query, lexicon), _members(query, lexicon)
    if query.attribution == "today":  # whose it is today was asked: that comes first
        where, who = who, where
    breakdowns = [
        query.model_copy(update={"dimensions": (name,), "time_grain": None, "compare_to": None})
        for name in (*where[:1], *who[:1], *where[1:3], *who[1:3])
    ]
    yield from breakdowns[:1]
    if not query.compare_to and not query.time_grain:
        yield query.model_copy(update={"compare_to": "previous_period"})
    if grain := _grain(query):
        yield query.model_copy(
            update={"dimensions": (), "time_grain": grain, "compare_to": None, "share_of_total": False}
        )
    yield from breakdowns[1:]


def _grain(query: SemanticQuery) -> TimeGrain | None:
    """Steps in which the period shows its course; None for a single day, or where it is shown in steps already."""
    if query.time_grain:
        return None
    if query.time is None:
        return "month"
    days = (query.time.end - query.time.start).days + 1
    if days == 1:
        return None
    return "day" if days <= 31 else "week" if days <= 92 else "month"


def _own(query: SemanticQuery, lexicon: Lexicon) -> list[str]:
    """Dimensions of what the figure is about: where it arises, why, then others whose values are few and known."""
    model, defaults = lexicon.model, lexicon.model.defaults
    known = [name for name in model.dimensions if name not in model.member_dimensions and _few(name, lexicon)]
    first = [name for name in (defaults.where_dimension, defaults.problem_dimension) if name]
    return [name for name in dict.fromkeys((*first, *known)) if _fits(name, query, lexicon)]


def _members(query: SemanticQuery, lexicon: Lexicon) -> list[str]:
    model = lexicon.model
    first = [model.defaults.who_dimension] if model.defaults.who_dimension else []
    names = dict.fromkeys((*first, *(name for name in model.dimensions if name in model.member_dimensions)))
    return [name for name in names if _fits(name, query, lexicon)]


def _few(name: str, lexicon: Lexicon) -> bool:
    values = lexicon.values.values(name)
    coded = any("_" in lexicon.values.label(name, value) for value in values)
    return 1 < len(values) <= _MOST_VALUES and not coded


def _fits(name: str, query: SemanticQuery, lexicon: Lexicon) -> bool:
    used = {*query.dimensions, *(item.dimension for item in query.filters if len(item.values) == 1)}
    known = name in lexicon.model.dimensions and name not in used
    return known and all(lexicon.compatible(metric, name) for metric in query.metrics)
