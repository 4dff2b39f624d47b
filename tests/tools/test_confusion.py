"""Notices held against calls: what is counted is what the table says was counted."""

from __future__ import annotations

import duckdb

from tools.confusion import confusing_changes
from tools.desk import Desk
from tools.outcome import Found


def test_the_calls_looked_at_are_all_that_are_counted(desk: Desk, gold: duckdb.DuckDBPyConnection) -> None:
    found = confusing_changes(desk)
    assert isinstance(found, Found)
    notices = found.tables[0]
    assert notices.rows
    for row in range(len(notices.rows)):
        topics = str(notices.cell(row, "topics")).split(", ")
        plan = str(notices.cell(row, "plan"))
        counted = gold.execute(
            "SELECT SUM(is_negative) FROM gold.calls WHERE call_topic::VARCHAR IN (SELECT unnest(?)) "
            "AND (? = 'All' OR plan_type = ?) AND call_date BETWEEN ?::DATE AND ?::DATE + 6",
            [topics, plan, plan, notices.cell(row, "sent"), notices.cell(row, "sent")],
        ).fetchone()
        assert counted == (notices.cell(row, "after"),)
