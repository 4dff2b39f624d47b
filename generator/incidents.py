"""Smaller incidents besides the main story: extra calls of one topic from one plan in one state, for some days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from generator.catalog import PLANS, TOPICS, Flags, catalog, story, stream
from generator.members import Members
from generator.profiles import Profile

_TOPICS = ("Claims Status", "Benefits Info", "Technical Support", "Prior Auth", "Enrollment Change")
_STATES_CONSIDERED = 8


@dataclass(frozen=True)
class Incident:
    """Extra calls a day (at the last day's volume) for `days` days from `started_ago` days before the last day."""

    pool: str
    topic: int
    plan: str
    state: str
    started_ago: int
    days: int
    extra_calls: float
    lift: float
    notice: bool


def plant(profile: Profile, members: Members, seed: int) -> tuple[tuple[Incident, ...], dict[str, Flags]]:
    """Draw the run's incidents, and the pools of members they concern."""
    rng = stream(seed, "incidents")
    states = tuple(catalog()["states"])
    incidents, pools = [], {}
    for number in range(story()["incidents"]["count"]):
        plan, state = int(rng.integers(len(PLANS))), int(rng.integers(_STATES_CONSIDERED))
        pool = (members.plan == plan) & (members.state == state)
        incident = _draw(rng, profile, f"incident {number}", PLANS[plan], states[state], float(pool.mean()))
        incidents.append(incident)
        pools[incident.pool] = pool
    return tuple(incidents), pools


def _draw(rng: np.random.Generator, profile: Profile, name: str, plan: str, state: str, share: float) -> Incident:
    text = story()["incidents"]
    topic = _TOPICS[int(rng.integers(len(_TOPICS)))]
    lift = float(np.exp(rng.uniform(*np.log(text["lift"]))))
    return Incident(
        pool=name,
        topic=TOPICS.index(topic),
        plan=plan,
        state=state,
        started_ago=int(rng.integers(2, profile.days - 12)),
        days=int(rng.integers(text["days"][0], text["days"][1] + 1)),
        extra_calls=lift * story()["calls"][topic]["everyone"] * profile.scale * share,
        lift=lift,
        notice=bool(rng.random() < text["share_with_notice"]),
    )
