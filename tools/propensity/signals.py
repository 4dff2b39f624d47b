"""The file of signals: which days and outcomes the models look at, and what each signal is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import yaml

from tools.outcome import Refusal

OutcomeName = Literal["contact", "plan_change"]
OUTCOMES: tuple[OutcomeName, ...] = get_args(OutcomeName)
_FILE = Path(__file__).parent / "signals.yml"


@dataclass(frozen=True)
class OutcomeSignal:
    """What is foreseen: the column that counts who did it, what they do in words, what to bear in mind."""

    column: str
    does: str
    caveat: str


@dataclass(frozen=True)
class Signals:
    """The file as values. `names` are the signals' columns in their order, `words` how each is said."""

    window_days: int
    horizons: tuple[int, ...]
    least_members: int
    least_auc: float
    reasons: int
    outcomes: Mapping[str, OutcomeSignal]
    groups: Mapping[str, str]
    words: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The signals in their order."""
        return tuple(self.words)

    def said(self, name: str, band: str) -> str:
        """A signal's band in words: calls in four weeks: 4+."""
        return f"{self.words[name]}: {band}"

    def horizon(self, days: int) -> int | Refusal:
        """How many days ahead can be looked with so many days of data: signals, and two outcomes after them."""
        found = next((one for one in self.horizons if days >= self.window_days + 2 * one), None)
        if found is None:
            needed = self.window_days + 2 * self.horizons[-1]
            return Refusal(
                "too_few_days", f"Whom to expect cannot be learned from {days} days of data: it takes {needed}."
            )
        return found


@lru_cache(maxsize=1)
def signals() -> Signals:
    """The signals as the file says."""
    body: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return Signals(
        body["window_days"],
        tuple(body["horizons"]),
        body["least_members"],
        body["least_auc"],
        body["reasons"],
        {name: OutcomeSignal(**entry) for name, entry in body["outcomes"].items()},
        body["groups"],
        body["signals"],
    )
