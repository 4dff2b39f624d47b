"""What fewer calls after a failure may do to NPS: an estimate from answers after a call and online."""

from __future__ import annotations

from sqlglot import exp

from semantic.query import DimensionFilter, SemanticQuery, TimeRange
from tools.desk import Desk
from tools.metrics import governed_table
from tools.outcome import Mendable, Table
from tools.periods import last_days, period_in_words
from warehouse.door import QueryContext
from warehouse.errors import DeniedError

NEEDED = ("nps", "survey_responses", "total_calls")
AFTER_CALL, AFTER_ONLINE = "post_call", "post_digital"
LEAST_ANSWERS = 30


def nps_tables(
    desk: Desk, journey: str, filters: tuple[DimensionFilter, ...], day: TimeRange
) -> tuple[Table, Table, Table] | None:
    """NPS after a call on the journey's topic, NPS after using digital, and the topic's calls of the day.

    None where the model or the data has no such answers, or fewer than 30 on either side.
    """
    topic = topic_of(desk, journey) if set(NEEDED) <= desk.semantic.metrics.keys() else ""
    known = desk.values.values("survey_type")
    if not topic or AFTER_CALL not in known or AFTER_ONLINE not in known:
        return None
    period = last_days(desk.questions.default_window_days, desk.as_of)
    of_topic = DimensionFilter(dimension="call_topic", values=(topic,))
    found = [
        _answers(desk, (_of_type(AFTER_CALL), of_topic), filters, period, "NPS after a call on the topic"),
        _answers(desk, (_of_type(AFTER_ONLINE),), filters, period, "NPS after using digital"),
        _table(desk, ("total_calls",), (of_topic,), filters, day, "Calls on the topic"),
    ]
    after_call, online, calls = found
    if after_call is None or online is None or calls is None or not calls.cell(0, "total_calls"):
        return None
    return after_call, online, calls


def basis(desk: Desk) -> str:
    """The sentence on what the estimate rests on."""
    period = period_in_words(last_days(desk.questions.default_window_days, desk.as_of))
    return (
        "NPS: members who need not call are taken to answer as members do after using digital, and not as after "
        f"a call on the topic, both in the {period}; an estimate, not a measured effect."
    )


def topic_of(desk: Desk, journey: str) -> str:
    """The call topic that a journey's failures lead to; empty when the reader or the warehouse has none."""
    sql = exp.select("journey", "call_topic").from_("gold.top_opportunities").sql(dialect="duckdb")
    try:
        result = desk.door.query(
            sql, desk.principal, context=QueryContext(desk.answer_id, desk.question, desk.source)
        )
    except DeniedError:
        return ""
    desk.spend(result.timings_ms)
    return next((str(topic) for name, topic in result.rows if name == journey), "")


def _of_type(kind: str) -> DimensionFilter:
    return DimensionFilter(dimension="survey_type", values=(kind,))


def _answers(
    desk: Desk,
    own: tuple[DimensionFilter, ...],
    filters: tuple[DimensionFilter, ...],
    period: TimeRange,
    title: str,
) -> Table | None:
    table = _table(desk, ("nps", "survey_responses"), own, filters, period, title)
    if table is None:
        return None
    count = table.cell(0, "survey_responses")
    enough = isinstance(count, int | float) and count >= LEAST_ANSWERS and table.cell(0, "nps") is not None
    return table if enough else None


def _table(
    desk: Desk,
    metrics: tuple[str, ...],
    own: tuple[DimensionFilter, ...],
    filters: tuple[DimensionFilter, ...],
    period: TimeRange,
    title: str,
) -> Table | None:
    """The metrics for the members that the filters mean, without filters that surveys or calls do not know."""
    known = set.intersection(*(set(desk.semantic.dimensions_of(name)) for name in metrics))
    where = desk.semantic.defaults.where_dimension
    taken = {entry.dimension for entry in own} | {where}
    kept = tuple(entry for entry in filters if entry.dimension in known and entry.dimension not in taken)
    try:
        table = governed_table(SemanticQuery(metrics=metrics, filters=(*own, *kept), time=period), desk, title)
    except Mendable:
        return None
    return table if isinstance(table, Table) and table.rows else None
