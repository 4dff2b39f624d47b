"""The impact engine on made series with a known effect: bias, coverage, and silence where nothing happened."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from tools.actions.counterfactual import effect, sdid

CIGARETTES = Path(__file__).parents[2] / "data" / "proposition_99" / "california_prop99.csv"


def made(seed: int, true: float, season: float) -> tuple[np.ndarray, dict[str, np.ndarray], int]:
    """Weekly counts of a treated series and 25 donors: common movement, a season, events of some donors."""
    rng = np.random.default_rng(seed)
    before, after = int(rng.integers(6, 18)), int(rng.integers(3, 8))
    weeks = before + after
    common, shared = np.cumsum(rng.normal(0, 0.02, weeks)), rng.normal(0, 0.03, weeks)
    rise = season * np.clip((np.arange(weeks) - before + 2) / 3, 0, 1)

    def series(level: float, load: float) -> np.ndarray:
        phi = rng.uniform(1.05, 2.5)
        mean = level * np.exp(load * (common + rise) + shared + rng.normal(0, 0.02, weeks))
        return np.maximum(rng.negative_binomial(mean / (phi - 1), 1 / phi), 1).astype(float)

    donors = {f"d{at}": series(np.exp(rng.uniform(4.5, 8)), rng.uniform(0.5, 1.5)) for at in range(25)}
    for name in list(donors)[:5]:
        donors[name][before:] *= rng.uniform(0.7, 1.4)
    treated = series(np.exp(rng.uniform(5.5, 8.5)), rng.uniform(0.6, 1.4))
    treated[before:] = np.maximum(np.round(treated[before:] * np.exp(true)), 1)
    return treated, donors, before


@pytest.mark.parametrize("season", [0.0, 0.15])
def test_the_effect_is_unbiased_covered_and_none_where_there_was_none(season: float) -> None:
    errors, inside, worked = [], [], []
    for seed in range(100):
        true = -0.15 if seed % 2 else 0.0
        treated, donors, before = made(seed, true, season)
        found = effect(treated, donors, before)
        errors.append(found.log - true)
        inside.append(found.low <= true <= found.high)
        if not true:
            worked.append(found.high < 0)
    assert abs(np.mean(errors)) <= 0.012
    assert np.sqrt(np.mean(np.square(errors))) <= 0.065
    assert 0.91 <= np.mean(inside) <= 1.0
    assert np.mean(worked) <= 0.05


def test_a_copy_of_the_donors_without_noise_gives_the_exact_effect_and_weights_are_shares() -> None:
    weeks = np.arange(12)
    donors = {f"d{at}": 1000.0 * (at + 1) * np.exp(0.05 * np.sin(weeks + at)) for at in range(8)}
    treated = np.sqrt(donors["d2"] * donors["d5"])
    treated[8:] *= 0.8
    found = effect(treated, donors, 8)
    assert found.log == pytest.approx(np.log(0.8), abs=0.01)
    assert sum(found.weights.values()) == pytest.approx(1)
    assert min(found.weights.values()) >= 0
    assert np.exp(found.counterfactual)[:8] == pytest.approx(treated[:8], rel=0.03)


def test_a_donor_with_an_event_of_its_own_is_left_out_and_few_donors_are_not_enough() -> None:
    rng = np.random.default_rng(3)
    donors = {f"d{at}": 2000 * np.exp(rng.normal(0, 0.01, 14)) for at in range(9)}
    donors["event"] = 2000 * np.exp(rng.normal(0, 0.01, 14)) * np.where(np.arange(14) < 9, 1, 1.6)
    found = effect(2000 * np.exp(rng.normal(0, 0.01, 14)), donors, 9)
    assert found.strays == ("event",)
    assert "event" not in found.weights
    with pytest.raises(ValueError, match="donors"):
        effect(donors["d0"], {"a": donors["d1"], "gap": np.zeros(14)}, 9)


def test_california_s_tobacco_tax_has_the_published_effect() -> None:
    """Cigarette packs a head and year, 39 states, 1970-2000: Arkhangelsky et al. (2021), table 1."""
    with CIGARETTES.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    packs = {(row["State"], int(row["Year"])): float(row["PacksPerCapita"]) for row in rows}
    years, states = sorted({year for _, year in packs}), sorted({state for state, _ in packs})
    panel = np.array([[packs[state, year] for year in years] for state in states if state != "California"])
    own, before = np.array([packs["California", year] for year in years]), years.index(1989)
    naive = (own[before:].mean() - own[:before].mean()) - (panel[:, before:].mean() - panel[:, :before].mean())
    assert naive == pytest.approx(-27.3, abs=0.1)  # difference-in-differences
    assert sdid(own, panel, before)[0] == pytest.approx(-15.6, abs=0.05)
