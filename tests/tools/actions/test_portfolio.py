"""Plans under a capacity: as good as trying everything, never more than the leak, never against a rule."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from tools.actions.candidates import Candidate
from tools.actions.drivers import Driver, Leak
from tools.actions.playbook import Lever, PlaybookAction
from tools.actions.portfolio import Bundle, Capacity, best_plan, bundles, chances, stopped
from tools.actions.recommend import recommend_actions
from tools.actions.recommendations import Recommendations, recommendations
from tools.desk import Desk
from tools.outcome import Found

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


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_capacity_no_call_is_saved_twice_and_more_of_it_never_saves_less(seed: int) -> None:
    rng = np.random.default_rng(100 + seed)
    found = [candidate(journey, f"a{at}", rng) for journey in ("Billing", "Claims", "Login") for at in range(4)]
    dollars = {"Billing": 900_000.0, "Claims": 300_000.0, "Login": 5_000.0}

    def worth(capacity: Capacity) -> float:
        plan = best_plan(found, dollars, capacity)
        journeys = [bundle.members[0].leak.journey for bundle in plan]
        assert len(journeys) == len(set(journeys))  # one set of actions a leak: nothing overlaps beside it
        for bundle in plan:
            reached = max(one.reach.share for one in bundle.members if one.reach)
            alone = np.sum([one.reach.share * one.draws for one in bundle.members if one.reach], axis=0)
            assert bundle.stopped.max() <= reached <= 1
            assert (bundle.stopped <= np.maximum(alone, 0) + 1e-9).all() or bundle.stopped.mean() <= alone.mean()
        assert fits(plan, capacity)
        return sum(bundle.value(dollars[bundle.members[0].leak.journey]) for bundle in plan)

    for _ in range(8):
        days, budget, owner = rng.uniform(0, 90), rng.uniform(0, 90_000), rng.uniform(0, 40)
        small = worth(Capacity(days, budget, {"Contact Center": owner}))
        large = worth(Capacity(days * 1.5, budget * 1.5, {"Contact Center": owner * 1.5}))
        assert 0 <= small <= large + 1e-6


def test_the_one_issue_that_saves_the_most_is_the_one_that_trying_every_set_finds(desk: Desk) -> None:
    found, told = recommendations(desk), recommend_actions(desk, "one_issue")
    assert isinstance(found, Recommendations)
    assert isinstance(told, Found)
    saved: dict[str, float] = {}
    for journey in {one.leak.journey for one in found.ranked}:
        own = [one for one in found.ranked if one.leak.journey == journey]
        dollars = found.dollars(own[0])
        every = [Bundle(m, stopped(m)) for size in range(1, 5) for m in combinations(own, size)]
        best = max(
            (b for b in every if fits([b], found.quarter) and goes_together(b)),
            key=lambda bundle: bundle.value(dollars),
        )
        first = Bundle(tuple(own[:1]), stopped(own[:1]))  # shown of a leak that nothing pays for
        saved[journey] = dollars * float((best if best.value(dollars) > 0 else first).stopped.mean())
    table = told.tables[0]
    rows = range(len(table.rows))
    shown = {str(table.cell(row, "journey")): table.cell(row, "savings_per_year") for row in rows}
    assert shown == pytest.approx(saved, rel=1e-6)
    assert next(iter(shown)) == max(saved, key=lambda journey: saved[journey])


def goes_together(bundle: Bundle) -> bool:
    keys = {one.action.key for one in bundle.members}
    return not any(keys & set(one.action.not_with) for one in bundle.members)


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
