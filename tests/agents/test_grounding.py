"""A number, unit, sign, direction or name that the results do not bear out never passes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from agents.answer import Answer
from agents.claims import BETTER, DOWN, LEAST, MOST, UP, WORSE
from agents.runtime import Assistant

Ask = Callable[[str], Answer]
QUESTIONS = (
    "Which three journeys are driving the most avoidable call cost right now?",
    "Are new members failing more than tenured members, and where?",
    "Which benefit or cost changes are creating confusion ahead of AEP?",
    "Which members are most impacted by the billing problem?",
    "If we fix billing this week, what's the upside?",
    "What's actually causing this leakage?",
    "Give me the daily briefing",
    "Leaked calls for Billing by week",
    "NPS by plan type last week compared to the week before",
)
OPPOSITES = [
    (UP, "down"),
    (DOWN, "up"),
    (BETTER, "worse"),
    (WORSE, "better"),
    (MOST, "lowest"),
    (LEAST, "highest"),
]


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_changed_digit_unit_sign_direction_and_name_is_caught(
    question: str, ask: Ask, assistant: Assistant
) -> None:
    answer = ask(question)
    assert answer.status == "answered", answer.text
    recheck = assistant.knowledge().assembler.recheck
    assert recheck(answer) == []
    mutants = list(_mutants(answer, assistant))
    assert len(mutants) > 10
    survivors = [text for text in mutants if not recheck(answer.model_copy(update={"text": text}))]
    assert survivors == []


def _mutants(answer: Answer, assistant: Assistant) -> list[str]:
    text = answer.text
    found = [f"{text[: m.start()]}{(int(m[0]) + 1) % 10}{text[m.end() :]}" for m in re.finditer(r"\d", text)]
    for match in re.finditer(r"(?<![\w.$,-])\$?\d[\d,.]*\d", text):
        found.append(f"{text[: match.start()]}-{text[match.start() :]}")
        found.append(f"{text[: match.end()]}%{text[match.end() :]}")
        found.append(f"{text[: match.end()]} million{text[match.end() :]}")
    found += [
        text.replace(a, b, 1) for a, b in (("$", ""), ("%", ""), ("$", "€"), (" points", " hours")) if a in text
    ]
    for words, opposite in OPPOSITES:
        for match in re.finditer(rf"\b({'|'.join(words)})\b", text):
            found.append(text[: match.start()] + opposite + text[match.end() :])
    values = assistant.knowledge().values
    for name in [
        fact.text for fact in answer.facts if fact.source.startswith("cell:") and fact.text[:1].isalpha()
    ]:
        found += [text.replace(name, other, 1) for other in ("Claims", "Somewhere else") if other != name]
    assert values is not None
    return [mutant for mutant in found if mutant != text]


def test_a_changed_cell_or_formula_is_caught(ask: Ask, assistant: Assistant) -> None:
    answer = ask("If we fix billing this week, what's the upside?")
    recheck = assistant.knowledge().assembler.recheck
    for position, fact in enumerate(answer.facts):
        if isinstance(fact.value, int | float) and fact.source.startswith(("cell", "formula")):
            forged = fact.model_copy(update={"value": fact.value + 1})
            facts = [*answer.facts[:position], forged, *answer.facts[position + 1 :]]
            assert recheck(answer.model_copy(update={"facts": facts})), fact
    first = answer.parts[0]
    rows = [[*row[:-1], (row[-1] or 0) * 2] for row in first.rows]
    parts = [first.model_copy(update={"rows": rows}), *answer.parts[1:]]
    assert recheck(answer.model_copy(update={"parts": parts}))
