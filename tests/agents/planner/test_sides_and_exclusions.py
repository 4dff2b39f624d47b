"""Two sides in longer words, what is left out in other words, and figures that a basis or a count tells apart."""

from __future__ import annotations

from datetime import date

import pytest

from agents.planner import Planner, PriorTurn
from agents.planner.plan import Shown
from tests.agents.planner.conftest import AS_OF, FIRST_DAY, Ask

SIDES = {
    "Please compare the abandon rate on the web with that on the mobile app": (
        "abandon_rate", "platform", {"web", "mobile_app"}),
    "Was the web or the mobile app the one with the higher digital failure rate in Q3?": (
        "digital_failure_rate", "platform", {"web", "mobile_app"}),
    "Set the CSAT of Medicare against that of Commercial": (
        "csat", "line_of_business", {"Medicare", "Commercial"}),
    "Digital failure rate in the Billing, the Claims and the Login journeys, each shown on its own": (
        "digital_failure_rate", "journey", {"Billing", "Claims", "Login"}),
}  # fmt: skip


@pytest.mark.parametrize("question", SIDES)
def test_two_sides_are_shown_side_by_side(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    metric, dimension, values = SIDES[question]
    assert plan.query.metrics == (metric,)
    assert plan.query.dimensions == (dimension,)
    assert [(item.op, set(item.values)) for item in plan.query.filters] == [("in", values)]


EXCLUDED = {
    "Leaving HMO and POS out of it, claim denial rate by plan type": ("plan_type", {"HMO", "POS"}),
    "NPS by member segment, but keep New members off the list": None,
    "Claims by claim type in Q3. Preventive is to be left out of account.": ("claim_type", {"Preventive"}),
    "CSAT by survey type, and leave the annual one off the page": None,
    "Denied claim amount for each claim type but Pharmacy, dearest first": ("claim_type", {"Pharmacy"}),
}


@pytest.mark.parametrize("question", EXCLUDED)
def test_what_is_left_out_is_never_kept(ask: Ask, question: str) -> None:
    """Left out, or asked back: never filtered by."""
    plan = ask(question)
    expected = EXCLUDED[question]
    if expected is None and plan.query is None:
        return
    assert plan.query is not None, plan.message
    (item,) = plan.query.filters
    assert item.op == "not_in"
    if expected:
        assert (item.dimension, set(item.values)) == expected
        assert plan.query.dimensions == (item.dimension,)


def test_an_exclusion_that_no_value_took_is_asked_back(ask: Ask) -> None:
    plan = ask("Leaving the Portland office out of it, which plan types have a claim denial rate above 20%?")
    assert plan.kind in ("clarify", "refuse")


@pytest.mark.parametrize(
    ("question", "metrics"),
    [
        ("Expressed on a full-year basis, what is the avoidable call cost running at?", {"annualized_cost"}),
        ("Going by the planning number, what did our calls cost in Q3?", {"planning_call_cost"}),
        ("What does a hospital claim come to, on average?", {"avg_claim_amount"}),
        ("By quarter, contrast the reported repeat call rate with the repeat call rate itself.",
         {"reported_repeat_rate", "repeat_call_rate"}),
        ("Out of every hundred leaked calls, how many are repeat calls?", {"leaked_repeat_rate"}),
    ],
)  # fmt: skip
def test_words_that_tell_one_figure_from_another(ask: Ask, question: str, metrics: set[str]) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert set(plan.query.metrics) == metrics


@pytest.mark.parametrize(
    "question",
    [
        "How many estimate requests failed last month, in absolute numbers and as a rate?",
        "Average copay by pharmacy type in Q3, and likewise the total",
    ],
)
def test_a_second_form_of_a_figure_is_not_lost(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is None or len(plan.query.metrics) == 2


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("Estimated copay by plan type, from 1 January to date", (date(2026, 1, 1), AS_OF)),
        ("Total calls, 2026 year to date", (date(2026, 1, 1), AS_OF)),
        ("Total calls for the week commencing 12 October", (date(2026, 10, 12), date(2026, 10, 18))),
        ("How many claims sit in each status, for claims from last month?", (date(2026, 9, 1), date(2026, 9, 30))),
    ],
)
def test_periods(ask: Ask, question: str, days: tuple[date, date]) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.time
    assert (plan.query.time.start, plan.query.time.end) == days


def test_why_after_the_one_row_asked_for_is_about_that_row(ask: Ask, planner: Planner) -> None:
    question = "Which member segment has the lowest NPS last month?"
    before = ask(question)
    turn = PriorTurn(question, before.kind, before.query, None, Shown(("segment",), (("At Risk",),), 1))
    plan = planner.plan("why?", history=(turn,), as_of=AS_OF, first_day=FIRST_DAY)
    assert plan.kind == "drivers"
    assert plan.query is not None
    assert [(item.dimension, item.values) for item in plan.query.filters] == [("segment", ("At Risk",))]
    assert any("At Risk" in text for text in plan.assumptions)


def test_a_fragment_repeats_no_verified_question(ask: Ask) -> None:
    plan = ask("and by failure reason", "Which journeys have the highest abandon rate?")
    assert plan.verified is None
    assert plan.kind == "clarify"
    assert "not known by failure reason" in plan.message


@pytest.mark.parametrize(
    ("question", "by", "direction"),
    [
        ("Which plan type improved most on NPS?", "nps__change", "desc"),
        ("Which state has improved the most in leakage rate?", "leakage_rate__change", "asc"),
        ("Which segment worsened most on CSAT last month?", "csat__change", "asc"),
        ("Which journey dropped the most in digital sessions last month?", "digital_sessions__change", "asc"),
        ("Which call topic rose least in repeat calls?", "repeat_calls__change", "asc"),
    ],
)
def test_what_moved_most_is_ranked_by_its_change(ask: Ask, question: str, by: str, direction: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.compare_to == "previous_period"
    assert [(order.by, order.direction) for order in plan.query.order_by] == [(by, direction)]
