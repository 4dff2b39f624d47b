"""The chat model service behind an assistant: who may still ask it, what it cost, and what is said without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from agents.usage import Asked, Spent, UsageStore
from warehouse.errors import UpstreamModelError
from warehouse.settings import ChatModel, Settings

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel
    from langchain_core.messages import AIMessage

    from agents.answer import Answer
    from agents.context import Context
    from warehouse.principal import Principal

STANDING_IN = "The embedded planner answered instead of the chat model service."
PER_MILLION = 1_000_000


class BudgetSpent(UpstreamModelError):
    """The user's tokens or dollars of the day are used up."""


@dataclass
class Upstream:
    """One service for all questions of an assistant, with its circuit breaker and its accounts."""

    wanted: ChatModel
    chat_model: BaseChatModel
    usage: UsageStore
    clock: Callable[[], datetime]
    bound: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, clock: Callable[[], datetime]) -> Upstream | None:
        """The service that the settings name, if any. Raises UsageError when they lack a part of it."""
        wanted = settings.chat_model
        if wanted.kind != "service":
            return None
        from agents.chat_models.choosing import recording
        from agents.chat_models.service import service_chat_model

        model = recording(service_chat_model(wanted, settings.api_key, clock), wanted)
        return cls(wanted, model, UsageStore(settings.state / "usage.db"), clock)

    def asking(self, context: Context, principal: Principal) -> Context:
        """The context with the service as its chat model."""
        meter = Meter(self, self._asked(context, principal))
        rows = self.wanted.rows_in_prompts
        return replace(context, chat_model=self.chat_model, bound=self.bound, meter=meter, rows_in_prompts=rows)

    def _asked(self, context: Context, principal: Principal) -> Asked:
        day = self.clock().astimezone(UTC).date()
        return Asked(context.desk.answer_id, principal.user, principal.role, day, self.wanted.model)

    def require_budget(self, asked: Asked) -> None:
        """Raise BudgetSpent when the user has used up what the settings grant for a day."""
        most_tokens, most_cost = self.wanted.tokens_per_user_day, self.wanted.cost_per_user_day
        if not (most_tokens or most_cost):
            return
        spent = self.usage.of_day(asked.user, asked.day)
        if (most_tokens and spent.tokens >= most_tokens) or (most_cost and spent.cost_usd >= most_cost):
            raise BudgetSpent(
                "Your budget for the chat model service is used up for today.",
                where="chat_model.tokens_per_user_day, chat_model.cost_per_user_day",
                next_step="Ask again tomorrow (UTC), or let the budget be raised.",
            )

    def close(self) -> None:
        """Close the accounts."""
        self.usage.close()


@dataclass(frozen=True)
class Meter:
    """The account of one question."""

    upstream: Upstream
    asked: Asked

    def admit(self) -> None:
        """Raise BudgetSpent before a request that the user's budget does not cover."""
        self.upstream.require_budget(self.asked)

    def charge(self, said: AIMessage) -> None:
        """Note a reply's tokens and what they cost."""
        from agents.chat_models.service import ESTIMATED

        used = said.usage_metadata
        prompt, completion = (used["input_tokens"], used["output_tokens"]) if used else (0, 0)
        wanted = self.upstream.wanted
        cost = (prompt * wanted.input_price + completion * wanted.output_price) / PER_MILLION
        guessed = prompt + completion if said.additional_kwargs.get(ESTIMATED) else 0
        self.upstream.usage.add(self.asked, Spent(1, 0, prompt, completion, guessed, cost))

    def failed(self) -> None:
        """Note a request that brought no reply."""
        self.upstream.usage.add(self.asked, Spent(1, 1))


def standing_in(context: Context) -> Context:
    """The question once more, for the embedded planner: same desk, nothing of what the service found or said."""
    from agents.context import Reply

    return replace(context, reply=Reply(), deadline=float("inf"))


def said_so(answer: Answer, error: UpstreamModelError) -> Answer:
    """The stand-in's answer, which says that it is one and why."""
    why = f"{error.what} {STANDING_IN}"
    reason = f"{answer.trust_reason} {why}".strip()
    return answer.model_copy(update={"assumptions": [why, *answer.assumptions], "trust_reason": reason})
