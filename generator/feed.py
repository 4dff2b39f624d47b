"""The live feed's files: small batches in order of time under `live/<day>/`, each event once, whatever is killed.

A batch is the events between two seconds of a day. Before its files are written the position says how far they
will go, and after that how far they went; a day can always be made again. So a feed that died in the middle of a
batch writes that batch again, byte by byte, and goes on.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from generator.callers import RecentCalls
from generator.catalog import Flags
from generator.files import SUFFIXES, write_table
from generator.live import DAY_ENDS, LiveCompany, LiveDay, next_day
from generator.past import files_of, read_members, read_past
from generator.position import (
    Position,
    fingerprints,
    forget_recent,
    read_position,
    read_recent,
    rename_durably,
    write_position,
    write_recent,
)
from generator.profiles import default_seed, load, names
from warehouse.errors import MissingDataError, UsageError

FOLDER = "live"
_LOCK = ".feed.lock"


@dataclass(frozen=True)
class Batch:
    """What one batch wrote: rows by source, the files, and up to when (event time) everything is written."""

    rows: dict[str, int]
    files: tuple[Path, ...]
    through: datetime

    @property
    def events(self) -> int:
        """How many events there are."""
        return sum(self.rows.values())


@dataclass
class Feed:
    """One company's feed into its own source folder. Open it with `Feed.open`; one feed a folder at a time.

    `finished` are the files of a batch that an earlier feed had begun.
    """

    source: Path
    _company: LiveCompany
    _suffix: str
    _position: Position
    _recent: RecentCalls
    _lock: IO[str]
    _today: LiveDay | None = None
    _tomorrow: RecentCalls | None = None
    finished: list[Path] = field(default_factory=list)

    @classmethod
    def open(cls, source: Path, *, profile: str = "", seed: int | None = None) -> Feed:
        """Go on where an earlier feed stopped, else with the day after the last one of the folder.

        `profile` is found by the number of members when it is not named. Raises UsageError (exit 2) when no
        profile fits or another feed writes here, MissingDataError (exit 4) when the folder has no usable sources.
        """
        lock = _locked(source)
        try:
            position = read_position(source / FOLDER) or _start(source, profile, seed)
            files = _member_files(source, position)
            members = read_members(files, position.origin, position.seed)
            company = LiveCompany(load(position.profile), position.seed, position.origin, members)
            suffix = next(suffix for suffix in SUFFIXES if files[0].name.endswith(suffix))
            recent = read_recent(source / FOLDER, position.day)
            feed = cls(source, company, suffix, position, recent, lock)
            feed._finish()
        except BaseException:
            lock.close()
            raise
        return feed

    @property
    def through(self) -> datetime:
        """The event time up to which everything is written."""
        return _moment(self._position.day, self._position.second)

    def close(self) -> None:
        """Let another feed write here."""
        self._lock.close()

    def write(self, events: int, *, until: date | None = None) -> Batch:
        """Write the next `events` events, over midnight if need be. A second is never split: it may be a few more.

        Nothing after the day `until` is written. Raises MissingDataError when the folder cannot be written.
        """
        rows: dict[str, int] = {}
        files: list[Path] = []
        try:
            for day, after, through in self._parts(events, until):
                self._save(pending=through)
                for name, table in _slices(day, after, through):
                    rows[name] = rows.get(name, 0) + table.num_rows
                    files.append(self._file(name, day.when, through, table))
                self._save(second=through, pending=None)
                if through == DAY_ENDS:
                    self._turn_the_page()
        except OSError as error:
            raise _not_written(self.source / FOLDER, error) from error
        return Batch(rows, tuple(files), self.through)

    def _parts(self, events: int, until: date | None) -> Iterator[tuple[LiveDay, int, int]]:
        """Days and the seconds (after, through] of each, until that many events are taken."""
        while events > 0 and (until is None or self._position.day <= until):
            day, after = self._day(), self._position.second
            left = day.moments[day.moments > after]
            through = DAY_ENDS if len(left) <= events else int(left[events - 1])
            yield day, after, through
            events -= int((left <= through).sum())

    def _day(self) -> LiveDay:
        if self._today is None:
            position = self._position
            self._today, self._tomorrow = self._company.day(position.day, self._recent, position.numbers)
        return self._today

    def _finish(self) -> None:
        """Write again what an earlier feed had begun to write; turn the page if it had come to the day's end."""
        position = self._position
        if position.pending is not None:
            for name, table in _slices(self._day(), position.second, position.pending):
                self.finished.append(self._file(name, position.day, position.pending, table))
            self._save(second=position.pending, pending=None)
        if self._position.second == DAY_ENDS:
            self._day()
            self._turn_the_page()

    def _turn_the_page(self) -> None:
        """The next day: what it has to know is kept before the position says that it has come."""
        assert self._today is not None
        assert self._tomorrow is not None
        day, tables = self._position.day, self._today.tables
        numbers = {
            name: first + (tables[name].num_rows if name in tables else 0)
            for name, first in self._position.numbers.items()
        }
        write_recent(self.source / FOLDER, next_day(day), self._tomorrow)
        self._save(day=next_day(day), numbers=numbers, second=-1)
        forget_recent(self.source / FOLDER, day)
        self._recent, self._today, self._tomorrow = self._tomorrow, None, None

    def _file(self, name: str, day: date, through: int, table: pa.Table) -> Path:
        """Write one file; nobody sees it before it is whole."""
        folder = self.source / FOLDER / day.isoformat()
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}-{day:%Y%m%d}-{_moment(day, through):%H%M%S}{self._suffix}"
        hidden = path.with_name(f".{path.name}")
        write_table(table, hidden)
        rename_durably(hidden, path)
        return path

    def _save(self, **changes: Any) -> None:
        self._position = replace(self._position, **changes)
        write_position(self.source / FOLDER, self._position)


