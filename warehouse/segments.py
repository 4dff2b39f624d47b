"""Segments: immutable files of rows that snapshots share. A snapshot is a list of segments and two small files.

A segment of kind `raw` holds what one build received; `reference` the members and other small tables; `days` all
events of a range of days. Each part of a segment (raw, accepted, lake, gold) is one DuckDB file whose name says what it is.
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
PARTS = ("raw", "accepted", "lake", "gold")
_SCHEMAS = {"raw": ("bronze",), "accepted": ("rows", "bronze"), "lake": ("silver",), "gold": ("gold",)}


@dataclass(frozen=True)
class Segment:
    """One segment: its parts' files, the days and rows in them.

    `starts` is the first day it may hold (None: no bound), `first_day` and `last_day` are those it does hold. `rows` counts
    rows per table, `bounds` are the first and last instant of the calls and interactions, `files` the source files of its
    rows by source table.
    """

    name: str
    kind: Kind
    parts: tuple[str, ...]
    starts: date | None = None
    first_day: date | None = None
    last_day: date | None = None
    rows: dict[str, int] = field(default_factory=dict)
    bounds: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)
    files: dict[str, list[str]] = field(default_factory=dict)

    def alias(self, part: str) -> str:
        """The catalog name under which a part is attached; views refer to it."""
        return f"{part}_{self.name}"

    def file(self, part: str) -> str:
        """The file of a part, inside the warehouse's `segments` folder."""
        return f"{part}-{self.name}.duckdb"

    def document(self) -> dict[str, Any]:
        """JSON values for the manifest: every part's file name or null, then the facts."""
        return {
            "name": self.name,
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
        name=document["name"],
        kind=document["kind"],
        parts=tuple(part for part in PARTS if document[part]),
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


def _iso(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def attach(con: duckdb.DuckDBPyConnection, folder: Path, segments: Iterable[Segment], parts: Sequence[str]) -> None:
    """Attach parts of segments read-only, each under its alias. Raises duckdb.Error when a file is missing."""
    for segment in segments:
        for part in parts:
            if part in segment.parts:
                path = quoted(str(folder / segment.file(part)))
                con.execute(f"ATTACH {path} AS {segment.alias(part)} (READ_ONLY)")


def create(con: duckdb.DuckDBPyConnection, staging: Path, segment: Segment) -> None:
    """Attach empty new files for all parts of a segment, with their schemas."""
    for part in segment.parts:
        con.execute(f"ATTACH {quoted(str(staging / segment.file(part)))} AS {segment.alias(part)}")
        for schema in _SCHEMAS[part]:
            con.execute(f"CREATE SCHEMA {segment.alias(part)}.{schema}")


def seal(con: duckdb.DuckDBPyConnection, staging: Path, segment: Segment) -> None:
    """Write a new segment's files out and attach them again as what they are from now on: read-only."""
    for part in segment.parts:
        con.execute(f"CHECKPOINT {segment.alias(part)}")
        con.execute(f"DETACH {segment.alias(part)}")
    attach(con, staging, [segment], segment.parts)


def detach(con: duckdb.DuckDBPyConnection, segments: Iterable[Segment]) -> None:
    """Let go of segments."""
    for segment in segments:
        for part in segment.parts:
            con.execute(f"DETACH {segment.alias(part)}")
