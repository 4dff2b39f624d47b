"""Whose plan counts goes with the query through every table that a tool makes of it, and is said once."""

from __future__ import annotations

from semantic.query import DimensionFilter, SemanticQuery
from tools.breakdown import explain_breakdown
from tools.catalog import compatible_dimensions
from tools.desk import Desk
from tools.metrics import query_metrics
from tools.outcome import Found, Listing

SAID = "members have today"
QUERY = SemanticQuery(
    metrics=("leaked_calls",),
    filters=(DimensionFilter(dimension="plan_type", values=("MAPD",)),),
    attribution="today",
)


def said(found: Found) -> list[str]:
    return [sentence for sentence in found.assumptions if SAID in sentence]


def test_why_keeps_it_in_every_cut(desk: Desk) -> None:
    found = explain_breakdown(QUERY, desk)
    assert isinstance(found, Found)
    assert len(found.tables) > 3
    assert {table.query.attribution for table in found.tables if table.query} == {"today"}
    assert all("gold.members" in table.sql for table in found.tables if table.sql and table.query)
    assert len(said(found)) == 1


def test_comparison_course_and_top_n_keep_it(desk: Desk) -> None:
    by_plan = QUERY.model_copy(update={"filters": (), "dimensions": ("plan_type",)})
    for shape in (
        {"compare_to": "previous_period"},
        {"time_grain": "week"},
        {"limit": 2},
        {"share_of_total": True},
    ):
        found = query_metrics(by_plan.model_copy(update=shape), desk)
        assert isinstance(found, Found)
        assert found.tables[0].rows
        assert next(c.label for c in found.tables[0].columns if c.name == "plan_type") == "Current plan type"
        assert len(said(found)) == 1


def test_nothing_is_said_by_default(desk: Desk) -> None:
    for query in (QUERY.model_copy(update={"attribution": "at_event"}), QUERY.model_copy(update={"filters": ()})):
        found = query_metrics(query, desk)
        assert isinstance(found, Found)
        assert not said(found)


def test_a_chat_model_that_looks_a_dimension_up_reads_of_both(desk: Desk) -> None:
    found = compatible_dimensions("total_calls", desk)
    assert isinstance(found, Listing)
    described = {str(entry["name"]): str(entry["description"]) for entry in found.entries}
    assert "at_event" in described["plan_type"]
    assert "at_event" not in described["call_topic"]
