"""The quality report: every measure can fail, and says by how much."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from warehouse import snapshots
from warehouse.build import build
from warehouse.errors import MissingDataError, UsageError
from warehouse.quality import report as measures_of
from warehouse.quality_report import QualityReport, quality_report
from warehouse.runner import SqlModel, read_models

Rows = list[dict[str, Any]]
Reported = Callable[..., QualityReport]
SILVER_OF = {
    "gold.calls": "call_center", "gold.digital_interactions": "digital_interactions", "gold.claims": "claims",
    "gold.surveys": "surveys", "gold.pharmacy_fills": "pharmacy", "gold.enrollments": "enrollment",
}  # fmt: skip
SUMMED = {
    "gold.calls": (
        "is_repeat", "is_negative", "is_leaked", "handle_time_minutes", "fully_loaded_cost", "avoidable_cost"
    ),
    "gold.digital_interactions": ("is_failed", "is_success"),
    "gold.claims": ("claim_amount",),
    "gold.surveys": ("nps_score",),
    "gold.pharmacy_fills": ("copay_amount",),
    "gold.enrollments": ("premium_amount",),
}  # fmt: skip
OPTIONAL = {
    "communications": [
        {"communication_id": "N1", "sent_date": "2024-11-01", "channel": "email", "topic": "Billing",
         "plan_type": "PPO", "audience_size": 10, "subject": "Bills"}
    ],
    "fixes": [
        {"fix_id": "F1", "journey": "Billing", "lever": "Digital", "title": "Pay", "owner": "O", "effort_days": 1,
         "go_live_date": "2024-11-01", "calls_before": 2, "calls_after": 1, "cost": 3, "cx_lift": 0}
    ],
}  # fmt: skip


@pytest.fixture
def reported(tmp_path: Path) -> Reported:
    """The report of the test's own warehouse."""

    def read(source_table: str = "") -> QualityReport:
        warehouse = tmp_path / "warehouse"
        return quality_report(snapshots.current(warehouse), snapshots.history(warehouse), source_table)

    return read


@pytest.fixture
def altered(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, str]], None]:
    """Wraps the SELECT of models, `{}` in a query, and lifts the checks that would stop such a build."""

    def alter(queries: dict[str, str]) -> None:
        def read() -> list[SqlModel]:
            return [
                replace(m, select=queries[m.table].format(f"({m.select})")) if m.table in queries else m
                for m in read_models()
            ]

        monkeypatch.setattr("warehouse.build.read_models", read)
        monkeypatch.setattr("warehouse.assembly.checks_of", lambda _model, _scope: [])

    return alter


def failing(report: QualityReport) -> dict[tuple[str, str, str], float]:
    return {(m.source_table, m.measure, m.column): m.value for m in report.measures if not m.ok}


def test_sound_sources_hold_every_target(tables, written, built, reported):
    tables["enrollment"][0]["enrollment_date"] = "2024-11-01"
    built(written(tables))
    report = reported()
    assert failing(report) == {}
    assert report.ok
    calls = next(t for t in report.tables if t.source_table == "call_center")
    assert (calls.received, calls.in_silver, calls.refused, calls.accepted_share) == (2, 2, 0, 1.0)
    assert (calls.last_day, calls.days_behind) == (date(2024, 11, 5), 0)
    assert report.failures().tables == report.failures().layers == report.failures().measures == []


def refuse_a_row(tables: dict[str, Rows]) -> None:
    tables["claims"].append(tables["claims"][0] | {"claim_id": "K2", "claim_amount": "-1"})


