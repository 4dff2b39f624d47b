"""The locked engine: what it refuses even to a statement that no guard has seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.errors import CommandCenterError, DeniedError
from warehouse.settings import Limits
from warehouse.snapshots import current
from warehouse.workers.pool import WorkerPool, open_pool


@pytest.fixture(scope="module")
def engine(tiny_warehouse: Path) -> WorkerPool:
    return open_pool(current(tiny_warehouse), Limits(), data="gold")


def run(engine: WorkerPool, sql: str) -> list[tuple[object, ...]]:
    return engine.run(sql, {}, most=10, seconds=60).rows


ESCAPES = [
    "SELECT * FROM read_text('{gold}')",
    "SELECT * FROM read_blob('{gold}')",
    "SELECT * FROM read_csv('/etc/hostname')",
    "SELECT * FROM '{gold}.csv'",
    "SELECT * FROM glob('/*')",
    "COPY (SELECT 1) TO '{gold}.wal'",
    "COPY (SELECT 1) TO '{gold}.csv'",
    "ATTACH '{gold}' AS again (READ_ONLY)",
    "ATTACH '{lake}' AS lake (READ_ONLY)",
    "INSTALL httpfs",
    "SET memory_limit = '8GB'",
    "SET enable_external_access = true",
    "SET disabled_filesystems = ''",
    "RESET disabled_filesystems",
    "CREATE TABLE gold.x AS SELECT 1",
    "DELETE FROM gold.calls",
    "UPDATE gold.calls SET plan_type = 'x'",
    "DROP TABLE gold.calls",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "EXPORT DATABASE '{gold}.d'",
]


@pytest.mark.parametrize("sql", ESCAPES)
def test_nothing_outside_the_tables_is_in_reach(sql: str, engine: WorkerPool, tiny_warehouse: Path) -> None:
    snapshot = current(tiny_warehouse)
    before = sorted(path.name for path in snapshot.gold_path.parent.iterdir())
    with pytest.raises(CommandCenterError):
        run(engine, sql.format(gold=snapshot.gold_path, lake=snapshot.lake_path))
    assert sorted(path.name for path in snapshot.gold_path.parent.iterdir()) == before


def test_a_python_variable_is_no_table(engine: WorkerPool) -> None:
    secrets = {"a": [1]}
    assert secrets
    with pytest.raises(CommandCenterError):
        run(engine, "SELECT * FROM secrets")


def test_a_long_statement_is_stopped_and_the_next_one_runs(engine: WorkerPool) -> None:
    days = "SELECT COUNT(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7"
    with pytest.raises(DeniedError) as denied:
        engine.run(days, {}, most=10, seconds=1)
    assert denied.value.code == "time_limit"
    assert run(engine, "SELECT 1") == [(1,)]


def test_a_statement_leaves_nothing_behind_for_the_next(engine: WorkerPool) -> None:
    run(engine, "CREATE TEMP MACRO sum(x) AS 0")
    run(engine, "SET VARIABLE leaked = 1")
    assert run(engine, "SELECT SUM(is_leaked) > 0, getvariable('leaked') FROM gold.calls") == [(True, None)]


def test_the_clock_is_utc(engine: WorkerPool) -> None:
    assert run(engine, "SELECT current_setting('TimeZone')") == [("UTC",)]


def test_an_engine_is_shared_while_somebody_holds_it(tiny_warehouse: Path, engine: WorkerPool) -> None:
    assert open_pool(current(tiny_warehouse), Limits(), data="gold") is engine


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT COUNT(*) FROM (SELECT call_id FROM gold.calls) AS c",
        "SELECT a.kpi_date FROM (SELECT kpi_date FROM gold.executive_kpis) AS a "
        "ASOF JOIN (SELECT call_date FROM gold.calls) AS b ON a.kpi_date >= b.call_date",
        "SELECT SUM(x.n) OVER (ORDER BY x.d RANGE BETWEEN INTERVAL 3 DAY PRECEDING AND CURRENT ROW) "
        "FROM (SELECT kpi_date AS d, total_calls AS n FROM gold.executive_kpis) AS x",
        "SELECT COUNT(*) FROM (SELECT plan_type FROM gold.calls) AS c WHERE c.plan_type = $plan",
    ],
)
def test_the_binder_names_the_tables(sql: str, engine: WorkerPool) -> None:
    found = engine.table_names(sql, {"plan": "HMO"} if "$" in sql else {})
    assert found
    assert found <= {("gold", "calls"), ("gold", "executive_kpis")}
