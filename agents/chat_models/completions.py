"""What a service answered, read strictly: arguments that are no whole JSON are not mended, cut texts not used."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.messages.tool import invalid_tool_call, tool_call

MOST_CALLS = 64
_CUT = "length"


class Unreadable(Exception):
    """The answer is not one of the chat completions protocol."""


class BrokeOff(Exception):
    """A streamed answer ended before the service said that it was finished."""


class Declined(Exception):
    """The model, or a filter before it, refuses to answer."""


@dataclass(frozen=True)
class Completion:
    """One answer. `tokens` are (prompt, completion) as the service counts them, None where it does not say."""

    text: str
    calls: tuple[ToolCall, ...] = ()
    invalid: tuple[InvalidToolCall, ...] = ()
    tokens: tuple[int, int] | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing in it."""
        return not (self.text.strip() or self.calls or self.invalid)

    def message(self, tokens: tuple[int, int], **noted: Any) -> AIMessage:
        """The answer as the agents read it."""
        prompt, completion = tokens
        return AIMessage(
            self.text,
            tool_calls=list(self.calls),
            invalid_tool_calls=list(self.invalid),
            additional_kwargs=noted,
            usage_metadata={
                "input_tokens": prompt, "output_tokens": completion, "total_tokens": prompt + completion,
            },
        )  # fmt: skip


@dataclass
class _Pieces:
    """A streamed tool call as far as it has come."""

    id: str = ""
    name: str = ""
    arguments: list[str] = field(default_factory=list)


def completion_of(body: bytes) -> Completion:
    """The answer in the body of a response. Raises Unreadable, Declined."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Unreadable from error
    choices = _list(document, "choices")
    choice = choices[0] if choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise Unreadable
    calls = [_whole(entry) for entry in _list(message, "tool_calls")]
    return _finished(_text(message.get("content")), calls, message, choice.get("finish_reason"), document)


def streamed(events: Iterable[dict[str, Any]]) -> Completion:
    """The answer that a stream of chunks adds up to. Raises BrokeOff, Unreadable, Declined."""
    texts: list[str] = []
    refusals: list[str] = []
    pieces: dict[int, _Pieces] = {}
    finish: object = None
    usage: dict[str, Any] = {}
    for event in events:
        if event.get("usage"):
            usage = event
        for choice in _list(event, "choices")[:1]:
            delta = choice.get("delta") if isinstance(choice, dict) else None
            if isinstance(delta, dict):
                texts.append(_text(delta.get("content")))
                refusals.append(_text(delta.get("refusal")))
                _add(pieces, _list(delta, "tool_calls"))
            finish = choice.get("finish_reason") or finish if isinstance(choice, dict) else finish
    if finish is None:
        raise BrokeOff
    calls = [(entry.id, entry.name, "".join(entry.arguments)) for _, entry in sorted(pieces.items())]
    return _finished("".join(texts), calls, {"refusal": "".join(refusals)}, finish, usage)


def _add(pieces: dict[int, _Pieces], deltas: list[Any]) -> None:
    for delta in deltas:
        if not isinstance(delta, dict) or not isinstance(delta.get("index", 0), int):
            raise Unreadable
        entry = pieces.setdefault(delta.get("index", 0), _Pieces())
        identity, name, arguments = _parts(delta)
        entry.id = entry.id or identity
        entry.name += name
        entry.arguments.append(arguments)


def _whole(entry: Any) -> tuple[str, str, str]:
    if not isinstance(entry, dict):
        raise Unreadable
    return _parts(entry)


def _parts(entry: dict[str, Any]) -> tuple[str, str, str]:
    function = entry.get("function")
    function = function if isinstance(function, dict) else {}
    arguments = function.get("arguments") or ""
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return str(entry.get("id") or ""), str(function.get("name") or ""), written


def _finished(
    text: str,
    calls: list[tuple[str, str, str]],
    message: dict[str, Any],
    finish: object,
    document: dict[str, Any],
) -> Completion:
    if not calls and (message.get("refusal") or finish == "content_filter"):
        raise Declined
    good: list[ToolCall] = []
    bad: list[InvalidToolCall] = []
    for at, (identity, name, written) in enumerate(calls[:MOST_CALLS]):
        # An id that is missing or stands twice would tie a result to the wrong call.
        own = identity if identity and identity not in [call["id"] for call in (*good, *bad)] else f"call_{at}"
        arguments = None if finish == _CUT else _arguments(written)
        if arguments is None:
            bad.append(invalid_tool_call(name=name, args=written, id=own, error="not JSON"))
        else:
            good.append(tool_call(name=name, args=arguments, id=own))
    return Completion("" if finish == _CUT else text, tuple(good), tuple(bad), _tokens(document.get("usage")))


def _arguments(written: str) -> dict[str, Any] | None:
    try:
        found = json.loads(written or "{}", parse_constant=_refuse, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _tokens(usage: object) -> tuple[int, int] | None:
    if not isinstance(usage, dict):
        return None
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    prompt, completion = (n if isinstance(n, int) and not isinstance(n, bool) and n >= 0 else None for n in counts)
    return None if prompt is None or completion is None else (prompt, completion)


def _list(document: object, name: str) -> list[Any]:
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, list) else []


def _text(content: object) -> str:
    """A text, or the texts of a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else ()
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))
