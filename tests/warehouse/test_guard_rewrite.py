"""What runs in a statement's place: the same rows for who may see all, none of the others for who may not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.guard import Allow, Catalog, check
from warehouse.principal import Principal
from warehouse.settings import Limits
from warehouse.snapshots import connect, current
from warehouse.workers.pool import open_pool

DATA = Path(__file__).parents[1] / "data"
EXECUTIVE = Principal("ann", "executive")
LEAD = Principal("dan", "executive", attributes={"plan_type": "HMO"})
ENTRIES = [json.loads(line) for line in (DATA / "guard_statements.jsonl").read_text().splitlines()]
ALLOWED = [entry["sql"] for entry in ENTRIES if entry["expect"] == "allow"]
ORDINARY = (DATA / "guard_allowed.sql").read_text().splitlines()[1:]
BYPASSES = [entry["sql"] for entry in ENTRIES if entry["layer"] == "rewrite"]
FILTERED = (
    """
SELECT sum(total_calls) FROM gold.repeat_calls_analysis WHERE plan_type = 'PPO' OR 1 = 1
SELECT plan_type, count(*) AS n, avg(handle_time_minutes) AS m FROM gold.calls GROUP BY ALL ORDER BY ALL
SELECT count(DISTINCT member_id) FROM gold.members
SELECT r.plan_type, sum(l.leaked_calls) FROM gold.repeat_calls_analysis r RIGHT JOIN gold.digital_call_leakage l
 ON l.call_date = r.call_date AND l.segment = r.segment GROUP BY 1 ORDER BY 1
SELECT segment FROM gold.repeat_calls_analysis EXCEPT SELECT segment FROM gold.digital_call_leakage ORDER BY 1
WITH b AS (SELECT plan_type AS p, is_repeat FROM gold.calls) SELECT p, avg(is_repeat) FROM b GROUP BY p
SELECT d.day, (SELECT sum(total_calls) FROM gold.repeat_calls_analysis r WHERE r.call_date = d.day) AS n
 FROM gold.data_days d ORDER BY 1
""".strip()
    .replace("\n ", " ")
    .split("\n")
)


def runnable(sql: str, principal: Principal, catalog: Catalog | None = None) -> str:
    decision = check(sql, principal, row_limit=100_000, catalog=catalog)
    assert isinstance(decision, Allow), decision
    return decision.sql


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    found = connection.execute(sql).fetchall()
    rounded = [tuple(round(cell, 6) if isinstance(cell, float) else cell for cell in row) for row in found]
    return sorted(rounded, key=repr)


@pytest.fixture(scope="module")
def everything(tiny_warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(current(tiny_warehouse))
    connection.execute("USE serve.gold")
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def catalog(tiny_warehouse: Path) -> Catalog:
    """The columns in the order of the published tables, which is the order of a star."""
    return open_pool(current(tiny_warehouse), Limits(), data="gold").catalog


@pytest.fixture(scope="module")
def permitted(tiny_warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same tables with the rows of one plan only; tables without a plan are empty."""
    connection = connect(current(tiny_warehouse))
    connection.execute("SET search_path = 'memory.main'; CREATE SCHEMA memory.gold")
    found = connection.execute(
        "SELECT table_name, bool_or(column_name = 'plan_type') FROM duckdb_columns() "
        "WHERE database_name = 'serve' AND schema_name = 'gold' GROUP BY 1"
    ).fetchall()
    for table, has_plan in found:
        where = "plan_type = 'HMO'" if has_plan else str(table == "data_days")
        connection.execute(f"CREATE TABLE memory.gold.{table} AS SELECT * FROM serve.gold.{table} WHERE {where}")
    yield connection
    connection.close()


DEPENDS_ON_ORDER = ("first", "mode", "max_by", "arg_max", "string_agg")


@pytest.mark.parametrize("sql", [*ALLOWED, *ORDINARY])
def test_the_rewritten_statement_gives_the_same_rows(
    sql: str, everything: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    if "LIMIT" in sql.upper() or any(f"{name}(" in sql for name in DEPENDS_ON_ORDER):
        # Ties and the order of rows make these pick any of several rows: that it runs is all that can be compared.
        everything.execute(runnable(sql, EXECUTIVE)).fetchall()
    else:
        assert rows(everything, runnable(sql, EXECUTIVE, catalog)) == rows(everything, sql)


@pytest.mark.parametrize("sql", [*BYPASSES, *FILTERED])
def test_rows_outside_the_filter_do_not_influence_the_result(
    sql: str, everything: duckdb.DuckDBPyConnection, permitted: duckdb.DuckDBPyConnection
) -> None:
    assert rows(everything, runnable(sql, LEAD)) == rows(permitted, runnable(sql, EXECUTIVE))


def test_the_filter_changes_what_an_unfiltered_reader_would_see(everything: duckdb.DuckDBPyConnection) -> None:
    sql = FILTERED[0]
    assert rows(everything, runnable(sql, LEAD)) != rows(everything, runnable(sql, EXECUTIVE))
