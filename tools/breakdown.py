"""Why questions: where a number concentrates and when it moved. A breakdown, never a proven cause."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Literal

from semantic.echo import dimension_words
from semantic.query import Order, SemanticQuery, TimeRange
from tools.causes import aligned_events, event_table
from tools.desk import Desk, Hidden
from tools.drivers.explain import Drivers, find_drivers, laid_out, narrowed, segment_found, tables_made
from tools.drivers.frame import framed
from tools.drivers.gap import gap_tables
from tools.drivers.start import start_of, start_table
from tools.metrics import (
    attributed,
    governed_table,
    next_to_nothing,
    stated_assumptions,
    wider_metric,
    without_period,
)
from tools.outcome import Found, Mendable, Outcome, Refusal, Table

# One cut a slot, the first that the metric allows: where, what went wrong, through what, for whom.
SLOTS = (
    (("journey",), ("call_topic",), ("claim_type",), ("drug_name",), ("survey_type",)),
    (("error_message",), ("failure_reason",), ("claim_denial_reason",), ("rx_denied_reason",), ("call_topic",)),
    (("platform",), ("agent_team",), ("pharmacy_type",), ("call_channel",)),
    (("plan_type", "member_tenure"), ("plan_type",), ("member_tenure",)),
)
TREND_DAYS = 56
_RATE = re.compile(r"\b(?:rates?|ratio|share|shares|percent|percentage|proportion|fraction|likelihood)\b|%")
_AGAINST = re.compile(r"\b(?:than|versus|vs|compared|differ|difference|gap)\b")
MOST_CUT_ROWS = 10
WIDER_INSTEAD = "Hardly any call follows within 30 minutes here; calls within 24 hours are explained instead."
TOO_FEW_INSTEAD = (
    "No call follows within 30 minutes here, or too few to be shown; calls within 24 hours are explained instead."
)
NO_EARLIER = "The data does not reach back to an earlier period to compare with."
CAVEAT = "This is a breakdown of where it happens, not a proven cause."


def explain_breakdown(query: SemanticQuery, desk: Hidden, assumptions: tuple[str, ...] = ()) -> Outcome:
    """Explain a "why" question: the change, the values that carry most of it, and the daily course.

    `query` names the metric, filters and period in question, and the period that it is held against where that is
    not the one before. A dimension in it, with a filter that keeps several
    of its values, asks why these differ: they are set side by side, and every cut is made within each of them.
    """
    if compared := compared_dimension(query) or _held_against(query, desk):
        return _side_by_side(query, compared, desk, assumptions)
    metric = _volume_meant(query.metrics[0], desk)
    base = SemanticQuery(
        metrics=(metric,),
        filters=query.filters,
        time=query.time,
        compare_to=query.compare_to or "previous_period",
        attribution=query.attribution,
    )
    total, alone = _total(base, desk)
    if isinstance(total, Refusal):
        return total
    wider = wider_metric(metric, desk)
    if wider and next_to_nothing(total, metric):
        again = query.model_copy(update={"metrics": (wider,)})
        instead = TOO_FEW_INSTEAD if total.withholds else WIDER_INSTEAD
        return explain_breakdown(again, desk, (*assumptions, instead))
    period = total.query.time if total.query else None
    frame = framed(base.model_copy(update={"time": period}), desk)
    found = find_drivers(frame, total, desk) if frame and not alone else None
    if found:
        tables = _driven(found, desk)
    else:
        cuts = _cuts(metric, base.model_copy(update={"time": period}), desk)
        tables = [total, *cuts, *_course((metric,), base, period, desk)]
    said = stated_assumptions(base, total, desk) if query.time is None else ()
    if metric != query.metrics[0]:
        asked, counted = (desk.semantic.metrics[name].label for name in (query.metrics[0], metric))
        said = (*said, f"{asked} is explained through its count, {counted.lower()}.")
    said = (*said, *attributed(tuple(tables), desk), *alone)
    return Found(
        tuple(tables), "analysis", "drivers", assumptions=(*without_period(assumptions), *said), notes=(CAVEAT,)
    )


def _volume_meant(metric: str, desk: Desk) -> str:
    """`what is causing this leakage`: the count behind the money that it costs, unless a rate was asked for."""
    model = desk.semantic
    wanted, money = model.metrics[metric], model.metrics.get(model.defaults.money_metric)
    if wanted.unit != "rate" or money is None or _RATE.search(desk.question.lower()):
        return metric
    priced = {model.metrics[name].numerator for name in money.siblings if name in model.metrics}
    counts = (
        name
        for name, other in model.metrics.items()
        if other.additive and other.unit == "count" and other.numerator == wanted.numerator
    )
    return next(counts, metric) if wanted.numerator in priced else metric


def compared_dimension(query: SemanticQuery) -> str:
    """The dimension whose values a why question sets against each other; empty when there is none."""
    several = {item.dimension for item in query.filters if item.op == "in" and len(item.values) > 1}
    return next((name for name in query.dimensions if name in several), "")


def _held_against(query: SemanticQuery, desk: Desk) -> str:
    """The dimension of two values that the question holds against each other (`more than tenured members`)."""
    pairs = [item.dimension for item in query.filters if item.op == "in" and len(item.values) == 2]
    return pairs[0] if len(pairs) == 1 and _AGAINST.search(desk.question.lower()) else ""


def _side_by_side(query: SemanticQuery, compared: str, desk: Desk, assumptions: tuple[str, ...]) -> Outcome:
    """The metric itself by the values compared, then its largest cuts within them.

    A rate stays a rate: counts would only say which of them is larger.
    """
    metric = query.metrics[0]
    base = SemanticQuery(
        metrics=(metric,),
        dimensions=(compared,),
        filters=query.filters,
        time=query.time,
        attribution=query.attribution,
    )
    lead = governed_table(base, desk, _title(base, desk))
    if isinstance(lead, Refusal):
        return lead
    if explained := gap_tables(lead, compared, desk):
        tables = [lead, *explained]
        said = (*stated_assumptions(base, lead, desk), *attributed(tuple(tables), desk))
        return Found(
            tuple(tables),
            "analysis",
            "drivers",
            assumptions=(*without_period(assumptions), *said),
            notes=(CAVEAT,),
        )
    allowed, tables = desk.semantic.dimensions_of(metric), [lead]
    used = {compared, *(f.dimension for f in base.filters if f.op == "in" and len(f.values) == 1)}
    for slot in SLOTS:
        names = next((cut for cut in slot if allowed.issuperset(cut) and not used & set(cut)), ())
        used |= set(names)
        if names and (table := _within(base, (*names, compared), desk)):
            tables.append(table)
    said = (*stated_assumptions(base, lead, desk), *attributed(tuple(tables), desk))
    return Found(
        tuple(tables), "analysis", "drivers", assumptions=(*without_period(assumptions), *said), notes=(CAVEAT,)
    )


def _within(base: SemanticQuery, dimensions: tuple[str, ...], desk: Desk) -> Table | None:
    """One cut of the values compared, the furthest end first: at most `MOST_CUT_ROWS` rows."""
    metric = base.metrics[0]
    direction: Literal["asc", "desc"] = "asc" if desk.semantic.metrics[metric].polarity == "higher" else "desc"
    query = base.model_copy(
        update={
            "dimensions": dimensions,
            "order_by": (Order(by=metric, direction=direction),),
            "limit": MOST_CUT_ROWS,
        }
    )
    table = governed_table(query, desk, _title(query, desk))
    return table if isinstance(table, Table) and len(table.rows) > 1 else None


def _total(base: SemanticQuery, desk: Desk) -> tuple[Table | Refusal, tuple[str, ...]]:
    """The figure against the period before, or alone and saying so where the data does not reach back."""
    try:
        return governed_table(base, desk, "In total"), ()
    except Mendable as error:
        if error.code != "no_period":
            raise
    return governed_table(base.model_copy(update={"compare_to": None}), desk, "In total"), (NO_EARLIER,)


def _cuts(metric: str, base: SemanticQuery, desk: Desk) -> list[Table]:
    """The largest values of each slot's first dimension that the metric allows and the filters leave open."""
    allowed = desk.semantic.dimensions_of(metric)
    fixed = {f.dimension for f in base.filters if f.op == "in" and len(f.values) == 1}
    used: set[str] = set(fixed)
    tables = []
    for slot in (*SLOTS, *_own_slots(desk)):
        table = next((t for cut in slot if allowed.issuperset(cut) and not used & set(cut)
                      and (t := _cut(metric, cut, base, desk))), None)  # fmt: skip
        if table and table.query:
            used |= set(table.query.dimensions)
            tables.append(table)
    return tables


