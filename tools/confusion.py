"""What seems to confuse members: notices of benefit and cost changes, and the calls that followed them.

Confusion is not recorded as such. Each notice of a benefit or cost change is held against the negative calls of
its own people about its own topics, in the week from its sending and the week before. That lines the two up in
time; it does not prove that one led to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from tools.alignment import CALENDAR, EVERYBODY, Areas, Event, rules
from tools.causes import PLAN, TOPIC, events_between, words_of
from tools.desk import Desk, Hidden
from tools.drivers.layout import computed_at
from tools.metrics import governed_table, stated_assumptions
from tools.outcome import Column, Found, Mendable, Outcome, PlainCell, Refusal, Table
from tools.periods import last_days

METRICS = ("negative_calls", "total_calls", "negative_emotion_rate")
WEEK, LOOKED_BACK, TREND = 7, 45, 14
LEAST_DAYS = 3  # of data from the day of a notice on, else nothing has followed yet
MOST_NOTICES = 8
NOTICE, AFTER, BEFORE, CHANGE = "notice", "after", "before", "change"
RATE_AFTER, RATE_BEFORE = "rate_after", "rate_before"
CAVEAT = (
    "Confusion is not recorded as such: shown are calls with negative emotion after a notice and before it. That "
    "they rise after it proves nothing."
)
NEXT = ("Why did negative calls go up?", "Negative emotion rate by call topic", "What is breaking right now?")
NO_TOPICS = "Calls with their topics and emotion are not known here, so nothing can be held against notices."
NO_NOTICES = "No notice of a benefit or cost change is recorded in the {days} days looked at."


@dataclass(frozen=True)
class _Told:
    """A notice with the governed cells of its people and topics, after it and before."""

    event: Event
    topics: tuple[str, ...]
    cells: Table


def confusing_changes(
    desk: Hidden,
    filters: tuple[DimensionFilter, ...] = (),
    time: TimeRange | None = None,
    assumptions: tuple[str, ...] = (),
) -> Outcome:
    """Say which recorded notices of benefit or cost changes were followed by more calls with negative emotion.

    `filters` narrow the calls, `time` the days of the notices (the last 45 unless said otherwise).
    """
    model = desk.semantic
    if not set(METRICS) <= model.metrics.keys() or TOPIC not in model.dimensions_of(METRICS[0]):
        return Refusal("not_modelled", NO_TOPICS)
    lead = _topics(filters, desk)
    if isinstance(lead, Refusal):
        return lead
    before = (lead, *_messages(filters, desk))
    tables, missing = with_notices(before, filters, desk, time, leading=True)
    said = [*assumptions, *missing, *(stated_assumptions(lead.query, lead, desk) if lead.query else ())]
    return Found(tables, "analysis", "confusion", assumptions=tuple(said), notes=(CAVEAT,), follow_ups=NEXT)


def with_notices(
    others: tuple[Table, ...],
    filters: tuple[DimensionFilter, ...],
    desk: Desk,
    time: TimeRange | None = None,
    *,
    leading: bool = False,
) -> tuple[tuple[Table, ...], tuple[str, ...]]:
    """The other tables of an answer with that of the notices, and the governed cells behind each; what is missing.

    `time` are the days of the notices, the last 45 unless said otherwise. They stand first when `leading`.
    """
    period = time or last_days(LOOKED_BACK, desk.as_of)
    words = Areas(words_of(desk))
    readings, events = events_between(desk, period.start, period.end)
    notices = [event for event in events if _may_confuse(event, desk)]
    told = [found for event in notices if (found := _told(event, filters, words, desk))]
    told.sort(key=lambda found: (-_rise(found.cells), found.event.day, found.event.id))
    told = told[:MOST_NOTICES]
    made = 0 if leading else len(others)
    tables = [*others, *(found.cells for found in told), *readings]
    tables.insert(made, others[0])  # holds its place until the cells that it is made of stand in theirs
    tables[made] = _table(told, made, len(others) + 1, tables)
    return tuple(tables), () if told else (NO_NOTICES.format(days=(period.end - period.start).days + 1),)


def _topics(filters: tuple[DimensionFilter, ...], desk: Desk) -> Table | Refusal:
    metrics = tuple(name for name in METRICS if name in desk.semantic.metrics)
    query = SemanticQuery(
        metrics=metrics,
        dimensions=(TOPIC,),
        filters=filters,
        time=last_days(TREND, desk.as_of),
        compare_to="previous_period",
    )
    return governed_table(query, desk, "Topics, against as many days before")


def _may_confuse(event: Event, desk: Desk) -> bool:
    """Whether it tells of benefits, costs or cover, and early enough that something can have followed."""
    about = set(rules()["confusing"])
    late = event.day > desk.as_of - timedelta(days=LEAST_DAYS - 1)
    return event.kind != CALENDAR and event.kind != "fix" and bool(event.areas & about) and not late


def _told(event: Event, filters: tuple[DimensionFilter, ...], words: Areas, desk: Desk) -> _Told | None:
    """The calls of a notice's people about its topics, in the days from its sending against as many before."""
    topics = tuple(value for value in desk.values.values(TOPIC) if words.read(value) & _reach(event))
    own = [DimensionFilter(dimension=TOPIC, values=topics)] if topics else []
    if event.plan not in (EVERYBODY, ""):
        own.append(DimensionFilter(dimension=PLAN, values=(event.plan,)))
    fixed = {entry.dimension for entry in filters}
    if not topics or (event.plan not in (EVERYBODY, "") and _excludes(filters, event.plan)):
        return None
    end = min(event.day + timedelta(days=WEEK - 1), desk.as_of)
    query = SemanticQuery(
        metrics=METRICS,
        filters=(*filters, *(entry for entry in own if entry.dimension not in fixed)),
        time=TimeRange(start=event.day, end=end),
        compare_to="previous_period",
    )
    try:
        table = governed_table(query, desk, f"After: {event.name}")
    except Mendable:
        return None
    if not isinstance(table, Table) or not table.rows or table.suppressed:
        return None
    return _Told(event, topics, table)


