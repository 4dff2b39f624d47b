"""Our scorers for `mlflow.genai.evaluate`: they compute, no chat model judges, no key is needed.

    mlflow.genai.evaluate(data=observed(records, run), scorers=SCORERS)
    mlflow.genai.evaluate(data=to_ask(trials), predict_fn=answering(trials, settings, folder), scorers=SCORERS)

Importing this module needs the extra `evals`.
"""

from __future__ import annotations

from typing import Any

from evals.tracking.address import hush

hush()

from mlflow.entities import Feedback  # noqa: E402
from mlflow.genai.scorers import scorer  # noqa: E402

from evals.tracking.examples import ROW_FAILURES, said, score_of, unborne  # noqa: E402


@scorer  # type: ignore[untyped-decorator]
def outcome(outputs: dict[str, Any], expectations: dict[str, Any]) -> Any:
    """`correct`, `clarified`, `abstained`, `failed_loudly` or `wrong_in_silence`."""
    score = score_of(outputs, expectations)
    return Feedback(value=score.outcome, rationale=said(score))


@scorer  # type: ignore[untyped-decorator]
def correct(outputs: dict[str, Any], expectations: dict[str, Any]) -> Any:
    """Whether no check finds anything."""
    score = score_of(outputs, expectations)
    return Feedback(value=score.outcome == "correct", rationale=said(score))


@scorer  # type: ignore[untyped-decorator]
def not_wrong_in_silence(outputs: dict[str, Any], expectations: dict[str, Any]) -> Any:
    """Whether whoever asked was at least told: a question back, a refusal and an error are."""
    score = score_of(outputs, expectations)
    return Feedback(value=score.outcome != "wrong_in_silence", rationale=said(score))


@scorer  # type: ignore[untyped-decorator]
def rows(outputs: dict[str, Any], expectations: dict[str, Any]) -> Any:
    """Whether the rows are those of the gold query or statement; no verdict without gold."""
    if not expectations["case"].get("gold"):
        return None
    wrong = [name for name in score_of(outputs, expectations).failures if name in ROW_FAILURES]
    return Feedback(value=not wrong, rationale=", ".join(wrong) or None)


@scorer  # type: ignore[untyped-decorator]
def faithful(outputs: dict[str, Any]) -> Any:
    """Whether every number, direction and superlative of the text is borne out by the answer's own results."""
    found = unborne(outputs)
    return Feedback(value=not found, rationale="; ".join(found)[:1000] or None)


SCORERS = [outcome, correct, not_wrong_in_silence, rows, faithful]
