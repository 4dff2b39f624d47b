"""Lineage of metrics and dimensions: it follows from the compiled SQL, and it can be walked back from a source."""

from __future__ import annotations

import pytest

from semantic.compiler import compile_query
from semantic.lineage import lineage_of_name, metric_column
from semantic.query import SemanticQuery
from warehouse.errors import UsageError
from warehouse.lineage import load_lineage


def test_every_metric_and_dimension_ends_in_source_columns(model):
    for name in [*model.metrics, *model.dimensions]:
        report = lineage_of_name(name, model)
        assert report.ends_of_kind("source"), name


def test_a_metric_reads_the_gold_columns_that_its_sql_names(model, days):
    lineage = load_lineage()
    for name in model.metrics:
        compiled = compile_query(model, SemanticQuery(metrics=(name,)), as_of=days[1], first_day=days[0])
        by_mart = lineage.trace_query(compiled.sql).columns[name].origins
        by_dataset = metric_column(model, name)
        sources = lineage.ends_of(by_dataset.value, by_dataset.selection).all
        assert lineage.ends_of(by_mart.value).value <= sources, name


def test_the_leakage_rate_comes_from_calls_and_failed_interactions(model):
    report = lineage_of_name("leakage_rate", model)
    root = report.nodes["leakage_rate"]
    assert root.value == {"gold.calls.is_leaked", "gold.digital_interactions.is_failed"}
    assert {"gold.calls.call_date", "gold.calls.journey", "gold.digital_interactions.outcome"} <= root.selection
    assert report.ends_of_kind("rule")["rules.leakage_window_minutes"] == "value"
    assert report.ends_of_kind("seed")


def test_an_optional_source_column_that_a_metric_requires_is_in_its_lineage(model):
    for name, metric in model.metrics.items():
        ends = lineage_of_name(name, model).ends.all
        assert set(metric.requires) <= ends, name


def test_a_source_column_names_the_metrics_that_have_it_in_their_lineage(model):
    sentiment = lineage_of_name("call_center.sentiment", model)
    assert sentiment.direction == "downstream"
    assert sentiment.dependents["negative_emotion_rate"] == "value"
    assert "nps" not in sentiment.dependents
    for name in model.metrics:
        there = "call_center.sentiment" in lineage_of_name(name, model).ends.all
        assert there == (name in sentiment.dependents), name


def test_a_rule_names_what_it_decides(model):
    report = lineage_of_name("rules.high_handle_time_minutes", model)
    assert "gold.calls.is_high_handle_time" in report.dependents
    assert "gold.surveys.nps_score" not in report.dependents


def test_the_edges_of_a_report_join_its_nodes(model):
    for target in ("leakage_rate", "plan_type", "gold.calls", "call_center.call_topic"):
        document = lineage_of_name(target, model).document()
        names = {node["id"] for node in document["nodes"]}
        assert document["edges"]
        assert {edge["from"] for edge in document["edges"]} | {edge["to"] for edge in document["edges"]} <= names


def test_an_unknown_name_is_refused_with_the_nearest_one(model):
    with pytest.raises(UsageError, match="leakage_rate"):
        lineage_of_name("leakage_rat", model)
    with pytest.raises(UsageError, match=r"gold\.calls\.is_leaked"):
        lineage_of_name("gold.calls.is_leakd", model)
