"""What else happened: communications and fixes, some of which set an incident off and most of which did not.

An event can have set off an incident when its subject is the incident's, it reached the incident's plan, and it
came at most three days before the incident began. Every incident has decoys that fail in one of these points;
those without a known cause have nothing but decoys. The text of an event does not depend on what it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from generator.catalog import PLANS, catalog, stream
from generator.files import numbered
from generator.fixes import Fix, fixes_table, past_fixes
from generator.members import Members
from generator.profiles import Profile
from generator.watch.crowd import TOPIC_OF
from generator.watch.plants import Plant
from generator.watch.settings import watch

_LAG = 3
_REACH = (0.35, 0.97)
_BACKGROUND_EVERY = 4  # days
_TRIES = 60
_BY_FIX = 0.35
_LEVERS = {
    "handle": ("Training", "QA"), "negative": ("Training", "QA"), "sentiment": ("Training", "QA"),
    "digital": ("Digital",), "leakage": ("Digital",),
}  # fmt: skip


@dataclass(frozen=True)
class Event:
    """One communication (`topic`) or fix (`journey`).

    `day` counts from the first day, `cause_of` and `decoy_for` are plants' numbers or -1, `id` is the
    identifier that its table gives it.
    """

    day: int
    plan: str
    topic: str = ""
    journey: str = ""
    lever: str = ""
    cause_of: int = -1
    decoy_for: int = -1
    id: str = ""

    def fits(self, plant: Plant) -> bool:
        """Whether it could have set the plant off."""
        lag = plant.first - self.day
        plan = plant.segment.get("plan_type")
        reaches = self.plan == "All" or plan is None or self.plan == plan
        return 0 <= lag <= _LAG and reaches and self.speaks_of(plant)

    def speaks_of(self, plant: Plant) -> bool:
        """Whether its subject is the plant's."""
        topics, journey = subjects(plant)
        return self.topic in topics if self.topic else self.journey == journey


def subjects(plant: Plant) -> tuple[tuple[str, ...], str]:
    """Topics of communications, and the journey of fixes, that speak of a plant."""
    text = watch()
    if plant.kind in text["denial_causes"]:
        return tuple(text["denial_causes"][plant.kind]), ""
    topic = plant.segment.get("topic") or TOPIC_OF.get(plant.segment.get("interaction_type", ""))
    found = text["causes"][topic or "any"]
    return tuple(found["communications"]), str(found["journey"])


