"""The plan of the full-size story: every planted count within three percent, for any seed and any last day."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from generator import profiles
from generator.catalog import TOPICS
from generator.levels import week_ratio
from generator.plan import CallPlan, call_plan

CASES = [(1, date(2026, 10, 29)), (2, date(2026, 10, 29)), (3, date(2026, 12, 25)), (4, date(2026, 11, 1))]
BILLING = {"mapd_new": (3000, 0.28, -0.65), "mapd_tenured": (1200, 0.18, -0.40)}


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"seed {case[0]}, {case[1]}")
def plan(request: pytest.FixtureRequest) -> CallPlan:
    seed, as_of = request.param
    return call_plan(profiles.load("demo"), seed, as_of, ())


def test_calls_add_up_to_the_profile_and_none_is_negative(plan: CallPlan) -> None:
    assert sum(int(one.calls.sum()) for one in plan.streams) == profiles.load("demo").calls
    assert all((one.calls >= one.repeats).all() and (one.repeats >= 0).all() for one in plan.streams)


@pytest.mark.parametrize(("journey", "calls"), [("Billing", 5000), ("Pharmacy", 4000), ("ID Card", 3000)])
def test_the_last_day_leaks_as_told(plan: CallPlan, journey: str, calls: int) -> None:
    assert plan.leaked(journey)[-1] == pytest.approx(calls, abs=2)


def test_other_journeys_hardly_leak(plan: CallPlan) -> None:
    everything = sum(int(one.calls[-1]) for one in plan.streams if one.journey)
    assert everything == pytest.approx(12_000, rel=0.02)


@pytest.mark.parametrize(("journey", "trend"), [("Billing", 0.14), ("Pharmacy", 0.03), ("ID Card", 0.08)])
def test_the_weeks_compare_as_told(plan: CallPlan, journey: str, trend: float) -> None:
    assert week_ratio(plan.leaked(journey).astype(float)) - 1 == pytest.approx(trend, rel=0.03)


def test_billing_jumps_on_the_first_day_of_the_rise(plan: CallPlan) -> None:
    level = plan.leaked("Billing") / plan.factors
    assert level[-15] > 1.03 * level[-29:-15].mean()


@pytest.mark.parametrize("pool", BILLING)
def test_a_billing_cell_is_as_told(plan: CallPlan, pool: str) -> None:
    calls, repeat, sentiment = BILLING[pool]
    one = next(one for one in plan.streams if one.journey == "Billing" and one.pool == pool)
    assert one.calls[-1] == pytest.approx(calls, abs=1)
    assert one.repeats[-1] / one.calls[-1] == pytest.approx(repeat, rel=0.01)
    assert one.repeats[-7:].sum() / one.calls[-7:].sum() == pytest.approx(repeat, rel=0.03)
    assert one.sentiment is not None
    assert one.sentiment[-1] == pytest.approx(sentiment, rel=0.01)


def test_commercial_billing_leaks_repeat_as_told(plan: CallPlan) -> None:
    cells = [one for one in plan.streams if one.journey == "Billing" and not one.pool.startswith("mapd")]
    calls = sum(int(one.calls[-1]) for one in cells)
    assert calls == pytest.approx(800, abs=2)
    assert sum(int(one.repeats[-1]) for one in cells) / calls == pytest.approx(0.15, rel=0.01)


def test_the_fixed_plan_calls_less_after_its_fix(plan: CallPlan) -> None:
    billing = [one for one in plan.streams if one.pool == "hmo" and TOPICS[one.topic] == "Billing Question"]
    calls = np.sum([one.calls for one in billing], axis=0)
    repeats = np.sum([one.repeats for one in billing], axis=0)
    before, after = slice(-56, -28), slice(-28, None)
    assert calls[before].mean() == pytest.approx(5000, rel=0.005)
    assert calls[after].mean() == pytest.approx(4250, rel=0.005)
    assert repeats[before].sum() / calls[before].sum() == pytest.approx(0.23, rel=0.01)
    assert repeats[after].sum() / calls[after].sum() == pytest.approx(0.18, rel=0.01)
    leaked = next(one for one in billing if one.journey).calls
    assert leaked[after].mean() / leaked[before].mean() == pytest.approx(0.85, rel=0.01)


def test_repeat_and_negative_shares_hold_overall(plan: CallPlan) -> None:
    calls = np.sum([one.calls for one in plan.streams], axis=0)
    repeats = np.sum([one.repeats for one in plan.streams], axis=0)
    for days in (slice(None), slice(-30, None), slice(-1, None)):
        assert repeats[days].sum() / calls[days].sum() == pytest.approx(0.235, rel=0.03)
        assert (plan.negative * calls)[days].sum() / calls[days].sum() == pytest.approx(0.326, rel=0.03)


def test_pharmacy_is_the_largest_topic(plan: CallPlan) -> None:
    by_topic = {
        topic: sum(int(one.calls.sum()) for one in plan.streams if one.topic == index)
        for index, topic in enumerate(TOPICS)
    }
    assert max(by_topic, key=lambda topic: by_topic[topic]) == "Pharmacy Coverage"
