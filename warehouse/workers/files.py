"""Which files a worker opens for a class of data: the only place that knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.engine import PUBLISHED
from warehouse.outside import SOURCE
from warehouse.policy import Data
from warehouse.reading import quoted
from warehouse.snapshots import PARTS_OF, Snapshot


@dataclass(frozen=True)
class Files:
    """The file that is opened, the statements that attach what its views show, and in which of them a schema lies.

    `prefixes` names the attached file of a schema that the opened one does not hold.
    """

    main: Path
    attach: tuple[str, ...]
    prefixes: Mapping[str, str] = field(default_factory=dict)


def files_of(snapshot: Snapshot, data: Data) -> Files:
    """The files of a snapshot that serve a class of data, and no others."""
    outside = snapshot.manifest.get("outside")
    if outside:  # somebody else's file has one class: the views, which name every column that may be read
        return Files(snapshot.gold_path.absolute(), (_attach(Path(outside), SOURCE),))
    parts = [
        _attach(snapshot.segments_folder / segment.file(part), segment.alias(part))
        for segment in snapshot.segments
        for part in PARTS_OF[data]
        if part in segment.parts
    ]
    if data == "lake":
        gold = _attach(snapshot.gold_path, PUBLISHED)
        return Files(snapshot.lake_path.absolute(), (gold, *parts), {"gold": PUBLISHED})
    own = snapshot.shared_path if data == "shared" else snapshot.gold_path
    return Files(own.absolute(), tuple(parts))


def _attach(path: Path, alias: str) -> str:
    return f"ATTACH {quoted(str(path.absolute()))} AS {alias} (READ_ONLY)"
