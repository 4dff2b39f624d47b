"""Semantic query to SQL, case by case, in `golden/queries.txt`."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import sqlglot

from semantic.compiler import NotAnswerable, compile_query
from semantic.model import SemanticModel
from semantic.query import SemanticQuery

GOLDEN = Path(__file__).parent / "golden" / "queries.txt"
BLOCKS = [block.splitlines() for block in GOLDEN.read_text().split("\n\n")]
CASES = [tuple(block) for block in BLOCKS if not block[0].startswith("#")]


def on_one_line(sql: str) -> str:
    return sqlglot.parse_one(sql, read="duckdb").sql("duckdb")


@pytest.mark.parametrize(("query", "expected"), CASES, ids=[case[0][:100] for case in CASES])
def test_compiles_to_the_golden_sql(query: str, expected: str, model: SemanticModel) -> None:
    try:
        statement = compile_query(
            model,
            SemanticQuery.model_validate(json.loads(query)),
            as_of=date(2026, 10, 29),
            first_day=date(2025, 8, 1),
        )
        found = on_one_line(statement.sql)
    except NotAnswerable as refused:
        found = f"! {refused.reason}"
    assert found == expected.strip()


def test_odd_values_travel_as_parameters(model: SemanticModel) -> None:
    query = SemanticQuery.model_validate(
        {
            "metrics": ["leakage_rate"],
            "filters": [{"dimension": "county", "values": ["Doña Ana", "a'; DROP TABLE x --", "Kings"]}],
        }
    )
    statement = compile_query(model, query, as_of=date(2026, 10, 29), first_day=date(2026, 8, 1))
    assert statement.params == {"v1": "Doña Ana", "v2": "a'; DROP TABLE x --"}
    assert statement.sql.isascii()
    assert "DROP" not in statement.sql
    assert statement.sql.count("'Kings'") == statement.sql.count("$v1") == 2


def test_the_query_comes_back_with_its_period(model: SemanticModel) -> None:
    query = SemanticQuery(metrics=("total_calls",), compare_to="previous_period")
    statement = compile_query(model, query, as_of=date(2026, 10, 29), first_day=date(2026, 10, 1))
    assert statement.query.time is not None
    assert (statement.query.time.start, statement.query.time.end) == (date(2026, 10, 23), date(2026, 10, 29))
    assert statement.compared_with is not None
    assert (statement.compared_with.start, statement.compared_with.end) == (date(2026, 10, 16), date(2026, 10, 22))
    assert [(column.name, column.role, column.unit) for column in statement.columns] == [
        ("total_calls", "metric", "count"),
        ("total_calls__previous", "previous", "count"),
        ("total_calls__change", "change", "count"),
        ("total_calls__change_pct", "change_pct", "rate"),
    ]


def test_a_period_is_cut_to_the_complete_days(model: SemanticModel) -> None:
    query = SemanticQuery.model_validate(
        {"metrics": ["annualized_cost"], "time": {"start": "2026-10-01", "end": "2026-12-31", "label": "Q4"}}
    )
    statement = compile_query(model, query, as_of=date(2026, 10, 29), first_day=date(2026, 10, 20))
    assert statement.query.time is not None
    assert (statement.query.time.start, statement.query.time.end) == (date(2026, 10, 20), date(2026, 10, 29))
    assert "/ 10)" in on_one_line(statement.sql)
