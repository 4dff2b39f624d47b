"""Values side by side are told one by one; a list that is only narrowed to is told in one figure."""

from __future__ import annotations

import pytest

from tests.agents.planner.conftest import Ask

ONE_BY_ONE = {
    "Claim approval rate for Hospital and Emergency claims, shown separately, in Q2": "claim_type",
    "Resolution rate in Florida and in Texas": "state",
    "Fills of Metformin, Losartan and Gabapentin per month this year, each one apart": "drug_name",
    "For Login and Billing, how many members were impacted by each?": "journey",
    "PPO, HMO and EPO members - claim turnaround days for each": "plan_type",
    "Does the average copay differ between the 30, 60 and 90 days supplies?": "days_supply",
}


@pytest.mark.parametrize("question", ONE_BY_ONE)
def test_each_of_a_list_has_its_figure(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.dimensions == (ONE_BY_ONE[question],)


@pytest.mark.parametrize(
    "question",
    [
        "Leaked calls for the Login and Billing journeys together, by month this year",
        "Membership in Commercial plans, without HMO",
        "Average wait time for Spanish and Chinese members combined",
    ],
)
def test_what_is_only_narrowed_is_one_figure(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.dimensions == ()
