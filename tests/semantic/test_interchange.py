"""The model in other formats: the same metric gives the same number there and back, and losses are named."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
import sqlglot
import yaml

from semantic.compiler import compile_query
from semantic.interchange.formulas import formula_of, parsed
from semantic.interchange.metricflow import export_metricflow
from semantic.interchange.metricflow_reading import import_metricflow
from semantic.interchange.osi import export_osi
from semantic.interchange.report import Interchanged, NotMapped
from semantic.interchange.unity_catalog import export_unity_catalog
from semantic.interchange.unity_catalog_reading import import_unity_catalog
from semantic.loader import load_model
from semantic.model import SemanticModel
from semantic.query import SemanticQuery, TimeRange

INSURANCE = Path(__file__).parents[1] / "data" / "insurance"


def _unity_catalog(made: Interchanged) -> Interchanged:
    return import_unity_catalog({name.removesuffix(".yml"): yaml.safe_load(t) for name, t in made.files.items()})


def _metricflow(made: Interchanged) -> Interchanged:
    return import_metricflow(made.files.items())


def _loaded(made: Interchanged, folder: Path) -> SemanticModel:
    for name, text in made.files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load_model(folder)


ROUND_TRIPS: dict[str, tuple[Callable[[SemanticModel], Interchanged], Callable[[Interchanged], Interchanged]]] = {
    "unity-catalog": (export_unity_catalog, _unity_catalog),
    "metricflow": (export_metricflow, _metricflow),
}


@pytest.mark.parametrize("kind", ROUND_TRIPS)
def test_a_metric_that_went_there_and_back_gives_the_same_number(kind, model, days, gold, tmp_path):
    """Every metric that maps, in all and by a dimension; every other one is named with its reason."""
    there, back = ROUND_TRIPS[kind]
    exported = there(model)
    returned = _loaded(back(exported), tmp_path)
    whole = {missed.name for missed in exported.unmapped if missed.kind == "metric" and not missed.part}
    assert set(exported.metrics) == set(returned.metrics)
    assert set(exported.metrics) | whole == set(model.metrics)
    assert set(exported.metrics).isdisjoint(whole)
    time = TimeRange(start=days[0], end=days[1])
    together: dict[frozenset[str], list[str]] = {}
    for name in exported.metrics:
        together.setdefault(model.datasets_of(name), []).append(name)
    for names in together.values():
        by = set.intersection(*({*m.dimensions_of(n)} for m in (model, returned) for n in names))
        for dimensions in ((), tuple(sorted(by)[:1])):
            query = SemanticQuery(metrics=tuple(names), dimensions=dimensions, time=time)
            found = []
            for each in (model, returned):
                statement = compile_query(each, query, as_of=days[1], first_day=days[0])
                found.append(sorted(gold.execute(statement.sql, statement.params).fetchall(), key=str))
            mine, theirs = ({row[: len(dimensions)]: row[len(dimensions) :] for row in rows} for rows in found)
            assert mine.keys() == theirs.keys()
            for key, figures in mine.items():
                exact = [None if value is None else pytest.approx(float(value), rel=1e-9) for value in figures]
                told = [None if value is None else float(value) for value in theirs[key]]
                assert told == exact, (names, key)


def test_the_text_of_a_metric_view_computes_what_the_model_does(model, days, gold):
    """Source, filter and measures as they are written, run by DuckDB."""
    exported = export_unity_catalog(model)
    time = TimeRange(start=days[0], end=days[1])
    for name, text in exported.files.items():
        view = yaml.safe_load(text)
        assert str(view["version"]) == "1.1"
        assert view["source"].count(".") == 2
        select = ", ".join(f"{measure['expr']} AS {measure['name']}" for measure in view["measures"])
        clauses = [view["filter"]] if "filter" in view else []
        day = [d["expr"] for d in view["dimensions"] if d["name"] == "day"]
        clauses += [f"{day[0]} BETWEEN '{days[0]}' AND '{days[1]}'"] if day else []
        where = f" WHERE {' AND '.join(f'({clause})' for clause in clauses)}" if clauses else ""
        source = view["source"].removeprefix("main.")
        sql = sqlglot.transpile(f"SELECT {select} FROM {source}{where}", "databricks", "duckdb")[0]
        row = gold.execute(sql).fetchone()
        names = tuple(measure["name"] for measure in view["measures"])
        query = SemanticQuery(metrics=names, time=time)
        statement = compile_query(model, query, as_of=days[1], first_day=days[0])
        expected = gold.execute(statement.sql, statement.params).fetchone()
        for measure, mine, theirs in zip(names, expected, row, strict=True):
            assert float(theirs or 0) == pytest.approx(float(mine or 0), rel=1e-6), (name, measure)


def test_joins_go_along_and_come_back(tmp_path):
    """Claims by the region of their policy's customer, over two joins, in both formats."""
    sys.path.insert(0, str(INSURANCE))
    try:
        from make import write
    finally:
        sys.path.remove(str(INSURANCE))
    write(tmp_path / "insurance.duckdb")
    model, first, last = load_model(INSURANCE / "model"), date(2025, 1, 1), date(2026, 6, 30)
    query = SemanticQuery(metrics=("claims_paid",), dimensions=("region",), time=TimeRange(start=first, end=last))
    expected = """SELECT region, SUM(paid) FROM claims JOIN policies USING (policy_no)
                  JOIN customers USING (customer_id) GROUP BY region ORDER BY 2 DESC"""
    with duckdb.connect(str(tmp_path / "insurance.duckdb")) as plain:
        wanted = plain.execute(expected).fetchall()
    from semantic.company import open_company
    from warehouse.audit import AuditLog
    from warehouse.principal import Principal
    from warehouse.settings import Settings

    for kind, (there, back) in ROUND_TRIPS.items():
        folder = tmp_path / kind
        folder.mkdir()
        _loaded(back(there(model)), folder)
        settings = Settings(var=tmp_path / f"var-{kind}")
        company = open_company(folder, tmp_path / "insurance.duckdb", settings)
        statement = compile_query(company.model, query, as_of=last, first_day=first)
        door = company.door(AuditLog.of(settings))
        try:
            found = door.query(statement.sql, Principal("tester", "executive"), params=statement.params).rows
        finally:
            door.close()
        assert [(row[0], float(row[1])) for row in found] == [(r, pytest.approx(float(v))) for r, v in wanted], (
            kind
        )
    made = export_unity_catalog(model)
    assert ("bridge", "policy_agents") in {(missed.kind, missed.name) for missed in made.unmapped}
    assert [m.why for m in made.unmapped if m.name == "loss_ratio" and not m.part] == [
        "a view has one source, and this is over claims and policies"
    ]


