"""Any OpenAI-compatible service as the chat model, with every way it can fail turned into one clear error."""

from __future__ import annotations

import email.utils
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, SecretStr

from agents.chat_models.breaker import CircuitBreaker
from agents.chat_models.completions import BrokeOff, Completion, Declined, Unreadable
from agents.chat_models.requests import as_request
from agents.chat_models.wire import TooLate, TooMuch, Wire, causes, now
from warehouse.errors import UpstreamModelError, UsageError
from warehouse.settings import ChatModel

WHERE = "chat model service"
NEXT_STEP = "Ask again, check chat_model.base_url and chat_model.model, or set chat_model.kind to embedded."
SHORTENED = "shortened"
ESTIMATED = "estimated"
RESTING = "The chat model service failed a moment ago and is left alone for half a minute."
FIRST_WAIT = 0.5
CHARACTERS_PER_TOKEN = 4
_PASSING = (408, 409, 425, 429)  # besides 500 and above: the same request may well work in a moment
_ABOUT_THE_REQUEST = (400, 413, 422)  # the service works; it does not take this request
_TOO_LONG = ("context_length", "context length", "context window", "maximum context", "prompt is too long",
             "too many tokens", "reduce the length")  # fmt: skip


@dataclass(frozen=True)
class Trouble:
    """Why an attempt failed. `passing`: another may work, after `wait` seconds if the service names them.

    `down`: the service does not work for anybody, so that nobody else need find out.
    """

    what: str
    passing: bool = False
    down: bool = True
    wait: float | None = None
    too_long: bool = False


class _Failed(Exception):
    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.what)


def wire_of(wanted: ChatModel, api_key: SecretStr | None) -> Wire:
    """The way to the service. Raises UsageError when the address or the model's name is missing."""
    if not wanted.base_url or not wanted.model:
        raise UsageError(
            "The service chat model needs an address and a model name.",
            where="chat_model.base_url, chat_model.model",
            next_step="Set both, and the key in COMMAND_CENTER_API_KEY.",
        )
    return Wire(wanted.base_url, api_key.get_secret_value() if api_key else None)


def service_chat_model(
    wanted: ChatModel, api_key: SecretStr | None, clock: Callable[[], datetime] | None = None
) -> ServiceChatModel:
    """The chat model at `base_url`. Raises UsageError when the address or the model's name is missing."""
    breaker = CircuitBreaker(clock or (lambda: datetime.now(UTC)))
    return ServiceChatModel(wanted=wanted, wire=wire_of(wanted, api_key), breaker=breaker)


def models_of(wanted: ChatModel, api_key: SecretStr | None) -> set[str]:
    """The models that the service lists. Raises UsageError, and UpstreamModelError when it cannot be asked."""
    wire = wire_of(wanted, api_key)
    try:
        return wire.models(wanted.timeout_seconds)
    except Exception as error:  # as in `ServiceChatModel`
        trouble = trouble_of(error)
    raise UpstreamModelError(trouble.what, where=WHERE, next_step=NEXT_STEP)


class ServiceChatModel(BaseChatModel):
    """The service behind the one interface; raises UpstreamModelError and nothing else when it fails.

    `chat_model.timeout_seconds` is for one reply with all its attempts and the waits between them.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    wanted: ChatModel
    wire: Wire
    breaker: CircuitBreaker

    @property
    def _llm_type(self) -> str:
        return "service"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The same service with tools on offer."""
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools], **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        tools: Sequence[dict[str, Any]] = (),
        **kwargs: Any,
    ) -> ChatResult:
        trouble = None
        try:
            message = self._guarded(messages, tools)
        except _Failed as error:
            trouble = error.trouble
        if trouble is not None:  # raised out here so that the client's error, and what it quotes, is not with it
            raise UpstreamModelError(trouble.what, where=WHERE, next_step=NEXT_STEP)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _guarded(self, messages: list[BaseMessage], tools: Sequence[dict[str, Any]]) -> AIMessage:
        if not self.breaker.admits():
            raise _Failed(Trouble(RESTING))
        works = False
        try:
            message = self._replied(messages, tools)
            works = True
        except _Failed as error:
            works = not error.trouble.down
            raise
        finally:
            self.breaker.settle(works=works)
        return message

    def _replied(self, messages: list[BaseMessage], tools: Sequence[dict[str, Any]]) -> AIMessage:
        deadline = now() + self.wanted.timeout_seconds
        try:
            return self._attempted(messages, tools, deadline)
        except _Failed as error:
            shorter = shortened(messages)
            if not error.trouble.too_long or len(shorter) == len(messages):
                raise
        return self._attempted(shorter, tools, deadline, **{SHORTENED: True})

    def _attempted(
        self, messages: list[BaseMessage], tools: Sequence[dict[str, Any]], deadline: float, **noted: Any
    ) -> AIMessage:
        request = self._request(messages, tools)
        for attempt in range(self.wanted.max_retries + 1):
            try:
                return _message(self._once(request, deadline), request, noted)
            except _Failed as error:
                trouble = error.trouble
                wait = FIRST_WAIT * 2**attempt if trouble.wait is None else trouble.wait
                last = attempt == self.wanted.max_retries
                if last or not trouble.passing or now() + wait >= deadline:
                    raise
            time.sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _request(self, messages: list[BaseMessage], tools: Sequence[dict[str, Any]]) -> dict[str, Any]:
        request = {"model": self.wanted.model, "messages": as_request(messages), "temperature": 0}
        return {**request, "tools": list(tools)} if tools else request

    def _once(self, request: dict[str, Any], deadline: float) -> Completion:
        trouble = None
        try:
            completion = self.wire.complete(request, deadline - now(), streaming=self.wanted.streaming)
        except Exception as error:  # the client raises its own, pydantic's, JSON's and the connection's errors
            trouble = trouble_of(error)
        if trouble is None and completion.empty:
            trouble = Trouble("The chat model service sent an empty answer, or one that was cut off.", down=False)
        if trouble is not None:
            raise _Failed(trouble)
        return completion


