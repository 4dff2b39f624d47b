"""The executive overview: what leaks today, how healthy it is, what is on the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from agents.briefing.health import Indicator, indicators
from semantic.query import Order, TimeRange
from tools.opportunities import opportunity_tables
from tools.outcome import Column, Mendable, Refusal
from tools.periods import last_days, period_in_words
from ui.dashboard import numbers
from ui.dashboard.drawing import Line, lines, sparkline
from ui.dashboard.hot_spots import MIXED, RULE, hot_spots
from ui.dashboard.panels import ANALYSIS, Panel, composed
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content, View

TREND_DAYS = 30
CALL_METRICS = ("repeat_call_rate", "negative_emotion_rate", "avg_handle_time", "call_cost", "total_calls")
LEAK_METRICS = ("leaked_calls", "avoidable_call_cost")
TOP = 5
JOURNEYS = 10  # of the leak table at most
Leader = Literal["first", "of shown", "left out", "nothing"]


@dataclass(frozen=True)
class Tile:
    """One figure with its trend and, where the owner set a level, its health in a colour and in words."""

    label: str
    panel: Panel
    column: str
    spark: str
    change: str
    lower_is_better: bool
    health: str = ""
    words: str = ""
    about: str = ""
    course: Panel | None = None
    drawn: str = ""


def fill(reading: Reading) -> Content:
    """Tiles, the leak table, the opportunities, and the course of the last month."""
    panels: dict[str, Panel] = {}
    problems: list[str] = []

    def take(found: Panel | Refusal | None) -> Panel | None:
        if isinstance(found, Refusal):
            problems.append(found.reason)
            return None
        if found is not None:
            panels[found.key] = found
        return found

    below: dict[str, Panel] = {}
    leaks = take(_leak_table(reading, below))
    panels |= below
    opportunities = take(_opportunities(reading))
    for found in (_course(reading, "calls_course", CALL_METRICS), _course(reading, "leaks_course", LEAK_METRICS),
                  _course(reading, "digital_course", ("digital_success_rate",))):  # fmt: skip
        take(found)
    take(_now(reading, "leaks_now", LEAK_METRICS))
    take(_week(reading, "calls_week", CALL_METRICS))
    take(_week(reading, "digital_week", ("digital_success_rate",)))
    shown = {
        "tiles": tiles(panels, reading),
        "leaks": leaks,
        "leader": leader(panels.get("leaks_base"), panels.get("leaks_total")),
        "mixed": MIXED,
        "opportunities": opportunities,
        "chart": _chart(panels.get("leaks_course")),
        "sparks": _journey_sparks(reading, panels),
        "period_words": period_in_words(reading.asked.time),
    }
    return Content("Overview", panels, shown, tuple(dict.fromkeys(problems)))


VIEW = View("overview", "", "overview.html", fill, nav="Overview")


def _now(reading: Reading, key: str, metrics: tuple[str, ...]) -> Panel | Refusal:
    return reading.panel(key, "Over the period", metrics)


def _week(reading: Reading, key: str, metrics: tuple[str, ...]) -> Panel | Refusal:
    """The health indicators are of the last complete days that the rules name, whatever the period."""
    week = last_days(reading.desk.rules.trend_days, reading.desk.as_of)
    note = f"Health is judged on the {period_in_words(week)}."
    return reading.panel(key, "The week against the week before", metrics, time=week,
                         compare_to="previous_period", note=note)  # fmt: skip


def _course(reading: Reading, key: str, metrics: tuple[str, ...]) -> Panel | Refusal:
    return reading.panel(key, "Day by day", metrics, time=course_time(reading), time_grain="day")


def course_time(reading: Reading, days: int = TREND_DAYS) -> TimeRange:
    """The days of a trend: a month up to the period's end, or the period itself when it is longer."""
    desk, end = reading.desk, reading.asked.time.end
    start = min(last_days(days, end).start, reading.asked.time.start)
    return TimeRange(start=max(start, desk.first_day), end=end)


