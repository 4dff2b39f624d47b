"""One issue, all the way: whom it hurts, how it feels, what it is worth, why, what to do, whether that worked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from semantic.query import DimensionFilter
from tools.outcome import Column, Refusal
from tools.periods import last_days, period_in_words
from ui.dashboard import issue_actions, issue_cause, issue_impact, issue_journeys, issue_savings, issue_segments
from ui.dashboard.filters import TOPIC
from ui.dashboard.panels import Panel, composed
from ui.dashboard.reading import Reading
from ui.dashboard.view import ROOT, Content, View

WHERE = "journey"


@dataclass(frozen=True)
class Tab:
    """One tab: its word, the question to the chat that goes with it, and what fills it."""

    name: str
    word: str
    question: str
    fill: Callable[[Reading, DimensionFilter], Content]


TABS = (
    Tab("segments", "Who it hurts", "Which members are most impacted by the {} problem?", issue_segments.fill),
    Tab("journeys", "What it feels like", "Walk me through a {} journey", issue_journeys.fill),
    Tab("savings", "What it is worth", "If we fix {} this week, what is the upside?", issue_savings.fill),
    Tab("cause", "Root cause", "What is actually causing the {} leakage?", issue_cause.fill),
    Tab("actions", "Next best action", "What should we change to fix {}?", issue_actions.fill),
    Tab("impact", "Impact", "Did the {} fix work?", issue_impact.fill),
)


def fill(reading: Reading) -> Content:
    """The summary of an issue and one of its tabs. Raises LookupError for an issue or a tab that there is not."""
    name = reading.place["issue"]
    if name not in reading.desk.values.values(WHERE):
        raise LookupError(name)
    wanted = reading.place.get("tab", TABS[0].name)
    tab = next((known for known in TABS if known.name == wanted), None)
    if tab is None:
        raise LookupError(wanted)
    where = DimensionFilter(dimension=WHERE, values=(name,))
    found = tab.fill(reading, where)
    panels, problems = dict(found.panels), list(found.problems)
    summary = _summary(reading, where)
    if isinstance(summary, Refusal):
        problems.append(summary.reason)
    else:
        panels[summary.key] = summary
    shown: dict[str, Any] = {
        "issue": name,
        "label": reading.label(WHERE, name),
        "tab": tab,
        "question": tab.question.format(reading.label(WHERE, name)),
        "tabs": [(each, f"/issue/{name}/{each.name}") for each in TABS],
        "summary": None if isinstance(summary, Refusal) else summary,
        "period_words": period_in_words(reading.asked.time),
        "tab_template": f"issue_{tab.name}.html",
        "issue_path": f"{ROOT}/issue/{quote(name)}",
        **found.shown,
    }
    return Content(f"{reading.label(WHERE, name)}: {tab.word}", panels, shown, tuple(dict.fromkeys(problems)))


VIEW = View(
    "issue", "/issue/{issue}/{tab}", "issue.html", fill, also=("/issue/{issue}",), without=(TOPIC,)
)  # fmt: skip


def _summary(reading: Reading, where: DimensionFilter) -> Panel | Refusal:
    """Calls and cost a day, the annualized cost, the rate and the week's trend of the issue."""
    metrics = ("leaked_calls", "avoidable_call_cost", "annualized_cost", "leakage_rate")
    base = reading.panel("summary_base", "The issue over the period", metrics, filters=(where,))
    if isinstance(base, Refusal):
        return base
    week = last_days(reading.desk.rules.trend_days, reading.desk.as_of)
    trend = reading.panel("summary_trend", "The week against the week before", ("leaked_calls",), filters=(where,),
                          time=week, compare_to="previous_period")  # fmt: skip
    bases = [base.table, *([] if isinstance(trend, Refusal) else [trend.table])]
    formulas = {
        "calls": "div(cell:1:0:leaked_calls, query:days)",
        "cost": "div(cell:1:0:avoidable_call_cost, query:days)",
        "year": "cell:1:0:annualized_cost",
        "rate": "cell:1:0:leakage_rate",
        "trend": "cell:2:0:leaked_calls__change_pct",
    }
    return composed(
        "summary", "The issue in figures", _COLUMNS, [(str(where.values[0]),)], bases, formulas,
        constants={"days": float(reading.asked.days)}, interpretation=base.table.interpretation,
    )  # fmt: skip


_COLUMNS = (
    Column("journey", "VARCHAR", "", "dimension", "Journey"),
    Column("calls", "DOUBLE", "count", "derived", "Avoidable calls a day"),
    Column("cost", "DOUBLE", "usd", "derived", "Cost a day"),
    Column("year", "DOUBLE", "usd", "derived", "Cost a year at this level"),
    Column("rate", "DOUBLE", "rate", "derived", "Leakage rate"),
    Column("trend", "DOUBLE", "rate", "derived", "Trend on the week"),
)
