"""The suite "questions": scoring, and what its gate sees. The suite itself runs in `make quick-evals`."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from agents.planner import Plan
from evals import runner
from evals.outcomes import Case, Expected, score
from evals.scouting.report import Measured
from evals.suites import questions
from semantic.query import DimensionFilter, SemanticQuery
from warehouse.errors import UsageError
from warehouse.settings import Settings

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


def test_what_no_baseline_holds_does_not_pass_until_it_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = score(case(WANTED), Plan("query", NPS), [])
    groups = {"old": [planned]}
    monkeypatch.setattr(runner, "SUITES", {"s": lambda: groups})
    monkeypatch.setattr(runner, "MEASURED", {"m": lambda _: Measured("m", {"g": []}, tmp_path, {})})
    monkeypatch.setattr(runner, "BASELINES", tmp_path / "baselines")
    said = StringIO()
    out = Console(file=said, width=200)

    def run(*suites: str, **how: bool) -> int:
        return runner.run(suites, settings=Settings(var=tmp_path), console=out, **how)

    assert [run("s"), run("m")] == [runner.REGRESSED] * 2
    assert "s: it has no baseline" in said.getvalue()
    with pytest.raises(UsageError, match="quick"):
        run("s", accepting=True, quick=True)
    assert [run("s", accepting=True), run("s"), run("m", accepting=True), run("m")] == [0] * 4
    groups["new"] = [planned]
    assert run("s") == runner.REGRESSED, "a group that the baseline does not know is held by nothing"
    groups["old"] = [replace(planned, outcome="wrong")]
    assert run("s", accepting=True) == 0


def test_an_unknown_suite_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        runner.run(["nonsense"])
