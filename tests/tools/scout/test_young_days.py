"""Days that still wait for decisions, and a yearly period that the data have not seen before."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from semantic.model import CalendarEvent
from tools.scout.cube import cube_of
from tools.scout.maturity import LONGEST, Delay, leaning, maturity
from tools.scout.season import unknown_periods, unknown_season

FIRST = date(2026, 8, 27)
DAYS = tuple(FIRST + timedelta(days=n) for n in range(70))


def test_what_is_denied_later_makes_young_days_look_better_than_they_are() -> None:
    slow = leaning(Delay(2_000, 2_000 * 12.0), Delay(18_000, 18_000 * 5.0))
    assert slow[0] < 0.6
    assert np.all(np.diff(slow) >= -1e-12)
    assert slow[LONGEST - 1] == pytest.approx(1.0, abs=0.01)
    quick = leaning(Delay(2_000, 2_000 * 3.0), Delay(18_000, 18_000 * 9.0))
    assert quick[0] > 1.5
    assert leaning(Delay(2_000, 2_000 * 6.0), Delay(18_000, 18_000 * 6.0)) == pytest.approx(1.0)
    assert leaning(Delay(10, 300.0), Delay(18_000, 18_000 * 6.0)) == pytest.approx(1.0), "ten tell nothing"


def test_days_with_hardly_a_decision_are_not_judged_and_young_ones_are_in_doubt() -> None:
    decided = np.full(30, 100.0)
    waiting = np.zeros(30)
    decided[-4:], waiting[-4:] = (70, 50, 20, 2), (30, 50, 80, 98)
    lean = np.linspace(0.7, 1.0, 10)
    ripe = maturity(waiting, decided, 4, lean)
    assert ripe.unripe == 2
    assert ripe.share[-4:] == pytest.approx([0.7, 0.5, 0.2, 0.02])
    assert np.all(ripe.share[:-4] == 1)
    assert ripe.lean[-1] == lean[0]
    assert np.all(ripe.lean[:-4] == 1)
    assert np.all(ripe.doubt[:-4] == 0)
    assert np.all(np.diff(ripe.doubt[-4:]) > 0)


def test_a_new_yearly_period_moves_topics_and_neither_plans_nor_everybody() -> None:
    """From 15 October on enrollment calls double; calls of a plan follow its own mix of topics."""
    event = CalendarEvent("aep", (10, 15), (12, 7))
    stretch, name = unknown_periods([event], DAYS, FIRST)
    assert name == "aep"
    assert [DAYS[place] for place in np.flatnonzero(np.diff(stretch))] == [date(2026, 10, 14)]
    rows = [(topic, plan) for topic in ("bill", "card", "claim", "enroll", "login") for plan in ("hmo", "ppo")]
    counts = np.full((len(rows), len(DAYS)), 1_000.0)
    counts[[row[0] == "enroll" for row in rows]] *= np.where(stretch == 1, 2.0, 1.0)
    cube = cube_of(("topic", "plan"), rows, DAYS, {"n": counts})
    factor, doubt = unknown_season(cube, cube.measures["n"], stretch, 42)
    within = {
        segment: float(factor[cell, -1] / factor[cell, 0])
        for cell in range(len(cube.codes))
        if (segment := cube.segment(cell))
    }
    assert within[("topic", "enroll"),] == pytest.approx(2.0, rel=0.1)
    assert within[("topic", "bill"),] == pytest.approx(1.0, rel=0.02)
    assert within[("plan", "hmo"), ("topic", "enroll")] == pytest.approx(2.0, rel=0.1)
    assert within[("plan", "hmo"),] == pytest.approx(1.2, rel=0.05)
    topic, plan = cube.cell_of((("topic", "enroll"),)), cube.cell_of((("plan", "hmo"),))
    assert doubt[topic, -1] > doubt[plan, -1] > 0
    assert np.all(doubt[:, :40] == 0), "nothing is in doubt on the days that expectations rest on"
    longer = unknown_season(cube, cube.measures["n"], np.maximum(stretch, (np.arange(70) > 20) * 1), 42)[1]
    assert longer[topic, -1] < doubt[topic, -1], "the longer it lasts the better it is known"
    assert unknown_periods([event], DAYS, FIRST - timedelta(days=420)) == (pytest.approx(np.zeros(70)), "")