def _leak_table(reading: Reading, panels: dict[str, Panel]) -> Panel | Refusal:
    """The ranked table of the demo: journey, calls and cost a day, the rate, whom it hits, the trend.

    What it is made of is left in `panels`.
    """
    by: dict[str, Any] = {
        "dimensions": ("journey",),
        "order_by": (Order(by="avoidable_call_cost"),),
        "limit": JOURNEYS,
    }
    base = reading.panel("leaks_base", "Leaks by journey", (*LEAK_METRICS, "leakage_rate"), **by)
    if isinstance(base, Refusal):
        return base
    week = last_days(reading.desk.rules.trend_days, reading.desk.as_of)
    trend = reading.panel("leaks_trend", "The week against the week before", ("leaked_calls",),
                          dimensions=("journey",), time=week, compare_to="previous_period")  # fmt: skip
    total = reading.panel("leaks_total", "All journeys", (*LEAK_METRICS, "leakage_rate"))
    if isinstance(trend, Refusal):
        return trend
    if isinstance(total, Refusal):
        return total
    panels |= {panel.key: panel for panel in (base, trend, total, _sum(total, reading))}
    spots = hot_spots(reading, week)
    names = [str(base.cell(row, "journey")) for row in range(len(base.table.rows))]
    rows = {str(trend.cell(row, "journey")): row for row in range(len(trend.table.rows))}
    return composed(
        "leaks",
        "Digital \u2192 call leakage",
        _LEAK_COLUMNS,
        [(name, spots.get(name, MIXED)) for name in names],
        [base.table, trend.table, total.table],
        _leak_formulas(names, rows),
        constants={"days": float(reading.asked.days)},
        interpretation=base.table.interpretation,
        note="Calls and cost are averages a day; the trend is the last week against the week before. " + RULE,
    )


def leader(base: Panel | None, total: Panel | None) -> Leader:
    """What may be said of the first row: that it leaks most, that it does of the journeys shown, or nothing.

    What is left out because few members are behind it may leak more than what is shown.
    """
    if base is None or total is None:
        return "nothing"
    calls = [base.number(row, "leaked_calls") or 0.0 for row in range(len(base.table.rows))]
    whole = total.number(0, "leaked_calls") if total.table.rows else None
    beyond = len(calls) < JOURNEYS and (whole is None or whole > sum(calls))
    left_out = bool(base.table.left_out) or beyond
    if not calls or calls[0] <= 0:
        return "left out" if left_out else "nothing"
    return "of shown" if left_out else "first"


def _sum(total: Panel, reading: Reading) -> Panel:
    """All journeys together, a day."""
    formulas = {
        name: text.replace("{row}", "0") for name, text in _leak_formulas((), {}).items() if name != "trend"
    }
    return composed(
        "leaks_sum", "Total leakage", _LEAK_COLUMNS[:1] + _LEAK_COLUMNS[2:5], [("All journeys",)], [total.table],
        formulas, constants={"days": float(reading.asked.days)}, interpretation=total.table.interpretation,
    )  # fmt: skip


def _leak_formulas(names: Sequence[str], rows: Mapping[str, int]) -> dict[str, str]:
    formulas = {
        "calls": "div(cell:1:{row}:leaked_calls, query:days)",
        "cost": "div(cell:1:{row}:avoidable_call_cost, query:days)",
        "rate": "cell:1:{row}:leakage_rate",
        "trend": "query:none",
    }
    for row, name in enumerate(names):
        if name in rows:
            formulas[f"trend[{row}]"] = f"cell:2:{rows[name]}:leaked_calls__change_pct"
    return formulas


_LEAK_COLUMNS = (
    Column("journey", "VARCHAR", "", "dimension", "Journey"),
    Column("segment", "VARCHAR", "", "dimension", "Hits most"),
    Column("calls", "DOUBLE", "count", "derived", "Calls a day"),
    Column("cost", "DOUBLE", "usd", "derived", "Cost a day"),
    Column("rate", "DOUBLE", "rate", "derived", "Leakage rate"),
    Column("trend", "DOUBLE", "rate", "derived", "Trend"),
)


def _opportunities(reading: Reading) -> Panel | Refusal:
    filters, lacking = reading.asked.filters_for(LEAK_METRICS, reading.desk)
    try:
        found = opportunity_tables(reading.desk, TOP, 10, filters)
    except Mendable as error:  # a week has nothing to be compared with where calls are of one day only
        return Refusal(error.code, error.reason, error.nearest)
    if isinstance(found, Refusal):
        return found
    (ranked, base), constants = found
    week = period_in_words(last_days(reading.desk.rules.trend_days, reading.desk.as_of))
    return Panel("opportunities", ranked, (ranked, base), 0, constants,
                 f"Ranked on the {week}; savings are what a year at that level would bring.", tuple(lacking),
                 ANALYSIS)  # fmt: skip


