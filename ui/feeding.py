"""The pace of a live feed: batches that are due are written, built and published, one round after the other.

While a build runs, what happens meanwhile waits for the next batch: a slow build makes batches larger, never lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.errors import CommandCenterError, MissingDataError
from warehouse.snapshots import LOCK

if TYPE_CHECKING:
    from generator.feed import Feed
    from warehouse.build import BuildReport
    from warehouse.settings import Settings

Progress = Callable[[str, float], None]
Build = Callable[[], "BuildReport"]
_LOCK_WAIT = 0.5  # seconds


@dataclass(frozen=True)
class Round:
    """One batch and what became of it; seconds unless said. What is None did not happen (no build was asked for).

    `lag_seconds` is from the files' landing to their snapshot being served; `oldest_seconds` from the moment the
    batch's first event was due to the same end.
    """

    batch: int
    events: int
    rows: dict[str, int]
    through: datetime
    write_seconds: float
    lag_seconds: float | None = None
    oldest_seconds: float | None = None
    snapshot: str | None = None
    as_of: date | None = None


@dataclass(frozen=True)
class Pace:
    """How fast: events a second, the least seconds between two batches, and when to stop (never, when None)."""

    rate: float
    every: float
    seconds: float | None = None
    until: date | None = None


def rounds(
    feed: Feed,
    pace: Pace,
    build: Build | None,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Round]:
    """Feed at a pace until it ends. Each round writes the events that are due and builds them.

    Raises what `feed.write` and `build` raise; what was written stays written and the next feed goes on after it.
    """
    began = written_at = clock()
    written = number = 0
    while True:
        _wait(began, written_at, written, pace, clock, sleep)
        now = _within(clock() - began, pace)
        batch = feed.write(int(pace.rate * now) - written, until=pace.until)
        if not batch.events:
            return
        spent = round(clock() - began - now, 3)
        number, written = number + 1, written + batch.events
        made = Round(number, batch.events, batch.rows, batch.through, spent)
        due_since, written_at = written_at, began + now
        yield made if build is None else _published(made, build, due_since, clock)


def _within(seconds: float, pace: Pace) -> float:
    return seconds if pace.seconds is None else min(seconds, pace.seconds)


def _wait(
    began: float,
    written_at: float,
    written: int,
    pace: Pace,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """Until the next batch is due: some seconds after the last one, with at least one event, or at the end."""
    due = max(written_at + pace.every, began + (written + 1) / pace.rate)
    if pace.seconds is not None:
        due = min(due, began + pace.seconds)
    while (left := due - clock()) > 0:
        sleep(left)


def _published(made: Round, build: Build, due_since: float, clock: Callable[[], float]) -> Round:
    landed = clock()
    report = build()
    done = clock()
    return replace(
        made,
        lag_seconds=round(done - landed, 3),
        oldest_seconds=round(done - due_since, 3),
        snapshot=report.snapshot,
        as_of=report.as_of,
    )


def patient_build(
    source: Path,
    warehouse: Path,
    settings: Settings,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> BuildReport:
    """Build; when another build runs on this warehouse, wait for its end and then build."""
    from ui.cli_search import refresh_search
    from warehouse.build import build

    while True:
        try:
            report = build(source, warehouse, settings, progress=progress)
            if report.published:
                refresh_search(settings, warehouse)
            return report
        except MissingDataError as error:
            if Path(error.where).name != LOCK:
                raise
            sleep(_LOCK_WAIT)


@dataclass(frozen=True)
class Landing:
    """A build that was made because files landed, or why it could not be made."""

    files: int
    lag_seconds: float
    report: BuildReport | None = None
    failure: CommandCenterError | None = None


def follow(
    source: Path,
    build: Build,
    *,
    every: float,
    seconds: float | None = None,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Landing]:
    """Build once, and again whenever files have landed in `source` or changed, once they have stopped changing.

    A build that fails is told, and tried again when the next file lands. Lag counts from the newest file's time,
    which `now` (epoch seconds) is compared with.
    """
    ends = None if seconds is None else now() + seconds
    built: dict[str, tuple[int, int]] | None = None
    before = listing(source)
    while ends is None or now() < ends:
        found = listing(source)
        if found == before and found != built:
            new = [stamp for name, stamp in found.items() if (built or {}).get(name) != stamp]
            built = found
            yield _landing(build, new, now)
        before = found
        sleep(every)


def _landing(build: Build, new: list[tuple[int, int]], now: Callable[[], float]) -> Landing:
    report, failure = None, None
    try:
        report = build()
    except CommandCenterError as error:
        failure = error
    newest = max((time_ns for _, time_ns in new), default=0) / 1e9
    return Landing(len(new), round(max(now() - newest, 0.0), 3), report, failure)


def listing(source: Path) -> dict[str, tuple[int, int]]:
    """Size and time (ns) of every file below a folder; hidden ones, which are still being written, left out."""
    found = {}
    for path in source.rglob("*"):
        name = path.relative_to(source)
        if any(part.startswith(".") for part in name.parts):
            continue
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue  # taken away between the listing and the look
        if path.is_file():
            found[name.as_posix()] = (stat.st_size, stat.st_mtime_ns)
    return found


def quantile(values: list[float], share: float) -> float:
    """The value that `share` of all values (at least one) do not exceed, by nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-round(share * 100) * len(ordered) // 100) - 1)]
