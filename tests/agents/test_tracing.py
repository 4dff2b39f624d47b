"""The trace of an answer: every step under the answer's id, words kept apart, the export, the page."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agents.runtime import Assistant
from agents.tracing.otlp import as_otlp
from agents.tracing.shape import depths
from agents.tracing.store import KeptTrace, TraceStore
from agents.tracing.trace import SPANS_KEPT, Trace
from ui.forms import Forms
from ui.trace_pages import TracePages
from warehouse.errors import DeniedError
from warehouse.principal import Principal

ERIN = Principal("erin", "executive")
QUESTION = "Repeat calls by plan type last week for Medicare Advantage"


@pytest.fixture(scope="module")
def store(assistant: Assistant) -> TraceStore:
    assert assistant.traces is not None
    return assistant.traces


def attributes(span: dict[str, Any]) -> dict[str, Any]:
    return {entry["key"]: next(iter(entry["value"].values())) for entry in span["attributes"]}


def shape(kept: KeptTrace) -> list[tuple[int, str, str]]:
    return [(depth, s.kind, s.name) for depth, s in zip(depths(kept.spans), kept.spans, strict=True)]


def test_every_step_of_an_answer_is_traced_under_its_id(assistant: Assistant, store: TraceStore) -> None:
    answer = assistant.ask(QUESTION, ERIN)
    kept = store.find(answer.answer_id[:12])
    steps = shape(kept)
    assert kept.answer_id == answer.answer_id
    assert steps[0] == (0, "answer", "answer")
    assert (1, "supervisor", "supervisor") in steps
    assert (1, "agent", answer.agent) in steps
    tool = next(at for at, step in enumerate(steps) if step[1] == "tool")
    assert [step[1] for step in steps[tool + 1 : tool + 4]] == ["query", "guard", "statement"]
    assert [step[0] for step in steps[tool : tool + 4]] == [2, 3, 4, 4]
    query = kept.spans[tool + 1]
    assert query.attributes["rows"] == len(answer.rows)
    for span in kept.spans[1:]:
        parent = kept.spans[span.parent]
        assert parent.start_ms <= span.start_ms + 0.01
        assert span.start_ms + span.duration_ms <= parent.start_ms + parent.duration_ms + 1


def test_words_are_left_out_of_the_export_unless_they_are_asked_for(
    assistant: Assistant, store: TraceStore
) -> None:
    answer = assistant.ask(QUESTION, ERIN)
    plain = json.dumps(as_otlp(store.find(answer.answer_id)))
    assert "SELECT" not in plain
    assert "Repeat calls" not in plain
    told = as_otlp(store.find(answer.answer_id, content=True), content=True)
    [resource] = told["resourceSpans"]
    spans = resource["scopeSpans"][0]["spans"]
    assert {span["traceId"] for span in spans} == {answer.answer_id}
    assert len({span["spanId"] for span in spans}) == len(spans)
    assert [span["name"] for span in spans if "parentSpanId" not in span] == ["answer"]
    assert all(int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) for span in spans)
    statements = [attributes(span)["db.query.text"] for span in spans if "db.query.text" in attributes(span)]
    assert len(statements) == 1
    assert statements[0].startswith(("WITH", "SELECT"))
    assert attributes(spans[0])["gen_ai.input.messages"] == QUESTION


def test_answers_to_member_level_readers_and_about_persons_leave_no_words(
    assistant: Assistant, store: TraceStore
) -> None:
    advocate = Principal("bea", "member_advocate", purpose="grievance: case 4711")
    for question, who in ((QUESTION, advocate), ("What is the phone number of Mary Miller?", ERIN)):
        kept = store.find(assistant.ask(question, who).answer_id, content=True)
        assert len(kept.spans) > 2
        assert not any(span.content for span in kept.spans)


def test_a_denial_marks_its_step_and_long_traces_are_cut() -> None:
    now = iter(range(10_000))
    trace = Trace(clock=lambda: next(now))
    with pytest.raises(DeniedError), trace.span("tool", "run_sql"), trace.span("query", "query"):
        raise DeniedError("No.", code="small_cells")
    assert [(span.name, span.status, span.attributes.get("error")) for span in trace.spans[1:]] == [
        ("run_sql", "error", "small_cells"),
        ("query", "error", "small_cells"),
    ]
    for _ in range(SPANS_KEPT):
        with trace.span("query", "query"):
            pass
    assert len(trace.spans) == SPANS_KEPT
    assert trace.dropped == 3
    assert trace.finish().duration_ms > 0


def test_the_pages_are_for_the_ml_engineer_and_show_no_words(assistant: Assistant, store: TraceStore) -> None:
    roles = {"mel": "ml_engineer", "erin": "executive"}
    known = SimpleNamespace(
        reader=lambda cookies: (
            SimpleNamespace(name=cookies["who"], role=roles[cookies["who"]]) if "who" in cookies else None
        )
    )
    app = FastAPI()
    app.include_router(TracePages(assistant, known, Forms("secret", secure=False)).router)  # type: ignore[arg-type]
    answer = assistant.ask(QUESTION, ERIN)
    page = f"/traces/{answer.answer_id}"
    mel, erin = (TestClient(app, cookies={"who": name}) for name in roles)
    assert TestClient(app, follow_redirects=False).get(page).status_code == 303
    assert {erin.get(path).status_code for path in ("/traces", page, f"{page}.json")} == {403}
    assert answer.answer_id[:12] in mel.get("/traces").text
    shown = mel.get(page).text
    assert shown.count("<rect") == len(store.find(answer.answer_id).spans)
    for text in (shown, mel.get(f"{page}.json").text):
        assert "SELECT" not in text
        assert "Repeat calls" not in text
    assert mel.get("/traces/none").status_code == 404
