"""Figures of few members: nothing is told of them, no sentence overlooks them, and what may be shown still is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.answer import Answer, Fact
from agents.runtime import Assistant
from semantic.query import Order, SemanticQuery
from tests.agents import veiling
from tests.agents.veiling import Choose, VeilingDoor
from tools.disclosure import disclosed, leading
from tools.outcome import Column, Table
from warehouse.door import QueryResult
from warehouse.principal import Principal
from warehouse.settings import Settings

AskVeiled = Callable[[str, Choose], Answer]
QUESTIONS = (
    "Which three journeys are driving the most avoidable call cost right now?",
    "If we fix one issue this quarter, which saves the most money and why?",
    "Are new members failing more than tenured members, and where?",
    "Which benefit or cost changes are creating confusion ahead of AEP?",
    "What's breaking right now? Show top digital billing failures leaking to calls today.",
    "If we fix billing this week, what's the upside?",
    "What's actually causing this leakage?",
    "Give me the daily briefing",
    "Total calls by plan type yesterday",
    "How many calls did EPO members make yesterday?",
    "Which plan has the fewest calls yesterday?",
    "Top 5 states by repeat call rate last week",
    "Calls by plan type compared to the previous period last week",
    "Leaked calls by week for the last 8 weeks",
    "NPS by month in 2026",
    "total calls last week compared to the week before",
)
WAYS = {
    veiling.smallest: 16,
    veiling.all_of_it: 9,
    veiling.largest: 4,
    veiling.first_cell: 4,
    veiling.last_measure: 3,
}
SWEEPING = re.compile(r"\b(no calls|there were no|nothing matches|there is no|none of|zero)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def veiled(tiny_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    opened = Assistant.open(Settings(var=tmp_path_factory.mktemp("veiled")), tiny_warehouse)
    opened.door = VeilingDoor(opened.door, veiling.all_of_it)  # type: ignore[assignment]
    yield opened
    opened.close()


@pytest.fixture
def ask_veiled(veiled: Assistant, executive: Principal) -> AskVeiled:
    def ask(question: str, choose: Choose) -> Answer:
        veiled.door.choose = choose  # type: ignore[attr-defined]
        return veiled.ask(question, executive)

    return ask


@pytest.mark.parametrize("choose", WAYS, ids=lambda choose: choose.__name__)
def test_every_question_is_answered_in_sentences_that_hold(
    choose: Choose, ask_veiled: AskVeiled, veiled: Assistant
) -> None:
    for question in QUESTIONS[-WAYS[choose] :]:
        answer = ask_veiled(question, choose)
        assert answer.status == "answered", (question, answer.trust_reason)
        assert veiled.knowledge().assembler.recheck(answer) == [], question
        held_back = any(part.suppressed or part.left_out or not part.rows for part in answer.parts)
        assert not (held_back and SWEEPING.search(answer.text)), answer.text
        for part in answer.parts:
            assert all(part.rows[row][at] is None for row, at in part.suppressed)
        cells = sum(len(part.suppressed) for part in answer.parts)
        said = [line for line in answer.assumptions if line.startswith("Figures of fewer than 11 members")]
        assert bool(said) == bool(cells or any(part.left_out for part in answer.parts))
        assert not cells or f"({cells:,} cell" in said[0]
        assert answer.suppressed == answer.parts[0].suppressed


def test_what_is_left_is_said_to_be_what_may_be_shown(ask_veiled: AskVeiled) -> None:
    answer = ask_veiled("Total calls by plan type yesterday", veiling.largest)
    assert answer.text.startswith("Of four plan types that may be shown, ")
    assert "In total" not in answer.text, "the total less what is shown is what is not"
    assert answer.rows[-1][1] is None, "its place among the others would bound it"
    assert answer.suppressed == [(4, 1)]
    fewest = ask_veiled("Which plan has the fewest calls yesterday?", veiling.smallest)
    assert "of the plan types that may be shown" in fewest.text
    assert fewest.rows[0][1] is not None
    assert fewest.parts[0].left_out == 1


def test_a_hidden_figure_and_an_empty_result_are_said_in_fixed_words(ask_veiled: AskVeiled) -> None:
    single = ask_veiled("How many calls did EPO members make yesterday?", veiling.all_of_it)
    assert single.text == (
        "Fewer than 11 members are behind this figure, or it would give such a figure away, so it is not shown."
    )
    assert (single.rows, single.suppressed) == ([[None]], [(0, 0)])
    assert single.constants["small_cell"] == 11
    assert single.charts == []
    assert any("EPO" not in question for question in single.follow_ups[:1]), "a coarser question comes first"
    several = ask_veiled("Total calls by plan type yesterday", veiling.all_of_it)
    assert several.rows == []
    assert several.text.endswith("fewer than 11 members are behind them, if any.")


def test_a_figure_of_no_rows_at_all_is_told_like_one_of_too_few(
    veiled: Assistant, executive: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A company whose surveys file holds its header only: one row, no value, and nothing withheld."""
    inner = veiled.door.query

    def none(sql: str, principal: Principal, **given: Any) -> QueryResult:
        found = inner(sql, principal, **given)
        rows = [(None,)] if len(found.columns) == 1 else []
        return replace(found, rows=rows, suppressed=frozenset())

    veiled.door.choose = veiling.first_cell  # type: ignore[attr-defined]
    monkeypatch.setattr(veiled.door, "query", none)
    answer = veiled.ask("NPS last week", executive)
    assert (answer.status, answer.rows) == ("answered", [[None]]), answer.trust_reason
    assert answer.text.endswith("fewer than 11 members are behind them, if any.")


