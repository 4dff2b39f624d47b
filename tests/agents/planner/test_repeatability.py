"""The same question always has the same plan, and so have the paraphrases of an executive question."""

from __future__ import annotations

import hashlib
import random
from datetime import date

import pytest

from agents.planner import Plan, Planner
from semantic.loader import load_model
from semantic.values import ValueDictionary
from warehouse.settings import Questions

AS_OF, FIRST_DAY = date(2026, 10, 29), date(2024, 10, 1)
VERIFIED = sorted(load_model().verified_queries.values(), key=lambda verified: verified.name)
OPEN = {
    "drivers of leakage": (
        "What's actually causing this leakage?",
        "What is causing the leakage?",
        "What is behind this leakage?",
        "So what is really causing this leakage?",
        "What drives the leakage?",
    ),
    "what billing is worth": (
        "If we fix billing this week, what's the upside?",
        "What is the upside if we fix billing this week?",
        "If we fixed billing this week, what would be the upside?",
        "What upside is there if billing is fixed this week?",
    ),
    "costliest journeys last week": (
        "Which three journeys had the most avoidable call cost last week?",
        "Honestly, which three journeys had the highest avoidable call cost last week?",
        "Top 3 journeys by avoidable call cost last week",
        "wich three jorneys had the highest avoidable call cost last week?",
        "Hi! Could you show me the top three journeys by avoidable call cost last week please",
    ),
    "people, not sessions": (
        "How many members hit a failed session last month?",
        "How many people hit a failed session last month?",
        "Number of customers who had a failed session last month",
        "how many folks ran into a failed session last month",
    ),
}


@pytest.fixture(scope="module")
def planner() -> Planner:
    model = load_model()
    return Planner(model, ValueDictionary.declared(model), Questions())


def plan_hash(plan: Plan) -> str:
    """What a plan does, whatever it says beside it: kind, queries and the size of a what-if."""
    bodies = [query.model_dump_json(exclude={"time": {"label"}}) for query in (plan.query, *plan.parts) if query]
    text = repr((plan.kind, bodies, plan.what_if_pct, plan.refusal, plan.verified))
    return hashlib.sha256(text.encode()).hexdigest()


def hashes(planner: Planner, questions: tuple[str, ...]) -> dict[str, str]:
    return {q: plan_hash(planner.plan(q, as_of=AS_OF, first_day=FIRST_DAY)) for q in questions}


@pytest.mark.parametrize("verified", VERIFIED, ids=lambda verified: verified.name)
def test_the_same_question_has_one_plan_among_others(planner: Planner, verified: object) -> None:
    """Twenty times, for every executive question: the suite `paraphrases`."""
    question = verified.questions[0]  # type: ignore[attr-defined]
    others = [other.questions[-1] for other in VERIFIED]
    found = set()
    for turn in range(4):
        found.add(plan_hash(planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY)))
        planner.plan(random.Random(turn).choice(others), as_of=AS_OF, first_day=FIRST_DAY)
    assert len(found) == 1


@pytest.mark.parametrize("verified", VERIFIED, ids=lambda verified: verified.name)
def test_paraphrases_of_a_verified_question_have_its_plan(planner: Planner, verified: object) -> None:
    questions = tuple(verified.questions)  # type: ignore[attr-defined]
    polite = tuple(f"Please tell me: {question}" for question in questions[:1])
    shouted = (questions[0].upper(), questions[0].rstrip("?") + " ??")
    plans = [planner.plan(q, as_of=AS_OF, first_day=FIRST_DAY) for q in (*questions, *polite, *shouted)]
    assert {plan.verified for plan in plans} == {verified.name}  # type: ignore[attr-defined]
    by_arguments: dict[str, set[str]] = {}
    for plan in plans:
        by_arguments.setdefault(repr(plan.parameters), set()).add(plan_hash(plan))
    assert all(len(same) == 1 for same in by_arguments.values()), by_arguments


@pytest.mark.parametrize("questions", OPEN.values(), ids=OPEN.keys())
def test_paraphrases_that_nobody_listed_have_one_plan(planner: Planner, questions: tuple[str, ...]) -> None:
    plans = [planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY) for question in questions]
    assert all(plan.kind not in ("clarify", "refuse") for plan in plans), [plan.message for plan in plans]
    found = hashes(planner, questions)
    assert len(set(found.values())) == 1, found
