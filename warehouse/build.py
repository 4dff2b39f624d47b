"""One build: source files in, a checked and published snapshot out, or nothing at all.

The steps are in `_build`, in order. Everything is written to a staging folder; the last step makes it the served
snapshot. Whatever fails before that leaves the last snapshot serving.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse import snapshots
from warehouse.checks import FAILED_BUILD, CheckFailed, CheckResult, checks_of, keep_failure, run_check
from warehouse.contract import Contract, load_contract
from warehouse.contract.loader import CONTRACT_FILE
from warehouse.errors import MissingDataError
from warehouse.ingest import Batch, Loads, create_bronze, load, require_tables
from warehouse.manifest import facts_of, manifest_of
from warehouse.quarantine import accept, create_quarantine, quarantine_files
from warehouse.reading import quoted
from warehouse.runner import SqlModel, load_seeds, models_digest, read_models, run_models
from warehouse.settings import Rules, Settings
from warehouse.source_files import Inbox, discover
from warehouse.workers import SEARCH_PATH

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class BuildReport:
    """What a build did. `published` is False when the same inputs had been built before (`snapshot` serves)."""

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


def build(
    source: Path,
    warehouse: Path,
    settings: Settings,
    *,
    full: bool = False,
    progress: Progress | None = None,
    now: datetime | None = None,
) -> BuildReport:
    """Ingest a folder, build silver and gold, check them, publish a snapshot and serve it.

    The same inputs, rules, model files and engine make the same snapshot, so building them again does nothing
    unless `full`. `now` is the load time written to bronze and the manifest. Raises MissingDataError (exit 4) when
    the sources are unusable, a check fails, another build runs or the disk or memory does not suffice.
    """
    steps = _Steps(progress or _silent)
    contract = load_contract()
    with snapshots.build_lock(warehouse):
        with steps.step("Look at the source files", 0.0):
            inbox = discover(source, contract)
            content = content_digest(inbox, settings.rules)
            kept = None if full else snapshots.find(warehouse, content)
        if kept is not None:
            return _serve_again(warehouse, kept, steps)
        staging = snapshots.stage(warehouse)
        try:
            report = _build(staging, warehouse, inbox, source, settings, content, now or datetime.now(UTC), steps)
        except CheckFailed as failure:
            keep_failure(warehouse, failure)
            raise
        except (RuntimeError, duckdb.InterruptException) as error:
            if "interrupt" in str(error).lower():  # Ctrl+C while the engine runs a statement of this thread
                raise KeyboardInterrupt from error
            raise
        except (duckdb.Error, OSError) as error:
            raise _resource_error(error, warehouse, settings) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        (warehouse / FAILED_BUILD).unlink(missing_ok=True)
        snapshots.prune(warehouse, settings.build.keep_snapshots)
    steps.progress("Done", 1.0)
    return report


def content_digest(inbox: Inbox, rules: Rules) -> str:
    """Sixteen hex characters that change with anything that can change a table."""
    parts = {
        "files": [(file.table, file.name, file.sha256) for file in inbox.files],
        "rules": rules.digest(),
        "models": models_digest(),
        "contract": hashlib.sha256(CONTRACT_FILE.read_bytes()).hexdigest(),
        "engine": duckdb.__version__,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _build(
    staging: Path,
    warehouse: Path,
    inbox: Inbox,
    source: Path,
    settings: Settings,
    content: str,
    now: datetime,
    steps: _Steps,
) -> BuildReport:
    contract = load_contract()
    batch = Batch(content, now.astimezone(UTC).replace(tzinfo=None), staging)
    models = read_models()
    with _engine(staging, settings) as con:
        with steps.step("Read the source files", 0.05):
            loads = _ingest(con, inbox, contract, batch, settings.build.threads)
            require_tables(loads, contract, source)
        with steps.step("Sort out bad rows", 0.3):
            accept(con, contract, settings.build.threads)
            _require_events(con, source)
        with steps.step("Build silver and gold", 0.45):
            _give(con, settings.rules)
            results = _run(con, models, settings.build.threads, steps)
        with steps.step("Write the files", 0.95):
            facts = facts_of(con, models)
            con.execute("CHECKPOINT lake; CHECKPOINT serve; DETACH lake; DETACH serve")
    with steps.step("Publish", 0.98):
        manifest = manifest_of(content, loads, inbox, settings.rules, facts, results, now)
        manifest["snapshot"] = snapshots.free_id(warehouse, facts["as_of"], content)
        snapshot = snapshots.publish(warehouse, staging, manifest)
    return _report(snapshot, steps, published=True)


@contextmanager
def _engine(staging: Path, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A private engine with the two files to be, attached as `lake` and `serve`, inside the settings' limits."""
    con = duckdb.connect(
        config={
            "memory_limit": f"{settings.build.memory_mb}MB",
            "threads": settings.build.threads,
            "temp_directory": str(staging / "spill"),
        }
    )
    try:
        con.execute(f"ATTACH {quoted(str(staging / 'lake.tmp'))} AS lake")
        con.execute(f"ATTACH {quoted(str(staging / 'gold.tmp'))} AS serve")
        con.execute("CREATE SCHEMA lake.bronze; CREATE SCHEMA lake.silver; CREATE SCHEMA serve.gold")
        con.execute(f"SET search_path = '{SEARCH_PATH}'")
        yield con
    finally:
        con.close()


