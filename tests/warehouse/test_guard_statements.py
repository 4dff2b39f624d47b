"""The owner's list of statements: every verdict of the layers that need no result comes out as written there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from warehouse.errors import UsageError
from warehouse.guard import check_file

STATEMENTS = Path(__file__).parents[1] / "data" / "guard_statements.jsonl"
ENTRIES = {entry["id"]: entry for entry in map(json.loads, STATEMENTS.read_text().splitlines())}


@pytest.fixture(scope="module")
def verdicts() -> dict[str, dict[str, str]]:
    return {verdict["id"]: verdict for verdict in check_file(STATEMENTS)}


@pytest.mark.parametrize("layer", ["lex", "ast", "scope", "column", "resource", "-"])
def test_every_statement_of_the_layer_has_the_expected_verdict(
    layer: str, verdicts: dict[str, dict[str, str]]
) -> None:
    expected = {id_: entry["expect"] for id_, entry in ENTRIES.items() if entry["layer"] == layer}
    assert expected
    assert {id_: verdicts[id_]["verdict"] for id_ in expected} == expected


def test_no_verdict_comes_from_a_guard_that_failed(verdicts: dict[str, dict[str, str]]) -> None:
    assert [id_ for id_, verdict in verdicts.items() if verdict["code"] == "guard_failure"] == []


def test_reasons_repeat_nothing_of_the_statement(verdicts: dict[str, dict[str, str]]) -> None:
    from warehouse.guard.decision import REASONS

    fixed = {reason for _, reason in REASONS.values()} | {""}
    assert {verdict["reason"] for verdict in verdicts.values()} <= fixed


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": "1", "sql": "SELECT 1"}', '{"id": 1, "sql": "x", "role": "y"}']
)
def test_a_malformed_line_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "statements.jsonl"
    file.write_text('{"id": "a", "sql": "SELECT 1", "role": "executive"}\n' + line + "\n")
    with pytest.raises(UsageError, match="jsonl:2"):
        list(check_file(file))


def test_an_unknown_role_is_denied(tmp_path: Path) -> None:
    file = tmp_path / "statements.jsonl"
    file.write_text('{"id": "a", "sql": "SELECT 1", "role": "root"}\n')
    assert [verdict["code"] for verdict in check_file(file)] == ["unknown_role"]
