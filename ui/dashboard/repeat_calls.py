"""Repeat calls and emotion: where members call again, where they are upset, and what goes with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from semantic.query import Order
from tools.outcome import Refusal
from tools.periods import period_in_words
from ui.dashboard.drawing import Line, lines
from ui.dashboard.overview import course_time, days_of, numbers_of
from ui.dashboard.panels import Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content, View

CELLS = ("repeat_call_rate", "negative_emotion_rate")


@dataclass(frozen=True)
class Block:
    """One table of the page: what it says, by what, ranked by its first metric."""

    key: str
    title: str
    metrics: tuple[str, ...]
    dimensions: tuple[str, ...]
    order: str
    bars: str


BLOCKS = (
    Block("repeat_topics", "Repeat calls by topic", ("repeat_calls", "repeat_call_rate", "first_call_resolution",
          "repeat_call_cost"), ("call_topic",), "repeat_calls", "repeat_calls"),
    Block("emotion_groups", "Negative emotion by plan and tenure", ("negative_emotion_rate", "negative_calls",
          "avg_sentiment"), ("plan_type", "member_tenure"), "negative_emotion_rate", "negative_emotion_rate"),
    Block("emotion_segments", "Negative emotion by segment", ("negative_emotion_rate", "negative_calls",
          "repeat_call_rate"), ("segment",), "negative_emotion_rate", "negative_emotion_rate"),
    Block("teams", "By team that takes the call", ("negative_emotion_rate", "repeat_call_rate", "avg_handle_time",
          "transfer_rate"), ("agent_team",), "negative_emotion_rate", "negative_emotion_rate"),
    Block("handling", "Handle time and resolution by topic", ("avg_handle_time", "resolved_rate", "transfer_rate",
          "negative_emotion_rate"), ("call_topic",), "avg_handle_time", "avg_handle_time"),
)  # fmt: skip


def fill(reading: Reading) -> Content:
    """The course of both rates, a map of topic by plan, and the rankings."""
    panels: dict[str, Panel] = {}
    problems: list[str] = []
    blocks = []
    for block in BLOCKS:
        found = _block(reading, block)
        if isinstance(found, Refusal):
            problems.append(found.reason)
            continue
        panels[block.key] = found
        blocks.append((block, found))
    course = reading.panel("rates_course", "Repeat calls and negative emotion by day", CELLS,
                           time=course_time(reading), time_grain="day")  # fmt: skip
    chart: Any = ""
    if isinstance(course, Panel):
        panels[course.key] = course
        series = [Line(course.column(name).label, numbers_of(course, name)) for name in CELLS if course.has(name)]
        chart = lines(days_of(course), series, "rate", "Repeat call rate and negative emotion rate by day",
                      table=False)  # fmt: skip
    shown = {"blocks": blocks, "chart": chart, "rates": list(CELLS), "map": _map(reading, panels),
             "period_words": period_in_words(reading.asked.time)}  # fmt: skip
    return Content("Repeat calls and emotion", panels, shown, tuple(dict.fromkeys(problems)))


VIEW = View(
    "repeat_calls", "/repeat-calls", "repeat_calls.html", fill, nav="Repeat calls and emotion", period="7d"
)


def _block(reading: Reading, block: Block) -> Panel | Refusal:
    return reading.panel(block.key, block.title, block.metrics, dimensions=block.dimensions,
                         order_by=(Order(by=block.order),), limit=12)  # fmt: skip


def _map(reading: Reading, panels: dict[str, Panel]) -> dict[str, Any] | None:
    """Negative emotion by topic and plan, as a table whose cells are tinted."""
    found = reading.panel("emotion_map", "Negative emotion by topic and plan", ("negative_emotion_rate",),
                          dimensions=("call_topic", "plan_type"))  # fmt: skip
    if isinstance(found, Refusal) or not found.table.rows:
        return None
    panels[found.key] = found
    at = {
        (str(found.cell(r, "call_topic")), str(found.cell(r, "plan_type"))): r
        for r in range(len(found.table.rows))
    }
    values = [v for r in at.values() if (v := found.number(r, "negative_emotion_rate")) is not None]
    return {"panel": found, "rows": _names(at, 0), "columns": _names(at, 1), "at": at,
            "low": min(values, default=0.0), "high": max(values, default=1.0)}  # fmt: skip


def _names(at: dict[tuple[str, str], int], place: int) -> Sequence[str]:
    return sorted({key[place] for key in at})
