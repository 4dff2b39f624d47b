"""The arithmetic of levels: rounding keeps sums, trends hold, nothing turns negative."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from generator.levels import ages, hold_trend, jump_for_trend, rise, rounded, settle, shared_out, week_ratio

LEVELS = hnp.arrays(float, st.integers(1, 80), elements=st.floats(0, 10_000))


@given(LEVELS)
def test_rounded_counts_follow_the_running_sums_from_the_last_day(levels: np.ndarray) -> None:
    counts = rounded(levels)
    assert (counts >= 0).all()
    assert np.abs(np.cumsum(counts[::-1]) - np.cumsum(levels[::-1])).max() <= 0.5 + 1e-6
    assert abs(counts[-1] - levels[-1]) <= 0.5 + 1e-6


@given(hnp.arrays(float, (7, 5), elements=st.floats(0.01, 100)), st.integers(0, 100_000))
def test_shared_out_is_exact_in_total_and_near_in_every_cell(weights: np.ndarray, total: int) -> None:
    counts = shared_out(total, weights)
    assert counts.sum() == total
    assert np.abs(counts - weights / weights.sum() * total).max() <= 1 + 1e-6


@given(hnp.arrays(float, 40, elements=st.floats(1, 1000)), st.floats(-0.5, 2))
def test_hold_trend_holds_whatever_the_noise(daily: np.ndarray, trend: float) -> None:
    held = hold_trend(daily, trend)
    assert week_ratio(held) == pytest.approx(1 + trend)
    assert (held[-7:] == daily[-7:]).all()


@pytest.mark.parametrize(("started", "before", "trend"), [(14, 0.69, 0.14), (25, 0.8925, 0.03), (20, 0.783, 0.08)])
def test_a_jump_is_found_for_the_trend(started: int, before: float, trend: float) -> None:
    age, flat = ages(60), np.ones(60)
    jump = jump_for_trend(age, started, before, flat, trend)
    assert 0 < jump < 1
    assert week_ratio(before + (1 - before) * rise(age, started, jump)) == pytest.approx(1 + trend, abs=1e-6)


def test_a_rise_is_nothing_before_its_day_and_whole_on_the_last() -> None:
    climbing = rise(ages(30), 14, 0.3)
    assert (climbing[:15] == 0).all()
    assert climbing[15] == pytest.approx(0.3)
    assert climbing[-1] == 1
    assert (np.diff(climbing) >= 0).all()


def test_a_share_settles_from_its_start() -> None:
    share = settle(ages(30), 14, 0.3, 0.7, 0.8, 2.5)
    assert share[14] == 0.3
    assert share[15] == pytest.approx(0.7)
    assert share[-1] == pytest.approx(0.8, abs=0.001)
