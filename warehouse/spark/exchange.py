"""Tables between DuckDB and Spark: Parquet files in a folder that both can reach.

DuckDB reads the sources and hands over what models are given; Spark hands back what it made. A model's table comes
back with DuckDB's own types, and only within one kind of type: a number is never quietly rounded on the way.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
from sqlglot import exp, parse_one

from warehouse.errors import MissingDataError
from warehouse.reading import quoted
from warehouse.runner import SqlModel, with_dictionaries
from warehouse.settings import Settings

SPARK_TYPES = {"VARCHAR": "STRING", "INTEGER": "INT", "TIMESTAMP": "TIMESTAMP_NTZ"}
KINDS = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "whole number"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "double"),
}
Columns = dict[str, str]  # column name -> DuckDB type, in order


@contextmanager
def exchange_folder(settings: Settings, staging: Path, name: str) -> Iterator[Path]:
    """The folder of one build's exchange, made when something is written to it, gone when the block ends."""
    folder = (settings.spark.exchange or staging) / f"exchange-{name}"
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def given_tables(models: Iterable[SqlModel]) -> list[str]:
    """The relations that models read and none of them makes, sorted."""
    listed = list(models)
    return sorted({table for model in listed for table in model.reads} - {model.table for model in listed})


def export_given(con: duckdb.DuckDBPyConnection, models: Iterable[SqlModel], folder: Path) -> dict[str, Path]:
    """Write what the models are given as `folder/<schema>.<table>.parquet`; returns the files by relation."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {table: folder / f"{table}.parquet" for table in given_tables(models)}
    for table, path in files.items():
        con.execute(f"COPY (FROM {table}) TO {quoted(str(path))} (FORMAT parquet)")
    return files


def columns_of_given(con: duckdb.DuckDBPyConnection, models: Iterable[SqlModel]) -> dict[str, Columns]:
    """The columns and DuckDB types of what the models are given."""
    return {
        table: {str(row[0]): str(row[1]) for row in con.execute(f"DESCRIBE {table}").fetchall()}
        for table in given_tables(models)
    }


def columns_of_all(
    models: Sequence[SqlModel], given: Mapping[str, Columns], made: Mapping[str, Path] | None = None
) -> dict[str, Columns]:
    """The columns and types of every table, as DuckDB makes them, found on empty tables.

    Dictionary types need words of the data: they are there only when the tables' Parquet folders are (`made`).
    """
    with duckdb.connect() as con:
        for schema in sorted({table.split(".")[0] for table in (*given, *(model.table for model in models))}):
            con.execute(f"CREATE SCHEMA {schema}")
        for table, columns in given.items():
            declared = ", ".join(f'"{name}" {data_type}' for name, data_type in columns.items())
            con.execute(f"CREATE TABLE {table} ({declared})")
        for model in models:
            select = model.select
            if made is not None:
                select = with_dictionaries(con, model, source=f"FROM {_rows_in(made[model.table])}")
            con.execute(f"CREATE TABLE {model.table} AS SELECT * FROM ({select}) LIMIT 0")
        rows = con.execute(
            "SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns() "
            "WHERE NOT internal ORDER BY schema_name, table_name, column_index"
        ).fetchall()
    found: dict[str, Columns] = {}
    for table, column, data_type in rows:
        found.setdefault(table, {})[column] = data_type
    return found


def plain(columns: Columns) -> Columns:
    """With dictionary types as the text that they are to another engine."""
    return {name: "VARCHAR" if data_type.startswith("ENUM") else data_type for name, data_type in columns.items()}


def ddl(columns: Columns) -> str:
    """A table's columns and DuckDB types as Spark declares them."""
    return ", ".join(
        f"`{name}` {SPARK_TYPES.get(data_type, data_type)}" for name, data_type in plain(columns).items()
    )


def read_back(
    con: duckdb.DuckDBPyConnection,
    models: Sequence[SqlModel],
    made: Mapping[str, Path],
    given: Mapping[str, Columns],
) -> list[SqlModel]:
    """The same models, each reading what Spark wrote instead of computing, in DuckDB's own types.

    Raises MissingDataError when Spark made other columns or another kind of type than DuckDB would.
    """
    columns = columns_of_all(models, given, made)
    return [
        replace(model, select=_reading(con, model, made[model.table], columns[model.table])) for model in models
    ]


def _rows_in(folder: Path) -> str:
    return f"read_parquet({quoted(str(folder / 'part-*.parquet'))})"


def _reading(con: duckdb.DuckDBPyConnection, model: SqlModel, folder: Path, wanted: Columns) -> str:
    files = _rows_in(folder)
    found = {str(row[0]): str(row[1]) for row in con.execute(f"DESCRIBE FROM {files}").fetchall()}
    if list(found) != list(wanted):
        raise _other(model.table, f"has the columns {', '.join(found)} instead of {', '.join(wanted)}")
    for column, data_type in wanted.items():
        if _kind(found[column]) != _kind(data_type):
            raise _other(f"{model.table}.{column}", f"is {found[column]} instead of {data_type}")
    casts = ", ".join(f'CAST("{column}" AS {data_type}) AS "{column}"' for column, data_type in wanted.items())
    return f"SELECT {casts} FROM {files}{_order(model)}"


def _order(model: SqlModel) -> str:
    """The model's own ORDER BY over its columns by their names; nothing when it sorts by something else."""
    query = parse_one(model.select, dialect="duckdb")
    assert isinstance(query, exp.Query)
    ordered = query.args["order"].expressions if query.args.get("order") else []
    names = {column.unalias(): column.alias_or_name for column in query.selects}
    keys = []
    for entry in ordered:
        name = names.get(entry.this, entry.this.name if entry.this.name in query.named_selects else None)
        if name is None:
            return ""
        keys.append(f'"{name}"{" DESC" if entry.args.get("desc") else ""}')
    return f" ORDER BY {', '.join(keys)}" if keys else ""


def _kind(data_type: str) -> str:
    if data_type.startswith("ENUM"):
        return "VARCHAR"
    scale = data_type.partition(",")[2]
    return f"decimal{scale}" if data_type.startswith("DECIMAL") else KINDS.get(data_type, data_type)


def _other(where: str, what: str) -> MissingDataError:
    return MissingDataError(
        f"What Spark made {what}.",
        where=where,
        next_step="Cast it in the model, so that both engines agree on the type.",
    )
