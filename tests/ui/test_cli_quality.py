"""The quality report on the command line, over sources that the generator spoiled."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import pytest

from ui.quality_view import sparkline
from warehouse.build import build
from warehouse.settings import Settings

DIRTY = {
    "claims": ("claim_date", "claim_amount"),
    "call_center": ("call_date", "handle_time_minutes"),
    "digital_interactions": ("interaction_date", "session_duration_seconds"),
    "pharmacy": ("fill_date", "copay_amount"),
}


@pytest.fixture(scope="session")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The tiny company with bad rows: sources, warehouse."""
    from generator.generate import generate

    folder = tmp_path_factory.mktemp("dirty")
    generate("tiny", folder / "sources", seed=7, as_of=date(2026, 10, 29), truth=folder / "truth", dirt=True)
    shutil.move(next((folder / "sources").glob("cost_estimates*")), folder)  # traces have a test of their own
    build(folder / "sources", folder / "warehouse", Settings(var=folder / "var"))
    return folder / "sources", folder / "warehouse"


def spoiled(sources: Path) -> dict[tuple[str, str, str], int]:
    """What is bad in the files themselves: rows by table, reason and column."""
    found: Counter[tuple[str, str, str]] = Counter()
    for table, (day, number) in DIRTY.items():
        (file,) = sources.glob(f"{table}.csv*")
        rows = duckdb.execute(f"FROM read_csv('{file}', all_varchar = true)")
        names = [column[0] for column in rows.description]
        seen: set[str] = set()
        for values in rows.fetchall():
            row = dict(zip(names, values, strict=True))
            found[table, "bad_date", day] += row[day] == "2026-13-45"
            found[table, "negative_value", number] += float(row[number] or 0) < 0
            found[table, "unknown_member", "member_id"] += (
                row["member_id"].endswith("99") and row["member_id"][2] == "9"
            )
            found[table, "duplicate", names[0]] += row[names[0]] in seen
            seen.add(row[names[0]])
    return dict(found)


def test_the_report_counts_what_the_generator_spoiled(command_center, dirty):
    sources, warehouse = dirty
    done = command_center("quality", "--json", "--warehouse", warehouse)
    (report,) = done.objects()
    bad = spoiled(sources)
    assert {(q["source_table"], q["reason"], q["column"]): q["rows"] for q in report["quarantine"]} == bad
    assert set(bad.values()) == {5}
    for table in report["tables"]:
        dirt = table["source_table"] in DIRTY
        assert (table["refused"], table["deduplicated"], table["quarantined"]) == (
            (15, 5, 20) if dirt else (0, 0, 0)
        )
        assert table["received"] == table["in_silver"] + table["refused"] + table["deduplicated"]
        assert table["unknown_members"] == (5 if dirt else 0)
        assert table["accepted_share"] == pytest.approx(1 - table["refused"] / table["received"])
    assert list(report) == [
        "snapshot", "as_of", "target", "ok", "tables", "layers", "measures", "quarantine", "files", "history"
    ]  # fmt: skip
    assert (report["target"], report["ok"], done.code) == (0.995, True, 0)
    assert all(
        layer["ok"] and layer["lost"] == 0 and layer["silver"] == layer["gold"] for layer in report["layers"]
    )
    assert {s["column"] for layer in report["layers"] for s in layer["sums"]} >= {
        "is_repeat", "is_negative", "is_leaked", "fully_loaded_cost", "is_failed", "claim_amount", "copay_amount",
        "premium_amount",
    }  # fmt: skip


def test_bad_traces_are_counted_too(command_center, dirty, tmp_path):
    sources, warehouse = dirty
    shutil.copytree(sources, tmp_path / "sources")
    shutil.copy(next(warehouse.parent.glob("cost_estimates*")), tmp_path / "sources")
    build(tmp_path / "sources", tmp_path / "warehouse", Settings(var=tmp_path / "var"))
    (report,) = command_center("quality", "--json", "--warehouse", tmp_path / "warehouse").objects()
    (traces,) = (table for table in report["tables"] if table["source_table"] == "cost_estimates")
    bad = [q for q in report["quarantine"] if q["source_table"] == "cost_estimates"]
    assert traces["refused"] > 0
    assert traces["received"] == traces["in_silver"] + traces["refused"] + traces["deduplicated"]
    assert sum(q["rows"] for q in bad) == traces["quarantined"]


def test_people_see_it_without_any_value_of_a_row(command_center, dirty):
    _, warehouse = dirty
    done = command_center("quality", "--warehouse", warehouse)
    assert done.code == 0
    for shown in ("99.50%", "bad_date", "claims.csv", "2026-10-29", "fully_loaded_cost", "Every target holds."):
        assert shown in done.out
    for value in ("2026-13-45", "-7.5", "-LATE-", "M-9"):
        assert value not in done.out
        assert value not in command_center("quality", "--json", "--warehouse", warehouse).out
    one = command_center("quality", "--source", "claims", "--warehouse", warehouse)
    assert "claims.csv" in one.out
    assert "call_center" not in one.out


def test_a_stricter_target_ends_with_exit_code_1_and_only_the_failures(
    command_center, dirty, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    sources, _ = dirty
    settings = Settings(var=tmp_path / "var")
    rules = settings.rules.model_copy(update={"completeness_target": 0.999})
    build(sources, tmp_path / "warehouse", settings.model_copy(update={"rules": rules}))
    done = command_center("quality", "--json", "--failures-only", "--warehouse", tmp_path / "warehouse")
    (report,) = done.objects()
    assert (done.code, report["ok"], report["target"]) == (1, False, 0.999)
    assert {t["source_table"] for t in report["tables"]} == {"claims", "pharmacy"}
    assert {m["measure"] for m in report["measures"]} == {
        "accepted_share", "rows_refused", "rows_repeated", "unknown_members"
    }  # fmt: skip
    assert {q["source_table"] for q in report["quarantine"]} == {"claims", "pharmacy"}
    assert report["layers"] == report["files"] == []
    for options, code in (((), 1), (("--source", "call_center"), 0)):
        assert command_center("quality", "--warehouse", tmp_path / "warehouse", *options).code == code


def test_a_wrong_table_or_snapshot_is_said_so(command_center, dirty):
    _, warehouse = dirty
    wrong = command_center("quality", "--source", "calls", "--warehouse", warehouse)
    assert (wrong.code, "call_center" in wrong.err) == (2, True)
    assert command_center("quality", "--snapshot", "20200101", "--warehouse", warehouse).code == 4


def test_a_sparkline_runs_from_its_lowest_to_its_highest_number():
    assert sparkline([0.99, 1.0, 0.995]) == "▁█▅"
    assert sparkline([5.0, 5.0]) == "▁▁"
    assert sparkline([]) == ""
    assert sparkline([0, 4], "_#") == "_#"
