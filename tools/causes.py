"""What happened around the start of a change: communications, fixes and calendar days, as far as they fit it.

Dated events are read through the door with the reader's rights (`causes.yml` says where) and scored by
`tools.alignment`. What is found is aligned with the change, never proven to have caused it, and may be nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from semantic.query import DimensionFilter, SemanticQuery
from semantic.values import is_title
from tools.alignment import (
    CALENDAR,
    EVERYBODY,
    GENERAL,
    Alignment,
    Areas,
    Event,
    Segment,
    align,
    rules,
    weights_of,
)
from tools.desk import Desk
from tools.drivers.layout import computed_at
from tools.drivers.start import BEGAN
from tools.metrics import governed_table, plain
from tools.outcome import Column, Mendable, Refusal, Table
from tools.scout.incident import Start
from warehouse.door import QueryContext
from warehouse.errors import DeniedError, UsageError

PLAN, TOPIC = "plan_type", "call_topic"
REGIONS = ("state", "county")  # whose values a text may name
MOST_OF_IT, NEARLY_ALL = 0.6, 0.85
KIND, DAYS_BEFORE = "event", "days_before"
ALIGNED, NO_CAUSE = "Aligned with its start, not proven", "No known cause"
METHOD = (
    "Recorded communications, fixes that went live and opening days around the start, weighed by date, people and "
    "subject against lying there by chance."
)


def aligned_events(
    desk: Desk, metric: str, filters: Iterable[DimensionFilter], start: Start | Mapping[date, float]
) -> Alignment:
    """The recorded events around the start of a change of a metric within filters, as this reader may see them.

    `start` is the set of days on which it may have begun, or their weights. A source that the reader may not read,
    or that the warehouse does not have, counts as empty.
    """
    days = weights_of(start)
    first, last = min(days) - timedelta(days=rules()["days_before"]), max(days) + timedelta(days=1)
    readings, events = events_between(desk, first, last)
    events += calendar_events(desk, min(days), max(days))
    found = align(events, segment_of(metric, tuple(filters), desk, Areas(words_of(desk))), days)
    return replace(found, readings=readings)


def events_between(desk: Desk, first: date, last: date) -> tuple[tuple[Table, ...], list[Event]]:
    """The recorded events of some days, with the governed tables that were read for them."""
    words, readings = Areas(words_of(desk)), read_events(desk, first, last)
    plans = desk.values.values(PLAN) if PLAN in desk.semantic.dimensions else ()
    events = [event for kind, table in readings.items() for event in _events(kind, table, words, plans)]
    return tuple(table for table in readings.values() if table.rows), events


def segment_of(metric: str, filters: Sequence[DimensionFilter], desk: Desk, words: Areas) -> Segment:
    """The segment of filters on a metric, in the words of this company.

    What it is about is read off its values, then off the metric's name, then off the place where most of it is.
    """
    given = [entry for entry in filters if entry.op == "in"]
    plan_said = any(entry.dimension == PLAN for entry in given)
    kept = given if plan_said else [*given, *_plan_of(metric, given, desk)]
    within = rules()["plans"]
    plans = {
        plan
        for entry in kept
        for value in entry.values
        for plan in ([value] if entry.dimension == PLAN else within.get(entry.dimension, {}).get(value, []))
    }
    about = [entry for entry in kept if entry.dimension not in (PLAN, *within)]
    areas = frozenset(area for entry in about for value in entry.values for area in words.read(value))
    label = desk.semantic.metrics[metric].label if metric in desk.semantic.metrics else ""
    areas = areas or words.read(label) or _place(metric, about, desk, words) or GENERAL
    named = {value for entry in kept if entry.dimension in REGIONS for value in entry.values}
    others = {value for name in REGIONS for value in desk.values.values(name)} - named
    return Segment(frozenset(plans), areas, frozenset(named), frozenset(others), limited=bool(given))


def words_of(desk: Desk) -> dict[str, str]:
    """The words for the places and topics of a model, and the values that they mean."""
    return {phrase: value for name in _places(desk) for phrase, value in desk.values.synonyms(name).items()}


def _places(desk: Desk) -> list[str]:
    names = (desk.semantic.defaults.where_dimension, TOPIC)
    return [name for name in dict.fromkeys(names) if name in desk.semantic.dimensions]


def _place(metric: str, about: Sequence[DimensionFilter], desk: Desk, words: Areas) -> frozenset[str]:
    """The areas of the place or topic that holds most of what something else names, such as an error."""
    allowed = _divisible(metric, desk)
    where = next((name for name in _places(desk) if name in allowed), "")
    most = _most(metric, where, about, desk) if where else ""
    return words.read(most) if most else frozenset()


def _plan_of(metric: str, about: Sequence[DimensionFilter], desk: Desk) -> list[DimensionFilter]:
    """The plan that nearly all of what something else names belongs to: an error that only one plan gets."""
    most = _most(metric, PLAN, about, desk, NEARLY_ALL) if PLAN in _divisible(metric, desk) else ""
    return [DimensionFilter(dimension=PLAN, values=(most,))] if most else []


def _divisible(metric: str, desk: Desk) -> frozenset[str]:
    known = desk.semantic.metrics.get(metric)
    return desk.semantic.dimensions_of(metric) if known and known.additive else frozenset()


def _most(
    metric: str, dimension: str, about: Sequence[DimensionFilter], desk: Desk, least: float = MOST_OF_IT
) -> str:
    """The value that holds most of what the filters on a problem name; empty when none does, or none is named."""
    problems = {desk.semantic.defaults.problem_dimension, "error_code", "error_message", "step"}
    named = tuple(entry for entry in about if entry.dimension in problems)
    if not named:
        return ""
    query = SemanticQuery(metrics=(metric,), dimensions=(dimension,), filters=named, share_of_total=True, limit=1)
    try:
        table = governed_table(query, desk)
    except Mendable:
        return ""
    if isinstance(table, Refusal) or not table.rows:
        return ""
    share = table.cell(0, f"{metric}__share")
    return str(table.cell(0, dimension)) if isinstance(share, int | float) and share >= least else ""


def read_events(desk: Desk, first: date, last: date) -> dict[str, Table]:
    """The sources of dated events between two days, through the door. What cannot be read is left out."""
    found = {}
    for kind, reading in rules()["readings"].items():
        sql = reading["sql"].format(first=first.isoformat(), last=last.isoformat())
        try:
            result = desk.door.query(
                sql, desk.principal, context=QueryContext(desk.answer_id, desk.question, desk.source)
            )
        except (DeniedError, UsageError):
            continue
        desk.spend(result.timings_ms)
        found[kind] = Table(
            title=reading["title"],
            columns=tuple(
                Column(c.name, c.type, "", "time" if c.name == reading["day"] else "dimension", _label(c.name))
                for c in result.columns
            ),
            rows=tuple(tuple(plain(cell) for cell in row) for row in result.rows),
            sql=result.sql,
            asked=sql,
        )
    return found


def calendar_events(desk: Desk, first: date, last: date) -> list[Event]:
    """Opening days around the start: of the periods that the semantic model names, and the insurer's own year."""
    known = {event.name: event.start for event in desk.semantic.events}
    ours = rules()["calendar"]
    names = {**known, **{name: _month_day(entry["start"]) for name, entry in ours.items() if ours.keys() & known}}
    found = []
    for name, (month, day) in {**names, **known}.items():
        entry = ours.get(name, {"name": f"{name} opens", "plan": EVERYBODY, "areas": []})
        for year in sorted({first.year, last.year}):
            opens = date(year, month, day)
            if first - timedelta(days=rules()["days_before"]) <= opens <= last + timedelta(days=1):
                areas, weight = frozenset(entry["areas"]), float(rules()["calendar_weight"])
                event = Event(
                    f"{name}-{year}", CALENDAR, opens, entry["name"], entry["plan"], areas=areas, weight=weight
                )
                found.append(event)
    return found


