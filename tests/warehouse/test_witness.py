"""Independent SQL over the raw CSV, by brute force, against what the warehouse says: equal row by row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

SEED = Path(__file__).parents[2] / "warehouse" / "models" / "seeds" / "journeys.csv"
Ask = Callable[..., list[tuple[Any, ...]]]

# Every pair of a call and an earlier failed interaction of its topic, and the pair that no other is later than.
TRIGGERS = """
WITH pairs AS (
    SELECT c.call_id, c.call_timestamp AS called, d.interaction_id, d.interaction_timestamp AS failed, d.outcome,
           j.journey
    FROM call_center AS c, digital_interactions AS d, journeys AS j
    WHERE c.member_id = d.member_id AND d.interaction_type = j.interaction_type AND j.call_topic = c.call_topic
      AND d.outcome IN ('failure', 'abandoned') AND d.interaction_timestamp < c.call_timestamp
      AND d.interaction_timestamp >= c.call_timestamp - INTERVAL 24 HOUR
)
SELECT p.call_id, p.interaction_id, p.journey, epoch(p.called - p.failed) / 60 AS minutes,
       p.called - p.failed <= INTERVAL 30 MINUTE AS leaked,
       p.called - p.failed <= INTERVAL 30 MINUTE AND p.outcome = 'abandoned' AS abandon_leaked
FROM pairs AS p
WHERE NOT EXISTS (
    SELECT 1 FROM pairs AS q WHERE q.call_id = p.call_id
    AND (q.failed > p.failed OR (q.failed = p.failed AND q.interaction_id > p.interaction_id)))
ORDER BY p.call_id
"""
REPEATS = """
SELECT DISTINCT c.call_id FROM call_center AS c, call_center AS p
WHERE p.member_id = c.member_id AND p.call_topic = c.call_topic AND p.call_id <> c.call_id
  AND (p.call_timestamp < c.call_timestamp OR (p.call_timestamp = c.call_timestamp AND p.call_id < c.call_id))
  AND p.call_timestamp >= c.call_timestamp - INTERVAL 7 DAY
ORDER BY 1
"""
SELF_SERVED = """
SELECT d.interaction_id FROM digital_interactions AS d LEFT JOIN journeys AS j USING (interaction_type)
WHERE d.outcome = 'success' AND NOT EXISTS (
    SELECT 1 FROM call_center AS c WHERE c.member_id = d.member_id AND c.call_topic = j.call_topic
    AND c.call_timestamp > d.interaction_timestamp
    AND c.call_timestamp <= d.interaction_timestamp + INTERVAL 24 HOUR)
ORDER BY 1
"""


def raw(folder: Path) -> duckdb.DuckDBPyConnection:
    """The source files as they are, by their names."""
    con = duckdb.connect()
    for path in folder.iterdir():
        name = path.name.split(".")[0]
        reader = (
            f"read_parquet('{path}')" if path.suffix == ".parquet" else f"read_csv('{path}', sample_size = -1)"
        )
        con.execute(f"CREATE TABLE {name} AS FROM {reader}")
    con.execute(f"CREATE TABLE journeys AS FROM read_csv('{SEED}')")
    return con


@pytest.fixture(scope="session", params=["reference", "tiny"])
def compared(request: pytest.FixtureRequest) -> tuple[duckdb.DuckDBPyConnection, Path]:
    """(the raw sources, the warehouse built from them): the reference sample, and the generated profile `tiny`."""
    sources = request.getfixturevalue("reference_sample" if request.param == "reference" else "tiny_sources")
    return raw(sources), request.getfixturevalue(f"{request.param}_warehouse")


def test_every_leaked_call_and_its_trigger(compared, ask: Ask):
    sources, warehouse = compared
    expected = sources.execute(TRIGGERS).fetchall()
    assert expected
    found = ask(
        "SELECT call_id, leak_interaction_id, journey, leak_delay_minutes, is_leaked = 1, is_abandon_leaked = 1 "
        "FROM gold.calls WHERE is_leaked_24h = 1 ORDER BY call_id",
        warehouse,
    )
    assert found == expected
    triggers = ask("SELECT sum(leaked_calls), sum(leaked_calls_24h) FROM gold.digital_interactions", warehouse)
    assert triggers == [(sum(row[4] for row in expected), len(expected))]


def test_every_repeat_call(compared, ask: Ask):
    sources, warehouse = compared
    expected = sources.execute(REPEATS).fetchall()
    assert expected
    assert ask("SELECT call_id FROM gold.calls WHERE is_repeat = 1 ORDER BY 1", warehouse) == expected


def test_every_self_served_interaction(compared, ask: Ask):
    sources, warehouse = compared
    expected = sources.execute(SELF_SERVED).fetchall()
    found = ask(
        "SELECT interaction_id FROM gold.digital_interactions WHERE is_self_served = 1 ORDER BY ALL", warehouse
    )
    assert found == expected


def test_costs_and_rates_of_every_day(compared, ask: Ask):
    sources, warehouse = compared
    expected = sources.execute(
        "SELECT call_date, count(*), sum(12.5 + 0.75 * handle_time_minutes), "
        "100.0 * avg((sentiment = 'negative')::INT) "
        "FROM call_center GROUP BY 1 ORDER BY 1"
    ).fetchall()
    kpis = "SELECT kpi_date, total_calls, daily_call_cost, negative_emotion_pct FROM gold.executive_kpis"
    found = {row[0]: row[1:] for row in ask(kpis, warehouse)}
    scored = "sentiment_score" in [column[0] for column in sources.execute("DESCRIBE call_center").fetchall()]
    for day, total, cost, negative in expected:
        if day not in found:
            continue
        assert found[day][:2] == (total, pytest.approx(cost))
        assert found[day][2] >= negative - 1e-9 if scored else found[day][2] == pytest.approx(negative)


def test_the_leakage_mart_against_its_rows(compared, ask: Ask):
    _, warehouse = compared
    assert ask(
        "SELECT sum(leaked_calls), sum(leaked_calls_24h), sum(call_cost) FROM gold.digital_call_leakage",
        warehouse,
    ) == ask("SELECT sum(is_leaked), sum(is_leaked_24h), 8.0 * sum(is_leaked) FROM gold.calls", warehouse)


def test_the_timeline_holds_every_event_once(compared, ask: Ask):
    sources, warehouse = compared
    expected = sum(
        sources.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        for table in ("call_center", "digital_interactions", "claims", "surveys", "pharmacy", "enrollment")
    )
    assert ask("SELECT count(*) FROM gold.member_journey_timeline", warehouse) == [(expected,)]


def test_denied_claims_and_approval_times_are_read(compared, ask: Ask):
    sources, warehouse = compared
    figures = "count(*), sum(claim_amount), sum(approval_time_days), count(approval_time_days)"
    expected = sources.execute(f"SELECT {figures} FROM claims WHERE status = 'Denied'").fetchall()
    found = ask(f"SELECT {figures} FROM gold.claims WHERE is_denied = 1", warehouse)
    assert found[0] == pytest.approx(expected[0])
