"""Why an issue happens: shares of what stops members, where and for whom, and the course against what was sent."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from semantic.query import DimensionFilter, Order, SemanticQuery, TimeRange
from tools.breakdown import CAVEAT, explain_breakdown
from tools.causes import ALIGNED, NO_CAUSE
from tools.outcome import Found, Mendable, Refusal, Table
from tools.periods import day_in_words, last_days
from ui.dashboard.drawing import Line, Mark, lines
from ui.dashboard.panels import ANALYSIS, Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content

CUTS = (
    ("message", "What stops them", ("error_message",)),
    ("code", "Error codes", ("error_code",)),
    ("channel", "Where: channel", ("platform",)),
    ("step", "Where: step", ("step",)),
    ("group", "For whom", ("plan_type", "member_tenure")),
    ("reason", "Failure reason", ("failure_reason",)),
)
COURSE_DAYS = 56
MOST = 6
BEGAN = "When it began"


def fill(reading: Reading, where: DimensionFilter) -> Content:
    """Driver shares, the daily course with what lies around its start, and what is aligned with it."""
    panels: dict[str, Panel] = {}
    problems: list[str] = []
    allowed = reading.desk.semantic.dimensions_of("leaked_calls")
    cuts = []
    for key, title, dimensions in CUTS:
        if not set(dimensions) <= set(allowed):
            continue
        found = reading.panel(key, title, ("leaked_calls",), dimensions=dimensions, filters=(where,),
                              share_of_total=True, order_by=(Order(by="leaked_calls"),), limit=MOST)  # fmt: skip
        if isinstance(found, Refusal):
            problems.append(found.reason)
            continue
        panels[key] = found
        told = [row for row in range(len(found.table.rows)) if found.cell(row, "leaked_calls") != 0]
        cuts.append((key, title, dimensions, found, told))
    # Looking for the start cuts the change by every dimension: the page does not wait for that.
    looked = bool(reading.params.get("around"))
    began, events = _around(reading, where, panels) if looked else (None, None)
    shown = {
        "cuts": cuts,
        "row_words": lambda panel, row, dimensions: _row(reading, panel, row, dimensions),
        "chart": _chart(reading, where, panels, began, events),
        "began": began,
        "events": events,
        "in_words": _in_words,
        "caveat": CAVEAT,
        "looked": looked,
    }
    return Content("", panels, shown, tuple(dict.fromkeys(problems)))


def _row(reading: Reading, panel: Panel, row: int, dimensions: tuple[str, ...]) -> str:
    values = [panel.cell(row, name) for name in dimensions]
    if len(values) > 1:
        return " ".join(map(str, values))
    text = reading.label(dimensions[0], values[0])
    return text.replace("_", " ") if dimensions[0] == "step" else text


def _around(
    reading: Reading, where: DimensionFilter, panels: dict[str, Panel]
) -> tuple[Panel | None, Panel | None]:
    """When the change began and the recorded events around it, as the explanation in the chat finds them."""
    filters, _ = reading.asked.filters_for(("leaked_calls",), reading.desk)
    week = last_days(reading.desk.rules.trend_days, reading.asked.time.end)
    query = SemanticQuery(metrics=("leaked_calls",), filters=(where, *filters), time=week)
    try:
        found = explain_breakdown(query, reading.desk)
    except Mendable:
        return None, None
    if not isinstance(found, Found):
        return None, None
    began = _part(found, "began", (BEGAN,))
    events = _part(found, "events", (ALIGNED, NO_CAUSE))
    panels |= {panel.key: panel for panel in (began, events) if panel}
    return began, events


def _part(found: Found, key: str, titles: tuple[str, ...]) -> Panel | None:
    for at, table in enumerate(found.tables):
        if table.title in titles:
            return Panel(key, table, found.tables, at, found.constants, trust=ANALYSIS)
    return None


def _chart(
    reading: Reading, where: DimensionFilter, panels: dict[str, Panel], began: Panel | None, events: Panel | None
) -> Any:
    end = reading.asked.time.end
    span = TimeRange(start=max(reading.desk.first_day, end - timedelta(days=COURSE_DAYS - 1)), end=end)
    course = reading.panel("course", "Leaked calls by day", ("leaked_calls",), filters=(where,), time=span,
                           time_grain="day")  # fmt: skip
    if isinstance(course, Refusal):
        return ""
    panels["course"] = course
    days = [date.fromisoformat(str(row[0])[:10]) for row in course.table.rows]
    values = tuple(course.number(row, "leaked_calls") for row in range(len(days)))
    return lines(days, [Line("Leaked calls", values)], "count", "Leaked calls by day", _marks(began, events),
                 table=False)  # fmt: skip


def _marks(began: Panel | None, events: Panel | None) -> list[Mark]:
    found = []
    if events:
        table: Table = events.table
        found += [_event(table, row) for row in range(len(table.rows))]
    if began and began.table.rows:
        day = date.fromisoformat(str(began.cell(0, "began"))[:10])
        found.append(Mark(day, f"The rise most likely began on {day_in_words(day)}", "start"))
    return sorted(found, key=lambda mark: mark.day)


def _in_words(cell: object) -> str:
    return day_in_words(date.fromisoformat(str(cell)[:10]))


def _event(table: Table, row: int) -> Mark:
    day = date.fromisoformat(str(table.cell(row, "day"))[:10])
    kind, name = str(table.cell(row, "event")), str(table.cell(row, "name"))
    return Mark(day, f"{kind}: {name} ({day_in_words(day)}); aligned, not proven", "event")
