"""How sure levels are: of shares as binomials are, so that what is left in a quiet company is about normal."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tools.scout.cube import cube_of
from tools.scout.expectation import Series, expect
from tools.scout.scan import _board, _deviations

DAYS, CELLS, WINDOW = 70, 400, 14


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_sums_of_a_share_stray_as_much_as_they_are_said_to(share: float) -> None:
    random = np.random.default_rng(5)
    first = date(2026, 8, 21)
    days = [first + timedelta(days=n) for n in range(DAYS)]
    trials = random.poisson(60, (CELLS, DAYS)).astype(float)
    hits = random.binomial(trials.astype(int), share).astype(float)
    rows = [(f"value {n}",) for n in range(CELLS)]
    cube = cube_of(["region"], rows, days, {"hits": hits, "trials": trials})
    series = Series("rate", cube.measures["hits"], cube.measures["trials"])
    expected = expect(cube, series, gap=WINDOW)
    z = _deviations(_board(series, expected, (WINDOW,)), expected.kind, expected.skew)[cube.depth == 1]
    assert 0.86 < float(z.std()) < 1.08
