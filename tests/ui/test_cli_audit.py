"""The audit trail and replays on the command line."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.answer import Answer, AnswerColumn, AnswerPart
from agents.answer_store import AnswerStore
from ui.accounts import open_accounts
from warehouse.audit import Answered, AuditLog, Judged
from warehouse.principal import Principal
from warehouse.settings import load_settings
from warehouse.snapshots import SNAPSHOTS

NOW = datetime(2026, 10, 30, tzinfo=UTC)
QUESTION = "Total calls by plan type last week"


@pytest.fixture(scope="module")
def known_values(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Values that were read from a snapshot once."""
    return tmp_path_factory.mktemp("values")


@pytest.fixture
def state(command_center, known_values: Path, tmp_path: Path, monkeypatch) -> Iterator[Path]:
    """A state folder of the test's own; the command line writes to it."""
    monkeypatch.setenv("COMMAND_CENTER_VAR", str(tmp_path / "var"))
    folder = Path(shutil.copytree(known_values, tmp_path / "var" / "state"))
    yield folder
    for file in folder.glob("values-*.json"):
        shutil.copy(file, known_values)


def judged(trail: AuditLog, **facts: str) -> int:
    told = dict.fromkeys(("user", "role", "purpose", "break_glass", "source", "answer", "question", "plan",
                          "sql_in", "sql_out", "policy", "snapshot", "code", "layer"), "")  # fmt: skip
    return trail.judged(
        Judged(**{**told, "attributes": {}, "readable": True, "tables": ("gold.calls",), "data_class": "aggregate",
                  "verdict": "allow", **facts})
    )  # fmt: skip


@pytest.fixture
def trail(state: Path) -> Path:
    """A small trail; gives its one file."""
    audit = AuditLog(state / "audit")
    first = judged(audit, user="ann", role="executive", answer="abc123", sql_in="SELECT 'M-104382'")
    audit.answered(Answered(of=first, rows=12, suppressed=3, ms=1.5, result="r"))
    judged(audit, user="=cmd()", role="analyst", verdict="deny", code="member_rows", layer="column")
    audit.close()
    (file,) = (state / "audit").glob("*.jsonl")
    return file


def test_verify_says_what_it_checked_and_finds_a_changed_byte(command_center, trail: Path) -> None:
    whole = command_center("audit", "verify")
    assert whole.code == 0
    assert "3 records in 1 files are as written: 1 to 3." in whole.out
    head = whole.out.split("Head: ")[1].split()[0]
    assert command_center("audit", "verify", "--head", head).code == 0
    assert command_center("audit", "verify", "--head", "3:" + "0" * 64).code == 1
    trail.write_bytes(trail.read_bytes().replace(b'"rows":12', b'"rows":13'))
    found = command_center("audit", "verify")
    assert (found.code, "Record 2" in found.err) == (1, True)
    (document,) = command_center("audit", "verify", "--json").objects()
    assert (document["whole"], document["bad"], document["records"]) == (False, 2, 1)


def test_verify_finds_an_older_copy_of_the_trail_by_what_answers_noted(
    command_center, state: Path, two_days, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        assert command_center("ask", QUESTION, "--json", "--warehouse", two_days[0]).code == 0
        if name == "one":
            shutil.copytree(state / "audit", tmp_path / "older")
    assert command_center("audit", "verify").code == 0
    shutil.rmtree(state / "audit")
    shutil.copytree(tmp_path / "older", state / "audit")
    found = command_center("audit", "verify")
    assert (found.code, "noted elsewhere" in found.err) == (1, True)


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ((), [4, 3, 1]),
        (("--user", "ann"), [1]),
        (("--role", "analyst"), [3]),
        (("--verdict", "deny"), [3]),
        (("--event", "answered"), [1]),
        (("--answer", "abc"), [1]),
        (("--about", "M-104382"), [4, 1]),  # this look at it is one as well
        (("--about", "M-104383"), [4]),
        (("--since", "2000-01-01", "--limit", "2"), [4, 3]),
        (("--since", "2999-01-01"), []),
    ],
)
def test_show_picks_records_newest_first_and_is_recorded(command_center, trail: Path, options, ids) -> None:
    shown = command_center("audit", "show", "--json", *options)
    assert [record["id"] for record in shown.objects()] == ids
    (last,) = command_center("audit", "show", "--json", "--limit", "1", "--event", "audit_read").objects()
    assert (last["id"], last["how"], last["user"].startswith("cli:")) == (5, "show", True)
    assert "10438" not in trail.read_text()


def test_show_prints_a_statement_with_its_end_and_the_rule_that_refused(command_center, trail: Path) -> None:
    shown = command_center("audit", "show").out
    (one,) = (line for line in shown.splitlines() if " ann " in line)
    assert [text in one for text in ("allow", "aggregate", "12", "3", "1.5", "abc123")] == [True] * 6
    assert "column:member_rows" in shown
    assert "104382" not in shown


