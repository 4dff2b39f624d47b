"""The embedded chat model: reads the same messages and tools as any other, without a key or a network.

It plans with rules over the semantic model and narrates from typed facts. What it knows of a conversation stands
in the messages: earlier tool calls carry whole queries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import ConfigDict, InstanceOf, PrivateAttr

from agents.chat_models.calls import Call, calls_for, refusal_after
from agents.chat_models.carried import planned_already
from agents.chat_models.history import prior_turns
from agents.narrator import Narrator
from agents.planner import Plan, Planner, PriorTurn
from agents.planner.asides import about_plan, standing_plan
from agents.planner.outlook import outlook_plan
from agents.planner.reviewing import review_plan
from agents.planner.sized import sized_plan
from agents.planner.testing import split_plan

ROUTE = "route"
EXAMPLES = 3
BESIDE = ("review", "about")  # turns that leave the figures before them in place


class EmbeddedChatModel(BaseChatModel):
    """A planner and a narrator behind the interface of a chat model. Deterministic."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    planner: InstanceOf[Planner]
    narrator: InstanceOf[Narrator]
    as_of: date
    first_day: date
    partial_day: date | None = None
    governed: bool = True
    _plans: dict[tuple[str, tuple[PriorTurn, ...]], Plan] = PrivateAttr(default_factory=dict)

    @property
    def _llm_type(self) -> str:
        return "embedded"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The same chat model with tools on offer; it calls no others."""
        names = tuple(tool.name for tool in tools if isinstance(tool, BaseTool))
        return self.bind(offered=names, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        offered: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> ChatResult:
        message = self._reply(messages, offered)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _reply(self, messages: list[BaseMessage], offered: tuple[str, ...]) -> AIMessage:
        results = _last_results(messages)
        if results:
            return self._after(results, _question(messages))
        plan = self._plan(messages)
        if ROUTE in offered:
            return _calling([(ROUTE, {"agent": plan.agent, "reason": plan.route_reason})])
        return _calling(calls_for(plan, offered, self._examples()), plan.follow_ups)

    def _examples(self) -> tuple[str, ...]:
        """The first wordings of the first verified queries."""
        verified = tuple(self.planner.model.verified_queries.values())
        return tuple(query.questions[0] for query in verified[:EXAMPLES])

    def _places(self) -> tuple[str, ...]:
        """The journeys, or whatever stands for them in the model."""
        where = self.planner.model.defaults.where_dimension
        return self.planner.lexicon.values.values(where) if where else ()

    def _after(self, results: list[ToolMessage], question: str) -> AIMessage:
        contents = [json.loads(str(result.content)) for result in results]
        failed = next((content["error"] for content in contents if "error" in content), None)
        if failed:
            labels = {name: metric.label for name, metric in self.planner.model.metrics.items()}
            return _calling([refusal_after(failed, labels)])
        told = [content for content in contents if "tables" in content]
        return AIMessage(self.narrator.narrate(told, question).text)

    def _plan(self, messages: list[BaseMessage]) -> Plan:
        said = [message for message in messages if not isinstance(message, ToolMessage)]
        question = _question(messages)
        history = tuple(prior_turns(messages, self.planner.model))
        if completed := planned_already(said):
            return completed
        # The supervisor and the agent it picks ask about the same question; others ask theirs meanwhile.
        known = self._plans.get((question, history))
        if known is not None:
            return known
        plan = (
            about_plan(question, history)
            or review_plan(question, history)
            or standing_plan(question)
            or sized_plan(question, history, self.planner.model, self._places())
            or split_plan(question, history)
            or outlook_plan(question, self.planner.model)
            or self.planner.plan(
                question,
                history=[turn for turn in history if turn.kind not in BESIDE],
                as_of=self.as_of,
                first_day=self.first_day,
                partial_day=self.partial_day,
            )
        )
        self._plans.clear()
        self._plans[question, history] = plan
        return plan


def _question(messages: list[BaseMessage]) -> str:
    return next(str(message.content) for message in reversed(messages) if isinstance(message, HumanMessage))


def _last_results(messages: list[BaseMessage]) -> list[ToolMessage]:
    results: list[ToolMessage] = []
    for message in reversed(messages):
        if not isinstance(message, ToolMessage):
            break
        results.insert(0, message)
    return results


def _calling(calls: list[Call], follow_ups: tuple[str, ...] = ()) -> AIMessage:
    tool_calls = [
        {"name": name, "args": arguments, "id": f"call_{index}", "type": "tool_call"}
        for index, (name, arguments) in enumerate(calls)
    ]
    return AIMessage("", tool_calls=tool_calls, additional_kwargs={"follow_ups": list(follow_ups)})
