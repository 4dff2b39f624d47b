"""The whole assistant on one screen: every agent and every arrow.

    START -> supervisor -> genie | insight_scout | next_best_action -> END

Each node's `Command[Literal[...]]` names where it may go. An agent is its chat model, its prompt
(`prompts/<name>.md`) and its tools; the chat model is embedded, a service or a recording: the graph is the same.
"""

from __future__ import annotations

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.context import Context, State
from agents.genie import genie
from agents.insight_scout import insight_scout
from agents.next_best_action import next_best_action
from agents.supervisor import supervisor


def build_graph(
    checkpointer: BaseCheckpointSaver[str] | None = None,
) -> CompiledStateGraph[State, Context, State, State]:
    """Compile the graph; `checkpointer` keeps the conversation of each thread."""
    graph = StateGraph(State, context_schema=Context)
    graph.add_node("supervisor", supervisor)
    graph.add_node("genie", genie)
    graph.add_node("insight_scout", insight_scout)
    graph.add_node("next_best_action", next_best_action)
    graph.add_edge(START, "supervisor")
    return graph.compile(checkpointer=checkpointer)
