"""Clauses that only tell why somebody asks are set aside, and said; what shapes the question never is."""

from __future__ import annotations

from datetime import date

import pytest

from agents.planner import Planner
from agents.planner.clauses import clauses_of
from agents.planner.periods import Clock
from tests.agents.planner.conftest import Ask

SEPTEMBER = (date(2026, 9, 1), date(2026, 9, 30))
Q3 = (date(2026, 7, 1), date(2026, 9, 30))
YEAR = (date(2026, 1, 1), date(2026, 10, 29))
CLOCK = Clock(date(2026, 10, 29), date(2024, 10, 1))
BOUND_BY = {
    "I ran into Marcus at the airport, of all places, and he would not stop about our phones, so how many calls "
    "did we take in September?": (("total_calls",), (), SEPTEMBER),
    "You know how the board is, they want it all on one page, so give me the claim denial rate by plan type for "
    "Q3, and then I can go home.": (("claim_denial_rate",), ("plan_type",), Q3),
    "My neighbour asked me over the fence whether we are any good, honestly, so what is our NPS this year? I "
    "would like to have an answer ready.": (("nps",), (), YEAR),
    "The vendor is on the line again and Petra is tired of him, so show me the estimate exceptions by exception "
    "type last month, please.": (("estimate_exceptions",), ("exception_type",), SEPTEMBER),
}


@pytest.mark.parametrize("question", BOUND_BY)
def test_what_is_told_goes_aside(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    metrics, dimensions, days = BOUND_BY[question]
    assert (plan.query.metrics, plan.query.dimensions) == (metrics, dimensions)
    assert plan.query.time
    assert (plan.query.time.start, plan.query.time.end) == days
    assert plan.query.filters == ()
    assert any(text.startswith("Taken as background, not as a condition: ") for text in plan.assumptions)


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("Repeat call rate by call topic for the third quarter of the year, only the Spanish speakers", "spanish"),
        ("Denied claim amount by state for this year so far please, nothing below 100,000 dollars", "below"),
        ("Cost per call by agent team over the last three months please, dearest first", "dearest first"),
        ("Total calls by call channel for the whole of last month please, leaving callbacks out", "leaving"),
        ("Failed estimate requests for last month, please, as a number and as a rate", "as a rate"),
        ("Calls by state for the second quarter, no wait, he said he wants the third", "third"),
    ],
)
def test_what_shapes_the_question_stays(planner: Planner, question: str, kept: str) -> None:
    asked, told = planner.core(question, CLOCK)
    assert kept in asked.lower()
    assert not any(kept in clause.lower() for clause in told)


@pytest.mark.parametrize(
    "question",
    [
        "Delete all denied claims of last year right now, because the auditors come on Monday and I am worried",
    ],
)
def test_an_order_is_no_background(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.kind in ("refuse", "clarify")


def test_a_request_is_never_set_aside(planner: Planner) -> None:
    asked, told = planner.core(
        "Raj keeps asking, so give me the phone number of Dolores Whitaker, and how many calls did we take?",
        CLOCK,
    )
    assert "phone number" in asked
    assert not any("phone number" in clause for clause in told)


def test_short_questions_are_left_alone(planner: Planner) -> None:
    question = "Because of the audit, total calls in September"
    assert planner.core(question, CLOCK) == (question, ())


def test_numbers_and_titles_do_not_cut_a_clause(planner: Planner) -> None:
    text = "Dr. Stone says 1,200 calls at $3.50 is dear, so far, so what was the call cost in Q3?"
    pieces = [clause.text.strip() for clause in clauses_of(text, planner.lexicon, CLOCK)]
    assert pieces == ["Dr. Stone says 1,200 calls at $3.50 is dear", "so far", "so what was the call cost in Q3"]


@pytest.mark.parametrize(
    "question",
    [
        "For Sarah, how many calls did we take last month?",
        "I talked to Sarah about her week, so how many calls did she take last month?",
        "Sarah was in on Monday and on Tuesday, and how many calls did she take last month?",
    ],
)
def test_a_figure_of_one_person_is_not_the_figure_of_all(ask: Ask, question: str) -> None:
    assert ask(question).kind in ("refuse", "clarify")


POLITE = {
    "We hear a lot about the phone menu. Would you let me have the average wait time in September?": (
        "avg_wait_time", SEPTEMBER,
    ),
    "I hope all is well. Could you please provide the number of repeat calls for Q3?": ("repeat_calls", Q3),
    "In preparation of the audit, I need the claim approval rate for Q3.": ("claim_approval_rate", Q3),
}  # fmt: skip


@pytest.mark.parametrize("question", POLITE)
def test_a_sentence_before_the_request_is_left_out_on_trial(ask: Ask, question: str) -> None:
    plan = ask(question)
    assert plan.query is not None, plan.message
    metric, days = POLITE[question]
    assert plan.query.metrics == (metric,)
    assert plan.query.filters == ()
    assert plan.query.time
    assert (plan.query.time.start, plan.query.time.end) == days


@pytest.mark.parametrize(
    "question",
    [
        "We think of a letter to members who lacked a pre-auth. What amount did we deny for that reason in Q3?",
        "Adherence (PDC) matters to the board. Adherence of members on Metformin this year, please",
        "The Billing Desk was asked to do better. Set its wait against the month before, no, skip it.",
    ],
)
def test_what_the_request_points_at_is_not_left_out(ask: Ask, question: str) -> None:
    plan = ask(question)
    aside = [text for text in plan.assumptions if text.startswith("Taken as background")]
    assert plan.kind in ("clarify", "refuse") or not aside
