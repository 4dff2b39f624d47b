"""A Spark session by settings: local, or a cluster by its Spark Connect address (Databricks or another)."""

from __future__ import annotations

import importlib.util
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
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
QUIET = """
rootLogger.level = off
rootLogger.appenderRef.stderr.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.target = SYSTEM_ERR
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %m%n
"""
INSTALL_PYSPARK = "Install it: `pip install 'member-experience-command-center[spark]'`, or `make spark` in the repository."
INSTALL_JAVA = "Install a Java 17 or 21 runtime (on Debian: `apt-get install default-jre-headless`) or set JAVA_HOME."


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

    A session that the process has already is used and left running. Raises MissingDataError when Spark does not start.
    """
    require_spark(settings)
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)  # it prints every error with its stack
    running = SparkSession.getActiveSession()
    try:
        session = running or _builder(settings, workspace).getOrCreate()
        for name, value in SEMANTICS.items():
            session.conf.set(name, value)
    except (PySparkException, OSError) as error:
        raise MissingDataError(
            f"Spark did not start: {str(error).splitlines()[0]}",
            where=settings.spark.remote or "local Spark",
            next_step="Check spark.remote and its token." if settings.spark.remote else INSTALL_JAVA,
        ) from error
    try:
        yield session
    finally:
        if running is None:
            session.stop()


def _builder(settings: Settings, workspace: Path) -> Any:
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder
    if settings.spark.remote:
        return builder.remote(_address(settings))
    workspace.mkdir(parents=True, exist_ok=True)
    quiet = workspace / "log4j2.properties"
    quiet.write_text(QUIET, encoding="utf-8")
    options = {
        "spark.driver.memory": f"{settings.build.memory_mb}m",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{quiet} -Djava.io.tmpdir={workspace}",
        "spark.local.dir": str(workspace),
        "spark.sql.warehouse.dir": str(workspace / "spark-warehouse"),
        "spark.sql.shuffle.partitions": "4",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "OFF",
        **SEMANTICS,
    }
    builder = builder.master(f"local[{settings.build.threads}]").appName("member-experience-command-center")
    for name, value in options.items():
        builder = builder.config(name, value)
    return builder


def _address(settings: Settings) -> str:
    """The Spark Connect address with the token, which only the environment knows."""
    if settings.spark_token is None:
        return settings.spark.remote
    separator = ";" if "/;" in settings.spark.remote else "/;"
    return f"{settings.spark.remote.rstrip('/')}{separator}token={settings.spark_token.get_secret_value()}"
