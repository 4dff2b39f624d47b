"""One build: new source files in, a checked and published snapshot out, or nothing at all.

A build takes the files that it has not taken before and goes on from the served snapshot; `warehouse.assembly`
does the work, its steps are in `_build`, in order. Everything is written to a staging folder; the last step
makes it the served snapshot. Whatever fails before that leaves the last snapshot serving.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb

from warehouse import segments, snapshots
from warehouse.assembly import Assembly, Plan
from warehouse.checks import FAILED_BUILD, CheckFailed, CheckResult, keep_failure
from warehouse.contract import load_contract
from warehouse.errors import CommandCenterError, MissingDataError
from warehouse.ingest import Batch, LoadedFile, require_tables
from warehouse.ledger import TakenFile, effective_day, ledger_of
from warehouse.manifest import facts_of, manifest_of, quarantined_by_number, reading_digest, words_of
from warehouse.pseudonyms import pseudonyms_of
from warehouse.received import record
from warehouse.runner import models_digest, read_models
from warehouse.settings import Rules, Settings
from warehouse.shared_copy import SharedCopy
from warehouse.snapshots import Snapshot
from warehouse.source_files import CHANGED, Inbox, SourceFile, discover
from warehouse.spark.exchange import exchange_folder
from warehouse.spark.session import require_spark

Progress = Callable[[str, float], None]
Engine = Literal["duckdb", "spark"]
_LARGE = 512 << 20  # bytes of source files that are not worked on in memory


@dataclass(frozen=True)
class BuildReport:
    """What a build did. `published` is False when there was nothing new (`snapshot` serves).

    `new_files` were taken by this build, `replaced` are those of them whose name had been taken before;
    `sources`, `tables` and `quarantine` are of all files ever taken.
    """

    snapshot: str
    as_of: date
    published: bool
    tables: dict[str, int]
    quarantine: dict[str, int]
    quarantine_by_file: dict[str, dict[str, int]]
    sources: list[dict[str, Any]]
    ignored_files: list[str]
    missing_columns: dict[str, list[str]]
    checks: list[CheckResult]
    new_files: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def _silent(_label: str, _fraction: float) -> None:
    """The progress callback of a caller that wants none."""


class _Steps:
    """Times the steps of a build and tells the caller how far it is."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, label: str, fraction: float) -> Iterator[None]:
        self.progress(label, fraction)
        started = time.perf_counter()
        yield
        self.seconds[label] = self.seconds.get(label, 0.0) + time.perf_counter() - started


@dataclass(frozen=True)
class _Job:
    """What one build is to do: the snapshot it goes on from, what was taken, what is new."""

    base: Snapshot | None
    earlier: list[TakenFile]
    taken: list[TakenFile]
    new: list[SourceFile]
    ignored: tuple[str, ...]
    content: str
    source: Path
    engine: Engine
    shared: SharedCopy


def build(
    source: Path,
    warehouse: Path,
    settings: Settings,
    *,
    full: bool = False,
    whole: bool = False,
    engine: Engine = "duckdb",
    progress: Progress | None = None,
    now: datetime | None = None,
) -> BuildReport:
    """Take the new files of a folder, bring silver and gold up to date, check them, publish a snapshot and
    serve it.

    Files are known by their content. What was taken stays taken; `full` starts over from exactly the files of
    this folder, and so does `whole` when it holds none of the files that the warehouse was built from: it is
    another company, not a drop. The same files, rules, model files and engine make the same tables, whatever
    the order in which they came; when nothing is new, nothing is done. With `engine` spark, DuckDB reads the
    sources and Spark makes all of silver and gold, which are stored and served as ever. `now` is the load time
    written to bronze and the manifest. Raises MissingDataError (exit 4) when the sources are unusable, a check
    fails, another build runs, the disk or memory does not suffice, or the warehouse is of another format.
    """
    steps = _Steps(progress or _silent)
    moment = now or datetime.now(UTC)
    if engine == "spark":
        require_spark(settings)
    with _stopped_is_no_failure(), snapshots.build_lock(warehouse):
        with steps.step("Look at the source files", 0.0):
            inbox = discover(source, load_contract())
            full = full or (whole and _is_another_company(warehouse, inbox))
            job = _job(source, warehouse, inbox, settings, engine, full=full)
            kept = None if full else snapshots.find(warehouse, job.content)
        if kept is not None:
            return _serve_again(warehouse, kept, steps)
        try:
            with _staged(warehouse) as staging:
                report = _build(staging, warehouse, job, settings, moment, steps)
        except CheckFailed as failure:
            keep_failure(warehouse, failure)
            raise
        except duckdb.InterruptException:
            raise
        except (duckdb.Error, OSError) as error:
            raise _resource_error(error, warehouse, settings) from error
        (warehouse / FAILED_BUILD).unlink(missing_ok=True)
        snapshots.prune(warehouse, settings.build, moment)
    steps.progress("Done", 1.0)
    return report


