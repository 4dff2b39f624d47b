"""The briefing of the day as a part of the overview; it is loaded after the page, which does not wait for it."""

from __future__ import annotations

from contextlib import closing

from agents.briefing.causes import cause_of
from agents.briefing.daily import STORE
from agents.briefing.reading import briefing_for
from agents.briefing.store import BriefingStore
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content, View
from warehouse.errors import CommandCenterError

MOST = 3
QUESTION = "What's breaking right now?"


def fill(reading: Reading) -> Content:
    """Title, headline and the first items of the latest briefing, as this reader may see it."""
    try:
        with closing(BriefingStore(reading.assistant.settings.state / STORE)) as store:
            found = briefing_for(reading.assistant, store, reading.principal, cause_of=cause_of)
    except CommandCenterError as error:
        return Content("Briefing of the day", {}, {"briefing": None, "reason": error.what, "question": QUESTION})
    return Content(
        "Briefing of the day", {}, {"briefing": found, "reason": "", "most": MOST, "question": QUESTION}
    )


VIEW = View("briefing", "/briefing", "briefing_part.html", fill, filters=False, kept=False)
