"""Plans under a capacity: as good as trying everything, never more than the leak, never against a rule."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from tools.actions.candidates import Candidate
from tools.actions.drivers import Driver, Leak
from tools.actions.playbook import Lever, PlaybookAction
from tools.actions.portfolio import Bundle, Capacity, best_plan, bundles, chances, stopped

LEVER = Lever("copy", "Copy change", "Digital", "Digital", "Digital Product", 0.1, 0.05, 1000.0)
OWNERS = ("Digital Product", "Contact Center")


def candidate(journey: str, key: str, rng: np.random.Generator, **more: object) -> Candidate:
    share = float(rng.uniform(0.2, 1.0))
    days = float(rng.integers(3, 25))
    action = PlaybookAction(
        key=key, lever=LEVER, name=key, text="", owner=OWNERS[int(rng.integers(2))], effort_days=days, weeks=2.0,
        cx=3, cx_basis="", **more,  # type: ignore[arg-type]
    )  # fmt: skip
    draws = np.clip(rng.normal(rng.uniform(0.02, 0.3), 0.05, 300), -0.2, 0.95)
    driver = Driver("error_message", "x", share, 1, 0)
    return Candidate(
        action,
        Leak(journey, 0, 7000.0, 0.2, {}),
        "",
        driver,
        float(draws.mean()),
        0.0,
        0.0,
        1.0,
        days * 1000,
        5,
        draws,
    )


@pytest.mark.parametrize("seed", range(6))
def test_the_plan_is_as_good_as_trying_every_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found = [candidate(journey, f"a{at}", rng) for journey in ("Billing", "Claims") for at in range(3)]
    dollars = {"Billing": 900_000.0, "Claims": 300_000.0}
    capacity = Capacity(30.0, 28_000.0, {"Contact Center": 12.0})
    plan = best_plan(found, dollars, capacity)
    worth = sum(bundle.value(dollars[bundle.members[0].leak.journey]) for bundle in plan)
    options = [[None, *bundles(found[:3])], [None, *bundles(found[3:])]]
    best = 0.0
    for pair in product(*options):
        chosen = [bundle for bundle in pair if bundle]
        if fits(chosen, capacity):
            best = max(best, sum(b.value(dollars[b.members[0].leak.journey]) for b in chosen))
    assert worth == pytest.approx(best)
    assert fits(plan, capacity)


def fits(chosen: list[Bundle], capacity: Capacity) -> bool:
    within = sum(b.days for b in chosen) <= capacity.days and sum(b.cost for b in chosen) <= capacity.budget
    return within and all(sum(b.of_owner(o) for b in chosen) <= days for o, days in capacity.by_owner.items())


def test_actions_on_one_leak_never_stop_more_than_it_and_less_than_their_sum() -> None:
    rng = np.random.default_rng(11)
    for _ in range(20):
        members = [candidate("Billing", f"a{at}", rng) for at in range(4)]
        strong = [Candidate(**{**member.__dict__, "draws": np.full(300, 0.9)}) for member in members]
        assert stopped(strong).max() <= max(m.reach.share for m in strong if m.reach) + 1e-12
        alone = sum((m.reach.share if m.reach else 1.0) * 0.9 for m in strong)
        assert stopped(strong).max() < alone
        one = members[:1]
        share = one[0].reach.share if one[0].reach else 1.0
        assert np.allclose(stopped(one), share * one[0].draws)


def test_entries_that_exclude_or_need_others_are_heard_and_nothing_is_planned_without_capacity() -> None:
    rng = np.random.default_rng(4)
    found = [
        candidate("Billing", "a", rng, not_with=("b",)),
        candidate("Billing", "b", rng),
        candidate("Billing", "c", rng, needs=("b",)),
    ]
    kinds = {frozenset(member.action.key for member in bundle.members) for bundle in bundles(found)}
    assert kinds == {frozenset("a"), frozenset("b"), frozenset("bc")}
    assert best_plan(found, {"Billing": 1e6}, Capacity(0.0, 1e6)) == []
    assert best_plan(found, {"Billing": 0.0}, Capacity(100.0, 1e6)) == []


def test_chances_are_counted_over_joint_draws() -> None:
    values = np.array([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0], [5.0, 1.0, 0.0], [5.0, 1.0, 0.0]])
    assert chances(values, 1).tolist() == [0.75, 0.0, 0.25]
    assert chances(values, 3).tolist() == [1.0, 1.0, 1.0]