def test_export_writes_a_new_file_with_its_digest(command_center, trail: Path, tmp_path: Path) -> None:
    file = tmp_path / "trail.jsonl"
    done = command_center("audit", "export", file)
    assert done.code == 0
    assert file.stat().st_mode & 0o077 == 0
    lines = file.read_bytes().splitlines(keepends=True)
    last = json.loads(lines[-1])
    assert [json.loads(line)["id"] for line in lines[:-1]] == [1, 2, 3]
    assert last["sha256"] == hashlib.sha256(b"".join(lines[:-1])).hexdigest()
    assert last["records"] == 3
    assert last["sha256"] in done.out
    again = command_center("audit", "export", file)
    assert (again.code, "exists" in again.err) == (2, True)
    assert file.read_bytes() == b"".join(lines)


def test_a_csv_export_holds_no_formula(command_center, trail: Path, tmp_path: Path) -> None:
    file = tmp_path / "trail.csv"
    assert command_center("audit", "export", file, "--format", "csv", "--role", "analyst").code == 0
    header, row, last = csv.reader(file.open(newline=""))
    assert dict(zip(header, row, strict=True))["user"] == "'=cmd()"
    assert last[1] == "records=1"


def test_prune_keeps_what_the_settings_keep(command_center, trail: Path, monkeypatch) -> None:
    assert command_center("audit", "prune").code == 0
    assert command_center("audit", "prune", "--keep-days", "30").code == 2
    assert trail.exists()
    monkeypatch.setenv("COMMAND_CENTER_AUDIT__KEEP_DAYS", "0")
    assert "keep everything" in command_center("audit", "prune").out


def test_without_its_key_the_trail_is_refused(command_center, trail: Path) -> None:
    (trail.parent / "key").unlink()
    found = command_center("audit", "verify")
    assert (found.code, "key" in found.err) == (1, True)
    assert command_center("audit", "show").code == 3


def test_a_replay_is_identical_or_shows_what_differs(command_center, two_days, state: Path) -> None:
    path, older, newer = two_days
    asked = command_center("ask", QUESTION, "--json", "--warehouse", path, "--snapshot", older)
    (answer,) = asked.objects()
    start = answer["answer_id"][:12]
    same = command_center("replay", start, "--warehouse", path)
    assert (same.code, "identical" in same.out, older in same.out.replace("\n", "")) == (0, True, True)
    (document,) = command_center("replay", start, "--warehouse", path, "--json").objects()
    assert (document["identical"], document["old"]["snapshot"]) == (True, older)
    changed = command_center("replay", start, "--against", "newest", "--same-words", "--warehouse", path)
    assert changed.code == 0
    flat = " ".join(changed.out.split())
    for words in (
        newer,
        "(as of 2026-10-15)",
        "(as of 2026-10-29)",
        "now 2026-10-19 to 2026-10-25",
        "cells differ",
    ):
        assert words in flat
    answers = AnswerStore(state / "answers.db")
    kept = answers.kept(answer["answer_id"])
    rows = [[kept.answer.rows[0][0], 1], *kept.answer.parts[0].rows[1:]]
    parts = [kept.answer.parts[0].model_copy(update={"rows": rows})]
    answers.keep(kept.answer.model_copy(update={"parts": parts}), Principal("cli", "executive"), NOW)
    answers.close()
    differs = command_center("replay", start, "--warehouse", path)
    assert (differs.code, "NOT identical" in " ".join(differs.out.split())) == (1, True)
    assert str(kept.answer.rows[0][0]) in differs.out


def test_replays_that_cannot_be_end_with_their_code(command_center, two_days, state: Path, tmp_path: Path) -> None:
    path, older, newer = two_days
    asked = command_center("ask", QUESTION, "--json", "--warehouse", path, "--snapshot", older)
    (answer,) = asked.objects()
    assert command_center("replay", "nothing", "--warehouse", path).code == 2
    assert command_center("replay", answer["answer_id"], "--same-words", "--warehouse", path).code == 2
    copy = Path(shutil.copytree(path, tmp_path / "copy"))
    shutil.rmtree(copy / SNAPSHOTS / older)
    gone = command_center("replay", answer["answer_id"], "--warehouse", copy)
    assert (gone.code, newer in gone.err, "build.keep_snapshots" in gone.err) == (4, True, True)


def test_a_replay_has_the_rights_that_its_reader_has_today(command_center, two_days, state: Path) -> None:
    path, _, newer = two_days
    accounts = open_accounts(load_settings())
    accounts.add("nora", "analyst", by="cli")
    part = AnswerPart(
        columns=[AnswerColumn(name="plan_type", type="text", role="dimension"),
                 AnswerColumn(name="total_calls", type="integer")],
        rows=[["HMO", 1], ["PPO", 1]],
        semantic_query={"metrics": ["total_calls"], "dimensions": ["plan_type"],
                        "time": {"start": "2026-10-19", "end": "2026-10-25"}},
    )  # fmt: skip
    answer = Answer(question="?", status="answered", answer_id="n" * 32, snapshot=newer, parts=[part])
    answers = AnswerStore(state / "answers.db")
    answers.keep(answer, Principal("nora", "analyst"), NOW)
    answers.close()
    run = ("replay", "n" * 32, "--warehouse", path)
    shown = command_center(*run)
    assert (shown.code, "cells differ" in shown.out) == (1, True)
    accounts.set_attributes("nora", {"plan_type": "PPO"}, by="cli")
    narrower = command_center(*run)
    assert (narrower.code, "HMO" in narrower.out, "row filters" in narrower.out) == (1, False, True)
    accounts.lock("nora", by="cli")
    assert command_center(*run).code == 3
    accounts.close()
