"""Recommended actions as proposals: what a reviewer decides on, with what was expected and on what basis."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tools.actions.candidates import Candidate
from tools.actions.recommendations import Recommendations

MOST = 12


def documents(found: Recommendations, most: int = MOST) -> dict[str, dict[str, Any]]:
    """By key, the best actions that save more in a year than they cost."""
    worth = [candidate for candidate in found.ranked if found.savings(candidate) > candidate.cost]
    return {candidate.key: document(found, candidate) for candidate in worth[:most]}


def documents_of(found: Recommendations, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """By key, the actions of these names, whatever they save."""
    return {candidate.key: document(found, candidate) for candidate in found.ranked if candidate.title in names}


def document(found: Recommendations, candidate: Candidate) -> dict[str, Any]:
    """One proposal in plain values. `where` are the values whose calls it reaches, `metric` what counts them."""
    action, leak = candidate.action, candidate.leak
    where = {found.desk.semantic.defaults.where_dimension: leak.journey}
    if candidate.reach:
        where[candidate.reach.dimension] = candidate.reach.value
    reached = found.dollars(candidate) * candidate.calls / leak.calls
    return {
        "title": candidate.title,
        "change": candidate.text,
        "journey": leak.journey,
        "lever": action.lever.label,
        "owner": action.owner,
        "effort_days": action.effort_days,
        "weeks": action.weeks,
        "cost": round(candidate.cost, 2),
        "cx_lift": candidate.cx_lift,
        "cx_score": action.cx,
        "cx_basis": action.cx_basis,
        "metric": found.leaks.metric,
        "where": where,
        "calls_per_day": candidate.calls / found.desk.rules.trend_days,
        "reduction": candidate.reduction,
        "reduction_low": candidate.low,
        "reduction_high": candidate.high,
        "savings_per_year": reached * candidate.reduction,
        "savings_low": reached * candidate.low,
        "savings_high": reached * candidate.high,
        "planning_cost": found.desk.rules.planning_cost_per_call,
        "past_fixes": candidate.past_fixes,
        "interval": found.playbook.history.interval,
    }
