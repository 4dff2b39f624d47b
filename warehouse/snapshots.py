"""Published snapshots: immutable files, a pointer that moves atomically, the lock of the one writer.

A snapshot is a folder with its manifest and its three small files (gold, lake, shared), and the segment files
that it has in common with others. A reader opens what CURRENT names, read-only; a build writes files of other
names and then replaces CURRENT. A process killed at any moment leaves either the old pointer or the new one, both
complete; files that no snapshot refers to are removed by the next build.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import duckdb

from warehouse import segments, value_words
from warehouse.errors import MissingDataError
from warehouse.policy import Data
from warehouse.reading import quoted
from warehouse.retention import kept
from warehouse.segments import Segment, segments_of
from warehouse.settings import BuildSettings

CURRENT = "CURRENT"
SNAPSHOTS = "snapshots"
LOCK = "build.lock"
STAGING_PREFIX = ".staging-"
MANIFEST = "manifest.json"
FORMAT = 3
OWN_FILES: tuple[Data, ...] = ("gold", "lake", "shared")
PARTS_OF: dict[Data, tuple[str, ...]] = {
    "shared": ("shared",),
    "gold": ("gold",),
    "lake": ("raw", "accepted", "lake", "gold"),
}
BUILD_AGAIN = "Run `command-center build --source DIR --full`."


@dataclass(frozen=True)
class Snapshot:
    """One published version: its id, its own gold, lake and shared files, its manifest.

    These files show the segments' tables as views: `attach` makes them readable. The shared one has the gold
    tables without members' ids, names and texts.
    """

    id: str
    gold_path: Path
    lake_path: Path
    shared_path: Path
    manifest: dict[str, Any]

    @property
    def as_of(self) -> date:
        """The last complete day of data."""
        return date.fromisoformat(self.manifest["as_of"])

    @property
    def first_day(self) -> date:
        """The first day of data."""
        return date.fromisoformat(self.manifest["first_day"])

    @property
    def segments(self) -> list[Segment]:
        """What its tables are made of."""
        return segments_of(self.manifest)

    @property
    def segments_folder(self) -> Path:
        """Where the segments' files are."""
        return self.gold_path.parents[2] / segments.FOLDER

    @property
    def values_path(self) -> Path:
        """Where the values of the dimensions are (`warehouse.value_words`)."""
        return self.gold_path.parent / value_words.FILE


def current(warehouse: Path) -> Snapshot:
    """The snapshot that is served. Raises MissingDataError when there is none or its files are damaged."""
    pointer = warehouse / CURRENT
    if not pointer.is_file():
        raise MissingDataError(
            "No warehouse has been built here.",
            where=str(warehouse),
            next_step="Run `command-center build --source DIR`, or `command-center up` for demo data.",
        )
    named = pointer.read_bytes().decode("utf-8", errors="replace").strip()
    if not (warehouse / SNAPSHOTS / Path(named or "none").name).is_dir():
        raise _damaged(pointer, "it names a snapshot that is not there")
    return read_snapshot(warehouse, named)


def read_snapshot(warehouse: Path, snapshot_id: str) -> Snapshot:
    """One snapshot by its id. Raises MissingDataError when it is absent or damaged."""
    folder = warehouse / SNAPSHOTS / Path(snapshot_id or "none").name
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest.get("format", 1) != FORMAT:
            raise _other_format(folder, manifest.get("format", 1))
        found = Snapshot(manifest["snapshot"], *database_paths(folder, manifest["snapshot"]), manifest)
        date.fromisoformat(manifest["as_of"])
        parts = [found.segments_folder / s.file(part) for s in found.segments for part in s.parts]
        sizes = manifest["bytes"]
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise _damaged(folder, "its manifest cannot be read") from error
    for path in (*database_paths(folder, found.id), *parts):
        _check_database(path, sizes.get(path.name))
    return found


