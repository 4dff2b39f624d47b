"""The health indicators and their alerts: raised once when a level is passed, cleared once when it is well behind.

Between the level and a little on its good side (`health.clear_margin`) nothing changes, so that a figure that
swings about its level raises one alert and not one a day.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from semantic.query import SemanticQuery
from tools.desk import Desk
from tools.metrics import governed_table
from tools.outcome import Mendable, Table
from tools.periods import last_days
from warehouse.settings import Health
from warehouse.state_file import StateConnection, open_state

Colour = Literal["red", "amber"]
Change = Literal["raised", "cleared"]
STORE = "alerts.db"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    id TEXT PRIMARY KEY, indicator TEXT NOT NULL, raised TEXT NOT NULL, cleared TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS looked (indicator TEXT PRIMARY KEY, day TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Indicator:
    """A metric with its level. `column` is the figure that counts: the metric itself, or its change on the week.

    `bad` is the side of the level that raises an alert.
    """

    name: str
    metric: str
    level: float
    unit: str
    bad: Literal["above", "below"]
    colour: Colour
    trend: bool = False

    @property
    def column(self) -> str:
        """The result column that is held against the level."""
        return f"{self.metric}__change_pct" if self.trend else self.metric

    def over(self, value: float) -> bool:
        """Whether a figure is on the bad side."""
        return value > self.level if self.bad == "above" else value < self.level

    def behind(self, value: float, margin: float) -> bool:
        """Whether a figure is on the good side by the margin (a part of the level)."""
        if self.bad == "above":
            return value <= self.level * (1 - margin)
        return value >= self.level * (1 + margin)


@dataclass(frozen=True)
class Reading:
    """An indicator's figure of a day, with the governed table that it is a cell of."""

    indicator: Indicator
    value: float
    table: Table


@dataclass(frozen=True)
class Alert:
    """A level that was passed. `day` is the day of the change, `id` the same for raising and clearing it."""

    id: str
    indicator: str
    change: Change
    day: date


def indicators(health: Health) -> tuple[Indicator, ...]:
    """The indicators of the executive overview, with the levels of the settings."""
    return (
        Indicator("repeat_calls", "repeat_call_rate", health.repeat_call_rate_red, "rate", "above", "red"),
        Indicator("emotion", "negative_emotion_rate", health.negative_emotion_rate_red, "rate", "above", "red"),
        Indicator("digital", "digital_success_rate", health.digital_success_rate_red, "rate", "below", "red"),
        Indicator("handling", "avg_handle_time", health.handle_time_minutes_amber, "minutes", "above", "amber"),
        Indicator("cost", "call_cost", health.daily_cost_trend_red, "rate", "above", "red", trend=True),
    )


def readings(desk: Desk, health: Health, day: date) -> list[Reading]:
    """Each indicator over the last `rules.trend_days` days up to a day; those without a figure are left out."""
    found = []
    for indicator in indicators(health):
        table = _asked(indicator, desk, day)
        value = table.cell(0, indicator.column) if table and table.rows else None
        if table is not None and isinstance(value, int | float) and not isinstance(value, bool):
            found.append(Reading(indicator, float(value), table))
    return found


def _asked(indicator: Indicator, desk: Desk, day: date) -> Table | None:
    if indicator.metric not in desk.semantic.metrics:
        return None
    period = last_days(desk.rules.trend_days, day)
    query = SemanticQuery(
        metrics=(indicator.metric,), time=period, compare_to="previous_period" if indicator.trend else None
    )
    try:
        found = governed_table(query, desk)
    except Mendable:
        return None
    return found if isinstance(found, Table) else None


class AlertStore:
    """Which alerts are open, and since when. A day that was looked at is not looked at again."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(path, _SCHEMA)

    def look(self, found: Sequence[Reading], day: date, margin: float) -> list[Alert]:
        """Raise and clear alerts by a day's figures; the changes of that day, also when it is looked at again."""
        with self._lock, self._connection as connection:
            connection.execute("BEGIN IMMEDIATE")
            for reading in found:
                self._look_at(connection, reading, day, margin)
        return self.changes(day)

    def open_alerts(self) -> list[Alert]:
        """Those that were raised and not cleared, each with the day since."""
        rows = self._read(
            "SELECT id, indicator, raised FROM alerts WHERE cleared = '' ORDER BY raised, indicator", ()
        )
        return [Alert(identity, name, "raised", date.fromisoformat(raised)) for identity, name, raised in rows]

    def changes(self, day: date) -> list[Alert]:
        """What was raised or cleared on a day."""
        rows = self._read(
            "SELECT id, indicator, raised, cleared FROM alerts WHERE ? IN (raised, cleared) ORDER BY id",
            (day.isoformat(),),
        )
        return [
            Alert(identity, name, "cleared" if cleared == day.isoformat() else "raised", day)
            for identity, name, _, cleared in rows
        ]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _look_at(self, connection: StateConnection, reading: Reading, day: date, margin: float) -> None:
        indicator = reading.indicator
        name, today = indicator.name, day.isoformat()
        last = connection.execute("SELECT day FROM looked WHERE indicator = ?", (name,)).fetchone()
        if last and last[0] >= today:
            return
        connection.execute(
            "INSERT INTO looked VALUES (?, ?) ON CONFLICT (indicator) DO UPDATE SET day = excluded.day",
            (name, today),
        )
        open_one = connection.execute(
            "SELECT id FROM alerts WHERE indicator = ? AND cleared = ''", (name,)
        ).fetchone()
        if open_one is None and indicator.over(reading.value):
            connection.execute("INSERT INTO alerts (id, indicator, raised) VALUES (?, ?, ?)",
                               (f"{name}-{today}", name, today))  # fmt: skip
        elif open_one is not None and indicator.behind(reading.value, margin):
            connection.execute("UPDATE alerts SET cleared = ? WHERE id = ?", (today, open_one[0]))

    def _read(self, sql: str, values: tuple[str, ...]) -> list[tuple[str, ...]]:
        with self._lock, self._connection as connection:
            return connection.execute(sql, values).fetchall()
