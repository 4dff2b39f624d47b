"""From source files to the bronze schema: raw text as received, plus file, row number, time, batch.

How a file is read is the matter of `warehouse.source_files`, which rows go on that of `warehouse.acceptance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.contract import Contract, SourceTable, parts_of
from warehouse.errors import MissingDataError
from warehouse.jobs import Job, side_by_side
from warehouse.ledger import TakenFile, missing_files
from warehouse.source_files import Refused, SourceFile, read_file

QUARANTINE_COLUMNS = (
    "source_table VARCHAR, source_file VARCHAR, row_number BIGINT, reason VARCHAR, detail VARCHAR, "
    "raw_row VARCHAR, _loaded_at TIMESTAMP, _batch VARCHAR, _file_no INTEGER"
)


@dataclass(frozen=True)
class LoadedFile:
    """What became of one file: data rows read (unparseable ones included), or why it was refused as a whole."""

    file: SourceFile
    number: int
    rows: int = 0
    refused: str = ""
    detail: str = ""
    header: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """One load: the metadata that each of its rows carries, a folder for passing files, the catalog it goes to."""

    name: str
    loaded_at: datetime
    workspace: Path
    catalog: str


def create_bronze(con: duckdb.DuckDBPyConnection, contract: Contract, catalog: str) -> None:
    """Empty raw tables: every column of the contract as text, then where, when and in which batch it came.

    A part of a table has typed columns instead, and the place of the row it belongs to. `row_number` of the
    quarantine is NULL for a refused file and for a line that could not be split.
    """
    for name, typed in parts_of(contract).items():
        create_part(con, f"{catalog}.bronze.{name}", typed)
    for table in contract.values():
        columns = ", ".join(f'"{column.name}" VARCHAR' for column in table.columns)
        con.execute(
            f"CREATE TABLE {catalog}.bronze.{table.name} ({columns}, _source_file VARCHAR, _row_number BIGINT, "
            "_loaded_at TIMESTAMP, _batch VARCHAR, _file_no INTEGER)"
        )
    con.execute(f"CREATE TABLE {catalog}.bronze.quarantine ({QUARANTINE_COLUMNS})")
    con.execute(
        f"CREATE TABLE {catalog}.bronze.column_profile (source_table VARCHAR, column_name VARCHAR, "
        "rows_received DOUBLE, missing DOUBLE)"
    )


def create_part(con: duckdb.DuckDBPyConnection, relation: str, columns: Mapping[str, str]) -> None:
    """An empty table for rows of a part: its columns, and file and place of the row that they belong to."""
    typed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
    con.execute(f"CREATE TABLE {relation} ({typed}, _file_no INTEGER, _row_number BIGINT)")


def load(
    con: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[int, SourceFile]],
    contract: Contract,
    batch: Batch,
    threads: int,
) -> list[LoadedFile]:
    """Append numbered files to bronze; one that cannot be read whole leaves no row behind, only its reason."""
    by_table = {name: [(no, file) for no, file in files if file.table == name] for name in contract}
    largest_first = sorted(by_table, key=lambda name: -sum(file.size for _, file in by_table[name]))

    def job(table: str) -> Job[list[LoadedFile]]:
        return lambda worker: [
            _load_file(worker, no, file, contract[table], batch) for no, file in by_table[table]
        ]

    loaded = dict(zip(largest_first, side_by_side(con, [job(t) for t in largest_first], threads), strict=True))
    done = [file for name in contract for file in loaded[name]]
    for file in done:
        if file.refused:
            con.execute(
                f"INSERT INTO {batch.catalog}.bronze.quarantine VALUES (?, ?, NULL, ?, ?, NULL, ?, ?, ?)",
                [
                    file.file.table, file.file.name, file.refused, file.detail, batch.loaded_at, batch.name,
                    file.number,
                ],
            )  # fmt: skip
    return done


def _load_file(
    con: duckdb.DuckDBPyConnection, number: int, file: SourceFile, table: SourceTable, batch: Batch
) -> LoadedFile:
    def take(rows: str, set_aside: str, parts: Mapping[str, str]) -> int:
        values = {"file": file.name, "at": batch.loaded_at, "batch": batch.name, "number": number}
        taken = con.execute(
            f"INSERT INTO {batch.catalog}.bronze.{table.name} "
            f"SELECT * EXCLUDE (_row_number), $file, _row_number, $at, $batch, $number FROM ({rows})",
            values,
        )
        count = _count(taken)
        refused = con.execute(
            f"INSERT INTO {batch.catalog}.bronze.quarantine SELECT $table, $file, NULL, reason, detail, "
            f"to_json(raw), $at, $batch, $number FROM ({set_aside})",
            {"table": file.table, **values},
        )
        count += _count(refused)
        for part, select in parts.items():
            con.execute(
                f"INSERT INTO {batch.catalog}.bronze.{part} BY NAME SELECT *, $number AS _file_no FROM ({select})",
                {"number": number},
            )
        return count

    try:
        read = read_file(con, file, table, batch.workspace, take)
    except Refused as refusal:
        return LoadedFile(file, number, refused=refusal.reason, detail=refusal.detail)
    known = {column.name for column in table.columns}
    unknown = tuple(name for name in read.header if name not in known)
    return LoadedFile(file, number, rows=read.rows, header=read.header, unknown_columns=unknown)


def _count(result: duckdb.DuckDBPyConnection) -> int:
    row = result.fetchone()
    return int(row[0]) if row else 0


def require_tables(
    files: Sequence[TakenFile], loaded: Sequence[LoadedFile], contract: Contract, source: Path
) -> None:
    """Raises MissingDataError, naming tables and refusals, when a required table has no accepted file."""
    missing = [name for name in missing_files(files, contract) if not contract[name].optional_file]
    if not missing:
        return
    reasons = "; ".join(
        f"{f.file.name} was refused ({f.refused}: {f.detail})"
        for f in loaded
        if f.refused and f.file.table in missing
    )
    raise MissingDataError(
        f"No usable file for: {', '.join(missing)}." + (f" {reasons}." if reasons else ""),
        where=str(source),
        next_step="Add the files with their required columns; a file with only its header will do. "
        "warehouse/contract/sources.yml lists them.",
    )