def _month_day(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return int(month), int(day)


def event_table(found: Alignment, start: int, made: int, tables: Sequence[Table]) -> Table:
    """The events that may be named, as part `made` of an answer whose part `start` says when the change began."""
    rows = [
        (event.kind.capitalize(), event.name, event.topic, event.plan, event.day.isoformat(), one.fit)
        for one in found.named
        if (event := one.event)
    ]
    columns = (
        Column(KIND, "VARCHAR", "", "dimension", "Event"),
        Column("name", "VARCHAR", "", "dimension", "Name"),
        Column("topic", "VARCHAR", "", "dimension", "About"),
        Column("plan", "VARCHAR", "", "dimension", "Plan"),
        Column("day", "DATE", "", "time", "Day"),
        Column("fit", "VARCHAR", "", "dimension", "Fit"),
        Column(DAYS_BEFORE, "BIGINT", "count", "derived", "Days before the start"),
    )
    formulas = {DAYS_BEFORE: f"sub(day:{start}:0:{BEGAN}, day:{made}:{{row}}:day)"}
    empty = Table(ALIGNED if rows else NO_CAUSE, columns, (), interpretation=METHOD, formulas=formulas)
    return computed_at(empty, rows, made, tables)


def _events(kind: str, table: Table, words: Areas, plans: Sequence[str]) -> list[Event]:
    reading = rules()["readings"][kind]
    found = []
    for row in range(len(table.rows)):
        texts = [str(table.cell(row, name) or "") for name in reading["texts"]]
        areas = next((areas for text in texts if (areas := words.read(text))), frozenset())
        plan = str(table.cell(row, reading["plan"]) or EVERYBODY) if reading["plan"] else EVERYBODY
        found.append(
            Event(
                id=str(table.cell(row, reading["id"])),
                kind=kind,
                day=date.fromisoformat(str(table.cell(row, reading["day"]))[:10]),
                name=_title(str(table.cell(row, reading["name"]) or texts[0]), kind, plans),
                plan=plan,
                topic=texts[0] if is_title(texts[0]) else "",
                areas=areas,
            )
        )
    return found


def _title(text: str, kind: str, plans: Sequence[str]) -> str:
    """What an event is called (`HMO: plain statement`); one whose text is no plain title is told by its kind."""
    plan, _, rest = text.partition(": ")
    plain = is_title(rest if plan in plans else text)
    return text if plain else f"{kind.capitalize()} without a plain title"


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()