def _own_slots(desk: Desk) -> tuple[tuple[tuple[str, ...], ...], ...]:
    """For a model without our dimensions: its own in their order, three of them."""
    known = desk.semantic.dimensions
    if any(name in known for slot in SLOTS for cut in slot for name in cut):
        return ()
    defaults = desk.semantic.defaults
    first = [name for name in (defaults.where_dimension, defaults.problem_dimension) if name]
    names = tuple((name,) for name in dict.fromkeys((*first, *known)))
    return (names,) * 3


def _cut(metric: str, dimensions: tuple[str, ...], base: SemanticQuery, desk: Desk) -> Table | None:
    changes = {
        "dimensions": dimensions,
        "compare_to": None,
        "share_of_total": desk.semantic.metrics[metric].additive and desk.semantic.adds_up_by(metric, dimensions),
        "order_by": (
            Order(by=metric, direction="asc" if desk.semantic.metrics[metric].polarity == "higher" else "desc"),
        ),
        "limit": 5,
    }
    query = base.model_copy(update=changes)
    table = governed_table(query, desk, _title(query, desk))
    return table if isinstance(table, Table) and len(table.rows) > 1 else None


def _title(query: SemanticQuery, desk: Desk) -> str:
    return "By " + " and ".join(dimension_words(name, query, desk.semantic) for name in query.dimensions)


