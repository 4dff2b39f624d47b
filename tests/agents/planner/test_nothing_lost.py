"""Periods, sides and figures that a question names and that an answer must not lose in silence."""

from __future__ import annotations

from datetime import date

import pytest

from tests.agents.planner.conftest import Ask

H1 = (date(2026, 1, 1), date(2026, 6, 30))
Q3 = (date(2026, 7, 1), date(2026, 9, 30))
SEPTEMBER = (date(2026, 9, 1), date(2026, 9, 30))
PERIODS = {
    "Denied claim amount for the quarter that just ended": (Q3, None),
    "CSAT for the month just gone": (SEPTEMBER, None),
    "Claim denials in the last completed quarter": (Q3, None),
    "Call cost for the half ended 30 June 2026": (H1, None),
    "Total premium for the half year ended 30 June 2026, next to the corresponding half year of 2025":
        (H1, "previous_year"),
    "Renewals in Q3 2026 and the quarter immediately preceding": (Q3, "previous_period"),
    "Estimate success rate, first half of 2026 against the preceding half year": (H1, "previous_period"),
    "Enrollment events for the open enrollment window 15 October 2025 to 7 December 2025":
        ((date(2025, 10, 15), date(2025, 12, 7)), None),
    "avoidable call cost q2 \u2192 q3": (Q3, "previous_period"),
    "surveyed members 2026 so far": ((date(2026, 1, 1), date(2026, 10, 29)), None),
}  # fmt: skip


@pytest.mark.parametrize("question", PERIODS)
def test_periods_in_other_words(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.time
    days, compared = PERIODS[question]
    assert (plan.query.time.start, plan.query.time.end) == days
    assert plan.query.compare_to == compared


@pytest.mark.parametrize(
    "question", ["show me member 2041", "claims 20264411", "what did member 104382 call about"]
)
def test_a_number_of_one_member_stays_refused(ask: Ask, question: str) -> None:
    assert ask(question).refusal == "pii"


def test_exclusive_of_leaves_out(ask: Ask) -> None:
    plan = ask("Pending claim share by claim type, exclusive of Preventive and Emergency, for Q3")
    assert plan.query is not None, plan.message
    assert [(item.op, set(item.values)) for item in plan.query.filters] == [
        ("not_in", {"Preventive", "Emergency"})
    ]


@pytest.mark.parametrize(
    "question",
    [
        "Which plan types had a claim denial rate above 12% in Q3? State the denied amount alongside.",
        "In Florida and Texas, considered separately, what were the claim denial rate and the prior authorization "
        "denial rate in Q3?",
        "Abandoned sessions as well as the abandon rate by step",
    ],
)
def test_figures_side_by_side_are_answered_together_or_asked_back(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is None or len(plan.query.metrics) == 2, plan.query
    assert plan.query or any(" and " in shown for shown, _ in plan.choices)


def test_no_figure_stands_in_for_another_that_is_named_too(ask: Ask) -> None:
    plan = ask("Digital errors and digital error rate by error code, Q3")
    assert plan.query is None
    assert "error code" in plan.message


def test_a_code_that_no_value_has_is_not_left_out(ask: Ask) -> None:
    assert ask("Estimate success rate, networks 00999 and 00998 separately, Q3").query is None


def test_a_side_that_is_not_known_is_asked_for(ask: Ask) -> None:
    assert ask("High effort share after calls versus after digital, last quarter").query is None


def test_values_told_first_and_referred_to_are_asked_about(ask: Ask) -> None:
    plan = ask(
        "I've got the Commercial and the Medicare leads in one room today, so could you put calls per thousand "
        "members for both of them side by side, for last quarter?"
    )
    assert plan.query is not None, plan.message
    assert plan.query.dimensions == ("line_of_business",)


@pytest.mark.parametrize(
    ("question", "op", "value"),
    [
        ("Abandon rate at each step in September; steps with a rate below 5% may be omitted", ">=", 0.05),
        ("Leakage rate by failure reason in Q3, omit anything at or below 15%", ">", 0.15),
        ("Leakage rate excluding HMO by journey above 20%", ">", 0.2),
    ],
)
def test_rows_that_may_be_omitted_are_not_the_ones_shown(ask: Ask, question: str, op: str, value: float) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert [(item.op, item.value) for item in plan.query.having] == [(op, value)]


@pytest.mark.parametrize(
    "question",
    [
        "Plan types with a pharmacy denial rate of at least 8% in Q3, together with the number of prescriptions",
        "Enrolled plans with an average premium above $250 this year; also give the number of enrollment events",
    ],
)
def test_a_further_figure_beside_a_condition_is_not_dropped(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is None or len(plan.query.metrics) == 2


def test_setting_out_is_no_order(ask: Ask) -> None:
    assert ask("Please set forth the denied amount by county in Q3").refusal != "write"
    assert ask("Set the owner to Operations").refusal == "write"


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("CSAT and NPS last month... scratch that, only NPS", "nps"),
        ("Average handle time by team, no wait, average wait time by team", "avg_wait_time"),
        ("Claims and claim denials by state, actually just claim denials", "claim_denials"),
        ("Repeat rate in Q3, I mean the resolution rate", "resolved_rate"),
    ],
)
def test_a_figure_that_is_taken_back_is_not_answered(ask: Ask, question: str, metric: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    assert plan.query.metrics == (metric,)
