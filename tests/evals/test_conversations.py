"""The suite "conversations": turns build on each other, nothing is worse than the baseline."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from agents.planner import Planner
from evals import runner
from evals.suites import conversations
from semantic.loader import load_model
from semantic.values import ValueDictionary
from warehouse.errors import UsageError
from warehouse.settings import Questions


@pytest.fixture(scope="module")
def planner() -> Planner:
    model = load_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


def test_a_turn_starts_from_the_last_answered_one_and_a_whole_is_its_worst_turn(planner: Planner) -> None:
    turns = [
        {"q": "Leakage rate by journey", "m": ["leakage_rate"], "d": ["journey"]},
        {"q": "and by drug?", "kind": "refuse"},
        {"q": "only MAPD", "f": {"plan_type": ["MAPD"]}},
        {"q": "only PPO", "f": {"plan_type": ["HMO"]}},
    ]
    file = conversations.ConversationFile("x", date(2026, 10, 29), date(2024, 10, 1), [turns])
    talks = file.run(planner)
    assert [turn.outcome for turn in talks[0]] == ["exact", "right_refusal", "exact", "materially_wrong"]
    assert [turn.outcome for turn in conversations.whole(talks)] == ["materially_wrong"]


def test_an_unknown_slot_is_told(tmp_path: Path) -> None:
    path = tmp_path / "case.yml"
    head = "label: x\nas_of: 2026-10-29\nfirst_day: 2024-10-01\n"
    path.write_text(head + 'conversations:\n- turns:\n  - {q: "NPS", metric: [nps]}\n')
    with pytest.raises(UsageError, match="no key 'metric', the nearest is 'm'"):
        conversations.ConversationFile.read(path)


def test_there_are_sixty_conversations_and_each_has_a_baseline() -> None:
    """They run, and are held against it, in `make quick-evals`."""
    files = [conversations.ConversationFile.read(path) for path in sorted(conversations.FOLDER.glob("*.yml"))]
    assert sum(len(file.conversations) for file in files) >= 60
    named = {f"{file.label}, {what}" for file in files for what in ("turns", "whole")}
    assert runner.read_baseline("conversations").keys() == named