def _chart(course: Panel | None) -> Any:
    if course is None:
        return ""
    days = days_of(course)
    series = [Line("Leaked calls", numbers_of(course, "leaked_calls"))]
    return lines(days, series, "count", "Leaked calls by day", table=False)


def _journey_sparks(reading: Reading, panels: dict[str, Panel]) -> dict[str, Any]:
    """Each journey's leaked calls by day, small, and the row of its latest day."""
    found = reading.panel("journeys_course", "Leaked calls by journey and day", ("leaked_calls",),
                          dimensions=("journey",), time=course_time(reading), time_grain="day")  # fmt: skip
    if isinstance(found, Refusal):
        return {}
    panels[found.key] = found
    span = course_time(reading)
    every = [date.fromordinal(n) for n in range(span.start.toordinal(), span.end.toordinal() + 1)]
    by: dict[str, dict[date, float | None]] = {}
    latest: dict[str, int] = {}
    for row in range(len(found.table.rows)):
        day = date.fromisoformat(str(found.table.rows[row][0])[:10])
        hidden = found.table.hides(row, "leaked_calls")
        name = str(found.cell(row, "journey"))
        by.setdefault(name, {})[day] = None if hidden else found.number(row, "leaked_calls")
        latest[name] = row
    return {
        name: (
            sparkline([days.get(day, 0.0) for day in every], f"{name}, leaked calls by day", "count"),
            latest[name],
        )
        for name, days in by.items()
    }


def days_of(course: Panel) -> list[date]:
    """The days of a daily panel."""
    return [date.fromisoformat(str(row[0])[:10]) for row in course.table.rows]


def numbers_of(course: Panel, name: str) -> tuple[float | None, ...]:
    """A column of a daily panel."""
    return tuple(course.number(row, name) for row in range(len(course.table.rows)))


def tiles(panels: Mapping[str, Panel], reading: Reading) -> list[Tile]:
    """The headline figures, then the health indicators with the owner's levels."""
    found = []
    for label, column in (("Leaked calls", "leaked_calls"), ("Avoidable cost", "avoidable_call_cost")):
        if (now := panels.get("leaks_now")) and now.has(column):
            spark = _spark(panels.get("leaks_course"), column, label)
            found.append(Tile(label, now, column, spark, "", True, about=period_in_words(reading.asked.time),
                              course=panels.get("leaks_course"), drawn=column))  # fmt: skip
    for indicator in indicators(reading.assistant.settings.health):
        tile = _health_tile(indicator, panels, reading)
        found += [tile] if tile else []
    return found


def _health_tile(indicator: Indicator, panels: Mapping[str, Panel], reading: Reading) -> Tile | None:
    week = next((panels[key] for key in ("calls_week", "digital_week")
                 if key in panels and panels[key].has(indicator.metric)), None)  # fmt: skip
    if week is None:
        return None
    course = panels.get("calls_course" if week.key == "calls_week" else "digital_course")
    metric = reading.desk.semantic.metrics[indicator.metric]
    value = week.number(0, indicator.column)
    health, words = judged(indicator, value)
    change = "" if indicator.trend else numbers.change_of(indicator.metric, metric.unit)
    label = f"{metric.label} trend" if indicator.trend else metric.label
    about = "week against week" if indicator.trend else f"last {reading.desk.rules.trend_days} days"
    spark = _spark(course, indicator.metric, metric.label)
    return Tile(label, week, indicator.column, spark, change, metric.polarity == "lower", health, words, about,
                course, indicator.metric)  # fmt: skip


def judged(indicator: Indicator, value: float | None) -> tuple[str, str]:
    """The colour's name and the words of a health indicator: red or amber past the owner's level, else good."""
    if value is None:
        return "", "No figure"
    level = f"{indicator.level:.0%}" if indicator.unit == "rate" else f"{indicator.level:g} min"
    side = "above" if indicator.bad == "above" else "below"
    if indicator.over(value):
        return indicator.colour, f"{'Critical' if indicator.colour == 'red' else 'Watch'}: {side} {level}"
    return "good", f"Healthy: not {side} {level}"


def _spark(course: Panel | None, column: str, label: str) -> Any:
    if course is None or not course.has(column):
        return ""
    return sparkline(numbers_of(course, column), f"{label} by day", course.column(column).unit)