OTHERS_VIEW = """
version: 1.1
source: prod.sales.orders
filter: state IN ('paid', 'sent')
joins:
  - name: shop
    source: prod.sales.shops
    on: source.shop_id = shop.id
dimensions:
  - {name: Order Date, expr: ordered_on, format: {type: date, date_format: year_month_day}}
  - {name: City, expr: shop.city}
  - {name: Month, expr: "DATE_TRUNC('month', ordered_on)"}
measures:
  - {name: Total Revenue, expr: SUM(amount), format: {type: currency, currency_code: USD}}
  - {name: Orders, expr: COUNT(1)}
  - {name: Online Share, expr: "COUNT(1) FILTER (WHERE channel = 'web') / COUNT(*)", format: {type: percentage}}
  - {name: Revenue per Order, expr: MEASURE(`Total Revenue`) / MEASURE(Orders)}
  - {name: Mean, expr: AVG(amount)}
  - {name: Median, expr: MEDIAN(amount)}
  - {name: Product, expr: SUM(price * pieces)}
  - {name: Running, expr: SUM(amount), window: [{order: Order Date, range: cumulative, semiadditive: last}]}
  - {name: Circle, expr: MEASURE(Circle) + 1}
  - {name: City Sum, expr: SUM(shop.area)}
"""


def test_somebody_elses_view_maps_where_it_can_and_says_where_not(tmp_path):
    made = import_unity_catalog({"orders": yaml.safe_load(OTHERS_VIEW)})
    model = _loaded(made, tmp_path)
    assert set(model.metrics) == {"total_revenue", "orders", "online_share", "revenue_per_order", "mean"}
    assert (model.metrics["total_revenue"].unit, model.metrics["online_share"].unit) == ("usd", "rate")
    orders = model.datasets["orders"]
    assert (orders.table, orders.time_column, orders.joins) == ("sales.orders", "ordered_on", {"shop": "shop_id"})
    assert orders.where == (("state", ("paid", "sent")),)
    assert orders.reached["city"].path == ("shop",)
    missed = {m.name: m.why for m in made.unmapped if not m.part}
    assert missed.keys() == {"Median", "Product", "Running", "Circle", "City Sum"}
    assert "row by row" in missed["Product"]
    assert "comes by a join" in missed["City Sum"]
    assert any(m.name == "Month" and "computed" in m.why for m in made.unmapped)


