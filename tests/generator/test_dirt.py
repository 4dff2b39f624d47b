"""Dirt on request: bad rows that a build must quarantine, beside all the good ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from generator import generate as generate_module
from generator import profiles
from generator.generate import generate
from warehouse.errors import UsageError

LAST_DAY = date(2026, 10, 29)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> duckdb.DuckDBPyRelation:
    """The call center file of a dirty run, every value as text."""
    tiny = replace(profiles.load("tiny"), days=30, scale=0.004, calls=4000, digital=10000, traces=300)
    monkeypatch.setattr(generate_module, "load", lambda name: tiny)
    generate("tiny", tmp_path / "out", seed=5, as_of=LAST_DAY, dirt=True)
    return duckdb.read_csv(str(tmp_path / "out" / "call_center.csv.gz"), all_varchar=True)


def test_each_kind_of_bad_row_is_there(calls: duckdb.DuckDBPyRelation, tmp_path: Path) -> None:
    members = duckdb.read_csv(str(tmp_path / "out" / "members.csv.gz"), all_varchar=True)
    known = {row[0] for row in members.project("member_id").fetchall()}
    rows = calls.project("call_id, member_id, call_date, handle_time_minutes").fetchall()
    assert len(rows) == 4000 + 20
    assert sum(row[2] == "2026-13-45" for row in rows) == 5
    assert sum(float(row[3]) < 0 for row in rows) == 5
    assert sum(row[1] not in known for row in rows) == 5
    assert len(rows) - len({row[0] for row in rows}) == 5


def test_values_keep_their_spelling(calls: duckdb.DuckDBPyRelation) -> None:
    spellings = {row[0] for row in calls.project("resolved").distinct().fetchall()}
    assert spellings == {"true", "false"}
    assert calls.filter("try_cast(call_timestamp AS TIMESTAMP) IS NULL").fetchall() == []


def test_parquet_profiles_refuse_dirt(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Parquet"):
        generate("demo", tmp_path / "out", seed=1, as_of=LAST_DAY, dirt=True)
