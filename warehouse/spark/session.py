"""A Spark session by settings: local, or a cluster by its Spark Connect address (Databricks or another)."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.errors import MissingDataError, UsageError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# What makes Spark read and count as DuckDB does, wherever it runs.
SEMANTICS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.caseSensitive": "false",
}
INSTALL_PYSPARK = "Run `make spark` in the repository, or install this package with its extra `spark`."
INSTALL_JAVA = "Install Java 17 or 21 (on Debian: `apt-get install default-jre-headless`) or set JAVA_HOME."


def require_spark(settings: Settings) -> None:
    """Raise MissingDataError (exit 4) that says what to install, UsageError (exit 2) for impossible settings."""
    if importlib.util.find_spec("pyspark") is None:
        raise MissingDataError("PySpark is not installed.", where="--engine spark", next_step=INSTALL_PYSPARK)
    if settings.spark.remote:
        if settings.spark.exchange is None:
            raise UsageError(
                "A remote Spark needs a folder that it and this machine can reach.",
                where="settings.toml, spark.exchange",
                next_step="Set spark.exchange, and spark.exchange_address if the cluster calls it otherwise.",
            )
    elif not _java():
        raise MissingDataError("Spark needs Java.", where="--engine spark", next_step=INSTALL_JAVA)


def _java() -> bool:
    home = os.environ.get("JAVA_HOME")
    return bool(shutil.which(str(Path(home) / "bin" / "java") if home else "java"))


@contextmanager
def spark_session(settings: Settings, workspace: Path) -> Iterator[SparkSession]:
    """A session that reads and counts as DuckDB does; `workspace` takes a local one's passing files.

    A session that the process has already is used and left running. Raises MissingDataError when Spark does not
    start.
    """
    require_spark(settings)
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # it prints every error with its stack
    with ExitStack() as stack:
        try:
            session = SparkSession.getActiveSession() or stack.enter_context(_started(settings, workspace))
            for name, value in SEMANTICS.items():
                session.conf.set(name, value)
        except (PySparkException, OSError) as error:
            raise MissingDataError(
                f"Spark did not start: {str(error).splitlines()[0]}",
                where=settings.spark.remote or "local Spark",
                next_step="Check spark.remote and its token." if settings.spark.remote else INSTALL_JAVA,
            ) from error
        yield session


@contextmanager
def _started(settings: Settings, workspace: Path) -> Iterator[SparkSession]:
    from pyspark.sql import SparkSession

    if settings.spark.remote:
        session = SparkSession.builder.remote(_address(settings)).getOrCreate()
        try:
            yield session
        finally:
            session.stop()
        return
    with _java_process(settings, workspace) as gateway:
        from pyspark import SparkContext

        context = SparkContext(gateway=gateway)
        try:
            yield SparkSession(context)
        finally:
            context.stop()


@contextmanager
def _java_process(settings: Settings, workspace: Path) -> Iterator[Any]:
    """Spark's Java process, silent, with its passing files in `workspace`; it ends with the block."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    workspace.mkdir(parents=True, exist_ok=True)
    conf = SparkConf(loadDefaults=False).setAll(list(_options(settings, workspace).items()))
    with (workspace / "java.log").open("wb") as log:
        gateway: Any = launch_gateway(conf, popen_kwargs={"stdout": log, "stderr": log})  # type: ignore[no-untyped-call]
    try:
        yield gateway
    finally:
        gateway.shutdown()
        gateway.proc.stdin.close()  # Java ends when it is closed
        try:
            gateway.proc.wait(timeout=30)
        except subprocess.TimeoutExpired:
            gateway.proc.kill()
        SparkContext._gateway = SparkContext._jvm = None


def _options(settings: Settings, workspace: Path) -> dict[str, str]:
    java = (
        f'"-Djava.io.tmpdir={workspace}" '
        "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 "  # a local run is short: it ends before a slower compiler pays
        "-XX:ReservedCodeCacheSize=256m"  # 48 MB, the default of that compiler, ran full of a build's code
    )
    return {
        "spark.master": f"local[{settings.build.threads}]",
        "spark.app.name": "member-experience-command-center",
        "spark.driver.memory": f"{settings.build.memory_mb}m",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": java,
        "spark.local.dir": str(workspace),
        "spark.sql.warehouse.dir": str(workspace / "spark-warehouse"),
        "spark.sql.shuffle.partitions": str(2 * settings.build.threads),
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        **SEMANTICS,
    }


def _address(settings: Settings) -> str:
    """The Spark Connect address with the token, which only the environment knows."""
    if settings.spark_token is None:
        return settings.spark.remote
    separator = ";" if "/;" in settings.spark.remote else "/;"
    return f"{settings.spark.remote.rstrip('/')}{separator}token={settings.spark_token.get_secret_value()}"
