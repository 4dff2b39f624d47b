"""The ledger: every source file ever taken, by its content. It travels in the manifest of each snapshot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import PurePosixPath
from typing import Any

from warehouse.contract import Contract, load_contract

FROM_THE_BEGINNING = date(1900, 1, 1)
_DAY_IN_PATH = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


@dataclass(frozen=True)
class TakenFile:
    """A file that was taken, or refused as a whole (`refused` says why). `number` orders files by arrival.

    `effective` is the day from which a members file counts; None for other tables.
    """

    number: int
    table: str
    name: str
    sha256: str
    rows: int
    refused: str
    unknown_columns: tuple[str, ...]
    columns: tuple[str, ...]
    loaded_at: str
    effective: date | None = None

    @property
    def stem(self) -> str:
        """The name without its suffixes: by it, `call_center` comes before `call_center-2`."""
        return stem_of(self.name)

    def document(self, quarantined: int) -> dict[str, Any]:
        """JSON values for the manifest."""
        return {
            "table": self.table,
            "file": self.name,
            "sha256": self.sha256,
            "rows": self.rows,
            "quarantined": quarantined,
            "refused": self.refused,
            "unknown_columns": list(self.unknown_columns),
            "number": self.number,
            "columns": list(self.columns),
            "loaded_at": self.loaded_at,
            "effective": None if self.effective is None else self.effective.isoformat(),
        }


def taken_file(document: dict[str, Any]) -> TakenFile:
    """The entry that a manifest holds. Raises KeyError or ValueError when it is damaged."""
    return TakenFile(
        number=document["number"],
        table=document["table"],
        name=document["file"],
        sha256=document["sha256"],
        rows=document["rows"],
        refused=document["refused"],
        unknown_columns=tuple(document["unknown_columns"]),
        columns=tuple(document["columns"]),
        loaded_at=document["loaded_at"],
        effective=None if document["effective"] is None else date.fromisoformat(document["effective"]),
    )


def ledger_of(manifest: dict[str, Any]) -> list[TakenFile]:
    """All files of a snapshot, in the order of their arrival."""
    return [taken_file(document) for document in manifest["sources"]]


def stem_of(name: str) -> str:
    """A file's path without the suffixes of its name."""
    path = PurePosixPath(name)
    return path.with_name(path.name.split(".")[0] or path.name).as_posix()


def day_in(name: str) -> date | None:
    """The last valid day written in a path, as 2026-10-29 or 20261029."""
    for year, month, day in reversed(_DAY_IN_PATH.findall(name)):
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            continue
    return None


def effective_day(name: str, sha256: str, earlier: Iterable[TakenFile], latest_event: date | None) -> date:
    """From which day a members file counts.

    The day in its path; else what was decided when this content first came; else the beginning of time for the
    first members file, and the day after the latest event for one that comes later.
    """
    named = day_in(name)
    if named is not None:
        return named
    members = [file for file in earlier if file.table == "members" and not file.refused]
    decided = next((file.effective for file in members if file.sha256 == sha256 and file.effective), None)
    if decided is not None:
        return decided
    if not members or latest_event is None:
        return FROM_THE_BEGINNING
    return latest_event + timedelta(days=1)


def lacking_columns(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """The missing columns of a snapshot's manifest; the id of traces too, for one made before traces were read."""
    found: dict[str, list[str]] = dict(manifest.get("missing_columns", {}))
    made = manifest.get("tables", {})
    for table in load_contract().values():
        if table.format == "traces" and f"gold.{table.name}" not in made:
            found.setdefault(table.name, [table.key])
    return found


def missing_columns(files: Sequence[TakenFile], contract: Contract) -> dict[str, list[str]]:
    """Optional columns that no accepted file of a table has, by table; without any file of traces their id."""
    found: dict[str, list[str]] = {}
    for table in contract.values():
        taken = [file for file in files if file.table == table.name and not file.refused]
        absent = table.missing_from([column for file in taken for column in file.columns], required=False)
        if not taken and table.format == "traces":
            absent = [table.key]
        elif not taken:
            continue
        if absent:
            found[table.name] = absent
    return found


def missing_files(files: Sequence[TakenFile], contract: Contract) -> list[str]:
    """Tables without an accepted file."""
    taken = {file.table for file in files if not file.refused}
    return [name for name in contract if name not in taken]
