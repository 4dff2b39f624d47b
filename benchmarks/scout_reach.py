"""How much of what the watched companies' oracle sees is left without knowing where to look and what to expect.

    python -m benchmarks.scout_reach --seeds 1400 1431

The oracle of the hidden truth (`generator/watch/truth.py`) knows the one cell and, from all days, its level. Steps
towards a scan: the threshold that a scan's bound needs over all cells and metrics; a level from the 56 days that
end 14 days before the judged one; days between scans. The noise of the cell, the calendar, the mix and what all
have in common stay known exactly, and nothing happens beside a plant: no scan knows as much. Writes no files.
"""

from __future__ import annotations

import argparse
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from evals.scouting.measures import share
from generator.catalog import Floats
from generator.profiles import load
from generator.watch import company, truth
from generator.watch.crowd import WatchCrowd
from generator.watch.plants import Plant
from generator.watch.settings import watch

WINDOWS = (1, 3, 5, 7, 10, 14)
BASE, GAP, LEAST = 56, 14, 21  # days of a level, days before it ends, days that it takes
DRIFT = 0.01
AFTER = 7  # days after its end on which an incident may still be seen
# Deviations that scans of such companies need (bound 0.1) by depth of the cell; of metrics with few cells others.
NEEDED, NEEDED_OF_FEW = (4.47, 4.67, 4.98, 5.25), (4.33, 4.40, 4.50, 4.50)
FEW = ("effort", "claim_denial", "fill_denial")
SPECIAL = ("mix", "simpson", "relabel")


class Nowhere:
    """Source files that are not written."""

    def add(self, *_: Any, **__: Any) -> None:
        """Takes a table."""

    def publish(self) -> dict[str, int]:
        """No rows."""
        return {}


def plants_of(seed: int) -> list[tuple[Plant, dict[str, Floats], WatchCrowd, tuple[int, ...]]]:
    """A company's plants with the sums of its truth, and the days on which its mix becomes another."""
    kept: list[Any] = []
    as_of = date(2026, 12, 12) - timedelta(days=seed * 37 % 330)
    with patch.object(company, "write_watch_truth", lambda *given: kept.extend(given)):
        company.write_watched(
            load("watch-tiny"),
            Nowhere(),
            Path(),
            seed,
            as_of,
            lambda *_: None,
            quiet=False,  # type: ignore[arg-type]
        )
    planted, ledger, crowd = kept[3:6]
    breaks = tuple(one.first for one in planted if one.kind in SPECIAL)
    return [(one, ledger.sums[one.number], crowd, breaks) for one in planted if one.kind not in SPECIAL]


def needed(one: Plant) -> float:
    """The deviations that a scan asks for at the depth of a plant's cell; an error says its journey."""
    depth = len(one.segment.keys() - {"interaction_type"}) - (one.segment.keys() >= {"failure_reason", "topic"})
    return (NEEDED_OF_FEW if one.kind in FEW else NEEDED)[min(depth, 3)]


def deviations(one: Plant, sums: dict[str, Floats], crowd: WatchCrowd, breaks: tuple[int, ...]) -> Floats:
    """By day the largest deviation over the scan's windows, with the level of the days before."""
    off, variance = truth.residuals(one, sums, crowd, breaks)
    sign = 1.0 if sums["extra"].sum() >= 0 else -1.0
    days, best = len(off), np.full(len(off), -np.inf)
    drift = DRIFT if one.kind in (*truth.COUNTED, "digital", "everything") else 0.0
    noise = truth.dispersion(off, variance, max(WINDOWS))
    for window in WINDOWS:
        spread = truth.dispersion(off, variance, window)
        wide, seen = truth.windowed(variance, window), truth.windowed(off + sums["extra"], window)
        scatter, departure = np.ones(days), np.full(days, -np.inf)
        for day in range(GAP + LEAST, days):
            base = slice(max(0, day - GAP - BASE + 1), day - GAP + 1)
            known = max(float(variance[base].sum()), 1e-9)
            departure[day] = sign * (seen[day] - wide[day] / known * off[base].sum())
            unsure = noise * wide[day] ** 2 / known + (drift * wide[day]) ** 2
            scatter[day] = np.sqrt(spread * max(wide[day], 1.0) + unsure)
        told = np.isfinite(departure)
        best[told] = np.maximum(best[told], truth._signed(departure[told], wide[told], scatter[told], one))
    return best


def main() -> None:
    """Print the steps with their 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=(1400, 1431), metavar=("FIRST", "LAST"))
    first, last = parser.parse_args().seeds
    flags: dict[str, list[bool]] = {}
    for seed in range(first, last + 1):
        for one, sums, crowd, breaks in plants_of(seed):
            exact = truth.z_scores(one, sums, crowd, breaks)
            days = np.arange(len(exact))
            if not (exact[days >= one.first] >= watch()["plants"]["oracle_z"]).any():
                continue
            told = deviations(one, sums, crowd, breaks) >= needed(one)
            open_days = (days >= one.first) & (days < one.end + AFTER)
            flags.setdefault("the scan's threshold", []).append(bool((exact[open_days] >= needed(one)).any()))
            for every in (1, 2, 3):
                kept = open_days & ((len(days) - 1 - days) % every == 0)
                flags.setdefault(f"and the level of the days before, every {every}", []).append(
                    bool(told[kept].any())
                )
    for name, found in flags.items():
        figure = share(name, found)
        print(f"{figure.name}: {figure.value:.3f} ({figure.low:.2f} to {figure.high:.2f}), n = {figure.cases}")


if __name__ == "__main__":
    main()
