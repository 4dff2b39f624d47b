"""The supervisor: which agent takes the question, and why."""

from __future__ import annotations

from typing import Literal, get_args

from langchain_core.messages import AIMessage
from langchain_core.tools import StructuredTool
from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.context import Context, State
from agents.loop import bound_model, presentable, system_message
from warehouse.errors import UpstreamModelError

AgentName = Literal["genie", "insight_scout", "next_best_action"]
AGENT_NAMES: tuple[AgentName, ...] = get_args(AgentName)

# What a free chat model gives as its reason would stand in the answer unchecked.
REASONS: dict[AgentName, str] = {
    "genie": "The chat model takes it for a question about figures.",
    "insight_scout": "The chat model takes it for a question about what stands out or why.",
    "next_best_action": "The chat model takes it for a question about what to fix or what it saves.",
}


def route(agent: AgentName, reason: str) -> str:
    """Hand the question to an agent; the reason is one short sentence for the person who asked."""
    return f"{agent}: {reason}"


ROUTE = StructuredTool.from_function(route)


def supervisor(state: State, runtime: Runtime[Context]) -> Command[AgentName]:
    """Route the last question. A chat model that names no known agent is an error, never a guess."""
    context = runtime.context
    with context.trace.span("supervisor", "supervisor") as span:
        name, reason = _routed(state, context)
        span.attributes["agent"] = name
    if context.free_model:
        reason = REASONS[name]
    context.reply.route_reason = reason
    context.step(f"{name.replace('_', ' ')}: {reason}")
    return Command(goto=name, update={"agent": name, "route_reason": reason})


def _routed(state: State, context: Context) -> tuple[AgentName, str]:
    model = bound_model("supervisor", (ROUTE,), context)
    messages = presentable(state["messages"], context)
    return _chosen(context.hear(model, [system_message("supervisor", context), *messages]))


def _chosen(said: AIMessage) -> tuple[AgentName, str]:
    for call in said.tool_calls:
        named = call["args"].get("agent")
        for name in AGENT_NAMES:
            if call["name"] == ROUTE.name and named == name:
                return name, str(call["args"].get("reason", ""))
    raise UpstreamModelError(
        "The chat model did not say which agent takes the question.",
        where="supervisor",
        next_step="Ask again, or use a chat model that can call tools.",
    )
