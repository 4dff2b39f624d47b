"""Stored answers run again: the same numbers on the same snapshot, and what changed since on the newest."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agents import versions
from agents.answer import Answer, AnswerColumn, AnswerPart
from agents.answer_store import AnswerStore, KeptAnswer
from agents.assembly import as_part
from agents.differences import CellChange, Shown, differences
from agents.replay import masked, reader_of, replay
from agents.runtime import Assistant
from agents.versions import Versions
from tools.free_sql import run_sql
from tools.outcome import Column, Found, Table
from warehouse.audit import result_hash
from warehouse.errors import MissingDataError, UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.snapshots import SNAPSHOTS

ANN = Principal("ann", "analyst")
BEA = Principal("bea", "member_advocate", purpose="a member's complaint")
LAST_WEEK = "Total calls by plan type last week"
KINDS = {
    "a figure": "How many calls did we get last week?",
    "a table": LAST_WEEK,
    "a comparison": "Total calls by plan type last week versus the week before",
    "a course": "Daily calls over the last 14 days",
    "causes": "Why are calls up?",
    "opportunities": "If we fix one issue this quarter, which saves the most money and why?",
    "a projection": "What do we save if we reduce Billing leaked calls by 10%?",
    "the overview": "What stands out today?",
}
MEMBERS = (
    "SELECT plan_type, age, tenure_months FROM gold.members WHERE plan_type = 'MAPD' ORDER BY age DESC LIMIT 5"
)


@pytest.fixture(scope="module")
def opened(
    two_days: tuple[Path, str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Assistant, Assistant]]:
    """One state folder, two assistants: one that stays with the older snapshot, and one of what is served."""
    path, older, _ = two_days
    settings = Settings(var=tmp_path_factory.mktemp("replaying"))
    both = Assistant.open(settings, path, snapshot_id=older), Assistant.open(settings, path)
    yield both
    for assistant in both:
        assistant.close()


@pytest.fixture(scope="module")
def served(opened: tuple[Assistant, Assistant]) -> Assistant:
    return opened[1]


@pytest.fixture(scope="module")
def answered(opened: tuple[Assistant, Assistant]) -> Callable[[str], Answer]:
    """Asks the assistant of the older snapshot, once a question."""
    found: dict[str, Answer] = {}

    def ask(question: str) -> Answer:
        if question not in found:
            found[question] = opened[0].ask(question, ANN)
            assert found[question].status == "answered", question
        return found[question]

    return ask


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_is_identical_on_its_snapshot_while_another_is_served(
    kind: str, answered: Callable[[str], Answer], served: Assistant, two_days: tuple[Path, str, str]
) -> None:
    answer = answered(KINDS[kind])
    found = served.replay(answer.answer_id, ANN)
    assert [(part.state, part.reason) for part in found.parts] == [("identical", "")] * len(answer.parts)
    assert found.identical
    assert (found.old, found.new.snapshot, found.changed_since) == (found.new, two_days[1], ())
    cells = sum(part.differences.equal for part in found.parts if part.differences)
    shown = sum(len(row) for part in answer.parts for row in part.rows)
    assert cells == shown - sum(len(part.suppressed) for part in answer.parts)


def test_the_hash_is_the_one_of_the_audit_trail_and_the_statements_say_where_they_come_from(
    answered: Callable[[str], Answer], served: Assistant
) -> None:
    answer = answered(LAST_WEEK)
    (part,) = served.replay(answer.answer_id, ANN).parts
    records = served.audit.records()
    judged = [r for r in records if r["event"] == "judged" and r["answer"] == answer.answer_id]
    ends = {r["of"]: r["result"] for r in records if r["event"] == "answered"}
    assert [r["source"] for r in judged][-1] == "replay"
    assert {ends[r["id"]] for r in judged} == {part.old_hash} == {part.new_hash}
    assert json.loads(judged[0]["plan"])["metrics"] == ["total_calls"]
    replayed = [r for r in records if r["event"] == "replayed" and r["answer"] == answer.answer_id]
    assert (replayed[-1]["user"], replayed[-1]["reader"], replayed[-1]["against"]) == ("ann", "ann", "same")
    assert served.audit.verify(served.answers.audit_heads()).whole


def changed(served: Assistant, answer: Answer, **update: object) -> KeptAnswer:
    """The stored answer with another first part, as if its rows had been others."""
    kept = served.answers.kept(answer.answer_id)
    parts = [answer.parts[0].model_copy(update=update), *answer.parts[1:]]
    return replace(kept, answer=answer.model_copy(update={"parts": parts}), part_hashes=())


def test_what_differs_is_named_cell_by_cell(answered: Callable[[str], Answer], served: Assistant) -> None:
    answer = answered(LAST_WEEK)
    rows = answer.parts[0].rows
    plan, calls = rows[0]
    other = [[plan, int(str(calls)) - 7], *rows[2:], ["Moon", 3]]
    found = replay(served, changed(served, answer, rows=other, small_cell=0), ANN)
    (part,) = found.parts
    assert (found.identical, part.state) == (False, "changed")
    assert part.differences is not None
    assert part.differences.cells == (CellChange((plan,), "total_calls", int(str(calls)) - 7, calls, 7),)
    assert part.differences.added == (tuple(rows[1]),)
    assert part.differences.removed == (("Moon", 3),)
    assert part.old_hash != part.new_hash == result_hash(["plan_type", "total_calls"], rows)


def test_changed_computed_cells_are_found_as_well(answered: Callable[[str], Answer], served: Assistant) -> None:
    answer = answered(KINDS["a projection"])
    computed = answer.parts[0]
    assert computed.formulas
    rows = [[*computed.rows[0][:-1], 1.0], *computed.rows[1:]]
    first, *others = replay(served, changed(served, answer, rows=rows), ANN).parts
    assert first.state == "changed"
    assert first.differences is not None
    assert [(c.old, c.new) for c in first.differences.cells] == [(1.0, computed.rows[0][-1])]
    assert {part.state for part in others} == {"identical"}


def test_against_the_newest_the_same_days_are_read_or_the_same_words(
    answered: Callable[[str], Answer], served: Assistant
) -> None:
    answer = answered(LAST_WEEK)
    days = served.replay(answer.answer_id, ANN, "newest")
    words = served.replay(answer.answer_id, ANN, "newest", same_words=True)
    now = served.ask(LAST_WEEK, ANN)
    assert (str(days.old.as_of), str(days.new.as_of)) == ("2026-10-15", "2026-10-29")
    (still,), (moved,) = days.parts, words.parts
    assert still.period == still.old_period == moved.old_period
    assert str(still.period.end if still.period else "") < "2026-10-15"
    assert moved.period is not None
    assert now.semantic_query is not None
    assert str(moved.period.start) == now.semantic_query["time"]["start"]
    assert moved.differences is not None
    new = {c.row[0]: c.new for c in moved.differences.cells if c.column == "total_calls"}
    assert new == {row[0]: row[1] for row in now.rows if row[0] in new}
    assert len(new) > 2
    assert words.against == "newest"
    asked = [r for r in served.audit.records() if r["event"] == "judged" and r["answer"] == answer.answer_id]
    assert [record["source"] for record in asked[-2:]] == ["what_changed"] * 2


def test_a_period_that_names_its_days_stays_with_the_same_words(served: Assistant) -> None:
    answer = served.ask("Total calls by plan type in September 2026", ANN)
    found = served.replay(answer.answer_id, ANN, "newest", same_words=True)
    assert found.parts[0].period == found.parts[0].old_period
    assert "No part has a period in words" in found.notes[0]


def test_a_snapshot_that_is_gone_is_said_with_what_is_kept(
    answered: Callable[[str], Answer], served: Assistant, two_days: tuple[Path, str, str], tmp_path: Path
) -> None:
    path, older, newer = two_days
    copy = Path(shutil.copytree(path, tmp_path / "copy"))
    shutil.rmtree(copy / SNAPSHOTS / older)
    late = Assistant.open(served.settings, copy)
    with pytest.raises(MissingDataError, match="not kept") as missing:
        late.replay(answered(LAST_WEEK).answer_id, ANN)
    assert newer in str(missing.value)
    assert "build.keep_days" in str(missing.value)
    assert late.replay(answered(LAST_WEEK).answer_id, ANN, "newest").parts[0].differences is not None
    late.close()


def test_only_its_reader_replays_an_answer(answered: Callable[[str], Answer], served: Assistant) -> None:
    answer = answered(LAST_WEEK)
    for other in (Principal("eve", "analyst"), Principal("ann", "executive")):
        with pytest.raises(UsageError, match="no such answer of yours"):
            served.replay(answer.answer_id, other)


def test_an_answer_without_figures_is_nothing_to_replay(served: Assistant) -> None:
    refused = served.ask("Delete all calls", ANN)
    with pytest.raises(UsageError, match="nothing to replay"):
        served.replay(refused.answer_id, ANN)


def test_the_readers_row_filter_holds_and_rows_outside_of_it_are_not_shown_again(served: Assistant) -> None:
    narrow = Principal("nora", "analyst", attributes={"plan_type": "HMO"})
    answer = served.ask(LAST_WEEK, narrow)
    assert [row[0] for row in answer.rows] == ["HMO"]
    kept = served.answers.kept(answer.answer_id)
    assert reader_of(kept) == narrow
    assert replay(served, kept, reader_of(kept)).identical
    wide = served.ask(LAST_WEEK, Principal("nora", "analyst"))
    found = served.replay(wide.answer_id, narrow)  # her rights have become fewer
    assert (found.parts[0].state, found.parts[0].differences) == ("changed", None)
    assert "row filters" in found.notes[0]


def keep_written(served: Assistant, sql: str, principal: Principal, name: str) -> Answer:
    """An answer of one part that a service model wrote as SQL, stored as the assistant stores it."""
    desk = served.knowledge().context("?", principal, served.door, lambda _: None, name, "test").desk
    found = run_sql(sql, desk)
    assert isinstance(found, Found)
    part = as_part(found.tables[0])
    answer = Answer(
        question="?", status="answered", answer_id=name, snapshot=desk.snapshot, as_of=desk.as_of, parts=[part],
        columns=part.columns, rows=part.rows,
    )  # fmt: skip
    served.answers.keep(answer, principal, served.clock())
    return answer


def test_member_rows_are_read_again_only_with_a_purpose_and_compared_by_their_hash(served: Assistant) -> None:
    answer = keep_written(served, MEMBERS, BEA, "rows-of-members")
    assert len(answer.rows) == 5
    kept = served.answers.kept("rows-of-members")
    assert (kept.rows_kept, kept.answer.parts[0].rows) == (False, [])
    denied = replay(served, kept, reader_of(kept))
    assert (denied.denied, denied.identical, denied.parts[0].code) == (True, False, "denied:purpose_required")
    again = served.replay("rows-of-members", BEA)
    assert (again.identical, again.parts[0].differences) == (True, None)
    other = replay(served, replace(kept, part_hashes=("0" * 64,)), BEA)
    assert (other.parts[0].state, other.parts[0].differences) == ("changed", None)
    earlier = replay(served, replace(kept, part_hashes=()), BEA)  # only the digest of all rows, as it was once
    assert earlier.identical
    assert not replay(served, replace(kept, part_hashes=(), rows_digest="0"), BEA).identical


def test_written_sql_is_run_again_as_it_was_asked(served: Assistant) -> None:
    sql = "SELECT plan_type, SUM(total_calls) AS calls FROM gold.repeat_calls_analysis GROUP BY plan_type"
    keep_written(served, sql, ANN, "written")
    assert served.replay("written", ANN).identical


def test_what_else_has_changed_since_is_said(
    answered: Callable[[str], Answer], served: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = served.answers.kept(answered(LAST_WEEK).answer_id)
    assert kept.versions.known
    older = Versions(model="another", policy=kept.versions.policy, rules="another", code=kept.versions.code)
    found = replay(served, replace(kept, versions=older), ANN)
    assert found.changed_since == ("the semantic model's files", "the business rules")
    monkeypatch.setattr(versions, "code_version", lambda: "another")
    assert replay(served, kept, ANN).changed_since == ("the program",)


def test_answers_of_earlier_versions_are_replayed(
    answered: Callable[[str], Answer], served: Assistant, tmp_path: Path
) -> None:
    answer = answered(LAST_WEEK)
    file = tmp_path / "answers.db"
    with sqlite3.connect(file) as connection:
        names = (
            "created_at",
            "user",
            "role",
            "thread",
            "question",
            "status",
            "snapshot",
            "rows_digest",
            "document",
        )
        columns = ", ".join(f"{name} TEXT NOT NULL" for name in names)
        connection.execute(f"CREATE TABLE answers (answer_id TEXT PRIMARY KEY, {columns})")
        document = answer.model_dump_json(exclude={"parts": {"__all__": {"asked", "suppressed"}}})
        row = (
            answer.answer_id,
            "2026-01-01",
            "ann",
            "analyst",
            "",
            "?",
            "answered",
            answer.snapshot,
            "d",
            document,
        )
        connection.execute("INSERT INTO answers VALUES (?,?,?,?,?,?,?,?,?,?)", row)
    for _ in range(2):
        store = AnswerStore(file)
        kept = store.kept(answer.answer_id)
        store.close()
    found = replay(served, kept, ANN)
    assert found.identical
    assert "did not note" in found.notes[0]


# -- what is hidden --


def part_of(rows: list[list[str | int | None]], suppressed: list[tuple[int, int]]) -> AnswerPart:
    columns = [
        AnswerColumn(name="plan", type="text", role="dimension"),
        AnswerColumn(name="calls", type="integer"),
    ]
    return AnswerPart(columns=columns, rows=rows, suppressed=suppressed, small_cell=11)


def test_hidden_cells_are_reported_and_never_called_equal() -> None:
    old = Shown(("plan", "calls"), (("A", 20), ("B", None), ("C", None)), frozenset({(1, 1), (2, 1)}))
    new = Shown(("plan", "calls"), (("C", None), ("A", None), ("B", 15)), frozenset({(0, 1), (1, 1)}))
    found = differences(old, new, ["plan"])
    assert found.cells == (
        CellChange(("A",), "calls", 20, None, None, "now"),
        CellChange(("B",), "calls", None, 15, None, "then"),
    )
    assert found.equal == 3


def test_a_replay_on_the_same_snapshot_shows_no_more_than_was_shown_then() -> None:
    then = part_of([["A", 20], ["B", None]], [(1, 1)])
    columns = (Column("plan", "text", "", "dimension"), Column("calls", "integer"))
    now = Table("", columns, (("B", 4), ("A", 20), ("C", 12)))
    shown = masked(then, now)
    assert shown.rows == (("B", None), ("A", 20), ("C", None))
    assert shown.suppressed == {(0, 1), (2, 1)}
    assert masked(then.model_copy(update={"small_cell": 0}), now) is now


def test_rows_without_names_or_with_equal_names_are_compared_by_their_place() -> None:
    old = Shown(("plan", "calls"), (("A", 1), ("A", 2)))
    new = Shown(("plan", "calls"), (("A", 1), ("A", 3), ("A", 4)))
    found = differences(old, new, ["plan"])
    assert found.cells == (CellChange((2,), "calls", 2, 3, 1),)
    assert found.added == (("A", 4),)
