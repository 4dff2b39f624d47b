"""The embedded planner: questions to governed queries by rules, from the semantic model alone."""

from __future__ import annotations

from datetime import date

from agents.planner.plan import Plan, PriorTurn, Shown
from agents.planner.planner import Planner
from semantic.query import SemanticQuery

__all__ = ["Plan", "Planner", "PriorTurn", "Shown", "unexplained"]


def unexplained(
    question: str, query: SemanticQuery, planner: Planner, *, as_of: date, first_day: date
) -> tuple[str, ...]:
    """Content words of the question that the query does not explain; empty when it says all that was asked."""
    return planner.unexplained(question, query, as_of=as_of, first_day=first_day)
