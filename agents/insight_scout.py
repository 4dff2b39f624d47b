"""Insight Scout: what stands out and where it concentrates."""

from __future__ import annotations

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.context import Context, State
from agents.loop import Agent, run_agent
from agents.toolbox import as_tool
from tools.agent_effects import agent_effects
from tools.breakdown import explain_breakdown
from tools.briefing import todays_overview
from tools.confusion import confusing_changes
from tools.dialogue import clarify, refuse
from tools.metrics import query_metrics
from tools.propensity.told import member_outlook
from tools.verified import run_verified_query

INSIGHT_SCOUT = Agent(
    "insight_scout",
    (
        as_tool(explain_breakdown),
        as_tool(todays_overview),
        as_tool(agent_effects),
        as_tool(confusing_changes),
        as_tool(member_outlook),
        as_tool(query_metrics),
        as_tool(run_verified_query),
        as_tool(clarify),
        as_tool(refuse),
    ),
    (),
)


def insight_scout(state: State, runtime: Runtime[Context]) -> Command[Literal["__end__"]]:
    """Answer the last question with Insight Scout's tools."""
    return run_agent(INSIGHT_SCOUT, state, runtime.context)
