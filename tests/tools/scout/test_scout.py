"""The scan of a warehouse: through the door with rights of its own, no truth in reach, small cells kept back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from semantic.compiler.counts import Wanted, compile_counts
from semantic.loader import load_model
from semantic.model import Measure
from semantic.query import TimeRange
from tools.formula import evaluate
from tools.scout.incident import ScanReport, carried, from_document, visible_to
from tools.scout.lines import _numbers
from tools.scout.program import Program, program
from tools.scout.reader import SCOUT
from tools.scout.reading import _covering, _finest, members_behind, read_cube
from tools.scout.scout import run_days, run_scout
from warehouse.audit import AuditLog
from warehouse.door import Warehouse
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.snapshots import connect, current

MODEL = load_model()
ROOT = Path(__file__).parents[3]
INSURANCE = Path(__file__).parents[2] / "data" / "insurance"


@pytest.fixture(scope="module")
def door(tiny_warehouse: Path, settings: Settings) -> Iterator[Warehouse]:
    with closing(Warehouse(tiny_warehouse, settings, AuditLog.of(settings))) as opened:
        yield opened


@pytest.fixture(scope="module")
def report(door: Warehouse, settings: Settings) -> ScanReport:
    return run_scout(door, MODEL, settings)


@pytest.fixture
def shallow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scans of one dimension at a time: for what holds at any depth."""
    import tools.scout.scout as scout

    def planned(*arguments: Any) -> Program:
        whole = program(*arguments)
        families = tuple(replace(f, sets=tuple(s for s in f.sets if len(s) <= 1)) for f in whole.families)
        return replace(whole, families=families)

    monkeypatch.setattr(scout, "program", planned)


def test_a_cube_has_the_sums_that_plain_sql_has(door: Warehouse, tiny_warehouse: Path) -> None:
    family = next(f for f in program(MODEL, {}).families if f.name == "calls")
    snapshot = door.snapshot()
    cube = read_cube(door, MODEL, replace(family, least=1), snapshot.first_day, snapshot.as_of)
    with connect(current(tiny_warehouse)) as plain:
        rows = plain.execute(
            "SELECT call_topic, plan_type, call_date, COUNT(*), SUM(is_repeat), SUM(handle_time_minutes) "
            "FROM gold.calls WHERE call_date <= ? GROUP BY ALL",
            [snapshot.as_of],
        ).fetchall()
    for topic, plan, day, calls, repeats, minutes in rows:
        cell, place = cube.cell_of((("call_topic", topic), ("plan_type", plan))), cube.days.index(day)
        seen = [cube.measures[name][cell, place] for name in ("calls", "repeat_calls", "handle_minutes")]
        assert seen == pytest.approx([calls, repeats, minutes or 0.0], abs=1e-3)
    assert cube.measures["calls"][0].sum() == sum(row[3] for row in rows)


