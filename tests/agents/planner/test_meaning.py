"""A question that means a verified query in other words is that query; one telling word more makes it another."""

from __future__ import annotations

from datetime import date

import pytest

from agents.planner import Plan, Planner
from semantic.loader import load_model
from semantic.values import ValueDictionary
from warehouse.settings import Questions

AS_OF, FIRST_DAY = date(2026, 10, 29), date(2024, 10, 1)
OTHERS = {
    "How many members are impacted by the billing problem?": "members_hit_by_billing",
    "Which segments have the most negative calls?": "highest_negative_emotion_segments",
    "Negative emotion rate by segment": "highest_negative_emotion_segments",
    "Leakage rate by journey": "leaking_journeys",
    "Share of each journey in leaked calls last week": "leaking_journeys",
    "Leaked calls and digital failure rate by journey": "leaking_journeys",
    "How many billing failures leaked to calls today?": "digital_billing_failures_today",
    "Are new members failing more than tenured members in Texas, not in Florida?": "new_versus_tenured_failures",
    "Which journeys leak into the call center and at what rate among retirees?": "leaking_journeys",
    "First call resolution rate and repeat calls by topic": "repeat_call_pockets",
}
ESTIMATES = {
    "How bad is the failure of cost-estimate requests and what is behind it?": "failing_estimate_requests",
    "Failing estimates: count and root causes please": "failing_estimate_requests",
    "What do our cost estimates add up to in dollars, in and out of network?": "estimate_financial_impact",
    "Which procedures get the most estimate requests and do we succeed on them?": "services_requested_and_handled",
    "Rank services by request volume with success rate and average cost": "services_requested_and_handled",
    "Who are our busiest providers in the estimator and how do they perform?": "providers_used_and_performance",
    "Analyze provider request volume vs. success rates": "providers_used_and_performance",
    "How often are requested services covered, and what patterns do we see?": "coverage_and_patterns",
    "Why do estimates fail with Rate not found or Provider not found?": "not_found_errors",
    '"Provider not found" exceptions increased 50% this week.': "provider_not_found_errors",
    "What is the reason for rate not found exceptions last week?": "rate_not_found_errors",
    "Root cause of exceptions for service code 0337U": "why_a_service_fails",
    "What is wrong in network 00248?": "why_a_network_fails",
    "Which providers are underperforming?": "underperforming_providers",
    "Identify high-cost services and providers": "where_estimated_cost_is",
}
OTHER_ESTIMATES = (
    "Exception rate by network",
    "Total estimated cost by service code",
    "Coverage rate by provider type",
    "Provider requests by network",
    "Provider not found exceptions by network",
    "Why did claims fail last week?",
    "Why do members call about provider search?",
)
WITH_ARGUMENTS = {
    "Who suffers the most from the pharmacy problem?": ("members_hit_by_billing", "journey", ("Pharmacy",)),
    "Which member segments were the angriest last month?": (
        "highest_negative_emotion_segments", "period", (date(2026, 9, 1), date(2026, 9, 30)),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def planner() -> Planner:
    model = load_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


def plan(planner: Planner, question: str) -> Plan:
    return planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY)


@pytest.mark.parametrize(("question", "name"), OTHERS.items())
def test_another_question_is_not_taken_for_it(planner: Planner, question: str, name: str) -> None:
    assert plan(planner, question).verified != name


def test_cost_estimates_are_asked_about_in_many_words(planner: Planner) -> None:
    assert {question: plan(planner, question).verified for question in ESTIMATES} == ESTIMATES
    assert {plan(planner, question).verified or "" for question in OTHER_ESTIMATES} == {""}


@pytest.mark.parametrize(("question", "wanted"), WITH_ARGUMENTS.items())
def test_what_it_names_goes_into_parameters(
    planner: Planner, question: str, wanted: tuple[str, str, tuple[object, ...]]
) -> None:
    name, parameter, value = wanted
    found = plan(planner, question)
    assert found.verified == name, found.message
    given = dict(found.parameters)[parameter]
    assert given == value or (getattr(given, "start", None), getattr(given, "end", None)) == value


def test_a_word_that_constrains_nothing_is_told(planner: Planner) -> None:
    found = plan(planner, "Which self-service journeys are frankly not self-service?")
    assert found.verified == "not_really_self_service"
    extra = plan(planner, "Where do repeat calls pile up for things that should be one and done?")
    assert extra.verified == "repeat_call_pockets"
    assert any("pile" in said for said in extra.assumptions)
