"""Taking over a trail that an earlier version kept in an SQLite file (audit.db with audit.key)."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import sqlite3
from pathlib import Path

from warehouse.audit import chain
from warehouse.audit.chain import FIRST, NOTHING, Head

_Row = tuple[int, str, str, str]
KEPT = "earlier.db"


def take_over(folder: Path) -> tuple[bytes, Head] | None:
    """The key and the end of a new trail that begins with the records of the earlier one; None without one.

    Its last record says how many there were and whether they were as written.
    """
    file = folder.with_name(f"{folder.name}.db")
    key_file = file.with_suffix(".key")
    if not (file.is_file() and key_file.is_file()):
        return None
    key = key_file.read_bytes()
    try:
        rows, bad = _read(file, key)
    except sqlite3.Error:
        rows, bad = [], 1
    last = rows[-1][3] if rows else FIRST
    said = {"event": "taken_over", "records": len(rows), "bad": bad, "last": last}
    bodies = [_body(number, text) for number, (_, text, _, _) in enumerate(rows, start=1)]
    head = _write(folder, key, [*bodies, {"id": len(rows) + 1, "at": _at(bodies), **said}])
    return key, head


def retire(folder: Path) -> None:
    """Put the earlier trail away into the folder of the new one, when both are there."""
    file = folder.with_name(f"{folder.name}.db")
    if file.is_file() and file.with_suffix(".key").is_file():
        os.replace(file, folder / KEPT)
        file.with_suffix(".key").unlink()
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)


def _read(file: Path, key: bytes) -> tuple[list[_Row], int]:
    """The records, and the number of the first that is not as written (0: all are)."""
    connection = sqlite3.connect(file)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows: list[_Row] = connection.execute(
            "SELECT id, body, previous, hash FROM records ORDER BY id"
        ).fetchall()
        counter = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'records'").fetchone()
    finally:
        connection.close()
    previous = FIRST
    for expected, (number, body, before, link) in enumerate(rows, start=1):
        made = hmac.new(key, f"{number}\n{before}\n{body}".encode(), hashlib.sha256).hexdigest()
        if number != expected or before != previous or link != made:
            return rows, expected
        previous = link
    return rows, len(rows) + 1 if counter and counter[0] > len(rows) else 0


def _body(number: int, text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        found = {"event": "unreadable"}
    return {"id": number, "at": str(found.pop("at", "")), **found}


def _at(bodies: list[dict[str, object]]) -> str:
    return str(bodies[-1]["at"]) if bodies else "1970-01-01T00:00:00+00:00"


def _write(folder: Path, key: bytes, bodies: list[dict[str, object]]) -> Head:
    name = chain.file_name(1, str(bodies[0]["at"])[:10])
    previous, lines = NOTHING.seal, []
    for body in bodies:
        previous, text = chain.line(key, previous, json.dumps(body, separators=(",", ":")).encode())
        lines.append(text)
    whole = b"".join(lines)
    file = folder / name
    file.touch(mode=0o600)
    file.write_bytes(whole)
    return Head(len(bodies), previous, name, len(whole))
