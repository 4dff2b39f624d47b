"""Health of a number in a word and a colour: the thresholds that executives agreed on, one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["red", "amber"]


@dataclass(frozen=True)
class Threshold:
    """Beyond `limit` (above it, or below it when `below`) a metric deserves a colour and a word."""

    limit: float
    level: Level
    word: str
    below: bool = False

    def crossed(self, value: float) -> bool:
        """Whether `value` is on the wrong side of the limit."""
        return value < self.limit if self.below else value > self.limit


THRESHOLDS: dict[str, Threshold] = {
    "repeat_call_rate": Threshold(0.25, "red", "high"),
    "negative_emotion_rate": Threshold(0.35, "red", "high"),
    "self_service_success_rate": Threshold(0.70, "red", "low", below=True),
    "digital_success_rate": Threshold(0.70, "red", "low", below=True),
    "avg_handle_time": Threshold(15.0, "amber", "long"),
}
COST_TREND = Threshold(0.10, "red", "rising")
_CHANGE = "__change_pct"


def threshold_crossed(metric: str, value: object) -> Threshold | None:
    """The threshold that a metric's value crossed, if any. Rates and changes are fractions."""
    cost_change = metric.endswith(_CHANGE) and metric.removesuffix(_CHANGE).endswith("_cost")
    threshold = COST_TREND if cost_change else THRESHOLDS.get(metric)
    if threshold is None or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return threshold if threshold.crossed(value) else None
