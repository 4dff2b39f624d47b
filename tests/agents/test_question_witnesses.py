"""Questions in people's words against independent SQL over gold: the answer's rows are the witness's rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from agents.answer import Answer, AnswerPart
from agents.runtime import Assistant
from warehouse.principal import Principal

Ask = Callable[[str], Answer]
CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "question_witnesses.yml").read_text())
DAYS = {
    "today": ("2026-10-29", "2026-10-29"),
    "last7": ("2026-10-23", "2026-10-29"),
    "before7": ("2026-10-16", "2026-10-22"),
    "last14": ("2026-10-16", "2026-10-29"),
    "last30": ("2026-09-30", "2026-10-29"),
}


@pytest.fixture(scope="module")
def ask(assistant: Assistant) -> Ask:
    """Asked by who sees all figures: in the tiny company many have few members behind them."""
    seeing_all = Principal("dana", "data_engineer")
    answers: dict[str, Answer] = {}

    def once(question: str) -> Answer:
        if question not in answers:
            answers[question] = assistant.ask(question, seeing_all)
        return answers[question]

    return once


@pytest.mark.parametrize("case", CASES, ids=[f"{case['ask'][:50]} {case.get('part', 0)}" for case in CASES])
def test_the_answer_is_the_witness(case: dict[str, Any], ask: Ask, gold: duckdb.DuckDBPyConnection) -> None:
    answer = ask(case["ask"])
    assert answer.status == "answered", answer.text
    part = answer.parts[case.get("part", 0)]
    witness = gold.execute(with_days(case["sql"])).fetchall()
    assert witness
    found = leading(part, len(witness[0]), metrics_only=case.get("metrics_only", False))[: case.get("first")]
    assert matched(found, witness), (found, witness)


def with_days(sql: str) -> str:
    """{call_date last7} as a condition on days."""

    def condition(match: re.Match[str]) -> str:
        start, end = DAYS[match[2]]
        return f"({match[1]} BETWEEN DATE '{start}' AND DATE '{end}')"

    return re.sub(r"\{(\w+) (\w+)\}", condition, sql)


def leading(part: AnswerPart, width: int, *, metrics_only: bool) -> list[list[Any]]:
    """The first columns of a part's rows; only its metrics where ties make the names arbitrary."""
    places = [i for i, column in enumerate(part.columns) if not metrics_only or column.role == "metric"][:width]
    return [[row[i] for i in places] for row in part.rows]


def matched(found: list[list[Any]], witness: list[tuple[Any, ...]]) -> bool:
    """Whether both hold the same rows in any order, numbers within rounding."""
    rows = [
        sorted([["" if cell is None else cell for cell in row] for row in side], key=str)
        for side in (found, witness)
    ]
    if len(rows[0]) != len(rows[1]):
        return False
    return all(
        one == other
        if isinstance(one, str) or isinstance(other, str)
        else float(one) == pytest.approx(float(other))
        for left, right in zip(*rows, strict=True)
        for one, other in zip(left, right, strict=True)
    )