def test_nothing_there_and_too_little_there_read_the_same(
    assistant: Assistant, executive: Principal, ask_veiled: AskVeiled
) -> None:
    question = "Leaked calls by error message for EPO members for Login yesterday"
    empty, hidden = assistant.ask(question, executive), ask_veiled(question, veiling.all_of_it)
    assert empty.rows == [], "the tiny company has none of these; pick another question"
    for name in (
        "status",
        "text",
        "rows",
        "suppressed",
        "assumptions",
        "follow_ups",
        "charts",
        "facts",
        "constants",
    ):
        assert getattr(empty, name) == getattr(hidden, name), name


def test_a_plain_zero_is_shown(assistant: Assistant, executive: Principal) -> None:
    answer = assistant.ask("How many leaked calls did EPO members make for Login yesterday?", executive)
    assert answer.rows == [[0]]
    assert "no leaked calls" in answer.text


def test_the_projection_falls_back_to_the_week_when_the_day_is_hidden(ask_veiled: AskVeiled) -> None:
    def the_day(found: QueryResult, measures: list[int]) -> set[tuple[int, int]]:
        return veiling.all_of_it(found, measures) if float(found.rows[0][0]) < DAILY else set()

    answer = ask_veiled("If we fix billing this week, what's the upside?", the_day)
    assert "at the daily average in the last 7 days" in answer.text
    assert "fewer than 11 members are behind it" in answer.text
    plan = answer.parts[0]
    names = [column.name for column in plan.columns]
    assert all((row, names.index("savings_per_day")) in plan.suppressed for row in range(len(plan.rows)))
    assert all(row[names.index("savings_per_year_on_average")] for row in plan.rows)


DAILY = 100  # the tiny company's leaked calls of Billing are 53 on the day and some 320 in the week
COLUMNS = (Column("plan_type", "VARCHAR", "", "dimension"), *(Column(name, "DOUBLE", "count") for name in (
    "total_calls", "total_calls__previous", "total_calls__change", "total_calls__change_pct", "total_calls__share"
)))  # fmt: skip


def table(**changes: object) -> Table:
    rows = (("A", 50, 40, 10, 0.25, 0.5), ("B", 30, 20, 10, 0.5, 0.3), ("C", 20, 10, 10, 1.0, 0.2))
    query = SemanticQuery(metrics=("total_calls",), dimensions=("plan_type",), order_by=(Order(by="total_calls"),))
    return replace(Table("t", COLUMNS, rows, query=query, small_cell=11), **changes)  # type: ignore[arg-type]


def test_a_hidden_earlier_figure_hides_the_change() -> None:
    shown = disclosed(table(suppressed=frozenset({(0, 2)})))
    assert shown.rows[0] == ("A", 50, None, None, None, 0.5)


def test_one_hidden_figure_hides_every_share_of_a_whole_table() -> None:
    shown = disclosed(table(suppressed=frozenset({(1, 1), (1, 2)})))
    assert [row[0] for row in shown.rows] == ["A", "C", "B"], "hidden ones come last"
    assert [row[5] for row in shown.rows] == [None, None, None], (
        "total = figure / share; the rest is the hidden one"
    )
    assert shown.rows[2] == ("B", None, None, None, None, None)
    assert shown.suppressed >= {(2, 1), (2, 5), (0, 5)}


def test_a_ranking_is_of_what_may_be_shown() -> None:
    whole = disclosed(table(suppressed=frozenset({(0, 1)})))
    best = leading(whole, whole.query.model_copy(update={"limit": 1}))  # type: ignore[union-attr]
    assert [row[:2] for row in best.rows] == [("B", 30)]
    assert (best.left_out, best.suppressed & {(0, 1)}) == (1, frozenset())


def test_a_ranking_within_groups_is_of_what_may_be_shown() -> None:
    names = ("plan_type", "call_topic")
    columns = (
        *(Column(name, "VARCHAR", "", "dimension") for name in names),
        Column("total_calls", "DOUBLE", "count"),
    )
    rows = (("A", "x", 50), ("B", "y", 45), ("A", "y", 40), ("B", "x", 30), ("A", "z", 20))
    query = SemanticQuery(metrics=("total_calls",), dimensions=names, order_by=(Order(by="total_calls"),))
    whole = disclosed(
        Table("t", columns, rows, query=query, small_cell=11, suppressed=frozenset({(0, 2), (1, 2)}))
    )
    best = leading(whole, query.model_copy(update={"limit": 1, "limit_by": "plan_type"}))
    assert best.rows == (("A", "y", 40), ("B", "x", 30))
    assert best.left_out == 2


def test_the_checker_takes_no_superlative_for_granted(assistant: Assistant, ask_veiled: AskVeiled) -> None:
    answer = ask_veiled("Total calls by plan type yesterday", veiling.smallest)
    assembler = assistant.knowledge().assembler
    unsaid = [fact for fact in answer.facts if not fact.source.startswith("shown:")]
    text = answer.text.replace(" that may be shown", "")
    found = assembler.recheck(answer.model_copy(update={"facts": unsaid, "text": text}))
    assert any("says nothing of the figures that are not shown" in line for line in found)
    bold = [fact.model_copy(update={"text": "fewer than 12 members", "value": 12}) for fact in few(answer)]
    assert problems_of(assembler, answer, "It has fewer than 12 members.", bold)


def few(answer: Answer) -> list[Fact]:
    return [Fact(text="fewer than 11 members", value=11, source="query:small_cell")]


def problems_of(assembler, answer: Answer, text: str, facts: list[Fact]) -> list[str]:  # type: ignore[no-untyped-def]
    return assembler.recheck(answer.model_copy(update={"text": text, "facts": facts}))
