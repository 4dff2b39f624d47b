"""The change data feed: what was inserted, updated and deleted in silver and gold between two snapshots.

A row is what its model's grain says. It is updated when the newer snapshot has another value in one of its columns
(metadata of a load, `_...`, aside). Images follow Delta's change data feed: a row of the type `insert` or
`delete`, or a pair of `update_preimage` and `update_postimage`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import duckdb

from warehouse.errors import MissingDataError, UsageError
from warehouse.matching import Matching
from warehouse.reading import quoted
from warehouse.runner import Header, read_models
from warehouse.settings import BuildSettings
from warehouse.side_by_side import Pair, Side, side_by_side
from warehouse.snapshots import Snapshot, current, history
from warehouse.time_travel import find_kept

Format = Literal["csv", "parquet"]
State = Literal["compared", "added", "removed", "other_grain", "no_model"]


@dataclass(frozen=True)
class TableChanges:
    """The changes of one table. Counts are rows; None where they are not known or not shown.

    `days` are the first and the last day of the changed rows, old and new, and `day_count` how many there are.
    `state` says why a table was not compared row by row: `added` and `removed` (one snapshot lacks it),
    `other_grain` (a column of the grain is missing in one, so that every row counts as deleted and inserted),
    `no_model` (a table without a model file has no grain). Columns added, removed and retyped are the table's.
    """

    table: str
    inserted: int | None = 0
    updated: int | None = 0
    deleted: int | None = 0
    days: tuple[date, date] | None = None
    day_count: int = 0
    changed_columns: tuple[str, ...] = ()
    state: State = "compared"
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    columns_retyped: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything to tell."""
        counts = (self.inserted, self.updated, self.deleted)
        columns = self.columns_added + self.columns_removed + self.columns_retyped
        return self.state != "compared" or any(count != 0 for count in counts) or bool(columns)


