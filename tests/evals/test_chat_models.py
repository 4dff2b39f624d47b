"""Chat models under test: a service over the real protocol, what it said written down and replayed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from evals import asked
from evals.comparing import comparison, keep
from evals.contest import contender, contest
from evals.runner import run as run_suites
from evals.trials import observing
from evals.trials.records import Records, Run
from prompts.loader import load_prompt
from tests.agents.test_service_model import Reply, Service, call, offered, say
from warehouse.errors import UsageError
from warehouse.settings import ChatModel, Settings

CASES = ("metric-by-journey", "personal", "follow-up")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.close()


@pytest.fixture
def under_test(service: Service, tmp_path: Path) -> Settings:
    chat = ChatModel(base_url=service.url, model="m", timeout_seconds=60, max_retries=0, rows_in_prompts=True)
    return Settings(var=tmp_path, chat_model=chat)


@pytest.fixture
def run(
    under_test: Settings, tiny_warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Run, dict[str, Any]]]:
    """Run three cases of `tools` over the shared company with a chat model; the run and its report."""
    monkeypatch.setattr(observing, "warehouse_of", lambda *_: tiny_warehouse)
    some = [t for t in asked.trials(["tools"]) if t.case.id in CASES]
    monkeypatch.setattr(asked, "trials", lambda *_, **__: some)
    records = Records(under_test.var / "evals" / "runs")

    def once(model: str, record: Path | None = None) -> tuple[Run, dict[str, Any]]:
        one = asked.begin(records, ["tools"], model, datetime.now(UTC), quick=False, instances=())
        asked.observe(records, one, under_test, Console(quiet=True), jobs=2, record=record)
        return one, asked.finish(records, one, {})

    return once


WEEK = {"start": "2026-10-19", "end": "2026-10-25"}
QUERY = {"metrics": ["leaked_calls"], "dimensions": ["journey"], "time": WEEK}
ONLY = {"filters": [{"dimension": "plan_type", "values": ["MAPD"]}]}


def knowing(request: dict[str, Any], number: int) -> Reply:
    """A service that can do all three."""
    question = [m["content"] for m in request["messages"] if m["role"] == "user"][-1]
    if "route" in offered(request):
        return call("route", {"agent": "genie", "reason": "It asks for figures."})
    if not offered(request):
        return say("Done.")
    if "phone" in question:
        return call("refuse", {"code": "pii", "reason": "It asks for a person."})
    return call("query_metrics", {"query": QUERY | (ONLY if question == "only MAPD" else {})})


def outcomes(document: dict[str, Any]) -> dict[str, str]:
    return {case["id"]: case["outcome"] for case in document["cases"]}


def test_a_service_is_recorded_and_the_recording_says_the_same_without_it(
    run: Callable[..., tuple[Run, dict[str, Any]]], service: Service, tmp_path: Path
) -> None:
    service.script, file = knowing, tmp_path / "deep" / "said.jsonl"
    _, live = run("service", file)
    assert outcomes(live) == dict.fromkeys(CASES, "correct")
    asked_for = len(service.requests)
    assert len(file.read_text().splitlines()) == asked_for
    assert file.stat().st_mode & 0o077 == 0, "replies hold values"
    service.script = lambda request, number: (500, "text/plain", b"gone")
    one, again = run(f"recorded:{file}")
    assert len(service.requests) == asked_for
    assert outcomes(again) == outcomes(live)
    assert [case["text"] for case in again["cases"]] == [case["text"] for case in live["cases"]]
    assert [case["tokens"] for case in again["cases"]] == [case["tokens"] for case in live["cases"]]
    assert one.model == f"recorded:{file}"


def test_a_service_that_fails_is_counted_case_by_case(
    run: Callable[..., tuple[Run, dict[str, Any]]], service: Service
) -> None:
    """Its circuit breaker does not fail the cases after the one it failed in."""

    def failing(request: dict[str, Any], number: int) -> Reply:
        asks = [m["content"] for m in request["messages"] if m["role"] == "user"][-1]
        return (500, "text/plain", b"gone") if asks.startswith("Leaked") else knowing(request, number)

    service.script = failing
    _, document = run("service")
    assert outcomes(document) == {
        "metric-by-journey": "failed_loudly", "follow-up": "failed_loudly", "personal": "correct",
    }  # fmt: skip


def test_the_embedded_planner_is_recorded_too(
    run: Callable[..., tuple[Run, dict[str, Any]]], tmp_path: Path
) -> None:
    file = tmp_path / "said.jsonl"
    _, live = run("embedded", file)
    _, again = run(f"recorded:{file}")
    assert outcomes(again) == outcomes(live) == dict.fromkeys(CASES, "correct")
    assert all(json.loads(line)["governed"] for line in file.read_text().splitlines())


def test_what_cannot_be_recorded_is_told_before_anything_is_asked(
    under_test: Settings, tmp_path: Path, service: Service
) -> None:
    there = tmp_path / "there.jsonl"
    there.touch()
    before = len(service.requests)
    for model, record in (
        ("recorded:nowhere.jsonl", None),
        (f"recorded:{there}", tmp_path / "other.jsonl"),
        ("service", there),
    ):
        with pytest.raises(UsageError):
            run_suites(["tools"], model=model, settings=under_test, record=record)
    assert len(service.requests) == before
    assert not (tmp_path / "evals").exists()


def careless(request: dict[str, Any], number: int) -> Reply:
    """A service that drops filters, unless its prompt tells it not to: the answer is held back then."""
    careful = "KEEP FILTERS" in request["messages"][0]["content"]
    if "query_metrics" in offered(request) and "only MAPD" in str(request["messages"]) and not careful:
        return call("query_metrics", {"query": QUERY})
    return knowing(request, number)


def test_chat_models_and_prompts_are_asked_the_same_and_held_against_the_first(
    under_test: Settings, run: Callable[..., tuple[Run, dict[str, Any]]], service: Service, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "genie.md").write_text(load_prompt("genie").text + "\nKEEP FILTERS\n")
    service.script, file = careless, tmp_path / "said.jsonl"
    run("service", file)
    named = [contender(text) for text in ("embedded", "service", f"service,prompts={other}", f"recorded:{file}")]
    records = Records(under_test.var / "evals" / "runs")
    document = contest(["tools"], named, under_test, records, Console(quiet=True), clock=lambda: datetime.now(UTC))
    outcomes = {case["id"]: [said["outcome"] for said in case["said"]] for case in document["differing"]}
    assert outcomes == {"follow-up": ["correct", "failed_loudly", "correct", "failed_loudly"]}
    plain, careful, replayed = document["pairs"]
    assert careful["prompts_changed"] == ["genie"]
    assert plain["prompts_changed"] == []
    assert (plain["all"]["worse"], careful["all"]["worse"], replayed["all"]["worse"]) == (1, 0, 1)
    difference = plain["all"]["correct"]
    assert difference["value"] == pytest.approx(-1 / 3)
    assert difference["low"] < difference["value"] < 0 < difference["high"], "of three cases nobody can be sure"
    assert plain["all"]["tokens"] > 0 == document["contenders"][0]["all"]["tokens"]
    assert document["gate"] == [], "one case is noise"
    page = keep(records, document).read_text()
    assert "http" not in page
    assert page.count("<svg") == 3
    for text in ("service", str(other), "follow-up", "failed loudly"):
        assert text in page
    again = comparison(records, [records.find(one["id"]) for one in document["runs"]])
    assert json.dumps(again) == json.dumps(document), "kept runs are compared without asking"


def test_contenders_that_are_none_are_told_before_anything_is_asked(under_test: Settings, tmp_path: Path) -> None:
    empty, crooked = tmp_path / "empty", tmp_path / "crooked"
    for folder in (empty, crooked):
        folder.mkdir()
    (crooked / "genie.md").write_text("Today is $as_of. $nobody_knows")
    records = Records(under_test.var / "evals" / "runs")
    for suites, named in (
        (["tools"], ["embedded"]),
        (["questions"], ["embedded", "service"]),
        (["tools"], ["embedded", "gpt"]),
        (["tools"], ["embedded", f"service,prompts={tmp_path / 'nowhere'}"]),
        (["tools"], ["embedded", f"service,prompts={empty}"]),
        (["tools"], ["embedded", f"service,prompts={crooked}"]),
    ):
        with pytest.raises(UsageError):
            contest(suites, [contender(one) for one in named], under_test, records, Console(quiet=True),
                    clock=lambda: datetime.now(UTC))  # fmt: skip
    assert not records.folder.exists()