def _reach(event: Event) -> set[str]:
    """The areas that a notice speaks of and those that it touches."""
    return set(event.areas) | {area for own in event.areas for area in rules()["touches"].get(own, ())}


def _excludes(filters: Sequence[DimensionFilter], plan: str) -> bool:
    return any(f.dimension == PLAN and (plan in f.values) == (f.op == "not_in") for f in filters)


def _rise(cells: Table) -> float:
    change = cells.cell(0, f"{METRICS[0]}__change")
    return float(change) if isinstance(change, int | float) else 0.0


def _messages(filters: tuple[DimensionFilter, ...], desk: Desk) -> list[Table]:
    """The messages that members saw before they called, by how much they rose."""
    problem, metric = "error_message", "leaked_calls"
    if metric not in desk.semantic.metrics or problem not in desk.semantic.dimensions_of(metric):
        return []
    if any(entry.dimension not in desk.semantic.dimensions_of(metric) for entry in filters):
        return []
    query = SemanticQuery(
        metrics=(metric,), dimensions=(problem,), filters=filters, time=last_days(TREND, desk.as_of),
        compare_to="previous_period", limit=5,
    )  # fmt: skip
    try:
        table = governed_table(query, desk, "What members saw before they called")
    except Mendable:
        return []
    return [table] if isinstance(table, Table) and table.rows else []


def _table(told: Sequence[_Told], made: int, first: int, tables: Sequence[Table]) -> Table:
    """Part `made`: the notices by how much negative calls rose after them; their cells are parts `first` on."""
    keys: list[tuple[PlainCell, ...]] = [
        (event.name, event.topic, event.plan, ", ".join(found.topics), event.day.isoformat())
        for found in told
        if (event := found.event)
    ]
    cells = {
        AFTER: METRICS[0], BEFORE: f"{METRICS[0]}__previous", CHANGE: f"{METRICS[0]}__change_pct",
        RATE_AFTER: METRICS[2], RATE_BEFORE: f"{METRICS[2]}__previous",
    }  # fmt: skip
    formulas = {name: f"cell:{first}:0:{cell}" for name, cell in cells.items()}
    formulas |= {
        f"{name}[{row}]": f"cell:{first + row}:0:{cell}"
        for name, cell in cells.items()
        for row in range(len(told))
    }
    columns = (
        Column(NOTICE, "VARCHAR", "", "dimension", "Notice"),
        Column("topic", "VARCHAR", "", "dimension", "About"),
        Column("plan", "VARCHAR", "", "dimension", "Plan"),
        Column("topics", "VARCHAR", "", "dimension", "Calls looked at"),
        Column("sent", "DATE", "", "time", "Sent"),
        Column(AFTER, "BIGINT", "count", "metric", "Negative calls, week from it"),
        Column(BEFORE, "BIGINT", "count", "derived", "Negative calls, week before"),
        Column(CHANGE, "DOUBLE", "rate", "derived", "Change"),
        Column(RATE_AFTER, "DOUBLE", "rate", "derived", "Negative emotion, week from it"),
        Column(RATE_BEFORE, "DOUBLE", "rate", "derived", "Negative emotion, week before"),
    )
    empty = Table("Notices and the calls after them", columns, (), interpretation=CAVEAT, formulas=formulas)
    return computed_at(empty, keys, made, tables)
