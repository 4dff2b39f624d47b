"""Which rows go on to silver: raw text becomes typed rows, and each row gets its fate.

A row is read by the contract (`warehouse.reading`); a fault there puts it into quarantine for good. The fate of
a row without a fault depends on other rows, also on rows of earlier and later files: `kept`, `duplicate` (the
same row again), `duplicate_id` (the same id with other values, another row won) or `unknown_member` (waiting
for the member). The fates are listed in `contract/sources.yml`. Rows with a fate stay in the `rows` schema of a
segment, so that a later file can change it.

Relations of the build's engine used here: `taken.<table>` raw rows to be read, `work.typed.<table>` the same as
typed rows, `base.<table>` rows of earlier builds with their fates, `work.fates.<table>` what is decided about
ids that occur more than once, `build.files` the ledger, `build.member_keys` the known members.
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from warehouse.contract import Contract, SourceTable
from warehouse.jobs import Job, side_by_side
from warehouse.ledger import FROM_THE_BEGINNING
from warehouse.reading import ColumnReading, Words, readings, typed_name

FATES = "ENUM('kept', 'duplicate', 'duplicate_id', 'unknown_member')"
HIDDEN = ("_key", "_fate")  # columns of `rows` that are not handed to models


def event_tables(contract: Contract) -> list[SourceTable]:
    """The tables of events, which are kept by day."""
    return [table for table in contract.values() if table.day]


def reference_tables(contract: Contract) -> list[SourceTable]:
    """The small tables, which are kept whole; members first."""
    return [table for table in contract.values() if not table.day]


def day_of(table: SourceTable, row: str = "") -> str:
    """The SQL of the day that an event belongs to."""
    return f'CAST({row}"{table.day}" AS DATE)'


def read_rows(
    con: duckdb.DuckDBPyConnection,
    tables: list[SourceTable],
    known: Mapping[str, Words],
    raw: str,
    threads: int,
) -> dict[str, Words]:
    """Make `typed.<table>` of `taken.<table>`, side by side. Faulty rows go to the raw segment's quarantine.

    Events get the key of their member from `build.member_keys`. Returns the words of each table's categories.
    """

    def job(table: SourceTable) -> Job[Words]:
        return lambda worker: _read_table(worker, table, known.get(table.name, {}), raw)

    found = side_by_side(con, [job(table) for table in tables], threads)
    return {table.name: words for table, words in zip(tables, found, strict=True)}


def _read_table(con: duckdb.DuckDBPyConnection, table: SourceTable, known: Words, raw: str) -> Words:
    columns = readings(con, table, f"taken.{table.name}", known)
    con.execute(_profile_sql(table, columns, raw))
    con.execute(_typed_sql(table, columns))
    con.execute(_faulty_sql(table, raw))
    categories = {column.name for column in table.columns if column.type == "category"}
    return {column.name: column.words for column in columns if column.name in categories}


def _profile_sql(table: SourceTable, columns: list[ColumnReading], raw: str) -> str:
    missing = ", ".join(f'count(*) - count("{column.name}") AS "{column.name}"' for column in columns)
    return (
        f"INSERT INTO {raw}.bronze.column_profile SELECT '{table.name}', name, total, missing "
        f"FROM (UNPIVOT (SELECT count(*) AS total, {missing} FROM taken.{table.name}) "
        f"ON * EXCLUDE (total) INTO NAME name VALUE missing)"
    )


def _typed_sql(table: SourceTable, columns: list[ColumnReading]) -> str:
    values = ", ".join(f"{column.value} AS {typed_name(column.name)}" for column in columns)
    names = ", ".join(f'r.{typed_name(column.name)} AS "{column.name}"' for column in columns)
    cases = [f"WHEN {condition} THEN '{reason}:{c.name}'" for c in columns for reason, condition in c.faults]
    member_key, member_join = "", ""
    if table.day:
        member_key = "k.member_key, "
        member_join = f"LEFT JOIN build.member_keys AS k ON k.member_id = r.{typed_name('member_id')}"
    return (
        f"CREATE TABLE work.typed.{table.name} AS SELECT {names}, {member_key}r._source_file, "
        f"r._row_number, r._file_no, hash(r.{typed_name(table.key)}) AS _key, "
        f"CASE {' '.join(cases)} END AS _fault "
        f"FROM (SELECT r.*, {values} FROM taken.{table.name} AS r) AS r {member_join}"
    )


def _faulty_sql(table: SourceTable, raw: str) -> str:
    return f"""
        INSERT INTO {raw}.bronze.quarantine
        SELECT '{table.name}', r._source_file, r._row_number,
               split_part(q._fault, ':', 1), split_part(q._fault, ':', 2),
               {raw_row(table)}, r._loaded_at, r._batch, r._file_no
        FROM work.typed.{table.name} AS q
        JOIN taken.{table.name} AS r ON r._file_no = q._file_no AND r._row_number = q._row_number
        WHERE q._fault IS NOT NULL
        ORDER BY r._file_no, r._row_number
    """


def raw_row(table: SourceTable) -> str:
    """The SQL of a raw row `r` as JSON, as the quarantine shows it."""
    fields = ", ".join(f'"{column.name}" := r."{column.name}"' for column in table.columns)
    return f"to_json(struct_pack({fields}))"


def decide_events(con: duckdb.DuckDBPyConnection, contract: Contract, threads: int) -> None:
    """Make `fates.<table>` for every table of events; see `_decide`."""

    def job(table: SourceTable) -> Job[None]:
        return lambda worker: _decide(worker, table)

    side_by_side(con, [job(table) for table in event_tables(contract)], threads)


def _decide(con: duckdb.DuckDBPyConnection, table: SourceTable) -> None:
    """The fate of every row whose id occurs again, new or old: `fates.<table>` (_file_no, _row_number, fate,
    old_fate, ...).

    `old_fate` is NULL for a new row. The winner is the latest by the table's time, then by the name of its
    file, then by arrival, then by its place in the file.
    """
    typed, base = f"work.typed.{table.name}", f"base.{table.name}"
    eligible = "_fault IS NULL AND member_key IS NOT NULL"
    con.execute(f"""
        CREATE TABLE work.again.{table.name} AS
        SELECT _key FROM {typed} WHERE {eligible} GROUP BY _key HAVING count(*) > 1
        UNION
        SELECT b._key FROM {base} AS b
        SEMI JOIN (SELECT _key FROM {typed} WHERE {eligible}) AS n ON n._key = b._key
        WHERE b._fate <> 'unknown_member'
    """)
    columns = _compared(table)
    again = f"SEMI JOIN work.again.{table.name} AS a ON a._key = r._key"
    con.execute(f"""
        CREATE TABLE work.fates.{table.name} AS
        WITH rows AS (
            SELECT {columns}, r._file_no, r._row_number, CAST(NULL AS VARCHAR) AS old_fate
            FROM {typed} AS r {again} WHERE {eligible}
            UNION ALL
            SELECT {columns}, r._file_no, r._row_number, CAST(r._fate AS VARCHAR) FROM {base} AS r {again}
            WHERE r._fate <> 'unknown_member'
        )
        {_ranked(table)}
    """)


def _compared(table: SourceTable) -> str:
    """All columns of the contract; categories as text, because their dictionaries grow from build to build."""
    return ", ".join(
        f'CAST(r."{c.name}" AS VARCHAR) AS "{c.name}"' if c.type == "category" else f'r."{c.name}"'
        for c in table.columns
    )


def _ranked(table: SourceTable) -> str:
    """The query that ranks `rows` (contract columns, _file_no, _row_number, old_fate) within their id and names
    the fates.
    """
    content = "row(" + ", ".join(f'"{column.name}"' for column in table.columns) + ")"
    return f"""
        SELECT _file_no, _row_number, old_fate, "{table.key}" AS id, "{table.latest_by}" AS moment,
               {day_of(table)} AS day,
               CASE WHEN place = 1 THEN 'kept' WHEN _content IS NOT DISTINCT FROM _winner THEN 'duplicate'
                    ELSE 'duplicate_id' END AS fate
        FROM (
            SELECT rows.*, {content} AS _content, row_number() OVER w AS place,
                   first_value({content}) OVER w AS _winner
            FROM rows JOIN build.files AS f ON f.file_no = rows._file_no
            WINDOW w AS (
                PARTITION BY "{table.key}"
                ORDER BY "{table.latest_by}" DESC, f.stem DESC, f.source_file DESC,
                         rows._file_no DESC, rows._row_number DESC
            )
        )
    """


def accept_reference(con: duckdb.DuckDBPyConnection, contract: Contract, accepted: str) -> None:
    """Write the small tables with their fates to the `rows` schema of the catalog `accepted`, old and new rows
    together.

    Members get one row per version: `valid_from` (included), `valid_to` (excluded); a row that repeats what was
    known has the fate `unchanged`. Other tables keep one row per id.
    """
    for table in reference_tables(contract):
        con.execute(_reference_sql(table, accepted))


def _reference_sql(table: SourceTable, accepted: str) -> str:
    """Rows of the same id (and, for members, of files of the same effective day) compete; the winners are kept.

    Of a member's winners in the order of their days, one that says what the one before said is no version.
    """
    columns = ", ".join(f'"{column.name}"' for column in table.columns)
    content = "row(" + ", ".join(f'"{c.name}"' for c in table.columns) + ")"
    is_members = table.name == "members"
    effective = "f.effective" if is_members else f"DATE '{FROM_THE_BEGINNING}'"
    keyed = f'PARTITION BY "{table.key}"'
    versions = (
        f"lag(winners._content) OVER ({keyed} ORDER BY effective) IS NOT DISTINCT FROM winners._content "
        f"AND row_number() OVER ({keyed} ORDER BY effective) > 1"
        if is_members
        else "false"
    )
    validity = (
        f"CASE WHEN row_number() OVER v = 1 THEN DATE '{FROM_THE_BEGINNING}' ELSE effective END AS valid_from, "
        "lead(effective, 1, DATE '9999-12-31') OVER v AS valid_to, "
        if is_members
        else ""
    )
    return f"""
        CREATE TABLE {accepted}.rows.{table.name} AS
        WITH candidates AS (
            SELECT {columns}, _source_file, _row_number, _file_no FROM work.typed.{table.name} WHERE _fault IS NULL
            UNION ALL
            SELECT {columns}, _source_file, _row_number, _file_no FROM base.{table.name}
        ), competing AS (
            SELECT c.*, {effective} AS effective, {content} AS _content,
                   row_number() OVER w AS place, first_value({content}) OVER w AS _winner
            FROM candidates AS c JOIN build.files AS f ON f.file_no = c._file_no
            WINDOW w AS (
                PARTITION BY "{table.key}", {effective}
                ORDER BY {f'"{table.latest_by}" DESC, ' if table.latest_by else ""}
                    f.stem DESC, f.source_file DESC, c._file_no DESC, c._row_number DESC
            )
        ), winners AS (
            SELECT * FROM competing WHERE place = 1
        ), judged AS (
            SELECT winners.*, CASE WHEN {versions} THEN 'unchanged' ELSE 'kept' END AS _fate FROM winners
            UNION ALL
            SELECT *, CASE WHEN _content IS NOT DISTINCT FROM _winner THEN 'duplicate' ELSE 'duplicate_id' END
            FROM competing WHERE place > 1
        ), kept AS (
            SELECT _file_no, _row_number, {validity}_fate FROM judged WHERE _fate = 'kept'
            {f"WINDOW v AS ({keyed} ORDER BY effective)" if is_members else ""}
        )
        SELECT {", ".join(f'j."{c.name}"' for c in table.columns)}, j._source_file, j._row_number, j._file_no,
               {"k.valid_from, k.valid_to, " if is_members else ""}j._fate
        FROM judged AS j
        LEFT JOIN kept AS k ON k._file_no = j._file_no AND k._row_number = j._row_number
        ORDER BY j."{table.key}"
    """