def test_a_cube_is_the_same_when_no_rows_are_added_up_first(
    door: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = next(f for f in program(MODEL, {}).families if f.name == "calls")
    snapshot = door.snapshot()
    cubes = []
    for many in (12, 1000):
        monkeypatch.setattr("semantic.compiler.cube.MANY_SETS", many)
        cubes.append(read_cube(door, MODEL, family, snapshot.first_day, snapshot.as_of))
    first, second = cubes
    assert np.array_equal(first.codes, second.codes)
    assert first.values == second.values
    assert all(np.array_equal(first.measures[name], array) for name, array in second.measures.items())


@pytest.mark.parametrize("coarser", ["member_tenure", "language"], ids=["nested", "taken for nested"])
def test_what_is_read_off_a_finer_dimension_is_what_would_have_been_read(door: Warehouse, coarser: str) -> None:
    dimensions = ("call_topic", "tenure_bucket", coarser)
    sets = ((), *((name,) for name in dimensions), ("call_topic", "tenure_bucket"), ("call_topic", coarser))
    family = next(f for f in program(MODEL, {}).families if f.name == "calls")
    assert ("tenure_bucket", "member_tenure") in family.nested
    plain = replace(family, dimensions=dimensions, sets=sets, least=1, nested=())
    day = door.snapshot().as_of
    one, other = (
        read_cube(door, MODEL, each, day - timedelta(days=20), day)
        for each in (plain, replace(plain, nested=(("tenure_bucket", coarser),)))
    )
    assert one.values == other.values
    assert np.array_equal(one.codes, other.codes)
    for name, array in one.measures.items():
        assert np.allclose(array, other.measures[name], atol=1e-3)


def test_wider_groupings_than_are_scanned_give_the_same_cube(
    door: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = next(f for f in program(MODEL, {}).families if f.name == "failures")
    plain = [names for names in _finest(family.sets) if not {"member_tenure"} & set(names)]
    wider = _covering(plain)
    assert len(wider) < len(plain) / 2
    assert all(any(set(names) <= set(other) for other in wider) for names in plain)
    day = door.snapshot().as_of
    one = read_cube(door, MODEL, family, day - timedelta(days=20), day)
    monkeypatch.setattr("tools.scout.reading.FEW_MEASURES", 0)
    other = read_cube(door, MODEL, family, day - timedelta(days=20), day)
    assert one.values == other.values
    assert np.array_equal(one.codes, other.codes)
    assert all(np.array_equal(array, other.measures[name]) for name, array in one.measures.items())


@pytest.mark.parametrize("text", ["0 -7 12 -2041 900071992 5", "3", "1 2.5 -0.25 3", "1 2e3 4"])
def test_numbers_are_read_as_they_are_written(text: str) -> None:
    assert _numbers(text).tolist() == [float(word) for word in text.split()]


def test_a_scan_starts_without_what_it_has_no_use_for() -> None:
    told = "import sys, tools.scout.scout; print(*{'langchain_core', 'scipy.stats', 'fastapi'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_the_scan_may_read_sums_and_nothing_of_a_member(door: Warehouse) -> None:
    assert door.query("SELECT plan_type, COUNT(*) FROM gold.calls GROUP BY ALL", SCOUT).rows
    for sql in (
        "SELECT member_id FROM gold.calls",
        "SELECT member_id, COUNT(*) FROM gold.calls GROUP BY ALL",
        "SELECT first_name FROM gold.members",
        "SELECT transcript FROM gold.calls",
        "SELECT COUNT(*) FROM bronze.calls",
        "SELECT GROUPING(member_id) FROM gold.calls GROUP BY GROUPING SETS ((member_id), ())",
    ):
        with pytest.raises(DeniedError):
            door.query(sql, SCOUT)


def test_every_statement_of_a_scan_is_in_the_trail(
    door: Warehouse, settings: Settings, report: ScanReport
) -> None:
    trail = "".join(path.read_text() for path in sorted((settings.state / "audit").glob("*.jsonl")))
    assert trail.count('"user":"insight-scout"') + trail.count('"user": "insight-scout"') >= len(report.scanned)


def test_an_incident_holds_together(report: ScanReport) -> None:
    assert report.incidents, "the tiny company's story is not found"
    for incident in report.incidents:
        assert from_document(json.loads(json.dumps(incident.document()))) == incident
        assert incident.start.earliest <= incident.start.day <= incident.start.latest <= report.as_of
        assert incident.evidence.false_per_day <= report.bound
        assert incident.excess.low <= incident.excess.value <= incident.excess.high
        if incident.dollars:
            amount = evaluate(incident.dollars.formula, (), incident.dollars.inputs)
            assert amount == pytest.approx(incident.dollars.amount.value)
            assert not incident.echo_of or incident.dollars.counted == 0
    assert {incident.id for incident in report.incidents} >= {i.echo_of for i in report.incidents if i.echo_of}


def test_counts_of_one_table_are_columns_of_one_pass_and_none_is_asked_twice(door: Warehouse) -> None:
    time = TimeRange(start=date(2026, 9, 1), end=date(2026, 9, 14))
    later = TimeRange(start=date(2026, 9, 3), end=date(2026, 9, 20))
    plans, tenures = (("plan_type", "MAPD"),), (("plan_type", "PPO"), ("member_tenure", "New"))
    asked = [
        (MODEL.metrics[name], segment, when)
        for name, segment, when in (
            ("total_calls", plans, time),
            ("leaked_calls", tenures, later),
            ("total_calls", (), later),
            ("failed_sessions", plans, time),
            ("total_calls", plans, time),
        )
    ]
    alone = [members_behind(door, MODEL, [one])[0] for one in asked]
    assert members_behind(door, MODEL, asked) == alone
    assert alone[0] == alone[4] > 0 < alone[1] < alone[2]
    wanted = [
        Wanted(Measure("members", MODEL.measures[name].dataset, "count_distinct", "member_id"), (), when)
        for name, when in (("calls", time), ("calls", later), ("failed_sessions", time), ("calls", time))
    ]
    found = list(compile_counts(MODEL, wanted))
    assert [one.places for one in found] == [((0, 3), (1,)), ((2,),)]


def test_members_are_counted_as_plain_sql_counts_them(report: ScanReport, tiny_warehouse: Path) -> None:
    failed = next(i for i in report.incidents if i.metric == "failed_sessions" and i.segment)
    where = " AND ".join(f"{name} = '{value}'" for name, value in failed.segment)
    with connect(current(tiny_warehouse)) as plain:
        counted = plain.execute(
            "SELECT COUNT(DISTINCT member_id), COUNT(*) FROM gold.digital_interactions "
            f"WHERE is_failed = 1 AND {where} AND interaction_date BETWEEN ? AND ?",
            [failed.start.day, failed.as_of],
        ).fetchone()
    assert counted == (failed.members, failed.observed)


@pytest.mark.usefixtures("shallow")
def test_a_day_scanned_again_or_among_others_is_the_same(door: Warehouse, settings: Settings) -> None:
    days = [door.snapshot().as_of - timedelta(days=n) for n in (2, 1, 0)]
    course = list(run_days(door, MODEL, settings, days))
    again = run_scout(door, MODEL, settings, day=min(days))
    assert again.incidents
    assert again.document() | {"timings_ms": {}} == course[0].document() | {"timings_ms": {}}
    assert [one.as_of for one in course] == sorted(days)
    for earlier, later in pairwise(course):
        goes_on = {incident.id for incident in carried(later.own, earlier.own)}
        assert goes_on & {incident.id for incident in earlier.own}, "no incident keeps its id overnight"


def test_readers_see_no_small_cell_and_nothing_beyond_their_rows(report: ScanReport) -> None:
    some = report.incidents[0]
    few, own = (
        replace(some, id="few", members=10),
        replace(some, id="own", segment=(("plan_type", "HMO"),), members=50),
    )
    echo = replace(some, id="echo", echo_of="few", members=20)
    assert [i.id for i in visible_to([few, own, echo], Principal("a", "executive"), 11)] == ["own", "echo"]
    assert not visible_to([few, echo], Principal("a", "executive"), 11)[0].echo_of
    regional = Principal("b", "executive", attributes={"plan_type": "HMO"})
    assert [i.id for i in visible_to([few, own, echo], regional, 11)] == ["own"]
    assert len(visible_to([few, own, echo], Principal("c", "data_engineer"), 0)) == 3


def test_the_truth_of_a_generated_company_is_out_of_reach(door: Warehouse, tiny_sources: Path) -> None:
    sources = Path(__file__).parents[3] / "tools" / "scout"
    text = "".join(path.read_text() for path in sources.glob("*.py"))
    assert "generator" not in text
    assert "truth" not in text
    for sql in (
        f"SELECT * FROM read_json('{tiny_sources.parent}/truth/*.json')",
        f"SELECT * FROM read_text('{tiny_sources.parent}')",
        "SELECT * FROM gold.truth",
    ):
        with pytest.raises((DeniedError, UsageError)):
            door.query(sql, SCOUT)


def test_a_day_that_is_not_there_is_a_sentence(door: Warehouse, settings: Settings, report: ScanReport) -> None:
    for day in (report.as_of + timedelta(days=1), date(1999, 1, 1)):
        with pytest.raises(UsageError, match="complete days"):
            run_scout(door, MODEL, settings, day=day)


@pytest.mark.usefixtures("shallow")
def test_a_short_history_says_what_cannot_be_judged(door: Warehouse, settings: Settings) -> None:
    first = door.snapshot().first_day
    early = run_scout(door, MODEL, settings, day=first + timedelta(days=10))
    assert not early.incidents
    assert any("is not judged: 11 days of history" in note for note in early.notes)
    later = run_scout(door, MODEL, settings, day=first + timedelta(days=30))
    assert {scanned.windows for scanned in later.scanned if scanned.metric == "total_calls"} == {(1, 3, 5, 7)}


def test_a_column_that_claims_lack_is_still_in_the_estimates() -> None:
    families = {one.name: one for one in program(MODEL, {"claims": ["service_code"]}).families}
    assert "service_code" in families["cost_estimates"].dimensions


def test_missing_columns_are_named_and_the_rest_is_scanned() -> None:
    lacking = program(MODEL, {"call_center": ["channel"], "digital_interactions": ["error_code"]})
    dimensions = {name for family in lacking.families for name in family.dimensions}
    assert not {"call_channel", "error_code"} & dimensions
    assert {"call_topic", "journey"} <= dimensions


@pytest.mark.usefixtures("shallow")
def test_the_command_prints_what_the_role_may_see(
    tiny_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ui.cli import app

    monkeypatch.setenv("COMMAND_CENTER_VAR", str(tmp_path))
    run = CliRunner().invoke(app, ["scout", "--warehouse", str(tiny_warehouse), "--json"])
    assert run.exit_code == 0, run.output
    shown = json.loads(run.stdout.splitlines()[-1])
    assert shown["as_of"] == "2026-10-29"
    assert all(entry["members"] >= 11 for entry in shown["incidents"])


def test_another_company_is_scanned_by_its_own_model(tmp_path: Path) -> None:
    from semantic.company import open_company
    from tests.data.insurance.make import write

    write(tmp_path / "insurance.duckdb")
    settings = Settings(var=tmp_path / "var")
    company = open_company(INSURANCE / "model", tmp_path / "insurance.duckdb", settings)
    with closing(company.door(AuditLog.of(settings))) as opened:
        found = run_scout(opened, company.model, company.settings)
    assert {scanned.metric for scanned in found.scanned} & company.model.metrics.keys()
    assert found.bound == 0.1
