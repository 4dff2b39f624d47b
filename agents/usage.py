"""What a chat model service was asked for and what it cost: by answer, kept with its user and day."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from warehouse.state_file import open_state

_SCHEMA = """
CREATE TABLE IF NOT EXISTS usage (
    answer_id TEXT NOT NULL, "user" TEXT NOT NULL, role TEXT NOT NULL, day TEXT NOT NULL, model TEXT NOT NULL,
    requests INTEGER NOT NULL, failed INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL, estimated INTEGER NOT NULL, cost_usd REAL NOT NULL,
    PRIMARY KEY (answer_id, day, model));
CREATE INDEX IF NOT EXISTS usage_of_a_day ON usage ("user", day);
"""
_COUNTS = ("requests", "failed", "prompt_tokens", "completion_tokens", "estimated", "cost_usd")
_ADDED = ", ".join(f"{name} = usage.{name} + excluded.{name}" for name in _COUNTS)
_SUMS = ", ".join(f"SUM({name})" for name in _COUNTS)


@dataclass(frozen=True)
class Spent:
    """Requests and those that failed, tokens (how many of them estimated), dollars."""

    requests: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    estimated: int = 0
    cost_usd: float = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class Asked:
    """Whose question a request was for."""

    answer_id: str
    user: str
    role: str
    day: date
    model: str


@dataclass(frozen=True)
class UsageLine:
    """What one user spent on one day with one model; `answer_id` when it is told answer by answer."""

    day: str
    user: str
    role: str
    model: str
    answers: int
    answer_id: str
    spent: Spent


class UsageStore:
    """One SQLite file of its owner's in operational state; safe for several threads and processes."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(file, _SCHEMA)

    def add(self, asked: Asked, spent: Spent) -> None:
        """Add a request to its answer's account, at once: a process that ends owes nothing."""
        row = (asked.answer_id, asked.user, asked.role, asked.day.isoformat(), asked.model)
        counts = tuple(getattr(spent, name) for name in _COUNTS)
        with self._lock, self._connection:
            self._connection.execute(
                f"INSERT INTO usage VALUES (?,?,?,?,?,?,?,?,?,?,?) "
                f"ON CONFLICT (answer_id, day, model) DO UPDATE SET {_ADDED}",
                (*row, *counts),
            )

    def of_day(self, user: str, day: date) -> Spent:
        """What a user has spent on a day."""
        sql = f'SELECT {_SUMS} FROM usage WHERE "user" = ? AND day = ?'
        with self._lock:
            row = self._connection.execute(sql, (user, day.isoformat())).fetchone()
        return Spent(*(value or 0 for value in row))

    def lines(self, since: str = "", user: str = "", *, by_answer: bool = False) -> Iterator[UsageLine]:
        """What was spent, newest day first; `since` is an ISO day."""
        answer = "answer_id" if by_answer else "''"
        sql = (
            f'SELECT day, "user", role, model, COUNT(DISTINCT answer_id), {answer}, {_SUMS} FROM usage '
            f'WHERE day >= ? AND (? = \'\' OR "user" = ?) GROUP BY day, "user", role, model, 6 '
            'ORDER BY day DESC, "user", role, model, 6'
        )
        with self._lock:
            found = self._connection.execute(sql, (since, user, user)).fetchall()
        for row in found:
            day, who, role, model, answers, answer_id, *counts = row
            yield UsageLine(day, who, role, model, answers, answer_id, Spent(*counts))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
