"""Tables between DuckDB and Spark: Parquet files in a folder that both can reach.

DuckDB reads the sources and hands over what models are given; Spark hands back what it made. A model's table comes
back with DuckDB's own types, and only within one kind of type: a number is never quietly rounded on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from sqlglot import parse_one

from warehouse.errors import MissingDataError
from warehouse.reading import quoted
from warehouse.runner import SqlModel

KINDS = {
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"), "whole number"),
    **dict.fromkeys(("FLOAT", "DOUBLE"), "double"),
}

SPARK_TYPES = {"VARCHAR": "STRING", "INTEGER": "INT", "TIMESTAMP": "TIMESTAMP_NTZ"}


@dataclass(frozen=True)
class Types:
    """DuckDB types of every table, given and made: {schema: {table: {column: type}}}."""

    by_schema: dict[str, dict[str, dict[str, str]]]

    def of(self, table: str) -> dict[str, str]:
        """The columns of `schema.table` in order, with their types."""
        schema, name = table.split(".")
        return self.by_schema[schema][name]


def ddl(columns: Mapping[str, str]) -> str:
    """A table's columns and DuckDB types as Spark declares them."""
    return ", ".join(f"`{name}` {SPARK_TYPES.get(data_type, data_type)}" for name, data_type in columns.items())


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


def types_of(models: Iterable[SqlModel], given: Mapping[str, Path]) -> Types:
    """What DuckDB would make of the models on these inputs, found on empty tables."""
    listed = list(models)
    with duckdb.connect() as con:
        for schema in sorted({table.split(".")[0] for table in (*given, *(model.table for model in listed))}):
            con.execute(f"CREATE SCHEMA {schema}")
        for table, path in given.items():
            con.execute(f"CREATE TABLE {table} AS FROM read_parquet({quoted(str(path))}) LIMIT 0")
        for model in listed:
            con.execute(f"CREATE TABLE {model.table} AS SELECT * FROM ({model.select}) LIMIT 0")
        rows = con.execute(
            "SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal "
            "ORDER BY schema_name, table_name, column_index"
        ).fetchall()
    found: dict[str, dict[str, dict[str, str]]] = {}
    for schema, name, column, data_type in rows:
        found.setdefault(schema, {}).setdefault(name, {})[column] = data_type
    return Types(found)


def made_elsewhere(
    con: duckdb.DuckDBPyConnection, models: Iterable[SqlModel], made: Mapping[str, Path], types: Types
) -> list[SqlModel]:
    """The same models, each reading the Parquet folder that Spark wrote instead of computing.

    Raises MissingDataError when Spark made other columns or another kind of type than DuckDB would.
    """
    return [replace(model, select=_reading(con, model, made[model.table], types)) for model in models]


def _reading(con: duckdb.DuckDBPyConnection, model: SqlModel, folder: Path, types: Types) -> str:
    files = f"read_parquet({quoted(str(folder / 'part-*.parquet'))})"
    wanted = types.of(model.table)
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
    scale = data_type.partition(",")[2]
    return f"decimal{scale}" if data_type.startswith("DECIMAL") else KINDS.get(data_type, data_type)


def _other(where: str, what: str) -> MissingDataError:
    return MissingDataError(
        f"What Spark made {what}.",
        where=where,
        next_step="Cast it in the model, so that both engines agree on the type.",
    )
