"""Dates with the year last (10/29/2026, 29.10.2026): read where the file itself proves which number is the day.

In one column of one file, dates with the same sign between their numbers are taken to have one order. A number
above 12 shows it. That is believed when no other date shows the opposite and at least one in twenty shows it, so
that a slip of the pen cannot turn all others round. Without proof such dates stay as they are, to be quarantined:
day and month are never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from warehouse.contract import SourceTable

DAY_TYPES = ("date", "timestamp")
YEAR_LAST = r"^\s*(\d{1,2})([/.-])(\d{1,2})[/.-]\d{4}(?:\s|$)"
LEAST_PROOF = 0.05
_TIMES = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")


def mended_dates(
    con: duckdb.DuckDBPyConnection, table: SourceTable, places: Mapping[str, str], rows: str
) -> dict[str, str]:
    """For each day column of `rows` with a proven order, the SQL of its values in ISO 8601 (others unchanged).

    `places` are the SQL of the file's columns by name. The values are read once more.
    """
    columns = {c.name: places[c.name] for c in table.columns if c.type in DAY_TYPES and c.name in places}
    mended = dict(columns)
    for name, sign, order in _proven(con, columns, rows):
        formats = [f"%{order[0]}{sign}%{order[1]}{sign}%Y{time}" for time in _TIMES]
        year_last = f"CASE WHEN regexp_matches({columns[name]}, '{YEAR_LAST}') THEN trim({columns[name]}) END"
        iso = f"CAST(TRY_STRPTIME({year_last}, {formats}) AS VARCHAR)"
        mended[name] = f"COALESCE({iso}, {mended[name]})"
    return {name: sql for name, sql in mended.items() if sql != columns[name]}


def _proven(con: duckdb.DuckDBPyConnection, columns: Mapping[str, str], rows: str) -> list[tuple[str, str, str]]:
    """(column, sign, "md" or "dm") of every order that is proven."""
    if not columns:
        return []
    values = ", ".join(f"{{'name': '{name}', 'text': {sql}}}" for name, sql in columns.items())
    found = con.execute(
        f"""
        WITH cells AS (SELECT unnest([{values}], recursive := true) FROM {rows}),
        numbers AS (
            SELECT name, regexp_extract(text, '{YEAR_LAST}', ['first', 'sign', 'second']) AS part FROM cells
            WHERE regexp_matches(text, '{YEAR_LAST}')
        )
        SELECT name, part.sign, count(*), count(*) FILTER (CAST(part.first AS INTEGER) > 12),
               count(*) FILTER (CAST(part.second AS INTEGER) > 12)
        FROM numbers GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    proven = []
    for name, sign, dates, day_first, month_first in found:
        if bool(day_first) != bool(month_first) and max(day_first, month_first) >= LEAST_PROOF * dates:
            proven.append((name, sign, "dm" if day_first else "md"))
    return proven
