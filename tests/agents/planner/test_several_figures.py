"""Several figures in one question: all are answered, or the question is asked back; never one in silence."""

from __future__ import annotations

import pytest

from agents.planner import Planner
from agents.planner.periods import Clock
from agents.planner.reranker.several import Kin, kin_of, kind_of, kinds_of, likely_kinds, with_kin
from agents.planner.several import figure_left, listed_figures
from tests.agents.planner.conftest import AS_OF, FIRST_DAY, Ask

BOTH = (
    "Total premium and number of people enrolling, per quarter of 2025",
    "Call volume last month, plus what percentage was resolved at the first contact",
    "Denied dollars by state and how many claims were denied",
    "Estimated cost for radiology in Q3, along with how often the estimates were covered",
    "Average copay by pharmacy type, as well as the number of members with prescriptions",
    "NPS by segment, also how many surveys came back",
)
ONE_OF_EACH = (
    "How many claims did men file in Q3, and how many did women?",
    "What error messages do users see, and how many digital errors of each?",
    "Claims by state, and how many for each claim type",
    "Resolution rate for Medicare and the NPS for Medicare",
)
AGAINST_ALL = {
    "Sentiment on leaked calls vs all calls?": {"leaked_avg_sentiment", "avg_sentiment"},
    "Average handle time of leaked calls and of all calls in Q2": {"leaked_avg_handle_time", "avg_handle_time"},
    "Negative emotion: leaked calls versus calls overall": {"leaked_negative_rate", "negative_emotion_rate"},
    "Average sentiment of leaked calls compared with all calls, by channel": {
        "leaked_avg_sentiment", "avg_sentiment",
    },
    "Leaked calls vs all calls by month": {"leaked_calls", "total_calls"},
}  # fmt: skip
NAMED = {
    "Estimated cost in network vs out of network, Q3": 3,
    "In-network and out-of-network dollars estimated in Q3": 3,
    "Estimates: in-network and out-of-network cost by month": 3,
}
CLOCK = Clock(AS_OF, FIRST_DAY)


@pytest.mark.parametrize("question", BOTH)
def test_a_further_figure_is_never_left_out_in_silence(planner: Planner, ask: Ask, question: str) -> None:
    plan = ask(question)
    if plan.kind == "query":
        assert plan.query is not None
        assert len(plan.query.metrics) > 1
    draft, reading, _ = planner.draft(question, (), CLOCK)
    draft.metrics = draft.metrics[:1] or ["total_calls"]
    assert figure_left(draft, reading), "a query with one figure answers half of the question"


@pytest.mark.parametrize("question", ONE_OF_EACH)
def test_the_same_figure_of_each_side_is_one_figure(planner: Planner, question: str) -> None:
    draft, reading, _ = planner.draft(question, (), CLOCK)
    draft.metrics = draft.metrics[:1]
    assert figure_left(draft, reading) == ()


