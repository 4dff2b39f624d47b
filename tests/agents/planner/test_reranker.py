"""The trained second reading: what it may decide, and what it never does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from agents.planner import Plan, Planner
from agents.planner.periods import Clock
from agents.planner.reranker import Reranker
from agents.planner.reranker.candidates import Evidence, candidates
from agents.planner.reranker.judging import Judge
from agents.planner.reranker.slots import Slots
from evals.outcomes import of_query
from evals.suites.questions import our_planner
from evals.training.examples import Example, read
from evals.training.fitting import Row, fit_judge, fit_slots, rows_of, words_of, write_judge, write_slots
from evals.training.phrases import Phrases
from evals.vocabulary_model import vocabulary_model
from semantic.values import ValueDictionary
from tests.agents.planner.wordings import own_wordings
from warehouse.settings import Questions

AS_OF, FIRST_DAY = date(2026, 10, 29), date(2024, 10, 1)


@pytest.fixture(scope="module")
def planner() -> Planner:
    return our_planner()


@pytest.fixture(scope="module")
def plan(planner: Planner) -> Callable[[str], Plan]:
    return lambda question: planner.plan(question, as_of=AS_OF, first_day=FIRST_DAY)


def evidence_of(question: str, planner: Planner, clock: Clock) -> Evidence:
    assert planner.reranker
    return Evidence.of(*planner.read(question, clock), planner.reranker.slots, planner.lexicon, clock)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """The labelled questions of one author."""
    from evals.training.examples import AUTHORS

    return read([AUTHORS / "p_1.yml"])


def test_the_packaged_models_metrics_are_known_to_the_slots(planner: Planner) -> None:
    reranker = planner.reranker
    assert reranker is not None
    assert set(reranker.slots.columns["metric"][0]) <= set(planner.model.metrics)


def test_another_model_is_read_by_the_rules_alone() -> None:
    model = vocabulary_model()
    other = Planner(model, ValueDictionary.declared(model), Questions())
    assert other.reranker is None
    assert Reranker.of(model, other.lexicon) is None


def test_probabilities_of_a_slot_add_up(planner: Planner) -> None:
    assert planner.reranker
    clock = Clock(AS_OF, FIRST_DAY, 1, planner.model.events)
    evidence = evidence_of("How long until somebody picks up, by state?", planner, clock)
    assert evidence.ranked("metric")[0] == "avg_wait_time"
    for slot, found in evidence.slots.items():
        assert sum(found.values()) == pytest.approx(1, abs=1e-5), slot


def test_the_rules_own_draft_is_among_the_candidates(planner: Planner) -> None:
    assert planner.reranker
    clock = Clock(AS_OF, FIRST_DAY, 1, planner.model.events)
    for question in ("Transfer rate by agent team last month", "repeat calls in Texas vs Florida"):
        evidence = evidence_of(question, planner, clock)
        own, found = candidates(evidence, planner.lexicon, clock)
        assert own.query() in [one.draft.query() for one in found]
        assert len({str(one.draft.query()) for one in found}) == len(found)


@pytest.mark.parametrize(
    "question",
    [
        "How many widgets did we sell last week?",
        "Forecast call volume for next month",
        "Which agent has the most long calls?",
        "What did Humana pay for calls in Q3?",
        "Delete the calls of last week",
        "Overtime pay by site in September",
        "calls by today's plan versus the plan at the time of the call",
    ],
)
def test_what_the_data_does_not_have_stays_unanswered(plan: Callable[[str], Plan], question: str) -> None:
    assert plan(question).kind in ("clarify", "refuse")


def test_a_reading_says_what_it_took_the_words_for(plan: Callable[[str], Plan]) -> None:
    answered = plan("What are members chipping in themselves, on average, when they pick up a prescription?")
    assert answered.query is not None
    assert answered.query.metrics == ("avg_copay",)
    assert any(said.startswith("Read as Average copay") for said in answered.assumptions)


def test_choices_of_a_question_back_plan_to_themselves(plan: Callable[[str], Plan]) -> None:
    asked = [plan(q) for q in ("Sorry, first week here. How many people do we cover in total?", "cost by quarter")]
    for one in asked:
        for _, question in one.choices:
            assert plan(question).kind == "query", question


def test_slots_are_the_same_when_fitted_again_and_read_back(
    examples: list[Example], tmp_path: Path, planner: Planner
) -> None:
    written = Phrases.read()
    few = Phrases(written.metrics[::40], written.asking[::40], written.naming[::40])
    first, again = (fit_slots(examples, planner.model, few) for _ in range(2))
    np.testing.assert_array_equal(first.weights, again.weights)
    write_slots(first, tmp_path / "slots.npz")
    kept = Slots.read(tmp_path / "slots.npz")
    assert kept is not None
    assert kept.columns == first.columns
    asked = [one for one in examples if one.asks_figures]
    rows = [row for at, one in enumerate(asked) for row in rows_of(at, one, kept, words_of(kept))]
    right = {row.example for row in rows if not row.wrong}
    assert len(right) > 0.8 * len(asked)  # fitted on them: the rules must be able to make what was meant
    judge = fit_judge(rows, {"answer": 0.7, "doubt": 0.5, "offer": 0.1})
    write_judge(judge, tmp_path / "judge.npz")
    again_judge = Judge.read(tmp_path / "judge.npz")
    assert again_judge is not None
    said = judge.probabilities([row.signs for row in rows])
    assert again_judge.probabilities([row.signs for row in rows]) == said
    assert all(0 <= chance <= 1 for chance in said)
    right_ones = [chance for chance, row in zip(said, rows, strict=True) if not row.wrong]
    wrong_ones = [chance for chance, row in zip(said, rows, strict=True) if row.wrong]
    assert np.mean(right_ones) > 0.5 > np.mean(wrong_ones)


def test_the_trees_say_what_the_fitted_model_says() -> None:
    random = np.random.default_rng(3)
    signs = random.normal(size=(600, 4)).astype(np.float32)
    rows = [
        Row(at, dict(zip("abcd", map(float, one), strict=True)), () if one[0] * one[1] > one[2] else ("kind",))
        for at, one in enumerate(signs)
    ]
    judge = fit_judge(rows, {"answer": 0.7, "doubt": 0.5, "offer": 0.1})
    chances = np.array(judge.probabilities([row.signs for row in rows]))
    right = np.array([not row.wrong for row in rows])
    assert ((chances > 0.5) == right).mean() > 0.95


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Unresolved call rate at or above 25% by county", (">=", 0.25)),
        ("journeys with 24 hour leakage not above 10%", ("<=", 0.1)),
        ("service codes with claim amount above half a million dollars", (">", 500_000.0)),
        ("counties with a claim turnaround of more than 10 days", (">", 10.0)),
        ("states with a denial rate of claims not below 20 percent", (">=", 0.2)),
    ],
)
def test_a_limit_is_read_with_its_direction(plan: Callable[[str], Plan], question: str, expected: object) -> None:
    answered = plan(question)
    forms = [answered.query] if answered.query else [plan(text).query for _, text in answered.choices]
    limits = [(item.op, item.value) for form in forms if form for item in form.having]
    assert expected in limits


def test_the_products_own_wording_is_answered(planner: Planner) -> None:
    clock = Clock(AS_OF, FIRST_DAY, 1, planner.model.events)
    doubted = [
        case.question
        for case in islice(own_wordings(planner, clock), 60)
        if (found := planner.plan(case.question, as_of=AS_OF, first_day=FIRST_DAY)).kind != "query"
        or of_query("query", found.query) != case.accepted[0]
    ]
    assert doubted == []
