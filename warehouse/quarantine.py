"""Bad rows, their reasons and their fate: typed rows go on to silver, the others to `bronze.quarantine`.

A row is read by the contract (`warehouse.reading`), then compared with the other rows (the same id twice, a member
nobody knows). The first fault found is its reason. The fates are listed in `contract/sources.yml`.
"""

from __future__ import annotations

from collections.abc import Iterable

import duckdb

from warehouse.contract import Contract, SourceTable
from warehouse.ingest import Batch, LoadedFile
from warehouse.reading import ColumnReading, readings
from warehouse.workers import Job, side_by_side


def create_quarantine(con: duckdb.DuckDBPyConnection) -> None:
    """The empty quarantine. `row_number` is NULL for a refused file and for a line that could not be split."""
    con.execute(
        "CREATE TABLE lake.bronze.quarantine (source_table VARCHAR, source_file VARCHAR, row_number BIGINT, "
        "reason VARCHAR, detail VARCHAR, raw_row VARCHAR, _loaded_at TIMESTAMP, _batch VARCHAR)"
    )


def quarantine_files(con: duckdb.DuckDBPyConnection, refused: Iterable[LoadedFile], batch: Batch) -> None:
    """Record the files that were refused as a whole."""
    for load in refused:
        con.execute(
            "INSERT INTO lake.bronze.quarantine VALUES (?, ?, NULL, ?, ?, NULL, ?, ?)",
            [load.file.table, load.file.name, load.refused, load.detail, batch.loaded_at, batch.name],
        )


def accept(con: duckdb.DuckDBPyConnection, contract: Contract, threads: int) -> None:
    """Make `accepted.<table>` for every table: the good rows, typed, with the integer key of their member.

    Members come first: an event of a member without an accepted row is quarantined.
    """
    con.execute("CREATE SCHEMA checked; CREATE SCHEMA accepted")
    con.execute(
        "CREATE TABLE lake.bronze.column_profile (source_table VARCHAR, column_name VARCHAR, "
        "rows_received DOUBLE, missing DOUBLE, unlisted DOUBLE)"
    )
    _accept_table(con, contract["members"])
    con.execute(
        "CREATE TABLE accepted.member_keys AS SELECT member_id, "
        "CAST(row_number() OVER (ORDER BY member_id) AS INTEGER) AS member_key FROM accepted.members"
    )

    def job(table: SourceTable) -> Job[None]:
        return lambda worker: _accept_table(worker, table)

    side_by_side(con, [job(table) for table in contract.values() if table.name != "members"], threads)


def _accept_table(con: duckdb.DuckDBPyConnection, table: SourceTable) -> None:
    columns = readings(con, table, f"lake.bronze.{table.name}")
    con.execute(_profile_sql(table, columns))
    con.execute(_checked_sql(table, columns))
    for statement in (_repeated_sql, _quarantine_sql, _accepted_sql):
        con.execute(statement(table))


def _profile_sql(table: SourceTable, columns: list[ColumnReading]) -> str:
    """How many values each column misses and, where the contract lists values, how many other values it has."""
    missing = ", ".join(f'count(*) - count("{column.name}") AS "{column.name}"' for column in columns)
    unlisted = " ".join(f"WHEN '{c.name}' THEN {c.unlisted}" for c in columns if c.unlisted is not None)
    return (
        f"INSERT INTO lake.bronze.column_profile SELECT '{table.name}', name, total, missing, "
        f"{f'CASE name {unlisted} END' if unlisted else 'NULL'} "
        f"FROM (UNPIVOT (SELECT count(*) AS total, {missing} FROM lake.bronze.{table.name}) "
        f"ON * EXCLUDE (total) INTO NAME name VALUE missing)"
    )


def _checked_sql(table: SourceTable, columns: list[ColumnReading]) -> str:
    values = ", ".join(f'{column.value} AS "{column.name}"' for column in columns)
    cases = [
        f"WHEN {condition} THEN '{reason}:{column.name}'"
        for column in columns
        for reason, condition in column.faults
    ]
    member_key, member_join = "", ""
    if table.belongs_to_member:
        member_key = "k.member_key, "
        member_join = "LEFT JOIN accepted.member_keys AS k ON k.member_id = trim(r.member_id)"
        cases.append("WHEN k.member_key IS NULL THEN 'unknown_member:member_id'")
    return (
        f"CREATE TABLE checked.{table.name} AS SELECT {values}, {member_key}r._source_file, r._row_number, "
        f"CASE {' '.join(cases)} END AS _fault FROM lake.bronze.{table.name} AS r {member_join}"
    )


def _repeated_sql(table: SourceTable) -> str:
    """Rows whose id comes again: all but the latest, marked as the same row or the same id with other values."""
    later = f'"{table.latest_by}" DESC, ' if table.latest_by else ""
    content = ", ".join(f'"{column.name}"' for column in table.columns)
    return f"""
        CREATE TABLE checked.{table.name}_repeated AS
        WITH again AS (
            SELECT "{table.key}" AS id FROM checked.{table.name} WHERE _fault IS NULL
            GROUP BY 1 HAVING count(*) > 1
        ), ranked AS (
            SELECT _source_file, _row_number, row({content}) AS content, row_number() OVER w AS place,
                   first_value(row({content})) OVER w AS kept
            FROM checked.{table.name} JOIN again ON id = "{table.key}"
            WHERE _fault IS NULL
            WINDOW w AS (PARTITION BY "{table.key}" ORDER BY {later}_source_file DESC, _row_number DESC)
        )
        SELECT _source_file AS source_file, _row_number AS row_number,
               CASE WHEN content IS NOT DISTINCT FROM kept THEN 'duplicate' ELSE 'duplicate_id' END AS reason
        FROM ranked WHERE place > 1
    """


def _accepted_sql(table: SourceTable) -> str:
    return f"""
        CREATE VIEW accepted.{table.name} AS
        SELECT c.* EXCLUDE (_fault) FROM checked.{table.name} AS c
        ANTI JOIN checked.{table.name}_repeated AS d
          ON d.source_file = c._source_file AND d.row_number = c._row_number
        WHERE c._fault IS NULL
    """


def _quarantine_sql(table: SourceTable) -> str:
    raw = ", ".join(f'"{column.name}" := r."{column.name}"' for column in table.columns)
    return f"""
        INSERT INTO lake.bronze.quarantine
        SELECT '{table.name}', r._source_file, r._row_number, reason, detail,
               to_json(struct_pack({raw})), r._loaded_at, r._batch
        FROM (
            SELECT _source_file AS source_file, _row_number AS row_number,
                   split_part(_fault, ':', 1) AS reason, split_part(_fault, ':', 2) AS detail
            FROM checked.{table.name} WHERE _fault IS NOT NULL
            UNION ALL
            SELECT source_file, row_number, reason, '{table.key}' FROM checked.{table.name}_repeated
        ) AS q
        JOIN lake.bronze.{table.name} AS r
          ON r._source_file = q.source_file AND r._row_number = q.row_number
        ORDER BY r._source_file, r._row_number
    """
