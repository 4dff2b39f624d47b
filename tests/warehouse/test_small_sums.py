"""Sums and averages that would spell out a small count: few rows differ from 0, or from a number, among many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from warehouse.audit import AuditLog
from warehouse.door import QueryResult, Warehouse
from warehouse.errors import DeniedError
from warehouse.principal import Principal
from warehouse.settings import Settings

FEW = 11
Ask = Callable[[str], QueryResult]


@pytest.fixture
def ask(tiny_warehouse: Path, tmp_path: Path, settings: Settings) -> Iterator[Ask]:
    """Asks the tiny warehouse as a reader who has seen nothing before."""
    own = settings.model_copy(update={"var": tmp_path})
    audit = AuditLog(own.state / "audit")
    door = Warehouse(tiny_warehouse, own, audit, clock=lambda: datetime(2026, 11, 1, tzinfo=UTC))
    yield lambda sql: door.query(sql, Principal("erin", "executive"))
    door.close()


@pytest.fixture(scope="module")
def gold(tiny_warehouse: Path, gold_of: Callable[[Path], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    """All rows, round the door."""
    return gold_of(tiny_warehouse)


SPELT_OUT = [
    # What is not 0 for few of the many rows: times COUNT(*), an average is the sum of the few.
    ("calls", "AVG(avoidable_cost)", "avoidable_cost <> 0"),
    ("calls", "AVG(2 * avoidable_cost)", "avoidable_cost <> 0"),
    ("calls", "AVG(planning_cost - avoidable_cost)", "avoidable_cost <> 0"),
    ("calls", "AVG(CASE WHEN is_leaked = 1 THEN handle_time_minutes ELSE 0 END)", "is_leaked = 1"),
    ("calls", "AVG(CASE WHEN is_leaked = 1 THEN handle_time_minutes ELSE 1 END)", "is_leaked = 1"),
    ("claims", "AVG(denied_amount)", "denied_amount <> 0"),
    ("digital_interactions", "AVG(leaked_calls)", "leaked_calls <> 0"),
    # What a number is added to: less COUNT(*), it is the sum of the few.
    ("calls", "SUM(is_leaked + 1)", "is_leaked = 1"),
    ("calls", "SUM(5 - is_leaked)", "is_leaked = 1"),
    ("calls", "SUM(1 - avoidable_cost)", "avoidable_cost <> 0"),
    ("calls", "AVG(is_leaked + 1)", "is_leaked = 1"),
    ("calls", "SUM((is_leaked + 1) / 2)", "is_leaked = 1"),
    ("calls", "SUM(ABS(is_leaked + 1))", "is_leaked = 1"),
    ("calls", "SUM(SQRT(is_leaked + 1))", "is_leaked = 1"),
    ("calls", "SUM(NULLIF(is_leaked + 1, 5))", "is_leaked = 1"),
    ("calls", "AVG(GREATEST(is_leaked, 0.5))", "is_leaked = 1"),
    ("calls", "SUM(CASE WHEN is_resolved = 1 THEN is_leaked + 1 ELSE is_leaked + 1 END)", "is_leaked = 1"),
    # What a number stands in for: the few rows without a value.
    ("calls", "SUM(COALESCE(sentiment_score, 1000))", "sentiment_score IS NULL"),
    ("surveys", "SUM(LEAST(nps_score, 1))", "nps_score = 0"),
    ("surveys", "AVG(GREATEST(nps_score, 9))", "nps_score > 9"),
]  # fmt: skip

KEYS = {
    "calls": "call_topic, plan_type, member_tenure",
    "claims": "claim_type, state",
    "digital_interactions": "journey, state",
    "surveys": "call_topic, member_tenure",
}


@pytest.mark.parametrize(("table", "figure", "told"), SPELT_OUT)
def test_what_would_spell_out_a_small_count_is_withheld(
    table: str, figure: str, told: str, ask: Ask, gold: duckdb.DuckDBPyConnection
) -> None:
    keys = KEYS[table]
    size = keys.count(",") + 1
    few = f"HAVING COUNT(DISTINCT member_id) FILTER (WHERE {told}) BETWEEN 1 AND {FEW - 1}"
    small = set(gold.execute(f"SELECT {keys} FROM gold.{table} GROUP BY {keys} {few}").fetchall())
    shown = ask(f"SELECT {keys}, {figure} AS figure, COUNT(*) AS n FROM gold.{table} GROUP BY {keys}").rows
    met = [row for row in shown if row[:size] in small]
    assert met  # else nothing is put to the test
    assert [row for row in met if row[size] is not None] == []


FEW_DENIED = "FROM gold.claims WHERE state = 'AZ' AND claim_type = 'Emergency'"


@pytest.mark.parametrize(
    ("all_of_it", "but_a_few"),
    [
        ("SUM(claim_amount)", "SUM(claim_amount * (1 - is_denied))"),
        ("SUM(claim_amount)", "SUM(is_approved * claim_amount)"),
        ("AVG(claim_amount)", "AVG(claim_amount) FILTER (WHERE is_denied = 0)"),
        ("SUM(claim_amount)", "AVG(claim_amount) FILTER (WHERE is_denied = 0)"),
        ("AVG(claim_amount)", "SUM(CASE WHEN is_denied = 0 THEN claim_amount END)"),
    ],
)
def test_a_figure_and_the_same_without_a_few_members_are_not_both_shown(
    all_of_it: str, but_a_few: str, ask: Ask, gold: duckdb.DuckDBPyConnection
) -> None:
    denied = f"SELECT COUNT(DISTINCT member_id) FILTER (WHERE is_denied = 1) {FEW_DENIED}"
    assert 0 < gold.execute(denied).fetchall()[0][0] < FEW
    rows: list[tuple[object, ...]] = []
    with suppress(DeniedError):  # too_close, where what was shown before is what finds it
        rows = ask(f"SELECT {all_of_it} AS a, {but_a_few} AS b {FEW_DENIED}").rows
    assert not any(None not in row for row in rows)


@pytest.mark.parametrize("figure", ["SUM(CEIL(nps_score / 10))", "SUM(ROUND(nps_score * 0.1))"])
def test_a_condition_written_as_a_rounding_is_refused(figure: str, ask: Ask) -> None:
    with pytest.raises(DeniedError) as denied:
        ask(f"SELECT call_topic, {figure} FROM gold.surveys GROUP BY call_topic")
    assert denied.value.code == "weighted_sum"


@pytest.mark.parametrize(
    "figure",
    ["AVG(handle_time_minutes)", "AVG(sentiment_score)", "SUM(is_leaked + is_repeat)",
     "SUM(COALESCE(is_leaked, 0))", "SUM(1 - is_leaked)", "SUM(handle_time_minutes + 1)", "SUM(ROUND(is_leaked))"],
)  # fmt: skip
def test_what_many_members_are_behind_is_shown(figure: str, ask: Ask, gold: duckdb.DuckDBPyConnection) -> None:
    text = f"SELECT {figure} AS figure FROM gold.calls WHERE call_topic = 'Billing Question'"
    assert ask(text).rows == [(pytest.approx(gold.execute(text).fetchone()[0]),)]  # type: ignore[index]
