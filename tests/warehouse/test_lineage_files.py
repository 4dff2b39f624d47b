"""From a query's date filters to days, and from days to the files of the segments that hold them."""

from __future__ import annotations

from datetime import date

import pytest

from warehouse.lineage import load_lineage
from warehouse.lineage.files import Days, days_by_source, days_by_table, files_of, look_around

OPEN = Days()
FIRST_THREE = Days(date(2026, 10, 1), date(2026, 10, 3))
GUARDED = (
    "SELECT SUM(is_leaked) FROM (SELECT is_leaked, call_date FROM gold.calls) AS calls "
    "WHERE calls.call_date BETWEEN CAST('2026-10-01' AS DATE) AND CAST('2026-10-03' AS DATE) LIMIT 1001"
)
SPANS = [
    ("SELECT COUNT(*) FROM gold.calls WHERE call_date BETWEEN '2026-10-01' AND DATE '2026-10-03'", FIRST_THREE),
    (GUARDED, FIRST_THREE),
    ("SELECT 1 FROM gold.calls WHERE call_ts >= '2026-10-01 08:00:00' AND call_date <= '2026-10-03'", FIRST_THREE),
    ("SELECT 1 FROM gold.calls WHERE call_date >= '2026-10-01' AND call_date < DATE '2026-10-01' + INTERVAL 2 DAY",
     FIRST_THREE),
    ("SELECT 1 FROM gold.calls WHERE call_date = '2026-10-01' UNION ALL "
     "SELECT 1 FROM gold.calls WHERE call_date = '2026-10-03'", FIRST_THREE),
    ("SELECT 1 FROM gold.calls WHERE DATE '2026-10-02' > call_date", Days(last=date(2026, 10, 2))),
    ("SELECT 1 FROM gold.calls WHERE call_date = '2026-10-01' OR plan_type = 'MAPD'", OPEN),
    ("SELECT 1 FROM gold.calls WHERE NOT call_date = '2026-10-01'", OPEN),
    ("SELECT 1 FROM gold.calls WHERE call_date > (SELECT MAX(day) FROM gold.data_days)", OPEN),
    ("SELECT * FROM (SELECT call_date, LAG(call_date) OVER (ORDER BY call_date) AS previous FROM gold.calls) AS t "
     "WHERE t.call_date = DATE '2026-10-02'", OPEN),
    ("SELECT * FROM (SELECT call_date FROM gold.calls ORDER BY 1 LIMIT 5) AS t "
     "WHERE t.call_date = DATE '2026-10-02'", OPEN),
    ("SELECT * FROM (SELECT date_trunc('month', call_date) AS month FROM gold.calls) AS t "
     "WHERE t.month = DATE '2026-10-01'", Days(date(2026, 10, 1), date(2026, 11, 1))),
    ("SELECT * FROM (SELECT plan_type, MAX(call_date) AS latest FROM gold.calls GROUP BY 1) AS t "
     "WHERE t.latest = DATE '2026-10-01'", OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "span"), SPANS)
def test_the_days_of_a_query_are_never_fewer_than_those_it_reads(sql, span):
    assert days_by_table(sql, load_lineage())["gold.calls"] == span


def test_a_day_of_the_date_spine_is_the_day_of_the_events_beside_it():
    sql = "SELECT total_calls FROM gold.executive_kpis WHERE kpi_date BETWEEN '2026-10-01' AND '2026-10-03'"
    assert days_by_table(sql, load_lineage()) == {"gold.executive_kpis": FIRST_THREE}


