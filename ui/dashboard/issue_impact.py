"""Whether a fix worked: before, since and without it, week by week; and its A/B split where only a part has it."""

from __future__ import annotations

from datetime import date

from semantic.query import DimensionFilter
from tools.actions.ab_test import EACH, Fix, split_answer, split_of
from tools.actions.impact import measure_impact
from tools.actions.subjects import Subject, concerns, subjects
from tools.outcome import Found, Refusal
from tools.periods import day_in_words
from ui.dashboard.drawing import Line, Mark, lines
from ui.dashboard.panels import ANALYSIS, Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content

_EVERYBODY = "It went live for everybody: no group was left without it, so there is no A/B test."


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
        panels, told = _split(reading, subject or max(known, key=lambda s: s.go_live, default=None))
        return Content("", panels, {"choices": choices, "reason": reason, "wanted": wanted, **told})
    names = ("sides", "change", "course")
    panels = {
        name: Panel(name, table, found.tables, at, found.constants, trust=ANALYSIS)
        for at, (name, table) in enumerate(zip(names, found.tables, strict=False))
    }
    fix = str(panels["change"].cell(0, "fix"))
    measured = next((one for one in known if one.name == fix), None)
    split, told = _split(reading, measured)
    panels |= split
    shown = {
        **told,
        "choices": choices,
        "wanted": measured.source if measured else "",
        "said": found.assumptions,
        "metric": reading.desk.semantic.metrics[measured.metric].label if measured else "Calls",
        "course_chart": _chart(panels["course"], measured.go_live if measured else None, fix),
    }
    return Content("", panels, shown)


def _split(reading: Reading, subject: Subject | None) -> tuple[dict[str, Panel], dict[str, object]]:
    """The A/B read-out of a fix: its panels and what the page shows beside them, or why there is none."""
    split = split_of(subject, reading.desk) if subject else None
    if subject is None:
        return {}, {}
    if split is None:
        return {}, {"split_reason": _EVERYBODY}
    fix = Fix(subject.name, day_in_words(subject.go_live))
    found = split_answer(split, reading.desk, fix)
    if not isinstance(found, Found):
        return {}, {"split_reason": found.reason if isinstance(found, Refusal) else ""}
    names = {"split_sides": 0, "split_said": 1, "split_course": 2, "split_each": EACH}
    panels = {
        name: Panel(name, found.tables[at], found.tables, at, found.constants, trust=ANALYSIS)
        for name, at in names.items()
        if at < len(found.tables)
    }
    course = panels["split_course"]
    weeks = [date.fromisoformat(str(row[0])[:10]) for row in course.table.rows]
    line = Line(course.column("ratio").label, tuple(course.number(row, "ratio") for row in range(len(weeks))))
    mark = Mark(subject.go_live, f"{subject.name} went live on {fix.day}", "golive")
    chart = lines(weeks, [line], "", "With over without the fix by week", [mark])
    return panels, {"split_notes": found.assumptions, "split_chart": chart}


def _chart(course: Panel, go_live: date | None, fix: str) -> object:
    weeks = [date.fromisoformat(str(row[0])[:10]) for row in course.table.rows]
    series = [
        Line(course.column(name).label, tuple(course.number(row, name) for row in range(len(weeks))))
        for name in ("actual_per_day", "without_fix_per_day")
    ]
    marks = [Mark(go_live, f"{fix} went live on {day_in_words(go_live)}", "golive")] if go_live else []
    return lines(weeks, series, "count", "Calls a day by week", marks, table=False)