@contextmanager
def _stopped_is_no_failure() -> Iterator[None]:
    """Ctrl+C while the engine runs a statement of this thread comes as an error of the statement, which who asked
    may have taken for a damaged file: whatever it was made into, the reader stopped the build.
    """
    try:
        yield
    except (RuntimeError, duckdb.Error, CommandCenterError) as error:
        if _is_interrupt(error):
            raise KeyboardInterrupt from error
        raise


def _is_interrupt(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, KeyboardInterrupt | duckdb.InterruptException):
            return True
        if isinstance(error, RuntimeError) and "interrupt" in str(error).lower():
            return True
        error = error.__cause__ or error.__context__
    return False


@contextmanager
def _staged(warehouse: Path) -> Iterator[Path]:
    """A staging folder. Nothing that a failing build wrote stays: each attempt would fill the disk further."""
    staging = snapshots.stage(warehouse)
    try:
        yield staging
    except BaseException:
        snapshots.sweep(warehouse)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _job(source: Path, warehouse: Path, inbox: Inbox, settings: Settings, engine: Engine, *, full: bool) -> _Job:
    base = _base(warehouse, inbox, full=full)
    earlier = ledger_of(base.manifest) if base else []
    taken = [] if full else earlier
    new = _new_files(inbox.files, taken)
    shared = _shared(warehouse, settings)
    content = content_digest([*_counted(taken), *new], settings.rules, shared.digest, engine)
    return _Job(base, earlier, taken, new, inbox.ignored, content, source, engine, shared)


def _shared(warehouse: Path, settings: Settings) -> SharedCopy:
    try:
        known = pseudonyms_of(warehouse)
    except OSError as error:
        raise _resource_error(error, warehouse, settings) from error
    return SharedCopy(known, read_models())


def _is_another_company(warehouse: Path, inbox: Inbox) -> bool:
    try:
        taken = {file.sha256 for file in ledger_of(snapshots.current(warehouse).manifest)}
    except MissingDataError:
        return True
    return taken.isdisjoint(file.sha256 for file in inbox.files)


def _new_files(files: Sequence[SourceFile], taken: Sequence[TakenFile]) -> list[SourceFile]:
    """Files whose content was not taken before. A refused file comes again under a better name, or when it has
    stopped changing.
    """
    known = {(file.table, file.sha256) for file in taken if not file.refused}
    refused = {(file.name, file.sha256) for file in taken if file.refused and file.refused != CHANGED}
    new = []
    for file in files:
        if (file.table, file.sha256) not in known and (file.name, file.sha256) not in refused:
            new.append(file)
            known.add((file.table, file.sha256))
    return new


def _base(warehouse: Path, inbox: Inbox, *, full: bool) -> Snapshot | None:
    """The served snapshot, if there is one to go on from.

    Without a pointer that is the newest one. A damaged one, or one of another format, is replaced when the
    folder holds all files that it was built from.
    """
    try:
        return snapshots.current(warehouse)
    except MissingDataError:
        if not (warehouse / snapshots.CURRENT).is_file():
            return next(iter(snapshots.history(warehouse)), None)
        if full:
            return None
        lost = _files_of_unreadable(warehouse) - {file.sha256 for file in inbox.files}
        if lost:
            raise
        return None


