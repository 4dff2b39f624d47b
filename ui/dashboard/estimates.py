"""Cost estimates for leadership: the key figures with their change, the courses, the mix, the exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.outcome import Refusal
from tools.periods import period_in_words
from ui.dashboard.drawing import sparkline
from ui.dashboard.estimate_panels import WITHOUT, absent, blocks_of, by_key, content, filled
from ui.dashboard.overview import course_time, numbers_of
from ui.dashboard.panels import Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content, View

TITLE = "Cost estimates"
KEY_FIGURES = (
    "estimate_requests",
    "estimate_success_rate",
    "estimate_exception_rate",
    "estimated_cost",
    "estimated_cost_per_request",
    "estimate_health_score",
)
BLOCKS = blocks_of(content()["executive"])


@dataclass(frozen=True)
class Figure:
    """A key figure with its change on the period before and its course."""

    metric: str
    label: str
    panel: Panel
    lower_is_better: bool
    spark: Any


def fill(reading: Reading) -> Content:
    """Key figures, courses and the mix of the period."""
    if lacking := absent(reading):
        return Content(TITLE, {}, {"figures": [], "blocks": []}, (lacking.reason,))
    figures, problems = _figures(reading)
    shown, more = filled(reading, BLOCKS)
    panels = {figure.panel.key: figure.panel for figure in figures} | by_key(shown)
    words = {"figures": figures, "blocks": shown, "period_words": period_in_words(reading.asked.time)}
    return Content(TITLE, panels, words, tuple(dict.fromkeys(problems + more)))


VIEW = View("estimates", "/estimates", "estimates.html", fill, nav=TITLE, period="7d", without=WITHOUT)


def _figures(reading: Reading) -> tuple[list[Figure], list[str]]:
    """One panel a key figure: they are of different tables, and each is compared with the period before."""
    found: list[Figure] = []
    problems: list[str] = []
    for name in KEY_FIGURES:
        panel = reading.panel(f"now_{name}", "Over the period", (name,), compare_to="previous_period")
        if isinstance(panel, Refusal):  # as the first days of the data have nothing before them
            panel = reading.panel(f"now_{name}", "Over the period", (name,))
        if isinstance(panel, Refusal):
            problems.append(panel.reason)
            continue
        metric = reading.desk.semantic.metrics[name]
        found.append(Figure(name, metric.label, panel, metric.polarity == "lower", _spark(reading, name)))
    return found, problems


def _spark(reading: Reading, name: str) -> Any:
    course = reading.panel("spark", "Day by day", (name,), time=course_time(reading), time_grain="day")
    if isinstance(course, Refusal):
        return ""
    column = course.column(name)
    return sparkline(numbers_of(course, name), f"{column.label} by day", column.unit)
