"""Make a backup while everything runs: databases by SQLite's own backup, the audit trail in its turn, last."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.audit import AuditLog
from warehouse.backup.contents import (
    AUDIT,
    FORMAT,
    MANIFEST,
    MODEL,
    SETTINGS,
    STATE,
    digest,
    is_database,
    state_files,
)
from warehouse.errors import MissingDataError, UsageError
from warehouse.settings import Settings
from warehouse.state_move import Stores

_PAGES = 1000  # of a database at a time, so that writers wait for a moment only


@dataclass(frozen=True)
class Backup:
    """What was written: the file, how many files and bytes, the audit trail's last record and its seal."""

    file: str
    files: int
    bytes: int
    audit_records: int
    audit_head: str


def make_backup(
    settings: Settings,
    file: Path,
    now: datetime,
    *,
    settings_file: Path | None = None,
    stores: Stores | None = None,
    force: bool = False,
) -> Backup:
    """Write one file that only its owner can read. It holds secrets: keys of sessions and of the audit trail.

    `stores` are those in PostgreSQL, if that is where they lie: they are kept as files, all of one moment.

    Answers note heads of the audit trail, so the trail is copied after the databases: it has what they note.
    Raises UsageError for a file that is there (unless `force`) or cannot be written, MissingDataError (exit 4)
    when there is nothing to keep or a database is damaged.
    """
    if file.exists() and not force:
        raise UsageError(
            "There is a file of this name.", where=str(file), next_step="Name another, or add --force."
        )
    if not settings.state.is_dir():
        raise MissingDataError("There is no state to keep.", where=str(settings.state))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as folder:
            return _written(settings, file, now, Path(folder), settings_file, stores)
    except OSError as error:
        raise UsageError(f"The backup cannot be written: {error.strerror}.", where=str(file)) from error


def _written(
    settings: Settings, file: Path, now: datetime, folder: Path, settings_file: Path | None, stores: Stores | None
) -> Backup:
    kept = folder / "kept"
    (kept / STATE).mkdir(parents=True)
    for inside in state_files(settings.state):
        if stores is not None and inside.suffix == ".db":
            continue  # left from before a move; what counts is in PostgreSQL
        with suppress(FileNotFoundError):  # a passing file may go while we look
            _copy(settings.state / inside, kept / STATE / inside)
    if stores is not None:
        stores.export(kept / STATE)
    if (settings.var / MODEL).is_dir():
        shutil.copytree(settings.var / MODEL, kept / MODEL)
    if settings_file is not None and settings_file.is_file():
        shutil.copyfile(settings_file, kept / SETTINGS)
    with closing(AuditLog.of(settings)) as trail:
        head = trail.copy_to(kept / STATE / AUDIT)
    manifest = _manifest(kept, now, head)
    (kept / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    made = folder / "made"
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for name in (MANIFEST, *sorted(manifest["files"])):
                archive.add(kept / name, arcname=name)
        out.flush()
        os.fsync(out.fileno())
    os.replace(made, file)
    return Backup(str(file), len(manifest["files"]), file.stat().st_size, *head)


def _manifest(kept: Path, now: datetime, head: tuple[int, str]) -> dict[str, Any]:
    paths = [path for path in sorted(kept.rglob("*")) if path.is_file()]
    files = {
        path.relative_to(kept).as_posix(): {"bytes": path.stat().st_size, "sha256": digest(path)} for path in paths
    }
    return {"format": FORMAT, "made_at": now.isoformat(), "audit_head": list(head), "files": files}


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if not is_database(source):
        shutil.copyfile(source, target)
        return
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode=DELETE")
            (found,) = copy.execute("PRAGMA quick_check").fetchone()
    except sqlite3.Error as error:
        raise MissingDataError("A database of the state cannot be read.", where=str(source)) from error
    if found != "ok":
        raise MissingDataError("A database of the state is damaged.", where=str(source))
