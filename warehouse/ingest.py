"""From a folder of source files to the bronze schema: raw text as received, plus file, row number, time, batch.

How a file is read is the matter of `warehouse.source_files`, bad rows inside it that of `warehouse.quarantine`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.contract import Contract, SourceTable
from warehouse.errors import MissingDataError
from warehouse.source_files import Inbox, Refused, SourceFile, read_file
from warehouse.workers import Job, side_by_side


@dataclass(frozen=True)
class LoadedFile:
    """What became of one file: data rows read (unparseable ones included), or why it was refused as a whole."""

    file: SourceFile
    rows: int = 0
    refused: str = ""
    detail: str = ""
    header: tuple[str, ...] = ()
    unknown_columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """One load: the metadata that each of its rows carries, and a folder for passing files."""

    name: str
    loaded_at: datetime
    workspace: Path


@dataclass
class Loads:
    """The files of one build, as they were taken or refused."""

    files: list[LoadedFile] = field(default_factory=list)

    def taken(self, table: str) -> list[LoadedFile]:
        return [f for f in self.files if f.file.table == table and not f.refused]

    def refused(self) -> list[LoadedFile]:
        return [f for f in self.files if f.refused]


def create_bronze(con: duckdb.DuckDBPyConnection, contract: Contract) -> None:
    """Empty raw tables: every column of the contract as text, then where, when and in which batch it came."""

    for table in contract.values():
        columns = ", ".join(f'"{column.name}" VARCHAR' for column in table.columns)
        con.execute(
            f"CREATE TABLE lake.bronze.{table.name} ({columns}, _source_file VARCHAR, _row_number BIGINT, "
            "_loaded_at TIMESTAMP, _batch VARCHAR)"
        )


def load(con: duckdb.DuckDBPyConnection, inbox: Inbox, contract: Contract, batch: Batch, threads: int) -> Loads:
    """Append all files to bronze, a table's files in order; one that cannot be read whole leaves no row behind."""
    by_table = {name: [file for file in inbox.files if file.table == name] for name in contract}
    largest_first = sorted(by_table, key=lambda name: -sum(f.path.stat().st_size for f in by_table[name]))

    def job(table: str) -> Job[list[LoadedFile]]:
        return lambda worker: [_load_file(worker, file, contract[table], batch) for file in by_table[table]]

    loaded = dict(zip(largest_first, side_by_side(con, [job(t) for t in largest_first], threads), strict=True))
    return Loads([file for name in contract for file in loaded[name]])


def _load_file(con: duckdb.DuckDBPyConnection, file: SourceFile, table: SourceTable, batch: Batch) -> LoadedFile:
    def take(rows: str, unparseable: str) -> int:
        values = {"file": file.name, "at": batch.loaded_at, "batch": batch.name}
        taken = con.execute(
            f"INSERT INTO lake.bronze.{table.name} "
            f"SELECT * EXCLUDE (_row_number), $file, _row_number, $at, $batch FROM ({rows})",
            values,
        )
        count = _count(taken)
        set_aside = con.execute(
            "INSERT INTO lake.bronze.quarantine SELECT $table, $file, NULL, 'unparseable', detail, to_json(raw), "
            f"$at, $batch FROM ({unparseable})",
            {"table": file.table, **values},
        )
        return count + _count(set_aside)

    try:
        read = read_file(con, file, table, batch.workspace, take)
    except Refused as refusal:
        return LoadedFile(file, refused=refusal.reason, detail=refusal.detail)
    known = {column.name for column in table.columns}
    unknown = tuple(name for name in read.header if name not in known)
    return LoadedFile(file, rows=read.rows, header=read.header, unknown_columns=unknown)


def _count(result: duckdb.DuckDBPyConnection) -> int:
    row = result.fetchone()
    return int(row[0]) if row else 0


def missing_columns(loads: Loads, contract: Contract) -> dict[str, list[str]]:
    """Optional columns that no accepted file of a table has, by table."""
    found: dict[str, list[str]] = {}
    for table in contract.values():
        headers = [name for file in loads.taken(table.name) for name in file.header]
        absent = table.missing_from(headers, required=False)
        if loads.taken(table.name) and absent:
            found[table.name] = absent
    return found


def missing_files(loads: Loads, contract: Contract) -> Iterator[str]:
    """Tables without an accepted file."""
    return (name for name in contract if not loads.taken(name))


def require_tables(loads: Loads, contract: Contract, source: Path) -> None:
    """Raises MissingDataError, naming tables and refusals, when a required table has no accepted file."""
    missing = [name for name in missing_files(loads, contract) if not contract[name].optional_file]
    if not missing:
        return
    reasons = "; ".join(
        f"{f.file.name} was refused ({f.refused}: {f.detail})" for f in loads.refused() if f.file.table in missing
    )
    raise MissingDataError(
        f"No usable file for: {', '.join(missing)}." + (f" {reasons}." if reasons else ""),
        where=str(source),
        next_step="Add the files with their required columns; a file with only its header will do. "
        "warehouse/contract/sources.yml lists them.",
    )
