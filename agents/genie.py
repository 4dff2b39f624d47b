"""Genie: numbers from governed metrics, or a plain reason why not."""

from __future__ import annotations

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.context import Context, State
from agents.loop import Agent, run_agent
from agents.toolbox import as_tool
from tools.catalog import compatible_dimensions, describe_metric, search_metrics
from tools.dialogue import clarify, refuse
from tools.free_sql import run_sql
from tools.journeys import walk_journey
from tools.metrics import query_metrics
from tools.verified import run_verified_query

GENIE = Agent(
    "genie",
    (
        as_tool(query_metrics),
        as_tool(run_verified_query),
        as_tool(walk_journey),
        as_tool(clarify),
        as_tool(refuse),
    ),
    (as_tool(search_metrics), as_tool(describe_metric), as_tool(compatible_dimensions), as_tool(run_sql)),
)


def genie(state: State, runtime: Runtime[Context]) -> Command[Literal["__end__"]]:
    """Answer the last question with Genie's tools."""
    return run_agent(GENIE, state, runtime.context)
