"""The command line as scripts see it: results on stdout, complaints on stderr, documented exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from warehouse import snapshots

CONTRACT = {
    "id", "question", "status", "agent", "trust", "text", "columns", "rows", "sql", "semantic_query",
    "assumptions", "as_of", "snapshot", "answer_id", "follow_ups", "charts", "timings_ms",
}  # fmt: skip
QUESTIONS = [
    ("", "refused", 2),
    (" \t\n ", "refused", 2),
    ("billing " * 1250, "refused", 2),
    ("x" * 1_000_000, "refused", 2),
    ("\U0001f600\U0001f600", "refused", 2),
    ("\U0001f600 total calls last week \U0001f389", "answered", 0),
    ("total\ncalls\tlast week", "answered", 0),
    ("\x00\x01\x02", "refused", 2),
    ("\ud83d \udc00", "refused", 2),
    ("¿Cuál es la tasa de fuga por plan?", "refused", 0),
    ("Wie viele Anrufe gab es letzte Woche?", "refused", 0),
    ("上周有多少个电话", "refused", 0),
    ("SELECT * FROM gold.members", "refused", 0),
    ("total calls; DROP TABLE gold.calls", "refused", 0),
    ("Show the claims of member M00012", "refused", 3),
]


@pytest.fixture
def asked(command_center: Callable[..., Any], tiny_warehouse: Path, tmp_path: Path) -> Callable[..., Any]:
    """Asks lines of a question file; a text is taken as it is, anything else written as JSON."""

    def ask(*lines: object) -> Any:
        file = tmp_path / "questions.jsonl"
        texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        file.write_bytes(b"\n".join(texts))
        return command_center("ask", "--file", file, "--json", "--warehouse", tiny_warehouse)

    return ask


@pytest.fixture
def damaged(tiny_warehouse: Path, tmp_path: Path) -> Path:
    """A copy of the warehouse to spoil."""
    return shutil.copytree(tiny_warehouse, tmp_path / "damaged")


def test_every_question_of_a_file_has_one_object_and_its_status(asked):
    done = asked(*({"id": n, "question": question} for n, (question, *_) in enumerate(QUESTIONS)))
    found = done.objects()
    assert [(o["id"], o["status"]) for o in found] == [(n, q[1]) for n, q in enumerate(QUESTIONS)]
    assert all(o.keys() >= CONTRACT and o["text"] for o in found)
    assert done.code == 3
    assert done.err == ""


@pytest.mark.parametrize(("question", "status", "code"), [QUESTIONS[0], QUESTIONS[2], QUESTIONS[-1]])
def test_one_question_has_the_exit_code_of_its_refusal(command_center, tiny_warehouse, question, status, code):
    done = command_center("ask", question, "--json", "--warehouse", tiny_warehouse)
    assert [o["status"] for o in done.objects()] == [status]
    assert done.code == code
    spoken = command_center("ask", question, "--warehouse", tiny_warehouse)
    assert spoken.code == code
    assert done.objects()[0]["text"] in " ".join(spoken.out.split())


def test_a_bad_line_names_its_place_and_stops_no_other_line(asked):
    done = asked(
        b"{broken",
        b'{"id": "no question"}',
        b'{"id": "latin", "question": "caf\xe9"}',
        b"[" * 100_000,
        b"",
        {"id": "r", "question": "total calls", "role": "executiv"},
        {"id": "t", "question": "total calls", "thread": 7},
        {"id": "good", "question": "total calls last week"},
    )
    found = done.objects()
    assert [o["status"] for o in found] == ["error"] * 6 + ["answered"]
    for place, number in zip(found[:4], (1, 2, 3, 4), strict=True):
        assert place["id"].endswith(f"questions.jsonl:{number}")
        assert f"questions.jsonl:{number}" in place["text"]
    assert "executive" in found[4]["text"]
    assert done.code == 2
    assert len(done.err.splitlines()) == 6


@pytest.mark.parametrize("role", ["executiv", "zzz"])
def test_an_unknown_role_is_refused_with_the_known_ones(command_center, tiny_warehouse, role):
    done = command_center("ask", "total calls", "--role", role, "--json", "--warehouse", tiny_warehouse)
    assert done.code == 2
    assert [o["status"] for o in done.objects()] == ["error"]
    assert "executive" in done.err


def test_a_question_and_a_file_together_are_refused(command_center, tmp_path):
    assert command_center("ask", "total calls", "--file", tmp_path / "f.jsonl").code == 2
    missing = command_center("ask", "--file", tmp_path / "f.jsonl")
    assert (missing.code, missing.out) == (2, "")
    assert "f.jsonl" in missing.err


def _half(warehouse: Path) -> Path:
    gold = snapshots.current(warehouse).gold_path
    gold.write_bytes(gold.read_bytes()[: gold.stat().st_size // 2])
    return gold


def _noise(warehouse: Path) -> Path:
    served = snapshots.current(warehouse).shared_path  # what an executive's questions read
    content = served.read_bytes()
    served.write_bytes(content[:4096] + bytes(range(256)) * 400 + content[4096 + 256 * 400 :])
    return served


def _gone(warehouse: Path) -> Path:
    gold = snapshots.current(warehouse).gold_path
    gold.unlink()
    return gold


def _no_manifest(warehouse: Path) -> Path:
    folder = snapshots.current(warehouse).gold_path.parent
    (folder / "manifest.json").unlink()
    return folder


def _bad_manifest(warehouse: Path) -> Path:
    folder = snapshots.current(warehouse).gold_path.parent
    (folder / "manifest.json").write_text("{nope")
    return folder


def _pointer(content: bytes) -> Callable[[Path], Path]:
    def spoil(warehouse: Path) -> Path:
        (warehouse / "CURRENT").write_bytes(content)
        return warehouse / "CURRENT"

    return spoil


SPOILS = [
    _half, _noise, _gone, _no_manifest, _bad_manifest, _pointer(b"20200101-nowhere"), _pointer(b""),
    _pointer(b"\xff\xfe\x00"),
]  # fmt: skip


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_damaged_warehouse_is_named_with_exit_code_4(command_center, damaged, spoil):
    where = str(spoil(damaged))
    for command in (
        ["ask", "total calls last week"],
        ["sql", "SELECT COUNT(*) AS n FROM gold.data_days"],
        ["savings", "--journey", "Billing"],
    ):
        done = command_center(*command, "--warehouse", damaged)
        assert (done.code, done.out) == (4, "")
        assert where in done.err
        assert "command-center build" in done.err
        assert command_center(*command, "--json", "--warehouse", damaged).objects()[0].keys() & {
            "status",
            "verdict",
        }
    doctor = command_center("doctor", "--json", "--warehouse", damaged)
    assert doctor.code == 4
    assert [f["state"] for f in json.loads(doctor.out) if f["name"] == "Warehouse"] == ["missing"]


def test_without_a_warehouse_each_question_of_a_file_says_so(command_center, tmp_path):
    file = tmp_path / "questions.jsonl"
    file.write_text('{"id": "a", "question": "total calls"}\n{"id": "b", "question": "nps"}\n')
    done = command_center("ask", "--file", file, "--json", "--warehouse", tmp_path / "none")
    assert [(o["id"], o["status"], o["refusal_code"]) for o in done.objects()] == [
        ("a", "error", "missing_data"),
        ("b", "error", "missing_data"),
    ]
    assert done.code == 4
    assert "command-center up" in done.err


def test_an_unexpected_error_is_one_sentence_without_its_message(command_center, tiny_warehouse, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("member Jane Roe")

    monkeypatch.setattr("agents.runtime.Assistant.ask", fail)
    done = command_center("ask", "total calls", "--json", "--warehouse", tiny_warehouse)
    assert done.code == 1
    assert [o["status"] for o in done.objects()] == ["error"]
    assert "Traceback" not in done.err
    assert "Jane" not in done.err + done.out
    monkeypatch.setattr("semantic.loader.load_model", fail)
    assert command_center("model", "show").code == 1


def test_state_that_cannot_be_written_is_named(command_center, tiny_warehouse, tmp_path, monkeypatch):
    (tmp_path / "var").write_text("a file, not a folder")
    monkeypatch.setenv("COMMAND_CENTER_VAR", str(tmp_path / "var"))
    for command in (["ask", "total calls"], ["sql", "SELECT COUNT(*) AS n FROM gold.data_days"]):
        done = command_center(*command, "--warehouse", tiny_warehouse)
        assert done.code in (3, 4)
        assert str(tmp_path / "var") in done.err
    doctor = command_center("doctor", "--json", "--warehouse", tiny_warehouse)
    assert [f["state"] for f in json.loads(doctor.out) if f["name"] == "State"] == ["missing"]


def test_a_table_is_csv_that_a_spreadsheet_does_not_run(command_center, tiny_warehouse):
    statement = "SELECT '=1+1' AS formula, SUM(total_calls) * -1 AS calls FROM gold.executive_kpis"
    done = command_center("sql", statement, "--csv", "--warehouse", tiny_warehouse)
    header, row = done.out.splitlines()
    assert header == '"formula","calls"'
    assert row.startswith('"\'=1+1",-')
    asked = command_center("ask", "Total calls by plan type yesterday", "--csv", "--warehouse", tiny_warehouse)
    assert asked.out.splitlines()[0] == '"plan_type","total_calls"'
    assert asked.out.splitlines()[1].startswith('"MAPD",')
    refused = command_center("ask", "What is Jane Doe's email?", "--csv", "--warehouse", tiny_warehouse)
    assert (refused.code, refused.out) == (3, "")
    assert command_center("ask", "Total calls", "--csv", "--json", "--warehouse", tiny_warehouse).code == 2
