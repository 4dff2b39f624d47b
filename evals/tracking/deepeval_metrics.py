"""Our scorers as DeepEval metrics, and cases as its test cases: for `deepeval test run` and plain pytest, no key.

Importing this module needs the extra `evals`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from evals.tracking.address import hush

hush()

from deepeval.metrics import BaseMetric  # noqa: E402
from deepeval.test_case import LLMTestCase, ToolCall  # noqa: E402

from evals.tracking.examples import example, said, score_of, unborne  # noqa: E402
from evals.trials.case_files import Case  # noqa: E402
from evals.trials.trial import Observation  # noqa: E402


def test_case(case: Case, seen: Observation) -> Any:
    """What was observed as DeepEval's `LLMTestCase`; the metrics of this module read its metadata."""
    answer, body = seen.answer or {}, example(case, seen)
    return LLMTestCase(
        name=seen.key,
        input=body["inputs"]["question"],
        actual_output=str(answer.get("text", "")) or (seen.verdict or {}).get("reason", "") or seen.failure,
        tools_called=[ToolCall(name=c["tool"], input_parameters=c["arguments"]) for c in seen.calls],
        expected_tools=[ToolCall(name=c.tool, input_parameters=c.arguments) for c in case.expect.calls],
        completion_time=seen.milliseconds / 1000,
        token_cost=seen.cost_usd,
        tags=list(case.tags),
        metadata={"outputs": body["outputs"], "expectations": body["expectations"]},
    )


test_case.__test__ = False  # type: ignore[attr-defined]


class _Computed(BaseMetric, ABC):  # type: ignore[misc]
    """Scores 1 or 0 with a reason; computed, so it is the same each time."""

    threshold, async_mode, verbose_mode, include_reason = 1.0, False, False, True

    def __init__(self, threshold: float = 1.0) -> None:
        self.threshold = threshold

    def measure(self, test_case: Any, *_: Any, **__: Any) -> float:
        """1.0 when it is right."""
        right, self.reason = self.verdict(test_case.metadata)
        self.score = float(right)
        self.success = self.score >= self.threshold
        return self.score

    async def a_measure(self, test_case: Any, *_: Any, **__: Any) -> float:
        """As `measure`: there is nothing to wait for."""
        return self.measure(test_case)

    def is_successful(self) -> bool:
        """Whether the last measured case passed."""
        return bool(self.success)

    @abstractmethod
    def verdict(self, metadata: dict[str, Any]) -> tuple[bool, str]:
        """Whether it is right, and why not."""


class CorrectMetric(_Computed):
    """Whether no check of the case finds anything."""

    @property
    def __name__(self) -> str:
        return "Correct"

    def verdict(self, metadata: dict[str, Any]) -> tuple[bool, str]:
        """By the case's gold and expectations."""
        score = score_of(metadata["outputs"], metadata["expectations"])
        return score.outcome == "correct", said(score) or score.outcome


class NotWrongInSilenceMetric(_Computed):
    """Whether whoever asked was at least told: a question back, a refusal and an error are."""

    @property
    def __name__(self) -> str:
        return "Not wrong in silence"

    def verdict(self, metadata: dict[str, Any]) -> tuple[bool, str]:
        """By the case's outcome."""
        score = score_of(metadata["outputs"], metadata["expectations"])
        return score.outcome != "wrong_in_silence", said(score) or score.outcome


class FaithfulTextMetric(_Computed):
    """Whether every number, direction and superlative of the text is borne out by the answer's own results."""

    @property
    def __name__(self) -> str:
        return "Faithful text"

    def verdict(self, metadata: dict[str, Any]) -> tuple[bool, str]:
        """By the answer alone."""
        found = unborne(metadata["outputs"])
        return not found, "; ".join(found)
