"""Guarded SQL for what the semantic model cannot express. Offered to service models only."""

from __future__ import annotations

from tools.desk import Hidden
from tools.metrics import plain
from tools.outcome import Column, Found, Mendable, Outcome, Table
from warehouse.door import QueryContext
from warehouse.errors import DeniedError

_WHOLE = ("BIGINT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT", "UBIGINT", "UINTEGER")
_BROKEN = ("DOUBLE", "FLOAT", "DECIMAL")
UNVERIFIED = "Written as SQL for this question; the numbers are not governed metrics."


def run_sql(sql: str, desk: Hidden) -> Outcome:
    """Run one SELECT over the gold tables. Use it only when query_metrics cannot express the question.

    Event tables carry what the member was on the event's day (plan_type, segment, ...). For what members are
    today, count by dimensions of `gold.calls e LEFT JOIN gold.members m ON e.member_id = m.member_id`.
    """
    try:
        result = desk.door.query(
            sql, desk.principal, context=QueryContext(desk.answer_id, desk.question, desk.source)
        )
    except DeniedError as error:
        raise Mendable(error.code, error.what, error.next_step) from error
    desk.spend(result.timings_ms)
    table = Table(
        title="",
        columns=tuple(_column(c.name, c.type) for c in result.columns),
        rows=tuple(tuple(plain(cell) for cell in row) for row in result.rows),
        sql=result.sql,
        truncated=result.truncated,
        suppressed=result.suppressed,
        small_cell=desk.small_cell,
        asked=sql,
    )
    return Found((table,), "generated_sql", assumptions=(UNVERIFIED,))


def _column(name: str, type_: str) -> Column:
    """Numbers are metrics, whole ones counts; everything else is a dimension."""
    role = "metric" if type_.upper().startswith(_WHOLE + _BROKEN) else "dimension"
    unit = "count" if type_.upper().startswith(_WHOLE) else ""
    return Column(name, type_, unit, role, name.replace("_", " "))
