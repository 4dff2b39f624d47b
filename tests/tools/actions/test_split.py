"""A/B reading of a fix: what plain SQL says of the two groups, and nothing where nothing happened."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta

import duckdb
import numpy as np
import pytest
from scipy import stats

from tools.actions.split import Split, _reading, read_split, told
from tools.desk import Desk
from tools.outcome import Refusal
from warehouse.errors import UsageError

START = date(2026, 10, 2)
SPLIT = Split("total_calls", "plan_type", "HMO", "PPO", START)


def test_the_reading_is_that_of_plain_sql(desk: Desk, gold: duckdb.DuckDBPyConnection) -> None:
    found = read_split(SPLIT, desk)
    assert not isinstance(found, Refusal)
    rows = gold.execute(
        "SELECT CAST(floor((call_date - DATE '2026-10-02') / 7.0) AS INTEGER) AS week, "
        "SUM(CASE WHEN plan_type = 'HMO' THEN 1 ELSE 0 END), SUM(CASE WHEN plan_type = 'PPO' THEN 1 ELSE 0 END) "
        "FROM gold.calls WHERE call_date <= DATE '2026-10-29' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    weeks = [(week, math.log(a / b)) for week, a, b in rows if -found.weeks_before <= week < found.weeks_since]
    before = [ratio for week, ratio in weeks if week < 0]
    since = [ratio for week, ratio in weeks if week >= 0]
    assert (len(before), len(since)) == (found.weeks_before, found.weeks_since) == (4, 4)
    assert found.change == pytest.approx(math.exp(np.mean(since) - np.mean(before)) - 1)
    test = stats.ttest_ind(since, before).confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(math.expm1(test.low)), pytest.approx(math.expm1(test.high)))
    assert found.figures[0][1] == sum(a for week, a, _ in rows if -4 <= week < 0)
    assert "HMO (with the fix since 2026-10-02) against PPO" in told(SPLIT, found, "Calls", rate=False)[0]


def test_an_effect_is_found_and_none_is_made_up() -> None:
    rng = np.random.default_rng(3)
    sides = (("a", 1.0, 1.0), ("b", 1.0, 1.0))
    fallen, missed = 0, 0
    for _ in range(400):
        ratios = rng.normal(0.4, 0.04, 12)
        missed += _reading(ratios, 7, sides).verdict != "no difference seen"
        ratios[7:] += math.log(0.85)
        fallen += _reading(ratios, 7, sides).verdict == "lower than without"
    assert 0.02 <= missed / 400 <= 0.085  # one in twenty, by chance
    assert fallen / 400 > 0.98


def test_what_cannot_be_read_is_said(desk: Desk) -> None:
    for wrong in (
        {"metric": "nonsense"},
        {"metric": "nps"},
        {"dimension": "banana"},
        {"treated": "Unicorn"},
        {"control": "HMO"},
        {"start": desk.as_of + timedelta(days=3)},
    ):
        with pytest.raises(UsageError):
            read_split(replace(SPLIT, **wrong), desk)
    for start in (desk.as_of - timedelta(days=5), desk.first_day + timedelta(days=8)):
        early = read_split(replace(SPLIT, start=start), desk)
        assert isinstance(early, Refusal)
        assert early.code == "too_early"
