"""What an issue feels like: the path that most of its calls share, and single members for whoever may see them."""

from __future__ import annotations

from datetime import timedelta

from semantic.query import DimensionFilter, TimeRange
from tools.journeys import walk_journey
from tools.outcome import Found, Mendable, Refusal
from tools.periods import period_in_words
from ui.dashboard.masked_journeys import MASK, Masked, masked
from ui.dashboard.panels import Panel
from ui.dashboard.playback import samples
from ui.dashboard.reading import Reading
from ui.dashboard.view import Content

LEAST_DAYS = 7


def fill(reading: Reading, where: DimensionFilter) -> Content:
    """The shared path step by step, how it ends, and sample journeys."""
    filters, _ = reading.asked.filters_for(("leaked_calls",), reading.desk)
    end = reading.asked.time.end
    start = min(reading.asked.time.start, max(reading.desk.first_day, end - timedelta(days=LEAST_DAYS - 1)))
    try:
        found = walk_journey(reading.desk, filters=(where, *filters), time=TimeRange(start=start, end=end))
    except Mendable as error:
        found = Refusal(error.code, error.reason)
    if not isinstance(found, Found):
        return Content("", {}, {"reason": found.reason if isinstance(found, Refusal) else ""})
    panels = {}
    steps = []
    for at, table in enumerate(found.tables):
        if table.query is None:
            continue
        panel = Panel(f"step{at}", table, found.tables, at, found.constants)
        panels[panel.key] = panel
        if table.query.dimensions:
            steps.append((table.title, panel, _leading(reading, panel, table.query.dimensions)))
    ways = _ways(reading, panels, (where, *filters), TimeRange(start=start, end=end))
    ends = [panel for panel in panels.values() if panel.table.query and not panel.table.query.dimensions]
    shown = {
        "steps": steps,
        "end": ends[0] if ends else None,
        "said": found.assumptions,
        "masked": ways,
        "mask": MASK,
        "way_words": period_in_words(TimeRange(start=start, end=end)),
        "samples": samples(reading, (where, *filters), TimeRange(start=start, end=end)),
    }
    return Content("", panels, shown)


def _ways(
    reading: Reading, panels: dict[str, Panel], filters: tuple[DimensionFilter, ...], period: TimeRange
) -> list[Masked]:
    """The masked journeys, their panel put with the others; none where none may be shown."""
    try:
        panel, ways = masked(reading, filters, period)
    except LookupError:
        return []
    panels[panel.key] = panel
    return ways


def _leading(reading: Reading, panel: Panel, dimensions: tuple[str, ...]) -> tuple[int, str]:
    """The first row with something to say, in words."""
    for row in range(len(panel.table.rows)):
        values = [str(panel.cell(row, name)) for name in dimensions]
        if not any(value.startswith(("Unknown", "No ", "None")) for value in values):
            words = values[0] if dimensions != ("step",) else values[0].replace("_", " ")
            return row, " ".join(values) if len(values) > 1 else reading.label(dimensions[0], words)
    return 0, ""