def _slices(day: LiveDay, after: int, through: int) -> Iterator[tuple[str, pa.Table]]:
    for name, table in day.tables.items():
        inside: Flags = (day.seconds[name] > after) & (day.seconds[name] <= through)
        if inside.any():
            yield name, table.filter(pa.array(inside))


def _moment(day: date, second: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(seconds=second)


def _start(source: Path, profile: str, seed: int | None) -> Position:
    """The position before the first event, kept with the calls of the last days."""
    files = files_of(source, "members")
    if not files:
        raise MissingDataError(
            "The source folder has no file of members.",
            where=str(source),
            next_step="Give a folder that `command-center generate` has written.",
        )
    past = read_past(source, files)
    chosen_seed = default_seed() if seed is None else seed
    name = load(profile).name if profile else _profile_of(source, files, past.last_day)
    members = fingerprints(source, files)
    position = Position(name, chosen_seed, past.last_day, next_day(past.last_day), past.numbers, members)
    write_recent(source / FOLDER, position.day, past.recent)
    write_position(source / FOLDER, position)
    return position


def _profile_of(source: Path, files: list[Path], last_day: date) -> str:
    size = read_members(files, last_day, 0).size
    found = [name for name in names() if load(name).members == size]
    if not found:
        raise UsageError(
            f"No profile has {size:,} members.",
            where=str(source),
            next_step=f"Name the one whose density of events you want: --profile {names()[0]}.",
        )
    return found[0]


def _member_files(source: Path, position: Position) -> list[Path]:
    """The files of the members that the feed began with. Raises MissingDataError when they have changed."""
    files = [source / name for name in position.members]
    changed = [path for path in files if not path.is_file()]
    if not changed and fingerprints(source, files) == position.members:
        return files
    raise MissingDataError(
        "The members have changed since the feed began: it cannot go on with them.",
        where=", ".join(position.members),
        next_step=f"Put the file back, or remove {FOLDER}/.feed.json in the source folder to begin anew.",
    )


def _locked(source: Path) -> IO[str]:
    if not source.is_dir():
        raise UsageError("The source folder does not exist.", where=str(source), next_step="Correct --source.")
    try:
        (source / FOLDER).mkdir(exist_ok=True)
        lock = (source / FOLDER / _LOCK).open("a")
    except OSError as error:
        raise _not_written(source, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise UsageError(
            "Another feed is writing to this folder.", where=str(source), next_step="Stop it with Ctrl+C first."
        ) from error
    return lock


def _not_written(folder: Path, error: OSError) -> MissingDataError:
    return MissingDataError(
        f"The feed could not write ({error.strerror or error}).",
        where=str(folder),
        next_step="Free some space or make the folder writable; the feed goes on where it stopped.",
    )
