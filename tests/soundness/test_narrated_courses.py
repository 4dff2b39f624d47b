"""Wrong words found once: a course over many groups was told up to wherever the summary's first rows ended."""

from __future__ import annotations

from agents.summaries import seen_by_model, telling_rows
from tools.outcome import Column, Found, Table


def test_a_long_course_is_told_to_its_end() -> None:
    columns = (
        Column("month", "date", "", "time"),
        Column("topic", "text", "", "dimension"),
        Column("n", "int", "count"),
    )
    rows = tuple(
        (f"2024-{month:02}-01", f"topic {topic}", month * 10) for month in range(1, 13) for topic in range(10)
    )
    table = Table("", columns, rows)
    told = {rows[index][0] for index in telling_rows(table)}
    assert {"2024-01-01", "2024-02-01", "2024-11-01", "2024-12-01"} <= told
    assert len(telling_rows(table)) < len(rows)
    summary = seen_by_model(Found((table,), "governed_metric"))
    assert summary["tables"][0]["row_count"] == len(rows)
