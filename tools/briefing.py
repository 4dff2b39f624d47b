"""What stands out today: what the day's scan found, the costliest leaks, and how the headline metrics moved."""

from __future__ import annotations

from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from tools.changes import changed_since, since_of
from tools.desk import Desk, Hidden
from tools.metrics import governed_table
from tools.opportunities import opportunity_tables, wider_instead
from tools.outcome import Found, Outcome, Refusal, Table
from tools.periods import last_days, period_in_words
from tools.scout.incident import Incident
from tools.standing import Standing, standing

HEADLINES = (
    "total_calls",
    "leaked_calls",
    "repeat_call_rate",
    "negative_emotion_rate",
    "self_service_success_rate",
)
NOT_KEPT = "No briefing of {day} is kept, so what has been resolved since then cannot be told."
NOT_SCANNED = "The data of this day could not be scanned for what left its expectation."


def todays_overview(
    desk: Hidden, filters: tuple[DimensionFilter, ...] = (), limit: int = 3, time: TimeRange | None = None
) -> Outcome:
    """Give the state of the day: what left its expectation, the costliest leaks, the headline metrics' changes.

    With a `time` (what changed since last week) give what is new, goes on, improves or is resolved since then.
    """
    scanned = desk.scanned() if desk.scanned else None
    if time is not None and scanned is not None and desk.first_day < time.end and time.start < desk.as_of:
        return _changed(scanned, time, filters, desk)
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


def _changed(
    scanned: tuple[Incident, ...], time: TimeRange, filters: tuple[DimensionFilter, ...], desk: Desk
) -> Outcome:
    since = since_of(time, desk.as_of)
    earlier = desk.scanned_on(since) if desk.scanned_on else None
    found = changed_since(since, scanned, earlier, filters, desk)
    headlines = [table for name in HEADLINES if (table := _headline(name, filters, desk))]
    said = [f"Compared with {since.isoformat()}, each figure with as many days before."]
    said += [] if earlier is not None else [NOT_KEPT.format(day=since.isoformat())]
    tables = (found.table, *found.governed, *headlines)
    return Found(tables, "analysis", "briefing", "", tuple(said), follow_ups=("What is breaking right now?",))


def _found(
    tables: list[Table], constants: dict[str, float], said: tuple[str, ...], found: Standing | None
) -> Found:
    more = (found.table, *found.governed) if found else ()
    notes = (*said, *found.said) if found else said
    return Found((*tables, *more), "analysis", "briefing", "", notes, constants=constants)


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
