"""Put a backup back: every file is checked before anything is touched, and what was there is kept aside."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from warehouse.audit import AuditLog
from warehouse.backup.contents import AUDIT, FORMAT, MANIFEST, MODEL, SETTINGS, STATE, digest, is_database
from warehouse.errors import MissingDataError, UsageError
from warehouse.settings import Settings
from warehouse.state_file import alone
from warehouse.state_move import Stores


@dataclass(frozen=True)
class Restored:
    """What came back: when it was made, how many files, the records of the trail, where the old state is kept."""

    made_at: str
    files: int
    audit_records: int
    aside: tuple[str, ...]
    settings_file: str


def restore_backup(
    settings: Settings, file: Path, *, settings_file: Path, stores: Stores | None = None, force: bool = False
) -> Restored:
    """Restore the state of a backup file; its stores into PostgreSQL when `stores` are given.

    Raises UsageError when a server runs, when there is state already and no `force`, or the file is none of ours;
    MissingDataError (exit 4) when it is damaged, or its audit trail is not as it was written.
    """
    if not force and settings.state.is_dir() and any(settings.state.iterdir()):
        raise UsageError(
            "There is state here already.",
            where=str(settings.state),
            next_step="Add --force to put it aside, or restore elsewhere with COMMAND_CENTER_VAR.",
        )
    try:
        settings.var.mkdir(parents=True, exist_ok=True)
        with alone(settings.var), tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.var) as folder:
            kept = Path(folder)
            manifest = _unpacked(file, kept)
            records = _verified(kept, manifest)
            with stores.replacing(kept / STATE, force=force) if stores else nullcontext("") as schemas:
                aside = [
                    _swap(kept / name, settings.var / name) for name in (STATE, MODEL) if (kept / name).is_dir()
                ]
            told = _settings(kept / SETTINGS, settings_file)
    except OSError as error:
        where = str(error.filename or file)
        raise UsageError(f"The backup cannot be restored: {error.strerror}.", where=where) from error
    put_aside = tuple(filter(None, (*aside, schemas and f"the schemas {schemas}*")))
    return Restored(str(manifest.get("made_at", "")), len(manifest["files"]), records, put_aside, told)


def _unpacked(file: Path, folder: Path) -> dict[str, Any]:
    """The manifest, with exactly its files in the folder; a name that leads elsewhere or a link is refused."""
    try:
        with tarfile.open(file, mode="r:gz") as archive:
            first = archive.next()
            held = archive.extractfile(first) if first and first.name == MANIFEST and first.isfile() else None
            manifest = json.loads(held.read()) if held else None
            if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
                raise UsageError("This is no backup of the command center.", where=str(file))
            if manifest.get("format") != FORMAT:
                raise UsageError(
                    "This backup is of another format.", where=str(file), next_step="Use the version that made it."
                )
            for member in archive:
                if member.name != MANIFEST:
                    _extract(archive, member, manifest["files"], folder)
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise MissingDataError("The backup file is damaged.", where=str(file)) from error
    return manifest


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, files: dict[str, Any], folder: Path) -> None:
    name = PurePosixPath(member.name)
    inside = (
        not name.is_absolute() and ".." not in name.parts and name.parts[:1] in ((STATE,), (MODEL,), (SETTINGS,))
    )
    if not member.isfile() or not inside or member.name not in files:
        raise MissingDataError("The backup holds something that it does not list.", where=member.name)
    source, target = archive.extractfile(member), folder / name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if source is None:
        raise MissingDataError("The backup file is damaged.", where=member.name)
    with source, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        shutil.copyfileobj(source, out)


def _verified(folder: Path, manifest: dict[str, Any]) -> int:
    """Check every digest, every database and the whole audit trail; the number of its records."""
    for name, told in manifest["files"].items():
        path = folder / name
        if not path.is_file() or digest(path) != told.get("sha256"):
            raise MissingDataError("A file of the backup is not as it was written.", where=name)
        if is_database(path):
            try:
                with closing(sqlite3.connect(path)) as database:
                    (found,) = database.execute("PRAGMA integrity_check").fetchone()
            except sqlite3.Error:
                found = "unreadable"
            if found != "ok":
                raise MissingDataError("A database of the backup is damaged.", where=name)
    number, seal = manifest["audit_head"]
    with closing(AuditLog(folder / STATE / AUDIT)) as trail:
        found_trail = trail.verify([(number, seal)] if number else [])
    if not found_trail.whole:
        raise MissingDataError(f"The backup's audit trail: {found_trail.problem}", where=AUDIT)
    return int(number)


def _swap(new: Path, place: Path) -> str:
    """Put a folder in its place; where the one before it lies now, if there was one with something in it."""
    aside = ""
    if place.exists():
        number = next(n for n in range(1, 10_000) if not place.with_name(f"{place.name}.replaced-{n}").exists())
        old = place.with_name(f"{place.name}.replaced-{number}")
        os.replace(place, old)
        aside = str(old)
    new.chmod(0o700)
    os.replace(new, place)
    return aside


def _settings(kept: Path, place: Path) -> str:
    """The settings file goes where none is; where another one is, beside it, unless they are equal."""
    if not kept.is_file():
        return ""
    if place.exists() and place.read_bytes() == kept.read_bytes():
        return str(place)
    target = place.with_name(f"{place.name}.restored") if place.exists() else place
    shutil.copyfile(kept, target)
    return str(target)