def _message(completion: Completion, request: dict[str, Any], noted: dict[str, Any]) -> AIMessage:
    """The reply with its tokens, estimated from its length when the service does not count them."""
    if completion.tokens is not None:
        return completion.message(completion.tokens, **noted)
    answered = [completion.text, *(json.dumps(call["args"]) for call in completion.calls)]
    tokens = (_estimate(json.dumps(request, default=str)), _estimate("".join(answered)))
    return completion.message(tokens, **noted, **{ESTIMATED: True})


def _estimate(text: str) -> int:
    return math.ceil(len(text) / CHARACTERS_PER_TOKEN)


def shortened(messages: list[BaseMessage]) -> list[BaseMessage]:
    """The prompt and the last question with what followed it: all that a question needs but its conversation."""
    asked = max((at for at, message in enumerate(messages) if isinstance(message, HumanMessage)), default=0)
    return [message for at, message in enumerate(messages) if at >= asked or isinstance(message, SystemMessage)]


def trouble_of(error: Exception) -> Trouble:
    """What went wrong, in words and without the service's own text (it may echo the prompt or the key)."""
    import openai

    if any(isinstance(cause, TooMuch) for cause in causes(error)):
        return Trouble("The chat model service sent more than any answer holds.")
    if any(isinstance(cause, Unreadable) for cause in causes(error)):
        return Trouble("The chat model service answered with something that is not JSON or cannot be understood.")
    if isinstance(error, Declined):
        return Trouble("The chat model declined to answer.", down=False)
    if isinstance(error, TooLate | openai.APITimeoutError):
        return Trouble("The chat model service did not answer in time.")
    if isinstance(error, openai.APIStatusError):
        return _refused(error)
    if isinstance(error, BrokeOff):
        return Trouble("The chat model service broke off in the middle of an answer.", passing=True)
    if isinstance(error, openai.APIConnectionError):
        return Trouble("The chat model service cannot be reached, or broke off.", passing=True)
    return Trouble(f"The chat model service's answer cannot be understood ({type(error).__name__}).")


def _refused(error: Any) -> Trouble:
    status = int(error.status_code)
    what = f"The chat model service answered with HTTP {status}"
    if status in _ABOUT_THE_REQUEST and _is_too_long(error):
        return Trouble(f"{what} (more text than the model takes).", down=False, too_long=True)
    wait = _wait(error.response.headers)
    waits = f"; it asks to be left alone for {wait:.0f} s" if wait else ""
    return Trouble(
        f"{what}{_advice(status)}{waits}.",
        passing=status in _PASSING or status >= 500,
        down=status not in _ABOUT_THE_REQUEST,
        wait=wait,
    )


def _is_too_long(error: Any) -> bool:
    told = f"{error.code} {error.message}".lower()
    return any(words in told for words in _TOO_LONG)


def _wait(headers: Any) -> float | None:
    """The seconds of a Retry-After header: a number or a date; None when it says nothing usable."""
    told = str(headers.get("retry-after", ""))[:40]
    try:
        seconds = float(told)
    except ValueError:
        parsed = email.utils.parsedate_tz(told)
        seconds = email.utils.mktime_tz(parsed) - time.time() if parsed else -1.0
    return seconds if 0 <= seconds < math.inf else None


def _advice(status: int) -> str:
    if 300 <= status < 400:
        return " (a redirect, which is not followed)"
    known = {
        401: " (the key is not accepted)",
        403: " (the key has no access)",
        404: " (no such address or model)",
        429: " (too many requests)",
    }
    return known.get(status, "")
