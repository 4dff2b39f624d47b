"""The hidden truth of a watched company: what each plant added and cost, how clear it was, when it could be seen.

The oracle knows the cell, the expectation and the noise of what it watches, and only waits until the same alarm
level as a scan's is passed in a window of 1, 3, 7 or 14 days.
"""

from __future__ import annotations

import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from generator.catalog import TOPICS, Floats
from generator.watch.crowd import WatchCrowd
from generator.watch.events import Event
from generator.watch.ledger import Ledger
from generator.watch.plants import COUNTED, Plant
from generator.watch.settings import watch

_WINDOWS = (1, 3, 7, 14)
_WEEK = 7
_PLANNING, _CALL, _MINUTE = 8.0, 12.5, 0.75  # dollars


def write_watch_truth(
    path: Path,
    about: dict[str, Any],
    dates: list[date],
    planted: tuple[Plant, ...],
    ledger: Ledger,
    crowd: WatchCrowd,
    happened: list[Event],
) -> None:
    """Write what was planted in a watched company; keys are stable and sorted."""
    breaks = tuple(one.first for one in planted if one.kind in ("mix", "simpson", "relabel"))
    content = about | {
        "first_day": dates[0].isoformat(),
        "as_of": dates[-1].isoformat(),
        "plants": [_plant(one, dates, ledger.sums[one.number], crowd, happened, breaks) for one in planted],
        "events": len(happened),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _plant(
    one: Plant,
    dates: list[date],
    sums: dict[str, Floats],
    crowd: WatchCrowd,
    happened: list[Event],
    breaks: tuple[int, ...],
) -> dict[str, Any]:
    signal = z_scores(one, sums, crowd, breaks)
    seen = np.flatnonzero((signal >= watch()["plants"]["oracle_z"]) & (np.arange(len(dates)) >= one.first))
    last = min(one.end, len(dates)) - 1
    return {
        "number": one.number,
        "kind": one.kind,
        "segment": one.segment,
        "shape": one.shape,
        "size": round(one.size, 5),
        "first_day": dates[one.first].isoformat(),
        "last_day": dates[last].isoformat(),
        "snr7": round(first_week(one, sums, crowd, breaks), 3),
        "oracle_day": dates[int(seen[0])].isoformat() if len(seen) else None,
        "oracle_z": round(float(signal.max()), 2),
        "course": [round(float(value), 4) for value in one.course[one.first : one.end]],
        "excess": [round(float(value), 3) for value in sums["extra"][one.first :]],
        "contacts": [round(float(value), 1) for value in sums["size"][one.first :]],
        "dollars": {
            name: [round(float(x), 2) for x in values[one.first :]] for name, values in _dollars(one, sums)
        },
        "cause": next((event.id for event in happened if event.cause_of == one.number), None),
        "decoys": [event.id for event in happened if event.decoy_for == one.number],
    }


def _dollars(one: Plant, sums: dict[str, Floats]) -> list[tuple[str, Floats]]:
    """Cost by day, by each way of counting it."""
    if one.kind == "handle":
        return [("loaded", _MINUTE * sums["extra"])]
    if one.kind in (*COUNTED, "digital", "everything"):
        loaded = _CALL * sums["calls"] + _MINUTE * sums["minutes"]
        return [
            ("planning", _PLANNING * sums["calls"]),
            ("leaked", _PLANNING * sums["leaked"]),
            ("loaded", loaded),
        ]
    return []


def residuals(
    one: Plant, sums: dict[str, Floats], crowd: WatchCrowd, breaks: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """The cell without the plant, by day: its departure from expectation, and the variance expected (phi = 1).

    `breaks` are days from which the mix or the labels are others: the oracle knows that as well.
    """
    if one.kind in (*COUNTED, "digital", "everything"):
        shape = expected_course(one, crowd)
        expected = np.zeros_like(shape)
        edges = sorted({0, len(shape), *breaks})
        for part in (slice(start, end) for start, end in pairwise(edges)):
            expected[part] = shape[part] * sums["base"][part].sum() / max(shape[part].sum(), 1e-9)
        return sums["base"] - expected, expected
    total = max(sums["size"].sum(), 1.0)
    mean = sums["base"].sum() / total
    spread = max(sums["squares"].sum() / total - mean**2, 1e-9)
    return sums["base"] - mean * sums["size"], spread * sums["size"]


def expected_course(one: Plant, crowd: WatchCrowd) -> Floats:
    """What the calendar alone foresees for the cell, up to a factor."""
    if one.kind == "digital":
        return crowd.expected_in(one.segment, "digital")
    topics = [TOPICS.index(one.segment["topic"])] if "topic" in one.segment else list(range(len(TOPICS)))
    return np.asarray(crowd.levels.expected[topics].sum(axis=0))


def windowed(values: Floats, window: int) -> Floats:
    """Sums of the last `window` days, for each day."""
    sums = np.cumsum(values)
    return np.asarray(sums - np.concatenate([np.zeros(min(window, len(sums))), sums[:-window]]))


def dispersion(off: Floats, variance: Floats, window: int) -> float:
    """How much wider the sums of a window scatter than their variance says; at least 1."""
    wide, expected = windowed(off, window)[window:], windowed(variance, window)[window:]
    usable = expected > 0
    return max(1.0, float((wide[usable] ** 2).sum() / max(expected[usable].sum(), 1e-9)))


def z_scores(one: Plant, sums: dict[str, Floats], crowd: WatchCrowd, breaks: tuple[int, ...]) -> Floats:
    """The largest departure over all windows that end on each day, in standard deviations of the cell's own noise.

    The sign is such that what was planted is positive.
    """
    off, variance = residuals(one, sums, crowd, breaks)
    sign = 1.0 if sums["extra"].sum() >= 0 else -1.0
    best = np.full(len(off), -np.inf)
    for window in _WINDOWS:
        scatter = np.sqrt(dispersion(off, variance, window) * np.maximum(windowed(variance, window), 1.0))
        departure = sign * windowed(off + sums["extra"], window)
        best = np.maximum(best, _signed(departure, windowed(variance, window), scatter, one))
    return best


def _signed(departure: Floats, expected: Floats, scatter: Floats, one: Plant) -> Floats:
    """Of counts the root of the likelihood ratio (small counts are skewed), of sums the plain ratio."""
    plain = departure / scatter
    if one.kind not in (*COUNTED, "digital", "everything"):
        return np.asarray(plain)
    mean = np.maximum(expected, 0.5)
    count = np.maximum(mean + departure, 0.5)
    root = np.sqrt(np.maximum(2 * (count * np.log(count / mean) - (count - mean)), 0))
    return np.asarray(np.sign(departure) * root * np.sqrt(mean) / np.maximum(scatter, 1e-9))


def first_week(one: Plant, sums: dict[str, Floats], crowd: WatchCrowd, breaks: tuple[int, ...]) -> float:
    """What the plant added in its first seven days over the standard deviation of seven such days without it."""
    off, variance = residuals(one, sums, crowd, breaks)
    week = slice(one.first, one.first + _WEEK)
    scatter = np.sqrt(dispersion(off, variance, _WEEK) * max(float(variance[week].sum()), 1e-9))
    return float(abs(sums["extra"][week].sum()) / scatter)
