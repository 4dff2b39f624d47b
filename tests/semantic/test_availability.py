"""What a warehouse without an optional source column cannot answer."""

from __future__ import annotations

from semantic.availability import unavailable
from semantic.model import SemanticModel
from semantic.query import SemanticQuery
from warehouse.contract import load_contract


def test_metrics_dimensions_and_filters_are_looked_at(model: SemanticModel) -> None:
    query = SemanticQuery.model_validate(
        {
            "metrics": ["avg_wait_time", "total_calls"],
            "dimensions": ["language", "plan_type"],
            "filters": [{"dimension": "agent_team", "values": ["Tier 1"]}],
        }
    )
    missing = {"call_center": ["queue_wait_seconds", "agent_team"], "members": ["language"]}
    assert [(item.name, item.column) for item in unavailable(model, query, missing)] == [
        ("avg_wait_time", "call_center.queue_wait_seconds"),
        ("language", "members.language"),
        ("agent_team", "call_center.agent_team"),
    ]
    assert unavailable(model, query, {"claims": ["service_code"]}) == ()


def test_a_dimension_of_two_source_tables_is_missing_only_where_its_own_lacks_it(model: SemanticModel) -> None:
    missing = {"claims": ["service_code"], "members": ["language"]}
    query = SemanticQuery(metrics=("estimate_requests",), dimensions=("service_code", "language"))
    assert [item.column for item in unavailable(model, query, missing)] == ["members.language"]
    both = query.model_copy(update={"metrics": ("estimate_requests", "claims")})
    assert [item.column for item in unavailable(model, both, missing)] == [
        "claims.service_code",
        "members.language",
    ]


def test_what_is_required_is_an_optional_source_column(model: SemanticModel) -> None:
    entries = [*model.metrics.values(), *model.dimensions.values()]
    optional = {
        f"{table.name}.{column.name}"
        for table in load_contract().values()
        for column in table.columns
        if not column.required or (table.format == "traces" and column.name == table.key)
    }
    assert {column for entry in entries for column in entry.requires} <= optional
