"""The fixes source: what was tried before, when volumes were high, and the counts before and after it.

A fix starts when volume happens to be high, so part of each recorded drop is regression to the mean; some fixes
did nothing or did harm. The true effects go to the hidden truth only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from generator.catalog import catalog, story, stream
from generator.files import numbered
from generator.profiles import Profile

_COUNT = 44
_OLDEST, _NEWEST = 720, 45  # days before the last day


@dataclass(frozen=True)
class Fix:
    """One past fix. Calls are daily averages; `effect` is the true share of calls it removed (not written)."""

    journey: str
    lever: str
    title: str
    owner: str
    effort_days: int
    go_live: date
    calls_before: float
    calls_after: float
    cost: float
    cx_lift: float
    effect: float


def past_fixes(profile: Profile, seed: int, as_of: date) -> list[Fix]:
    """The history, oldest first; the plan fix is one of them."""
    rng = stream(seed, "fixes")
    fixes = [_draw(rng, profile.scale, as_of) for _ in range(_COUNT)]
    fixes.append(_plan_fix(rng, profile.scale, as_of))
    return sorted(fixes, key=lambda fix: (fix.go_live, fix.title))


def _draw(rng: np.random.Generator, scale: float, as_of: date) -> Fix:
    text = catalog()
    journeys, levers = tuple(text["fix_pages"]), tuple(text["fix_titles"])
    journey, lever = journeys[int(rng.integers(len(journeys)))], levers[int(rng.integers(len(levers)))]
    owner, effort, titles = text["fix_titles"][lever]
    effect = float(np.clip(rng.normal(*text["fix_effects"][lever]), -0.12, 0.45))
    usual = text["fix_daily_calls"][journey] * scale * np.exp(rng.normal(0, 0.15))
    before = usual * (1 + abs(rng.normal(0, 0.08)))
    after = usual * (1 - effect) * np.exp(rng.normal(0, 0.05))
    days = max(2, round(effort * np.exp(rng.normal(0, 0.45))))
    return Fix(
        journey=journey,
        lever=lever,
        title=str(titles[int(rng.integers(len(titles)))]).format(page=text["fix_pages"][journey]),
        owner=owner,
        effort_days=days,
        go_live=as_of - timedelta(days=int(rng.integers(_NEWEST, _OLDEST))),
        calls_before=round(float(before), 1),
        calls_after=round(float(after), 1),
        cost=float(round(days * rng.uniform(900, 1500), -2)),
        cx_lift=round(float(18 * effect + rng.normal(0, 0.8)), 1),
        effect=effect,
    )


def _plan_fix(rng: np.random.Generator, scale: float, as_of: date) -> Fix:
    journey, lever, title, owner = catalog()["plan_fix"]
    text = story()["plan_fix"]
    effect = 1 - text["calls_after"] / text["calls_before"]
    return Fix(
        journey=journey,
        lever=lever,
        title=title,
        owner=owner,
        effort_days=int(rng.integers(15, 30)),
        go_live=as_of - timedelta(days=text["days_ago"]),
        calls_before=round(text["calls_before"] * scale, 1),
        calls_after=round(text["calls_after"] * scale, 1),
        cost=float(round(rng.uniform(24000, 40000), -2)),
        cx_lift=round(float(18 * effect + rng.normal(0, 0.4)), 1),
        effect=effect,
    )


def fixes_table(fixes: list[Fix]) -> pa.Table:
    """The source's columns; the true effect is not among them."""
    return pa.table(
        {
            "fix_id": numbered("FX", 1, len(fixes), 4),
            "journey": pa.array([fix.journey for fix in fixes]),
            "lever": pa.array([fix.lever for fix in fixes]),
            "title": pa.array([fix.title for fix in fixes]),
            "owner": pa.array([fix.owner for fix in fixes]),
            "effort_days": pa.array([fix.effort_days for fix in fixes], pa.int16()),
            "go_live_date": pa.array([fix.go_live for fix in fixes], pa.date32()),
            "calls_before": pa.array([fix.calls_before for fix in fixes]),
            "calls_after": pa.array([fix.calls_after for fix in fixes]),
            "cost": pa.array([fix.cost for fix in fixes]),
            "cx_lift": pa.array([fix.cx_lift for fix in fixes]),
        }
    )
