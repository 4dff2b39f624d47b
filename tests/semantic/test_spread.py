"""A dataset that is spread over several rows: a request of the estimator by the providers that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest

from semantic.compiler import NotAnswerable, compile_query
from semantic.loader import load_model
from semantic.model import SemanticModel
from semantic.query import SemanticQuery
from warehouse.errors import UsageError

AS_OF = date(2026, 10, 29)
Run = Callable[[SemanticModel, SemanticQuery], list[dict[str, object]]]

ORDERS = """\
model: shop
datasets:
  orders:
    table: gold.orders
    time: ordered_on
    grain: one row per order
    key: order_no
    dimensions: {store: store_name}
    spread: {table: gold.lines, dimensions: {article: article_name}}
    measures: {orders: {aggregate: count}, revenue: {aggregate: sum, column: amount}}
dimensions:
  store: {label: Store, description: Where it was sold, owner: Sales}
  article: {label: Article, description: What was sold, owner: Sales}
metrics:
  orders_placed:
    {label: Orders placed, description: All, unit: count, polarity: higher, owner: Sales, numerator: orders}
  turnover: {label: Turnover, description: Dollars, unit: usd, polarity: higher, owner: Sales, numerator: revenue}
"""


def _loaded(folder: Path, text: str = ORDERS) -> SemanticModel:
    (folder / "shop.yml").write_text(text, encoding="utf-8")
    return load_model(folder)


def test_counts_go_by_the_parts_of_a_row_and_sums_do_not(tmp_path: Path) -> None:
    shop = _loaded(tmp_path)
    assert shop.dimensions_of("orders_placed") == {"store", "article"}
    assert shop.dimensions_of("turnover") == {"store"}
    by_article = SemanticQuery(metrics=("turnover",), dimensions=("article",))
    with pytest.raises(NotAnswerable, match="Turnover cannot be split or filtered by Article"):
        compile_query(shop, by_article, as_of=AS_OF, first_day=date(2026, 1, 1))


def test_without_its_parts_the_dataset_is_read_from_its_own_table(tmp_path: Path) -> None:
    shop = _loaded(tmp_path)
    query = SemanticQuery(metrics=("orders_placed",), dimensions=("store",))
    assert compile_query(shop, query, as_of=AS_OF, first_day=date(2026, 1, 1)).tables == ("gold.orders",)
    query = SemanticQuery(metrics=("orders_placed",), dimensions=("store", "article"))
    assert compile_query(shop, query, as_of=AS_OF, first_day=date(2026, 1, 1)).tables == ("gold.lines",)


def test_a_spread_needs_what_tells_its_rows_apart(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'orders' is spread over several rows and needs a 'key'"):
        _loaded(tmp_path, ORDERS.replace("    key: order_no\n", ""))


@pytest.mark.parametrize(("dimension", "column"), [("network", "network_id"), ("specialty", "specialty")])
def test_a_request_counts_once_for_each_network_that_it_asks_for(
    dimension: str, column: str, model: SemanticModel, run: Run, gold: duckdb.DuckDBPyConnection
) -> None:
    days = {"start": "2026-10-01", "end": "2026-10-29"}
    metrics = ("estimate_requests", "failed_estimate_requests", "estimate_failure_rate")
    query = SemanticQuery.model_validate({"metrics": metrics, "dimensions": (dimension,), "time": days})
    found = {row[dimension]: tuple(row[name] for name in metrics) for row in run(model, query)}
    by_hand = gold.execute(f"""
        SELECT value, count(*), count(*) FILTER (WHERE is_failed = 1), avg(is_failed)
        FROM (SELECT DISTINCT q.{column} AS value, c.trace_id, c.is_failed
              FROM gold.fact_request AS q JOIN gold.cost_estimates AS c USING (trace_id)
              WHERE c.request_date BETWEEN DATE '2026-10-01' AND DATE '2026-10-29')
        GROUP BY value
    """).fetchall()
    assert found == {value: (requests, failed, pytest.approx(rate)) for value, requests, failed, rate in by_hand}
    whole = run(model, query.model_copy(update={"dimensions": ()}))[0]["estimate_requests"]
    assert isinstance(whole, int)
    assert sum(requests for _, requests, _, _ in by_hand) > whole  # several providers a request


def test_parts_that_overlap_have_no_share_and_no_average(model: SemanticModel) -> None:
    assert not model.adds_up_by("estimate_requests", ("network",))
    assert model.adds_up_by("estimate_requests", ("service_code",))
    query = SemanticQuery(metrics=("estimate_requests",), dimensions=("network",), share_of_total=True)
    with pytest.raises(NotAnswerable, match="does not add up over parts"):
        compile_query(model, query, as_of=AS_OF, first_day=date(2026, 1, 1))
    for metric in ("estimate_response_time", "providers_per_request", "estimate_health_score"):
        assert "network" not in model.dimensions_of(metric)


def test_members_today_are_read_beside_the_parts(model: SemanticModel, run: Run) -> None:
    fields = {"metrics": ("estimate_requests",), "dimensions": ("network", "plan_type"), "attribution": "today"}
    rows = run(model, SemanticQuery.model_validate(fields))
    assert rows
    assert all(row["network"] for row in rows)
