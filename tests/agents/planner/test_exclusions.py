"""What is left out, in the ways people say it; and what stands near such a word and is not left out."""

from __future__ import annotations

import pytest

from agents.planner.plan import Plan
from tests.agents.planner.conftest import Ask

OUT = {
    "Average sentiment for members who speak neither Spanish nor Chinese": {"language": {"Spanish", "Chinese"}},
    "Transferred calls by topic, Billing Question and Prior Auth excepted": {
        "call_topic": {"Billing Question", "Prior Auth"},
    },
    "Forget At Risk. CSAT by segment last quarter": {"segment": {"At Risk"}},
    "Filter out HMO: claim denial rate by plan type": {"plan_type": {"HMO"}},
    "Renewal share by state, Texas left aside": {"state": {"TX"}},
    "Excluding sessions that ended in a Payment Error, how many sessions failed in May?": {
        "failure_reason": {"Payment Error"},
    },
    "Fills of all drugs without Metformin, by month this year": {"drug_name": {"Metformin"}},
    "Handle time for all topics other than Billing Question in August": {"call_topic": {"Billing Question"}},
}  # fmt: skip


def _left_out(plan: Plan) -> dict[str, set[str]]:
    assert plan.query is not None, plan.message
    return {item.dimension: set(item.values) for item in plan.query.filters if item.op == "not_in"}


@pytest.mark.parametrize("question", OUT)
def test_what_is_said_to_be_out_is_out(ask: Ask, question: str) -> None:
    assert _left_out(ask(question)) == OUT[question]


@pytest.mark.parametrize(
    "question",
    ["CSAT in all segments except At Risk", "In all plan types but PPO, what is the renewal share?"],
)
def test_all_but_one_is_one_figure(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None
    assert plan.query.dimensions == ()
    assert _left_out(plan)


@pytest.mark.parametrize(
    "question",
    [
        "how many claims are waiting without a decision (pending) for Medicare people?",
        "Calls excluding PPO in Texas last month",
    ],
)
def test_what_follows_in_other_words_stays_in(ask: Ask, question: str) -> None:
    plan = ask(question)
    kept = {item.dimension for item in plan.query.filters if item.op == "in"} if plan.query else set()
    assert kept & {"line_of_business", "state"}, plan


def test_a_verified_query_does_not_swallow_a_negation(ask: Ask) -> None:
    plan = ask(
        "Top three journeys by avoidable call cost for members who are neither Low Value nor At Risk, this year"
    )
    assert _left_out(plan) == {"segment": {"Low Value", "At Risk"}}


@pytest.mark.parametrize(
    "question",
    [
        "What was the exception rate last month, timeouts set aside?",
        "Estimator exception rate in September without timeouts",
    ],
)
def test_a_figure_that_leaves_something_out_by_itself_is_taken_for_it(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.metrics == ("data_exception_rate",)
    assert not _left_out(plan)


def test_where_it_is_asked_back_it_is_the_first_choice(ask: Ask) -> None:
    plan = ask("Exception rate by specialty in September, timeouts excluded")
    assert (plan.query is None) is (plan.kind == "clarify")
    assert plan.query or plan.choices[0][0].startswith("Non-timeout exception rate by specialty")
