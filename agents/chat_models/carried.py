"""A plan that a message carries: made before the question came, from the answer before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage

from agents.planner import Plan
from agents.planner.plan import AGENTS, ROUTE_REASONS, PlanKind
from semantic.query import SemanticQuery

PLANNED = "planned"


def as_data(plan: Plan) -> dict[str, Any]:
    """A plan as a message keeps it."""
    queries = [
        query.model_dump(mode="json", exclude_defaults=True) for query in (plan.query, *plan.parts) if query
    ]
    return {"kind": plan.kind, "queries": queries, "assumptions": list(plan.assumptions)}


def planned_already(said: Sequence[BaseMessage]) -> Plan | None:
    """The plan that the last question of a thread carries, where it was completed from the answer before."""
    last = next((message for message in reversed(said) if isinstance(message, HumanMessage)), None)
    carried = last.additional_kwargs.get(PLANNED) if last else None
    if not carried:
        return None
    kind: PlanKind = carried["kind"]
    first, *others = (SemanticQuery.model_validate(query) for query in carried["queries"])
    return Plan(
        kind, first, parts=tuple(others), assumptions=tuple(carried["assumptions"]),
        agent=AGENTS.get(kind, "genie"), route_reason=ROUTE_REASONS[kind],
    )  # fmt: skip
