"""What to do about an issue: the ranked actions, and where each stands in the review."""

from __future__ import annotations

from contextlib import closing

from semantic.query import DimensionFilter
from tools.actions.proposals import FILE, Proposals
from tools.actions.recommend import recommend_actions
from tools.actions.verdicts import ALLOWED, Proposal
from tools.outcome import Found, Refusal
from ui.dashboard.panels import ANALYSIS, Panel
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content

SHOWN = 8


def fill(reading: Reading, where: DimensionFilter) -> Content:
    """The recommendations of the chat for this issue, with the state of those that are before the reviewers."""
    filters, lacking = reading.asked.filters_for(("leaked_calls",), reading.desk)
    found = recommend_actions(reading.desk, filters=(where, *filters), limit=SHOWN)
    if not isinstance(found, Found):
        return Content("", {}, {"reason": found.reason if isinstance(found, Refusal) else ""})
    names = ("actions", "details", "together")
    panels = {
        name: Panel(name, table, found.tables, at, found.constants, lacking=tuple(lacking), trust=ANALYSIS)
        for at, (name, table) in enumerate(zip(names, found.tables, strict=False))
    }
    return Content("", panels, {"said": found.assumptions, "proposals": proposals_of(reading), "allowed": ALLOWED})


def proposals_of(reading: Reading) -> dict[str, Proposal]:
    """The proposals by title, empty for whoever sees a part of the company only."""
    if reading.principal.attributes:
        return {}
    with closing(Proposals(reading.assistant.settings.state / FILE)) as store:
        return {str(one.now["title"]): one for one in store.all()}
