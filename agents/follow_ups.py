"""Three questions that lead on from an answer: another cut, a comparison, the course over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.wording import at_start, in_sentence
from semantic.query import SemanticQuery
from tools.outcome import Found

if TYPE_CHECKING:
    from tools.desk import Desk

COUNT = 3
OTHER_PCT = 5


def follow_ups_for(found: Found, desk: Desk, planned: list[str]) -> list[str]:
    """Follow-up questions in the reader's words, each answerable in the same conversation.

    `planned` are the planner's own, which it has checked; without any, they follow from the query.
    """
    given = list(found.follow_ups)
    query = next((table.query for table in found.tables if table.query), None)
    if found.shape == "what_if":
        asked = found.constants.get("reduce_pct")
        given += ["What would 10% do?" if asked == OTHER_PCT else "What would 5% do?", "Why is it happening?"]
    elif found.shape in ("opportunities", "briefing"):
        given += ["What is causing the leakage?", "If we fix billing this week, what's the upside?"]
    given += planned
    if query is not None and not planned:
        given += _from_query(query, desk)
    return list(dict.fromkeys(at_start(text) for text in given))[:COUNT]


def _from_query(query: SemanticQuery, desk: Desk) -> list[str]:
    said = []
    cut = _next_cut(query, desk)
    if cut:
        said.append(f"And by {in_sentence(desk.semantic.dimensions[cut].label)}?")
    if query.compare_to is None and query.time_grain is None:
        said.append("How does that compare to the previous period?")
    if query.time_grain is None:
        said.append("Show it by week")
    return said


def _next_cut(query: SemanticQuery, desk: Desk) -> str:
    """The next of the model's own default dimensions that the query neither shows nor fixes."""
    defaults = desk.semantic.defaults
    used = {*query.dimensions, *(entry.dimension for entry in query.filters)}
    allowed = frozenset.intersection(*(desk.semantic.dimensions_of(metric) for metric in query.metrics))
    wanted = (defaults.who_dimension, "plan_type", defaults.where_dimension, defaults.problem_dimension)
    return next((name for name in wanted if name and name in allowed - used), "")
