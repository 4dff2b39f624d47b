"""What one run of the graph works with. It is handed to the nodes and never stored with the thread."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable

from agents.planner import Planner
from agents.planner.periods import Clock
from agents.toolbox import ACTIONS
from agents.tracing.trace import Plain, Trace
from tools.desk import Desk
from tools.outcome import Outcome
from warehouse.errors import UpstreamModelError

if TYPE_CHECKING:
    from agents.upstream import Meter

TURNS_KEPT = 12
LISTING = ("recommend_actions", "top_opportunities")
SHORTENED = "The conversation was too long for the chat model: it read the last question without those before it."


def keep_recent(earlier: list[AnyMessage], new: list[AnyMessage]) -> list[AnyMessage]:
    """The conversation's last turns: enough to follow up on, small enough to store each time.

    A new message takes the place of an earlier one of the same id.
    """
    replaced = {message.id for message in new if message.id}
    messages = [*(message for message in earlier if message.id not in replaced), *new]
    starts = [i for i, message in enumerate(messages) if isinstance(message, HumanMessage)]
    if len(starts) <= TURNS_KEPT:
        return messages
    cut = starts[-TURNS_KEPT]
    return [*_listing(messages[:cut], messages[cut:]), *messages[cut:]]


def _listing(past: list[AnyMessage], kept: list[AnyMessage]) -> list[AnyMessage]:
    """The turn that listed actions last, unless one of those kept does: a decision on one may still come."""
    if any(map(_lists_actions, kept)):
        return []
    listed = [at for at, message in enumerate(past) if _lists_actions(message)]
    if not listed:
        return []
    starts = [at for at, message in enumerate(past) if isinstance(message, HumanMessage)]
    begin = max((at for at in starts if at < listed[-1]), default=0)
    return past[begin : next((at for at in starts if at > begin), len(past))]


def _lists_actions(message: AnyMessage) -> bool:
    return isinstance(message, ToolMessage) and message.name in LISTING and ACTIONS in message.additional_kwargs


class State(TypedDict, total=False):
    """What a thread remembers: the messages, without rows, and where the last question went."""

    messages: Annotated[list[AnyMessage], keep_recent]
    agent: str
    route_reason: str


@dataclass
class Reply:
    """What an agent found and said: the raw material of the Answer. `remarks` are told with its assumptions."""

    text: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    error: str = ""
    remarks: list[str] = field(default_factory=list)
    follow_ups: list[str] = field(default_factory=list)
    agent: str = ""
    route_reason: str = ""


@dataclass(repr=False)
class Context:
    """One question's surroundings. `bound` caches chat models with their tools by agent name.

    `planner` and `clock` read the question beside a free chat model; `objected` says that it was told of words
    that nobody knows, `narrowed` of what it added itself; `earlier` are the conversation's questions so far.
    `meter` is the account of a service, which sees no rows unless `rows_in_prompts`. `prompts` is a folder whose
    prompts take the place of ours. `trace` is what happens, step by step.
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
    narrowed: bool = False
    earlier: tuple[str, ...] = ()
    meter: Meter | None = None
    rows_in_prompts: bool = True
    prompts: Path | None = None
    trace: Trace = field(default_factory=Trace)

    @property
    def free_model(self) -> bool:
        """Whether the chat model composes freely, so that its calls and words are checked against the question."""
        return not getattr(self.chat_model, "governed", False)

    def hear(self, model: Runnable[list[AnyMessage], AIMessage], messages: list[AnyMessage]) -> AIMessage:
        """What a chat model says to the messages, on the question's account and within its time."""
        self.check_time()
        started = time.perf_counter()
        if self.meter:
            self.meter.admit()
        try:
            with self.trace.span("chat_model", "chat", messages=len(messages)) as span:
                said = model.invoke(messages)
                span.attributes.update(_of_reply(said))
        except UpstreamModelError:
            if self.meter:
                self.meter.failed()
            raise
        if self.meter:
            self.meter.charge(said)
        step = "render" if isinstance(messages[-1], ToolMessage) else "plan"
        self.desk.spend({step: (time.perf_counter() - started) * 1000})
        if not isinstance(said, AIMessage):
            raise TypeError(f"a chat model returned {type(said).__name__}")
        if said.additional_kwargs.get("shortened"):
            self.reply.remarks.append(SHORTENED)
        return said

    def plannable(self, question: str) -> bool:
        """Whether a question would be answered with figures."""
        plan = self.planner.plan(question, as_of=self.desk.as_of, first_day=self.desk.first_day)
        return plan.kind == "query"

    def answerable(self, question: str) -> bool:
        """Whether the embedded planner would neither refuse a question nor ask back."""
        plan = self.planner.plan(question, as_of=self.desk.as_of, first_day=self.desk.first_day)
        return plan.kind not in ("refuse", "clarify")

    def step(self, text: str) -> None:
        """Tell whoever watches what happens now."""
        self.steps.append(text)
        self.on_step(text)

    def check_time(self) -> None:
        """Raise UpstreamModelError when the question has used its time up."""
        if time.monotonic() > self.deadline:
            free = self.free_model
            raise UpstreamModelError(
                "The chat model did not finish in time." if free else "The answer was not ready in time.",
                where="chat_model.timeout_seconds",
                next_step="Ask again, or use the embedded chat model." if free else
                "Ask again when the machine is less busy, or raise the limit.",
            )  # fmt: skip


def _of_reply(said: object) -> dict[str, Plain]:
    """What a chat model's reply leaves in the trace: tokens where they are counted, the names of what it calls."""
    if not isinstance(said, AIMessage):
        return {}
    told: dict[str, Plain] = {"calls": ", ".join(call["name"] for call in said.tool_calls)}
    if used := said.usage_metadata:
        told |= {"prompt_tokens": used["input_tokens"], "completion_tokens": used["output_tokens"]}
    return told