def test_a_source_table_that_no_window_ties_to_the_day_may_be_of_any_day():
    lineage, rules = load_lineage(), {"leakage_window_minutes": 30, "leakage_window_long_hours": 24}
    surveys = (
        "SELECT call_topic, COUNT(*) FROM gold.surveys WHERE survey_date BETWEEN '2026-10-01' AND '2026-10-03'"
    )
    spans = days_by_source(surveys, frozenset({"gold.surveys.call_topic"}), lineage, rules)
    assert spans["surveys"] == FIRST_THREE
    assert spans["call_center"] == OPEN
    calls = "SELECT COUNT(*) FROM gold.calls WHERE call_date BETWEEN '2026-10-01' AND '2026-10-03'"
    spans = days_by_source(calls, frozenset({"gold.calls.is_leaked"}), lineage, rules)
    assert spans["digital_interactions"] == spans["call_center"] == FIRST_THREE.widened(1)


def test_a_filter_on_what_is_no_event_day_narrows_nothing():
    sql = "SELECT COUNT(*) FROM gold.members WHERE join_date > DATE '2026-10-01'"
    assert days_by_table(sql, load_lineage()) == {"gold.members": OPEN}


def test_the_longest_window_among_the_rules_is_looked_around():
    rules = {"leakage_window_minutes": 30, "leakage_window_long_hours": 24, "repeat_window_days": 7}
    assert look_around(frozenset({"call_center.call_id"}), rules) == 0
    assert look_around(frozenset({"rules.leakage_window_minutes"}), rules) == 1
    assert look_around(frozenset({"rules.repeat_window_days", "rules.leakage_window_long_hours"}), rules) == 7


def source(table: str, file: str, **more: object) -> dict[str, object]:
    return {"table": table, "file": file, "sha256": f"of {file}", "rows": 3, "refused": "", **more}


MANIFEST = {
    "format": 2,
    "created_at": "2026-10-04T00:00:00+00:00",
    "sources": [
        source("members", "members.csv"),
        source("fixes", "fixes.csv"),
        source("call_center", "calls-2026-10-01.csv", loaded_at="2026-10-01T23:00:00+00:00"),
        source("call_center", "calls-2026-10-02.csv"),
        source("call_center", "late.csv"),
        source("call_center", "torn.csv", refused="unreadable_file"),
    ],
    "segments": [
        {"name": "reference", "first_day": None, "last_day": None, "files": {"members": ["members.csv"]}},
        {"name": "a", "first_day": "2026-10-01", "last_day": "2026-10-01",
         "files": {"call_center": ["calls-2026-10-01.csv", "late.csv"]}},
        {"name": "b", "first_day": "2026-10-02", "last_day": "2026-10-03",
         "files": {"call_center": ["calls-2026-10-02.csv"]}},
    ],
}  # fmt: skip


def names(days: Days, manifest: dict[str, object]) -> tuple[list[str], bool]:
    files, narrowed = files_of(manifest, {"call_center": days, "members": days})
    return [file.file for file in files], narrowed


def test_the_files_are_those_with_rows_in_segments_of_the_days():
    first, second = date(2026, 10, 1), date(2026, 10, 2)
    assert names(Days(first, first), MANIFEST) == (["calls-2026-10-01.csv", "late.csv", "members.csv"], True)
    assert names(Days(second, None), MANIFEST) == (["calls-2026-10-02.csv", "members.csv"], True)
    assert names(Days(date(2027, 1, 1), None), MANIFEST) == (["members.csv"], True)


def test_every_file_of_a_table_without_events_is_behind_it():
    assert [file.file for file in files_of(MANIFEST, {"fixes": Days()})[0]] == ["fixes.csv"]


def test_without_segments_every_file_of_the_tables_is_named_but_none_that_was_refused():
    found, narrowed = names(Days(date(2026, 10, 2), None), {**MANIFEST, "segments": []})
    assert found == ["calls-2026-10-01.csv", "calls-2026-10-02.csv", "late.csv", "members.csv"]
    assert not narrowed


def test_a_file_says_when_it_was_loaded_where_that_is_known():
    files, _ = files_of(MANIFEST, {"call_center": Days(date(2026, 10, 1), date(2026, 10, 2))})
    assert [file.loaded_at for file in files] == ["2026-10-01T23:00:00+00:00", "", ""]
