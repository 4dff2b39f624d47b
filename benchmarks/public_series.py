"""The scan on public series with labelled anomalies: those of the Numenta Anomaly Benchmark, summed by day.

python -m benchmarks.public_series PATH     a clone of github.com/numenta/NAB; nothing of it is kept here

Each day is judged as if it were the last one. An incident is a run of days on which the series was told, with up
to three days between; it is true when it overlaps a labelled window, and a window is found when a day in it (or up
to two days after) was told.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from tools.scout.calendar import odd_days
from tools.scout.cube import Cube, cube_of
from tools.scout.expectation import LEVEL_DAYS, WINDOWS, Series, expect
from tools.scout.incident import Kind
from tools.scout.scan import scan
from tools.scout.scout import BASELINES

REST = 3  # days between two that are told of one incident
BOUND = 0.1
TWEETS = ("AAPL", "AMZN", "CRM", "CVS", "FB", "GOOG", "IBM", "KO", "PFE", "UPS")
SETS: dict[str, tuple[Kind, tuple[str, ...]]] = {
    "taxi rides in New York": ("count", ("realKnownCause/nyc_taxi.csv",)),
    "temperature of a machine": ("score", ("realKnownCause/machine_temperature_system_failure.csv",)),
    "temperature of an office": ("score", ("realKnownCause/ambient_temperature_system_failure.csv",)),
    "tweets on ten companies": ("count", tuple(f"realTweets/Twitter_volume_{name}.csv" for name in TWEETS)),
}
Told = list[tuple[date, date]]  # the day on which it was told, and the start that was named


@dataclass
class Score:
    """What was found of labelled windows, and what of the incidents was true."""

    windows: int = 0
    found: int = 0
    incidents: int = 0
    true: int = 0

    def count(self, told: Told, windows: list[tuple[date, date]]) -> None:
        """Add a series' runs and windows."""
        runs: list[Told] = []
        for one in sorted(told):
            if runs and (one[0] - runs[-1][-1][0]).days <= REST:
                runs[-1].append(one)
            else:
                runs.append([one])
        self.windows += len(windows)
        self.found += sum(any(a <= day <= b + timedelta(days=2) for day, _ in told) for a, b in windows)
        self.incidents += len(runs)
        self.true += sum(any(run[0][1] <= b and run[-1][0] >= a for a, b in windows) for run in runs)


def cube_in(folder: Path, files: tuple[str, ...]) -> Cube:
    """Daily sums (`sum`) and numbers of values (`values`) of some series, on the days that all have."""
    days: list[dict[date, list[float]]] = []
    for name in files:
        found: dict[date, list[float]] = defaultdict(list)
        for row in csv.DictReader((folder / "data" / name).open()):
            found[datetime.fromisoformat(row["timestamp"]).date()].append(float(row["value"]))
        days.append(found)
    first, last = max(min(found) for found in days), min(max(found) for found in days)
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    measures = {"sum": [[sum(found.get(day, ())) for day in every] for found in days],
                "values": [[len(found.get(day, ())) for day in every] for found in days]}  # fmt: skip
    return cube_of(["series"], [[name] for name in files], every, measures)


def told_by_day(cube: Cube, kind: Kind) -> tuple[date, dict[str, Told]]:
    """The first day that could be judged, and by series what was told. Of one series the whole is the series."""
    told: dict[str, Told] = defaultdict(list)
    first = cube.days[-1]
    for last, day in enumerate(cube.days):
        gap = next((window for window, base in BASELINES.items() if last + 1 - window >= base), 0)
        if not gap:
            continue
        first = min(first, day)
        kept = cube.through(last, max(0, last + 1 - LEVEL_DAYS - max(WINDOWS)))
        counts = kept.measures["sum"]
        series = Series(kind, counts, np.ones_like(counts) if kind == "count" else kept.measures["values"])
        expected = expect(kept, series, gap, odd_days(kept.days[0], kept.days[-1]))
        for found in scan(kept, series, expected, BOUND):
            start = kept.days[len(kept.days) - len(found.onset.weights) + found.onset.first]
            name = dict(kept.segment(found.cell)).get("series")
            if name or len(cube.values[0]) == 1:
                told[name or cube.values[0][0]].append((day, start))
    return first, told


def scored(folder: Path, kind: Kind, files: tuple[str, ...]) -> Score:
    """One set of series, scanned day by day."""
    labels = json.loads((folder / "labels" / "combined_windows.json").read_text())
    first, told = told_by_day(cube_in(folder, files), kind)
    score = Score()
    for name in files:
        ends = [[datetime.fromisoformat(text[:19]).date() for text in window] for window in labels[name]]
        score.count(told[name], [(a, b) for a, b in ends if b >= first])
    return score


def main() -> None:
    """Scan and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a clone of the Numenta Anomaly Benchmark")
    folder = parser.parse_args().folder
    table = Table("series", "windows found", "incidents that are true")
    for name, (kind, files) in SETS.items():
        score = scored(folder, kind, files)
        table.add_row(name, f"{score.found} of {score.windows}", f"{score.true} of {score.incidents}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
