"""Guarded SQL for what the semantic model cannot express. Offered to service models only."""

from __future__ import annotations

from tools.desk import Hidden
from tools.metrics import plain
from tools.outcome import Column, Found, Mendable, Outcome, Table
from warehouse.door import QueryContext
from warehouse.errors import DeniedError

UNVERIFIED = "Written as SQL for this question; the numbers are not governed metrics."


def run_sql(sql: str, desk: Hidden) -> Outcome:
    """Run one SELECT over the gold tables. Use it only when query_metrics cannot express the question."""
    try:
        result = desk.door.query(
            sql, desk.principal, context=QueryContext(desk.answer_id, desk.question, desk.source)
        )
    except DeniedError as error:
        raise Mendable(error.code, error.what, error.next_step) from error
    desk.spend(result.timings_ms)
    table = Table(
        title="",
        columns=tuple(Column(c.name, c.type, "", "metric", c.name.replace("_", " ")) for c in result.columns),
        rows=tuple(tuple(plain(cell) for cell in row) for row in result.rows),
        sql=result.sql,
        truncated=result.truncated,
    )
    return Found((table,), "generated_sql", assumptions=(UNVERIFIED,))
