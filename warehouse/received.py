"""What was received, as one: the raw rows of all builds, what became of them, and the ledger as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from warehouse.contract import Contract, parts_of
from warehouse.ledger import TakenFile
from warehouse.reading import Words
from warehouse.segments import Segment
from warehouse.unions import columns_of, relation_of, union_of


def gather(
    con: duckdb.DuckDBPyConnection, contract: Contract, old: Sequence[Segment], alias: str, *, everything: bool
) -> None:
    """Copy the raw rows of segments to the raw part `alias`.

    Of their quarantine goes along what does not come out of reading the rows again, or `everything`.
    """
    types = columns_of(con)
    for segment in old:
        source = segment.alias("raw")
        copied = [*contract, *parts_of(contract), *(["column_profile"] if everything else [])]
        for table in (name for name in copied if (source, "bronze", name) in types):
            con.execute(f"INSERT INTO {alias}.bronze.{table} BY NAME SELECT * FROM {source}.bronze.{table}")
        condition = "true" if everything else "row_number IS NULL"
        con.execute(
            f"INSERT INTO {alias}.bronze.quarantine BY NAME SELECT * FROM {source}.bronze.quarantine "
            f"WHERE {condition}"
        )


def record(con: duckdb.DuckDBPyConnection, ledger: Sequence[TakenFile]) -> None:
    """Make `build.files`, the ledger as a table."""
    con.execute(
        "CREATE TABLE build.files (file_no INTEGER, source_table VARCHAR, source_file VARCHAR, stem VARCHAR, "
        "sha256 VARCHAR, rows_in_file BIGINT, refused VARCHAR, effective DATE)"
    )
    if ledger:
        columns = [
            [f.number for f in ledger], [f.table for f in ledger], [f.name for f in ledger],
            [f.stem for f in ledger], [f.sha256 for f in ledger], [f.rows for f in ledger],
            [f.refused or None for f in ledger],
            [None if f.effective is None else f.effective.isoformat() for f in ledger],
        ]  # fmt: skip
        listed = ", ".join("unnest(?)" for _ in columns[:-1])
        con.execute(f"INSERT INTO build.files SELECT {listed}, CAST(unnest(?) AS DATE)", columns)


def show_bronze(
    con: duckdb.DuckDBPyConnection,
    lake: str,
    contract: Contract,
    raw: Sequence[Segment],
    accepted: Sequence[Segment],
    words: Mapping[str, Words],
) -> None:
    """Fill the `bronze` schema of the catalog `lake` and show it to the models."""
    types = columns_of(con)
    for table in contract:
        listed = [relation_of(s, "raw", "bronze", table, types) for s in raw]
        con.execute(f"CREATE VIEW {lake}.bronze.{table} AS {union_of(listed)}")
    for part in parts_of(contract):
        listed = [relation_of(s, "raw", "bronze", part, types) for s in raw]
        con.execute(f"CREATE VIEW {lake}.bronze.{part} AS {union_of(listed)}")
    accounts = [relation_of(s, "accepted", "bronze", "row_fates", types) for s in accepted]
    con.execute(f"CREATE VIEW {lake}.bronze.row_fates AS {union_of(accounts)}")
    aside = [relation_of(s, "raw", "bronze", "quarantine", types) for s in raw]
    aside += [relation_of(s, "accepted", "bronze", "quarantine", types) for s in accepted]
    con.execute(f"CREATE VIEW {lake}.bronze.quarantine AS {union_of(aside)}")
    con.execute(
        f"CREATE TABLE {lake}.bronze.files AS SELECT source_table, source_file, sha256, rows_in_file, refused, "
        "file_no, effective FROM build.files ORDER BY file_no"
    )
    profiles = [relation_of(s, "raw", "bronze", "column_profile", types) for s in raw]
    con.execute("CREATE TABLE build.unlisted (source_table VARCHAR, column_name VARCHAR, unlisted DOUBLE)")
    for row in _unlisted(contract, words):
        con.execute("INSERT INTO build.unlisted VALUES (?, ?, ?)", row)
    con.execute(f"""
        CREATE TABLE {lake}.bronze.column_profile AS
        SELECT p.source_table, p.column_name, sum(p.rows_received) AS rows_received, sum(p.missing) AS missing,
               any_value(u.unlisted) AS unlisted
        FROM ({union_of(profiles)}) AS p
        LEFT JOIN build.unlisted AS u ON u.source_table = p.source_table AND u.column_name = p.column_name
        GROUP BY p.source_table, p.column_name ORDER BY ALL
    """)
    for name in (*contract, *parts_of(contract), "quarantine", "row_fates", "files", "column_profile"):
        con.execute(f"CREATE VIEW bronze.{name} AS FROM {lake}.bronze.{name}")


def _unlisted(contract: Contract, words: Mapping[str, Words]) -> list[tuple[str, str, int]]:
    """How many values each column has beside those that the contract lists."""
    return [
        (table.name, column.name, len(set(known) - {*column.values, column.missing}))
        for table in contract.values()
        for column in table.columns
        if column.values
        and not column.closed
        and (known := words.get(table.name, {}).get(column.name)) is not None
    ]
