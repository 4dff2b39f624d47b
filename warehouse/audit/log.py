"""The audit trail: who asked, what was judged, what ran, what came back. Append-only and hash-chained.

A record is written before a statement runs and another after it, shared by the threads and processes of one
machine. Nothing that could be a member's data is kept: literals, values and questions are keyed hashes, comments
are dropped. The key lies beside the files, which only their owner can read. What cannot be written does not run.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from warehouse.audit import chain
from warehouse.audit.chain import NOTHING, Head
from warehouse.audit.earlier import retire, take_over
from warehouse.audit.reading import records_in, records_of
from warehouse.audit.records import Answered, Failed, Judged
from warehouse.audit.recovery import Recovered, recovered
from warehouse.audit.redaction import Redaction
from warehouse.audit.retention import Pruned, due, leave_out
from warehouse.audit.verification import Verification, verification
from warehouse.errors import DeniedError
from warehouse.settings import Settings

_WAIT_SECONDS = 5.0
_SYNC_SECONDS = 1.0


class AuditLog:
    """The trail in one folder, safe for several threads and processes.

    Every record reaches the operating system before `append` returns, so that a killed process loses none. The
    disk has it within a second or, when `sync_each`, before `append` returns. Whole files of days before the last
    `keep_days` are pruned when a new day's file begins (0: never).
    """

    def __init__(self, folder: Path, *, keep_days: int = 0, sync_each: bool = False) -> None:
        self._folder = folder
        self._keep_days = keep_days
        self._sync_seconds = 0.0 if sync_each else _SYNC_SECONDS
        self._files: dict[str, int] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._open()
            self._key = self._first_key()
        except OSError as error:
            raise self._unwritable() from error
        self._redaction = Redaction(self._key)
        self.heard: Callable[[dict[str, Any]], None] | None = None
        """Told of each record after it is written; must not raise."""

    @classmethod
    def of(cls, settings: Settings) -> AuditLog:
        """The trail of these settings. Raises DeniedError (audit_unavailable) when it cannot be opened."""
        kept = settings.audit
        return cls(settings.state / "audit", keep_days=kept.keep_days, sync_each=kept.sync_each_record)

    def judged(self, record: Judged) -> int:
        """Write down a statement and its verdict before it runs, redacted; returns the record's number."""
        facts = asdict(record)
        question, readable = facts.pop("question"), facts.pop("readable")
        return self.append(
            {
                "event": "judged",
                **facts,
                "purpose": self._redaction.spoken(record.purpose),
                "break_glass": self._redaction.spoken(record.break_glass),
                "question": self.fingerprint(question) if question else "",
                "plan": self._redaction.plan(record.plan),
                "sql_in": self.redact(record.sql_in) if readable else f"<{self.fingerprint(record.sql_in)}>",
                "sql_out": self.redact(record.sql_out),
            }
        )

    def answered(self, record: Answered) -> int:
        """Write down what a statement gave."""
        return self.append({"event": "answered", **asdict(record)})

    def failed(self, record: Failed) -> int:
        """Write down that a statement failed or was killed."""
        return self.append({"event": "failed", **asdict(record)})

    def append(self, record: dict[str, Any]) -> int:
        """Write one record and return its number. Raises DeniedError (audit_unavailable) when that fails."""
        rest = json.dumps(record, sort_keys=True, default=str, separators=(",", ":"))[1:]
        try:
            with self._turn():
                number = self._extended(self._head(), rest).number
        except OSError as error:
            raise self._unwritable() from error
        if self.heard:
            self.heard(record)
        return number

    def verify(self, anchors: Iterable[tuple[int, str]] = ()) -> Verification:
        """Check every byte of the trail. `anchors` are (number, seal) pairs that were noted elsewhere."""
        try:
            with self._turn():
                sizes = {name: (self._folder / name).stat().st_size for name in chain.files_in(self._folder)}
                head = self._read_head()
        except OSError as error:
            raise self._unwritable() from error
        return verification(self._folder, self._key, head, sizes, anchors)

    def head(self) -> tuple[int, str]:
        """The number and the seal of the last record: note it elsewhere, and no older copy can take its place."""
        try:
            with self._turn():
                head = self._head()
        except OSError as error:
            raise self._unwritable() from error
        return head.number, head.seal

    def copy_to(self, folder: Path) -> tuple[int, str]:
        """Copy the trail with its key into a new folder while nobody writes; its last number and seal."""
        try:
            with self._turn():
                head = self._head()
                folder.mkdir(parents=True, mode=0o700)
                for name in sorted(path.name for path in self._folder.iterdir() if path.is_file()):
                    if name != chain.LOCK:
                        shutil.copyfile(self._folder / name, folder / name)
        except OSError as error:
            raise self._unwritable() from error
        return head.number, head.seal

    def records(self) -> list[dict[str, Any]]:
        """Every record with its number, oldest first."""
        return list(records_of(self._folder))

    def oldest_first(self) -> Iterator[dict[str, Any]]:
        """Every record, the first one first, one at a time."""
        return records_of(self._folder)

    def newest_first(self) -> Iterator[dict[str, Any]]:
        """Every record, the last one first, a file at a time."""
        for name in reversed(chain.files_in(self._folder)):
            yield from reversed(list(records_in(self._folder / name)))

    def prune(self, keep_days: int, by: str) -> Pruned:
        """Remove whole files whose records are all older than so many days; a record and a tombstone say so."""
        try:
            with self._turn():
                return self._pruned(self._head(), keep_days, by)
        except OSError as error:
            raise self._unwritable() from error

    def spoken(self, text: str) -> str:
        """A stated purpose or reason as it may be kept: readable, but for what may point at somebody."""
        return self._redaction.spoken(text)

    def fingerprint(self, text: str) -> str:
        """A keyed hash: equal texts can be found again, none can be read back or guessed without the key."""
        return self._redaction.fingerprint(text)

    def fingerprints(self, text: str) -> tuple[str, ...]:
        """What stands for a text in the trail, whether it was a question, a value, a literal or in a reason."""
        return self._redaction.fingerprints(text)

    def redact(self, sql: str) -> str:
        """A statement with its literals as fingerprints and without its comments."""
        return self._redaction.sql(sql)

    def close(self) -> None:
        """Write through to the disk and close the files."""
        with self._lock:
            for name, descriptor in self._files.items():
                if name != chain.LOCK:
                    os.fsync(descriptor)
                os.close(descriptor)
            self._files.clear()
            self._closed = True

    def _open(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._closed = False
        self._seen = NOTHING
        self._synced = 0.0
        for name in (chain.LOCK, chain.HEAD):
            self._files[name] = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """This thread of this process alone. Raises OSError when another one does not let go."""
        if self._pid != os.getpid():  # a fork shares its parent's locks: open files of its own
            self._files = {}
            self._open()
        with self._lock:
            if self._closed:
                raise OSError("closed")
            descriptor = self._files[chain.LOCK]
            _wait_for(descriptor)
            try:
                yield
            finally:
                fcntl.flock(descriptor, fcntl.LOCK_UN)

    def _read_head(self) -> Head | None:
        raw = os.pread(self._files[chain.HEAD], chain.HEAD_BYTES, 0)
        return chain.unpacked(raw, self._key)

    def _head(self) -> Head:
        """The end of the trail; where it does not lie as it was left, the trail goes on and says so."""
        head = self._read_head()
        seen = self._seen
        if head and head.number >= seen.number and self._in_place(chain.HEAD) and self._ends_there(head):
            return head
        found = recovered(self._folder, self._key, head, seen)
        for name in [name for name in self._files if name != chain.LOCK]:
            os.close(self._files.pop(name))
        self._files[chain.HEAD] = os.open(self._folder / chain.HEAD, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._seen = NOTHING
        return self._noted(found)

    def _noted(self, found: Recovered) -> Head:
        if not found.note:
            self._write_head(found.head)
            os.ftruncate(self._files[chain.HEAD], len(found.head.packed(self._key)))
            return found.head
        rest = json.dumps(found.note, sort_keys=True, separators=(",", ":"))[1:]
        noted = self._written(found.head, None if found.own_file else found.head.file, rest, after_fragment=True)
        os.ftruncate(self._files[chain.HEAD], len(noted.packed(self._key)))
        return noted

    def _in_place(self, name: str) -> bool:
        """Whether the open file is still the one of that name."""
        try:
            there = os.stat(self._folder / name)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(self._files[name]))

    def _ends_there(self, head: Head) -> bool:
        if head.file == chain.NO_FILE:
            return not chain.files_in(self._folder)
        try:
            descriptor = self._file(head.file, create=False)
        except FileNotFoundError:
            return False
        return self._in_place(head.file) and os.fstat(descriptor).st_size == head.size

    def _file(self, name: str, *, create: bool = True) -> int:
        if name not in self._files:
            for old in [n for n in self._files if n not in (chain.LOCK, chain.HEAD)]:
                os.fsync(self._files[old])
                os.close(self._files.pop(old))
            flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT if create else 0)
            self._files[name] = os.open(self._folder / name, flags, 0o600)
        return self._files[name]

    def _extended(self, head: Head, rest: str) -> Head:
        if head.file != chain.NO_FILE:
            if chain.day_of(head.file) >= datetime.now(UTC).date().isoformat():
                return self._written(head, head.file, rest)
            if chain.files_in(self._folder)[-1] > head.file:  # a process was killed as it began a file
                return self._extended(self._noted(recovered(self._folder, self._key, head, NOTHING)), rest)
        written = self._written(head, None, rest)
        if self._keep_days and due(self._folder, self._keep_days):
            self._pruned(written, self._keep_days, "retention")
        return written

    def _written(self, head: Head, name: str | None, rest: str, *, after_fragment: bool = False) -> Head:
        """Append one line (in a file of today without a name) and move the head behind it.

        A line that is not whole is no record.
        """
        number, now = head.number + 1, datetime.now(UTC)
        name = name or chain.file_name(number, now.date().isoformat())
        made, text = chain.line(self._key, head.seal, f'{{"id":{number},"at":"{now.isoformat()}",{rest}'.encode())
        descriptor = self._file(name)
        if after_fragment and not _ends_a_line(self._folder / name):
            text = b"\n" + text
        if os.write(descriptor, text) != len(text):
            raise OSError("the record was cut off")
        written = Head(number, made, name, os.fstat(descriptor).st_size)
        self._write_head(written)
        return written

    def _write_head(self, head: Head) -> None:
        self._sync(head)
        text = head.packed(self._key)
        if os.pwrite(self._files[chain.HEAD], text, 0) != len(text):
            raise OSError("the head was cut off")
        self._seen = head

    def _sync(self, head: Head) -> None:
        now = time.monotonic()
        if head.file in self._files and now - self._synced >= self._sync_seconds:
            os.fdatasync(self._files[head.file])
            self._synced = now

    def _pruned(self, head: Head, keep_days: int, by: str) -> Pruned:
        found = due(self._folder, keep_days)
        if not found:
            return Pruned((), 0, 0)
        pruned, stone = leave_out(self._folder, self._key, found)
        facts = {"event": "pruned", "by": by, "keep_days": keep_days, "seal": stone.seal, **asdict(pruned)}
        self._extended_without_pruning(head, facts)
        pruned.remove(self._folder, stone.packed(self._key))
        return pruned

    def _extended_without_pruning(self, head: Head, facts: dict[str, Any]) -> None:
        kept, self._keep_days = self._keep_days, 0
        try:
            self._extended(head, json.dumps(facts, sort_keys=True, separators=(",", ":"))[1:])
        finally:
            self._keep_days = kept

    def _first_key(self) -> bytes:
        """The trail's key, made with the trail by whichever process is first."""
        with self._turn():
            file = self._folder / chain.KEY
            if file.exists():
                retire(self._folder)
                return file.read_bytes()
            if chain.files_in(self._folder):
                raise self._keyless()
            key, head = take_over(self._folder) or (secrets.token_bytes(32), NOTHING)
            os.pwrite(self._files[chain.HEAD], head.packed(key), 0)
            draft = file.with_name(f"{chain.KEY}.{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_bytes(key)
            os.replace(draft, file)
            retire(self._folder)
            return key

    def _keyless(self) -> DeniedError:
        return DeniedError(
            "The key of the audit trail is missing, so nothing runs.",
            code="audit_unavailable",
            where=str(self._folder / chain.KEY),
            next_step="Put it back, or move the folder away to begin a new trail.",
        )

    def _unwritable(self) -> DeniedError:
        return DeniedError(
            "The audit record cannot be written, so nothing runs.",
            code="audit_unavailable",
            where=str(self._folder),
            next_step="Make the folder writable and free space on its disk.",
        )


def _wait_for(descriptor: int) -> None:
    deadline, pause = time.monotonic() + _WAIT_SECONDS, 0.0001
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 0.005)
        else:
            return


def _ends_a_line(file: Path) -> bool:
    with file.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        if size:
            stream.seek(size - 1)
        return size == 0 or stream.read(1) == b"\n"
