"""What is planted in the traces of the cost estimator, counted from what is drawn, is what the truth says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from generator.catalog import Flags
from generator.estimates.traces import Drawn, draw
from generator.estimates.vocabulary import vocabulary
from generator.members import people
from generator.profiles import load

AS_OF = date(2026, 10, 29)


@pytest.fixture(scope="module", params=[3, 20261029])
def drawn(request: pytest.FixtureRequest) -> Drawn:
    members = people(load("tiny"), request.param, "M-104382")
    return draw(40_000, 56, members, request.param, AS_OF)


def _days_ago(drawn: Drawn) -> np.ndarray[Any, Any]:
    """Of each response, how many days before the last one it was asked for."""
    last = drawn.first_day + timedelta(days=int(drawn.requests.day.max()))
    assert last == AS_OF
    return np.asarray(drawn.requests.day.max() - drawn.requests.day[drawn.answers.request])


def _failing(drawn: Drawn, exception: str, among: Flags) -> float:
    kind = list(vocabulary()["exceptions"]).index(exception)
    return float((drawn.answers.exception[among] == kind).mean())


def _networks(drawn: Drawn, names: list[str]) -> Flags:
    known = np.array(list(vocabulary()["networks"]))
    return np.asarray(np.isin(known[drawn.directory.network[drawn.answers.provider]], names))


def _of_service(drawn: Drawn, code: str) -> Flags:
    place = list(vocabulary()["services"]).index(code)
    return np.asarray(drawn.requests.service[drawn.answers.request] == place)


def test_the_service_fails_in_its_networks_from_its_first_day_on(drawn: Drawn, truth: dict[str, Any]) -> None:
    planted = next(one for one in truth["estimates"]["incidents"] if "code" in one)
    ago, own = _days_ago(drawn), _of_service(drawn, planted["code"])
    inside = own & _networks(drawn, planted["networks"])
    since = ago <= (AS_OF - date.fromisoformat(planted["first_day"])).days
    failed = drawn.answers.exception >= 0
    assert failed[own & since].mean() == pytest.approx(planted["share"], abs=0.03)
    assert failed[own & ~since].mean() < 0.15
    assert _failing(drawn, planted["exception"], inside & since) > 0.5
    assert _failing(drawn, planted["exception"], inside & ~since) < 0.02
    assert _failing(drawn, planted["exception"], own & since & ~inside) < 0.02


def test_the_network_loses_its_providers_in_the_last_week(drawn: Drawn, truth: dict[str, Any]) -> None:
    planted = next(one for one in truth["estimates"]["incidents"] if "id" in one)
    ago, own = _days_ago(drawn), _networks(drawn, [planted["id"]])
    since = ago <= (AS_OF - date.fromisoformat(planted["first_day"])).days
    assert _failing(drawn, planted["exception"], own & since) == pytest.approx(planted["share"], abs=0.08)
    assert _failing(drawn, planted["exception"], own & ~since) < 0.06
    assert _failing(drawn, planted["exception"], ~own & since) < 0.06


def test_some_well_used_providers_were_failing_all_along(drawn: Drawn, truth: dict[str, Any]) -> None:
    planted, ago = truth["estimates"]["providers"], _days_ago(drawn)
    troubled = np.flatnonzero(drawn.directory.troubled)
    assert len(troubled) == planted["count"]
    for provider in troubled:
        own = drawn.answers.provider == provider
        assert own.mean() > 1 / drawn.directory.size
        assert min((drawn.answers.exception[own & half] >= 0).mean() for half in (ago < 28, ago >= 28)) > 0.3


def test_most_dollars_are_in_network(drawn: Drawn, truth: dict[str, Any]) -> None:
    found = drawn.answers
    dollars = (found.exception < 0) & ~found.is_percentage
    inside, beyond = found.in_network[dollars].sum(), found.out_of_network[dollars].sum()
    share = inside / (inside + beyond)
    assert share == pytest.approx(truth["estimates"]["in_network_share"], abs=0.005)
