"""What a build does as a whole: any folder of the contract, checks that block, rules that reach every number."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from warehouse import checks, snapshots
from warehouse.build import build
from warehouse.errors import MissingDataError
from warehouse.quality import report as quality_report
from warehouse.runner import SqlModel
from warehouse.settings import Settings


def as_parquet(csv: Path, target: Path, *, text: bool = False) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"COPY (FROM read_csv('{csv}', all_varchar = {text})) TO '{target}' (FORMAT parquet)")
    csv.unlink()


def test_the_same_rows_as_csv_parts_gzip_or_parquet_make_the_same_tables(
    valid_sources: Path, plain, ask, tmp_path, settings
):
    calls = ask("SELECT * EXCLUDE (transcript) FROM gold.calls ORDER BY call_id")
    as_parquet(valid_sources / "digital_interactions.csv", valid_sources / "digital_interactions-000.parquet")
    as_parquet(valid_sources / "members.csv", valid_sources / "members" / "part-0.parquet", text=True)
    lines = (valid_sources / "call_center.csv").read_text().splitlines()
    (valid_sources / "call_center.csv").write_text("\n".join(lines[:2]))
    (valid_sources / "Call_Center_2024-11-06.csv").write_text("\ufeff" + "\n".join([lines[0], lines[2]]))
    (valid_sources / "call_centers_notes.txt").write_text("not a table")
    (valid_sources / "providers.csv").write_text("a,b\n1,2\n")
    report = build(valid_sources, tmp_path / "other", settings)
    assert ask("SELECT * EXCLUDE (transcript) FROM gold.calls ORDER BY call_id", tmp_path / "other") == calls
    assert report.ignored_files == ["call_centers_notes.txt", "providers.csv"]
    assert report.quarantine == {}


def test_columns_that_the_contract_does_not_list_are_named_and_left_out(valid_sources: Path, built, ask):
    lines = (valid_sources / "surveys.csv").read_text().splitlines()
    (valid_sources / "surveys.csv").write_text(f"{lines[0]}, Mood's ,\n{lines[1]},x,y\n")
    report = built(valid_sources)
    assert [s["unknown_columns"] for s in report.sources if s["table"] == "surveys"] == [["mood's", "unnamed_10"]]
    assert ask("SELECT nps_score FROM gold.surveys") == [(9,)]


def test_missing_optional_columns_and_files_read_as_unknown_and_are_listed(valid_sources: Path, plain, ask):
    report = plain
    assert "language" in report.missing_columns["members"]
    assert report.missing_columns["call_center"] == [
        "sentiment_score", "agent_id", "agent_team", "ivr_path", "queue_wait_seconds", "transcript", "channel",
    ]  # fmt: skip
    assert ask("SELECT DISTINCT language, agent_team, call_channel, sentiment_score FROM gold.calls") == [
        ("Unknown", "Unknown", "Unknown", None)
    ]
    assert ask("SELECT platform, error_code FROM gold.digital_interactions") == [("Unknown", None)]
    assert ask("SELECT denial_reason, prior_auth_required FROM gold.claims") == [("Unknown", "Unknown")]
    manifest = snapshots.current(valid_sources.parent / "warehouse").manifest
    assert manifest["missing_files"] == ["communications", "fixes", "cost_estimates"]


def test_a_second_build_of_the_same_inputs_does_nothing(valid_sources: Path, plain, built, settings, tmp_path):
    first = plain
    second = built(valid_sources)
    assert (first.published, second.published) == (True, False)
    assert second.snapshot == first.snapshot
    again = build(valid_sources, tmp_path / "warehouse", settings, full=True)
    assert again.published
    assert again.snapshot != first.snapshot
    assert again.tables == first.tables


def test_a_whole_folder_adds_to_its_own_company_and_replaces_another(
    tables, written, plain, built, ask, tmp_path, settings
):
    tables["call_center"].append(tables["call_center"][0] | {"call_id": "C3"})
    build(written(tables), tmp_path / "warehouse", settings, whole=True)
    calls = "SELECT call_id FROM gold.calls ORDER BY ALL"
    assert ask(calls) == [("C1",), ("C2",), ("C3",)]
    tables["call_center"] = [tables["call_center"][0] | {"call_id": "C9"}]
    for path in written(tables).iterdir():
        path.write_text(path.read_text() + "\n")
    built(tmp_path / "sources")
    assert ask(calls) == [("C1",), ("C2",), ("C3",), ("C9",)]
    for path in (tmp_path / "sources").iterdir():
        path.write_text(path.read_text() + "\n")
    build(tmp_path / "sources", tmp_path / "warehouse", settings, whole=True)
    assert ask(calls) == [("C9",)]


def test_a_changed_rule_reaches_every_number_and_changing_it_back_serves_the_kept_snapshot(
    valid_sources: Path, plain, built, ask, settings: Settings, tmp_path
):
    first = plain
    rules = settings.rules.model_copy(
        update={"planning_cost_per_call": 10.0, "cost_per_call": 1.0, "cost_per_minute": 2.0,
                "leakage_window_minutes": 10, "high_handle_time_minutes": 9.0}
    )  # fmt: skip
    figures = (
        "SELECT sum(planning_cost), sum(fully_loaded_cost), sum(is_leaked), sum(is_leaked_24h), "
        "sum(avoidable_cost), sum(is_high_handle_time) FROM gold.calls"
    )
    assert ask(figures) == [(16.0, 40.0, 1, 1, 8.0, 0)]
    assert ask("SELECT estimated_savings FROM gold.top_opportunities WHERE journey = 'Billing'") == [
        (8 / 7 * 365,)
    ]
    changed = build(valid_sources, tmp_path / "warehouse", settings.model_copy(update={"rules": rules}))
    assert changed.snapshot != first.snapshot
    assert ask(figures) == [(20.0, 42.0, 0, 1, 0.0, 2)]
    assert built(valid_sources).snapshot == first.snapshot
    assert ask(figures) == [(16.0, 40.0, 1, 1, 8.0, 0)]


def test_a_failing_check_publishes_nothing_and_says_which_rows(
    tables, written, plain, built, ask, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    first = plain
    real = checks.checks_of

    def stricter(model: SqlModel, scope: dict[str, str]) -> list[checks.Check]:
        extra = checks.Check("no_short_calls", model.table, "SELECT call_id FROM gold.calls WHERE call_id = 'C1'")
        return real(model, scope) + ([extra] if model.table == "gold.calls" else [])

    monkeypatch.setattr("warehouse.assembly.checks_of", stricter)
    tables["call_center"][0]["handle_time_minutes"] = "11"
    with pytest.raises(MissingDataError, match=r"no_short_calls found 1 bad row.* gold\.calls") as failure:
        built(written(tables))
    assert failure.value.exit_code == 4
    assert "C1" not in str(failure.value)
    kept = tmp_path / "warehouse" / "failed-build.json"
    assert json.loads(kept.read_text())["rows"] == [{"call_id": "C1"}]
    assert kept.stat().st_mode & 0o077 == 0
    assert snapshots.current(tmp_path / "warehouse").id == first.snapshot
    assert not list((tmp_path / "warehouse").glob(".staging-*"))
    monkeypatch.undo()
    built(written(tables))
    assert not kept.exists()


def test_a_partial_last_day_is_not_today(tables, written, built, ask, tmp_path):
    call = tables["call_center"][0]
    days = [f"2024-11-{day:02}" for day in range(1, 11)]
    tables["call_center"] = [
        call | {"call_id": f"{day}-{n}", "call_date": day, "call_timestamp": f"{day} 08:00:00"}
        for day in days
        for n in range(60 if day != days[-1] else 29)
    ]
    report = built(written(tables))
    assert report.as_of.isoformat() == "2024-11-09"
    assert snapshots.current(tmp_path / "warehouse").manifest["partial_day"] == "2024-11-10"
    assert ask("SELECT max(day), count(*) FROM gold.data_days")[0][1] == 9
    tables["call_center"].append(
        call | {"call_id": "X", "call_date": days[-1], "call_timestamp": f"{days[-1]} 09:00:00"}
    )
    assert built(written(tables)).as_of.isoformat() == "2024-11-10"


@pytest.mark.parametrize("calls_a_day", [50, 12])
def test_a_stray_row_in_the_far_future_is_not_today(calls_a_day, tables, written, built, tmp_path):
    call = tables["call_center"][0]
    tables["call_center"] = [
        call
        | {
            "call_id": f"{day}-{n}",
            "call_date": f"2024-11-{day:02}",
            "call_timestamp": f"2024-11-{day:02} 08:00:00",
        }
        for day in range(1, 11)
        for n in range(calls_a_day)
    ]
    tables["call_center"].append(
        call | {"call_id": "X", "call_date": "2031-01-01", "call_timestamp": "2031-01-01 09:00:00"}
    )
    assert built(written(tables)).as_of.isoformat() == "2024-11-10"
    manifest = snapshots.current(tmp_path / "warehouse").manifest
    assert (manifest["partial_day"], manifest["latest_event"][:10]) == (None, "2024-11-10")


def test_days_after_a_long_pause_are_days_of_data(tables, written, built):
    call = tables["call_center"][0]
    tables["call_center"] = [
        call | {"call_id": f"{day}-{n}", "call_date": day, "call_timestamp": f"{day} 08:00:00"}
        for day in ("2024-01-02", "2024-11-04", "2024-11-05")
        for n in range(4)
    ]
    assert built(written(tables)).as_of.isoformat() == "2024-11-05"


def test_a_quiet_warehouse_has_no_partial_day(plain):
    assert plain.as_of.isoformat() == "2024-11-05"


def test_the_quality_report_names_what_is_wrong(tables, written, built, tmp_path):
    tables["call_center"] += [
        tables["call_center"][0],
        tables["call_center"][0] | {"call_id": "C9", "member_id": "M404"},
    ]
    tables["members"][2]["plan_type"] = "Gold"
    built(written(tables))
    found = quality_report(snapshots.current(tmp_path / "warehouse"))
    wrong = {(m.area, m.source_table, m.measure, m.column): m.value for m in found if not m.ok}
    assert wrong == {
        ("completeness", "call_center", "accepted_share", ""): 0.75,
        ("completeness", "call_center", "rows_refused", ""): 1.0,
        ("duplicates", "call_center", "rows_repeated", ""): 1.0,
        ("freshness", "enrollment", "days_behind", ""): 249.0,
        ("integrity", "call_center", "unknown_members", ""): 1.0,
        ("values", "members", "unlisted_values", "plan_type"): 1.0,
    }
    missing = {(m.source_table, m.column): m.value for m in found if m.area == "nulls"}
    assert missing["claims", "denial_reason"] == 1.0
    assert missing["claims", "claim_amount"] == 0.0
    assert {m.value for m in found if m.measure == "rows_lost"} == {0.0}


def test_a_source_folder_that_does_not_exist_is_said_so(built, tmp_path):
    with pytest.raises(MissingDataError, match="does not exist"):
        built(tmp_path / "nowhere")
