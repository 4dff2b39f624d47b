"""The HTTP API in this process: typed answers by token, problems that say what to do, and a fuzzer's requests."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from agents.answer import Answer
from ui.api.app import api_app
from ui.api.gate import MOST_BODY
from ui.client_address import Proxies
from ui.programs.bearer import Bearer
from ui.programs.surface import Surface
from ui.programs.tokens import Tokens
from warehouse.errors import CommandCenterError, UpstreamModelError
from warehouse.principal import Principal

if TYPE_CHECKING:
    from agents.runtime import Assistant

MakeSurface = Callable[..., Surface]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = int(os.environ.get("API_FUZZ_EXAMPLES", "3"))
SPARE = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
QUESTION = {"question": "Total calls by plan type last week"}


def explained(error: Exception) -> CommandCenterError:
    return CommandCenterError("Something unexpected went wrong.", next_step=type(error).__name__)


def application(surface: Surface, tokens: Tokens, per_minute: float = 100_000) -> FastAPI:
    return api_app(surface, Bearer(tokens, Proxies(()), per_minute), explained)


@pytest.fixture
def web_of(surface_of: MakeSurface, tokens: Tokens) -> Callable[..., TestClient]:
    """A client with a token of somebody."""
    app = application(surface_of(source="api", writes=True), tokens)

    def made(name: str, **rights: bool) -> TestClient:
        text, _ = tokens.issue(name, **rights)  # type: ignore[arg-type]
        return TestClient(app, headers={"authorization": f"Bearer {text}"})

    return made


def problem(reply: Any, status: int, code: str) -> dict[str, Any]:
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = reply.json()
    assert (found["status"], found["code"], found["type"].rpartition(":")[2]) == (status, code, code)
    assert found["detail"]
    return found


def test_answers_are_those_of_the_chat_in_the_name_of_the_token(
    web_of: Callable[..., TestClient], own_assistant: Assistant
) -> None:
    web = web_of("erin")
    answer = Answer.model_validate(web.post("/ask", json=QUESTION).json())
    chat = own_assistant.ask(QUESTION["question"], Principal("erin", "executive"))
    assert (answer.text, answer.rows, answer.facts) == (chat.text, chat.rows, chat.facts)
    assert not own_assistant.knowledge().assembler.recheck(answer)
    followed = web.post("/ask", json={"question": "only MAPD", "thread": answer.thread}).json()
    assert "MAPD" in followed["interpretation"]
    assert web.get(f"/answers/{answer.answer_id}").json()["rows"] == answer.rows
    problem(web_of("pat").get(f"/answers/{answer.answer_id}"), 404, "not_found")
    page = web.get("/metrics", params={"offset": 100, "limit": 100}).json()
    assert len(page["metrics"]) == page["total"] - 100
    assert web.get("/metrics/leakage_rate").json()["metric"]["unit"] == "rate"
    hits = web.get("/search", params={"words": "denied drugs", "kind": "metric"}).json()["matches"]
    assert {hit["kind"] for hit in hits} == {"metric"}
    query = {"metrics": ["total_calls"], "dimensions": ["plan_type"]}
    assert [row[0] for row in web_of("hank").post("/query", json=query).json()["rows"]] == ["HMO"]
    assert web.post("/savings", json={"journey": "billing"}).json()["status"] == "answered"
    assert web.post("/why", json={"metric": "leaked_calls"}).json()["agent"] == "insight_scout"


def test_a_query_is_answered_by_values_that_there_are_and_in_our_own_words(
    web_of: Callable[..., TestClient], own_assistant: Assistant
) -> None:
    web = web_of("erin")

    def query(values: list[str], dimension: str = "plan_type", **more: Any) -> Any:
        filters = [{"dimension": dimension, "values": values}]
        return web.post("/query", json={"metrics": ["total_calls"], "filters": filters, **more})

    exact = query(["MAPD", "PPO"]).json()
    assert exact["rows"][0][0] > 0
    assert query(["mapd", "Ppo"]).json()["rows"] == exact["rows"], "a count of zero is no answer to another case"
    named = own_assistant.knowledge().values.label("state", "FL")
    assert query([named], "state").json()["semantic_query"]["filters"][0]["values"] == ["FL"]
    for wrong in (["MAPDD"], ["MAPD", "MAPD' OR 1=1 --"], [""]):
        told = problem(query(wrong), 400, "usage")
        assert "no such value" in told["detail"]
        assert "MAPD" in told["next_step"]
        assert "OR 1=1" not in str(told), "a value is never repeated"
    filters = [{"dimension": "plan_type", "values": ["Gold"]}]
    problem(web.post("/why", json={"metric": "leaked_calls", "filters": filters}), 400, "usage")
    limit = '{"metrics": ["total_calls"], "having": [{"metric": "total_calls", "op": ">", "value": NaN}]}'
    problem(web.post("/query", content=limit, headers={"content-type": "application/json"}), 422, "invalid")
    days = {"start": "2026-10-01", "end": "2026-10-02"}
    labelled = query(["MAPD"], time={**days, "label": "last 7 days"}).json()
    said = labelled["text"] + labelled["interpretation"] + str(labelled["semantic_query"])
    assert "last 7 days" not in said, "what a period is called is not the caller's to say"
    assert labelled["rows"] == query(["MAPD"], time=days).json()["rows"]
    plain = web.post("/ask", content=json.dumps(QUESTION), headers={"content-type": "text/plain"})
    assert "application/json" in problem(plain, 422, "invalid")["next_step"]


def test_follow_ups_of_what_has_no_conversation_say_all_they_mean(web_of: Callable[..., TestClient]) -> None:
    web = web_of("erin")
    days = {"start": "2026-10-01", "end": "2026-10-14"}
    queried = web.post(
        "/query", json={"metrics": ["leaked_calls"], "dimensions": ["journey"], "time": days}
    ).json()
    assert len(queried["follow_ups"]) == 3
    why = web.post("/why", json={"metric": "leaked_calls"}).json()
    saved = web.post("/savings", json={"journey": "Billing"}).json()
    for question in (*queried["follow_ups"], *why["follow_ups"], *saved["follow_ups"]):
        assert web.post("/ask", json={"question": question}).json()["status"] == "answered", question


def test_actions_are_proposed_listed_and_decided_by_whom_may(web_of: Callable[..., TestClient]) -> None:
    erin, pat = web_of("erin"), web_of("pat", decides=True)
    assert erin.get("/actions/recommended").json()["actions"][0]["version"] == 0
    problem(erin.post("/actions/propose"), 403, "review_role")
    problem(web_of("pat").post("/actions/propose"), 403, "token_rights")
    first = pat.post("/actions/propose").json()["actions"][0]
    path = f"/actions/{first['id']}"
    wanted = {"decision": "reject", "version": first["version"]}
    assert problem(pat.post(f"{path}/decisions", json=wanted), 400, "usage")["where"] == "reason"
    undated = problem(pat.post(f"{path}/decisions", json={**wanted, "decision": "golive"}), 400, "usage")
    assert "missing" in undated["detail"]
    problem(web_of("erin", decides=True).post(f"{path}/decisions", json=wanted), 403, "review_role")
    seen = pat.post(f"{path}/decisions", json={**wanted, "reason": "Being rebuilt", "preview": True}).json()
    assert (seen["state"], pat.get(path).json()["action"]["state"]) == ("rejected", "proposed")
    decided = pat.post(f"{path}/decisions", json={**wanted, "reason": "Being rebuilt"}).json()
    assert decided["state"] == "rejected"
    stale = problem(pat.post(f"{path}/decisions", json={**wanted, "decision": "reopen"}), 400, "usage")
    assert "pat" in stale["detail"]
    detail = erin.get(path).json()
    assert [(event["action"], event["user"]) for event in detail["events"]][-1] == ("reject", "pat")
    rejected = erin.get("/actions", params={"state": "rejected"}).json()["actions"]
    assert [one["id"] for one in rejected] == [first["id"]]
    problem(erin.get("/actions/zzzz"), 404, "not_found")
    problem(web_of("ada").get("/actions"), 403, "review_role")
    problem(web_of("hank").get("/actions"), 403, "row_filter")


def test_whoever_is_nobody_or_asks_wrongly_is_told_what_to_do(
    web_of: Callable[..., TestClient], surface_of: MakeSurface, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = web_of("erin")
    stranger = TestClient(web.app)
    refused = stranger.post("/ask", content=b"x" * (MOST_BODY + 1))
    assert "tokens issue" in problem(refused, 401, "token_missing")["next_step"]
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert stranger.get("/openapi.json").json()["security"] == [{"token": []}]
    problem(stranger.get("/metrics", headers={"authorization": "Bearer cct_x"}), 401, "token_unknown")
    problem(stranger.get("/metrics", headers={"cookie": "access_token=anything"}), 401, "token_missing")
    problem(web.post("/ask", content=b"x" * (MOST_BODY + 1)), 413, "too_large")
    problem(web.post("/ask", content=b"[" * MOST_BODY), 422, "invalid")
    problem(web.post("/ask", json={**QUESTION, "role": "data_engineer"}), 422, "invalid")
    problem(web.post("/query", json={"metrics": ["x" * 101]}), 422, "invalid")
    told = problem(web.post("/query", json={"metrics": ["totl_calls"]}), 400, "usage")
    assert "total_calls" in told["next_step"] + told["detail"]
    problem(web.get("/metrics/nothing"), 404, "not_found")
    problem(web.get("/nothing"), 404, "not_found")
    problem(web.get("/ask"), 405, "method_not_allowed")
    problem(web.get("/briefing", params={"day": "2020-01-01"}), 404, "not_found")
    slow = TestClient(application(surface_of(per_minute=1), tokens), headers=web.headers)
    assert slow.get("/search", params={"words": "calls"}).status_code == 200
    limited = slow.get("/search", params={"words": "calls"})
    problem(limited, 429, "rate")
    assert int(limited.headers["retry-after"]) > 0

    def down(*_: Any, **__: Any) -> Any:
        raise UpstreamModelError("The chat model is down.", next_step="Try again.")

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret of member M-104382")

    monkeypatch.setattr(Surface, "ask", down)
    problem(web.post("/ask", json=QUESTION), 502, "model_failed")
    monkeypatch.setattr(Surface, "ask", broken)
    reply = web.post("/ask", json=QUESTION)
    problem(reply, 500, "unexpected")
    assert "M-104382" not in reply.text


def test_no_request_that_a_fuzzer_makes_up_breaks_it_or_the_description(
    surface_of: MakeSurface, tokens: Tokens
) -> None:
    """Every operation with a few made-up requests, always the same; a long run: docs/api.md."""
    text, _ = tokens.issue("pat", decides=True)
    schema = schemathesis.openapi.from_asgi("/openapi.json", application(surface_of(writes=True), tokens))
    tried = set()
    for result in schema.get_all_operations():
        operation = result.ok()
        tried.add(operation.label)

        @settings(SPARE)
        @given(case=operation.as_strategy())
        def one(case: Any) -> None:
            case.call_and_validate(headers={"authorization": f"Bearer {text}"}, checks=CHECKS)

        one()
    assert len(tried) == 15
