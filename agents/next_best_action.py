"""Next-Best-Action: what to fix first and what it is worth."""

from __future__ import annotations

from typing import Literal

from langgraph.runtime import Runtime
from langgraph.types import Command

from agents.context import Context, State
from agents.loop import Agent, run_agent
from agents.toolbox import as_tool
from tools.actions.ab_test import read_ab_test
from tools.actions.about import about_answer
from tools.actions.impact import measure_impact
from tools.actions.recommend import recommend_actions
from tools.actions.reviewing import review_actions
from tools.dialogue import clarify, refuse
from tools.metrics import query_metrics
from tools.opportunities import top_opportunities
from tools.savings import project_savings
from tools.verified import run_verified_query

NEXT_BEST_ACTION = Agent(
    "next_best_action",
    (
        as_tool(recommend_actions),
        as_tool(top_opportunities),
        as_tool(review_actions),
        as_tool(measure_impact),
        as_tool(read_ab_test),
        as_tool(about_answer),
        as_tool(project_savings),
        as_tool(query_metrics),
        as_tool(run_verified_query),
        as_tool(clarify),
        as_tool(refuse),
    ),
    (),
)


def next_best_action(state: State, runtime: Runtime[Context]) -> Command[Literal["__end__"]]:
    """Answer the last question with Next-Best-Action's tools."""
    return run_agent(NEXT_BEST_ACTION, state, runtime.context)
