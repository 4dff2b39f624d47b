"""Alerts of the health indicators: once when a level is passed, silent while it swings about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from agents.briefing.alerting import alert_text
from agents.briefing.health import Alert, AlertStore, Indicator, Reading, indicators, readings
from tools.desk import Desk
from tools.outcome import Table
from warehouse.settings import Health

DAY = date(2026, 10, 1)
EMPTY = Table("", (), ())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AlertStore]:
    with closing(AlertStore(tmp_path / "alerts.db")) as opened:
        yield opened


def _course(store: AlertStore, indicator: Indicator, values: list[float], start: date = DAY) -> list[str]:
    """What each day said: `+` raised, `-` cleared, `.` nothing. Every day is looked at twice."""
    said = []
    for n, value in enumerate(values):
        day = start + timedelta(days=n)
        for _ in range(2):
            changes = store.look([Reading(indicator, value, EMPTY)], day, 0.05)
        said.append({"raised": "+", "cleared": "-"}.get(changes[0].change, "?") if changes else ".")
    return said


def test_a_level_raises_one_alert_until_it_is_well_behind(store: AlertStore) -> None:
    repeats, _, digital, *_ = indicators(Health())
    swinging = [0.24, 0.26, 0.249, 0.251, 0.245, 0.3, 0.2375, 0.249, 0.251]
    assert "".join(_course(store, repeats, swinging)) == ".+....-.+"
    assert "".join(_course(store, digital, [0.71, 0.69, 0.70, 0.73, 0.735, 0.69])) == ".+..-+"
    assert [alert.indicator for alert in store.open_alerts()] == ["digital", "repeat_calls"]


def test_an_earlier_day_changes_nothing(store: AlertStore) -> None:
    repeats = indicators(Health())[0]
    _course(store, repeats, [0.3])
    assert store.look([Reading(repeats, 0.1, EMPTY)], DAY - timedelta(days=1), 0.05) == []
    assert store.open_alerts() == [Alert("repeat_calls-2026-10-01", "repeat_calls", "raised", DAY)]


def test_an_alert_says_its_figure_its_level_and_its_days(desk: Desk) -> None:
    health = Health(repeat_call_rate_red=0.1, daily_cost_trend_red=0.001, handle_time_minutes_amber=90)
    seen = {reading.indicator.name: reading for reading in readings(desk, health, desk.as_of)}
    assert set(seen) == {"repeat_calls", "emotion", "digital", "handling", "cost"}
    said = alert_text(Alert("a", "repeat_calls", "raised", desk.as_of), seen["repeat_calls"], desk)
    assert said.title.text == "Repeat call rate: red"
    assert said.text.text.endswith("in the last 7 days (23 to 29 October 2026), above the level of 10.0%: red.")
    cleared = alert_text(Alert("b", "handling", "cleared", desk.as_of), seen["handling"], desk)
    assert cleared.text.text.endswith("below the level of 90.0 minutes: amber no longer.")
    trend = alert_text(Alert("c", "cost", "raised", desk.as_of), seen["cost"], desk)
    assert trend.text.text.startswith("Call cost went ")