@pytest.mark.parametrize(
    "question",
    [
        "share of promoters and of detractors last quarter",
        "Share of promoters and of the detractors by age group",
        "percentage of detractors, of passives, and of promoters in Q3",
    ],
)
def test_a_share_of_two_groups_is_no_share_of_one_within_the_other(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.kind != "query" or (plan.query and {"promoter_rate", "detractor_rate"} <= set(plan.query.metrics))


@pytest.mark.parametrize("question", AGAINST_ALL)
def test_a_figure_of_some_calls_is_set_beside_that_of_all(planner: Planner, question: str) -> None:
    draft, _, _ = planner.draft(question, (), CLOCK)
    assert set(draft.metrics) == AGAINST_ALL[question]


@pytest.mark.parametrize("question", NAMED)
def test_two_figures_named_are_no_verified_query_of_six(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert not plan.verified
    assert plan.query is None or len(plan.query.metrics) <= NAMED[question]


def test_every_figure_is_of_one_kind(planner: Planner) -> None:
    metrics = planner.model.metrics
    kinds = {name: kind_of(metric) for name, metric in metrics.items()}
    assert kinds["total_calls"] == "number"
    assert kinds["calling_members"] == "people"
    assert kinds["transfer_rate"] == "rate"
    assert (kinds["total_premium"], kinds["avg_premium"]) == ("money", "average money")
    assert kinds["avg_wait_time"] == "level"
    assert kinds_of(("transfer_rate", "transferred_calls"), planner.model) == "number + rate"


def test_kin_is_mutual_and_nearest_among_siblings(planner: Planner) -> None:
    kin = kin_of(planner.model)
    assert all(kin.between(*pair) == kin.between(*reversed(pair)) for pair in kin.near)
    assert kin.closeness(("claims", "claim_amount")) == 1.0
    assert 0 < kin.closeness(("provider_not_found_rate", "rate_not_found_rate")) < 1.0
    assert kin.closeness(("nps", "claims")) < kin.closeness(("provider_not_found_rate", "rate_not_found_rate"))
    assert kin.closeness(("nps",)) == 1.0


@pytest.mark.parametrize(
    ("head", "kinds", "expected"),
    [
        ("transferred_calls", "number + rate", {"transferred_calls", "transfer_rate"}),
        ("claim_denials", "money + number", {"claim_denials", "denied_claim_amount"}),
        ("total_premium", "average money + money", {"total_premium", "avg_premium"}),
        ("provider_not_found_rate", "rate + rate", {"provider_not_found_rate", "estimate_exception_rate"}),
        ("repeat_calls", "money + number + rate", {"repeat_calls", "repeat_call_rate", "repeat_call_cost"}),
    ],
)
def test_a_figure_brings_its_kin_of_the_kinds_asked_for(
    planner: Planner, head: str, kinds: str, expected: set[str]
) -> None:
    found = with_kin({head: 0.5}, {head: 0.5}, {kinds: 0.8, "number": 0.2}, kin_of(planner.model))
    best, chance = next(found)
    assert set(best) == expected
    assert chance < 0


def test_what_the_question_says_decides_between_kin(planner: Planner) -> None:
    kin = kin_of(planner.model)
    chances = {"provider_not_found_rate": 0.5, "rate_not_found_rate": 0.3, "estimate_exception_rate": 0.01}
    best, _ = next(with_kin(chances, {"provider_not_found_rate": 0.5}, {"rate + rate": 0.9}, kin))
    assert set(best) == {"provider_not_found_rate", "rate_not_found_rate"}


def test_without_kinds_no_kin_is_proposed(planner: Planner) -> None:
    """Slots that were fitted before there were kinds say nothing of them."""
    assert not list(with_kin({"claims": 0.9}, {"claims": 0.9}, {}, kin_of(planner.model)))
    assert likely_kinds({"number": 0.9, "number + rate": 0.01}) == []


def test_figures_of_another_company_have_kin_of_their_own(bicycles: Planner) -> None:
    kin = Kin.of(tuple(bicycles.model.metrics.values()))
    found = [set(names) for names, _ in with_kin({}, {"late_returns": 0.4}, {"number + rate": 0.7}, kin)]
    assert found[0] == {"late_returns", "late_return_rate"}


THREE = {
    "Total calls, first call resolution and average wait time last week": 3,
    "New enrollments, renewals and plan changes for Q3 against Q2": 3,
    "Claim approval rate, pending share and denial rate by claim type": 3,
    "Claims and claim amount by state": 0,
    "Failed sessions by journey, platform and step": 0,
}


@pytest.mark.parametrize("question", THREE)
def test_a_list_of_three_is_never_answered_with_two(planner: Planner, ask: Ask, question: str) -> None:
    _, reading, _ = planner.draft(question, (), CLOCK)
    assert listed_figures(reading) == THREE[question]
    plan = ask(question)
    assert plan.query is None or len(plan.query.metrics) >= THREE[question]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        (
            "The average handle time and the average sentiment of leaked calls by month this year",
            {"leaked_avg_handle_time", "leaked_avg_sentiment"},
        ),
        ("Average handle time and average sentiment of all calls", {"avg_handle_time", "avg_sentiment"}),
    ],
)
def test_what_is_said_of_the_last_is_said_of_all(ask: Ask, question: str, wanted: set[str]) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert set(plan.query.metrics) == wanted
