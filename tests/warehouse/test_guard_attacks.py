"""Attacks beyond the owner's list: each is refused, and by the layer that its class belongs to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from warehouse.guard import Deny, check, check_file
from warehouse.principal import Principal

ATTACKS = Path(__file__).parents[1] / "data" / "guard_attacks.jsonl"
ENTRIES = [json.loads(line) for line in ATTACKS.read_text().splitlines()]
CLASSES = sorted({entry["class"] for entry in ENTRIES})
# What these say depends on the data: their small cells are hidden in the result.
OF_THE_RESULT = [entry for entry in ENTRIES if entry["layer"] == "result"]
ROLES = ("executive", "product_owner", "analyst", "ml_engineer", "member_advocate", "data_engineer")


@pytest.fixture(scope="module")
def verdicts() -> dict[str, dict[str, str]]:
    return {verdict["id"]: verdict for verdict in check_file(ATTACKS)}


@pytest.mark.parametrize("class_", CLASSES)
def test_every_attack_of_a_class_is_refused_by_its_layer(class_: str, verdicts: dict[str, dict[str, str]]) -> None:
    expected = {e["id"]: e["layer"] for e in ENTRIES if e["class"] == class_ and e["layer"] != "result"}
    assert {id_: verdicts[id_]["layer"] for id_ in expected} == expected


def test_every_class_has_attacks_enough() -> None:
    sizes = {class_: sum(entry["class"] == class_ for entry in ENTRIES) for class_ in CLASSES}
    assert len(sizes) == 16
    assert min(sizes.values()) >= 15


def test_none_is_refused_because_the_guard_failed(verdicts: dict[str, dict[str, str]]) -> None:
    assert [id_ for id_, verdict in verdicts.items() if verdict["code"] == "guard_failure"] == []


@pytest.mark.parametrize("role", ROLES)
def test_no_role_reads_members_without_a_purpose(role: str) -> None:
    """Nor with one, unless the role is made for it; an unstated purpose is no purpose."""
    purposes = [None, "   "] if role == "member_advocate" else [None, "curiosity"]
    hidden = [entry for entry in ENTRIES if entry["class"] in ("phi_column", "inference")]
    hidden = hidden if role == "member_advocate" else hidden[::3]
    for purpose in purposes:
        reader = Principal("eve", role, purpose=purpose)  # type: ignore[arg-type]
        allowed = [entry["id"] for entry in hidden if not isinstance(check(entry["sql"], reader), Deny)]
        assert allowed == []


@pytest.mark.parametrize(
    "class_", ["file_read", "file_write", "config_admin", "catalog_leak", "dynamic_sql", "write", "resource_bomb"]
)
def test_a_purpose_opens_members_and_nothing_else(class_: str) -> None:
    advocate = Principal("bea", "member_advocate", purpose="complaint 4711")
    engineer = Principal("fay", "data_engineer")
    for entry in ENTRIES:
        if entry["class"] == class_:
            assert isinstance(check(entry["sql"], advocate), Deny), entry["id"]
            assert isinstance(check(entry["sql"], engineer), Deny), entry["id"]
