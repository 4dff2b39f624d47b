"""Two runs of the same suites held against each other, case by case: chat models, prompts, or before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from evals.asked import scored
from evals.reporting.report import compared, gate
from evals.reporting.scoring import ScoredCase
from evals.trials.records import Records, Run
from warehouse.errors import UsageError


def comparison(records: Records, before: Run, now: Run) -> dict[str, Any]:
    """By suite: shares correct, cases worse and better, the paired test. Both are scored by today's scorers.

    Raises UsageError (exit 2) when they have no case in common.
    """
    then, present = scored(records, before), scored(records, now)
    outcomes = {case.key: case.outcome for case in then}
    both = [case for case in present if case.key in outcomes]
    if not both:
        raise UsageError(
            "The runs have no case in common.", where=f"{before.id}, {now.id}", next_step="Run the same suites."
        )
    names = list(dict.fromkeys(case.suite for case in both))
    _, worse, better = compared(both, dict(outcomes))
    return {
        "runs": [_named(before), _named(now)],
        "prompts_changed": [n for n in now.prompts if now.prompts[n] != before.prompts.get(n)],
        "suites": {name: _suite([c for c in both if c.suite == name], outcomes) for name in names},
        "worse": [_case(case, outcomes) for case in worse],
        "better": [_case(case, outcomes) for case in better],
        "gate": [
            line for name in names
            for line in gate(name, [c for c in both if c.suite == name], dict(outcomes), now.model)
        ],
    }  # fmt: skip


def _named(run: Run) -> dict[str, Any]:
    return {"id": run.id, "model": run.model, "prompts": run.prompts_version, "started": run.started}


def _suite(cases: Sequence[ScoredCase], before: dict[str, Any]) -> dict[str, Any]:
    test, _, _ = compared(cases, before)
    total = len(cases)
    return {
        "cases": total,
        "before": sum(before[case.key] == "correct" for case in cases) / total,
        "now": sum(case.outcome == "correct" for case in cases) / total,
        "worse": test.worse, "better": test.better, "p_worse": test.p_worse,
        "tokens": sum(case.tokens for case in cases), "cost_usd": sum(case.cost_usd for case in cases),
    }  # fmt: skip


def _case(case: ScoredCase, before: dict[str, Any]) -> dict[str, Any]:
    return {"suite": case.suite, "id": case.id, "question": case.question, "before": before[case.key],
            "outcome": case.outcome, "failures": list(case.failures)}  # fmt: skip
