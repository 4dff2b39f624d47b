"""What stands out today: what the day's scan found, the costliest leaks, and how the headline metrics moved."""

from __future__ import annotations

from semantic.query import DimensionFilter, SemanticQuery
from tools.desk import Desk, Hidden
from tools.metrics import governed_table
from tools.opportunities import opportunity_tables, wider_instead
from tools.outcome import Found, Outcome, Refusal, Table
from tools.periods import last_days, period_in_words
from tools.standing import Standing, standing

HEADLINES = (
    "total_calls",
    "leaked_calls",
    "repeat_call_rate",
    "negative_emotion_rate",
    "self_service_success_rate",
)
NOT_SCANNED = "The data of this day could not be scanned for what left its expectation."


def todays_overview(desk: Hidden, filters: tuple[DimensionFilter, ...] = (), limit: int = 3) -> Outcome:
    """Give the state of the day: what left its expectation, the costliest leaks, the headline metrics' changes."""
    scanned = desk.scanned() if desk.scanned else None
    found = opportunity_tables(desk, limit, 10, filters)
    if isinstance(found, Refusal):
        alone = standing(scanned, filters, desk, 1) if scanned is not None else None
        return found if alone is None else _found([], {}, (), alone)
    tables, constants = found
    headlines = [table for name in HEADLINES if (table := _headline(name, filters, desk))]
    shown = [*tables, *headlines]
    period = last_days(desk.rules.trend_days, desk.as_of)
    said = [f"Changes compare the {period_in_words(period)} with as many days before.", *wider_instead(tables[1])]
    if scanned is None:
        return _found(shown, constants, (*said, NOT_SCANNED), None)
    place = len(shown)
    return _found(shown, constants, tuple(said), standing(scanned, filters, desk, place + 1, place))


def _found(
    tables: list[Table], constants: dict[str, float], said: tuple[str, ...], found: Standing | None
) -> Found:
    more = (found.table, *found.governed) if found else ()
    return Found((*tables, *more), "analysis", "briefing", "", said, constants=constants)


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
