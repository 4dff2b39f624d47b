"""The story is in the data: counted from the files alone, by the contract's rules, and equal to what was planted.

`tiny` is about a hundredth of the story's size, so shares of a few dozen calls move in steps of a few percent.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

SCALE = 0.0105
LAST_DAY = date(2026, 10, 29)
EXPECTED = {
    "leaked calls: Billing": (5000 * SCALE, 1.0),
    "leaked calls: Pharmacy": (4000 * SCALE, 1.0),
    "leaked calls: ID Card": (3000 * SCALE, 1.0),
    "leaked calls: all": (12000 * SCALE, 3.0),
    "billing leaks: MAPD new": (3000 * SCALE, 1.0),
    "billing leaks: MAPD tenured": (1200 * SCALE, 1.0),
    "billing leaks: commercial": (800 * SCALE, 1.0),
    "week trend: Billing": (0.14, 0.012),
    "week trend: Pharmacy": (0.03, 0.012),
    "week trend: ID Card": (0.08, 0.012),
    "eligibility message share": (0.78, 0.02),
    "mobile share of billing leaks": (0.82, 0.02),
    "repeat share of billing leaks, 7 days: MAPD new": (0.28, 0.02),
    "repeat share of billing leaks, 7 days: MAPD tenured": (0.18, 0.02),
    "repeat share of billing leaks, 7 days: commercial": (0.15, 0.03),
    "sentiment of billing leaks: MAPD new": (-0.65, 0.03),
    "sentiment of billing leaks: MAPD tenured": (-0.40, 0.02),
    "sentiment of billing leaks: commercial": (-0.30, 0.02),
    "repeat calls, 30 days": (0.235, 0.007),
    "repeat calls, all days": (0.235, 0.007),
    "negative emotion, 30 days": (0.326, 0.0097),
    "negative emotion, all days": (0.326, 0.0097),
    "HMO billing calls a day before the fix": (5000 * SCALE, 1.0),
    "HMO billing calls a day after the fix": (4250 * SCALE, 1.0),
    "HMO billing repeat before the fix": (0.23, 0.012),
    "HMO billing repeat after the fix": (0.18, 0.005),
    "HMO leaked billing calls, after over before": (0.85, 0.03),
}


@pytest.fixture(scope="module")
def figures(files: duckdb.DuckDBPyConnection) -> dict[str, float]:
    sql = Path(__file__).with_name("measure_story.sql").read_text(encoding="utf-8")
    return {name: float(value) for name, value in files.execute(sql).fetchall() if value is not None}


@pytest.mark.parametrize("figure", EXPECTED)
def test_a_figure_of_the_story(figures: dict[str, float], figure: str) -> None:
    expected, tolerance = EXPECTED[figure]
    assert figures[figure] == pytest.approx(expected, abs=tolerance)


def test_pharmacy_is_the_largest_topic(figures: dict[str, float]) -> None:
    assert figures["pharmacy over the next largest topic, all days"] > 1.05


def test_id_card_leaks_are_mostly_spanish_speakers(figures: dict[str, float]) -> None:
    assert figures["Spanish share of ID card leaks"] > 0.6


def test_the_message_was_rarer_before_the_benefit_change(figures: dict[str, float]) -> None:
    assert figures["eligibility message share, before the rise"] < 0.4


def test_leakage_rates_are_plausible(figures: dict[str, float]) -> None:
    rates = {name: value for name, value in figures.items() if name.startswith("leakage rate")}
    assert all(0 <= rate < 0.5 for rate in rates.values())
    assert 0.25 < rates["leakage rate, 30 days: Billing"] < 0.40
    assert figures["leaked calls 24 h: all"] > 1.1 * figures["leaked calls: all"]


def test_counted_leaks_and_repeats_equal_the_planted_ones_day_by_day(
    files: duckdb.DuckDBPyConnection, truth: dict[str, Any]
) -> None:
    planted: dict[tuple[str, int], list[int]] = {}
    for one in truth["streams"]:
        for day, (calls, repeats) in enumerate(zip(one["calls"], one["repeats"], strict=True)):
            row = planted.setdefault((one["topic"], day), [0, 0, 0])
            row[0] += calls
            row[1] += repeats
            row[2] += calls if one["journey"] else 0
    counted = files.execute(COUNT_BY_DAY).fetchall()
    assert {(topic, day): list(counts) for topic, day, *counts in counted} == {
        key: row for key, row in planted.items() if row[0]
    }


COUNT_BY_DAY = """
WITH mapped(interaction_type, call_topic) AS (
    VALUES ('id_card_download', 'ID Card Request'), ('bill_pay', 'Billing Question'),
           ('claims_check', 'Claims Status'), ('benefits_lookup', 'Benefits Info'),
           ('pharmacy_lookup', 'Pharmacy Coverage'), ('find_provider', 'Provider Search'),
           ('login', 'Technical Support'), ('update_info', 'Technical Support'))
