"""Why questions in many wordings: they reach Insight Scout, close, hold against their rows, give nothing away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import duckdb

    from agents.answer import Answer, AnswerPart
    from agents.runtime import Assistant

QUESTIONS = (
    "Why did billing go up?",
    "Why are new members failing more than tenured members?",
    "Which notices were followed by more negative calls?",
    "What changed since last week?",
    "Why is the annualized cost of leakage for Billing so high?",  # a figure that has no breakdown to tell of
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_scout_answers_and_its_words_hold(
    ask: Callable[[str], Answer], assistant: Assistant, question: str
) -> None:
    answer = ask(question)
    assert (answer.status, answer.agent, answer.trust) == ("answered", "insight_scout", "analysis"), answer.text
    assert assistant.knowledge().assembler.recheck(answer) == []
    assert len(answer.facts) >= 4
    assert answer.charts
    assert len(answer.follow_ups) == 3
    assert "not hold against the figures" not in " ".join(answer.assumptions)


def test_a_why_question_closes_names_a_start_and_a_cause_or_none(ask: Callable[[str], Answer]) -> None:
    answer = ask("Why did billing go up?")
    change = _cell(answer.parts[0], 0, "avoidable_calls__change")
    made = [part for part in answer.parts if "contribution" in part.formulas]
    assert len(made) >= 4
    for part in made:
        effects = [_cell(part, row, "contribution") for row in range(len(part.rows))]
        assert sum(effects[:-1]) == pytest.approx(change, abs=1e-9)
        assert effects[-1] == pytest.approx(change, abs=1e-9)
    assert "proven cause" in answer.text
    if "began on" in answer.text:
        assert "Aligned with that, which proves nothing" in answer.text or "No known cause" in answer.text


def test_what_is_left_of_a_cut_never_is_a_handful_of_members(
    ask: Callable[[str], Answer], gold: duckdb.DuckDBPyConnection
) -> None:
    """`All others` is the total less what is shown: with hidden rows in it, eleven members or none are there."""
    answer = ask("Why did billing go up?")
    period = (answer.parts[0].semantic_query or {})["time"]
    for part in answer.parts:
        query = part.semantic_query or {}
        names = query.get("dimensions", [])
        if len(names) != 1 or not part.suppressed:
            continue
        columns = [column.name for column in part.columns]
        at, key = columns.index("avoidable_calls"), columns.index(names[0])
        gone = [
            part.rows[row][key]
            for row in range(len(part.rows))
            if (row, at) in {tuple(s) for s in part.suppressed}
        ]
        if gone:
            column = {"step": "leak_step"}.get(names[0], names[0])
            marks = ", ".join("?" for _ in gone)
            found = gold.execute(
                f"SELECT COUNT(DISTINCT member_id) FROM gold.calls WHERE is_leaked = 1 AND journey = 'Billing' "
                f"AND call_date BETWEEN ? AND ? AND {column} IN ({marks})",
                [period["start"], period["end"], *gone],
            ).fetchone()
            assert found is not None
            assert found[0] == 0 or found[0] >= 11


def _cell(part: AnswerPart, row: int, name: str) -> float:
    cell = part.rows[row][[column.name for column in part.columns].index(name)]
    assert isinstance(cell, int | float)
    return float(cell)