def test_what_is_wrong_with_a_source_fails_its_measures_and_no_other(tables, written, built, reported):
    refuse_a_row(tables)
    tables["members"][0]["plan_type"] = "Gold"
    tables["call_center"].append(dict(tables["call_center"][0]))
    tables["digital_interactions"].append(
        tables["digital_interactions"][0] | {"interaction_id": "D2", "member_id": "M404"}
    )
    tables["surveys"][0]["related_call_id"] = "C404"
    tables["pharmacy-2"] = [{"rx_id": "R2", "member_id": "M1"}]
    tables["enrollment"][0]["enrollment_date"] = "2024-10-28"
    built(written(tables))
    report = reported()
    assert failing(report) == {
        ("claims", "accepted_share", ""): 0.5,
        ("claims", "rows_refused", ""): 1,
        ("members", "unlisted_values", "plan_type"): 1,
        ("call_center", "rows_repeated", ""): 1,
        ("digital_interactions", "accepted_share", ""): 0.5,
        ("digital_interactions", "rows_refused", ""): 1,
        ("digital_interactions", "unknown_members", ""): 1,
        ("surveys", "unknown_calls", ""): 1,
        ("pharmacy", "files_refused", ""): 1,
        ("enrollment", "days_behind", ""): 8,
    }
    assert not report.ok
    assert [file.refused for file in report.failures().files] == ["missing_columns"]
    assert reported("claims").failures().quarantine == reported("claims").quarantine


def test_rows_that_repeat_or_correct_another_are_deduplicated_and_not_refused(tables, written, built, reported):
    tables["claims"] += [tables["claims"][0], tables["claims"][0] | {"claim_amount": "7"}]
    tables["members_2024-11-01"] = [tables["members"][0]]
    built(written(tables))
    claims, members = (t for t in reported().tables if t.source_table in ("claims", "members"))
    assert (claims.received, claims.in_silver, claims.deduplicated, claims.refused) == (3, 1, 2, 0)
    assert (claims.accepted_share, claims.quarantined) == (1.0, 2)
    assert (members.received, members.in_silver, members.deduplicated, members.quarantined) == (4, 3, 1, 0)
    values = {m.measure: m.value for m in reported("claims").measures if m.area == "duplicates"}
    assert values == {"rows_deduplicated": 2, "rows_repeated": 0, "rows_corrected": 2}


def test_missing_values_and_quarantine_are_counted_where_they_are(tables, written, built, reported):
    good = tables["claims"][0]
    tables["claims"] += [
        good | {"claim_id": "K2", "claim_date": "2024-13-01"},
        good | {"claim_id": "K3", "claim_date": "soon", "approval_time_days": ""},
        good | {"claim_id": "K4", "denial_reason": "Coding"},
    ]
    source = written(tables)
    with (source / "claims.csv").open("a") as stream:
        stream.write("K5,M1,2024-11-01\n")
    built(source)
    report = reported("claims")
    missing = {m.column: m.value for m in report.measures if m.area == "nulls"}
    assert (missing["approval_time_days"], missing["denial_reason"], missing["claim_amount"]) == (0.25, 0.75, 0)
    found = [(q.reason, q.column, q.rows, q.file, q.row, q.line) for q in report.quarantine]
    assert found == [
        ("bad_date", "claim_date", 2, "claims.csv", 2, None),
        ("unparseable", "", 1, "claims.csv", None, 6),
    ]
    stored = {(m.measure, m.column): m.value for m in report.measures if m.area == "quarantine"}
    assert stored == {("bad_date", "claim_date"): 2, ("unparseable", ""): 1}


def test_bad_traces_are_one_group_a_reason_and_field_with_the_line_of_the_first(tables, written, built, reported):
    source = written(tables)
    bodiless = '{"traceId": "t%s", "spans": [{"spanId": "a", "attributes": {"request.body": "{"}}]}'
    rootless, forked = '{"traceId": "t"}', '{"traceId": "t", "spans": [{"spanId": "a"}, {"spanId": "b"}%s]}'
    bad = [
        *(bodiless % number for number in range(11)),
        rootless,
        rootless,
        "{",
        forked % "",
        forked % ', {"spanId": "c"}',
    ]
    (source / "cost_estimates.jsonl").write_text("".join(line + "\n" for line in bad))
    built(source)
    found = [(q.reason, q.column, q.rows, q.line) for q in reported("cost_estimates").quarantine]
    assert found == [
        ("broken_body", "request.body", 11, 1),
        ("missing_span", "", 2, 12),
        ("two_roots", "", 2, 15),
        ("broken_json", "", 1, 14),
    ]


