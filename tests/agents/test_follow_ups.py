"""Follow-ups, offered or asked, and clicks on chips lead to an answer in the same conversation."""

from __future__ import annotations

import json

import pytest
from langchain_core.messages import ToolMessage

from agents.follow_ups import _coarser
from agents.runtime import Assistant
from agents.threads import thread_key
from agents.toolbox import SHOWN, row_keys, rowless
from semantic.loader import load_model
from semantic.query import SemanticQuery
from tools.desk import Desk
from tools.outcome import Column, Found, Table
from warehouse.principal import Principal

OFFERED = [(query.questions[0], name) for name, query in load_model().verified_queries.items()]
ANALYSES = [
    ("Repeat call rate for MAPD in September", "begins_with_the_data"),
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
        copied(assistant, executive, f"{name}-first", thread)
        answer = assistant.ask(follow_up, executive, thread)
        assert answer.status == "answered" or answer.refusal_code == "not_built", (follow_up, answer.text)


def copied(assistant: Assistant, principal: Principal, thread: str, to: str) -> None:
    """The conversation so far under another name, so that its question is asked once."""
    one, other = ({"configurable": {"thread_id": thread_key(principal, name)}} for name in (thread, to))
    assistant.graph.update_state(other, assistant.graph.get_state(one).values)
    assert assistant.graph.get_state(other).values == assistant.graph.get_state(one).values


def test_a_row_pointed_at_is_found_again_and_set_beside_another(
    assistant: Assistant, executive: Principal
) -> None:
    first = assistant.ask("Digital failure rate by platform", executive, "rows")
    keys = [row[0] for row in first.rows[:2]]
    why = assistant.ask("why is the second one higher?", executive, "rows")
    only = assistant.ask("go back", executive, "rows")
    assert only.rows == first.rows
    only = assistant.ask("just the second one", executive, "rows")
    assert (why.status, why.agent, why.trust) == ("answered", "insight_scout", "analysis")
    assert [row[0] for row in why.parts[0].rows] == keys
    assert why.parts[0].rows == [row for row in first.rows if row[0] in keys], "a rate stays a rate"
    assert all({"platform"} <= {c.name for c in part.columns} for part in why.parts if part.semantic_query)
    assert [row[0] for row in only.rows] == [keys[1]]
    assert "only platform" not in only.text, "it is the only one because it was asked for"


def test_every_chip_of_an_answer_leads_to_an_answer(assistant: Assistant, executive: Principal) -> None:
    question = "Top 5 call topics by total calls for MAPD last month"
    first = assistant.ask(question, executive, "chips")
    assert [chip.kind for chip in first.chips] == ["metric", "dimension", "filter", "period", "order", "limit"]
    clicks = [chip.remove for chip in first.chips if chip.remove]
    clicks += [chip.options[0].question for chip in first.chips]
    for number, click in enumerate(clicks):
        assistant.ask(question, executive, f"chips-{number}")
        answer = assistant.ask(click, executive, f"chips-{number}")
        assert answer.status == "answered", (click, answer.text)
        assert answer.semantic_query != first.semantic_query
        assert [chip.value for chip in answer.chips] != [chip.value for chip in first.chips]


def test_a_thread_keeps_the_keys_of_rows_and_no_figure(assistant: Assistant, executive: Principal) -> None:
    answer = assistant.ask("Repeat call rate and total calls by call topic", executive, "kept")
    key = thread_key(executive, "kept")
    kept = assistant.graph.get_state({"configurable": {"thread_id": key}}).values["messages"]
    tools = [message for message in kept if isinstance(message, ToolMessage)]
    assert tools[0].additional_kwargs[SHOWN]["rows"][0] == [answer.rows[0][0]]
    said = json.dumps([[message.content, message.additional_kwargs] for message in kept])
    assert not [cell for row in answer.rows for cell in row[1:] if str(cell) in said]
    seen = json.dumps([rowless(message).content for message in tools])
    assert str(answer.rows[0][0]) not in seen, "no chat model reads the keys"


def test_rows_of_a_statement_leave_no_keys() -> None:
    member = Table("Members", (Column("member_id", "VARCHAR", role="dimension"),), (("M1",),))
    assert row_keys(Found((member,), "generated_sql")) == {}


def test_where_figures_are_withheld_a_coarser_question_keeps_what_the_answer_was_of(desk: Desk) -> None:
    query = SemanticQuery.model_validate({
        "metrics": ("leaked_calls",), "dimensions": ("plan_type", "member_tenure"),
        "filters": ({"dimension": "journey", "values": ("Billing",)},),
        "time": {"start": desk.as_of, "end": desk.as_of, "label": "today"},
    })  # fmt: skip
    assert _coarser(query, desk)[:2] == [
        "Leaked calls by plan type for journey Billing today",
        "Leaked calls by plan type and member tenure today",
    ]