def events(seed: int, planted: tuple[Plant, ...], days: int) -> list[Event]:
    """All events of a company, oldest first, without ids."""
    rng = stream(seed, "watch", "events")
    incidents = [one for one in planted if one.kind not in watch()["plants"]["special"]]
    unknown = watch()["plants"]["none_known"]
    found = [_cause(rng, one) for one in incidents if rng.random() >= unknown]
    for one in incidents:
        for place in range(watch()["plants"]["decoys"]):
            decoy = _decoy(rng, one, place, planted, days)
            found.extend([decoy] if decoy else [])
    for _ in range(days // _BACKGROUND_EVERY):
        background = _background(rng, planted, days)
        found.extend([background] if background else [])
    return sorted(found, key=lambda event: (event.day, event.topic, event.journey, event.plan))


def _cause(rng: np.random.Generator, plant: Plant) -> Event:
    topics, journey = subjects(plant)
    levers = _LEVERS.get(plant.kind, ("Digital", "IVR", "Comms"))
    plan = plant.segment.get("plan_type", "All")
    if plan != "All" and rng.random() < 0.4:
        plan = "All"
    day = plant.first - int(rng.choice([0, 1, 2], p=[0.3, 0.5, 0.2]))
    if journey and rng.random() < _BY_FIX:
        return Event(day, "All", journey=journey, lever=str(rng.choice(levers)), cause_of=plant.number)
    return Event(day, plan, topic=str(rng.choice(topics)), cause_of=plant.number)


def _decoy(
    rng: np.random.Generator, plant: Plant, place: int, planted: tuple[Plant, ...], days: int
) -> Event | None:
    """An event near a plant that cannot have set it (or any other) off."""
    for _ in range(_TRIES):
        one = _near(rng, plant, place)
        if 0 <= one.day < days and not any(one.fits(other) for other in planted):
            return replace(one, decoy_for=plant.number)
    return None


def _near(rng: np.random.Generator, plant: Plant, place: int) -> Event:
    """By turns: the right day with another subject (twice), another plan or too late, too late, long before."""
    topics, journey = subjects(plant)
    before = plant.first - int(rng.integers(0, _LAG))
    late = plant.first + int(rng.integers(1, 8))
    plan = plant.segment.get("plan_type")
    same = _same(rng, topics, journey)
    if place in (0, 1):
        return _any(rng, before)
    if place == 2 and plan is not None:
        others = [name for name in PLANS if name != plan]
        return Event(before, str(rng.choice(others)), topic=str(rng.choice(topics)))
    if place in (2, 3):
        return replace(same, day=late)
    return replace(same, day=plant.first - int(rng.integers(9, 26)))


def _same(rng: np.random.Generator, topics: tuple[str, ...], journey: str) -> Event:
    if journey and rng.random() < _BY_FIX:
        return Event(
            0, "All", journey=journey, lever=str(rng.choice(["Digital", "IVR", "Comms", "Training", "QA"]))
        )
    return Event(0, "All", topic=str(rng.choice(topics)))


def _any(rng: np.random.Generator, day: int) -> Event:
    if rng.random() < _BY_FIX / 2:
        journeys = tuple(catalog()["fix_pages"])
        levers = tuple(catalog()["fix_titles"])
        return Event(day, "All", journey=str(rng.choice(journeys)), lever=str(rng.choice(levers)))
    plan = "All" if rng.random() < 0.5 else str(rng.choice(PLANS))
    return Event(day, plan, topic=str(rng.choice(list(watch()["subjects"]))))


def _background(rng: np.random.Generator, planted: tuple[Plant, ...], days: int) -> Event | None:
    for _ in range(_TRIES):
        one = _any(rng, int(rng.integers(0, days)))
        if not any(one.fits(other) for other in planted):
            return one
    return None


def event_tables(
    profile: Profile, members: Members, seed: int, as_of: date, happened: list[Event]
) -> tuple[pa.Table, pa.Table, list[Event]]:
    """The communications and the fixes source, and the events with their ids there."""
    rng = stream(seed, "watch", "event texts")
    first = as_of - timedelta(days=profile.days - 1)
    sent = [one for one in happened if one.topic]
    sent = [replace(one, id=f"CM{number:05d}") for number, one in enumerate(sent, 1)]
    live = [one for one in happened if one.journey]
    old = [fix for fix in past_fixes(profile, seed, as_of) if (fix.go_live - first).days < 0]
    mine = [_fix(rng, profile, one, first) for one in live]
    order = sorted(range(len(mine)), key=lambda place: mine[place].go_live)
    live = [replace(live[place], id=f"FX{len(old) + number:04d}") for number, place in enumerate(order, 1)]
    table = fixes_table([*old, *(mine[place] for place in order)])
    return _communications(rng, members, first, sent), table, [*sent, *live]


def _communications(rng: np.random.Generator, members: Members, first: date, sent: list[Event]) -> pa.Table:
    text = watch()
    reach = {name: int((members.plan == code).sum()) for code, name in enumerate(PLANS)} | {"All": members.size}
    return pa.table(
        {
            "communication_id": numbered("CM", 1, len(sent), 5),
            "sent_date": pa.array([first + timedelta(days=one.day) for one in sent], pa.date32()),
            "channel": pa.array([str(rng.choice(text["channels"])) for _ in sent], pa.string()),
            "topic": pa.array([one.topic for one in sent], pa.string()),
            "plan_type": pa.array([one.plan for one in sent], pa.string()),
            "audience_size": pa.array(
                [round(reach[one.plan] * float(rng.uniform(*_REACH))) for one in sent], pa.int64()
            ),
            "subject": pa.array([str(rng.choice(text["subjects"][one.topic])) for one in sent], pa.string()),
        }
    )


def _fix(rng: np.random.Generator, profile: Profile, one: Event, first: date) -> Fix:
    """What the fix's owner wrote down: the usual drop, whatever it did elsewhere."""
    text = catalog()
    owner, effort, titles = text["fix_titles"][one.lever]
    usual = text["fix_daily_calls"][one.journey] * profile.scale * float(np.exp(rng.normal(0, 0.15)))
    effect = float(np.clip(rng.normal(*text["fix_effects"][one.lever]), -0.12, 0.45))
    days = max(2, round(effort * float(np.exp(rng.normal(0, 0.45)))))
    return Fix(
        journey=one.journey,
        lever=one.lever,
        title=str(rng.choice(titles)).format(page=text["fix_pages"][one.journey]),
        owner=owner,
        effort_days=days,
        go_live=first + timedelta(days=one.day),
        calls_before=round(usual, 1),
        calls_after=round(usual * (1 - effect), 1),
        cost=float(round(days * rng.uniform(900, 1500), -2)),
        cx_lift=round(18 * effect + float(rng.normal(0, 0.8)), 1),
        effect=effect,
    )