def test_a_sum_that_gold_does_not_have_fails_on_its_own_column(tables, written, built, altered, reported):
    tables["enrollment"][0]["enrollment_date"] = "2024-11-01"
    more = {t: ", ".join(f"{c} + 1 AS {c}" for c in columns) for t, columns in SUMMED.items()}
    altered({table: f"SELECT * REPLACE ({columns}) FROM {{}}" for table, columns in more.items()})
    built(written(tables))
    report = reported()
    rows = {t.source_table: float(t.in_silver) for t in report.tables}
    expected = {
        (SILVER_OF[table], "silver_less_gold", column): rows[SILVER_OF[table]]
        for table, columns in SUMMED.items()
        for column in columns
    }
    assert failing(report) == expected
    calls = next(layer for layer in report.layers if layer.source_table == "call_center")
    cost = next(s for s in calls.sums if s.column == "fully_loaded_cost")
    assert (cost.silver, cost.gold, cost.difference, cost.ok, calls.ok) == (40.0, 42.0, 2.0, False, False)


def test_differences_of_two_days_do_not_cancel_out(tables, written, built, altered, reported):
    tables["claims"].append(tables["claims"][0] | {"claim_id": "K2", "claim_date": "2024-11-02"})
    amount = "CASE claim_id WHEN 'K1' THEN claim_amount + 5 ELSE claim_amount - 5 END AS claim_amount"
    altered({"gold.claims": f"SELECT * REPLACE ({amount}) FROM {{}}"})
    built(written(tables))
    sums = next(layer.sums for layer in reported("claims").layers)
    assert [(s.silver, s.gold, s.difference, s.ok) for s in sums] == [(201.0, 201.0, 10.0, False)]


def test_a_layer_that_loses_rows_fails(tables, written, built, altered, reported):
    tables["enrollment"][0]["enrollment_date"] = "2024-11-01"
    tables |= OPTIONAL
    nothing = "SELECT * FROM {} WHERE false"
    altered(
        dict.fromkeys((*SILVER_OF, "gold.members", "gold.communications", "gold.fixes"), nothing)
        | {"silver.claims": nothing, "silver.members": "SELECT * FROM {} WHERE member_id <> 'M3'"}
    )
    built(written(tables))
    wrong = {key: value for key, value in failing(reported()).items() if key[1] != "silver_less_gold"}
    gold = {"members", "communications", "fixes", *SILVER_OF.values()} - {"claims"}
    assert wrong == {(table, "gold_rows", ""): 0 for table in gold} | {
        ("claims", "silver_rows", ""): 0,
        ("claims", "rows_lost", ""): 1,
        ("members", "silver_rows", ""): 2,
        ("members", "rows_lost", ""): 1,
    }


def test_targets_are_settings(tables, written, tmp_path, settings, reported):
    refuse_a_row(tables)
    source, rules = written(tables), settings.rules
    wanted = rules.model_copy(update={"completeness_target": 0.5, "freshness_days": 249})
    build(source, tmp_path / "warehouse", settings.model_copy(update={"rules": wanted}))
    assert (reported().ok, reported().target) == (True, 0.5)
    stricter = rules.model_copy(update={"completeness_target": 0.51, "freshness_days": 248})
    build(source, tmp_path / "warehouse", settings.model_copy(update={"rules": stricter}))
    assert {m for _, m, _ in failing(reported())} == {"accepted_share", "rows_refused", "days_behind"}


def test_history_follows_the_kept_snapshots_of_all_tables_or_of_one(tables, written, plain, built, reported):
    refuse_a_row(tables)
    built(written(tables))
    newest, oldest = reported().history
    assert (oldest.received, oldest.quarantined, oldest.accepted_share) == (10, 0, 1.0)
    assert (newest.quarantined, newest.accepted_share) == (2, pytest.approx(1 - 1 / newest.received))
    claims = reported("claims").history
    assert [(h.received, h.quarantined, h.accepted_share) for h in claims] == [
        (3, 2, pytest.approx(2 / 3)),
        (1, 0, 1.0),
    ]


def test_an_unknown_table_and_a_snapshot_without_the_measures_are_said_so(
    plain, reported, monkeypatch: pytest.MonkeyPatch
):
    with pytest.raises(UsageError, match="claims, digital_interactions"):
        reported("claim")
    monkeypatch.setattr(
        "warehouse.quality_report.report",
        lambda snapshot: [m for m in measures_of(snapshot) if m.area in ("completeness", "nulls")],
    )
    with pytest.raises(MissingDataError, match="without the quality report"):
        reported()
