"""The first day of a change of any shape: the weights hold it, and what was over before is not taken for it."""

from __future__ import annotations

import numpy as np
import pytest

from tools.scout.cube import Floats
from tools.scout.onset import _named, _smallest, onset_of

DAYS = 28
SINCE = np.arange(DAYS)
COURSES = {
    "step": lambda first: (first <= SINCE) * 1.0,
    "ramp": lambda first: np.clip((SINCE - first + 1) / 7, 0, 1),
    "decay": lambda first: (first <= SINCE) * np.exp(-np.maximum(SINCE - first, 0) / 5),
    "pulse": lambda first: ((first <= SINCE) & (first + 3 > SINCE)) * 1.0,
}


def drawn(course: Floats, seed: int, rise: float = 0.9) -> tuple[Floats, Floats]:
    mean = 40 * (1 - 0.4 * (SINCE % 7 >= 5))
    return np.random.default_rng(seed).poisson(mean * (1 + rise * course)).astype(float), mean


@pytest.mark.parametrize("shape", COURSES)
def test_the_first_day_is_named_and_held_whatever_the_shape(shape: str) -> None:
    near = held = likely = 0
    for seed in range(40):
        first = 17 + seed % 6
        counts, mean = drawn(COURSES[shape](first), seed)
        found = onset_of(counts, mean, mean, 1.0, 1, window=14)
        assert found.weights.sum() == pytest.approx(1)
        near += abs(found.first - first) <= 1
        held += first in found.days
        likely += found.weights[first] > 0.02
    slow = shape == "ramp"
    assert near >= (20 if slow else 36), near
    assert held >= (24 if slow else 31), held
    assert likely >= (32 if slow else 38), likely


def test_what_was_over_before_the_window_is_not_taken_for_the_change() -> None:
    counts, mean = drawn(COURSES["pulse"](3) + COURSES["step"](24), 1)
    found = onset_of(counts, mean, mean, 1.0, 1, window=7)
    assert abs(found.first - 24) <= 1


def test_what_builds_up_from_a_level_taken_for_too_high_is_dated_no_later() -> None:
    late = {0.0: 0, 0.15: 0}
    for seed in range(40):
        counts, mean = drawn(COURSES["ramp"](17), seed, rise=1.5)
        for level in late:
            found = onset_of(counts, mean * 1.15, mean * 1.15, 1.0, 1, window=14, level=level)
            assert found.weights.sum() == pytest.approx(1)
            late[level] += found.first > 18
    assert late[0.0] > 5, late
    assert late[0.15] <= 0.6 * late[0.0], late


def test_a_change_the_other_way_says_nothing_of_its_beginning() -> None:
    _, mean = drawn(COURSES["step"](20), 2)
    found = onset_of(mean * 0.5, mean, mean, 1.0, 1)
    assert found.weights == pytest.approx(np.full(DAYS, 1 / DAYS))


@pytest.mark.parametrize(
    ("weights", "days"),
    [([0.1, 0.5, 0.25, 0.15], (1, 2)), ([0.05, 0.95], (1,)), ([0.3, 0.2, 0.3, 0.2], (0, 1, 2))],
    ids=["at most the level", "one day holds more", "just the level"],
)
def test_the_set_of_days_holds_the_level_at_most_or_is_one_day(
    weights: list[float], days: tuple[int, ...]
) -> None:
    assert _smallest(np.array(weights)) == days


@pytest.mark.parametrize(
    ("weights", "day"),
    [([0.1, 0.3, 0.28, 0.32], 1), ([0.0, 0.65, 0.2, 0.15], 1), ([0.04, 0.9, 0.04, 0.02], 1)],
    ids=["amid the others", "one of the set", "the one that has most"],
)
def test_the_day_that_is_named_is_one_of_the_set_and_near_the_others(weights: list[float], day: int) -> None:
    array = np.array(weights)
    assert _named(array, _smallest(array)) == day
