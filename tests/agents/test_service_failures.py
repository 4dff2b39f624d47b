"""The wire: every way a service can fail over the real client, in time, in words, without the key."""

from __future__ import annotations

import io
import json
import logging
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from pydantic import SecretStr

from agents.chat_models.service import ServiceChatModel, service_chat_model
from tests.agents.test_service_model import Reply, Service, call, completion, events, say
from warehouse.errors import UpstreamModelError
from warehouse.settings import ChatModel

KEY = "sk-very-secret-0123456789"
NOW = datetime(2026, 10, 30, tzinfo=UTC)
OK = (200, "application/json", json.dumps(say("fine")).encode())


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


@tool
def look_up(name: str) -> str:
    """Look a name up."""
    return name


class Clock:
    """The time of day, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def model_at(service: Service, clock: Clock | None = None, **settings: Any) -> ServiceChatModel:
    wanted = {"timeout_seconds": 60, "max_retries": 0, **settings}
    chat = ChatModel(kind="service", base_url=service.url, model="m", **wanted)
    service.requests.clear()
    return service_chat_model(chat, SecretStr(KEY), clock or Clock())


def replies(*given: Reply) -> Any:
    return lambda request, number: given[min(number, len(given)) - 1]


def head(handler: BaseHTTPRequestHandler, kind: str, *headers: tuple[str, str], status: int = 200) -> None:
    handler.send_response(status)
    for name, value in (("Content-Type", kind), *headers):
        handler.send_header(name, value)
    handler.end_headers()


def stream_of(*chunks: Any, then: str = "") -> Reply:
    """A stream of some chunks, and whatever text stands instead of the rest."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        head(handler, "text/event-stream")
        handler.wfile.write("".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks).encode() + then.encode())

    return write


def with_headers(status: int, *headers: tuple[str, str]) -> Reply:
    return lambda handler: head(handler, "application/json", ("Content-Length", "0"), *headers, status=status)


def slowly(body: bytes, *, in_head: bool) -> Reply:
    """An answer that comes byte by byte, each well within the time for a read: in 50 seconds the whole head."""

    def write(handler: BaseHTTPRequestHandler) -> None:
        if not in_head:
            head(handler, "application/json", ("Content-Length", str(len(body))))
        for byte in body if not in_head else b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000:
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
            time.sleep(0.05)

    return write


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def half_a_body(handler: BaseHTTPRequestHandler) -> None:
    head(handler, "application/json", ("Content-Length", "10000"))
    handler.wfile.write(b'{"choices": [')


def endless(handler: BaseHTTPRequestHandler) -> None:
    head(handler, "application/json")
    while True:
        handler.wfile.write(b" " * 1_000_000)


def packed(handler: BaseHTTPRequestHandler) -> None:
    import gzip

    body = gzip.compress(json.dumps(say("x" * 50_000_000)).encode())
    head(handler, "application/json", ("Content-Encoding", "gzip"), ("Content-Length", str(len(body))))
    handler.wfile.write(body)


TWO = completion(
    {"content": None, "tool_calls": [
        {"id": "same", "type": "function", "function": {"name": "look_up", "arguments": '{"name": "a"}'}},
        {"id": "same", "type": "function", "function": {"name": "look_up", "arguments": '{"name": "b"}'}},
        {"id": "", "type": "function", "function": {"name": "look_up", "arguments": '{"name": "c"'}},
    ]}
)  # fmt: skip


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_text_calls_and_tokens_are_read_alike_whole_and_streamed(streaming: bool, service: Service) -> None:
    model = model_at(service, streaming=streaming)
    service.script = replies(say("All is well.\u00e9"), TWO)
    said = model.invoke([SystemMessage("s"), HumanMessage("q")])
    assert (said.text, said.usage_metadata and said.usage_metadata["total_tokens"]) == ("All is well.\u00e9", 1100)
    called = model.bind_tools([look_up]).invoke([HumanMessage("q")])
    assert [c["args"] for c in called.tool_calls] == [{"name": "a"}, {"name": "b"}]
    assert len(called.invalid_tool_calls) == 1, "JSON that was cut off is not mended"
    assert len({c["id"] for c in (*called.tool_calls, *called.invalid_tool_calls)}) == 3
    assert service.requests[1].get("stream", False) == streaming
    assert service.requests[1]["tools"][0]["function"]["name"] == "look_up"


