"""A member's journey: the shared path equals witness SQL and tells of nobody; an own path only with a purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import duckdb
import pytest

from agents.answer import Answer
from agents.runtime import Assistant
from semantic.query import DimensionFilter
from tools import journeys, opportunities
from tools.actions import drivers
from tools.desk import Desk
from tools.journeys import STEPS, walk_journey
from tools.outcome import Found, Refusal
from warehouse.principal import Principal

QUESTION = "Walk me through an actual member journey."
WINDOW = "call_date BETWEEN DATE '2026-09-30' AND DATE '2026-10-29'"
COLUMNS = {"step": "leak_step"}


def test_each_step_is_what_most_of_the_calls_left_have(desk: Desk, gold: duckdb.DuckDBPyConnection) -> None:
    found = walk_journey(replace(desk, small_cell=0))
    assert isinstance(found, Found)
    narrowed = f"is_leaked = 1 AND {WINDOW}"
    titles = dict(STEPS)
    walked = [table for table in found.tables if table.title in titles]
    assert len(walked) >= 4
    for table in walked:
        names = [column.name for column in table.columns if column.role == "dimension"]
        columns = ", ".join(COLUMNS.get(name, name) for name in names)
        witness = gold.execute(
            f"SELECT {columns}, COUNT(*) AS n FROM gold.calls WHERE {narrowed} GROUP BY ALL "
            "ORDER BY n DESC LIMIT 1"
        ).fetchone()
        assert witness is not None
        assert table.cell(0, "leaked_calls") == witness[-1]
        row = [str(table.cell(0, name)) for name in names]
        narrowed += "".join(f" AND {COLUMNS.get(n, n)} = '{v}'" for n, v in zip(names, row, strict=True))
    end = next(table for table in found.tables if table.title == "How it ends")
    count = gold.execute(f"SELECT COUNT(*) FROM gold.calls WHERE {narrowed}").fetchone()
    assert count is not None
    assert end.cell(0, "leaked_calls") == count[0]


def test_executives_see_counts_of_many_and_no_member(ask: Callable[[str], Answer], assistant: Assistant) -> None:
    answer = ask(QUESTION)
    assert (answer.status, answer.trust) == ("answered", "analysis"), answer.text
    for part in answer.parts:
        names = {column.name for column in part.columns}
        assert not names & {"member_id", "event_id", "call_id", "detail", "event_ts"}
        assert "member_journey_timeline" not in part.sql
    assert "nobody's own" in " ".join(answer.assumptions)
    assert assistant.knowledge().assembler.recheck(answer) == []


def test_what_narrows_the_question_narrows_every_step(assistant: Assistant) -> None:
    nobody_before = Principal("walker", "analyst")  # earlier answers to the same reader would hold figures back
    answer = assistant.ask("Walk me through a billing journey of a member with MAPD on the web", nobody_before)
    assert answer.status == "answered", answer.text
    for part in answer.parts:
        kept = {f["dimension"]: f["values"] for f in (part.semantic_query or {})["filters"]}
        assert (kept["journey"], kept["plan_type"], kept["platform"]) == (["Billing"], ["MAPD"], ["web"])


@pytest.mark.parametrize(("purpose", "shown"), [("grievance: case 123", True), (None, False)])
def test_one_members_own_path_needs_the_role_and_a_purpose(
    assistant: Assistant, purpose: str | None, shown: bool
) -> None:
    answer = assistant.ask(QUESTION, Principal("ada", "member_advocate", purpose))
    own = [part for part in answer.parts if part.title == "One member's own journey"]
    assert bool(own) == shown
    for part in own:
        assert not {column.name for column in part.columns} & {"member_id", "event_id", "call_id"}
        calls = [row for row in part.rows if "call" in row]
        assert calls
        assert part.rows == sorted(part.rows, key=lambda row: str(row[0]))
    if shown:
        assert assistant.knowledge().assembler.recheck(answer) == []


def test_where_nothing_may_be_shown_it_is_said(desk: Desk) -> None:
    hardly = (DimensionFilter(dimension="journey", values=("Nothing of the kind",)),)
    found = walk_journey(desk, hardly)
    assert isinstance(found, Refusal)
    assert "too few" in found.reason


def test_a_model_without_calls_is_not_told_of_any() -> None:
    for said in (journeys.NOT_MODELLED, opportunities.NOT_MODELLED, drivers.NOT_MODELLED):
        assert not {"call", "calls", "online", "digital"} & set(said.lower().replace(":", " ").split())
