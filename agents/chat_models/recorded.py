"""A chat model that replays a recording: the same messages and tools, the same reply. Used by tests and evals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, messages_from_dict, messages_to_dict
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import ConfigDict, PrivateAttr

from warehouse.errors import MissingDataError, UpstreamModelError


class RecordedChatModel(BaseChatModel):
    """Replays `file` (JSON lines of key and reply); with `source` it asks that model and records what is new."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: Path
    source: BaseChatModel | None = None
    _replies: dict[str, tuple[AIMessage, bool]] | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "recorded"

    @property
    def governed(self) -> bool:
        """Whether the recorded chat model was the embedded one, so that it is offered the same tools again."""
        if self.source is not None:
            return bool(getattr(self.source, "governed", False))
        return all(governed for _, governed in self._known().values())

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The same recording; the tools are part of what a reply is kept under."""
        return self.bind(offered=tuple(tools), **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        offered: tuple[Any, ...] = (),
        **kwargs: Any,
    ) -> ChatResult:
        key = recording_key(messages, offered)
        known = self._known().get(key)
        reply = known[0] if known else self._record(key, messages, offered)
        return ChatResult(generations=[ChatGeneration(message=reply)])

    def _known(self) -> dict[str, tuple[AIMessage, bool]]:
        if self._replies is None:
            self._replies = _read(self.file) if self.file.is_file() or self.source is None else {}
        return self._replies

    def _record(self, key: str, messages: list[BaseMessage], offered: tuple[Any, ...]) -> AIMessage:
        if self.source is None:
            raise UpstreamModelError(
                "The recording holds no reply to these messages.",
                where=str(self.file),
                next_step="Record again: the prompt, the tools or the data have changed.",
            )
        asked = self.source.bind_tools(offered) if offered else self.source
        reply = asked.invoke(messages)
        if not isinstance(reply, AIMessage):
            raise TypeError(f"a chat model returned {type(reply).__name__}")
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.touch(mode=0o600)  # replies hold values of the data
        with self.file.open("a", encoding="utf-8") as lines:
            entry = {"key": key, "governed": self.governed, "reply": messages_to_dict([reply])[0]}
            lines.write(json.dumps(entry) + "\n")
        self._known()[key] = (reply, self.governed)
        return reply


def recording_key(messages: Sequence[BaseMessage], offered: Sequence[Any]) -> str:
    """A hash of what a chat model is given: roles, texts, tool calls and the names of the tools."""
    given = [[m.type, str(m.content), getattr(m, "tool_calls", [])] for m in messages]
    names = sorted(str(getattr(tool, "name", tool)) for tool in offered)
    return hashlib.sha256(json.dumps([given, names], default=str, sort_keys=True).encode()).hexdigest()[:32]


def _read(file: Path) -> dict[str, tuple[AIMessage, bool]]:
    replies: dict[str, tuple[AIMessage, bool]] = {}
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            message = messages_from_dict([entry["reply"]])[0]
            if isinstance(message, AIMessage):
                replies[entry["key"]] = (message, bool(entry["governed"]))
    except (OSError, ValueError, KeyError) as error:
        raise MissingDataError(
            "The recording cannot be read.", where=str(file), next_step="Record it again."
        ) from error
    return replies
