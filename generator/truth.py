"""The hidden truth: what was planted, as JSON beside the data, never inside it. Only the eval suites open it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from generator.catalog import TOPICS, story
from generator.estimates.vocabulary import vocabulary
from generator.fixes import Fix
from generator.incidents import Incident
from generator.notices import notice_day
from generator.plan import CallPlan, Stream
from generator.profiles import Profile
from warehouse.errors import UsageError


def truth_path(out: Path, folder: Path | None) -> Path:
    """The truth's file: in the given folder, or in one beside the data. Inside the data it is refused."""
    path = (folder or out.parent / "hidden-truth") / f"{out.name}.json"
    if path.resolve().is_relative_to(out.resolve()):
        raise UsageError(
            "The hidden truth must not lie inside the data that the warehouse reads.",
            where=str(path),
            next_step="Choose a folder outside the output folder.",
        )
    return path


def write_truth(
    path: Path,
    profile: Profile,
    seed: int,
    as_of: date,
    plan: CallPlan,
    incidents: tuple[Incident, ...],
    fixes: list[Fix],
) -> None:
    """Write what was planted; keys are stable and sorted."""
    content = {
        "profile": profile.name,
        "seed": seed,
        "as_of": as_of.isoformat(),
        "story": story(),
        "notice_sent": notice_day(as_of).isoformat(),
        "rise_starts": (notice_day(as_of) + timedelta(days=1)).isoformat(),
        "streams": [_stream(one, plan) for one in plan.streams],
        "negative_share": [round(float(share), 5) for share in plan.negative],
        "incidents": [_incident(one, as_of) for one in incidents],
        "fixes": [_fix(one) for one in fixes],
        "estimates": _estimates(as_of) if profile.traces else None,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _stream(one: Stream, plan: CallPlan) -> dict[str, Any]:
    return {
        "topic": TOPICS[one.topic],
        "pool": one.pool,
        "journey": one.journey,
        "first_day": plan.dates[0].isoformat(),
        "calls": one.calls.tolist(),
        "repeats": one.repeats.tolist(),
        "sentiment": None if one.sentiment is None else [round(float(value), 4) for value in one.sentiment],
    }


def _incident(one: Incident, as_of: date) -> dict[str, Any]:
    return {
        "topic": TOPICS[one.topic],
        "plan_type": one.plan,
        "state": one.state,
        "first_day": (as_of - timedelta(days=one.started_ago)).isoformat(),
        "days": one.days,
        "extra_calls_a_day": round(one.extra_calls, 2),
        "lift": round(one.lift, 4),
        "notice_sent": one.notice,
    }


def _estimates(as_of: date) -> dict[str, Any]:
    """What was planted in the traces: incidents with a first day, and providers that were like that all along."""
    planted: dict[str, Any] = vocabulary()["planted"]
    incidents = [
        {**planted[name], "first_day": (as_of - timedelta(days=planted[name]["days"] - 1)).isoformat()}
        for name in ("network", "service")
    ]
    return {
        "incidents": incidents,
        "providers": planted["providers"],
        "in_network_share": vocabulary()["in_network_share"],
    }


def _fix(one: Fix) -> dict[str, Any]:
    return {"title": one.title, "go_live_date": one.go_live.isoformat(), "true_effect": round(one.effect, 5)}
