"""Kept snapshots and changes on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

LAST_WEEK = "How many calls did we get last week?"
DAYS = "SELECT COUNT(*) AS days, MAX(day) AS last FROM gold.data_days"


@pytest.fixture
def two_to_change(two_days: tuple[Path, str, str], tmp_path: Path) -> tuple[Path, str, str]:
    """A copy of them to change."""
    path, older, newer = two_days
    return Path(shutil.copytree(path, tmp_path / "warehouse")), older, newer


def test_ask_answers_from_a_kept_snapshot_with_its_day_period_and_values(command_center, two_days):
    path, older, newer = two_days
    found = {}
    for wanted in ("", older, newer[:-2], "2026-10-15"):
        options = ["--snapshot", wanted] if wanted else []
        done = command_center("ask", LAST_WEEK, "--json", "--warehouse", path, *options)
        assert done.code == 0
        (found[wanted],) = done.objects()
    assert [(o["snapshot"], o["as_of"]) for o in found.values()] == [
        (newer, "2026-10-29"), (older, "2026-10-15"), (newer, "2026-10-29"), (older, "2026-10-15"),
    ]  # fmt: skip
    assert found[""]["rows"] == found[newer[:-2]]["rows"] != found[older]["rows"] == found["2026-10-15"]["rows"]
    periods = [o["semantic_query"]["time"]["end"] for o in (found[older], found[""])]
    assert periods[0] < "2026-10-15" < periods[1]


def test_sql_and_savings_read_a_kept_snapshot(command_center, two_days):
    path, older, newer = two_days
    for wanted, last in ((older, "2026-10-15"), (newer, "2026-10-29")):
        chosen = ("--snapshot", wanted, "--json", "--warehouse", path)
        (rows,) = command_center("sql", DAYS, *chosen).objects()
        assert (rows["snapshot"], rows["rows"][0][1]) == (wanted, last)
        (answer,) = command_center("savings", "--journey", "Billing", *chosen).objects()
        assert (answer["snapshot"], answer["as_of"]) == (wanted, last)


@pytest.mark.parametrize("command", [("ask", LAST_WEEK), ("sql", DAYS), ("savings", "--journey", "Billing")])
def test_an_unknown_snapshot_ends_with_the_kept_ones(command_center, two_days, command):
    path, older, newer = two_days
    done = command_center(*command, "--snapshot", "20260101-ffffffff", "--json", "--warehouse", path)
    assert done.code == 4
    assert all(name in done.err for name in (older, newer, "build.keep_snapshots"))


def test_the_list_of_snapshots_for_people_and_for_scripts(command_center, two_days):
    path, older, newer = two_days
    (lines,) = command_center("snapshots", "--json", "--warehouse", path).objects()
    assert [(line["id"], line["as_of"], line["served"]) for line in lines] == [
        (newer, "2026-10-29", True),
        (older, "2026-10-15", False),
    ]
    spoken = command_center("snapshots", "--warehouse", path)
    assert spoken.code == 0
    assert all(name in spoken.out for name in (older, f"Served: {newer}", "build.keep_days"))
    assert command_center("snapshots", "--warehouse", path / "nowhere").code == 4


def test_serving_an_earlier_snapshot_changes_what_is_answered(command_center, two_to_change):
    path, older, newer = two_to_change
    (done,) = command_center("snapshots", "--serve", "2026-10-15", "--json", "--warehouse", path).objects()
    assert (done["snapshot"], done["before"], done["as_of"]) == (older, newer, "2026-10-15")
    assert done["later_files"] > 0
    (answer,) = command_center("ask", LAST_WEEK, "--json", "--warehouse", path).objects()
    assert answer["snapshot"] == older
    assert newer in command_center("snapshots", "--serve", newer[:-1], "--warehouse", path).out
    assert command_center("snapshots", "--serve", "nope", "--warehouse", path).code == 4


def test_the_summary_of_changes_for_people_and_for_scripts(command_center, two_days):
    path, older, newer = two_days
    (found,) = command_center("changes", "--json", "--from", older, "--warehouse", path).objects()
    assert (found["from"], found["to"]) == (older, newer)
    by_table = {table["table"]: table for table in found["tables"]}
    assert by_table["gold.data_days"]["inserted"] > 0
    assert by_table["silver.journeys"]["updated"] == 0
    spoken = command_center("changes", "--from", older, "--warehouse", path)
    assert spoken.code == 0
    assert "gold.data_days" in spoken.out
    assert "silver.journeys" not in spoken.out


def test_rows_of_changes_are_for_the_data_engineer(command_center, two_days, tmp_path):
    path, older, _ = two_days
    chosen = ("--from", older, "--table", "gold.calls", "--warehouse", path)
    denied = command_center("changes", *chosen)
    assert (denied.code, denied.out) == (3, "")
    assert "member_rows" in denied.err
    (found,) = command_center("changes", *chosen, "--role", "data_engineer", "--limit", 3, "--json").objects()
    assert (len(found["rows"]), found["truncated"]) == (3, True)
    assert [column["name"] for column in found["columns"]][:4] == [
        "_change_type", "_changed_columns", "_from_snapshot", "_to_snapshot",
    ]  # fmt: skip
    file = tmp_path / "calls.csv"
    done = command_center("changes", *chosen, "--role", "data_engineer", "--csv", file, "--limit", 5)
    assert (done.code, done.out) == (0, "")
    assert file.read_text().splitlines()[0].startswith("_change_type,")
    assert command_center("changes", *chosen, "--csv", tmp_path / "no.csv").code == 3
    assert not (tmp_path / "no.csv").exists()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--csv", "x.csv"), 2),
        (("--from", "2020-01-01"), 4),
        (("--from", "2026-10-29"), 2),
        (("--table", "gold.cals", "--role", "data_engineer", "--from", "2026-10-15"), 2),
    ],
    ids=["file-without-table", "not-kept", "with-itself", "no-such-table"],
)
def test_what_cannot_be_compared_is_refused(command_center, two_days, options, code):
    path, *_ = two_days
    done = command_center("changes", *options, "--warehouse", path)
    assert (done.code, done.out) == (code, "")
