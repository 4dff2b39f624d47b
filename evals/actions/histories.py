"""Companies' histories of fixes with what each really did: anew for each seed, unlike the model that is scored.

Levels of calls wander (a mean-reverting walk with bursts of overdispersed counts); a fix starts when its journey's
calls are high, so that a part of each recorded fall comes by itself. How good levers are differs from the playbook
by a factor of the company's own and by lever; effects of single fixes have heavy tails, some do nothing or harm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from tools.actions.history import History, PastFix, usable
from tools.actions.playbook import HISTORY_LEVERS, Playbook

Array = NDArray[np.float64]
AS_OF = date(2026, 10, 29)
DAYS = 28  # that recorded calls before and after are averages of
YEAR = 365
TAIL = 4.0  # degrees of freedom of single fixes' effects
NOTHING = 0.12  # of the fixes do nothing at all
HARM, MOST = -0.15, 0.6


@dataclass(frozen=True)
class Ahead:
    """A fix that may be done next: what is known of it, what it would really do, and what can be known at best.

    `dollars` are those of the calls that it reaches, a year; `effect` and `knowable` are shares of these calls.
    """

    key: str
    lever: str
    journey: str
    dollars: float
    effect: float
    knowable: float


@dataclass(frozen=True)
class Company:
    """What the scoring may see (`history`) and the fixes that it must foresee (`ahead`)."""

    history: History
    ahead: tuple[Ahead, ...]


@dataclass(frozen=True)
class _World:
    """The truth of one company: mean effects by lever and journey, and how much single fixes differ."""

    levers: dict[str, float]
    journeys: dict[str, float]
    levels: dict[str, float]
    spread: float

    def mean(self, lever: str, journey: str) -> float:
        return self.levers[lever] + self.journeys[journey]

    def draw(self, rng: np.random.Generator, lever: str, journey: str) -> float:
        """The effect of one fix."""
        if rng.random() < NOTHING:
            return float(rng.normal(0, 0.01))
        alike = rng.standard_t(TAIL) / math.sqrt(TAIL / (TAIL - 2))
        found = self.mean(lever, journey) / (1 - NOTHING) + self.spread * alike
        return float(np.clip(found, HARM, MOST))


def company(seed: int, past: int, ahead: int, playbook: Playbook, *, measured: bool) -> Company:
    """A company with `past` fixes behind it and `ahead` before it.

    `measured`: the history holds the impact engine's estimates, each with its error, in place of the counts.
    """
    rng = np.random.default_rng([seed, past, measured])
    world = _world(rng, playbook)
    rows = [_past(rng, world, at) for at in range(past)]
    history = usable([row for row, _ in rows], playbook, AS_OF)
    if measured:
        effects = dict(zip([str(row["fix_id"]) for row, _ in rows], [effect for _, effect in rows], strict=True))
        history = History(tuple(_measured(rng, fix, effects[fix.fix_id]) for fix in history.fixes))
    return Company(history, tuple(_ahead(rng, world, at) for at in range(ahead)))


def _world(rng: np.random.Generator, playbook: Playbook) -> _World:
    """Levers are worse or better than the playbook says, all of a company's, and each a little by itself."""
    as_a_whole = float(np.exp(rng.normal(0, 0.35)))
    means = {
        name: float(np.mean([one.reduction for one in playbook.levers.values() if one.history == name]))
        for name in HISTORY_LEVERS
    }
    levers = {name: max(0.0, mean * as_a_whole + rng.normal(0, 0.03)) for name, mean in means.items()}
    names = [f"journey {at}" for at in range(int(rng.integers(4, 9)))]
    return _World(
        levers=levers,
        journeys={name: float(rng.normal(0, 0.02)) for name in names},
        levels={name: float(np.exp(rng.normal(6.0, 1.2))) for name in names},
        spread=float(rng.uniform(0.03, 0.09)),
    )


def _past(rng: np.random.Generator, world: _World, at: int) -> tuple[dict[str, object], float]:
    lever = str(rng.choice(HISTORY_LEVERS))
    journey = str(rng.choice(sorted(world.journeys)))
    effect = world.draw(rng, lever, journey)
    before, after = _recorded(rng, world.levels[journey], effect)
    return {
        "fix_id": f"F{at:04d}", "journey": journey, "lever": lever, "owner": "", "effort_days": 10.0,
        "go_live_date": date(2025, 6, 1), "calls_before": before, "calls_after": after, "cost": 12_000.0,
        "cx_lift": 18 * effect + float(rng.normal(0, 0.8)),
    }, effect  # fmt: skip


def _recorded(rng: np.random.Generator, level: float, effect: float) -> tuple[float, float]:
    """Calls a day before and after, around the highest of several moments: that is when people start a fix."""
    moments = int(rng.integers(3, 9))
    days = DAYS * 2 * moments
    walk = np.zeros(days)
    for day in range(1, days):
        walk[day] = 0.97 * walk[day - 1] + rng.normal(0, 0.022)
    phi = rng.uniform(1.2, 2.5)
    calls = rng.negative_binomial(level * np.exp(walk) / (phi - 1), 1 / phi).astype(float)
    starts = [DAYS * (1 + 2 * at) for at in range(moments)]
    start = max(starts, key=lambda day: calls[day - DAYS : day].mean())
    after = rng.binomial(calls[start : start + DAYS].astype(int), min(1.0, 1 - effect)).astype(float)
    if effect < 0:
        after = after + rng.poisson(calls[start : start + DAYS] * -effect)
    return float(calls[start - DAYS : start].mean()), float(after.mean())


def _measured(rng: np.random.Generator, fix: PastFix, effect: float) -> PastFix:
    """As the impact engine would: the true change with an error of the size that it states."""
    error = float(rng.uniform(0.025, 0.07))
    log = math.log1p(-effect) + float(rng.normal(0, error))
    return PastFix(
        fix.fix_id, fix.journey, fix.lever, log, error, fix.effort_days, fix.cost, fix.cx_lift, measured=True
    )


def _ahead(rng: np.random.Generator, world: _World, at: int) -> Ahead:
    lever = str(rng.choice(HISTORY_LEVERS))
    journey = str(rng.choice(sorted(world.journeys)))
    dollars = world.levels[journey] * 8 * YEAR * float(rng.uniform(0.2, 1.0))
    effect = world.draw(rng, lever, journey)
    return Ahead(f"ahead {at}", lever, journey, dollars, effect, world.mean(lever, journey))
