"""How the noise of cells is known: what is usual counts as far as cells hardly differ; topics have their weeks."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tools.scout.cube import Cube, cube_of
from tools.scout.expectation import Series, expect
from tools.scout.noise import MOST_PRIOR_DAYS, by_parents, prior_days
from tools.scout.scan import OVERLAP, _allowed, _board

DAYS, BASE = 84, 56
FIRST = date(2026, 8, 3)


def cube(counts: np.ndarray, sizes: tuple[int, ...]) -> Cube:
    """Leaves of dimensions of these sizes, the last one running fastest."""
    places = np.indices(sizes).reshape(len(sizes), -1).T
    names = ("topic", "plan", "state")[: len(sizes)]
    rows = [tuple(f"{name} {code}" for name, code in zip(names, row, strict=True)) for row in places]
    days = [FIRST + timedelta(days=n) for n in range(counts.shape[1])]
    return cube_of(names, rows, days, {"n": counts})


@pytest.mark.parametrize(("differ", "few"), [(0.0, False), (0.5, True)])
def test_cells_own_noise_counts_as_far_as_cells_differ(differ: float, few: bool) -> None:
    random = np.random.default_rng(4)
    many = cube(np.full((800, DAYS), 10.0), (20, 40))
    days = np.full(len(many.codes), BASE)
    ratio = random.chisquare(BASE - 2, len(days)) / (BASE - 2) * random.lognormal(0, differ, len(days))
    prior = prior_days(many, ratio, np.full(len(days), 600.0), days)[2]
    assert prior < 50 if few else prior == MOST_PRIOR_DAYS


def test_what_all_values_of_a_dimension_have_in_common_is_not_taken_for_their_own() -> None:
    several = cube(np.full((60, DAYS), 30.0), (3, 4, 5))
    ratio = np.where(several.depth == 1, 0.8, 1.0)
    assert by_parents(several, ratio, np.full(len(ratio), 1e4), BASE) == pytest.approx(np.ones(len(ratio)))


def test_what_fixes_a_topic_strays_in_weeks_where_topics_have_good_and_bad_ones() -> None:
    random = np.random.default_rng(8)
    weeks = np.repeat(random.normal(0, 0.25, (12, DAYS // 7)), 7, axis=1)
    means = 6.0 * np.exp(np.repeat(weeks, 36, axis=0))
    counts = random.poisson(means).astype(float)
    calls = cube(counts, (12, 6, 6))
    found = expect(calls, Series("count", calls.measures["n"], np.ones((len(calls.codes), DAYS))), gap=14)
    topics = (calls.codes[:, 0] >= 0) & (calls.depth == 2)
    others = (calls.codes[:, 0] < 0) & (calls.depth == 2)
    week = found.clumped(7)
    assert week[topics].min() > 1.5 * week[others].max()


def test_cells_of_several_sets_share_what_they_hold_and_may_show_more_each() -> None:
    calls = cube(np.full((60, DAYS), 30.0), (3, 4, 5))
    series = Series("count", calls.measures["n"], np.ones((len(calls.codes), DAYS)))
    board = _board(series, expect(calls, series, gap=14), (7,))
    allowed = _allowed(calls, board, series, 0.12)
    by_depth = {depth: allowed[calls.depth == depth].sum() for depth in range(4)}
    # of one set of dimensions all are apart: so they are of all three
    assert by_depth == pytest.approx({0: 0.03, 1: 0.03 * OVERLAP[1], 2: 0.03 * OVERLAP[2], 3: 0.03})