def _other_format(folder: Path, found: object) -> MissingDataError:
    return MissingDataError(
        f"The warehouse is of format {found}; this version of the command center reads format {FORMAT}.",
        where=str(folder),
        next_step=f"Its source files are needed once more: {BUILD_AGAIN[0].lower()}{BUILD_AGAIN[1:]}",
    )


def history(warehouse: Path) -> list[Snapshot]:
    """The kept snapshots that can be read, the newest first."""
    found = []
    for folder in (warehouse / SNAPSHOTS).glob("*"):
        try:
            found.append(read_snapshot(warehouse, folder.name))
        except MissingDataError:
            continue
    return sorted(found, key=lambda s: (s.manifest["created_at"], s.id), reverse=True)


def connect(snapshot: Snapshot, data: Data = "gold") -> duckdb.DuckDBPyConnection:
    """A private connection that reads a snapshot round the door: `gold.calls`, with the lake also `silver.calls`.

    For the build, checks and tests; whoever asks on behalf of a person goes through `warehouse.door`.
    """
    con = duckdb.connect()
    files = {"serve": snapshot.shared_path if data == "shared" else snapshot.gold_path}
    files |= {"lake": snapshot.lake_path} if data == "lake" else {}
    try:
        for name, path in files.items():
            con.execute(f"ATTACH {quoted(str(path))} AS {name} (READ_ONLY)")
        attach(con, snapshot, data=data)
        lake = ",lake.silver,lake.bronze" if data == "lake" else ""
        con.execute(f"SET search_path = 'memory.main,serve.gold{lake}'")
    except duckdb.Error as error:
        con.close()
        raise _damaged(snapshot.gold_path.parent, "its files cannot be read") from error
    return con


def attach(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, *, data: Data) -> None:
    """Attach what the views of a snapshot's own file show, for the lake gold's too. Raises duckdb.Error."""
    segments.attach(con, snapshot.segments_folder, snapshot.segments, PARTS_OF[data])


def database_paths(folder: Path, snapshot_id: str) -> tuple[Path, Path, Path]:
    """Where a snapshot's own files are. Their names differ from any schema's, as DuckDB demands."""
    gold, lake, shared = (folder / f"{data}-{snapshot_id}.duckdb" for data in OWN_FILES)
    return gold, lake, shared


def _check_database(path: Path, size: int | None) -> None:
    try:
        with path.open("rb") as stream:
            magic = stream.read(12)[8:]
        intact = magic == b"DUCK" and path.stat().st_size == size
    except OSError as error:
        raise _damaged(path, "the file is missing") from error
    if not intact:
        raise _damaged(path, "the file is not what was published")


def _damaged(path: Path, why: str) -> MissingDataError:
    return MissingDataError(f"The warehouse is damaged: {why}.", where=str(path), next_step=BUILD_AGAIN)


def find(warehouse: Path, content: str) -> Snapshot | None:
    """The undamaged snapshot that was built from this content, if it is still kept."""
    for folder in sorted((warehouse / SNAPSHOTS).glob("*")):
        try:
            snapshot = read_snapshot(warehouse, folder.name)
        except MissingDataError:
            continue
        if snapshot.manifest.get("content") == content:
            return snapshot
    return None


def free_id(warehouse: Path, as_of: str, content: str) -> str:
    """`<as-of day>-<8 hex of the content>`; a full rebuild gets another name, because snapshots are immutable."""
    day, attempt = as_of.replace("-", ""), 0
    while True:
        name = f"{day}-{hashlib.sha256(f'{content}{attempt}'.encode()).hexdigest()[:8]}"
        if not (warehouse / SNAPSHOTS / name).exists():
            return name
        attempt += 1


