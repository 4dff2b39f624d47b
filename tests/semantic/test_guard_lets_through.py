"""The guard lets through what the compiler writes, and does not change what it says."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from semantic.compiler import CompiledQuery
from semantic.loader import load_model
from semantic.model import SemanticModel
from semantic.query import DimensionFilter, MetricFilter, SemanticQuery
from semantic.values import dictionary_queries
from warehouse.guard import Allow, check
from warehouse.principal import Principal

MODEL = load_model()
EXECUTIVE = Principal(user="reader", role="executive")


def shapes(metric: str) -> list[SemanticQuery]:
    """A metric by dimensions, as one figure compared, over time compared, and with thresholds."""
    usable = [name for name in MODEL.dimensions if name in MODEL.dimensions_of(metric)]
    queries = [SemanticQuery(metrics=(metric,), dimensions=(usable[-1],), limit=3)]
    if all(MODEL.datasets[name].time_column for name in MODEL.datasets_of(metric)):
        queries += [
            SemanticQuery(metrics=(metric,), compare_to="previous_period"),
            SemanticQuery(metrics=(metric,), time_grain="week", compare_to="previous_period"),
            SemanticQuery(
                metrics=(metric,),
                dimensions=(usable[0], usable[-1]),
                filters=(DimensionFilter(dimension=usable[0], values=("MAPD", "Plan ñ")),),
                having=(MetricFilter(metric=metric, op=">", value=0.5),),
                compare_to="previous_period",
                share_of_total=MODEL.metrics[metric].additive
                and MODEL.adds_up_by(metric, (usable[0], usable[-1])),
            ),
        ]
    return queries


@pytest.mark.parametrize("metric", MODEL.metrics)
def test_compiled_queries_pass(
    metric: str, compiled: Callable[[SemanticModel, SemanticQuery], CompiledQuery], gold: duckdb.DuckDBPyConnection
) -> None:
    for query in shapes(metric):
        statement = compiled(MODEL, query)
        decision = check(statement.sql, EXECUTIVE, parameters=statement.params)
        assert isinstance(decision, Allow), (decision, statement.sql)
        assert set(decision.tables) == set(statement.tables)
        assert cells(gold, decision.sql, statement) == pytest.approx(cells(gold, statement.sql, statement))


def cells(gold: duckdb.DuckDBPyConnection, sql: str, statement: CompiledQuery) -> dict[tuple[int, int], object]:
    rows = gold.execute(sql, statement.params).fetchall()
    return {(line, column): cell for line, row in enumerate(rows) for column, cell in enumerate(row)}


@pytest.mark.parametrize("dimension", MODEL.dimensions)
def test_value_queries_pass(dimension: str) -> None:
    assert isinstance(check(dictionary_queries(MODEL)[dimension], EXECUTIVE), Allow)
