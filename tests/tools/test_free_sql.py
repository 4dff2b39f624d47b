"""SQL of a chat model's own: what it may not make up, how denials are told, the governed figures beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tools.beside import UNCOMPARED
from tools.desk import Desk
from tools.free_sql import UNREAD, run_sql
from tools.governed_twin import twin_of
from tools.made_up import made_up
from tools.outcome import Found, Mendable, Refusal
from warehouse.errors import DeniedError, UsageError

OCTOBER = "call_date BETWEEN DATE '2026-10-01' AND DATE '2026-10-29'"
BY_PLAN = f"FROM gold.calls WHERE {OCTOBER} GROUP BY plan_type"


def found(sql: str, desk: Desk) -> Found:
    outcome = run_sql(sql, desk)
    assert isinstance(outcome, Found), outcome
    assert outcome.provenance == "generated_sql"
    return outcome


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT plan_type, 999999 AS calls FROM gold.calls GROUP BY plan_type",
        "SELECT plan_type, COUNT(*) * 0 + 100 AS calls FROM gold.calls GROUP BY plan_type",
        "SELECT plan_type, COUNT(*) + 1000 AS calls FROM gold.calls GROUP BY plan_type",
        "SELECT plan_type, COALESCE(NULL, 4711) AS calls FROM gold.calls GROUP BY plan_type",
        "SELECT plan_type, CASE WHEN plan_type = 'HMO' THEN 4711 ELSE COUNT(*) END FROM gold.calls GROUP BY 1",
        "SELECT MAX(n) AS calls FROM (SELECT 31415 AS n FROM gold.calls) t",
        "WITH t AS (SELECT 31415 AS n) SELECT n AS calls FROM t",
        "SELECT 1000 * 365 AS calls",
        "SELECT 'MAPD had 4711 calls' AS note, COUNT(*) AS n FROM gold.calls",
        "SELECT COUNT(*) AS mapd_had_4711_calls FROM gold.calls",
        "SELECT 'calls went wild' AS finding, COUNT(*) AS n FROM gold.calls",
        "SELECT CASE WHEN plan_type = 'HMO' THEN 'rose by half' ELSE 'fell' END AS kind, COUNT(*) AS n "
        "FROM gold.calls GROUP BY 1",
        "SELECT COUNT(*) AS calls_doubled FROM gold.calls",
        "SELECT COUNT(*) AS ninety_of_hundred FROM gold.calls",
    ],
)
def test_a_number_that_is_made_up_does_not_run(sql: str, desk: Desk) -> None:
    with pytest.raises(Mendable) as error:
        run_sql(sql, desk)
    assert error.value.code == "made_up"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT plan_type, ROUND(100.0 * SUM(is_repeat) / NULLIF(COUNT(*), 0), 2) p FROM gold.calls GROUP BY 1",
        "SELECT plan_type, 1 - AVG(is_resolved) AS unresolved FROM gold.calls GROUP BY plan_type",
        "SELECT plan_type, SUM(CASE WHEN handle_time_minutes > 45 THEN 1 ELSE 0 END) AS over_45 FROM gold.calls "
        "GROUP BY plan_type",
        "SELECT plan_type, COUNT(*) AS n FROM gold.calls WHERE call_hour >= 17 GROUP BY 1 HAVING COUNT(*) > 250 "
        "ORDER BY n DESC LIMIT 25",
        "SELECT SUM(is_leaked_24h) AS leaked_24h FROM gold.calls",
        "SELECT CASE WHEN plan_type IN ('HMO', 'PPO') THEN 'managed care' ELSE 'other' END AS kind, COUNT(*) AS n "
        "FROM gold.calls GROUP BY 1",
        "SELECT COUNT(*) AS n FROM gold.calls c WHERE EXISTS (SELECT 1 FROM gold.members m "
        "WHERE m.member_id = c.member_id)",
    ],
)
def test_units_conditions_and_buckets_are_nothing_made_up(sql: str) -> None:
    assert made_up(sql, "") == ""


EQUALS = {
    f"SELECT plan_type, COUNT(*) AS n {BY_PLAN}": "Total calls",
    f"SELECT plan_type AS plan, ROUND(100.0 * SUM(is_repeat) / COUNT(*), 1) AS pct {BY_PLAN}": "Repeat call rate",
    f"SELECT AVG(handle_time_minutes) AS m, plan_type {BY_PLAN} ORDER BY 1 DESC LIMIT 3": "Average handle time",
    f"SELECT plan_type, COUNT(*) FILTER (WHERE is_repeat = 1) AS again {BY_PLAN}": "Repeat calls",
    "SELECT date_trunc('month', call_date) AS month, COUNT(*) AS n FROM gold.calls "
    "WHERE plan_type <> 'HMO' AND call_date >= '2026-08-01' GROUP BY 1": "Total calls",
    "SELECT call_date, SUM(is_repeat) n FROM gold.calls WHERE call_date > '2026-10-20' GROUP BY 1": "Repeat calls",
}


@pytest.mark.parametrize(("sql", "label"), EQUALS.items(), ids=lambda text: text[:40])
def test_what_recomputes_a_governed_metric_is_held_against_it(sql: str, label: str, desk: Desk) -> None:
    outcome = found(sql, desk)
    assert any(f"equals the governed metric {label}" in said for said in outcome.assumptions), outcome.assumptions
    assert "equals" in outcome.caveat


def test_a_difference_from_the_governed_metric_is_said(desk: Desk) -> None:
    sql = f"SELECT plan_type, SUM(is_repeat) * 1.0 / SUM(is_resolved) AS repeat_call_rate {BY_PLAN}"
    outcome = found(sql, desk)
    assert any("differs from the governed metric Repeat call rate" in said for said in outcome.assumptions)
    assert "trust the governed one" in outcome.caveat
    assert outcome.follow_ups[0].startswith("Repeat call rate by plan type")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT plan_type, COUNT(*) AS n FROM gold.calls WHERE call_hour = 3 GROUP BY plan_type",
        "SELECT plan_type, COUNT(*) AS n FROM gold.calls GROUP BY plan_type, state",
        "SELECT plan_type, COUNT(*) AS n FROM gold.calls WHERE plan_type = 'HMO' OR is_repeat = 1 GROUP BY 1",
        "SELECT m.plan_type, COUNT(*) AS n FROM gold.calls c JOIN gold.members m USING (member_id) GROUP BY 1",
        "SELECT COUNT(*) AS n FROM (SELECT plan_type FROM gold.calls WHERE plan_type = 'HMO') c",
        "SELECT SUM(handle_time_minutes) * 2 AS n FROM gold.calls",
    ],
)
def test_what_no_semantic_query_says_has_no_twin(sql: str, desk: Desk) -> None:
    assert twin_of(sql, desk) is None


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT plan_type AS state, COUNT(*) AS n {BY_PLAN}",
        f"SELECT CASE WHEN plan_type = 'HMO' THEN 'PPO' ELSE 'HMO' END AS plan_type, COUNT(*) AS n "
        f"FROM gold.calls WHERE {OCTOBER} GROUP BY 1",
        f'SELECT state AS "Plan type", COUNT(*) AS n FROM gold.calls WHERE {OCTOBER} GROUP BY state',
    ],
)
def test_no_column_is_called_as_another_dimension(sql: str, desk: Desk) -> None:
    with pytest.raises(Mendable) as error:
        run_sql(sql, desk)
    assert error.value.code == "misnamed"


def test_what_is_only_called_as_a_governed_metric_is_said_not_to_be_compared(desk: Desk) -> None:
    inner = f"SELECT plan_type, call_topic, COUNT(*) AS n FROM gold.calls WHERE {OCTOBER} GROUP BY ALL"
    outcome = found(f"SELECT plan_type, MAX(n) AS total_calls FROM ({inner}) t GROUP BY plan_type", desk)
    assert any("called as the governed metric Total calls" in said for said in outcome.assumptions)
    assert outcome.caveat == UNCOMPARED
    labelled = found(f"SELECT plan_type, AVG(is_leaked) AS digital_leakage_rate {BY_PLAN}", desk)
    assert any("differs from the governed metric Digital leakage rate" in said for said in labelled.assumptions)


def test_what_a_statement_counts_is_read_back_where_it_equals_the_governed_figures(desk: Desk) -> None:
    narrowed = f"FROM gold.calls WHERE {OCTOBER} AND call_topic = 'Billing Question' GROUP BY plan_type"
    outcome = found(f"SELECT plan_type, COUNT(*) AS total_calls {narrowed}", desk)
    assert "for call topic Billing Question" in outcome.tables[0].interpretation, (
        "a filter that nobody asked for is told"
    )
    assert UNREAD not in outcome.assumptions
    either = "plan_type = 'HMO' OR plan_type = 'PPO'"
    other = found(f"SELECT plan_type, COUNT(*) AS n FROM gold.calls WHERE {either} GROUP BY plan_type", desk)
    assert other.tables[0].interpretation == ""
    assert UNREAD in other.assumptions


class Denying:
    """A door that denies everything for one reason."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def query(self, *_: Any, **__: Any) -> Any:
        raise self.error


@pytest.mark.parametrize("code", ["too_close", "small_cells", "selects_small_cells", "budget_spent", "busy"])
def test_a_denial_that_protects_members_is_final_and_in_words(code: str, desk: Desk) -> None:
    door = Denying(DeniedError("Too few members.", code=code, next_step="Ask for larger groups."))
    outcome = run_sql("SELECT COUNT(*) AS n FROM gold.calls", replace(desk, door=door))
    assert outcome == Refusal(f"denied:{code}", "Too few members. Ask for larger groups.")


def test_what_can_be_mended_comes_with_what_there_is(desk: Desk) -> None:
    with pytest.raises(Mendable) as error:
        run_sql("SELECT plan, COUNT(*) AS n FROM gold.calls GROUP BY plan", desk)
    assert "plan_type" in error.value.nearest
    assert "transcript" not in error.value.nearest
    with pytest.raises(Mendable) as error:
        run_sql("SELECT COUNT(*) AS n FROM gold.phone_calls", desk)
    assert "gold.calls" in error.value.nearest
    with pytest.raises(Mendable, match="fit"):
        run_sql(
            "SELECT COUNT(*) AS n FROM gold.calls", replace(desk, door=Denying(UsageError("It does not fit.")))
        )