OTHERS_DBT = """
semantic_models:
  - name: orders
    model: ref('stg_orders')
    defaults: {agg_time_dimension: ordered_at}
    primary_entity: order
    dimensions:
      - {name: ordered_at, type: time, type_params: {time_granularity: day}}
      - {name: status, type: categorical}
    measures:
      - {name: order_total, agg: sum, expr: amount}
      - {name: order_count, agg: count, expr: order_id}
      - {name: p90, agg: percentile, expr: amount, agg_params: {percentile: 0.9}}
metrics:
  - {name: revenue, label: Revenue, type: simple, type_params: {measure: order_total}}
  - {name: orders, label: Orders, type: simple, type_params: {measure: order_count}}
  - {name: returned, label: Returned, type: simple, type_params: {measure: order_count},
     filter: "{{ Dimension('order__status') }} = 'returned'"}
  - {name: return_rate, label: Returns, type: ratio, type_params: {numerator: returned, denominator: orders}}
  - {name: net, label: Net, type: derived, type_params: {expr: r * 0.8,
     metrics: [{name: revenue, alias: r}]}}
  - {name: growth, label: Growth, type: derived, type_params: {expr: r - before,
     metrics: [{name: revenue, alias: r}, {name: revenue, alias: before, offset_window: 1 month}]}}
  - {name: so_far, label: So far, type: cumulative, type_params: {measure: order_total}}
  - {name: high, label: High, type: simple, type_params: {measure: p90}}
"""


def test_somebody_elses_metrics_map_where_they_can_and_say_where_not(tmp_path):
    made = import_metricflow([("models/orders.yml", OTHERS_DBT)])
    model = _loaded(made, tmp_path)
    assert set(model.metrics) == {"revenue", "orders", "returned", "return_rate", "net"}
    above = model.measures[model.metrics["return_rate"].numerator[0][0]]
    assert (above.aggregation, above.where) == ("count", (("status", ("returned",)),))
    assert model.metrics["net"].numerator[0][1] == 0.8
    assert {m.name for m in made.unmapped if m.kind == "metric"} == {"growth", "so_far", "high"}


@pytest.mark.parametrize(
    "text",
    [
        "SUM(a) * SUM(b)",
        "SUM(a) + 1",
        "SUM(a) / COUNT(*) + SUM(b) / COUNT(*)",
        "SUM(DISTINCT a)",
        "MAX(a + 1)",
        "SUM(CASE WHEN a > 3 THEN 1 END)",
        "SUM(CASE WHEN x = 'a' THEN b ELSE c END)",
        "COUNT(DISTINCT a, b)",
        "a b (",
        "(" * 3000 + "SUM(a)" + ")" * 3000,
    ],
)
def test_what_would_be_another_number_is_not_mapped(text):
    def none(name: str):
        raise NotMapped(name)

    with pytest.raises(NotMapped):
        formula_of(parsed(text, "databricks"), none)


def test_the_experimental_export_is_of_the_specified_form(model):
    """Fields, enumerations and references as the core specification 0.2.0.dev0 has them; expressions parse."""
    made = export_osi(model)
    document = yaml.safe_load(next(iter(made.files.values())))
    (entry,) = document["semantic_model"]
    assert (list(document), document["version"]) == (["version", "semantic_model"], "0.2.0.dev0")
    datasets = {dataset["name"]: dataset for dataset in entry["datasets"]}
    assert {"name", "source", "fields"} <= set.intersection(*(set(d) for d in datasets.values()))
    for item in [*entry["metrics"], *(field for d in datasets.values() for field in d["fields"])]:
        for written in item["expression"]["dialects"]:
            assert written["dialect"] in ("ANSI_SQL", "DATABRICKS")
            assert written["expression"]
    for metric in entry["metrics"]:
        tree = sqlglot.parse_one(metric["expression"]["dialects"][0]["expression"])
        for column in tree.find_all(sqlglot.exp.Column):
            fields = {field["name"] for field in datasets[column.table]["fields"]}
            assert column.name in fields | {"*"}, (metric["name"], column.sql())
        assert {e["vendor_name"] for e in metric["custom_extensions"]} == {"COMMON"}
    assert {m.name for m in made.unmapped if m.kind == "metric" and not m.part} == set(model.metrics) - set(
        made.metrics
    )


def test_a_metric_that_nothing_slices_is_named_and_left_out():
    view = {"version": "1.1", "source": "a.b.c", "measures": [{"name": "n", "expr": "COUNT(*)"}]}
    made = import_unity_catalog({"c": view})
    assert made.metrics == []
    assert [m.why for m in made.unmapped if m.name == "n"] == ["no dimension mapped that it could be sliced by"]
