"""The messages of a conversation as the chat completions protocol writes them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolMessage


def as_request(messages: Iterable[BaseMessage]) -> list[dict[str, Any]]:
    """Every message with its role. Calls that were not valid JSON stay in, since error messages answer them."""
    return [_message(message) for message in messages]


def _message(message: BaseMessage) -> dict[str, Any]:
    if isinstance(message, ToolMessage):
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": str(message.content)}
    if not isinstance(message, AIMessage):
        role = "system" if isinstance(message, SystemMessage) else "user"
        return {"role": role, "content": str(message.text)}
    calls = [_call(c["id"], c["name"], c["args"] or "") for c in message.invalid_tool_calls]
    calls += [_call(c["id"], c["name"], json.dumps(c["args"])) for c in message.tool_calls]
    said: dict[str, Any] = {"role": "assistant", "content": str(message.text)}
    return {**said, "tool_calls": calls} if calls else said


def _call(identity: str | None, name: str | None, arguments: str) -> dict[str, Any]:
    return {"id": identity or "", "type": "function", "function": {"name": name or "", "arguments": arguments}}
