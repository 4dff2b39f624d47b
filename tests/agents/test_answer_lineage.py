"""From an answer to its columns and source files, whoever asked, without what they asked for."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pytest

from agents.lineage import lineage_of
from warehouse import snapshots
from warehouse.errors import UsageError
from warehouse.principal import Principal


def test_an_answer_names_its_gold_columns_sources_and_files(ask, assistant, tiny_warehouse):
    answer = ask("Leakage rate by plan type last 7 days")
    report = lineage_of(answer.answer_id, tiny_warehouse, assistant.answers)
    assert report.kind == "answer"
    assert [root.rpartition(".")[2] for root in report.roots] == [column.name for column in answer.columns]
    ends = report.ends_of_kind("source")
    assert ends["digital_interactions.outcome"] == ends["members.plan_type"] == "value"
    assert {file.table for file in report.files} == {"call_center", "digital_interactions", "members"}
    known = {source["sha256"] for source in snapshots.current(tiny_warehouse).manifest["sources"]}
    assert {file.sha256 for file in report.files} <= known


def test_an_answer_about_surveys_names_no_file_of_claims(ask, assistant, tiny_warehouse):
    report = lineage_of(ask("NPS last month").answer_id, tiny_warehouse, assistant.answers)
    assert {file.table for file in report.files} == {"surveys", "members"}


def test_every_part_of_an_answer_is_traced(ask, assistant, tiny_warehouse):
    for question in (
        "What should we fix first?",
        "Why did leaked calls change last week?",
        "Calls per day last week",
    ):
        answer = ask(question)
        report = lineage_of(answer.answer_id, tiny_warehouse, assistant.answers)
        assert report.ends_of_kind("source"), question
        assert report.files, question


def test_the_days_asked_for_and_those_around_them_are_said(ask, assistant, tiny_warehouse):
    answer = ask("Repeat calls from 2026-10-10 to 2026-10-12")
    report = lineage_of(answer.answer_id, tiny_warehouse, assistant.answers)
    assert str(date(2026, 10, 3)) in " ".join(report.notes)
    assert str(date(2026, 10, 19)) in " ".join(report.notes)


def test_a_filter_value_of_an_answer_is_not_shown(ask, assistant, tiny_warehouse):
    answer = ask("Leaked calls for At Risk members last week")
    assert "At Risk" in answer.sql
    report = lineage_of(answer.answer_id, tiny_warehouse, assistant.answers)
    assert "At Risk" not in json.dumps(report.document())


def test_a_person_traces_only_answers_of_their_own(ask, assistant, tiny_warehouse, executive):
    answer = ask("NPS last month")
    assert lineage_of(answer.answer_id, tiny_warehouse, assistant.answers, executive).files
    with pytest.raises(UsageError):
        lineage_of(answer.answer_id, tiny_warehouse, assistant.answers, Principal("mallory", "executive"))


def test_an_answer_without_sql_says_so(ask, assistant, tiny_warehouse):
    report = lineage_of(ask("Hello").answer_id, tiny_warehouse, assistant.answers)
    assert not report.files
    assert report.notes


def test_when_the_snapshot_is_gone_the_files_of_the_present_one_are_named(
    ask, assistant, tiny_warehouse, tmp_path
):
    answer = ask("NPS last month")
    gone = shutil.copytree(tiny_warehouse, tmp_path / "gone")
    (gone / "snapshots" / answer.snapshot / "manifest.json").unlink()
    report = lineage_of(answer.answer_id, gone, assistant.answers)
    assert answer.snapshot in report.notes[0]
    assert not report.files
    other = shutil.copytree(tiny_warehouse, tmp_path / "other")
    found = snapshots.current(other)
    manifest = {**found.manifest, "snapshot": "20991231-00000000", "segments": []}
    renamed = found.gold_path.parent.rename(other / "snapshots" / "20991231-00000000")
    for path in (found.gold_path, found.lake_path, found.shared_path):
        (renamed / path.name).rename(renamed / path.name.replace(found.id, "20991231-00000000"))
    manifest["bytes"] = {
        name.replace(found.id, "20991231-00000000"): size for name, size in manifest["bytes"].items()
    }
    (renamed / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (other / "CURRENT").write_text("20991231-00000000", encoding="utf-8")
    report = lineage_of(answer.answer_id, other, assistant.answers)
    assert "no longer kept" in report.notes[0]
    assert {file.table for file in report.files} == {"surveys", "members"}
