"""Writes the accepted rows of a partition: rows of earlier builds with their present fates, and the new ones.

Works on the relations of `warehouse.acceptance`. Each written part also says why its rows without a version in
silver are where they are (`bronze.quarantine`) and how many rows of each file have which fate
(`bronze.row_fates`).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb

from warehouse.acceptance import FATES, day_of, event_tables, raw_row, reference_tables
from warehouse.contract import Contract, SourceTable
from warehouse.ingest import QUARANTINE_COLUMNS
from warehouse.layout import Change, Partition

WINDOWED = ("call_center", "digital_interactions")
_NEW = "n._fault IS NULL"


def revive(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Treat waiting events of members who became known as new rows: from `base` into `work.typed`."""
    for table in event_tables(contract):
        columns = ", ".join(f'b."{column.name}"' for column in table.columns)
        con.execute(
            f"INSERT INTO work.typed.{table.name} BY NAME SELECT {columns}, k.member_key, b._source_file, "
            f"b._row_number, b._file_no, b._key, NULL AS _fault FROM base.{table.name} AS b "
            "JOIN build.member_keys AS k ON k.member_id = b.member_id WHERE b._fate = 'unknown_member'"
        )
        con.execute(
            f"INSERT INTO work.revived.{table.name} SELECT n._file_no, n._row_number "
            f"FROM work.typed.{table.name} AS n SEMI JOIN base.{table.name} AS b "
            "ON b._file_no = n._file_no AND b._row_number = n._row_number"
        )


def new_days(con: duckdb.DuckDBPyConnection, contract: Contract) -> dict[date, int]:
    """Rows per day among the new rows, of all tables of events."""
    days: dict[date, int] = {}
    for table in event_tables(contract):
        for day, rows in con.execute(
            f"SELECT {day_of(table, 'n.')}, count(*) FROM work.typed.{table.name} AS n WHERE {_NEW} GROUP BY 1"
        ).fetchall():
            days[day] = days.get(day, 0) + rows
    return days


def days_with_other_fates(con: duckdb.DuckDBPyConnection, contract: Contract) -> set[date]:
    """The days of earlier rows whose fate changed."""
    return {
        day
        for table in event_tables(contract)
        for (day,) in con.execute(
            f"SELECT DISTINCT day FROM work.fates.{table.name} WHERE old_fate <> fate"
        ).fetchall()
    }


def changes(con: duckdb.DuckDBPyConnection, contract: Contract) -> list[Change]:
    """When calls or interactions came or went: per day the first and the last instant."""
    found = []
    for name in WINDOWED:
        at = contract[name].latest_by
        for first, last in con.execute(f"""
            SELECT min(moment), max(moment) FROM (
                SELECT n."{at}" AS moment FROM work.typed.{name} AS n
                WHERE {_NEW} AND n.member_key IS NOT NULL
                UNION ALL
                SELECT moment FROM work.fates.{name} WHERE old_fate <> fate
            ) GROUP BY CAST(moment AS DATE)
        """).fetchall():
            found.append(Change(name, first, last))
    return found


def days_of_related_surveys(con: duckdb.DuckDBPyConnection) -> set[date]:
    """The days of earlier surveys about a call that came, went or changed."""
    rows = con.execute("""
        SELECT DISTINCT CAST(s.survey_date AS DATE) FROM base.surveys AS s
        SEMI JOIN (
            SELECT call_id AS id FROM work.typed.call_center WHERE _fault IS NULL AND member_key IS NOT NULL
            UNION ALL
            SELECT id FROM work.fates.call_center WHERE old_fate <> fate
        ) AS c ON c.id = s.related_call_id
    """).fetchall()
    return {day for (day,) in rows}


def write_rows(con: duckdb.DuckDBPyConnection, contract: Contract, partition: Partition, alias: str) -> None:
    """Fill the `accepted` part of a partition."""
    create_accounts(con, alias)
    for table in event_tables(contract):
        con.execute(_rows_sql(table, partition, alias))
        account_for(con, table, alias)


