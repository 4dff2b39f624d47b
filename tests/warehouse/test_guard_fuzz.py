"""Mutations of allowed statements: whatever reaches for a hidden column or table flips to deny."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from warehouse.guard import Allow, Deny, check
from warehouse.policy import load_policy
from warehouse.principal import Principal

DATA = Path(__file__).parents[1] / "data"
EXECUTIVE = Principal("ann", "executive")
ALLOWED = [
    entry["sql"]
    for entry in map(json.loads, (DATA / "guard_statements.jsonl").read_text().splitlines())
    if entry["expect"] == "allow"
] + (DATA / "guard_allowed.sql").read_text().splitlines()[1:]
WITH_TABLES = [sql for sql in ALLOWED if list(sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.Column))]
HIDDEN_TABLES = ["raw.members", "silver.calls", "bronze.call_center", "main.x", "gold.secrets", "duckdb_tables"]
HIDDEN_COLUMNS = ["member_id", "transcript", "detail", "first_name", "rowid", "ssn"]
bounded = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def governed(tree: exp.Expr) -> list[exp.Table]:
    return [table for table in tree.find_all(exp.Table) if table.db.lower() == "gold"]


def verdict(sql: str) -> str:
    decision = check(sql, EXECUTIVE)
    return decision.code if isinstance(decision, Deny) else "allow"


@bounded
@given(sql=st.sampled_from(WITH_TABLES), hidden=st.sampled_from(HIDDEN_TABLES), at=st.integers(0, 9))
def test_a_hidden_table_flips_to_deny(sql: str, hidden: str, at: int) -> None:
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    tables = governed(tree)
    if not tables:
        return
    table = tables[at % len(tables)]
    schema, _, name = hidden.rpartition(".")
    table.set("this", exp.to_identifier(name))
    table.set("db", exp.to_identifier(schema) if schema else None)
    assert verdict(tree.sql("duckdb")) not in ("allow", "guard_failure")


@bounded
@given(sql=st.sampled_from(WITH_TABLES), hidden=st.sampled_from(HIDDEN_COLUMNS), at=st.integers(0, 30))
def test_a_hidden_column_flips_to_deny_or_stays_a_count(sql: str, hidden: str, at: int) -> None:
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    columns = list(tree.find_all(exp.Column))
    column = columns[at % len(columns)]
    if isinstance(column.this, exp.Star) or isinstance(column.parent, exp.Star):
        return  # EXCLUDE of a column that is not there reads nothing
    column.set("this", exp.to_identifier(hidden))
    decision = check(tree.sql("duckdb"), EXECUTIVE)
    if isinstance(decision, Allow):
        # An id may be counted; nothing else of these may be anywhere.
        assert hidden == "member_id"
        assert isinstance(column.parent, exp.Count | exp.Distinct) or column.find_ancestor(exp.Count) is not None


WRAPPERS = [
    "SELECT {hidden} FROM gold.calls UNION ALL SELECT 'x' FROM ({sql}) AS q",
    "WITH extra AS (SELECT {hidden} AS h FROM gold.calls) SELECT h FROM extra",
    "SELECT *, (SELECT max({hidden}) FROM gold.calls) AS h FROM ({sql}) AS q",
    "SELECT * FROM ({sql}) AS q WHERE EXISTS (SELECT 1 FROM gold.calls WHERE {hidden} LIKE 'M%')",
    "SELECT * FROM ({sql}) AS q, LATERAL (SELECT {hidden} FROM gold.calls) AS l",
    "SELECT q.*, c.{hidden} FROM ({sql}) AS q JOIN gold.calls AS c ON c.{hidden} IS NOT NULL",
    "SELECT count(*) FILTER (WHERE {hidden}.starts_with('M')) FROM gold.calls",
    "SELECT {hidden}.upper() FROM gold.calls",
    "SELECT a FROM gold.calls AS t(a)",
    "SELECT COLUMNS('{hidden}') FROM gold.calls",
    "SELECT c FROM gold.calls AS c",
    "SELECT * FROM (FROM gold.calls) AS q",
    "SELECT * FROM ({sql}) AS q ORDER BY (SELECT max({hidden}) FROM gold.calls)",
]


@bounded
@given(
    sql=st.sampled_from(ALLOWED),
    wrapper=st.sampled_from(WRAPPERS),
    hidden=st.sampled_from(["member_id", "transcript"]),
)
def test_wrapping_a_hidden_read_into_an_allowed_statement_is_denied(sql: str, wrapper: str, hidden: str) -> None:
    assert verdict(wrapper.format(sql=sql.rstrip(";"), hidden=hidden)) not in ("allow", "guard_failure")


@pytest.fixture(scope="module")
def empty_gold() -> Iterator[duckdb.DuckDBPyConnection]:
    """The declared schema with no rows: enough for DuckDB's binder."""
    connection = duckdb.connect(":memory:")
    connection.execute("CREATE SCHEMA gold")
    for table in load_policy().tables.values():
        columns = ", ".join(f"{column.name} {column.type}" for column in table.columns.values())
        connection.execute(f"CREATE TABLE gold.{table.name} ({columns})")
    yield connection
    connection.close()


@pytest.mark.parametrize("sql", ALLOWED)
def test_what_is_allowed_runs(sql: str, empty_gold: duckdb.DuckDBPyConnection) -> None:
    decision = check(sql, EXECUTIVE)
    assert isinstance(decision, Allow)
    empty_gold.execute(decision.sql).fetchall()