SELECT c.call_topic, c.call_date - (SELECT min(call_date) FROM call_center) AS day, count(*),
       count(*) FILTER (EXISTS (
           FROM call_center AS e WHERE e.member_id = c.member_id AND e.call_topic = c.call_topic
            AND e.call_timestamp < c.call_timestamp AND e.call_timestamp >= c.call_timestamp - INTERVAL 7 DAY)),
       count(*) FILTER (EXISTS (
           FROM digital_interactions AS d JOIN mapped AS m USING (interaction_type)
           WHERE d.member_id = c.member_id AND m.call_topic = c.call_topic AND d.outcome <> 'success'
             AND d.interaction_timestamp < c.call_timestamp
             AND d.interaction_timestamp >= c.call_timestamp - INTERVAL 30 MINUTE))
FROM call_center AS c GROUP BY ALL
"""


def test_m_104382_has_the_documented_day(files: duckdb.DuckDBPyConnection) -> None:
    sessions = files.execute(
        """SELECT strftime(interaction_timestamp, '%H:%M'), interaction_type, outcome, error_message, platform
           FROM digital_interactions WHERE member_id = 'M-104382' ORDER BY interaction_timestamp"""
    ).fetchall()
    assert sessions == [
        ("09:01", "login", "success", None, "mobile_app"),
        ("09:03", "bill_pay", "success", None, "mobile_app"),
        ("09:04", "bill_pay", "abandoned", "Your plan is not eligible for this option", "mobile_app"),
    ]
    call = files.execute(
        """SELECT call_id, call_timestamp, call_topic, ivr_path, queue_wait_seconds, handle_time_minutes,
                  sentiment, sentiment_score, transcript FROM call_center WHERE member_id = 'M-104382'"""
    ).fetchall()
    assert len(call) == 1
    assert call[0][1:7] == (
        datetime(2026, 10, 29, 9, 18),
        "Billing Question",
        "main>billing>agent",
        180,
        18.0,
        "negative",
    )
    assert call[0][7] < -0.8
    assert call[0][8].index("(neutral)") < call[0][8].index("(strongly negative)")
    survey = files.execute(
        """SELECT survey_date, feedback_text, related_call_id FROM surveys WHERE member_id = 'M-104382'"""
    ).fetchall()
    assert survey == [(datetime(2026, 10, 29, 9, 45), "Confusing bill and plan rules", call[0][0])]


def test_the_benefit_notice_has_company(files: duckdb.DuckDBPyConnection) -> None:
    sent = files.execute("SELECT sent_date, topic FROM communications").fetchall()
    assert (date(2026, 10, 14), "AEP Benefit Change") in sent
    assert len(sent) >= 9


def test_the_plan_fix_is_recorded(files: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    row = files.execute(
        "SELECT go_live_date, calls_before, calls_after FROM fixes WHERE title LIKE 'HMO:%'"
    ).fetchall()
    assert row == [(date(2026, 10, 2), round(5000 * SCALE, 1), round(4250 * SCALE, 1))]


def test_weak_agents_have_more_bad_calls(files: duckdb.DuckDBPyConnection) -> None:
    spread = files.execute(
        """SELECT quantile_cont(bad, 0.9) - quantile_cont(bad, 0.1) FROM (
               SELECT agent_id, avg((sentiment = 'negative')::INT) AS bad FROM call_center
               WHERE call_topic <> 'Billing Question' GROUP BY 1 HAVING count(*) >= 100)"""
    ).fetchall()[0][0]
    assert spread > 0.1


def test_the_source_s_own_flags_are_only_roughly_right(files: duckdb.DuckDBPyConnection) -> None:
    share = files.execute("SELECT avg(is_repeat_call::INT) FROM call_center").fetchall()[0][0]
    assert share == pytest.approx(0.235, abs=0.02)
