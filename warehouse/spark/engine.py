"""Silver and gold on Spark: the given tables in as Parquet, each model's table out as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse.errors import MissingDataError
from warehouse.runner import SqlModel
from warehouse.settings import Settings
from warehouse.spark.exchange import Columns, columns_of_all, columns_of_given, ddl, export_given, plain, read_back
from warehouse.spark.session import spark_session
from warehouse.spark.transpile import Schema, to_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from pyspark.sql.types import StructType

Progress = Callable[[str], None]


def made_on_spark(
    con: duckdb.DuckDBPyConnection,
    models: Sequence[SqlModel],
    exchange: Path,
    workspace: Path,
    settings: Settings,
    progress: Progress,
) -> tuple[list[SqlModel], str]:
    """Make all tables on Spark from what `con` gives; returns models that read them and Spark's version.

    The models' SELECTs read Parquet folders in `exchange`, which must stay until they are loaded; `workspace`
    takes passing files. Raises MissingDataError or UsageError when Spark is not there or refuses a model.
    """
    given = export_given(con, models, exchange / "given")
    columns = columns_of_given(con, models)
    with spark_session(settings, workspace) as session:
        made = run_on_spark(session, models, given, columns, exchange / "made", settings, progress)
        version = session.version
    return read_back(con, models, made, columns), version


def run_on_spark(
    session: SparkSession,
    models: Sequence[SqlModel],
    given: Mapping[str, Path],
    columns: Mapping[str, Columns],
    out: Path,
    settings: Settings,
    progress: Progress,
) -> dict[str, Path]:
    """Run the models on Spark, each after what it reads; returns the Parquet folder of each model's table.

    `given` are Parquet files by relation, `columns` their types. Raises MissingDataError naming the model that
    Spark refused.
    """
    types = {table: plain(found) for table, found in columns_of_all(models, columns).items()}
    made = {model.table: out / model.table for model in models}
    for table, path in given.items():
        _view(session, table, path, ddl(types[table]), settings)
    schema = _by_schema(types)

    def make(model: SqlModel) -> None:
        _make(session, model, schema, made[model.table], settings)

    for number, table in enumerate(_finished(models, make, settings.build.threads), start=1):
        progress(f"Spark made {table} ({number} of {len(models)})")
    return made


def _by_schema(tables: Mapping[str, Columns]) -> Schema:
    found: dict[str, dict[str, Columns]] = {}
    for table, columns in tables.items():
        schema, name = table.split(".")
        found.setdefault(schema, {})[name] = columns
    return dict(found)


def _finished(models: Sequence[SqlModel], make: Callable[[SqlModel], None], threads: int) -> Iterator[str]:
    """Make each model after those it reads, `threads` at once; yields the tables as they are done."""
    by_table = {model.table: model for model in models}
    order = TopologicalSorter({model.table: sorted(model.reads & by_table.keys()) for model in models})
    order.prepare()
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(threads) as pool:
        try:
            while order.is_active():
                running |= {pool.submit(make, by_table[table]): table for table in order.get_ready()}
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    table = running.pop(future)
                    future.result()
                    order.done(table)
                    yield table
        finally:
            pool.shutdown(cancel_futures=True)


def view_name(table: str) -> str:
    """What a `schema.table` is called in the session: temporary views have no schema."""
    return table.replace(".", "__")


def _make(session: SparkSession, model: SqlModel, schema: Schema, folder: Path, settings: Settings) -> None:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    query = to_spark(model.select, schema, model.table, view_name)
    try:
        made = session.sql(query)
        made.write.mode("overwrite").parquet(_address(folder, settings))
        _view(session, model.table, folder, made.schema, settings)
    except (PySparkException, Py4JError, OSError) as error:
        raise MissingDataError(
            f"Spark failed at a model: {_in_a_line(error)}",
            where=model.table,
            next_step="Correct its SQL, or give Spark more memory (build.memory_mb) or disk.",
        ) from error


def _in_a_line(error: Exception) -> str:
    """What happened; of an error in Java its own words, not where Python called it."""
    text = str(getattr(error, "java_exception", None) or error)
    return text.splitlines()[0] if text else type(error).__name__


def _view(session: SparkSession, table: str, path: Path, schema: StructType | str, settings: Settings) -> None:
    """Saying the schema spares Spark a look into the files."""
    rows = session.read.schema(schema).parquet(_address(path, settings))
    rows.createOrReplaceTempView(view_name(table))


def _address(path: Path, settings: Settings) -> str:
    """A file or folder of the exchange as Spark calls it."""
    here, there = settings.spark.exchange, settings.spark.exchange_address
    if there and here is not None:
        return f"{there.rstrip('/')}/{path.resolve().relative_to(here.resolve()).as_posix()}"
    return f"file://{path.resolve()}"  # as it is: Spark decodes no %20