def _files_of_unreadable(warehouse: Path) -> set[str]:
    """Contents that the served snapshot was built from, read from its manifest alone, of any format.

    Raises MissingDataError when not even that can be read.
    """
    named = (warehouse / snapshots.CURRENT).read_text(encoding="utf-8", errors="replace").strip()
    folder = warehouse / snapshots.SNAPSHOTS / (Path(named).name or "none")
    try:
        manifest = json.loads((folder / snapshots.MANIFEST).read_text(encoding="utf-8"))
        return {file["sha256"] for file in manifest["sources"]}
    except (OSError, ValueError, KeyError, TypeError):
        snapshots.current(warehouse)  # says what is wrong
        raise


def _counted(ledger: Sequence[TakenFile]) -> list[TakenFile]:
    """Without the files that were refused because they changed: the same content may come again and be taken."""
    return [file for file in ledger if file.refused != CHANGED]


def content_digest(
    files: Sequence[TakenFile | SourceFile], rules: Rules, shared: str, engine: Engine = "duckdb"
) -> str:
    """Sixteen hex characters that change with anything that can change a table."""
    parts = {
        "files": sorted((file.table, file.name, file.sha256) for file in files),
        "rules": rules.digest(),
        "models": models_digest(),
        "reading": reading_digest(),
        "shared": shared,
    }
    if engine != "duckdb":
        parts["engine"] = engine
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _build(
    staging: Path, warehouse: Path, job: _Job, settings: Settings, now: datetime, steps: _Steps
) -> BuildReport:
    contract, models = load_contract(), read_models()
    plan = _plan(job, settings.rules)
    made_with = {"duckdb": duckdb.__version__}
    token = _token(warehouse, job.content)
    large = plan.read_again or sum(file.size for file in job.new) > _LARGE
    with _engine(staging, settings) as con, exchange_folder(settings, staging, token) as exchange:
        work = Assembly(
            con, staging, warehouse / segments.FOLDER, plan, contract, settings, models, job.shared, token
        )
        with steps.step("Read the source files", 0.05):
            work.open(large=large)
            batch = Batch(job.content, now.astimezone(UTC).replace(tzinfo=None), staging, "")
            first = max((file.number for file in job.taken), default=0) + 1
            loaded = work.take(list(enumerate(job.new, first)), batch)
            ledger = [*job.taken, *_entries(loaded, job, now)]
            require_tables(ledger, loaded, contract, job.source)
            record(con, ledger)
        with steps.step("Sort out bad rows", 0.3):
            changed = work.accept()
        with steps.step("Cut into partitions", 0.4):
            destinations = work.partition(reference_changed=changed)
            _require_events(work, job.source)
            work.give_types()
            work.compact_raw()
            work.show_received()
        work.progress = lambda label: steps.progress(label, 0.5)
        if job.engine == "spark":
            with steps.step("Build silver and gold on Spark", 0.45):
                made_with["spark"] = work.make_on_spark(exchange)
        with steps.step("Build silver and gold", 0.5):
            work.derive_reference(changed=changed)
            work.derive_days(destinations)
        with steps.step("Sum up", 0.85):
            work.summarize()
        with steps.step("Write the files", 0.9):
            quarantined = quarantined_by_number(con)
            parts = work.segments()
            facts = facts_of(con, models, parts)
            work.write_values()
            work.close()
    with steps.step("Publish", 0.98):
        manifest = manifest_of(
            content_digest(_counted(ledger), settings.rules, job.shared.digest, job.engine),
            job.base.id if job.base else None,
            ledger,
            quarantined,
            job.ignored,
            parts,
            work.words,
            contract,
            settings.rules,
            facts,
            work.results,
            made_with,
            now,
        )
        manifest["shared_hash"] = job.shared.digest
        manifest["snapshot"] = snapshots.free_id(warehouse, facts["as_of"], job.content)
        snapshot = snapshots.publish(warehouse, staging, manifest, parts)
    return _report(snapshot, steps, published=True, job=job)


def _plan(job: _Job, rules: Rules) -> Plan:
    """Go on from the snapshot before, unless the build starts over; what changed meanwhile decides what is done
    again.
    """
    if job.base is None or not job.taken:
        return Plan(derive_again=job.engine == "spark")
    manifest = job.base.manifest
    other_engine = ("spark" in manifest["engine"]) or job.engine == "spark"
    read_again = manifest["reading_hash"] != reading_digest()
    return Plan(
        kept=job.base.segments,
        known={} if read_again else words_of(manifest),
        read_again=read_again,
        derive_again=other_engine
        or manifest["rules_hash"] != rules.digest()
        or manifest["sql_hash"] != models_digest()
        or manifest["shared_hash"] != job.shared.digest,
    )


