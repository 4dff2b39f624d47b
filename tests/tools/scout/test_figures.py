"""What an incident costs: calls of a share that rose, by what their number shows."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tools.scout.figures import _calls_a_leak, _confidence

BASE, DAYS, SESSIONS, SHARE = 56, 70, 400.0, 0.4


def judged(counts: Any, exposure: Any) -> tuple[Any, Any]:
    expected = SimpleNamespace(base=slice(0, BASE), phi=np.ones(1))
    series = SimpleNamespace(counts=counts[None, :], exposure=exposure[None, :])
    found = SimpleNamespace(cell=0, expected=exposure * SHARE)
    return found, SimpleNamespace(series=series, expected=expected)


@pytest.mark.parametrize(
    ("added", "calls"), [(0.0, 1.0), (1.0, 1 / (1 - SHARE))], ids=["as many failures", "more"]
)
def test_leaks_that_are_failures_besides_cost_more_calls_than_the_share_shows(added: float, calls: float) -> None:
    since = np.arange(DAYS) >= BASE
    more = np.where(since, 240.0, 0.0)
    exposure = SESSIONS + added * more
    counts = SESSIONS * SHARE + more
    found, one = judged(counts, exposure)
    excess = float((counts - found.expected)[BASE:].sum())
    value, unsure = _calls_a_leak(found, one, BASE, excess)
    assert value == pytest.approx(calls, abs=0.06)
    assert value * excess == pytest.approx(more.sum(), rel=0.05)
    assert 0 < unsure < 0.1


def test_what_few_calls_cannot_tell_lies_between_the_two() -> None:
    counts = np.full(DAYS, 0.4)
    counts[-1] += 1.0
    found, one = judged(counts, np.ones(DAYS))
    value, unsure = _calls_a_leak(found, one, DAYS - 1, 1.0)
    assert 1.1 < value < 1 / (1 - SHARE) - 0.1
    assert unsure > 0.05


@pytest.mark.parametrize(("false", "sure"), [(1e-9, "high"), (0.01, "medium"), (0.09, "low")])
def test_confidence_follows_from_how_rarely_noise_shows_as_much_and_the_range(false: float, sure: str) -> None:
    found: Any = SimpleNamespace(false_per_day=false)
    start: Any = SimpleNamespace(earliest=date(2026, 9, 1), latest=date(2026, 9, 1))
    one: Any = SimpleNamespace(expected=SimpleNamespace(base=slice(0, BASE)))
    assert _confidence(found, start, one, nothing=False)[0] == sure
    told, words = _confidence(found, start, one, nothing=True)
    assert told == "low"
    assert "may be nothing" in words