def test_a_service_that_does_not_stream_or_count_is_understood(service: Service) -> None:
    model = model_at(service, streaming=True)
    uncounted = {**say("fine"), "usage": {"prompt_tokens": -5}}
    service.script = replies((200, "application/json", json.dumps(uncounted).encode()))
    said = model.invoke("a question")
    assert said.text == "fine"
    assert said.additional_kwargs["estimated"]
    assert said.usage_metadata
    assert said.usage_metadata["input_tokens"] > 10


CUT_CALL = events(call("look_up", {"name": "abcdefghijklmnop"}))[:3]
FAILURES: dict[str, tuple[Reply, str, bool]] = {
    "redirect": (with_headers(302, ("Location", "http://127.0.0.1:1/v1")), "redirect", False),
    "wrong key": ((401, "application/json", b'{"error": {"message": "%s"}}' % KEY.encode()), "key", False),
    "wrong model": ((404, "application/json", b'{"error": {"message": "no model m"}}'), "model", False),
    "server error": ((500, "text/html", b"<h1>oops</h1>"), "HTTP 500", False),
    "html": ((200, "text/html", b"<html>sign in</html>"), "JSON", False),
    "nothing": ((200, "application/json", b""), "JSON", False),
    "null": ((200, "application/json", b"null"), "understood", False),
    "nested": ((200, "application/json", b"[" * 200_000), "JSON", False),
    "odd": ((200, "application/json", b'{"choices": [{"message": {"tool_calls": [7]}}]}'), "understood", False),
    "hangs up": (hang_up, "reached", False),
    "half a body": (half_a_body, "reached|broke off", False),
    "byte by byte": (slowly(OK[2], in_head=False), "in time", False),
    "head byte by byte": (slowly(b"", in_head=True), "in time", False),
    "endless": (endless, "more than", False),
    "packed": (packed, "understood", False),
    "cut text": (completion({"content": "There were 1"}) | {"choices": [
        {"index": 0, "message": {"content": "There were 1"}, "finish_reason": "length"}]}, "cut off", False),
    "declined": (completion({"content": None, "refusal": "I will not."}), "declined", False),
    "cut stream": (stream_of(*CUT_CALL), "broke off", True),
    "cut stream after DONE": (stream_of(*CUT_CALL, then="data: [DONE]\n\n"), "broke off", True),
    "error in a stream": (stream_of(*CUT_CALL, then='data: {"error": {"message": "sk"}}\n\n'), "service", True),
    "no JSON in a stream": (stream_of(*CUT_CALL, then="data: {oops\n\n"), "service|JSON", True),
}  # fmt: skip


