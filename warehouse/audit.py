"""The audit trail: who asked, what was judged, what ran, what came back. Append-only and hash-chained.

A record is written before a statement runs and another after it. Each carries a keyed hash over itself and the
record before, so that a changed, inserted or removed record breaks the chain. Nothing that could be a member's
data is kept: literals and questions are keyed hashes, comments are dropped. The key lies beside the log, in a file
that only its owner can read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.errors import DeniedError

FIRST = "0" * 64
_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, previous TEXT NOT NULL, hash TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS records_stay BEFORE UPDATE ON records
BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END;
CREATE TRIGGER IF NOT EXISTS records_remain BEFORE DELETE ON records
BEGIN SELECT RAISE(ABORT, 'audit records are append-only'); END;
"""
# An unclosed quote or comment hides all that follows it, so it swallows the rest.
_LITERAL = re.compile(
    r"'(?:[^']|'')*(?:'|$)|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|$)|\"[^\"]*[^\w\"][^\"]*(?:\"|$)|\b\d[\d.eE+-]*",
    re.DOTALL,
)
_COMMENT = re.compile(r"('(?:[^']|'')*'|\"[^\"]*\")|--[^\n]*|/\*.*?(?:\*/|$)", re.DOTALL)


class AuditLog:
    """The log in one SQLite file, shared by threads and processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._key = _key(path.with_suffix(".key"))
            self._connection = sqlite3.connect(path, timeout=5, isolation_level=None, check_same_thread=False)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise self._unwritable() from error

    def append(self, record: dict[str, Any]) -> int:
        """Write one record and return its number. Raises DeniedError (audit_unavailable) when that fails."""
        body = json.dumps({"at": datetime.now(UTC).isoformat(), **record}, sort_keys=True, default=str)
        try:
            with self._lock:
                return self._append(body)
        except sqlite3.Error as error:
            raise self._unwritable() from error

    def _append(self, body: str) -> int:
        run = self._connection.execute
        run("BEGIN IMMEDIATE")  # another process may be appending: read the chain's end and extend it in one step
        try:
            last = run("SELECT id, hash FROM records ORDER BY id DESC LIMIT 1").fetchone()
            number, previous = (last[0] + 1, last[1]) if last else (1, FIRST)
            values = (number, body, previous, self._link(number, previous, body))
            run("INSERT INTO records (id, body, previous, hash) VALUES (?, ?, ?, ?)", values)
            run("COMMIT")
        except sqlite3.Error:
            if self._connection.in_transaction:
                run("ROLLBACK")
            raise
        return int(number)

    def verify(self) -> int | None:
        """None when every record is as written, else the number of the first one that is missing or changed."""
        expected, previous = 1, FIRST
        with self._lock:
            records = self._connection.execute(
                "SELECT id, body, previous, hash FROM records ORDER BY id"
            ).fetchall()
            counter = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'records'").fetchone()
        for number, body, before, link in records:
            if number != expected or before != previous or link != self._link(number, before, body):
                return expected
            expected, previous = expected + 1, link
        return expected if counter and counter[0] >= expected else None

    def records(self) -> list[dict[str, Any]]:
        """Every record with its number, oldest first."""
        with self._lock:
            found = self._connection.execute("SELECT id, body FROM records ORDER BY id").fetchall()
        return [{"id": number, **json.loads(body)} for number, body in found]

    def fingerprint(self, text: str) -> str:
        """A keyed hash: equal texts can be found again, none can be read back or guessed without the key."""
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:16]

    def redact(self, sql: str) -> str:
        """A statement with its literals as fingerprints and without its comments."""
        bare = _COMMENT.sub(lambda match: match.group(1) or " ", sql)
        return _LITERAL.sub(lambda match: f"<{self.fingerprint(match.group())}>", bare)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _link(self, number: int, previous: str, body: str) -> str:
        return hmac.new(self._key, f"{number}\n{previous}\n{body}".encode(), hashlib.sha256).hexdigest()

    def _unwritable(self) -> DeniedError:
        return DeniedError(
            "The audit record cannot be written, so nothing runs.",
            code="audit_unavailable",
            where=str(self._path),
            next_step="Make the folder writable and free space on its disk.",
        )


def _key(file: Path) -> bytes:
    """The log's key, made on first use by whichever process is first."""
    if not file.exists():
        draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_bytes(secrets.token_bytes(32))
        try:
            os.link(draft, file)
        except FileExistsError:
            pass  # another process was first, and its key counts
        finally:
            draft.unlink()
    return file.read_bytes()
