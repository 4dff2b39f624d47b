"""Watched companies: what is planted is in the data, nothing tells of it, and a quiet company has nothing."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from generator.generate import GenerateReport, generate
from warehouse.errors import UsageError

LAST_DAY = date(2026, 6, 30)
SEED = 5


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> GenerateReport:
    return generate("watch-small", tmp_path_factory.mktemp("watch") / "company", seed=SEED, as_of=LAST_DAY)


@pytest.fixture(scope="module")
def plants(watched: GenerateReport) -> list[dict[str, Any]]:
    content = json.loads(watched.truth.read_text(encoding="utf-8"))
    return list(content["plants"])


def rows(folder: Path) -> dict[str, pa.Table]:
    return {path.name: pq.read_table(path) for path in sorted(folder.iterdir())}


def test_the_same_arguments_give_the_same_rows_and_a_quiet_company_another(
    watched: GenerateReport, tmp_path: Path
) -> None:
    again = generate("watch-small", tmp_path / "again", seed=SEED, as_of=LAST_DAY)
    quiet = generate("watch-small", tmp_path / "quiet", seed=SEED, as_of=LAST_DAY, quiet=True)
    assert rows(again.out) == rows(watched.out)
    assert again.truth.read_text() == watched.truth.read_text()
    assert json.loads(quiet.truth.read_text())["plants"] == []
    assert rows(quiet.out)["call_center.parquet"] != rows(watched.out)["call_center.parquet"]


def test_the_calls_of_an_incident_are_in_the_data(watched: GenerateReport, plants: list[dict[str, Any]]) -> None:
    """The cell's calls on the incident's days are those of an untouched cell and the planted ones."""
    large = max((one for one in plants if one["kind"] == "volume"), key=lambda one: one["snr7"])
    where = {"topic": "call_topic", "plan_type": "plan_type", "segment": "segment", "state": "state"}
    known = [(where[name], value) for name, value in large["segment"].items() if name in where]
    filters = "".join(f" AND {column} = '{value}'" for column, value in known)
    first, last = large["first_day"], large["last_day"]
    daily = f"""
        SELECT count(*) FILTER (WHERE call_date BETWEEN '{first}' AND '{last}') AS during,
               count(*) FILTER (WHERE call_date < '{first}') AS before
        FROM '{watched.out}/call_center.parquet' JOIN '{watched.out}/members.parquet' USING (member_id)
        WHERE TRUE{filters}"""
    during, before = duckdb.sql(daily).fetchall()[0]
    start = LAST_DAY - timedelta(days=104)
    days_before = (date.fromisoformat(first) - start).days
    days_during = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    excess = sum(large["excess"][:days_during])
    assert during - before / days_before * days_during == pytest.approx(excess, abs=0.5 * excess + 60)
    assert large["snr7"] > 3


def test_sizes_are_not_round_and_kinds_differ(plants: list[dict[str, Any]]) -> None:
    sizes = [one["size"] for one in plants if one["kind"] not in ("everything", "relabel", "mix", "simpson")]
    assert len(sizes) >= 4
    assert all(abs(size * 20 - round(size * 20)) > 1e-4 for size in sizes)
    assert len({one["kind"] for one in plants}) >= 3


def test_every_incident_has_decoys_and_its_cause_is_an_event_of_the_data(
    watched: GenerateReport, plants: list[dict[str, Any]]
) -> None:
    out = watched.out
    sent = dict(duckdb.sql(f"SELECT communication_id, sent_date FROM '{out}/communications.parquet'").fetchall())
    fixes = dict(duckdb.sql(f"SELECT fix_id, go_live_date FROM '{out}/fixes.parquet'").fetchall())
    days = sent | fixes
    assert len(days) == len(sent) + len(fixes)
    for one in (one for one in plants if one["decoys"]):
        assert len(one["decoys"]) >= 4
        if one["cause"]:
            lag = (date.fromisoformat(one["first_day"]) - days[one["cause"]]).days
            assert 0 <= lag <= 3


def test_no_column_or_text_of_the_data_tells_what_was_planted(watched: GenerateReport) -> None:
    sent = duckdb.sql(f"SELECT * FROM '{watched.out}/communications.parquet'").fetchall()
    text = " ".join(str(cell) for row in sent for cell in row).lower()
    assert not any(word in text for word in ("plant", "decoy", "incident", "seed", "cause"))
    for path in watched.out.iterdir():
        names = {row[0] for row in duckdb.sql(f"DESCRIBE FROM '{path}'").fetchall()}
        assert not names & {"plant", "excess", "cause", "decoy", "seed", "oracle_day"}


def test_only_a_watched_profile_can_be_quiet(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        generate("tiny", tmp_path / "x", seed=1, as_of=LAST_DAY, quiet=True)
