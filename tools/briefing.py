"""What stands out today: the costliest leaks and how the headline metrics moved. The daily scout comes later."""

from __future__ import annotations

from semantic.query import DimensionFilter, SemanticQuery
from tools.desk import Desk, Hidden
from tools.metrics import governed_table
from tools.opportunities import opportunity_tables, wider_instead
from tools.outcome import Found, Outcome, Refusal, Table
from tools.periods import last_days, period_in_words

HEADLINES = (
    "total_calls",
    "leaked_calls",
    "repeat_call_rate",
    "negative_emotion_rate",
    "self_service_success_rate",
)
NOT_YET = "The daily scan for spikes is not built yet: this lists the costliest leaks and the week's changes."


def todays_overview(desk: Hidden, filters: tuple[DimensionFilter, ...] = (), limit: int = 3) -> Outcome:
    """Give the state of the day: the journeys that leak the most money, and the headline metrics' changes."""
    found = opportunity_tables(desk, limit, 10, filters)
    if isinstance(found, Refusal):
        return found
    tables, constants = found
    headlines = [table for name in HEADLINES if (table := _headline(name, filters, desk))]
    period = last_days(desk.rules.trend_days, desk.as_of)
    said = f"Changes compare the {period_in_words(period)} with as many days before."
    wider = wider_instead(tables[1])
    return Found((*tables, *headlines), "analysis", "briefing", "", (said, *wider), (NOT_YET,), constants)


def _headline(name: str, filters: tuple[DimensionFilter, ...], desk: Desk) -> Table | None:
    if name not in desk.semantic.metrics:
        return None
    if not {entry.dimension for entry in filters} <= desk.semantic.dimensions_of(name):
        return None
    query = SemanticQuery(
        metrics=(name,),
        filters=filters,
        time=last_days(desk.rules.trend_days, desk.as_of),
        compare_to="previous_period",
    )
    table = governed_table(query, desk, desk.semantic.metrics[name].label)
    return table if isinstance(table, Table) else None