def _ingest(con: duckdb.DuckDBPyConnection, inbox: Inbox, contract: Contract, batch: Batch, threads: int) -> Loads:
    create_bronze(con, contract)
    create_quarantine(con)
    loads = load(con, inbox, contract, batch, threads)
    quarantine_files(con, loads.refused(), batch)
    con.execute(
        "CREATE TABLE lake.bronze.files (source_table VARCHAR, source_file VARCHAR, sha256 VARCHAR, "
        "rows_in_file BIGINT, refused VARCHAR)"
    )
    for file in loads.files:
        con.execute(
            "INSERT INTO lake.bronze.files VALUES (?, ?, ?, ?, ?)",
            [file.file.table, file.file.name, file.file.sha256, file.rows, file.refused or None],
        )
    return loads


def _require_events(con: duckdb.DuckDBPyConnection, source: Path) -> None:
    found = con.execute(
        "SELECT EXISTS (FROM accepted.call_center) OR EXISTS (FROM accepted.digital_interactions)"
    ).fetchall()
    if not found[0][0]:
        raise MissingDataError(
            "The source files hold no usable call and no usable digital interaction.",
            where=str(source),
            next_step="Check that members lists the events' members; see warehouse/contract/sources.yml.",
        )


def _give(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """What models read besides the sources: the rules as a table of one row, and the owners' seeds."""
    values = rules.model_dump()
    con.execute("CREATE SCHEMA build")
    con.execute(f"CREATE TABLE build.rules AS SELECT {', '.join(f'${name} AS {name}' for name in values)}", values)
    load_seeds(con)


def _run(con: duckdb.DuckDBPyConnection, models: list[SqlModel], threads: int, steps: _Steps) -> list[CheckResult]:
    done: list[str] = []

    def check(worker: duckdb.DuckDBPyConnection, model: SqlModel) -> list[CheckResult]:
        results = [run_check(worker, check) for check in checks_of(model)]
        done.append(model.table)
        steps.progress(f"Built and checked {model.table}", 0.45 + 0.5 * len(done) / len(models))
        return results

    return [result for results in run_models(con, models, check, threads) for result in results]


def _serve_again(warehouse: Path, kept: snapshots.Snapshot, steps: _Steps) -> BuildReport:
    snapshots.point_to(warehouse, kept.id)
    steps.progress("Already built", 1.0)
    return _report(kept, steps, published=False)


def _report(snapshot: snapshots.Snapshot, steps: _Steps, *, published: bool) -> BuildReport:
    manifest = snapshot.manifest
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
