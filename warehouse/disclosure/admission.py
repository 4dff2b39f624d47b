"""Whether an answer may be given after those that the same reader has had, and which of its cells may not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock

from warehouse.disclosure.apart import (
    Cell,
    cells_close_to,
    cells_of,
    close_cells,
    given_away,
    members_apart,
    members_of,
    sketch_of,
)
from warehouse.disclosure.ledger import Ledger
from warehouse.engine import Rows
from warehouse.errors import DeniedError
from warehouse.guard.decision import MIXED, REASONS, Release
from warehouse.settings import Limits
from warehouse.workers.remembered import Remembered

_COMPARED = 20  # the newest earlier answers by the same groups
Run = Callable[[str, int], Rows]


@dataclass(frozen=True)
class Withheld:
    """Cells that an earlier answer would give away: the rows whose columns `names` have one of these values."""

    names: tuple[str, ...]
    cells: frozenset[Cell]


@dataclass(frozen=True)
class Admitted:
    """How a statement may be answered: the groupings whose totals the reader knows, and cells not to be shown."""

    totals: frozenset[frozenset[str]] = frozenset()
    withheld: tuple[Withheld, ...] = ()


class Admission:
    """Holds each statement against the ledger. Safe to share between threads; one reader at a time."""

    def __init__(self, path: Path, limits: Limits, clock: Callable[[], datetime]) -> None:
        self._ledger = Ledger(path, limits.remember_days)
        self._limits, self._clock = limits, clock
        self._locks: dict[str, Lock] = defaultdict(Lock)
        self._sketches: Remembered[tuple[int, ...]] = Remembered()
        self._cells: Remembered[dict[Cell, tuple[int, int]]] = Remembered(200)

    def admit(self, reader: str, snapshot: str, releases: tuple[Release, ...], run: Run) -> Admitted:
        """Remember the releases as shown, and say how they may be.

        Raises DeniedError: budget_spent, too_close, disclosure_unavailable.
        """
        now = self._clock()
        with self._locks[reader]:
            if not self._ledger.spend(reader, now, self._limits.statements_per_day):
                raise _denied("budget_spent", "Ask again tomorrow, or let limits.statements_per_day be raised.")
            totals: set[frozenset[str]] = set()
            withheld: list[Withheld] = []
            before: list[Release] = []
            for release in releases:
                if not release.only_days and self._is_never_shown(release, snapshot, run):
                    continue
                earlier = [*before, *self._ledger.earlier(reader, snapshot, release)]
                same = [other for other in earlier if other.base == release.base]
                totals |= {frozenset(other.keys) for other in same if set(other.keys) < set(release.keys)}
                withheld += self._given_away(release, same, run)
                withheld += self._compared(release, earlier, snapshot, run)
                before.append(release)
            self._ledger.record(reader, snapshot, tuple(before), now)
        return Admitted(frozenset(totals), tuple(withheld))

    def close(self) -> None:
        """Close the ledger."""
        self._ledger.close()

    def _given_away(self, release: Release, same: list[Release], run: Run) -> list[Withheld]:
        """What the totals of a coarser grouping would tell of the cells that were hidden in a finer one."""
        found: set[Cell] = set()
        for finer in [other for other in same if set(other.keys) > set(release.keys)][:_COMPARED]:
            found |= given_away(finer, release, self._limits.small_cell, run)
        return self._withheld(release, found)

    def _compared(self, release: Release, earlier: list[Release], snapshot: str, run: Run) -> list[Withheld]:
        others = [
            other
            for other in earlier
            if other.base != release.base
            and (other.table == release.table or MIXED in (other.table, release.table))
            and not (other.only_days and release.only_days)
        ]
        if any(self._is_close(release, other, snapshot, run) for other in others):
            raise _denied("too_close", "Ask for groups or filters that differ by more members.")
        sameday = [other for other in others if other.days == release.days]
        grouped = [other for other in sameday if other.keys][:_COMPARED]
        found: set[Cell] = set()
        if any(self._close_to(release, other, snapshot, run) for other in grouped):
            found |= self._left_open(release, snapshot, run)
        for whole in sameday[:_COMPARED] if release.keys else ():
            found |= self._close_to(whole, release, snapshot, run)
        alike = [other for other in sameday if other.keys and other.keys == release.keys]
        for other in alike[:_COMPARED]:
            sketches = [self._groups(one, snapshot, run) for one in (release, other)]
            if None not in sketches:
                known = [sketch for sketch in sketches if sketch is not None]
                found |= close_cells(release, other, known, self._limits.small_cell, run)
        return self._withheld(release, found)

    def _close_to(self, whole: Release, grouped: Release, snapshot: str, run: Run) -> set[Cell]:
        """The cells of `grouped` that all of `whole` would give a few members of."""
        cells = self._groups(grouped, snapshot, run)
        if cells is None:
            return set()
        counts = self._sketch(whole, snapshot, run)
        return cells_close_to(whole, counts, grouped, cells, self._limits.small_cell, run)

    def _left_open(self, release: Release, snapshot: str, run: Run) -> set[Cell]:
        """The smallest group of surely enough members: without it the groups do not add up to what is close."""
        cells = self._groups(release, snapshot, run) if release.keys else None
        large = [
            (count, repr(cell), cell)
            for cell, (count, bits) in (cells or {}).items()
            if bits.bit_count() >= self._limits.small_cell
        ]
        if not large:
            raise _denied("too_close", "Ask for groups or filters that differ by more members.")
        return {min(large)[2]}

    def _withheld(self, release: Release, found: set[Cell]) -> list[Withheld]:
        if found and not all(release.names):
            raise _denied("too_close", "Ask for groups or filters that differ by more members.")
        return [Withheld(release.names, frozenset(found))] if found else []

    def _is_never_shown(self, release: Release, snapshot: str, run: Run) -> bool:
        """So few members stand under it that every cell of it is withheld anyway."""
        few = self._limits.small_cell
        return sum(map(bool, self._sketch(release, snapshot, run))) < few and members_of(release, run) < few

    def _is_close(self, release: Release, other: Release, snapshot: str, run: Run) -> bool:
        mine, theirs = (self._sketch(one, snapshot, run) for one in (release, other))
        differing = sum(a != b for a, b in zip(mine, theirs, strict=True))
        few = self._limits.small_cell
        return 0 < differing < few and 0 < members_apart(release, other, run) < few

    def _sketch(self, release: Release, snapshot: str, run: Run) -> tuple[int, ...]:
        key = (snapshot, release.base)
        return self._sketches.get(key) or self._sketches.put(key, sketch_of(release, run))

    def _groups(self, release: Release, snapshot: str, run: Run) -> dict[Cell, tuple[int, int]] | None:
        key = (snapshot, release.rows)
        known = self._cells.get(key)
        if known is None:
            found = cells_of(release, run)
            known = self._cells.put(key, found) if found is not None else None
        return known


def _denied(code: str, next_step: str) -> DeniedError:
    return DeniedError(REASONS[code][1], code=code, next_step=next_step)
