"""Speaking to the person instead of the data: ask back, or say no with the reason."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from tools.outcome import Clarification, Refusal

MAX_CHOICES = 3


class ClarifyChoice(BaseModel):
    """One reading: a short label and the full question it stands for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    label: str
    question: str


def clarify(question: str, choices: list[ClarifyChoice]) -> Clarification:
    """Ask the person which of at most three readings is meant, when the question is ambiguous."""
    return Clarification(question, tuple((c.label, c.question) for c in choices[:MAX_CHOICES]))


def refuse(code: str, reason: str, nearest: list[str] = Field(default_factory=list)) -> Refusal:  # noqa: B008
    """Say plainly that the question cannot be answered.

    `code` is one of pii, write, forecast, no_metric, no_dimension, no_value, incompatible, domain, language,
    correlation, empty, too_long, sql, not_built. `reason` is one sentence; `nearest` are questions that can be
    answered instead.
    """
    return Refusal(code, reason, tuple(nearest[:MAX_CHOICES]), chosen=True)
