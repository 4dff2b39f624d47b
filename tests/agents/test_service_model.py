"""A service chat model over the real client and a local server: working, lying, failing in every known way."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from agents.answer import Answer
from agents.chat_models.service import service_chat_model
from agents.runtime import Assistant
from warehouse.errors import UpstreamModelError, UsageError
from warehouse.principal import Principal
from warehouse.settings import ChatModel, Settings

Reply = dict[str, Any] | tuple[int, str, bytes] | Callable[[BaseHTTPRequestHandler], None]
Script = Callable[[dict[str, Any], int], Reply]
QUESTION = "Total calls by plan type yesterday"
DAY = {"start": "2026-10-28", "end": "2026-10-28"}
THE_DAY = "call_date = DATE '2026-10-28'"
QUERY = {"metrics": ["total_calls"], "dimensions": ["plan_type"], "time": DAY}


class Service:
    """A local server of the chat completions protocol; `script` decides each reply.

    A reply is a completion, a (status, content type, body), or a function that writes to the connection itself.
    A request that wants a stream gets a completion in pieces.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.script: Script = lambda request, number: say("hello")
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.requests.append(body)
                service.headers.append({name.lower(): value for name, value in self.headers.items()})
                reply = service.script(body, len(service.requests))
                if callable(reply):
                    with suppress(OSError):
                        reply(self)
                    self.close_connection = True
                    return
                streaming = body.get("stream") and isinstance(reply, dict)
                status, kind, content = (
                    (200, "text/event-stream", in_pieces(reply))
                    if streaming and isinstance(reply, dict)
                    else (200, "application/json", json.dumps(reply).encode())
                    if isinstance(reply, dict)
                    else reply
                )
                self.answer(status, kind, content)

            def do_GET(self) -> None:
                service.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.answer(
                    200, "application/json", json.dumps({"object": "list", "data": [{"id": "m"}]}).encode()
                )

            def answer(self, status: int, kind: str, content: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                return None

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def events(completion: dict[str, Any]) -> list[dict[str, Any]]:
    """A completion as the chunks of a stream: words and arguments cut into bits, the end, and the tokens."""
    message, finish = completion["choices"][0]["message"], completion["choices"][0]["finish_reason"]
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    text = message.get("content") or ""
    deltas += [{"content": text[at : at + 7]} for at in range(0, len(text), 7)]
    for index, entry in enumerate(message.get("tool_calls") or ()):
        name, written = entry["function"]["name"], entry["function"]["arguments"]
        head = {"index": index, "id": entry["id"], "type": "function", "function": {"name": name, "arguments": ""}}
        deltas.append({"tool_calls": [head]})
        for at in range(0, len(written), 9):
            deltas.append({"tool_calls": [{"index": index, "function": {"arguments": written[at : at + 9]}}]})
    made = {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    chunks = [{**made, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**made, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    return [*chunks, {**made, "choices": [], "usage": completion.get("usage")}]


def in_pieces(completion: dict[str, Any]) -> bytes:
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in events(completion)]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


def completion(message: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    made = {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    return {**made, "usage": usage}


def say(text: str) -> dict[str, Any]:
    return completion({"content": text})


def call(name: str, arguments: dict[str, Any] | str) -> dict[str, Any]:
    written = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"id": f"c-{name}", "type": "function", "function": {"name": name, "arguments": written}}
    return completion({"content": None, "tool_calls": [function]})


def offered(request: dict[str, Any]) -> set[str]:
    return {tool["function"]["name"] for tool in request.get("tools", ())}


def script(*replies: Reply, agent: str = "genie") -> Script:
    """Route first, then the replies in order, the last one for ever."""

    def reply(request: dict[str, Any], number: int) -> Reply:
        if "route" in offered(request):
            return call("route", {"agent": agent, "reason": "It asks for figures."})
        return replies[min(number - 2, len(replies) - 1)]

    return reply


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


@pytest.fixture(scope="module")
def served(
    service: Service, tiny_warehouse: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assistant]:
    """A service that may read rows, without a stand-in; by its clock each look is a minute after the last."""
    chat = ChatModel(kind="service", base_url=service.url, model="m", timeout_seconds=60, max_retries=0,
                     fallback=False, rows_in_prompts=True)  # fmt: skip
    settings = Settings(var=tmp_path_factory.mktemp("served"), chat_model=chat)
    minutes = itertools.count()
    assistant = Assistant.open(
        settings,
        tiny_warehouse,
        clock=lambda: datetime(2026, 10, 30, tzinfo=UTC) + timedelta(minutes=next(minutes)),
    )
    yield assistant
    assistant.close()


@pytest.fixture
def asked(served: Assistant, service: Service, executive: Principal) -> Callable[[Script], Answer]:
    def ask(replies: Script) -> Answer:
        service.script = replies
        service.requests.clear()
        return served.ask(QUESTION, executive)

    return ask


def test_a_true_answer_is_shown_in_the_services_words(asked: Callable[[Script], Answer], service: Service) -> None:
    def honest(request: dict[str, Any], number: int) -> Reply:
        result = request["messages"][-1]
        if result["role"] != "tool":
            return script(call("query_metrics", {"query": QUERY}))(request, number)
        rows = json.loads(result["content"])["tables"][0]["rows"]
        return say(f"{rows['0'][0]} had the most calls on 28 October 2026: {rows['0'][1]}.")

    answer = asked(honest)
    assert (answer.status, answer.trust, answer.agent) == ("answered", "governed_metric", "genie")
    assert "had the most calls" in answer.text
    assert answer.facts
    assert offered(service.requests[-1]) == set(), "whoever has seen rows can call nothing more"


@pytest.mark.parametrize(
    "lie", ["MAPD had 999,999 calls.", "Calls rose by half.", "See https://evil.example", "Claims are down."]
)
def test_a_lie_is_replaced_and_the_reader_is_told(lie: str, asked: Callable[[Script], Answer]) -> None:
    answer = asked(script(call("query_metrics", {"query": QUERY}), say(lie)))
    assert answer.status == "answered"
    assert lie not in answer.text
    assert any("replaced" in sentence for sentence in answer.assumptions)


def test_principal_and_data_texts_are_never_in_a_request(
    served: Assistant, service: Service, tiny_warehouse: Path
) -> None:
    service.script = script(call("query_metrics", {"query": QUERY}), say("Done."))
    service.requests.clear()
    served.ask(QUESTION, Principal("very-secret-user", "executive", "a stated purpose"))
    sent = json.dumps(service.requests)
    assert len(service.requests) == 3
    for secret in ("very-secret-user", "a stated purpose", "principal", "transcript text"):
        assert secret not in sent


def test_a_wrong_call_is_mended_from_its_hint(asked: Callable[[Script], Answer], service: Service) -> None:
    wrong = {"query": {**QUERY, "metrics": ["total_call"]}}
    answer = asked(script(call("query_metrics", wrong), call("query_metrics", {"query": QUERY}), say("Done.")))
    assert answer.status == "answered"
    error = json.loads(service.requests[2]["messages"][-1]["content"])["error"]
    assert "total_calls" in error["nearest"]


@pytest.mark.parametrize(
    "reply",
    [
        call("query_metrics", {"query": {"metrics": []}}),
        call("query_metrics", '{"query": {"metrics": ["total_ca'),
        call("no_such_tool", {}),
        call("run_sql", {"sql": "SELECT first_name FROM gold.members"}),
        call("run_sql", {"sql": "DROP TABLE gold.calls"}),
        call("search_metrics", {"words": "calls"}),
    ],
    ids=["invalid", "truncated", "unknown tool", "personal data", "write", "endless"],
)
def test_calls_that_never_come_right_end_in_a_clear_error(
    reply: dict[str, Any], asked: Callable[[Script], Answer], service: Service
) -> None:
    answer = asked(script(reply))
    assert (answer.status, answer.refusal_code) == ("error", "model_no_answer")
    assert not answer.rows
    assert len(service.requests) <= 12


def test_words_without_any_result_are_not_an_answer(asked: Callable[[Script], Answer]) -> None:
    answer = asked(script(say("There were 1,234 calls.")))
    assert answer.status == "error"
    assert "1,234" not in answer.text


def test_a_constraint_that_is_dropped_goes_back(asked: Callable[[Script], Answer], service: Service) -> None:
    dropped = {"query": {"metrics": ["total_calls"], "time": DAY}}
    answer = asked(script(call("query_metrics", dropped), call("query_metrics", {"query": QUERY}), say("Done.")))
    assert answer.semantic_query is not None
    assert answer.semantic_query["dimensions"] == ["plan_type"]
    assert json.loads(service.requests[2]["messages"][-1]["content"])["error"]["code"] == "unexplained"


def test_whose_plan_counts_is_in_the_schema_and_held_against_the_question(
    served: Assistant, service: Service, executive: Principal
) -> None:
    then = call("query_metrics", {"query": QUERY})
    today = call("query_metrics", {"query": {**QUERY, "attribution": "today"}})
    service.script = script(then, today, say("Done."))
    service.requests.clear()
    answer = served.ask("Total calls by current plan type yesterday", executive)
    tools = {tool["function"]["name"]: tool["function"] for tool in service.requests[1]["tools"]}
    assert '"at_event"' in json.dumps(tools["query_metrics"]["parameters"])
    assert "gold.members" in tools["run_sql"]["description"]
    error = json.loads(service.requests[2]["messages"][-1]["content"])["error"]
    assert (error["code"], "today" in error["reason"]) == ("unexplained", True)
    assert answer.status == "answered"
    assert answer.semantic_query
    assert answer.semantic_query["attribution"] == "today"
    assert any("members have today" in sentence for sentence in answer.assumptions)


def test_generated_sql_is_labelled(asked: Callable[[Script], Answer]) -> None:
    sql = f"SELECT plan_type, COUNT(*) AS calls FROM gold.calls WHERE {THE_DAY} GROUP BY plan_type"
    answer = asked(script(call("run_sql", {"sql": sql}), say("Done.")))
    assert (answer.status, answer.trust) == ("answered", "generated_sql")
    assert answer.rows
    assert "MAPD has the most calls" in answer.text
    assert any("not governed" in sentence for sentence in answer.assumptions)
    assert answer.interpretation == "Total calls by plan type, on 28 October 2026.", "what the statement counts"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT plan_type, COUNT(*) AS n FROM gold.calls GROUP BY plan_type",
        "SELECT plan_type, COUNT(*) AS n FROM gold.calls WHERE call_date <= DATE '2026-10-28' GROUP BY plan_type",
        "SELECT MAX(n) AS most FROM (SELECT COUNT(*) AS n FROM gold.calls GROUP BY plan_type) t",
    ],
)
def test_a_statement_that_drops_the_period_goes_back(
    sql: str, asked: Callable[[Script], Answer], service: Service
) -> None:
    right = (
        "SELECT plan_type, COUNT(*) AS n FROM gold.calls WHERE call_date = DATE '2026-10-28' GROUP BY plan_type"
    )
    answer = asked(script(call("run_sql", {"sql": sql}), call("run_sql", {"sql": right}), say("Done.")))
    told = json.loads(service.requests[2]["messages"][-1]["content"])["error"]
    assert (told["code"], "yesterday" in told["reason"]) == ("unexplained", True)
    assert (answer.status, len(answer.parts)) == ("answered", 1)


def test_a_statement_that_drops_a_value_goes_back(
    served: Assistant, service: Service, executive: Principal
) -> None:
    wrong = f"SELECT call_topic, COUNT(*) AS n FROM gold.calls WHERE {THE_DAY} GROUP BY call_topic"
    right = wrong.replace("GROUP BY", "AND plan_type = 'MAPD' GROUP BY")
    service.script = script(call("run_sql", {"sql": wrong}), call("run_sql", {"sql": right}), say("Done."))
    service.requests.clear()
    answer = served.ask("Total calls by call topic for MAPD yesterday", executive)
    told = json.loads(service.requests[2]["messages"][-1]["content"])["error"]
    assert (told["code"], "MAPD" in told["reason"]) == ("unexplained", True)
    assert "plan type MAPD" in answer.interpretation


def test_what_a_service_assumes_is_not_shown_unchecked(asked: Callable[[Script], Answer]) -> None:
    said = {"query": QUERY, "assumptions": ["MAPD always has 999,999 calls."]}
    answer = asked(script(call("query_metrics", said), say("Done.")))
    assert answer.status == "answered"
    assert "999,999" not in answer.model_dump_json()


def test_a_supervisor_that_names_no_agent_is_an_error(asked: Callable[[Script], Answer]) -> None:
    with pytest.raises(UpstreamModelError, match="which agent"):
        asked(lambda request, number: call("route", {"agent": "oracle", "reason": ""}))
    with pytest.raises(UpstreamModelError, match="which agent"):
        asked(lambda request, number: say("genie, I guess"))


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((500, "text/plain", b"oops"), "HTTP 500"),
        ((429, "application/json", b"{}"), "too many requests"),
        ((401, "application/json", b"{}"), "key"),
        ((200, "text/html", b"<html>sign in</html>"), "understood|JSON"),
        ((200, "application/json", b'{"choices": [{"mess'), "understood|JSON"),
        ((200, "application/json", b""), "understood|JSON|empty"),
        ((200, "application/json", b'{"choices": []}'), "understood|empty"),
        (completion({"content": ""}), "empty"),
    ],
    ids=["500", "429", "401", "html", "truncated", "nothing", "no choices", "no content"],
)
def test_a_service_that_fails_says_so_with_exit_code_5(
    reply: Any, words: str, asked: Callable[[Script], Answer], served: Assistant
) -> None:
    with pytest.raises(UpstreamModelError, match=words) as error:
        asked(lambda request, number: reply)
    assert error.value.exit_code == 5
    assert error.value.next_step


def test_a_service_that_hangs_says_so(service: Service) -> None:
    given_up = threading.Event()

    def hang(request: dict[str, Any], number: int) -> dict[str, Any]:
        given_up.wait(60)
        return say("late")

    service.script = hang
    chat = ChatModel(kind="service", base_url=service.url, model="m", timeout_seconds=1, max_retries=0)
    try:
        with pytest.raises(UpstreamModelError, match="in time"):
            service_chat_model(chat, None).invoke("hello")
    finally:
        given_up.set()


def test_a_service_that_is_down_says_so() -> None:
    gone = Service()
    gone.close()
    chat = ChatModel(kind="service", base_url=gone.url, model="m", timeout_seconds=2, max_retries=0)
    with pytest.raises(UpstreamModelError, match="reached"):
        service_chat_model(chat, None).invoke("hello")


def test_a_service_without_an_address_is_refused() -> None:
    with pytest.raises(UsageError, match="address"):
        service_chat_model(ChatModel(kind="service"), None)
