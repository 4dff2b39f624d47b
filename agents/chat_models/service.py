"""Any OpenAI-compatible service as the chat model, with every way it can fail turned into one clear error."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, SecretStr

from warehouse.errors import UpstreamModelError, UsageError
from warehouse.settings import ChatModel

NEXT_STEP = "Ask again, check chat_model.base_url and chat_model.model, or set chat_model.kind to embedded."


def service_chat_model(wanted: ChatModel, api_key: SecretStr | None) -> ServiceChatModel:
    """The chat model at `base_url`. Raises UsageError when the address or the model's name is missing."""
    if not wanted.base_url or not wanted.model:
        raise UsageError(
            "The service chat model needs an address and a model name.",
            where="chat_model.base_url, chat_model.model",
            next_step="Set both, and the key in COMMAND_CENTER_API_KEY.",
        )
    from langchain.chat_models import init_chat_model

    inner = init_chat_model(
        wanted.model,
        model_provider="openai",
        base_url=wanted.base_url,
        api_key=api_key.get_secret_value() if api_key else "none",
        timeout=wanted.timeout_seconds,
        max_retries=wanted.max_retries,
        stream_usage=True,
        disable_streaming="tool_calling",
        use_responses_api=False,
        temperature=0,
    )
    return ServiceChatModel(inner=inner)


class ServiceChatModel(BaseChatModel):
    """The service behind the one interface; raises UpstreamModelError and nothing else when it fails."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    inner: BaseChatModel

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
        **kwargs: Any,
    ) -> ChatResult:
        try:
            result = self.inner._generate(messages, stop=stop, **kwargs)
        except Exception as error:
            # The client raises its own, pydantic's, JSON's and attribute errors for what a server may answer.
            raise UpstreamModelError(explained(error), where="chat model service", next_step=NEXT_STEP) from error
        _refuse_empty(result)
        return result


def _refuse_empty(result: ChatResult) -> None:
    message = result.generations[0].message if result.generations else None
    empty = not isinstance(message, AIMessage) or not (
        str(message.text).strip() or message.tool_calls or message.invalid_tool_calls
    )
    if empty:
        raise UpstreamModelError(
            "The chat model service sent an empty answer.", where="chat model service", next_step=NEXT_STEP
        )


def explained(error: Exception) -> str:
    """What went wrong, in words and without the service's own text (it may echo the prompt)."""
    import openai

    if isinstance(error, openai.APITimeoutError):
        return "The chat model service did not answer in time."
    if isinstance(error, openai.APIConnectionError):
        return "The chat model service cannot be reached."
    if isinstance(error, openai.APIStatusError):
        return f"The chat model service answered with HTTP {error.status_code}{_advice(error.status_code)}."
    if isinstance(error, json.JSONDecodeError | openai.APIResponseValidationError):
        return "The chat model service answered with something that is not JSON."
    return f"The chat model service's answer cannot be understood ({type(error).__name__})."


def _advice(status: int) -> str:
    known = {
        401: " (the key is not accepted)",
        403: " (the key has no access)",
        404: " (no such address or model)",
        429: " (too many requests)",
    }
    return known.get(status, "")
