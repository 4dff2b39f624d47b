"""The loader: what a broken model says, all at once, and what it does with a sound one."""

from __future__ import annotations

import shutil
import time
from datetime import date
from pathlib import Path
from textwrap import dedent

import duckdb
import pytest

from semantic.compiler import compile_query
from semantic.loader import PACKAGED_MODEL, load_model
from semantic.model import SemanticModel
from semantic.query import SemanticQuery
from warehouse.errors import UsageError

SHOP = """\
model: shop
datasets:
  orders:
    table: gold.orders
    time: ordered_on
    grain: one row per order
    dimensions: {store: store_name}
    measures:
      orders: {aggregate: count}
      revenue: {aggregate: sum, column: amount}
dimensions:
  store:
    label: Store
    description: Where it was sold
    owner: Sales
    values: {NO: [norway], "Yes": []}
metrics:
  avg_order:
    label: Average order
    description: Dollars an order
    unit: usd
    polarity: higher
    owner: Sales
    numerator: revenue
    denominator: orders
"""


def written(folder: Path, text: str) -> Path:
    (folder / "shop.yml").write_text(dedent(text))
    return folder


def test_a_model_of_another_domain_loads(tmp_path: Path) -> None:
    model = load_model(written(tmp_path, SHOP))
    assert model.name == "shop"
    assert model.metrics["avg_order"].numerator == (("revenue", 1.0),)
    assert model.dimensions_of("avg_order") == {"store"}
    assert list(model.dimensions["store"].values) == ["NO", "Yes"]  # texts, whatever YAML thinks of them


def test_a_model_of_another_domain_compiles(tmp_path: Path) -> None:
    query = SemanticQuery(metrics=("avg_order",), dimensions=("store",), time_grain="month")
    statement = compile_query(
        load_model(written(tmp_path, SHOP)), query, as_of=date(2026, 10, 29), first_day=date(2026, 9, 1)
    )
    database = duckdb.connect()
    database.execute(
        """CREATE SCHEMA gold; CREATE TABLE gold.orders AS FROM (VALUES
        (DATE '2026-09-02', 'NO', 10.0), (DATE '2026-09-09', 'NO', 20.0), (DATE '2026-10-01', 'Yes', 5.0),
        (DATE '2026-10-30', 'Yes', 900.0)) AS v(ordered_on, store_name, amount)"""
    )
    assert database.execute(statement.sql).fetchall() == [
        (date(2026, 9, 1), "NO", 15.0),
        (date(2026, 10, 1), "Yes", 5.0),
    ]


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    broken = (
        SHOP.replace("denominator: orders", "denominator: ordrs\n    synonims: [basket]")
        .replace("unit: usd", "unit: dollars")
        .replace("{store: store_name}", "{stor: store_name}")
        .replace("    owner: Sales\n    values", "    values")
    )
    with pytest.raises(UsageError) as raised:
        load_model(written(tmp_path, broken))
    lines = raised.value.what.splitlines()[1:]
    assert lines == [
        "shop.yml:7: there is no dimension 'stor'; did you mean 'store'?",
        "shop.yml:13: 'owner' is missing",
        "shop.yml:20: 'dollars' is not a unit; one of "
        "count, rate, usd, minutes, days, seconds, score, points, percent",
        "shop.yml:24: there is no measure 'ordrs'; did you mean 'orders'?",
        "shop.yml:25: 'synonims' means nothing here; did you mean 'synonyms'?",
    ]
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("unit: usd", "unit: usd\n    unit: rate", "'unit' is given twice"),
        ("denominator: orders", "per_day: true\n    denominator: orders", "either per day or a ratio"),
        ("    denominator: orders\n", "    scale: ten\n", "'scale' must be a number, not 'ten'"),
        ("unit: usd", "unit: rate", None),
        ("{aggregate: sum, column: amount}", "{aggregate: sum}", "the measure 'revenue' needs a column"),
        ("values: {NO: [norway]", "values: {NO: norway", "'NO' must be a list of texts"),
        ("label: Store", "label: [Store]", "'label' must be a text"),
        ("model: shop", "model: [shop", "not readable as YAML"),
        ("metrics:\n  avg_order:", "metrics:\n  store:", "the name 'store' is already defined at shop.yml:13"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, message: str | None, tmp_path: Path) -> None:
    folder = written(tmp_path, SHOP.replace(old, new))
    if message is None:
        assert load_model(folder).metrics["avg_order"].unit == "rate"
        return
    with pytest.raises(UsageError) as raised:
        load_model(folder)
    assert message in raised.value.what


