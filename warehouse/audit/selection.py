"""Picking records out of the trail, joining a statement with its end, and writing them to a file."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from warehouse.errors import UsageError

Record = dict[str, Any]
Form = Literal["jsonl", "csv"]
COLUMNS = (
    "id", "at", "event", "user", "role", "attributes", "purpose", "break_glass", "source", "answer", "question",
    "plan", "sql_in", "sql_out", "tables", "data_class", "policy", "snapshot", "verdict", "code", "layer", "of",
    "rows", "suppressed", "ms", "result", "outcome",
)  # fmt: skip
OTHER = "other"
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Selection:
    """Which records are wanted; empty texts want all. `since` is the beginning of an ISO time.

    `about` are fingerprints, one of which is in the record.
    """

    user: str = ""
    role: str = ""
    event: str = ""
    verdict: str = ""
    since: str = ""
    answer: str = ""
    about: tuple[str, ...] = ()

    def takes(self, record: Record) -> bool:
        """Whether a record, or the end of its statement, is wanted."""
        named = (("user", self.user), ("role", self.role), ("verdict", self.verdict))
        if any(wanted and record.get(name) != wanted for name, wanted in named):
            return False
        if self.answer and not str(record.get("answer", "")).startswith(self.answer):
            return False
        if self.about and not any(fingerprint in json.dumps(record) for fingerprint in self.about):
            return False
        events = (record["event"], record.get("end", {}).get("event"))
        return (not self.event or self.event in events) and str(record["at"]) >= self.since

    def asked(self) -> dict[str, object]:
        """What was asked for, as the trail notes it."""
        return {name: value for name, value in vars(self).items() if value}


def joined(newest_first: Iterable[Record]) -> Iterator[Record]:
    """Statements with their end (`end`: rows, cells, milliseconds, hash, or the failure) and all other records."""
    ends: dict[int, Record] = {}
    for record in newest_first:
        if "of" in record:
            ends[record["of"]] = record
        else:
            end = ends.pop(record["id"], None)
            yield {**record, "end": end} if end else record
    yield from ends.values()  # their beginnings were pruned


def write(records: Iterable[Record], file: Path, form: Form, head: tuple[int, str]) -> tuple[int, str]:
    """Write records to a new file of the owner's and, as its last line, their digest and the trail's head.

    Returns how many and the SHA-256 of all bytes before the last line. Raises UsageError when the file exists or
    cannot be written.
    """
    lines = _csv(records) if form == "csv" else (json.dumps(record, sort_keys=True) for record in records)
    digest, count = hashlib.sha256(), 0
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            for count, line in enumerate(lines, start=0 if form == "csv" else 1):  # noqa: B007
                text = line.encode() + b"\n"
                digest.update(text)
                stream.write(text)
            stream.write(_last_line(form, count, digest.hexdigest(), head).encode() + b"\n")
    except FileExistsError as error:
        raise UsageError("The file exists already.", where=str(file), next_step="Give a new name.") from error
    except OSError as error:
        raise UsageError(
            f"The file cannot be written ({error.strerror}).", where=str(file), next_step="Correct the path."
        ) from error
    return count, digest.hexdigest()


def _last_line(form: Form, count: int, digest: str, head: tuple[int, str]) -> str:
    facts = {"sha256": digest, "records": count, "head": f"{head[0]}:{head[1]}"}
    return json.dumps(facts) if form == "jsonl" else ",".join(f"{name}={value}" for name, value in facts.items())


def _csv(records: Iterable[Record]) -> Iterator[str]:
    yield _line([*COLUMNS, OTHER])
    for record in records:
        rest = {name: value for name, value in record.items() if name not in COLUMNS}
        yield _line([*(_cell(record.get(name, "")) for name in COLUMNS), _cell(rest or "")])


def _line(cells: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()


def _cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return f"'{text}" if isinstance(value, str) and text.startswith(_STARTS_A_FORMULA) else text
