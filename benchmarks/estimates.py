"""`python -m benchmarks.estimates -n N`: N traces of the cost estimator into a warehouse, against a raw JSON scan.

The raw scan is what any reader of these files must do at least: DuckDB reads every line of the same file and takes
the root span and both bodies apart (their providers are counted), two threads, nothing kept. The build is the
product's own, as a process: hashing, judging every line, the fates of all rows, silver, gold, checks, a snapshot.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from generator.estimates.traces import draw, write_traces
from generator.members import members_table, people
from generator.profiles import load
from warehouse.contract import load_contract
from warehouse.snapshots import current

SEED, AS_OF = 20261029, date(2026, 10, 29)
_TARGET = 120.0  # seconds for a million traces
_FEWEST_MEMBERS = 3000  # the caller is one of them
_ONE_CALL = f"C1,M-104382,{AS_OF},{AS_OF} 09:00:00,Billing Question,10,neutral,false,false,false,true\n"
_SCAN = """
    SELECT count(*), sum(json_array_length(request, '$.providerInfo')),
        sum(json_array_length(response, '$.costEstimateResponse.costEstimateResponseInfo'))
    FROM (SELECT spans[1].events[1].attributes.body AS request, spans[1].events[2].attributes.body AS response
          FROM read_ndjson(?, maximum_object_size = 33554432, columns = {
              traceId: 'VARCHAR', spans: 'STRUCT(events STRUCT(attributes STRUCT(body VARCHAR))[])[]'}))
"""
_PROCESSES = {
    "write": "write_sources(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])",
    "scan": "print(*scanned(Path(sys.argv[1])))",
    "build": "build(Path(sys.argv[1]), Path(sys.argv[2]), load_settings())",
}
_IMPORTS = """
import sys
from pathlib import Path
from benchmarks.estimates import scanned, write_sources
from warehouse.build import build
from warehouse.settings import load_settings
"""


@dataclass(frozen=True)
class Took:
    """Of one process: wall seconds, processor seconds of its threads, greatest memory in MB, what it printed."""

    wall: float
    processor: float
    peak: float
    printed: str


def main() -> None:
    """Write the traces, scan, build, print; leaves nothing behind unless `--sources` names a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=1_000_000, help="traces to write")
    parser.add_argument("--sources", type=Path, help="folder to write to, or an earlier run's; it is kept")
    parser.add_argument("--plain", action="store_true", help="write text (13 GB a million), not gzip")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        sources = arguments.sources or home / "sources"
        if not sources.exists():
            _process("write", sources, arguments.n, "jsonl" if arguments.plain else "jsonl.gz")
        rows = measure(sources, home / "warehouse")
    table = Table("what", "wall", "processor", "peak memory", "ratio of processor seconds")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)


def write_sources(folder: Path, traces: int, suffix: str, seed: int = SEED) -> None:
    """Members, the traces, one call (a build wants any), and of every other table a file with its header only."""
    folder.mkdir(parents=True)
    profile = replace(load("full"), members=max(_FEWEST_MEMBERS, traces // 5))
    members = people(profile, seed, "M-104382")
    with duckdb.connect() as con:
        con.register("people", members_table(members, seed, AS_OF))
        con.execute(f"COPY people TO '{folder}/members.parquet' (FORMAT parquet)")
    for table in load_contract().values():
        if table.name != "members" and table.format == "table":
            row = _ONE_CALL if table.name == "call_center" else ""
            header = ",".join(column.name for column in table.columns if column.required or not row)
            (folder / f"{table.name}.csv").write_text(f"{header}\n{row}", encoding="utf-8")
    write_traces(draw(traces, 60, members, seed, AS_OF), members, seed, folder / f"cost_estimates.{suffix}")


def measure(sources: Path, warehouse: Path) -> list[tuple[str, str, str, str, str]]:
    """Rows of (what, wall, processor, peak memory, ratio). Raises AssertionError when both count differently."""
    scan = _process("scan", next(sources.glob("cost_estimates.jsonl*")))
    build = _process("build", sources, warehouse)
    tables = current(warehouse).manifest["tables"]
    built = [tables[f"gold.{name}"] for name in ("cost_estimates", "fact_request", "fact_response")]
    counted = [int(value) for value in scan.printed.split()]
    assert built == counted, f"built {built}, scanned {counted}"
    share = _TARGET * built[0] / 1_000_000
    return [
        _row(f"raw JSON scan of {built[0]:,} traces in DuckDB", scan, scan),
        _row(f"build: {built[1]:,} requested, {built[2]:,} returned", build, scan),
        ("goal for as many on two cores", f"{share:.1f} s", f"{2 * share:.1f} s", "", ""),
    ]


def _row(what: str, took: Took, scan: Took) -> tuple[str, str, str, str, str]:
    ratio = f"{took.processor / scan.processor:.2f} x"
    return what, f"{took.wall:.1f} s", f"{took.processor:.1f} s", f"{took.peak:,.0f} MB", ratio


def _process(what: str, *arguments: object) -> Took:
    """Run one of `_PROCESSES` to its end. Each is a process, so that its time and its peak memory are its own."""
    command = [sys.executable, "-c", _IMPORTS + _PROCESSES[what], *map(str, arguments)]
    started = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        printed = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command[:1])
    return Took(time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, printed)


def scanned(file: Path) -> tuple[int, ...]:
    """Traces, requested and returned providers, by the raw scan."""
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute("SET enable_progress_bar = false")  # it would go where the counts go
        return tuple(int(value or 0) for value in con.execute(_SCAN, [str(file)]).fetchall()[0])


if __name__ == "__main__":
    main()