@dataclass(frozen=True)
class Images:
    """Rows of the feed in the order of the grain: type, changed columns, the two ids, then the table's columns."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]


def changes(
    warehouse: Path,
    older_id: str,
    newer_id: str,
    tables: Sequence[str] | None = None,
    settings: BuildSettings | None = None,
) -> list[TableChanges]:
    """The changes of some or all silver and gold tables between two kept snapshots, in the order of names."""
    given = settings or BuildSettings()
    older, newer = (find_kept(warehouse, wanted, given) for wanted in (older_id, newer_id))
    with compare(older, newer, given) as comparison:
        return [comparison.summary(table) for table in tables or comparison.tables()]


@contextmanager
def compare(older: Snapshot, newer: Snapshot, settings: BuildSettings) -> Iterator[Comparison]:
    """Open two snapshots side by side. Raises UsageError when they are the same, MissingDataError when damaged."""
    if older.id == newer.id:
        raise UsageError(
            "A snapshot was compared with itself.",
            where=newer.id,
            next_step="Name another one with --from or --to.",
        )
    with side_by_side(older, newer, settings) as pair:
        yield Comparison(pair)


def endpoints(
    warehouse: Path, older_id: str | None, newer_id: str | None, settings: BuildSettings
) -> tuple[Snapshot, Snapshot]:
    """The two snapshots that are meant: without names the parent of the newer one, and the served one.

    Raises MissingDataError (exit 4) when one is not kept or the newer one has no parent.
    """
    newer = find_kept(warehouse, newer_id, settings) if newer_id else current(warehouse)
    if older_id:
        return find_kept(warehouse, older_id, settings), newer
    return _parent(warehouse, newer, settings), newer


def _parent(warehouse: Path, newer: Snapshot, settings: BuildSettings) -> Snapshot:
    if parent := newer.manifest.get("parent"):
        return find_kept(warehouse, parent, settings)
    known = history(warehouse)
    earlier = known[[snapshot.id for snapshot in known].index(newer.id) + 1 :]
    if "parent" in newer.manifest or not earlier:
        kept = ", ".join(snapshot.id for snapshot in known if snapshot.id != newer.id)
        raise MissingDataError(
            f"The snapshot {newer.id} was built from nothing, so there is none before it to compare it with.",
            where=str(warehouse),
            next_step=f"Name one with --from: {kept}." if kept else "Build again when there are new files.",
        )
    return earlier[0]


class Comparison:
    """Two attached snapshots, compared table by table."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._headers = {model.table: model.header for model in read_models()}

    def tables(self) -> list[str]:
        """Every silver and gold table of either snapshot."""
        return sorted(self._pair.tables())

    def columns(self, table: str) -> set[str]:
        """The columns that a table has in either snapshot."""
        return {name for side in self._sides(table) if side for name in side.columns}

    def summary(self, table: str) -> TableChanges:
        """Counts, days and columns of one table's changes. Raises UsageError for a table that neither has."""
        older, newer = self._sides(table)
        header = self._headers.get(table)
        if header is None:
            return TableChanges(table, None, None, None, state="no_model")
        if older and newer and not older.parts and not newer.parts:
            return TableChanges(table)  # all rows lie in files that both refer to
        match = Matching(header.grain, older, newer)
        con = self._pair.con
        inserted, updated, deleted, days, *changed = _rows(con, match.counting(_day_column(header, match)))[0]
        days = sorted({day for day in days or () if day is not None})
        return TableChanges(
            table,
            inserted,
            updated,
            deleted,
            (days[0], days[-1]) if days else None,
            len(days),
            tuple(name for name, is_changed in zip(match.compared, changed, strict=True) if is_changed),
            _state(older, newer, match),
            *match.columns_changed(),
        )

    def images(self, table: str, limit: int | None = None) -> Images:
        """The feed of one table, or the first rows of it."""
        sql = self._feed(table) + ("" if limit is None else f" LIMIT {int(limit)}")
        cursor = self._pair.con.execute(sql)
        columns = tuple((name, str(type_)) for name, type_, *_ in cursor.description or ())
        return Images(columns, cursor.fetchall())

    def write(self, table: str, file: Path, form: Format, limit: int | None = None) -> int:
        """Write the feed of one table to a file; returns the rows. Raises UsageError when it cannot be written."""
        feed = self._feed(table) + ("" if limit is None else f" LIMIT {int(limit)}")
        options = "FORMAT csv, HEADER" if form == "csv" else "FORMAT parquet"
        try:
            return int(_rows(self._pair.con, f"COPY ({feed}) TO {quoted(str(file))} ({options})")[0][0])
        except duckdb.IOException as error:
            raise UsageError(
                "The file cannot be written.", where=str(file), next_step="Check the folder and its free space."
            ) from error

    def _feed(self, table: str) -> str:
        older, newer = self._sides(table)
        header = self._headers.get(table)
        if header is None:
            raise UsageError(
                f"{table} has no model file, so nobody knows what a row of it is.",
                where="warehouse/models",
                next_step="Compare a table that a model makes.",
            )
        return Matching(header.grain, older, newer).feed(self._pair.older.id, self._pair.newer.id)

    def _sides(self, table: str) -> tuple[Side | None, Side | None]:
        known = self._pair.tables()
        if table not in known:
            from difflib import get_close_matches

            nearest = get_close_matches(table, sorted(known), n=1)
            hint = f"Did you mean {nearest[0]}?" if nearest else "Leave --table out for the list."
            raise UsageError(f"Neither snapshot has a table {table!r}.", where="--table", next_step=hint)
        return self._pair.sides(table)


def _rows(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    return con.execute(sql).fetchall()


def _state(older: Side | None, newer: Side | None, match: Matching) -> State:
    if older is None or newer is None:
        return "added" if older is None else "removed"
    return "compared" if match.same_grain else "other_grain"


def _day_column(header: Header, match: Matching) -> str | None:
    """The column with the day of a row: what the table is kept by, else a date of its grain; both must have it."""
    known = [header.partition, *(name for name in header.grain if match.is_date(name))]
    return next((name for name in known if name in match.common), None)
