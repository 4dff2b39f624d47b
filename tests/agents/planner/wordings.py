"""Questions in the product's own plain wording, made of random queries that the rules read back exactly.

People who know the names ask like this, and so do choices and chips.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from agents.planner import Planner
from agents.planner.periods import Clock
from agents.planner.phrasing import phrase
from evals.outcomes import Case, of_query
from semantic.query import DimensionFilter, MetricFilter, Order, SemanticQuery, TimeRange

COUNT = 900
_SEED = 20261129
_SIZES = (1, 1, 1, 1, 1, 2, 2, 3)
_GRAINS = ("day", "week", "month", "quarter", "year")
_LIMITS = {
    "rate": 0.2,
    "usd": 500,
    "count": 1000,
    "minutes": 8,
    "days": 10,
    "seconds": 90,
    "score": 3,
    "points": 20,
}
_PERIODS = (
    ("last month", date(2026, 9, 1), date(2026, 9, 30)),
    ("last week", date(2026, 10, 19), date(2026, 10, 25)),
    ("this quarter", date(2026, 10, 1), date(2026, 10, 29)),
    ("Q3 2026", date(2026, 7, 1), date(2026, 9, 30)),
    ("August 2026", date(2026, 8, 1), date(2026, 8, 31)),
    ("2025", date(2025, 1, 1), date(2025, 12, 31)),
    ("", date(2026, 3, 9), date(2026, 5, 17)),
)


def own_wordings(planner: Planner, clock: Clock) -> Iterator[Case]:
    """Cases in the product's wording; the same ones each time."""
    random = Random(_SEED)
    made = 0
    while made < COUNT:
        query = _query(planner, random)
        question = phrase(query, planner.lexicon)
        question = question if made % 3 else question.lower()
        if planner.plans_to(question, query, clock):
            yield Case(f"w{made:04d}", question, (), (of_query("query", query),), ())
            made += 1


def _query(planner: Planner, random: Random) -> SemanticQuery:
    model, lexicon = planner.model, planner.lexicon
    first = random.choice(list(model.metrics))
    alike = [n for n in model.metrics if n != first and model.datasets_of(n) == model.datasets_of(first)]
    metrics = (first, *random.sample(alike, min(len(alike), random.choice(_SIZES) - 1)))
    known = [name for name in model.dimensions if all(lexicon.compatible(metric, name) for metric in metrics)]
    random.shuffle(known)
    dimensions = tuple(known[: random.choice((0, 0, 1, 1, 1, 2))])
    filters = tuple(
        DimensionFilter(dimension=name, op=random.choice(("in", "in", "in", "not_in")), values=values)
        for name in known[len(dimensions) : len(dimensions) + random.choice((0, 0, 1, 1, 2))]
        if (values := _values(name, planner, random))
    )
    label, start, end = random.choice(_PERIODS)
    query = SemanticQuery(
        metrics=metrics,
        dimensions=dimensions,
        filters=filters,
        time=TimeRange(start=start, end=end, label=label) if random.random() < 0.6 else None,
    )
    return _shaped(query, planner, random)


def _values(dimension: str, planner: Planner, random: Random) -> tuple[str, ...]:
    known = sorted(planner.lexicon.values.values(dimension))
    return tuple(sorted(random.sample(known, min(len(known), random.choice((1, 1, 2))))))


def _shaped(query: SemanticQuery, planner: Planner, random: Random) -> SemanticQuery:
    """With a grain, a comparison, a limit on the figure or a ranking, one at most."""
    kind = random.choice(("", "", "grain", "grain", "compare", "limit", "ranking", "order"))
    metric = planner.model.metrics[query.metrics[0]]
    if kind == "grain":
        return _with(query, time_grain=random.choice(_GRAINS))
    if kind == "compare" and query.time:
        return _with(query, compare_to=random.choice(("previous_period", "previous_year")))
    if kind == "limit" and query.dimensions and metric.unit in _LIMITS:
        value = _LIMITS[metric.unit] * random.choice((0.5, 1, 2))
        return _with(
            query,
            having=(MetricFilter(metric=metric.name, op=random.choice((">", "<", ">=", "<=")), value=value),),
        )
    if kind in ("ranking", "order") and query.dimensions:
        order = (Order(by=metric.name, direction=random.choice(("asc", "desc"))),)
        return _with(query, order_by=order, limit=random.choice((1, 3, 5, 10)) if kind == "ranking" else None)
    return query


def _with(query: SemanticQuery, **slots: object) -> SemanticQuery:
    """The query with other slots, validated again."""
    return SemanticQuery.model_validate(query.model_dump() | slots)
