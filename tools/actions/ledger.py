"""Forecast against realised: what was measured of live actions and past fixes, and what the scoring learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tools.actions.history import History, PastFix
from tools.actions.impact import Estimate, verdict
from tools.actions.playbook import Playbook
from tools.actions.proposals import FILE, Proposals
from tools.actions.subjects import Subject
from tools.desk import Desk


def result_of(subject: Subject, estimate: Estimate) -> dict[str, Any]:
    """A measurement in plain values, as the review keeps it; the scoring learns from `log` and `error`."""
    found = estimate.effect
    return {
        "verdict": verdict(found, subject.expected),
        "log": found.log,
        "error": found.error,
        "effect": float(np.expm1(found.log)),
        "effect_low": float(np.expm1(found.low)),
        "effect_high": float(np.expm1(found.high)),
        "weeks_before": estimate.before,
        "weeks_after": len(estimate.weeks) - estimate.before,
        "until": estimate.weeks[-1].end.isoformat(),
        "rank_p": found.rank_p,
    }


def with_measured(history: History, playbook: Playbook, desk: Desk) -> History:
    """The history with what was measured: in the place of a fix's recorded counts, and of live actions besides."""
    if desk.review is None:
        return history
    store = Proposals(desk.review.state / FILE)
    try:
        measured = [(proposal, proposal.result) for proposal in store.all() if proposal.result.get("error")]
        known = store.measurements()
    finally:
        store.close()
    fixes = [_measured(fix, known[fix.fix_id]) if fix.fix_id in known else fix for fix in history.fixes]
    for proposal, result in measured:
        action = playbook.actions.get(proposal.key.partition(":")[0])
        if action and action.lever.history:
            fix = PastFix(proposal.id, str(proposal.document["journey"]), action.lever.history, 0.0, 1.0)
            fixes.append(_measured(fix, result))
    return replace(history, fixes=tuple(fixes))


def _measured(fix: PastFix, result: Mapping[str, Any]) -> PastFix:
    return replace(fix, log_change=float(result["log"]), error=float(result["error"]), measured=True)


def ledger(store: Proposals) -> list[dict[str, Any]]:
    """One row a measured action: what was expected at approval, what came, and whether it lies in the interval."""
    rows = []
    for proposal in store.all():
        result, frozen = proposal.result, proposal.frozen
        if not result.get("error") or not frozen:
            continue
        effect = -float(result["effect"])
        rows.append(
            {
                "id": proposal.id,
                "title": proposal.now["title"],
                "go_live": proposal.go_live,
                "verdict": result["verdict"],
                "expected_reduction": frozen["reduction"],
                "realised_reduction": effect,
                "realised_low": -float(result["effect_high"]),
                "realised_high": -float(result["effect_low"]),
                "expected_savings_per_year": frozen["savings_per_year"],
                "realised_savings_per_year": float(frozen["savings_per_year"])
                * effect
                / float(frozen["reduction"]),
                "inside_forecast": frozen["reduction_low"] <= effect <= frozen["reduction_high"],
            }
        )
    return rows