def stage(warehouse: Path) -> Path:
    """A fresh staging folder; what earlier, killed builds left is removed. Call it only under the lock."""
    for left_over in warehouse.glob(f"{STAGING_PREFIX}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    staging = warehouse / f"{STAGING_PREFIX}{os.getpid()}"
    staging.mkdir()
    return staging


def publish(warehouse: Path, staging: Path, manifest: dict[str, Any], parts: list[Segment]) -> Snapshot:
    """Make a staged folder with its own files (`gold.tmp`, ...) and new segments the served snapshot, durably and
    in one step.

    Segments come first: until the pointer moves nobody refers to them. `parts` are all segments, new and old.
    """
    snapshot_id = manifest["snapshot"]
    for data, path in zip(OWN_FILES, database_paths(staging, snapshot_id), strict=True):
        (staging / f"{data}.tmp").rename(path)
    _move_segments(staging / segments.FOLDER, warehouse / segments.FOLDER)
    folder = warehouse / segments.FOLDER
    files = [folder / segment.file(part) for segment in parts for part in segment.parts]
    own = database_paths(staging, snapshot_id)
    manifest["bytes"] = {path.name: path.stat().st_size for path in (*own, *files)}
    for path in own:
        _flush(path)
    (staging / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    _flush(staging / MANIFEST)
    for left_over in staging.iterdir():
        if left_over.name not in (MANIFEST, value_words.FILE, *(path.name for path in own)):
            shutil.rmtree(left_over) if left_over.is_dir() else left_over.unlink()
    _flush(staging)
    target = warehouse / SNAPSHOTS / snapshot_id
    target.parent.mkdir(exist_ok=True)
    staging.rename(target)
    _flush(target.parent)
    point_to(warehouse, snapshot_id)
    return read_snapshot(warehouse, snapshot_id)


def _move_segments(staged: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for path in sorted(staged.iterdir()):
        _flush(path)
        path.rename(folder / path.name)
    _flush(folder)


def point_to(warehouse: Path, snapshot_id: str) -> None:
    """Serve another published snapshot from now on."""
    pointer = warehouse / f"{CURRENT}.new"
    pointer.write_text(snapshot_id + "\n", encoding="utf-8")
    _flush(pointer)
    os.replace(pointer, warehouse / CURRENT)
    _flush(warehouse)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def prune(warehouse: Path, settings: BuildSettings, now: datetime) -> None:
    """Remove the snapshots that need not be kept, then the segments that no snapshot refers to.

    A reader that has a file open keeps it. Segments stay as long as a manifest cannot be read: they may be its
    own.
    """
    served = (warehouse / CURRENT).read_text(encoding="utf-8").strip()
    found = [(s.id, datetime.fromisoformat(s.manifest["created_at"])) for s in history(warehouse)]
    stays = kept(found, served, settings, now)
    for folder in sorted((warehouse / SNAPSHOTS).iterdir()):
        if folder.name not in stays:
            shutil.rmtree(folder, ignore_errors=True)
    sweep(warehouse)


def sweep(warehouse: Path) -> None:
    """Remove the segments that no snapshot refers to. Call it only under the lock.

    They stay as long as a manifest cannot be read: they may be its own.
    """
    used: set[str] = set()
    for folder in sorted((warehouse / SNAPSHOTS).glob("*")):
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            used |= {s.file(part) for s in segments_of(manifest) for part in s.parts}
        except (OSError, ValueError, KeyError, TypeError):
            return
    for path in (warehouse / segments.FOLDER).glob("*"):
        if path.name not in used:
            path.unlink(missing_ok=True)


@contextmanager
def build_lock(warehouse: Path) -> Iterator[None]:
    """Hold the one writer's lock; it ends with the process, however that ends. MissingDataError if taken."""
    with _lock_file(warehouse) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise MissingDataError(
                "Another build is running on this warehouse.",
                where=str(warehouse / LOCK),
                next_step="Wait until it is done; the last snapshot is served meanwhile.",
            ) from error
        yield


def _lock_file(warehouse: Path) -> IO[str]:
    try:
        warehouse.mkdir(parents=True, exist_ok=True)
        return (warehouse / LOCK).open("a+")
    except OSError as error:
        raise MissingDataError(
            f"The warehouse folder cannot be written ({error.strerror}).",
            where=str(warehouse),
            next_step="Make it writable, free some space, or choose another --warehouse.",
        ) from error
