"""The scan: seconds of the processor for cubes of a given size, and ratios to the plainest pass over the data.

python -m benchmarks.scout                      simulated cubes
python -m benchmarks.scout --warehouse PATH     besides, a whole scan of a built warehouse, and 30 days at once
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tools.scout.cube import Cube, cube_of
from tools.scout.expectation import Series, expect
from tools.scout.scan import scan

DAYS, SEED, METRICS = 70, 3, 4
SHAPES = ((26, 20, 18, 12), (18, 15, 12, 12))  # some 27,000 and 13,000 cells
Row = tuple[str, str, str]


def simulated(shape: tuple[int, ...]) -> Cube:
    """A cube of up to three of five dimensions over Poisson leaves, 40,000 events a day."""
    random = np.random.default_rng(SEED)
    places = np.indices(shape).reshape(len(shape), -1).T
    rows = [[f"{value}" for value in row] for row in places]
    size = random.lognormal(0, 1, len(rows))
    means = np.repeat((size * 40_000 / size.sum())[:, None], DAYS, axis=1)
    days = [date(2026, 10, 29) - timedelta(days=DAYS - 1 - n) for n in range(DAYS)]
    names = [f"d{place}" for place in range(len(shape))]
    return cube_of(names, rows, days, {"n": random.poisson(means).astype(float)})


def spent(work: Callable[[], Any]) -> float:
    """Seconds of the processor, the least of three."""
    found = []
    for _ in range(3):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return min(found)


def children_seconds() -> float:
    """Seconds of the processor that this process's children have spent (Linux; 0 elsewhere)."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            ticks += (int(fields[11]) + int(fields[12])) * (int(fields[1]) == os.getpid())
    return ticks / os.sysconf("SC_CLK_TCK")


def cubes() -> list[Row]:
    """One metric and four of each size, against one weekday average of the same array."""
    rows: list[Row] = []
    for shape in SHAPES:
        cube = simulated(shape)
        counts = cube.measures["n"]
        series = Series("count", counts, np.ones_like(counts))
        whole = spent(lambda cube=cube, series=series: scan(cube, series, expect(cube, series, 14), 0.1))
        plain = spent(lambda counts=counts: counts.reshape(len(counts), -1, 7).mean(axis=1))
        label = f"{len(cube.codes):,} cells x {DAYS} days x 4 windows"
        rows.append((f"{label}, one metric", f"{whole:.2f} s", f"{whole / plain:.0f} x one weekday mean"))
        rows.append((f"{label}, {METRICS} metrics", f"{whole * METRICS:.2f} s", "goal 2 s"))
    return rows


def series() -> list[Row]:
    """Everything from arrays to incidents for more than 20,000 series: the cube, expectations, the scan."""
    started, spent_here = time.perf_counter(), time.process_time()
    cube = simulated(SHAPES[0])
    counts = cube.measures["n"]
    watched = Series("count", counts, np.ones_like(counts))
    found = scan(cube, watched, expect(cube, watched, 14), 0.1)
    wall, here = time.perf_counter() - started, time.process_time() - spent_here
    label = f"{len(cube.codes):,} series of {DAYS} days from arrays to {len(found)} incidents"
    return [(label, f"{wall:.1f} s on the clock, {here:.1f} s of the processor", "goal 30 s for 20,000")]


def warehouse(path: Path) -> list[Row]:
    """A scan through the door, and as many days as a month at once."""
    from semantic.loader import load_model
    from tools.scout.scout import run_days, run_scout
    from warehouse.audit import AuditLog
    from warehouse.door import Warehouse
    from warehouse.settings import Settings

    model = load_model()
    with TemporaryDirectory() as folder:
        settings = Settings(var=Path(folder))
        door = Warehouse(path, settings, AuditLog.of(settings))
        started, spent_here, workers = time.perf_counter(), time.process_time(), children_seconds()
        report = run_scout(door, model, settings)
        wall, here = time.perf_counter() - started, time.process_time() - spent_here
        workers = children_seconds() - workers
        last = report.as_of
        days = [last - timedelta(days=n) for n in range(30)]
        started = time.process_time()
        count = sum(1 for _ in run_days(door, model, settings, days))
        month = time.process_time() - started
        door.close()
    parts = ", ".join(f"{name} {value / 1000:.1f} s" for name, value in report.timings_ms.items())
    return [
        (
            "a whole scan, on the clock",
            f"{wall:.1f} s",
            f"goal 10 s on two idle cores (load {os.getloadavg()[0]:.1f})",
        ),
        ("  processor seconds, here and in the engine's processes", f"{here:.1f} s, {workers:.1f} s", parts),
        (f"{count} days at once, in this process", f"{month:.1f} s", f"{month / count:.2f} s a day"),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--warehouse", type=Path, help="a built warehouse; left out: simulated cubes only")
    arguments = parser.parse_args()
    table = Table("what", "measured", "ratio")
    for row in cubes() + series() + (warehouse(arguments.warehouse) if arguments.warehouse else []):
        table.add_row(*row)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
