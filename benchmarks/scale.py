"""`make bench-scale N=...`: a company of N interactions built from nothing, then a new day, late days and no
news.

Every build runs in a process of its own, so that its time and its peak memory are its own. The ratios are to
reading the same files in DuckDB once, on the same machine in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import duckdb
from rich.console import Console
from rich.table import Table

from generator.generate import generate

SEED, AS_OF = 20261029, date(2026, 10, 29)
EVENTS = {
    "call_center": ("call_id", "call_date", "call_timestamp"),
    "digital_interactions": ("interaction_id", "interaction_date", "interaction_timestamp"),
}
_BUILD = """
import json, resource, sys
from pathlib import Path
from warehouse.build import build
from warehouse.settings import load_settings
report = build(Path(sys.argv[1]), Path(sys.argv[2]), load_settings())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"published": report.published, "calls": report.tables["gold.calls"], "peak_mb": peak / 1024,
                  "seconds": report.seconds}))
"""


def main() -> None:
    """Generate, build, add to it, print; leaves nothing behind unless folders are given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=10_000_000, help="calls and digital interactions together")
    parser.add_argument("--sources", type=Path, help="an earlier run's generated folder; not written again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        sources = arguments.sources or _generated(home, arguments.n)
        rows = measure(sources, home)
    table = Table("what", "measured", "peak memory", "ratio")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)


def _generated(home: Path, interactions: int) -> Path:
    generate("full", home / "sources", seed=SEED, as_of=AS_OF, truth=home / "truth", interactions=interactions)
    return home / "sources"


def measure(sources: Path, home: Path) -> list[tuple[str, str, str, str]]:
    """Rows of (what, seconds, peak memory, ratio to one scan of the source files)."""
    warehouse = home / "warehouse"
    scan = _scan_seconds(sources)
    rows = [("scan of the source files in DuckDB", f"{scan:.1f} s", "", "1 x")]

    def timed(what: str, folder: Path) -> None:
        seconds, peak = _build(folder, warehouse)
        rows.append((what, f"{seconds:.1f} s", f"{peak:,.0f} MB", f"{seconds / scan:.2f} x"))

    timed("build from nothing", sources)
    timed("no news", sources)
    timed("a new day", _copied_days(sources, home / "new-day", AS_OF, 1, shift=1))
    timed("late rows of eight days", _copied_days(sources, home / "late", AS_OF - timedelta(days=8), 8, share=100))
    return rows


def _scan_seconds(sources: Path) -> float:
    started = time.perf_counter()
    with duckdb.connect(config={"threads": 2}) as con:
        for table in sorted({path.name.split(".")[0].split("-")[0] for path in sources.rglob("*.parquet")}):
            files = [str(path) for path in sorted(sources.rglob("*.parquet")) if path.name.startswith(table)]
            columns = con.execute("DESCRIBE SELECT * FROM read_parquet(?)", [files]).fetchall()
            listed = ", ".join(f'max("{column[0]}")' for column in columns)
            con.execute(f"SELECT {listed} FROM read_parquet(?)", [files]).fetchall()
    return time.perf_counter() - started


def _build(folder: Path, warehouse: Path) -> tuple[float, float]:
    started = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(folder), str(warehouse)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    return time.perf_counter() - started, float(json.loads(done.stdout)["peak_mb"])


def _copied_days(sources: Path, target: Path, first: date, days: int, *, shift: int = 0, share: int = 1) -> Path:
    """Files with events of some days under new ids, `shift` days later; of every `share` rows one."""
    target.mkdir()
    with duckdb.connect(config={"threads": 2}) as con:
        for table, (key, day, moment) in EVENTS.items():
            files = [str(path) for path in sorted(sources.rglob("*.parquet")) if path.name.startswith(table)]
            last = first + timedelta(days=days - 1)
            con.execute(
                f"COPY (SELECT * REPLACE ('N' || {key} AS {key}, CAST({day} + {shift} AS DATE) AS {day}, "
                f"{moment} + INTERVAL {shift} DAY AS {moment}) FROM read_parquet(?) "
                f"WHERE {day} BETWEEN '{first}' AND '{last}' AND hash({key}) % {share} = 0) "
                f"TO '{target / table}_{first}.parquet' (FORMAT parquet)",
                [files],
            )
    return target


if __name__ == "__main__":
    main()
