"""How the trail lies on disk: a line for each record, sealed together with the line before, and a head.

A line is `<seal> <record>`: the seal is a keyed hash over the seal before and the record's bytes, so that every
byte of every file is covered by the chain. The files are cut by day and named after their first record. The head
is one line of fixed length, sealed as well, and is written over in place: it tells how many records there are
and where the last one ends, so that a tail that was cut off is missed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIRST = "0" * 64
"""What stands before the first record's seal."""
HEAD = "head"
KEY = "key"
LOCK = "lock"
PRUNED = "pruned"
HEAD_BYTES = 512
NO_FILE = "-"
_FILE = re.compile(r"\d{12}-\d{4}-\d\d-\d\d\.jsonl")
_BEGINNING = re.compile(rb"[0-9a-f]{0,64}|[0-9a-f]{64} |[0-9a-f]{64} \{.*", re.DOTALL)
_NUMBER = re.compile(rb'[0-9a-f]{64} \{"id":(\d+),')


def seal(key: bytes, text: bytes) -> str:
    """A keyed hash: nobody can make it, or guess what it is of, without the key."""
    return hmac.digest(key, text, "sha256").hex()


def line(key: bytes, previous: str, body: bytes) -> tuple[str, bytes]:
    """A record's seal, and its line."""
    made = seal(key, previous.encode() + b"\n" + body)
    return made, made.encode() + b" " + body + b"\n"


def seal_of(key: bytes, previous: str, raw: bytes) -> str | None:
    """The seal of a line without its end, when it is as written after `previous`; None otherwise."""
    body = raw[65:]
    made = seal(key, previous.encode() + b"\n" + body)
    return made if raw[:65] == made.encode() + b" " else None


def record_of(raw: bytes) -> dict[str, Any]:
    """The record in a line whose seal was found right."""
    found: dict[str, Any] = json.loads(raw[65:])
    return found


def is_cut_off(raw: bytes, number: int) -> bool:
    """Whether bytes without a line's end look like the beginning of the record of that number."""
    if not _BEGINNING.fullmatch(raw):
        return False
    named, started = _NUMBER.match(raw), f'{{"id":{number},'.encode()
    return int(named[1]) == number if named else started.startswith(raw[65:])


def fragment(raw: bytes) -> dict[str, Any]:
    """What a record says of bytes that an interrupted write left before it."""
    return {"event": "repaired", "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def file_name(number: int, day: str) -> str:
    """The file that begins with this record, on this day (ISO)."""
    return f"{number:012d}-{day}.jsonl"


def first_of(name: str) -> int:
    """The number of a file's first record, by its name."""
    return int(name[:12])


def day_of(name: str) -> str:
    """The day (ISO) of a file's first record, by its name."""
    return name[13:23]


def files_in(folder: Path) -> list[str]:
    """The names of the trail's files, the oldest first."""
    return sorted(entry.name for entry in folder.iterdir() if _FILE.fullmatch(entry.name))


@dataclass(frozen=True)
class Head:
    """Where the trail ends: the last record's number and seal, its file, and that file's size in bytes."""

    number: int
    seal: str
    file: str
    size: int

    def packed(self, key: bytes) -> bytes:
        """The head's line."""
        text = f"{self.number:015d} {self.seal} {self.size:015d} {self.file:<29}".encode()
        return text + b" " + seal(key, b"head\n" + text).encode() + b"\n"


NOTHING = Head(0, FIRST, NO_FILE, 0)


def unpacked(raw: bytes, key: bytes) -> Head | None:
    """The head that a line holds; None when one byte of it is not as written."""
    try:
        number, last, size, file, _ = raw.decode("ascii").split()
        found = Head(int(number), last, file, int(size))
    except ValueError:
        return None
    return found if hmac.compare_digest(found.packed(key), raw) else None


@dataclass(frozen=True)
class Tombstone:
    """What was pruned: all records up to `through`, whose seal is `seal`."""

    through: int
    seal: str

    def packed(self, key: bytes) -> bytes:
        """The tombstone's line."""
        text = f"{self.through} {self.seal}".encode()
        return text + b" " + seal(key, b"pruned\n" + text).encode() + b"\n"


def tombstone_in(folder: Path, key: bytes) -> Tombstone | None:
    """The folder's tombstone. Raises ValueError when it is not as written."""
    try:
        raw = (folder / PRUNED).read_bytes()
    except FileNotFoundError:
        return None
    through, last = raw.decode("ascii", errors="replace").split()[:2]
    found = Tombstone(int(through), last)
    if not hmac.compare_digest(found.packed(key), raw):
        raise ValueError(PRUNED)
    return found
