"""Wrong words found once: a figure without the only group it is of; more groups in a table than were counted."""

from __future__ import annotations

from collections.abc import Callable

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