def _driven(found: Drivers, desk: Desk) -> list[Table]:
    """The drivers, the daily course, when it began and what is aligned with that."""
    frame = found.frame
    metrics = tuple(dict.fromkeys((frame.metric, *frame.metrics)))
    course = _course(metrics, frame.query, frame.query.time, desk)
    segment = (*frame.query.filters, *segment_found(found))
    within = _course(metrics, frame.query.model_copy(update={"filters": segment}), frame.query.time, desk)
    # The place that carries the change shows its first day best, unless too few members are there.
    starts = (start_of(frame, table) for table in (*within, *course))
    start = next((found for found in starts if found), None)
    if start is None:
        return list(laid_out(found, desk, course))
    aligned = aligned_events(desk, frame.metric, (*segment, *narrowed(frame, segment, desk)), start)
    first = tables_made(found)
    at = first + len(course)
    so_far = [*[found.total] * first, *course, start_table(start)]
    events = event_table(aligned, at, at + 1, [*so_far, found.total])
    return list(laid_out(found, desk, [*so_far[first:], events], aligned.readings))


def _course(metrics: tuple[str, ...], base: SemanticQuery, period: TimeRange | None, desk: Desk) -> list[Table]:
    """The daily course of the weeks up to the period's end."""
    end = period.end if period else desk.as_of
    start = max(desk.first_day, end - timedelta(days=TREND_DAYS - 1))
    if start >= end:
        return []
    course = base.model_copy(
        update={
            "metrics": metrics,
            "compare_to": None,
            "time_grain": "day",
            "time": TimeRange(start=start, end=end),
        }
    )
    table = governed_table(course, desk, "Day by day")
    return [table] if isinstance(table, Table) else []
