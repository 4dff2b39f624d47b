"""The suite "questions": scoring, and what its gate sees. The suite itself runs in `make quick-evals`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agents.planner import Plan
from evals import runner
from evals.outcomes import Case, Expected, score
from evals.suites import questions
from semantic.query import DimensionFilter, SemanticQuery
from warehouse.errors import UsageError

NPS = SemanticQuery(metrics=("nps",), dimensions=("state",))
WANTED = Expected("query", frozenset({"nps"}), frozenset({"state"}))


def case(*accepted: Expected) -> Case:
    return Case("x", "NPS by state", (), accepted, ())


def outcome(plan: Plan, *accepted: Expected, choices: list[Expected] | None = None) -> str:
    return score(case(*accepted), plan, choices or []).outcome


def test_each_outcome_is_told_apart() -> None:
    texas = NPS.model_copy(update={"filters": (DimensionFilter(dimension="state", values=("TX",)),)})
    limited = NPS.model_copy(update={"limit": 3})
    refusal = Expected("refuse")
    assert outcome(Plan("query", NPS), WANTED) == "exact"
    assert outcome(Plan("query", texas), WANTED) == "materially_wrong"
    assert outcome(Plan("query", limited), WANTED) == "wrong"
    assert outcome(Plan("clarify"), WANTED, choices=[WANTED]) == "helpful_clarify"
    assert outcome(Plan("refuse", refusal="no_metric"), WANTED) == "over_abstained"
    assert outcome(Plan("refuse", refusal="no_metric"), refusal) == "right_refusal"
    assert outcome(Plan("query", NPS), refusal) == "missed_refusal"


def test_the_owner_s_files_are_whole() -> None:
    sizes = {name: len(questions.read_cases(questions.CASES / f"{name}.jsonl")) for name in questions.FILES}
    assert sizes == {"dev": 136, "paraphrases": 66, "adversarial": 74}


def test_a_regression_is_seen() -> None:
    planned = score(case(WANTED), Plan("query", NPS), [])
    groups = {"g": [planned, replace(planned, outcome="materially_wrong")]}
    assert runner.compare(groups, {"g": {"exact": 2, "right_refusal": 0, "materially_wrong": 0}})
    assert not runner.compare(groups, {"g": {"exact": 1, "materially_wrong": 1}})


def test_an_unknown_suite_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        runner.run(["nonsense"])
