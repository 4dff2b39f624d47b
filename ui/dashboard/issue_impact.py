"""Whether a fix worked: before, since and without it, with the weekly course around its go-live."""

from __future__ import annotations

from datetime import date

from semantic.query import DimensionFilter
from tools.actions.impact import measure_impact
from tools.actions.subjects import concerns, subjects
from tools.outcome import Found, Refusal
from tools.periods import day_in_words
from ui.dashboard.drawing import Line, Mark, lines
from ui.dashboard.panels import ANALYSIS, Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content


def fill(reading: Reading, where: DimensionFilter) -> Content:
    """The measurement of the chosen fix of this issue, the latest one without a choice."""
    desk = reading.desk
    known = [one for one in subjects(desk) if concerns(one, (where,))]
    wanted = reading.params.get("fix", "")
    subject = next((one for one in known if one.source == wanted), None)
    found = measure_impact(desk, action=subject.name if subject else "", filters=(where,))
    choices = [(one.source, one.name, day_in_words(one.go_live)) for one in sorted(known, key=lambda s: s.go_live)]
    if not isinstance(found, Found):
        reason = found.reason if isinstance(found, Refusal) else ""
        return Content("", {}, {"choices": choices, "reason": reason, "wanted": wanted})
    names = ("sides", "change", "course")
    panels = {
        name: Panel(name, table, found.tables, at, found.constants, trust=ANALYSIS)
        for at, (name, table) in enumerate(zip(names, found.tables, strict=False))
    }
    fix = str(panels["change"].cell(0, "fix"))
    measured = next((one for one in known if one.name == fix), None)
    shown = {
        "choices": choices,
        "wanted": measured.source if measured else "",
        "said": found.assumptions,
        "metric": reading.desk.semantic.metrics[measured.metric].label if measured else "Calls",
        "course_chart": _chart(panels["course"], measured.go_live if measured else None, fix),
    }
    return Content("", panels, shown)


def _chart(course: Panel, go_live: date | None, fix: str) -> object:
    weeks = [date.fromisoformat(str(row[0])[:10]) for row in course.table.rows]
    series = [
        Line(course.column(name).label, tuple(course.number(row, name) for row in range(len(weeks))))
        for name in ("actual_per_day", "without_fix_per_day")
    ]
    marks = [Mark(go_live, f"{fix} went live on {day_in_words(go_live)}", "golive")] if go_live else []
    return lines(weeks, series, "count", "Calls a day by week", marks)
