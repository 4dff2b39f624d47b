"""The demo story, figure by figure, queried from the gold tables of a freshly generated and built demo.

An eighth of the company, whose counts are then an eighth of the story's; `make evals` holds the whole of it
(`STORY=1 pytest tests/test_demo_story.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.settings import Settings

D = date(2026, 10, 29)
TOLERANCE = 0.03
SHARE = float(os.environ.get("STORY", "0.125"))


@pytest.fixture(scope="module")
def gold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The gold file of the demo profile, or of a share of it."""
    from generator.generate import generate
    from generator.profiles import load
    from warehouse.build import build
    from warehouse.snapshots import connect, current

    folder, demo = tmp_path_factory.mktemp("demo"), load("demo")
    assert demo.scale == 1, "the demo has the story at its full size"
    size = None if SHARE == 1 else round((demo.calls + demo.digital) * SHARE)
    generate("demo", folder / "sources", seed=20261029, as_of=D, truth=folder / "truth", interactions=size)
    build(folder / "sources", folder / "warehouse", Settings(var=folder / "var"))
    snapshot = current(folder / "warehouse")
    assert date.fromisoformat(str(snapshot.manifest["as_of"])) == D
    with connect(snapshot) as connection:
        yield connection
    for file in sorted(folder.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()


def one(gold: duckdb.DuckDBPyConnection, sql: str) -> Any:
    return gold.execute(sql).fetchall()[0][0]


BILLING = f"FROM gold.calls WHERE is_leaked = 1 AND journey = 'Billing' AND call_date = DATE '{D}'"
COHORTS = {
    "MAPD new": "plan_type = 'MAPD' AND member_tenure = 'New'",
    "MAPD tenured": "plan_type = 'MAPD' AND member_tenure = 'Tenured'",
    "commercial": "line_of_business = 'Commercial'",
}
FIGURES: dict[str, tuple[str, float]] = {
    "leaked calls a day": (f"SELECT SUM(is_leaked) FROM gold.calls WHERE call_date = DATE '{D}'", 12_000),
    "billing": (f"SELECT COUNT(*) {BILLING}", 5_000),
    "billing cost in dollars": (f"SELECT SUM(avoidable_cost) {BILLING}", 40_000),
    "billing MAPD new": (f"SELECT COUNT(*) {BILLING} AND {COHORTS['MAPD new']}", 3_000),
    "billing MAPD tenured": (f"SELECT COUNT(*) {BILLING} AND {COHORTS['MAPD tenured']}", 1_200),
    "billing commercial": (f"SELECT COUNT(*) {BILLING} AND {COHORTS['commercial']}", 800),
    "eligibility message share": (
        f"SELECT AVG((error_message = 'Your plan is not eligible for this option')::INT) {BILLING}",
        0.78,
    ),
    "mobile share": (f"SELECT AVG((platform = 'mobile_app')::INT) {BILLING}", 0.82),
    "repeat within leaks, MAPD new": (f"SELECT AVG(is_repeat) {BILLING} AND {COHORTS['MAPD new']}", 0.28),
    "repeat within leaks, MAPD tenured": (f"SELECT AVG(is_repeat) {BILLING} AND {COHORTS['MAPD tenured']}", 0.18),
    "repeat within leaks, commercial": (f"SELECT AVG(is_repeat) {BILLING} AND {COHORTS['commercial']}", 0.15),
    "sentiment, MAPD new": (f"SELECT AVG(sentiment_score) {BILLING} AND {COHORTS['MAPD new']}", -0.65),
    "sentiment, MAPD tenured": (f"SELECT AVG(sentiment_score) {BILLING} AND {COHORTS['MAPD tenured']}", -0.40),
    "sentiment, commercial": (f"SELECT AVG(sentiment_score) {BILLING} AND {COHORTS['commercial']}", -0.30),
    "pharmacy": (
        f"SELECT SUM(is_leaked) FROM gold.calls WHERE journey = 'Pharmacy' AND call_date = DATE '{D}'",
        4_000,
    ),
    "ID card": (
        f"SELECT SUM(is_leaked) FROM gold.calls WHERE journey = 'ID Card' AND call_date = DATE '{D}'",
        3_000,
    ),
    "repeat calls overall": (
        f"SELECT AVG(is_repeat) FROM gold.calls WHERE call_date > DATE '{D}' - 30",
        0.235,
    ),
    "negative emotion overall": (
        f"SELECT AVG(is_negative) FROM gold.calls WHERE call_date > DATE '{D}' - 30",
        0.326,
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_the_story_holds_within_three_percent(gold: duckdb.DuckDBPyConnection, name: str) -> None:
    sql, expected = FIGURES[name]
    told = expected * SHARE if expected > 1 else expected  # counts and dollars are as many as the company is large
    assert float(one(gold, sql)) == pytest.approx(told, rel=TOLERANCE)


@pytest.mark.parametrize(("journey", "growth"), [("Billing", 1.14), ("Pharmacy", 1.03), ("ID Card", 1.08)])
def test_the_week_grows_as_told(gold: duckdb.DuckDBPyConnection, journey: str, growth: float) -> None:
    week = f"""
        SELECT SUM(is_leaked) FILTER (WHERE call_date > DATE '{D}' - 7)
             / SUM(is_leaked) FILTER (WHERE call_date BETWEEN DATE '{D}' - 13 AND DATE '{D}' - 7)
        FROM gold.calls WHERE journey = '{journey}'"""
    assert one(gold, week) == pytest.approx(growth, rel=TOLERANCE)


def test_pharmacy_is_the_largest_topic(gold: duckdb.DuckDBPyConnection) -> None:
    assert one(gold, "SELECT call_topic FROM gold.calls GROUP BY 1 ORDER BY COUNT(*) DESC") == "Pharmacy Coverage"


def test_id_card_leaks_are_mostly_of_spanish_speakers(gold: duckdb.DuckDBPyConnection) -> None:
    share = f"""
        SELECT AVG((language = 'Spanish')::INT) FROM gold.calls
        WHERE is_leaked = 1 AND journey = 'ID Card' AND call_date = DATE '{D}'"""
    assert one(gold, share) > 0.5


def test_the_rise_starts_the_day_after_the_benefit_change_communication(gold: duckdb.DuckDBPyConnection) -> None:
    eligibility = """
        SELECT call_date, COUNT(*) FROM gold.calls
        WHERE is_leaked = 1 AND error_message = 'Your plan is not eligible for this option'
        GROUP BY 1 ORDER BY 1"""
    days = dict(gold.execute(eligibility).fetchall())
    rise = date(2026, 10, 15)
    before = [days.get(date.fromordinal(rise.toordinal() - n), 0) for n in range(1, 8)]
    after = [days.get(date.fromordinal(rise.toordinal() + n), 0) for n in range(7)]
    assert min(after) > 1.2 * (sum(before) / 7)
    notices = "SELECT COUNT(*) FROM gold.communications WHERE sent_date = DATE '2026-10-14'"
    assert one(gold, notices) >= 1


def test_member_m_104382_has_the_documented_journey(gold: duckdb.DuckDBPyConnection) -> None:
    events = gold.execute(
        f"""SELECT event_ts, channel, event_type, detail FROM gold.member_journey_timeline
            WHERE member_id = 'M-104382' AND event_ts::DATE = DATE '{D}' ORDER BY event_ts"""
    ).fetchall()
    times = [event[0].strftime("%H:%M") for event in events]
    assert {"09:01", "09:03", "09:04", "09:18", "09:45"} <= set(times)
    abandoned = next(event for event in events if event[0] == datetime(2026, 10, 29, 9, 4))
    assert "not eligible for this option" in " ".join(map(str, abandoned))
    minutes = one(
        gold,
        f"SELECT handle_time_minutes FROM gold.calls WHERE member_id = 'M-104382' AND call_date = DATE '{D}'",
    )
    assert minutes == pytest.approx(18, abs=0.5)


def test_the_earlier_billing_fix_shows(gold: duckdb.DuckDBPyConnection) -> None:
    fixes = gold.execute(
        "SELECT go_live_date, calls_before, calls_after FROM gold.fixes WHERE journey = 'Billing' ORDER BY 1"
    ).fetchall()
    assert any(after / before == pytest.approx(0.85, rel=TOLERANCE) for _, before, after in fixes)


def test_the_sources_tell_nothing_of_what_was_planted(tmp_path: Path) -> None:
    from generator.generate import generate

    sources, truth = tmp_path / "sources", tmp_path / "truth"
    generate("tiny", sources, seed=7, as_of=D, truth=truth)
    names = {file.name.split(".")[0].split("-")[0] for file in sources.rglob("*") if file.is_file()}
    assert not {name for name in names if "truth" in name or "plant" in name or "seed" in name}
    assert any(truth.rglob("*"))
