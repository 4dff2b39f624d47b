"""Segments: immutable files of rows that snapshots share. A snapshot is a list of segments and two small files.

A segment of kind `raw` holds what one build received; `reference` the members and other small tables; `days`
all events of a range of days. Each part of a segment (raw, accepted, lake, gold, shared) is one DuckDB file whose
name says what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

from warehouse.reading import quoted

FOLDER = "segments"
Kind = Literal["raw", "reference", "days"]
PARTS = ("raw", "accepted", "lake", "gold", "shared")
UNLOGGED = "RECOVERY_MODE no_wal_writes"
"""How a file is attached that a build writes: it is whole when it is closed, and thrown away when the build fails,
so a log of each statement, forced to the disk, would be for nothing."""
_SCHEMAS = {
    "raw": ("bronze",),
    "accepted": ("rows", "bronze"),
    "lake": ("silver",),
    "gold": ("gold",),
    "shared": ("gold",),
}


@dataclass(frozen=True)
class Segment:
    """One segment: its parts' files, the days and rows in them.

    `parts` names each part's file without prefix and suffix: a part that did not change keeps the name it has
    in the snapshot before. `starts` is the first day it may hold (None: no bound), `first_day` and `last_day`
    are those it does hold. `rows` counts rows per table, `bounds` are the first and last instant of the calls
    and interactions, `files` the source files of its rows by source table.
    """

    kind: Kind
    parts: dict[str, str]
    starts: date | None = None
    first_day: date | None = None
    last_day: date | None = None
    rows: dict[str, int] = field(default_factory=dict)
    bounds: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)

    def alias(self, part: str) -> str:
        """The catalog name under which a part is attached; views refer to it."""
        return f"{part}_{self.parts[part]}"

    def file(self, part: str) -> str:
        """The file of a part, inside the warehouse's `segments` folder."""
        return file_of(part, self.parts[part])

    def document(self) -> dict[str, Any]:
        """JSON values for the manifest: every part's file name or null, then the facts."""
        return {
            "kind": self.kind,
            **{part: self.file(part) if part in self.parts else None for part in PARTS},
            "starts": _iso(self.starts),
            "first_day": _iso(self.first_day),
            "last_day": _iso(self.last_day),
            "rows": self.rows,
            "bounds": {table: [_iso(low), _iso(high)] for table, (low, high) in self.bounds.items()},
            "files": self.files,
        }


def segment_of(document: dict[str, Any]) -> Segment:
    """The segment that a manifest describes. Raises KeyError or ValueError when the manifest is damaged."""
    return Segment(
        kind=document["kind"],
        parts={part: _name_in(document[part]) for part in PARTS if document[part]},
        starts=_day(document["starts"]),
        first_day=_day(document["first_day"]),
        last_day=_day(document["last_day"]),
        rows=document["rows"],
        bounds={
            table: (datetime.fromisoformat(low), datetime.fromisoformat(high))
            for table, (low, high) in document["bounds"].items()
        },
        files=document["files"],
    )


def segments_of(manifest: dict[str, Any]) -> list[Segment]:
    """All segments of a snapshot's manifest."""
    return [segment_of(document) for document in manifest["segments"]]


def file_of(part: str, name: str) -> str:
    """The file name of a part."""
    return f"{part}-{name}.duckdb"


def _name_in(file: str) -> str:
    return file.split("-", 1)[1].removesuffix(".duckdb")


def _iso(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def attach(
    con: duckdb.DuckDBPyConnection, folder: Path, segments: Iterable[Segment], parts: Sequence[str]
) -> None:
    """Attach parts of segments read-only, each under its alias. Raises duckdb.Error when a file is missing."""
    for segment in segments:
        for part in parts:
            if part in segment.parts:
                path = quoted(str(folder / segment.file(part)))
                con.execute(f"ATTACH {path} AS {segment.alias(part)} (READ_ONLY)")


def create(con: duckdb.DuckDBPyConnection, staging: Path, part: str, name: str) -> str:
    """Attach an empty new file for a part, with its schemas; returns its alias."""
    alias = f"{part}_{name}"
    con.execute(f"ATTACH {quoted(str(staging / file_of(part, name)))} AS {alias} ({UNLOGGED})")
    for schema in _SCHEMAS[part]:
        con.execute(f"CREATE SCHEMA {alias}.{schema}")
    return alias
