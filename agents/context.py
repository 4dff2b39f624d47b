"""What one run of the graph works with. It is handed to the nodes and never stored with the thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.runnables import Runnable

from agents.planner import Planner
from agents.planner.periods import Clock
from tools.desk import Desk
from tools.outcome import Outcome
from warehouse.errors import UpstreamModelError

TURNS_KEPT = 12


def keep_recent(earlier: list[AnyMessage], new: list[AnyMessage]) -> list[AnyMessage]:
    """The conversation's last turns: enough to follow up on, small enough to store each time.

    A new message takes the place of an earlier one of the same id.
    """
    replaced = {message.id for message in new if message.id}
    messages = [*(message for message in earlier if message.id not in replaced), *new]
    starts = [i for i, message in enumerate(messages) if isinstance(message, HumanMessage)]
    return messages[starts[-TURNS_KEPT] :] if len(starts) > TURNS_KEPT else messages


class State(TypedDict, total=False):
    """What a thread remembers: the messages, without rows, and where the last question went."""

    messages: Annotated[list[AnyMessage], keep_recent]
    agent: str
    route_reason: str


@dataclass
class Reply:
    """What an agent found and said: the raw material of the Answer."""

    text: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    error: str = ""
    follow_ups: list[str] = field(default_factory=list)
    agent: str = ""
    route_reason: str = ""


@dataclass(repr=False)
class Context:
    """One question's surroundings. `bound` caches chat models with their tools by agent name.

    `planner` and `clock` read the question beside a free chat model; `objected` says that it was told of words
    that nobody knows.
    """

    desk: Desk
    chat_model: BaseChatModel
    prompt_names: Mapping[str, str]
    bound: dict[str, Runnable[Any, Any]]
    on_step: Callable[[str], None]
    planner: Planner
    clock: Clock
    deadline: float = float("inf")
    steps: list[str] = field(default_factory=list)
    reply: Reply = field(default_factory=Reply)
    objected: bool = False

    @property
    def free_model(self) -> bool:
        """Whether the chat model composes freely, so that its calls and words are checked against the question."""
        return not getattr(self.chat_model, "governed", False)

    def plannable(self, question: str) -> bool:
        """Whether a question would be answered with figures."""
        plan = self.planner.plan(question, as_of=self.desk.as_of, first_day=self.desk.first_day)
        return plan.kind == "query"

    def step(self, text: str) -> None:
        """Tell whoever watches what happens now."""
        self.steps.append(text)
        self.on_step(text)

    def check_time(self) -> None:
        """Raise UpstreamModelError when the question has used its time up."""
        if time.monotonic() > self.deadline:
            raise UpstreamModelError(
                "The chat model did not finish in time.",
                where="chat_model.timeout_seconds",
                next_step="Ask again, or use the embedded chat model.",
            )
