"""What was asked before, read back from the messages of a conversation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage

from agents.planner import PriorTurn, Shown
from agents.toolbox import ACTIONS, SHOWN, VERIFIED
from semantic.model import SemanticModel
from semantic.parameters import Argument, as_argument
from semantic.query import DimensionFilter, SemanticQuery

KINDS = {
    "query_metrics": "query",
    "run_verified_query": "query",
    "explain_breakdown": "drivers",
    "project_savings": "what_if",
    "todays_overview": "briefing",
    "top_opportunities": "next_best_action",
    "recommend_actions": "next_best_action",
    "review_actions": "review",
    "measure_impact": "impact",
    "read_ab_test": "split",
    "about_answer": "about",
    "walk_journey": "journey",
    "agent_effects": "agents",
    "confusing_changes": "confusion",
    "member_outlook": "outlook",
    "clarify": "clarify",
    "refuse": "refuse",
}


def prior_turns(messages: Sequence[BaseMessage], model: SemanticModel | None = None) -> list[PriorTurn]:
    """The turns before the last question: each human message with the first tool call that answered it.

    With a `model`, a turn about figures that it does not have is a refused one: nothing can follow up on it.
    """
    starts = [i for i, message in enumerate(messages) if isinstance(message, HumanMessage)]
    turns = [_turn(messages[start:end]) for start, end in pairwise(starts)]
    return [turn if model is None or _is_known(turn, model) else _refused(turn) for turn in turns]


def _is_known(turn: PriorTurn, model: SemanticModel) -> bool:
    """Whether a model has what a turn asked for: another company's, or a later one, may not."""
    query = turn.query
    if query is None:
        return True
    filtered = {entry.dimension for entry in query.filters}
    counted = {*query.metrics, *(entry.metric for entry in query.having)}
    return counted <= model.metrics.keys() and {*query.dimensions, *filtered} <= model.dimensions.keys()


def _refused(turn: PriorTurn) -> PriorTurn:
    return PriorTurn(turn.question, "refuse", None)


def _turn(messages: Sequence[BaseMessage]) -> PriorTurn:
    question = str(messages[0].content)
    for message in messages:
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            if call["name"] in KINDS and not _failed(messages, call["id"]):
                query = _query(call["name"], call["args"], messages)
                percent = call["args"].get("reduce_pct")
                return PriorTurn(
                    question, KINDS[call["name"]], query, percent, _shown(messages, call["id"]),
                    *_verified(messages, call["id"]), _named(call) or _actions(messages, call["id"]),
                    _shape(messages, call["id"]), _offered(call),
                )  # fmt: skip
    return PriorTurn(question, "refuse", None)


def _verified(
    messages: Sequence[BaseMessage], call_id: str | None
) -> tuple[str, tuple[tuple[str, Argument], ...]]:
    """The verified query that a call's answer is of, and what it was run with, as the thread keeps it."""
    for message in messages:
        if isinstance(message, ToolMessage) and message.tool_call_id == call_id:
            kept = message.additional_kwargs.get(VERIFIED) or {"name": "", "parameters": {}}
            return kept["name"], tuple((name, as_argument(value)) for name, value in kept["parameters"].items())
    return "", ()


def _shown(messages: Sequence[BaseMessage], call_id: str | None) -> Shown:
    """The keys of the rows that a call's answer showed, as the thread keeps them."""
    for message in messages:
        if isinstance(message, ToolMessage) and message.tool_call_id == call_id:
            keys = message.additional_kwargs.get(SHOWN)
            if keys:
                rows = tuple(tuple(str(value) for value in row) for row in keys["rows"])
                return Shown(tuple(keys["dimensions"]), rows, int(keys["total"]))
    return Shown()


def _shape(messages: Sequence[BaseMessage], call_id: str | None) -> str:
    """What a call's answer looked like, as the thread keeps it."""
    for message in messages:
        if isinstance(message, ToolMessage) and message.tool_call_id == call_id:
            return str(json.loads(str(message.content)).get("shape", ""))
    return ""


def _offered(call: ToolCall) -> tuple[str, ...]:
    """The complete questions that a turn offered when it asked back or refused."""
    if call["name"] == "refuse":
        return tuple(str(question) for question in call["args"].get("nearest", ()))
    choices = call["args"].get("choices", ()) if call["name"] == "clarify" else ()
    return tuple(str(choice["question"]) for choice in choices)


def _named(call: ToolCall) -> tuple[str, ...]:
    """The actions that a question about an answer was about, which need not be all that its answer shows."""
    names = call["args"].get("actions", ()) if call["name"] == "about_answer" else ()
    return tuple(str(name) for name in names)


def _actions(messages: Sequence[BaseMessage], call_id: str | None) -> tuple[str, ...]:
    """The names of the actions that a call's answer listed."""
    for message in messages:
        if isinstance(message, ToolMessage) and message.tool_call_id == call_id:
            return tuple(message.additional_kwargs.get(ACTIONS, ()))
    return ()


def _failed(messages: Sequence[BaseMessage], call_id: str | None) -> bool:
    return any(isinstance(m, ToolMessage) and m.tool_call_id == call_id and m.status == "error" for m in messages)


def _query(name: str, arguments: dict[str, Any], messages: Sequence[BaseMessage]) -> SemanticQuery | None:
    if "query" in arguments:
        return SemanticQuery.model_validate(arguments["query"])
    if name == "project_savings":
        filters = tuple(DimensionFilter.model_validate(entry) for entry in arguments.get("filters", ()))
        return SemanticQuery(metrics=(arguments.get("metric", "leaked_calls"),), filters=filters)
    if name in ("walk_journey", "recommend_actions"):
        filters = tuple(DimensionFilter.model_validate(entry) for entry in arguments.get("filters", ()))
        return SemanticQuery(metrics=("leaked_calls",), filters=filters)
    if name == "run_verified_query":
        return _first_query_run(messages)
    return None


def _first_query_run(messages: Sequence[BaseMessage]) -> SemanticQuery | None:
    for message in messages:
        if isinstance(message, ToolMessage):
            tables = json.loads(str(message.content)).get("tables", ())
            if tables and tables[0]["query"]:
                return SemanticQuery.model_validate(tables[0]["query"])
    return None
