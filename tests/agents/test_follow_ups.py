"""Follow-ups that an answer offers lead to an answer when they are clicked in the same conversation."""

from __future__ import annotations

import pytest

from agents.runtime import Assistant
from semantic.loader import load_model
from warehouse.principal import Principal

OFFERED = [(query.questions[0], name) for name, query in load_model().verified_queries.items()]
ANALYSES = [
    ("If we fix billing this week, what's the upside?", "what_if"),
    ("What stands out?", "briefing"),
    ("What's actually causing this leakage?", "drivers"),
]


@pytest.mark.parametrize(
    ("question", "name"), [*OFFERED, *ANALYSES], ids=[name for _, name in [*OFFERED, *ANALYSES]]
)
def test_an_offered_follow_up_is_answered(
    question: str, name: str, assistant: Assistant, executive: Principal
) -> None:
    offered = assistant.ask(question, executive, f"{name}-first").follow_ups
    assert offered
    for number, follow_up in enumerate(offered):
        thread = f"{name}-{number}"
        assistant.ask(question, executive, thread)
        answer = assistant.ask(follow_up, executive, thread)
        assert answer.status == "answered" or answer.refusal_code == "not_built", (follow_up, answer.text)
