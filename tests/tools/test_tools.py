"""Tools against witness SQL, and how they say no."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from agents.narratives import best_split
from semantic.query import DimensionFilter, SemanticQuery
from tools.breakdown import explain_breakdown
from tools.briefing import todays_overview
from tools.catalog import compatible_dimensions, describe_metric, search_metrics
from tools.desk import Desk
from tools.free_sql import run_sql
from tools.metrics import query_metrics
from tools.opportunities import top_opportunities
from tools.outcome import Found, Mendable, Refusal
from tools.savings import project_savings
from tools.verified import run_verified_query

BILLING = (DimensionFilter(dimension="journey", values=("Billing",)),)


def test_every_verified_query_runs(desk: Desk) -> None:
    for name, verified in desk.semantic.verified_queries.items():
        found = run_verified_query(name, desk)
        assert isinstance(found, Found), name
        assert found.provenance == ("analysis" if verified.kind == "next_best_action" else "verified_query")
        assert all(table.title for table in found.tables)
        assert len({table.title for table in found.tables}) == len(found.tables)
    with pytest.raises(Mendable):
        run_verified_query("no_such_query", desk)


def test_opportunities_equal_plain_sql_and_their_mart(desk: Desk, gold: duckdb.DuckDBPyConnection) -> None:
    found = top_opportunities(desk, limit=3)
    assert isinstance(found, Found)
    table = found.tables[0]
    witness = gold.execute(
        "SELECT journey, primary_lever, avoidable_calls / 7.0, trend_7d, estimated_savings * 0.1 "
        "FROM gold.top_opportunities ORDER BY opportunity_rank LIMIT 3"
    ).fetchall()
    shown = len(table.rows)  # in the tiny company few members are behind the third
    assert shown >= 2
    for row, expected in zip(range(shown), witness[:shown], strict=True):
        got = [table.cell(row, name) for name in ("journey", "primary_lever", "calls_per_day", "trend")]
        assert got[:2] == list(expected[:2])
        assert got[2:] == [pytest.approx(value) for value in expected[2:4]]
        assert table.cell(row, "savings_per_year") == pytest.approx(expected[4])


@pytest.mark.parametrize("percent", [0, -5, 150, float("nan")])
def test_impossible_reductions_are_refused(percent: float, desk: Desk) -> None:
    assert isinstance(project_savings(percent, desk), Refusal)


def test_a_metric_without_a_lever_is_refused_by_name(desk: Desk) -> None:
    refused = project_savings(10, desk, metric="nps")
    assert isinstance(refused, Refusal)
    assert "NPS" in refused.reason or "nps" in refused.reason


def test_fully_loaded_savings_use_handle_time(desk: Desk, gold: duckdb.DuckDBPyConnection) -> None:
    found = project_savings(10, desk, journey="Billing", cost_model="fully_loaded")
    assert isinstance(found, Found)
    cost = gold.execute(
        "SELECT SUM(12.5 + 0.75 * handle_time_minutes) FROM gold.calls "
        "WHERE is_leaked = 1 AND journey = 'Billing' AND call_date = DATE '2026-10-29'"
    ).fetchone()
    assert cost is not None
    row = next(i for i, cells in enumerate(found.tables[0].rows) if cells[0] == 0.1)
    assert found.tables[0].cell(row, "savings_per_day") == pytest.approx(cost[0] * 0.1)


def test_drivers_of_a_rate_close_in_every_cut_and_say_what_they_are(desk: Desk) -> None:
    found = explain_breakdown(SemanticQuery(metrics=("digital_failure_rate",), filters=BILLING), desk)
    assert isinstance(found, Found)
    assert "not a proven cause" in found.notes[0]
    change = found.tables[0].cell(0, "digital_failure_rate__change")
    assert isinstance(change, float)
    cuts = [table for table in found.tables if "mix_effect" in {column.name for column in table.columns}]
    assert len(cuts) >= 3
    for table in cuts:
        last = len(table.rows) - 1
        effects = [table.cell(row, "contribution") for row in range(last)]
        assert sum(cell for cell in effects if isinstance(cell, float)) == pytest.approx(100 * change, abs=1e-9)
        assert table.cell(last, "contribution") == pytest.approx(100 * change, abs=1e-9)
        assert table.cell(last, "weight") == pytest.approx(1)


def test_the_overview_has_opportunities_and_headlines(desk: Desk) -> None:
    found = todays_overview(desk)
    assert isinstance(found, Found)
    assert len(found.tables) >= 6


def test_names_can_be_looked_up(desk: Desk) -> None:
    assert "repeat_call_rate" in str(search_metrics("repeat calls", desk).entries)
    assert describe_metric("nps", desk).entries[0]["unit"] == "points"
    assert "plan_type" in str(compatible_dimensions("nps", desk).entries)
    with pytest.raises(Mendable) as error:
        describe_metric("repeat_call_ratio", desk)
    assert "repeat_call_rate" in error.value.nearest


def test_unknown_names_can_be_mended_and_denied_sql_says_its_code(desk: Desk) -> None:
    with pytest.raises(Mendable) as error:
        query_metrics(SemanticQuery(metrics=("repeat_call_ratio",)), desk)
    assert error.value.nearest
    with pytest.raises(Mendable):
        run_sql("SELECT member_id FROM gold.members", desk)
    found = run_sql("SELECT plan_type, COUNT(*) AS calls FROM gold.calls GROUP BY plan_type", desk)
    assert isinstance(found, Found)
    assert found.provenance == "generated_sql"


def test_a_missing_source_column_is_named(desk: Desk) -> None:
    lacking = replace(desk, missing_columns={"call_center": ["sentiment_score"]})
    refused = query_metrics(SemanticQuery(metrics=("avg_sentiment",)), lacking)
    assert isinstance(refused, Refusal)
    assert refused.code == "missing_column"
    assert "sentiment_score of the call_center file" in refused.reason


def test_a_step_is_found_and_noise_is_not() -> None:
    week = [100, 102, 99, 101, 98, 60, 55]
    assert best_split([*week * 3, *[round(day * 1.3) for day in week * 3]]) == 21
    assert best_split(week * 6) is None
    assert best_split([5, 9]) is None