@pytest.mark.parametrize(("reply", "words", "streaming"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_said_in_words_in_time_and_without_the_key(
    reply: Reply, words: str, streaming: bool, service: Service
) -> None:
    heard = io.StringIO()
    listener = logging.StreamHandler(heard)
    logging.getLogger().addHandler(listener)
    logging.getLogger().setLevel(logging.DEBUG)
    service.script = replies(reply)
    model = model_at(service, streaming=streaming, timeout_seconds=1.5 if words == "in time" else 60)
    try:
        with pytest.raises(UpstreamModelError, match=words) as error:
            model.bind_tools([look_up]).invoke("q")
    finally:
        logging.getLogger().removeHandler(listener)
        logging.getLogger().setLevel(logging.WARNING)
    assert error.value.exit_code == 5
    assert error.value.next_step
    assert error.value.__cause__ is error.value.__context__ is None, "the client's error quotes what it was sent"
    for told in (heard.getvalue(), str(error.value), repr(error.value), repr(model), repr(model.wire)):
        assert KEY not in told
    assert len(service.requests) == 1
    assert service.headers[-1]["authorization"] == f"Bearer {KEY}"


def test_a_key_that_no_header_can_hold_is_not_shown(service: Service) -> None:
    chat = ChatModel(kind="service", base_url=service.url, model="m", max_retries=0)
    with pytest.raises(UpstreamModelError) as error:
        service_chat_model(chat, SecretStr(f"{KEY}\r\nX: 1"), Clock()).invoke("q")
    assert KEY not in str(error.value)


@pytest.mark.parametrize("first", [(500, "text/plain", b""), with_headers(429, ("Retry-After", "0")), hang_up])
def test_what_passes_is_tried_again(first: Reply, service: Service) -> None:
    service.script = replies(first, OK)
    assert model_at(service, max_retries=1).invoke("q").text == "fine"
    assert len(service.requests) == 2


@pytest.mark.parametrize("after", ["3600", "Fri, 30 Oct 2099 00:00:00 GMT", "1e9"])
def test_a_wait_beyond_the_own_deadline_is_not_waited_for(after: str, service: Service) -> None:
    service.script = replies(with_headers(429, ("Retry-After", after)), OK)
    with pytest.raises(UpstreamModelError, match="left alone"):
        model_at(service, max_retries=2).invoke("q")
    assert len(service.requests) == 1


def test_nothing_is_tried_again_that_cannot_pass(service: Service) -> None:
    for reply in ((401, "application/json", b"{}"), (400, "application/json", b"{}"), (200, "text/html", b"<p>")):
        service.script = replies(reply, OK)
        with pytest.raises(UpstreamModelError):
            model_at(service, max_retries=2).invoke("q")
        assert len(service.requests) == 1


LONG = (400, "application/json", b'{"error": {"code": "context_length_exceeded", "message": "too long"}}')
HISTORY = [SystemMessage("s"), HumanMessage("first"), AIMessage("answer"), HumanMessage("and by plan?")]


def test_a_conversation_that_is_too_long_is_shortened_once(service: Service) -> None:
    service.script = replies(LONG, OK)
    said = model_at(service).invoke(HISTORY)
    assert [m["content"] for m in service.requests[1]["messages"]] == ["s", "and by plan?"]
    assert said.additional_kwargs["shortened"]
    service.script = replies(LONG)
    with pytest.raises(UpstreamModelError, match="more text"):
        model_at(service).invoke(HISTORY)
    assert len(service.requests) == 2
    with pytest.raises(UpstreamModelError, match="more text"):
        model_at(service).invoke("only a question")
    assert len(service.requests) == 1


def test_a_dead_service_is_found_out_once_and_tried_again_after_half_a_minute(service: Service) -> None:
    clock = Clock()
    service.script = replies((500, "text/plain", b""), (503, "text/plain", b""), OK)
    model = model_at(service, clock)
    for _ in range(5):
        with pytest.raises(UpstreamModelError):
            model.invoke("q")
    assert len(service.requests) == 1
    clock.now += timedelta(seconds=30)
    for _ in range(3):
        with pytest.raises(UpstreamModelError):
            model.invoke("q")
    assert len(service.requests) == 2, "half-open: one request tries it"
    clock.now += timedelta(seconds=31)
    assert [model.invoke("q").text for _ in range(2)] == ["fine", "fine"]


def test_what_is_wrong_with_one_request_does_not_open_the_breaker(service: Service) -> None:
    model = model_at(service)
    service.script = replies(LONG, completion({"content": None, "refusal": "no"}), completion({"content": ""}), OK)
    for _ in range(3):
        with pytest.raises(UpstreamModelError):
            model.invoke("q")
    assert model.invoke("q").text == "fine"
