"""Cost estimates in an executive's words: by a word of a value, by a cost of estimates only, by who was asked."""

from __future__ import annotations

from datetime import date

import pytest

from agents.planner import Plan, Planner, PriorTurn
from semantic.loader import load_model
from semantic.values import ValueDictionary
from warehouse.settings import Questions

SERVICES = ["Brain MRI", "Knee MRI", "Diagnostic colonoscopy", "Office visit", "Plasma cell disorder test"]
FOUND = {"service_description": SERVICES, "network": ["00210", "00248"], "specialty": ["Radiology", "Surgery"]}
MRI = ("Brain MRI", "Knee MRI")


@pytest.fixture(scope="module")
def estimates() -> Planner:
    model = load_model()
    return Planner(model, ValueDictionary.from_rows(model, FOUND), Questions())


def _asked(planner: Planner, *questions: str) -> Plan:
    history: list[PriorTurn] = []
    for text in questions:
        plan = planner.plan(text, history=history, as_of=date(2026, 10, 29), first_day=date(2024, 10, 1))
        history.append(PriorTurn(text, plan.kind, plan.query, plan.what_if_pct))
    return plan


@pytest.mark.parametrize("said", ["only for MRI", "only MRIs", "MRIs only", "just the MRI", "and for MRI?"])
def test_a_word_of_several_values_stands_for_all_of_them(said: str, estimates: Planner) -> None:
    plan = _asked(estimates, "Exception rate by network", said)
    assert plan.query is not None
    assert [(item.dimension, item.values) for item in plan.query.filters] == [("service_description", MRI)]
    assert plan.query.dimensions == ("network",)
    assert any("Brain MRI, Knee MRI" in text for text in plan.assumptions)


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("average estimated cost for MRI by network", MRI),
        ("average cost of an MRI", MRI),
        ("what does an MRI cost on average?", MRI),
        ("average cost of a brain MRI", ("Brain MRI",)),
        ("How much does a brain MRI cost on average?", ("Brain MRI",)),
        ("average estimated cost of colonoscopies", ("Diagnostic colonoscopy",)),
    ],
)
def test_an_average_cost_of_a_service_is_that_of_its_estimates(
    question: str, values: tuple[str, ...], estimates: Planner
) -> None:
    plan = _asked(estimates, question)
    assert plan.query is not None
    assert plan.query.metrics == ("avg_estimated_cost",)
    assert [item.values for item in plan.query.filters] == [values]


@pytest.mark.parametrize(
    "question", ["How many calls about MRI?", "denial rate for MRI", "calls by topic for a test"]
)
def test_a_word_of_values_that_the_figure_does_not_go_by_is_none(question: str, estimates: Planner) -> None:
    assert _asked(estimates, question).kind != "query"


@pytest.mark.parametrize(
    "question",
    [
        "Top 10 service codes by total cost",
        "Which service codes have the highest total cost?",
        "top ten service codes by total cost",
    ],
)
def test_the_cost_that_goes_by_what_is_asked_is_the_whole_of_its_parts(question: str, estimates: Planner) -> None:
    plan = _asked(estimates, question)
    assert plan.query is not None
    assert (plan.query.metrics, plan.query.dimensions) == (("estimated_cost",), ("service_code",))
    assert plan.query.order_by[0].direction == "desc"


@pytest.mark.parametrize("question", ["average cost", "total cost by plan type", "average cost by plan type"])
def test_a_cost_that_several_have_is_asked_back(question: str, estimates: Planner) -> None:
    assert _asked(estimates, question).kind == "clarify"


@pytest.mark.parametrize(
    ("question", "metric", "dimension"),
    [
        ("Which networks have the most requests?", "estimate_requests", "network"),
        ("Estimate request failure rate by network", "estimate_failure_rate", "network"),
        ("failed requests by specialty", "failed_estimate_requests", "specialty"),
        ("What share of requests failed, by specialty?", "estimate_failure_rate", "specialty"),
        ("request success rate by provider type", "estimate_request_success_rate", "provider_type"),
        ("Which networks are losing providers?", "provider_not_found_rate", "network"),
        ("which networks have missing providers this week", "provider_not_found_rate", "network"),
        ("In which networks did providers go missing this week?", "provider_not_found_rate", "network"),
    ],
)
def test_requests_go_by_whom_they_ask_for(question: str, metric: str, dimension: str, estimates: Planner) -> None:
    plan = _asked(estimates, question)
    assert plan.query is not None
    assert (plan.query.metrics, plan.query.dimensions) == ((metric,), (dimension,))


@pytest.mark.parametrize("question", ["share of requests by service code", "share of requests by network"])
def test_a_share_of_requests_is_no_failure_rate(question: str, estimates: Planner) -> None:
    plan = _asked(estimates, question)
    # each one's part of the requests, or asked back
    assert plan.kind == "clarify" or (plan.query is not None and plan.query.share_of_total)
