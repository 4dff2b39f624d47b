"""Wrong words found once: a figure without the only group it is of; more groups in a table than were counted."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest

from agents.answer import Answer


def test_a_figure_of_the_only_group_asked_for_names_the_group(ask: Callable[[str], Answer]) -> None:
    answer = ask("Exception rate for 0337U by service code")
    assert [row[0] for row in answer.rows] == ["0337U"]
    assert answer.text.startswith("Exception rate for 0337U ")


def test_groups_without_a_whole_week_do_not_make_an_answer_wrong(ask: Callable[[str], Answer]) -> None:
    answer = ask("Estimated cost by week and service code")
    assert answer.status == "answered", answer.trust_reason


def test_the_cause_of_a_failing_service_is_looked_for_among_its_estimates(ask: Callable[[str], Answer]) -> None:
    answer = ask("Why is 0337U failing?")
    assert answer.verified is not None
    assert answer.verified.name == "why_a_service_fails"
    assert {column.name for part in answer.parts for column in part.columns} >= {"exception_type", "network"}
    rate = ask("Exception rate without upstream timeouts").semantic_query
    assert rate is not None
    assert list(rate["metrics"]) == ["data_exception_rate"]


@pytest.mark.parametrize(
    ("by", "column"), [("failing service", "failing_services"), ("HTTP status", "http_status")]
)
def test_exceptions_go_by_how_their_request_ended(
    ask: Callable[[str], Answer], gold: duckdb.DuckDBPyConnection, by: str, column: str
) -> None:
    answer = ask(f"Estimate exceptions by {by}")
    assert answer.semantic_query is not None
    time = answer.semantic_query["time"]
    counted = gold.execute(
        f"SELECT CAST({column} AS VARCHAR), SUM(is_exception) FROM gold.fact_response "
        "WHERE is_exception = 1 AND request_date BETWEEN ? AND ? GROUP BY 1",
        [time["start"], time["end"]],
    ).fetchall()
    shown = {key: count for key, count in answer.rows if count is not None}
    assert shown
    assert shown.items() <= dict(counted).items()
