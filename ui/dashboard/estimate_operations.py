"""Cost estimates from day to day: six tabs of volume, exceptions, costs, services, providers and coverage."""

from __future__ import annotations

from dataclasses import dataclass

from tools.periods import period_in_words
from ui.dashboard.estimate_panels import WITHOUT, Block, absent, blocks_of, by_key, content, filled
from ui.dashboard.reading import Reading
from ui.dashboard.view import ROOT, Content, View

TITLE = "Cost estimates: operations"


@dataclass(frozen=True)
class Tab:
    """One tab: its word, a question to the chat that goes with it, its blocks."""

    name: str
    word: str
    question: str
    blocks: tuple[Block, ...]


TABS = tuple(
    Tab(name, tab["word"], tab["question"], blocks_of(tab["blocks"]))
    for name, tab in content()["operations"].items()
)


def fill(reading: Reading) -> Content:
    """One of the tabs. Raises LookupError for a tab that there is not."""
    wanted = reading.place.get("tab", TABS[0].name)
    tab = next((known for known in TABS if known.name == wanted), None)
    if tab is None:
        raise LookupError(wanted)
    words = {
        "tab": tab,
        "tabs": TABS,
        "tab_path": f"{VIEW.address.removeprefix(ROOT).rpartition('/')[0]}/",
        "period_words": period_in_words(reading.asked.time),
    }
    if lacking := absent(reading):
        return Content(TITLE, {}, {**words, "blocks": []}, (lacking.reason,))
    shown, problems = filled(reading, tab.blocks)
    return Content(f"{TITLE}, {tab.word.lower()}", by_key(shown), {**words, "blocks": shown}, tuple(problems))


VIEW = View(
    "estimate_operations", "/estimates/operations/{tab}", "estimate_operations.html", fill, period="30d",
    also=("/estimates/operations",), without=WITHOUT,
)  # fmt: skip