def test_a_verified_query_is_checked_against_the_model(tmp_path: Path) -> None:
    verified = """\
    verified_queries:
      best:
        title: Best stores
        owner: Sales
        questions: [Which stores are best?]
        query:
          metrics: [avg_ordr]
          time: today
          limit: 0
    """
    with pytest.raises(UsageError) as raised:
        load_model(written(tmp_path, SHOP + dedent(verified)))
    assert "did you mean 'avg_order'?" in raised.value.what
    assert "no semantic query: limit" in raised.value.what


BEST = """\
verified_queries:
  best:
    title: Best stores
    owner: Sales
    questions: [Which 3 stores are best?]
    query: {metrics: [avg_order], dimensions: [store], order_by: [{by: avg_order}], TAKEN}
    parameters:
      it: {PARAMETER}
"""


@pytest.mark.parametrize(
    ("parameter", "taken", "message"),
    [
        ("type: limit, default: 3", "limit: 5", "has a limit of its own, which 'it' sets"),
        ("type: limit, default: 99", "", "must lie between 1 and 50"),
        ("type: limit, default: few", "", "must be a number, not 'few'"),
        ("type: period, default: today", "time: today", "has a time of its own, which 'it' sets"),
        ("type: value, dimension: stor", "", "there is no dimension 'stor'; did you mean 'store'?"),
        ("type: value, dimension: store, default: XX", "", "'store' has no value 'XX'"),
        (
            "type: value, dimension: store",
            "filters: [{dimension: store, values: ['NO']}]",
            "filters by 'store' itself",
        ),
        ("type: metric, default: avg_order", "", "needs a default that is one of its choices"),
        ("type: percent, default: 10", "", "has no use here"),
        ("type: limt", "", "'limt' is not a type; did you mean 'limit'?"),
        ("type: limit, defalt: 3", "", "'defalt' means nothing here; did you mean 'default'?"),
    ],
)
def test_a_parameter_is_checked_with_its_line(tmp_path: Path, parameter: str, taken: str, message: str) -> None:
    text = BEST.replace("PARAMETER", parameter).replace(", TAKEN", f", {taken}" if taken else "")
    with pytest.raises(UsageError) as raised:
        load_model(written(tmp_path, SHOP + text))
    lines = [line for line in raised.value.what.splitlines() if message in line]
    line = SHOP.count("\n") + 8
    assert lines, raised.value.what
    assert lines[0].startswith(f"shop.yml:{line}: ")


def test_a_mart_must_fit_its_dataset(tmp_path: Path) -> None:
    mart = "marts:\n  - {table: gold.m, dataset: orders, time: day, dimensions: [city], measures: {orders: n}}\n"
    city = "  city: {label: City, description: Town, owner: Sales}\n"
    with pytest.raises(UsageError, match=r"the dataset 'orders' has no dimension 'city'"):
        load_model(written(tmp_path, SHOP.replace("metrics:\n", city + "metrics:\n") + mart))


def test_no_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no semantic model"):
        load_model(tmp_path / "nowhere")


def test_the_version_follows_the_content(tmp_path: Path, model: SemanticModel) -> None:
    copy = tmp_path / "models"
    shutil.copytree(PACKAGED_MODEL, copy)
    assert load_model(copy).version == model.version
    with (copy / "questions.yml").open("a") as file:
        file.write("\n# a remark\n")
    assert load_model(copy).version != model.version


def test_loading_is_quick_the_first_time_and_free_the_second(tmp_path: Path) -> None:
    copy = tmp_path / "models"
    shutil.copytree(PACKAGED_MODEL, copy)
    (copy / "extra.yml").write_text("# makes the content new\n")
    started = time.thread_time()
    first = load_model(copy)
    first_time = time.thread_time() - started
    assert load_model(copy) is first
    assert first_time < 1.0  # of processor time; 0.03 s on an idle machine
