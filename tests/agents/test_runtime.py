"""Conversations, bad input, what is stored and what is not."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from agents.answer import Answer
from agents.runtime import Assistant
from warehouse.errors import MissingDataError, UsageError
from warehouse.guard import judge
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.snapshots import current, point_to

Ask = Callable[[str], Answer]
Gold = Callable[[Path], duckdb.DuckDBPyConnection]
FIRST = "Repeat call rate by plan type last week"


def test_a_follow_up_keeps_the_conversation_also_after_a_restart(
    tiny_warehouse: Path, tmp_path: Path, executive: Principal
) -> None:
    settings = Settings(var=tmp_path)
    first = Assistant.open(settings, tiny_warehouse)
    before = first.ask(FIRST, executive, "t")
    first.close()
    second = Assistant.open(settings, tiny_warehouse)
    after = second.ask("and by state?", executive, "t")
    stranger = second.ask("and by state?", Principal("someone else", "executive"), "t")
    second.close()
    assert before.semantic_query is not None
    assert after.semantic_query is not None
    assert after.semantic_query["metrics"] == ["repeat_call_rate"]
    assert after.semantic_query["dimensions"] == ["state"]
    assert after.semantic_query["time"] == before.semantic_query["time"]
    assert (stranger.semantic_query or {}).get("time") != before.semantic_query["time"]


def test_a_thread_stores_no_rows_no_person_and_one_checkpoint(tiny_warehouse: Path, tmp_path: Path) -> None:
    principal = Principal("very-secret-user", "executive", "a stated purpose")
    assistant = Assistant.open(Settings(var=tmp_path), tiny_warehouse)
    for number in range(15):
        answer = assistant.ask(f"Top {number % 5 + 2} states by total calls last week", principal, "t")
    assistant.close()
    stored = sqlite3.connect(tmp_path / "state" / "threads.db")
    checkpoints = stored.execute("SELECT checkpoint FROM checkpoints").fetchall()
    content = b"".join(row[0] for row in checkpoints)
    assert answer.status == "answered"
    assert len(checkpoints) == 1
    assert content.count(b"states by total calls") <= 2 * 12
    assert b"very-secret-user" not in content
    assert b"a stated purpose" not in content
    for cell in [str(row[1]).encode() for row in answer.rows if row[1] and row[1] > 99]:
        assert b'"rows"' not in content
        assert b": [[" + cell not in content


def test_a_question_about_a_person_is_not_remembered(
    tiny_warehouse: Path, tmp_path: Path, executive: Principal
) -> None:
    assistant = Assistant.open(Settings(var=tmp_path), tiny_warehouse)
    refused = assistant.ask("Give me the home address of Zebulon Quackenbush", executive, "t")
    assistant.ask("Total calls yesterday", executive, "t")
    assistant.close()
    assert refused.refusal_code == "pii"
    for file in (tmp_path / "state").iterdir():
        if file.is_file():
            assert b"Quackenbush" not in file.read_bytes(), file.name


def test_many_people_at_once_get_their_own_answers(assistant: Assistant) -> None:
    def work(number: int) -> list[str]:
        who = Principal(f"person {number}", "executive")
        plans = [assistant.ask(f"Top {number + 2} states by total calls last week", who, "t") for _ in range(2)]
        return [f"{answer.status} {len(answer.rows)}" for answer in plans]

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, range(4)))
    assert results == [[f"answered {number + 2}"] * 2 for number in range(4)]


def test_a_new_snapshot_is_answered_from_at_once(
    tiny_warehouse: Path, reference_warehouse: Path, tmp_path: Path, executive: Principal
) -> None:
    folder = tmp_path / "warehouse"
    shutil.copytree(tiny_warehouse, folder)
    newer = current(reference_warehouse).id
    shutil.copytree(reference_warehouse / "snapshots" / newer, folder / "snapshots" / newer)
    shutil.copytree(reference_warehouse / "segments", folder / "segments", dirs_exist_ok=True)
    assistant = Assistant.open(Settings(var=tmp_path / "var"), folder)
    before = assistant.ask("Total calls by plan type yesterday", executive)
    point_to(folder, newer)
    after = assistant.ask("Total calls by plan type yesterday", executive)
    assistant.close()
    assert (before.status, after.status) == ("answered", "answered")
    assert after.snapshot == newer
    assert before.as_of != after.as_of


@pytest.mark.parametrize(
    "question",
    ["", "   ", "a" * 10_000, "¿Cuántas llamadas hubo la semana pasada?", "🤷🔥", "SELECT * FROM gold.members",
     "Show me John Smith's calls", "'; DROP TABLE gold.calls; --", "\x00\u202e"],
)  # fmt: skip
def test_bad_input_gets_a_clear_word(question: str, ask: Ask) -> None:
    answer = ask(question)
    assert answer.status in ("refused", "clarify")
    assert len(answer.text) > 15
    assert not answer.rows
    assert answer.trust == "none"


def test_an_answer_carries_everything_and_is_kept(assistant: Assistant, executive: Principal) -> None:
    steps: list[str] = []
    answer = assistant.ask("Total calls by plan type yesterday", executive, on_step=steps.append)
    assert answer.snapshot.startswith("20261029-")
    assert answer.interpretation.startswith("Total calls by plan type")
    assert set(answer.timings_ms) == {"plan", "compile", "guard", "query", "render", "total"}
    assert [chart.kind for chart in answer.charts] == ["bar"]
    assert answer.route_reason
    assert len(steps) >= 2
    kept = assistant.answers.find(answer.answer_id, executive)
    assert (kept.rows, kept.sql, kept.text) == (answer.rows, answer.sql, answer.text)
    assistant.feedback(answer.answer_id, executive, "down", "wrong period")
    with pytest.raises(UsageError):
        assistant.feedback(answer.answer_id, Principal("someone else", "executive"), "up")


def test_starters_are_questions_that_are_answered(assistant: Assistant, executive: Principal) -> None:
    starters = assistant.starters("executive")
    assert len(starters) == 6
    assert all(assistant.ask(starter, executive).status == "answered" for starter in starters)


def test_follow_ups_lead_to_answers(assistant: Assistant, executive: Principal) -> None:
    answer = assistant.ask("Leaked calls by journey last week", executive, "follow")
    assert answer.follow_ups
    outcomes = []
    for number, question in enumerate(answer.follow_ups):
        assistant.ask("Leaked calls by journey last week", executive, f"follow-{number}")
        outcomes.append((question, assistant.ask(question, executive, f"follow-{number}").status))
    assert [outcome for outcome in outcomes if outcome[1] not in ("answered", "clarify")] == []


def test_without_a_warehouse_or_with_a_damaged_one_the_error_is_typed(
    tiny_warehouse: Path, tmp_path: Path
) -> None:
    with pytest.raises(MissingDataError) as nothing:
        Assistant.open(Settings(var=tmp_path / "a"), tmp_path / "nowhere")
    assert nothing.value.exit_code == 4
    damaged = tmp_path / "damaged"
    shutil.copytree(tiny_warehouse, damaged)
    current(damaged).gold_path.write_bytes(b"not a database")
    with pytest.raises(MissingDataError):
        Assistant.open(Settings(var=tmp_path / "b"), damaged)


def test_a_column_that_the_sources_lack_is_named(
    reference_warehouse: Path, tmp_path: Path, executive: Principal
) -> None:
    assistant = Assistant.open(Settings(var=tmp_path), reference_warehouse)
    sentiment = assistant.ask("Average sentiment by plan type in 2024", executive)
    leaks = assistant.ask("How many leaked calls in 2024?", executive)
    billing = assistant.ask("Which members are most impacted by the billing problem?", executive)
    assistant.close()
    assert (sentiment.status, sentiment.refusal_code) == ("refused", "missing_column")
    assert "sentiment_score" in sentiment.text
    assert (billing.status, billing.trust) == ("answered", "governed_metric"), "not the verified query as written"
    assert any("sentiment_score" in sentence for sentence in billing.assumptions)
    assert leaks.status == "answered"
    assert leaks.rows == [[0]]
    assert "24 hours" in leaks.text


def test_savings_from_the_command_line(assistant: Assistant, executive: Principal) -> None:
    answer = assistant.savings("billing", 5, "fully_loaded", executive)
    assert answer.status == "answered"
    assert "5%" in answer.text
    assert any("Fully loaded" in sentence for sentence in answer.assumptions)
    with pytest.raises(UsageError, match="Biling"):
        assistant.savings("Biling", 5, "planning", executive)
    assert assistant.savings("Billing", 150, "planning", executive).status == "refused"


def test_warming_up_judges_and_loads_but_keeps_no_answer(tiny_warehouse: Path, tmp_path: Path) -> None:
    assistant = Assistant.open(Settings(var=tmp_path), tiny_warehouse)
    assistant.warm()
    known = assistant.knowledge()
    assistant.close()
    answers = sqlite3.connect(tmp_path / "state" / "answers.db").execute("SELECT COUNT(*) FROM answers").fetchone()
    assert answers == (0,)
    assert "MAPD" in known.values.values("plan_type")


def test_an_answer_asked_again_is_not_judged_again(assistant: Assistant, executive: Principal) -> None:
    question = "Which benefit or cost changes are creating confusion ahead of AEP?"
    assistant.ask(question, executive)
    judged = judge._decide.cache_info().misses
    again = assistant.ask(question, Principal("another", "executive"))
    assert len(again.parts) > 1
    assert judge._decide.cache_info().misses == judged


def test_a_question_of_a_megabyte_is_refused_and_not_kept_whole(
    assistant: Assistant, executive: Principal, settings: Settings
) -> None:
    answer = assistant.ask("calls " * 200_000, executive)
    assert (answer.status, answer.refusal_code) == ("refused", "too_long")
    assert len(answer.question) == settings.questions.max_question_characters + 1


@pytest.mark.parametrize("attributes", [{"plan_type": "HMO"}, {"state": "FL"}, {"line_of_business": "Commercial"}])
def test_a_narrowed_reader_gets_totals_of_their_own_rows(
    attributes: dict[str, str], assistant: Assistant, tiny_warehouse: Path, gold_of: Gold
) -> None:
    answer = assistant.ask("Total calls last week", Principal("rita", "executive", attributes=attributes))
    ((name, value),) = attributes.items()
    own = f"{name} = '{value}' AND call_date BETWEEN '2026-10-19' AND '2026-10-25'"
    calls = gold_of(tiny_warehouse).execute(f"SELECT COUNT(*) FROM gold.calls WHERE {own}").fetchall()
    assert (answer.status, answer.rows) == ("answered", [list(row) for row in calls])


def test_what_did_not_change_is_told_so_and_withholds_no_answer(assistant: Assistant) -> None:
    # In the tiny company as many of EPO's calls were resolved on the last day but one as on the day before.
    narrowed = Principal("rita", "executive", attributes={"plan_type": "EPO"})
    answer = assistant.ask("Resolved calls yesterday compared with the day before", narrowed)
    assert answer.status == "answered"
    assert "unchanged from" in answer.text


def test_a_narrowed_reader_is_told_so(assistant: Assistant) -> None:
    narrowed = Principal("rita", "executive", attributes={"plan_type": "HMO"})
    answer = assistant.ask("Total calls by plan type", narrowed)
    assert "Your view is limited to plan type HMO." in answer.assumptions
    assert [row[0] for row in answer.rows] == ["HMO"]
