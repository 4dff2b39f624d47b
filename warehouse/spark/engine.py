"""Silver and gold on Spark: the given tables in as Parquet, each model's table out as Parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.errors import MissingDataError
from warehouse.runner import SqlModel
from warehouse.settings import Settings
from warehouse.spark.exchange import Types, types_of
from warehouse.spark.session import spark_session
from warehouse.spark.transpile import to_spark

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Progress = Callable[[str, float], None]


def run_on_spark(
    models: Sequence[SqlModel],
    given: Mapping[str, Path],
    out: Path,
    settings: Settings,
    progress: Progress,
    types: Types | None = None,
) -> dict[str, Path]:
    """Run the models (each after what it reads) on Spark; returns the Parquet folder of each model's table.

    `given` are Parquet files by relation. Raises MissingDataError naming the model that Spark refused.
    """
    known = types or types_of(models, given)
    made: dict[str, Path] = {}
    with spark_session(settings, out / "spark") as session:
        for table, path in given.items():
            _view(session, table, path, settings)
        for number, model in enumerate(models):
            progress(f"Spark makes {model.table}", number / len(models))
            made[model.table] = out / model.table
            _make(session, model, known, made[model.table], settings)
    return made


def view_name(table: str) -> str:
    """What a `schema.table` is called in the session: temporary views have no schema."""
    return table.replace(".", "__")


def _make(session: SparkSession, model: SqlModel, types: Types, folder: Path, settings: Settings) -> None:
    from pyspark.errors import PySparkException

    query = to_spark(model.select, types.by_schema, model.table, view_name)
    try:
        session.sql(query).write.mode("overwrite").parquet(_address(folder, settings))
        _view(session, model.table, folder, settings)
    except PySparkException as error:
        raise MissingDataError(
            f"Spark refused a model: {str(error).splitlines()[0]}",
            where=model.table,
            next_step="Rewrite it with the constructs of warehouse/spark/portable.py.",
        ) from error


def _view(session: SparkSession, table: str, path: Path, settings: Settings) -> None:
    session.read.parquet(_address(path, settings)).createOrReplaceTempView(view_name(table))


def _address(path: Path, settings: Settings) -> str:
    """A file or folder of the exchange as Spark calls it."""
    here, there = settings.spark.exchange, settings.spark.exchange_address
    if there and here is not None:
        return f"{there.rstrip('/')}/{path.resolve().relative_to(here.resolve()).as_posix()}"
    return path.resolve().as_uri()
