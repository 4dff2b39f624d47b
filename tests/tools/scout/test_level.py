"""How sure levels are: of shares as binomials are, so that what is left in a quiet company is about normal."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from tools.scout.cube import cube_of
from tools.scout.expectation import Series, _robust, expect
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


@pytest.mark.parametrize("score", [True, False], ids=["score", "count"])
def test_what_lasts_in_one_large_value_is_not_common_to_all(*, score: bool) -> None:
    values = np.array([240.0, 90.0, 90.0, 90.0, 90.0])
    size = np.tile(values[:, None], 28)
    shape, phi, change = (9 * size, 23.0, 0.7) if score else (size, 1.4, 0.2)
    moved = np.where(np.arange(28) >= 18, change, 0.0) * np.ones((5, 1))
    for mine, share in ((moved, 1.0), (moved * (values == 240)[:, None], 0.0)):
        counts = shape + mine * size if score else shape * np.exp(mine)
        common = _robust(counts, shape, size, phi, score)
        assert common[21:] == pytest.approx(share * change, abs=0.05 * change), "what all did, or one alone"
        assert common[:15] == pytest.approx(0.0, abs=1e-9)
