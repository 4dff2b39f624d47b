"""Running the generator: what it writes, that it repeats itself, and what it refuses."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from generator import generate as generate_module
from generator import profiles
from generator.generate import GenerateReport, generate
from warehouse.errors import MissingDataError, UsageError

LAST_DAY = date(2026, 10, 29)
FEW_ROWS: dict[str, Any] = {
    "days": 32,
    "scale": 0.004,
    "calls": 4500,
    "digital": 11000,
    "surveys": 300,
    "claims": 300,
    "pharmacy": 300,
    "traces": 200,
}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """`tiny` cut down to a few days, for tests that run it more than once."""
    tiny = replace(
        profiles.load("tiny"),
        **FEW_ROWS,
    )
    monkeypatch.setattr(generate_module, "load", lambda name: tiny)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.mark.usefixtures("small")
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    runs = [generate("tiny", tmp_path / name / "sources", seed=3, as_of=LAST_DAY) for name in ("one", "two")]
    assert digests(runs[0].out) == digests(runs[1].out)
    assert runs[0].truth.read_bytes() == runs[1].truth.read_bytes()
    # Bytes 4 to 8 of a gzip file are its time stamp.
    assert {path.read_bytes()[4:8] for path in runs[0].files} == {bytes(4)}


@pytest.mark.usefixtures("small")
def test_another_seed_gives_another_company(tmp_path: Path) -> None:
    runs = [generate("tiny", tmp_path / str(seed), seed=seed, as_of=LAST_DAY) for seed in (3, 4)]
    first, second = (digests(run.out) for run in runs)
    assert all(first[name] != second[name] for name in first)


def test_row_counts_are_the_profile_s(generated: GenerateReport, files: duckdb.DuckDBPyConnection) -> None:
    tiny = profiles.load("tiny")
    expected = {"members": tiny.members, "call_center": tiny.calls, "digital_interactions": tiny.digital}
    expected |= {name: getattr(tiny, name) for name in ("surveys", "claims", "pharmacy", "enrollment")}
    counted = {name: files.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in expected}
    assert counted == expected
    reported = {name.split(".")[0]: rows for name, rows in generated.rows.items()}
    assert {name: reported[name] for name in expected} == expected


def test_the_truth_lies_beside_the_sources_and_nothing_of_it_inside(generated: GenerateReport) -> None:
    assert generated.truth.is_file()
    assert generated.out not in generated.truth.parents
    names = {path.name.split(".")[0] for path in generated.out.iterdir()}
    assert names == {
        "cost_estimates",
        "members",
        "claims",
        "call_center",
        "digital_interactions",
        "surveys",
        "pharmacy",
        "enrollment",
        "communications",
        "fixes",
    }


def test_a_truth_inside_the_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="inside the data"):
        generate("tiny", tmp_path / "out", seed=1, as_of=LAST_DAY, truth=tmp_path / "out" / "deeper")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("typed", "meant"), [("tny", "tiny"), ("refrence", "reference"), ("Demo", "demo")])
def test_an_unknown_profile_is_refused_with_the_nearest_name(tmp_path: Path, typed: str, meant: str) -> None:
    with pytest.raises(UsageError) as refused:
        generate(typed, tmp_path / "out", seed=1, as_of=LAST_DAY)
    assert f"'{meant}'" in refused.value.next_step
    assert refused.value.exit_code == 2


@pytest.mark.usefixtures("small")
def test_a_second_run_replaces_the_first_and_leaves_strangers_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "members.parquet").write_bytes(b"from another profile")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    generate("tiny", out, seed=1, as_of=LAST_DAY)
    assert not (out / "members.parquet").exists()
    assert (out / "notes.txt").read_text(encoding="utf-8") == "mine"


@pytest.mark.usefixtures("small")
def test_a_run_that_stops_half_way_leaves_the_old_files_untouched(tmp_path: Path) -> None:
    out = tmp_path / "out"
    generate("tiny", out, seed=1, as_of=LAST_DAY)
    before = digests(out)

    def give_up(step: str, done: float) -> None:
        if done > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate("tiny", out, seed=2, as_of=LAST_DAY, progress=give_up)
    assert digests(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hidden-truth", "out"]


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(MissingDataError, match="could not be written"):
        generate("tiny", tmp_path / "file" / "out", seed=1, as_of=LAST_DAY)


@pytest.mark.usefixtures("small")
def test_progress_rises_to_one(tmp_path: Path) -> None:
    seen: list[float] = []
    generate("tiny", tmp_path / "out", seed=1, as_of=LAST_DAY, progress=lambda step, done: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("as_of", [date(2025, 11, 30), date(2024, 2, 29), date(2026, 12, 25)])
def test_the_story_moves_with_the_last_day(tmp_path: Path, as_of: date) -> None:
    run = generate("tiny", tmp_path / "out", seed=1, as_of=as_of)
    planted = json.loads(run.truth.read_text(encoding="utf-8"))
    assert (as_of - date.fromisoformat(planted["rise_starts"])).days == 14
    last = duckdb.sql(f"SELECT max(call_date), min(call_date) FROM '{run.out}/call_center.csv.gz'").fetchall()[0]
    assert last[0] == as_of
    assert (as_of - last[1]).days == 31
    notices = f"SELECT sent_date FROM '{run.out}/communications.csv.gz' WHERE topic = 'AEP Benefit Change'"
    assert duckdb.sql(notices).fetchall() == [(date.fromisoformat(planted["notice_sent"]),)]
    assert (as_of - date.fromisoformat(planted["notice_sent"])).days == 15


def test_monthly_parts_hold_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = replace(
        profiles.load("full"),
        members=3000,
        **FEW_ROWS,
        enrollment=300,
        agents=20,
    )
    monkeypatch.setattr(generate_module, "load", lambda name: parts)
    run = generate("full", tmp_path / "out", seed=1, as_of=LAST_DAY)
    assert {"call_center-2026-09.parquet", "call_center-2026-10.parquet"} <= set(run.rows)
    counts = duckdb.sql(
        f"SELECT count(*), count(DISTINCT call_id) FROM '{run.out}/call_center-*.parquet'"
    ).fetchall()[0]
    assert counts == (4500, 4500)
