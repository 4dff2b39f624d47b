"""A plan in plain values and in sentences: what to do with a capacity, and why in that order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tools.actions.candidates import Candidate
from tools.actions.portfolio import Bundle, Capacity
from tools.actions.recommendations import Recommendations, score_parts
from warehouse.errors import UsageError

MOST = {"--sprints": 1_000.0, "--budget": 1e12}


def planned(
    found: Recommendations, sprints: float | None, budget: float | None, owner_days: Sequence[str] = ()
) -> dict[str, Any]:
    """The best set of actions under a capacity. Raises UsageError for a capacity that is none."""
    usual = found.playbook.capacity
    asked = usual["sprints"] if sprints is None else sprints
    dollars = usual["budget"] if budget is None else budget
    for name, value in (("--sprints", asked), ("--budget", dollars)):
        if not 0 <= value <= MOST[name]:
            raise UsageError(
                f"A capacity is a number from 0 to {MOST[name]:,.0f}.", where=name, next_step="Correct it."
            )
    days = usual["sprint_days"] * asked
    owners = {c.action.owner for c in found.ranked}
    limits = dict(_owner_limit(entry, owners) for entry in owner_days)
    plan = found.plan(Capacity(days, dollars, limits))
    return {
        "capacity": {"days": days, "budget": dollars, "by_owner": limits},
        "actions": _actions(found, plan),
        "days": sum(bundle.days for bundle in plan),
        "cost": round(sum(bundle.cost for bundle in plan), 2),
        **_saved(found, plan),
        "interval": found.playbook.history.interval,
        "past_fixes": len(found.history.fixes),
    }


def _owner_limit(entry: str, owners: set[str]) -> tuple[str, float]:
    name, _, text = entry.partition("=")
    known = {owner.lower(): owner for owner in owners}
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if name.strip().lower() not in known or not math.isfinite(days) or days < 0:
        raise UsageError(
            f"{entry!r} is no owner with working days.",
            where="--owner-days",
            next_step=f"Write it as 'Contact Center=10'; owners here: {', '.join(sorted(owners))}.",
        )
    return known[name.strip().lower()], days


def _actions(found: Recommendations, plan: Sequence[Bundle]) -> list[dict[str, Any]]:
    """The plan's actions, the best score first, each with the reason for its place."""
    rank = {candidate.key: at for at, candidate in enumerate(found.ranked)}
    chosen = sorted((member for bundle in plan for member in bundle.members), key=lambda c: rank[c.key])
    return [
        {
            "key": c.key,
            "title": c.title,
            "change": c.text,
            "owner": c.action.owner,
            "effort_days": c.action.effort_days,
            "weeks": c.action.weeks,
            "cost": round(c.cost, 2),
            "savings_alone_per_year": found.savings(c),
            "reduction": c.reduction,
            "cx_lift": c.cx_lift,
            "calls_per_day": c.calls / found.desk.rules.trend_days,
            "past_fixes": c.past_fixes,
            "why_here": _why_here(found, c, chosen[at + 1 :]),
        }
        for at, c in enumerate(chosen)
    ]


_LEADS = {"savings": "it saves more", "cx": "it helps members more", "speed": "it is felt sooner"}


def _why_here(found: Recommendations, one: Candidate, after: Sequence[Candidate]) -> str:
    """Why an action stands ahead of the next one: the part of the score in which it leads the most."""
    if not after:
        return "last by savings, CX lift and speed together"
    own, other = score_parts(found, one), score_parts(found, after[0])
    leading = max(_LEADS, key=lambda name: own[name] - other[name])
    return f"ahead of the next one because {_LEADS[leading]}"


def _saved(found: Recommendations, plan: Sequence[Bundle]) -> dict[str, float]:
    """What the plan saves a year, no call counted twice, with its interval."""
    if not plan:
        return {"savings_per_year": 0.0, "savings_low": 0.0, "savings_high": 0.0}
    draws = sum(bundle.stopped * found.dollars(bundle.members[0]) for bundle in plan)
    tail = (1 - found.playbook.history.interval) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return {"savings_per_year": float(np.mean(draws)), "savings_low": float(low), "savings_high": float(high)}


def told(plan: dict[str, Any]) -> list[str]:
    """The plan in sentences."""
    if not plan["actions"]:
        return ["Nothing pays within this capacity."]
    lines = [
        f"{len(plan['actions'])} actions, {plan['days']:g} of {plan['capacity']['days']:g} working days, "
        f"${plan['cost']:,.0f} of ${plan['capacity']['budget']:,.0f}: together "
        f"${plan['savings_per_year']:,.0f} a year ({plan['interval']:.0%} range ${plan['savings_low']:,.0f} to "
        f"${plan['savings_high']:,.0f}), no call counted twice.",
    ]
    for at, action in enumerate(plan["actions"], start=1):
        basis = f"{action['past_fixes']} past fixes" if action["past_fixes"] else "the playbook's assumption"
        lines.append(
            f"{at}. {action['title']} ({action['owner']}, {action['effort_days']:g} days): reaches "
            f"{action['calls_per_day']:,.0f} calls a day, of which {action['reduction']:.1%} are expected to stop "
            f"by {basis}; alone ${action['savings_alone_per_year']:,.0f} a year, {action['cx_lift']:.1f} CX "
            f"points, felt after {action['weeks']:g} weeks; {action['why_here']}."
        )
    return lines