def _token(warehouse: Path, content: str) -> str:
    """A beginning for the names of this build's files that no file has yet."""
    folder, attempt = warehouse / segments.FOLDER, 0
    while True:
        token = "s" + hashlib.sha256(f"{content}{attempt}".encode()).hexdigest()[:8]
        if not any(folder.glob(f"*-{token}_*")):
            return token
        attempt += 1


def _entries(loaded: Sequence[LoadedFile], job: _Job, now: datetime) -> list[TakenFile]:
    """The new lines of the ledger, in the order of arrival."""
    latest = None
    if job.base is not None:
        latest = datetime.fromisoformat(job.base.manifest["latest_event"]).date()
    entries = []
    for load in sorted(loaded, key=lambda load: load.number):
        file = load.file
        effective = None
        if file.table == "members" and not load.refused:
            effective = effective_day(file.name, file.sha256, job.earlier, latest)
        entries.append(
            TakenFile(
                number=load.number,
                table=file.table,
                name=file.name,
                sha256=file.sha256,
                rows=load.rows,
                refused=load.refused,
                unknown_columns=load.unknown_columns,
                columns=load.header,
                loaded_at=now.astimezone(UTC).isoformat(timespec="seconds"),
                effective=effective,
            )
        )
    return entries


@contextmanager
def _engine(staging: Path, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private engine inside the settings' limits."""
    con = duckdb.connect(
        config={
            "memory_limit": f"{settings.build.memory_mb}MB",
            "threads": settings.build.threads,
            "temp_directory": str(staging / "spill"),
        }
    )
    try:
        yield con
    finally:
        con.close()


def _require_events(work: Assembly, source: Path) -> None:
    if not any(segment.bounds for segment in work.days):
        raise MissingDataError(
            "The source files hold no usable call and no usable digital interaction.",
            where=str(source),
            next_step="Check that members lists the events' members; see warehouse/contract/sources.yml.",
        )


def _serve_again(warehouse: Path, kept: Snapshot, steps: _Steps) -> BuildReport:
    pointer = warehouse / snapshots.CURRENT
    if not pointer.is_file() or pointer.read_text(encoding="utf-8").strip() != kept.id:
        snapshots.point_to(warehouse, kept.id)
    steps.progress("Already built", 1.0)
    return _report(kept, steps, published=False)


def _report(snapshot: Snapshot, steps: _Steps, *, published: bool, job: _Job | None = None) -> BuildReport:
    manifest = snapshot.manifest
    new = [file.name for file in job.new] if job else []
    before = {file.name for file in job.taken} if job else set()
    return BuildReport(
        snapshot=snapshot.id,
        as_of=snapshot.as_of,
        published=published,
        tables=manifest["tables"],
        quarantine=manifest["quarantine"],
        quarantine_by_file=manifest["quarantine_by_file"],
        sources=manifest["sources"],
        ignored_files=manifest["ignored_files"],
        missing_columns=manifest["missing_columns"],
        checks=[CheckResult(c["name"], c["table"], 0) for c in manifest["checks"]],
        new_files=new,
        replaced=[name for name in new if name in before],
        seconds=steps.seconds,
    )


def _resource_error(error: Exception, warehouse: Path, settings: Settings) -> MissingDataError:
    """Disk and memory troubles in words; what cannot be explained keeps the engine's first line."""
    text = str(error)
    served = "; the last snapshot serves on" if (warehouse / snapshots.CURRENT).is_file() else ""
    if "No space left" in text or "max_temp_directory_size" in text:
        return MissingDataError(
            f"The disk is full; nothing was published{served}.",
            where=str(warehouse),
            next_step="Free some space and build again.",
        )
    if isinstance(error, duckdb.OutOfMemoryException):
        return MissingDataError(
            f"The build needs more than {settings.build.memory_mb} MB of memory.",
            where="settings.toml, build.memory_mb",
            next_step="Raise it and build again.",
        )
    return MissingDataError(
        f"The build failed: {text.splitlines()[0] if text else type(error).__name__}",
        where=str(warehouse),
        next_step=f"Nothing was published{served}. Correct the cause and build again.",
    )