def _rows_sql(table: SourceTable, partition: Partition, alias: str) -> str:
    columns = ", ".join(f'"{c.name}"' for c in table.columns)
    columns = f"{columns}, member_key, _source_file, _row_number, _file_no, _key"
    fate = "CASE WHEN n.member_key IS NULL THEN 'unknown_member' ELSE coalesce(f.fate, 'kept') END"
    same = "f._file_no = {0}._file_no AND f._row_number = {0}._row_number"
    at = f'"{table.latest_by}"'
    return f"""
        CREATE TABLE {alias}.rows.{table.name} AS
        SELECT {columns}, CAST(_fate AS {FATES}) AS _fate FROM (
            SELECT n.* EXCLUDE (_fault), {fate} AS _fate
            FROM work.typed.{table.name} AS n LEFT JOIN work.fates.{table.name} AS f ON {same.format("n")}
            WHERE {_NEW} AND {partition.condition(day_of(table, "n."))}
            UNION ALL BY NAME
            SELECT b.* EXCLUDE (_fate), coalesce(f.fate, CAST(b._fate AS VARCHAR)) AS _fate
            FROM base.{table.name} AS b LEFT JOIN work.fates.{table.name} AS f ON {same.format("b")}
            ANTI JOIN work.revived.{table.name} AS v ON v._file_no = b._file_no AND v._row_number = b._row_number
            WHERE {partition.condition(day_of(table, "b."))}
        )
        ORDER BY {at}, "{table.key}"
    """


def create_accounts(con: duckdb.DuckDBPyConnection, alias: str) -> None:
    """The empty quarantine and counts of an `accepted` part."""
    con.execute(f"CREATE TABLE {alias}.bronze.quarantine ({QUARANTINE_COLUMNS})")
    con.execute(
        f"CREATE TABLE {alias}.bronze.row_fates "
        "(source_table VARCHAR, _file_no INTEGER, fate VARCHAR, row_count BIGINT)"
    )


def account_for_reference(con: duckdb.DuckDBPyConnection, contract: Contract, alias: str) -> None:
    """Fill quarantine and counts of the small tables' part."""
    create_accounts(con, alias)
    for table in reference_tables(contract):
        account_for(con, table, alias)


def account_for(con: duckdb.DuckDBPyConnection, table: SourceTable, alias: str) -> None:
    """Record what became of the rows of one table of an `accepted` part; `raw.<table>` shows all raw rows."""
    con.execute(
        f"INSERT INTO {alias}.bronze.row_fates SELECT '{table.name}', _file_no, CAST(_fate AS VARCHAR), count(*) "
        f"FROM {alias}.rows.{table.name} GROUP BY ALL ORDER BY ALL"
    )
    files = con.execute(
        f"SELECT DISTINCT _file_no FROM {alias}.bronze.row_fates WHERE source_table = '{table.name}' "
        "AND fate NOT IN ('kept', 'unchanged') ORDER BY 1"
    ).fetchall()
    if not files:
        return
    numbers = ", ".join(str(number) for (number,) in files)
    con.execute(f"""
        INSERT INTO {alias}.bronze.quarantine
        SELECT '{table.name}', r._source_file, r._row_number, CAST(q._fate AS VARCHAR),
               CASE WHEN q._fate = 'unknown_member' THEN 'member_id' ELSE '{table.key}' END,
               {raw_row(table)}, r._loaded_at, r._batch, r._file_no
        FROM {alias}.rows.{table.name} AS q
        JOIN raw.{table.name} AS r ON r._file_no = q._file_no AND r._row_number = q._row_number
        WHERE q._fate NOT IN ('kept', 'unchanged') AND r._file_no IN ({numbers})
        ORDER BY r._file_no, r._row_number
    """)


def facts_of_rows(con: duckdb.DuckDBPyConnection, contract: Contract, alias: str) -> dict[str, Any]:
    """What the manifest says of the rows: their days, their number, the instants of calls and interactions,
    their files.
    """
    days: list[date] = []
    total = 0
    bounds: dict[str, tuple[datetime, datetime]] = {}
    files: dict[str, list[str]] = {}
    for table in event_tables(contract):
        first, last, rows = con.execute(
            f"SELECT min({day_of(table)}), max({day_of(table)}), count(*) FROM {alias}.rows.{table.name}"
        ).fetchall()[0]
        total += rows
        days += [day for day in (first, last) if day is not None]
        if table.name in WINDOWED:
            low, high = con.execute(
                f'SELECT min("{table.latest_by}"), max("{table.latest_by}") FROM {alias}.rows.{table.name} '
                "WHERE _fate = 'kept'"
            ).fetchall()[0]
            if low is not None:
                bounds[table.name] = (low, high)
    for name, source_file in con.execute(
        f"SELECT DISTINCT r.source_table, f.source_file FROM {alias}.bronze.row_fates AS r "
        "JOIN build.files AS f ON f.file_no = r._file_no ORDER BY ALL"
    ).fetchall():
        files.setdefault(name, []).append(source_file)
    return {
        "first_day": min(days, default=None),
        "last_day": max(days, default=None),
        "rows": {"rows": total},
        "bounds": bounds,
        "files": files,
    }
