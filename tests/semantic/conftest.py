"""The packaged model, compiled and run against the tiny warehouse's gold tables."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from semantic.compiler import CompiledQuery, compile_query
from semantic.loader import load_model
from semantic.model import SemanticModel
from semantic.query import SemanticQuery
from warehouse.snapshots import current


@pytest.fixture(scope="session")
def model() -> SemanticModel:
    return load_model()


@pytest.fixture(scope="session")
def days(tiny_warehouse: Path) -> tuple[date, date]:
    """First and last complete day of the tiny warehouse."""
    snapshot = current(tiny_warehouse)
    return date.fromisoformat(snapshot.manifest["first_day"]), snapshot.as_of


@pytest.fixture(scope="session")
def compiled(days: tuple[date, date]) -> Callable[[SemanticModel, SemanticQuery], CompiledQuery]:
    """Compiles against the days of the tiny warehouse."""
    return lambda model, query: compile_query(model, query, as_of=days[1], first_day=days[0])


@pytest.fixture(scope="session")
def run(
    gold: duckdb.DuckDBPyConnection, compiled: Callable[[SemanticModel, SemanticQuery], CompiledQuery]
) -> Callable[[SemanticModel, SemanticQuery], list[dict[str, object]]]:
    """Compiles and runs: rows as mappings from column name to value."""

    def rows(model: SemanticModel, query: SemanticQuery) -> list[dict[str, object]]:
        statement = compiled(model, query)
        found = gold.execute(statement.sql, statement.params).fetchall()
        return [dict(zip((column.name for column in statement.columns), row, strict=True)) for row in found]

    return rows
