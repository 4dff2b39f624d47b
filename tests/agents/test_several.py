"""Questions that ask several things: every part is answered by a governed query of its own, or named as open."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from agents.answer import Answer, Choice
from agents.joining import Part, joined
from agents.planner.parts import pieces_of
from agents.runtime import Assistant
from semantic.query import SemanticQuery
from ui.render import chip_line
from warehouse.principal import Principal

Ask = Callable[[str], Answer]
TWO_PERCENTS = "What do we save if we cut billing leakage by 10%, and what do we save if we cut it by 20%?"
WHOLE = (
    "If we fix billing this week, what's the upside?",
    "Where do members abandon online flows and immediately call?",
    "Good morning. How many calls did we get yesterday? Thanks!",
    "Our MAPD members are upset. Why?",
    "Once we make these changes, how do we know it worked?",
    "Show me NPS by plan for U.S. members and CSAT by state",
    "What if we cut leakage by 10%?",
)
DIVIDED = {
    "which journeys leak most and why": ("which journeys leak most", "and why"),
    "In Q3, which journeys leak most, why, and who is hit hardest?": (
        "In Q3, which journeys leak most", "why", "and who is hit hardest?",
    ),
    "Calls last week? And by channel, how many? Also, why did they rise?": (
        "Calls last week?", "And by channel, how many?", "Also, why did they rise?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("question", WHOLE)
def test_one_ask_stays_whole(question: str) -> None:
    assert pieces_of(question) == (question,)


@pytest.mark.parametrize(("question", "pieces"), DIVIDED.items(), ids=range(len(DIVIDED)))
def test_asks_are_told_apart(question: str, pieces: tuple[str, ...]) -> None:
    assert pieces_of(question) == pieces


def queries(answer: Answer) -> list[tuple[str, SemanticQuery]]:
    return [(p.question, SemanticQuery.model_validate(p.semantic_query)) for p in answer.parts if p.semantic_query]


def test_why_after_a_ranking_is_about_the_row_on_top(ask: Ask, assistant: Assistant) -> None:
    answer = ask("which journeys leak most and why")
    assert answer.status == "answered", answer.text
    asked = queries(answer)
    assert {question for question, _ in asked} == {"which journeys leak most", "and why"}
    lead, *others = asked
    assert lead[1].dimensions == ("journey",)
    top = answer.rows[0][0]
    assert others
    assert all((top,) in [f.values for f in query.filters if f.dimension == "journey"] for _, query in others)
    assert all(part.sql for part in answer.parts)
    assert assistant.knowledge().assembler.recheck(answer) == []


def test_as_many_rows_as_were_asked_for_are_explained_side_by_side(ask: Ask, assistant: Assistant) -> None:
    answer = ask("top 3 states by repeat rate and what drives it")
    shown = {str(row[0]) for row in answer.rows}
    assert len(shown) == 3
    explained = [query for question, query in queries(answer) if question == "and what drives it"]
    assert all(set(query.filters[0].values) == shown for query in explained)
    assert len(explained) > 1
    assert assistant.knowledge().assembler.recheck(answer) == []


def test_a_figure_with_slots_of_its_own_is_not_dropped(ask: Ask, gold: duckdb.DuckDBPyConnection) -> None:
    answer = ask("total calls last month and repeat call rate by plan type")
    calls, rates = answer.parts
    witness = gold.execute(
        "SELECT COUNT(*) FROM gold.calls WHERE call_date BETWEEN DATE '2026-09-01' AND DATE '2026-09-30'"
    ).fetchone()
    assert witness is not None
    assert calls.rows == [[witness[0]]]
    assert (rates.semantic_query or {})["dimensions"] == ["plan_type"]
    assert answer.interpretation == f"{calls.interpretation} {rates.interpretation}", "each part is read back"
    assert chip_line(answer).startswith('Understood "and repeat call rate by plan type": ')


def test_another_period_is_set_beside_the_first(ask: Ask, assistant: Assistant) -> None:
    answer = ask("how many calls did we take last week, and how does that compare with last month, by channel?")
    asked = [query for _, query in queries(answer)]
    assert [query.dimensions for query in asked] == [(), ("call_channel",), ("call_channel",)]
    assert [query.time.label for query in asked if query.time] == ["last week", "last week", "last month"]
    assert any("not of the same length" in said for said in answer.assumptions)
    assert assistant.knowledge().assembler.recheck(answer) == []


@pytest.mark.parametrize(
    ("question", "open_part"),
    [
        ("How many widgets did we sell last week and how many calls did we take?", "widgets"),
        ("how many calls did we take last week, and how many will we take next week?", "next week"),
        ("Which segment calls the most and what are they wearing?", "wearing"),
    ],
)
def test_what_is_not_understood_is_named(ask: Ask, assistant: Assistant, question: str, open_part: str) -> None:
    answer = ask(question)
    if answer.status == "answered":
        quoted = [line for line in answer.text.splitlines() if line.startswith("Not answered:")]
        assert any(open_part in line for line in quoted), answer.text
        assert assistant.knowledge().assembler.recheck(answer) == []
        assert len([p for p in answer.parts if open_part in p.question]) == 0
    else:
        assert answer.status in ("clarify", "refused")


def test_the_period_of_a_part_without_an_answer_still_holds(ask: Ask) -> None:
    answer = ask("How many widgets did we sell last week and how many calls did we take?")
    ((_, query),) = queries(answer)
    assert query.time is not None
    assert query.time.label == "last week"


def test_names_of_people_are_refused_whatever_stands_beside_them(ask: Ask) -> None:
    answer = ask("Give me total calls yesterday, and list the members who called")
    assert (answer.status, answer.refusal_code, answer.parts) == ("refused", "pii", [])


def test_choices_of_the_first_part_keep_the_rest_of_the_question() -> None:
    asked_back = Answer(
        question="which", status="clarify", text="Which?", choices=[Choice(label="Calls", question="Total calls")]
    )
    answer = joined("which, and why?", [Part("which", asked_back), Part("and why?", None)])
    assert (answer.status, answer.question) == ("clarify", "which, and why?")
    assert [choice.question for choice in answer.choices] == ["Total calls? and why?"]


def test_a_divided_answer_replays_as_it_was(ask: Ask, assistant: Assistant, executive: Principal) -> None:
    for question in ("which journeys leak most and why", TWO_PERCENTS):
        answer = ask(question)
        assert answer.status == "answered", answer.text
        assert assistant.replay(answer.answer_id, executive).identical


def test_numbers_of_one_part_do_not_stand_in_for_those_of_another(ask: Ask, assistant: Assistant) -> None:
    answer = ask(TWO_PERCENTS)
    assert "10%" in answer.text
    assert "20%" in answer.text
    assert {0.1, 0.2} <= set(answer.constants.values())
    assert assistant.knowledge().assembler.recheck(answer) == []
