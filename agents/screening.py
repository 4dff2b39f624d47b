"""A free chat model's tool call against the question: what its query leaves out is not dropped in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.messages import ToolCall, ToolMessage
from pydantic import ValidationError

from agents.toolbox import mendable_error
from semantic.query import SemanticQuery

if TYPE_CHECKING:
    from agents.context import Context

CHECKED = ("query_metrics", "explain_breakdown")


def complaint(question: str, call: ToolCall, context: Context) -> ToolMessage | None:
    """An error for the chat model when its query leaves words of the question unexplained; None when it fits."""
    if call["name"] not in CHECKED:
        return None
    try:
        query = SemanticQuery.model_validate(call["args"].get("query"))
    except ValidationError:
        return None  # the tool itself says what is wrong with it
    from agents.planner import unexplained

    words = unexplained(question, query, model=context.desk.semantic, values=context.desk.values)
    if not words:
        return None
    return mendable_error(
        call,
        "unexplained",
        f"The query says nothing about: {', '.join(words)}.",
        "Put it into the query, or call clarify or refuse.",
    )
