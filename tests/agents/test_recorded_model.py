"""A recording replays what was recorded, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.answer import Answer
from agents.chat_models.recorded import RecordedChatModel
from agents.runtime import Assistant
from warehouse.errors import MissingDataError, UpstreamModelError
from warehouse.principal import Principal

QUESTION = "Total calls by plan type yesterday"


@pytest.fixture
def recorded(assistant: Assistant, executive: Principal, tmp_path: Path) -> Callable[[str, bool], Answer]:
    """Ask through a recording; with True the embedded chat model is recorded first."""
    knowledge = assistant.knowledge()

    def ask(question: str, record: bool) -> Answer:
        embedded = knowledge.chat_model
        source = embedded if record else None
        chat = RecordedChatModel(file=tmp_path / "calls.jsonl", source=source)
        context = knowledge.context(question, executive, assistant.door, lambda _: None, "a", "eval")
        context.chat_model, context.bound = chat, {}
        assistant.run(context, executive, f"{question}-{record}")
        return knowledge.assembler.answer(context)

    return ask


def test_a_recording_gives_the_same_answer(recorded: Callable[[str, bool], Answer], tmp_path: Path) -> None:
    first = recorded(QUESTION, True)
    lines = (tmp_path / "calls.jsonl").read_text().splitlines()
    second = recorded(QUESTION, False)
    assert first.status == second.status == "answered"
    assert (first.text, first.rows) == (second.text, second.rows)
    assert len(lines) == 3
    assert {"key", "governed", "reply"} == set(json.loads(lines[0]))


def test_what_was_never_recorded_fails(recorded: Callable[[str, bool], Answer], tmp_path: Path) -> None:
    recorded(QUESTION, True)
    with pytest.raises(UpstreamModelError, match="no reply"):
        recorded("NPS by state", False)


def test_a_broken_recording_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jsonl"
    broken.write_text("{")
    with pytest.raises(MissingDataError, match=r"broken\.jsonl"):
        RecordedChatModel(file=broken).invoke("hello")
