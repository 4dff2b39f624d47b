"""A free chat model's call of a verified query is held against the question: it drops no constraint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agents.runtime import Assistant
from agents.screening import screened
from warehouse.principal import Principal
from warehouse.settings import Settings

TOP = "top_avoidable_cost_journeys"


@pytest.fixture(scope="module")
def assistant(tiny_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with closing(Assistant.open(Settings(var=tmp_path_factory.mktemp("calls") / "var"), tiny_warehouse)) as opened:
        yield opened


def called(assistant: Assistant, question: str, parameters: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The arguments that would run, and what the chat model is told instead."""
    context = assistant.knowledge().context(
        question, Principal("anna", "executive"), assistant.door, lambda _: None, "id", "chat"
    )
    args = {"name": TOP, "parameters": parameters}
    call, objection = screened(
        {"name": "run_verified_query", "args": args, "id": "1", "type": "tool_call"}, context
    )
    told = json.loads(str(objection.content))["error"]["reason"] if objection else ""
    return call["args"]["parameters"], told


def test_what_the_question_says_counts_and_not_what_the_call_leaves_out(assistant: Assistant) -> None:
    ran, told = called(
        assistant, "Which five journeys are driving the most avoidable call cost last week in Florida?", {}
    )
    assert not told
    assert (ran["limit"], ran["state"], ran["period"]["start"]) == (5, ["FL"], "2026-10-19")


@pytest.mark.parametrize(
    ("question", "parameters", "missing"),
    [
        ("What are our costliest journeys in Florida, please?", {}, "florida"),
        ("Which journeys cost most last week?", {}, "last week"),
        ("Our costliest journeys by plan type", {}, "plan type"),
        ("Our costliest journeys, without Texas", {"state": ["TX"]}, "exclusion"),
        ("Our most costly journeys today", {"state": ["Atlantis"]}, "cannot be that"),
        ("Our costliest journeys today", {"county": ["Kings"]}, "no parameter"),
        ("Our costliest journeys today", {"limit": 9000}, "cannot be that"),
    ],
)
def test_a_call_that_drops_or_invents_something_goes_back(
    assistant: Assistant, question: str, parameters: dict[str, Any], missing: str
) -> None:
    _, told = called(assistant, question, parameters)
    assert missing in told


def test_a_paraphrase_with_all_it_says_runs(assistant: Assistant) -> None:
    parameters = {"state": ["fl"], "period": "last week", "limit": 4}
    ran, told = called(
        assistant, "Our top 4 journeys by avoidable call cost in Florida last week, please", parameters
    )
    assert not told
    assert ran["limit"] == 4
