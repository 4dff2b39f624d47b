"""Events are aligned by date, people and subject; decoys that fail in one of them are not, and none may fit."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest

from semantic.query import DimensionFilter
from tools.alignment import Event, Segment, align, weights_of
from tools.causes import aligned_events, events_between
from tools.desk import Desk
from tools.scout.incident import Start

AREAS = ("billing", "pharmacy", "id_card", "claims", "provider", "access", "enrollment")
PLANS = ("MAPD", "PPO", "HMO")
START = date(2026, 6, 30)


def test_a_title_may_begin_with_its_plan(desk: Desk) -> None:
    _, events = events_between(desk, date(2026, 10, 1), date(2026, 10, 3))
    names = [event.name for event in events if event.kind == "fix"]
    assert any(name.startswith("HMO: ") for name in names), names


def world(rng: random.Random, cause: bool) -> tuple[list[Event], Segment]:
    """A cause, if there is one, and five decoys: another subject, other people, after it, or long before."""
    area, plan = rng.choice(AREAS), rng.choice(PLANS)
    reach = (plan, "All")
    events = []
    if cause:
        day = START - timedelta(days=rng.randint(0, 2))
        events.append(Event("cause", "communication", day, "x", rng.choice(reach), areas=frozenset((area,))))
    for number in range(5):
        fault = ("subject", "people", "after", "before")[number % 4]
        about = rng.choice([a for a in AREAS if a != area]) if fault == "subject" else area
        people = rng.choice([p for p in PLANS if p != plan]) if fault == "people" else rng.choice(reach)
        lag = {"after": -rng.randint(2, 7), "before": rng.randint(10, 25)}.get(fault, rng.randint(0, 2))
        day = START - timedelta(days=lag)
        events.append(Event(f"decoy{number}", "communication", day, "x", people, areas=frozenset((about,))))
    rng.shuffle(events)
    return events, Segment(frozenset((plan,)), frozenset((area,)))


def test_the_cause_is_named_among_decoys_and_none_is_when_there_is_none() -> None:
    rng = random.Random(7)
    days = {START - timedelta(days=1): 0.2, START: 0.6, START + timedelta(days=1): 0.2}
    first = unknown = wrong = 0
    for _ in range(200):
        found = align(*world(rng, cause=True), days)
        first += bool(found.named) and found.named[0].event.id == "cause"
        wrong += bool(found.named) and found.named[0].event.id != "cause"
        unknown += not align(*world(rng, cause=False), days).named
    assert first >= 0.9 * 200
    assert wrong <= 0.03 * 200
    assert unknown >= 0.85 * 200


def test_probabilities_are_those_of_rival_explanations() -> None:
    events, segment = world(random.Random(3), cause=True)
    found = align(events, segment, {START: 1.0})
    assert 0 < found.unknown < 1
    assert sum(one.probability for one in found.events) + found.unknown <= 1 + 1e-9
    assert align([], segment, {START: 1.0}).unknown == 1


def test_every_day_counts_by_its_weight_and_unlikely_ones_dilute_nothing() -> None:
    events, segment = world(random.Random(3), cause=True)
    far = [replace(event, id=f"far {n}", day=START - timedelta(days=20 + n)) for n, event in enumerate(events * 4)]
    surely = align([*events, *far], segment, {START: 1.0})
    nearly = {START: 0.999} | {START - timedelta(days=n): 0.001 / 20 for n in range(1, 21)}
    found = align([*events, *far], segment, nearly)
    assert surely.named[0].event.id == found.named[0].event.id == "cause"
    assert abs(found.unknown - surely.unknown) < 0.01
    wide = Start(START, START, START, (START,), weights=nearly)
    assert weights_of(wide) == pytest.approx(nearly)


def test_of_changes_of_everything_fewer_have_a_recorded_cause() -> None:
    notice = Event("notice", "communication", START - timedelta(days=1), "x", areas=frozenset(("general",)))
    some, everybody = (align([notice], Segment(limited=limited), {START: 1.0}) for limited in (True, False))
    assert everybody.unknown > some.unknown


def test_the_benefit_notice_is_aligned_with_the_billing_rise(desk: Desk) -> None:
    days = (date(2026, 10, 14), date(2026, 10, 15), date(2026, 10, 16))
    start = Start(days[1], days[0], days[2], days)
    filters = (
        DimensionFilter(dimension="journey", values=("Billing",)),
        DimensionFilter(dimension="plan_type", values=("MAPD",)),
    )
    best = aligned_events(desk, "leaked_calls", filters, start).best
    assert best is not None
    assert best.event.topic == "AEP Benefit Change"
    summer = {date(2026, 9, 12): 1.0}
    elsewhere = (DimensionFilter(dimension="call_topic", values=("Prior Auth",)),)
    assert aligned_events(desk, "total_calls", elsewhere, summer).best is None
