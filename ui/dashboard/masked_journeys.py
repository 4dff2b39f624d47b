"""Sample journeys by group with the identity masked, for every reader: whole ways that enough members went alike.

A masked journey is not one member's record with the name taken off, which what happened could give away. It goes
from the step online to the mood at the end, and at least a small cell's members went exactly so: the door
shows it, or it is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from semantic.query import DimensionFilter, Order, TimeRange
from tools.outcome import Refusal
from ui.dashboard.panels import Panel
from ui.dashboard.reading import Reading

GROUP = ("plan_type", "member_tenure")
ONLINE = ("platform", "step", "error_message")
CALL = ("call_topic", "ivr_path", "agent_team", "sentiment_label")
METRICS = (
    "leaked_calls",
    "avg_leak_delay",
    "leaked_avg_handle_time",
    "leaked_avg_sentiment",
    "leaked_repeat_rate",
)
# Shorter ways, for where too few members went the whole one alike.
LENGTHS = (CALL, ("call_topic", "sentiment_label"), ("call_topic",))
MOST_WAYS, MOST_GROUPS, MOST_OF_ONE = 200, 4, 2
TITLE = "Sample journeys by group, identity masked"
MASK = "M-\u2022\u2022\u2022\u2022\u2022\u2022"
UNSAYING = ("Unknown", "No ", "None")

Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Masked:
    """One way that enough members of a group went alike: its row in the panel, and what it says in words."""

    group: tuple[str, ...]
    row: int
    online: Facts
    call: Facts


def masked(
    reading: Reading, filters: tuple[DimensionFilter, ...], period: TimeRange
) -> tuple[Panel, list[Masked]]:
    """The commonest ways of the groups with the most calls. Raises LookupError when none may be shown."""
    allowed = set(reading.desk.semantic.dimensions_of(METRICS[0]))
    for length in LENGTHS:
        names = tuple(name for name in (*GROUP, *ONLINE, *length) if name in allowed)
        panel = reading.panel("masked", TITLE, METRICS, dimensions=names, filters=filters, time=period,
                              order_by=(Order(by=METRICS[0]),), limit=MOST_WAYS)  # fmt: skip
        if isinstance(panel, Refusal):
            continue
        if found := _chosen(reading, panel):
            return panel, found
    raise LookupError("masked")


def _chosen(reading: Reading, panel: Panel) -> list[Masked]:
    """The first ways of the first groups; one whose number of calls is not shown is left out whole."""
    ways = [_way(reading, panel, row) for row in range(len(panel.table.rows)) if _is_shown(panel, row)]
    order = list(dict.fromkeys(way.group for way in ways))[:MOST_GROUPS]
    most = MOST_OF_ONE if len(order) > 1 else MOST_OF_ONE * 2
    kept = sorted((way for way in ways if way.group in order), key=lambda way: order.index(way.group))
    return [way for _, of in groupby(kept, key=lambda way: way.group) for way in list(of)[:most]]


def _is_shown(panel: Panel, row: int) -> bool:
    return bool(panel.number(row, METRICS[0])) and not panel.table.hides(row, METRICS[0])


def _way(reading: Reading, panel: Panel, row: int) -> Masked:
    group = tuple(str(panel.cell(row, name)) for name in GROUP if panel.has(name))
    return Masked(group, row, tuple(_facts(reading, panel, row, ONLINE)), tuple(_facts(reading, panel, row, CALL)))


def _facts(reading: Reading, panel: Panel, row: int, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Name and value in words of what the row says at these steps."""
    for name in names:
        value = panel.cell(row, name) if panel.has(name) else None
        if value is None or str(value).startswith(UNSAYING):
            continue
        words = str(value).replace(">", " \u2192 ") if name == "ivr_path" else reading.label(name, value)
        yield panel.column(name).label or name, words[:1].upper() + words[1:].replace("_", " ")
