"""The graph's shape, its prompts, and what a chat model gets to see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from agents.genie import GENIE
from agents.graph import build_graph
from agents.insight_scout import INSIGHT_SCOUT
from agents.knowledge import prompt_names
from agents.next_best_action import NEXT_BEST_ACTION
from agents.runtime import Assistant
from agents.supervisor import AGENT_NAMES
from agents.toolbox import run_call
from prompts.loader import load_prompt
from tools.desk import Desk
from warehouse.errors import UsageError

AGENTS = (GENIE, INSIGHT_SCOUT, NEXT_BEST_ACTION)


def test_every_agent_and_every_arrow_is_in_the_graph() -> None:
    drawn = {(edge.source, edge.target) for edge in build_graph().get_graph().edges}
    expected = {("__start__", "supervisor")}
    expected |= {("supervisor", name) for name in AGENT_NAMES} | {(name, "__end__") for name in AGENT_NAMES}
    assert drawn == expected


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent.name)
def test_an_agent_has_a_node_a_prompt_and_tools_of_its_name(agent: object, assistant: Assistant) -> None:
    knowledge = assistant.knowledge()
    names = prompt_names(knowledge.semantic, knowledge.values, knowledge.as_of, knowledge.first_day)
    prompt = load_prompt(agent.name)  # type: ignore[attr-defined]
    text = prompt.fill(**{name: names[name] for name in prompt.names()})
    assert agent.name in AGENT_NAMES  # type: ignore[attr-defined]
    for tool in agent.tools:  # type: ignore[attr-defined]
        assert tool.name in text or tool.name == "query_metrics"


def test_a_prompt_that_misses_a_name_fails_loudly() -> None:
    with pytest.raises(UsageError, match="first_day"):
        load_prompt("genie").fill(as_of="today", verified="", metrics="", dimensions="")
    with pytest.raises(UsageError, match="no such prompt"):
        load_prompt("oracle")


def test_tool_schemas_hide_the_desk() -> None:
    for agent in AGENTS:
        for tool in agent.tools + agent.free_tools:
            schema = json.dumps(tool.tool_call_schema.model_json_schema())  # type: ignore[union-attr]
            assert "desk" not in schema.lower(), tool.name
            assert tool.description


def test_a_desk_from_the_chat_model_is_replaced(desk: Desk) -> None:
    call = {"name": "describe_metric", "args": {"name": "nps", "desk": {"principal": "root"}}, "id": "1"}
    tools = {tool.name: tool for tool in GENIE.free_tools}
    message = run_call(tools, {**call, "type": "tool_call"}, desk)  # type: ignore[typeddict-item]
    assert message.status == "success"
    assert "root" not in str(message.content)


def test_callbacks_and_tracers_never_see_who_asks(desk: Desk) -> None:
    class Listener(BaseCallbackHandler):
        heard = ""

        def on_tool_start(self, serialized: dict[str, Any], input_str: str, **kwargs: Any) -> None:
            self.heard += input_str + str(kwargs)

    listener = Listener()
    tool = next(tool for tool in GENIE.tools if tool.name == "query_metrics")
    call = {"type": "tool_call", "name": tool.name, "id": "1"}
    arguments = {"query": {"metrics": ["total_calls"]}, "desk": desk}
    tool.invoke({**call, "args": arguments}, config={"callbacks": [listener]})
    assert "total_calls" in listener.heard
    assert desk.principal.user not in listener.heard
    assert "executive" not in listener.heard


def test_the_command_line_imports_no_graph_library_and_no_store(tmp_path: Path) -> None:
    import subprocess
    import sys

    heavy = ("langgraph", "openai", "chromadb")
    code = f"import agents.runtime, sys, ui.cli; sys.exit(any(m.startswith({heavy}) for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
