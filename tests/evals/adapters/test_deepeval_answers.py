"""Cases as DeepEval's test cases, judged by our metrics: by plain pytest, or `deepeval test run` of this file."""

from __future__ import annotations

from typing import Any

import pytest

from evals.reporting.scoring import cases_by_trial
from evals.trials.records import Records, Run

pytest.importorskip("deepeval", reason="the extra `evals` is not installed: make evals-extra")

from deepeval import assert_test

from evals.tracking.deepeval_metrics import (
    CorrectMetric,
    FaithfulTextMetric,
    NotWrongInSilenceMetric,
    test_case,
)


@pytest.fixture(scope="module")
def answers(run: tuple[Records, Run]) -> dict[str, Any]:
    """DeepEval's test cases by ours."""
    records, one = run
    cases = cases_by_trial(one.suites)
    return {seen.trial: test_case(cases[seen.key], seen) for seen in records.observations(one.id)}


@pytest.mark.parametrize("name", ["metric-by-journey", "verified", "personal"])
def test_an_answer_passes(answers: dict[str, Any], name: str) -> None:
    assert_test(answers[name], [CorrectMetric(), NotWrongInSilenceMetric(), FaithfulTextMetric()], run_async=False)


def test_an_answer_without_its_call_fails_with_the_reason(answers: dict[str, Any]) -> None:
    metric = CorrectMetric()
    assert metric.measure(answers["follow-up"]) == 0.0
    assert not metric.is_successful()
    assert "WRONG_TOOL" in metric.reason
    assert FaithfulTextMetric().measure(answers["follow-up"]) == 1.0


def test_a_text_with_a_number_of_its_own_is_not_faithful(answers: dict[str, Any]) -> None:
    case = answers["metric-by-journey"].model_copy(deep=True)
    answer = case.metadata["outputs"]["answer"]
    answer["text"] += " That is 17% of all."
    metric = FaithfulTextMetric()
    assert metric.measure(case) == 0.0
    assert "17%" in metric.reason


def test_a_test_case_tells_what_was_asked_called_and_expected(answers: dict[str, Any]) -> None:
    case = answers["verified"]
    assert case.input
    assert case.actual_output
    assert [call.name for call in case.tools_called] == [call.name for call in case.expected_tools]
