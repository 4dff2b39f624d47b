"""`command-center doctor`: what works here, what is missing and how to mend it."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Literal

from ui.asking import require_chat_model
from warehouse.errors import CommandCenterError, MissingDataError
from warehouse.policy import Data
from warehouse.settings import Settings
from warehouse.state_database import exists
from warehouse.state_file import database_of

if TYPE_CHECKING:
    from warehouse.snapshots import Snapshot

State = Literal["ok", "warning", "missing"]
_ROOM_NEEDED_GB = 3
_PROBE_BYTES = 1 << 16


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    state: State
    detail: str
    next_step: str = ""


def examine(settings: Settings, warehouse: Path, *, reach: bool = False) -> list[Finding]:
    """Look at Python, disk, state, the semantic model, the warehouse, the chat model and the browser.

    Nothing leaves this machine unless `reach`: then the chat model service is asked for its models.
    """
    return [
        _python(),
        _disk(settings.var),
        _state(settings),
        _semantic_model(),
        _accepted(settings),
        _warehouse(settings, warehouse),
        _search(settings, warehouse),
        _chat_model(settings, reach=reach),
        _delivery(settings),
        _browser(),
    ]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] < (3, 14)
    return Finding("Python", "ok" if good else "warning", version, "" if good else "Use Python 3.11 to 3.13.")


def _disk(var: Path) -> Finding:
    folder = next(parent for parent in (var.resolve(), *var.resolve().parents) if parent.exists())
    free = shutil.disk_usage(folder).free / 1e9
    good = free >= _ROOM_NEEDED_GB
    hint = "" if good else f"Free at least {_ROOM_NEEDED_GB} GB, or set `var` to another disk."
    return Finding("Disk", "ok" if good else "warning", f"{free:.1f} GB free", hint)


def _semantic_model() -> Finding:
    from semantic.loader import load_model

    try:
        model = load_model()
    except CommandCenterError as error:
        return Finding("Semantic model", "missing", error.what, error.next_step)
    return Finding("Semantic model", "ok", f"{len(model.metrics)} metrics, {len(model.dimensions)} dimensions")


def _accepted(settings: Settings) -> Finding:
    """What reviewers have accepted beside the model: synonyms, verified queries."""
    from semantic.loader import load_reviewed
    from semantic.overlay import overlay_folder, stamp

    folder = overlay_folder(settings)
    try:
        _, problem = load_reviewed(None, folder)
    except CommandCenterError as error:
        problem = error.what
    if problem:
        hint = "Correct or remove the lines named; meanwhile the model answers without them."
        return Finding("Accepted words", "warning", f"{problem} ({folder})", hint)
    return Finding("Accepted words", "ok", f"{len(stamp(folder))} files in {folder}")


def _delivery(settings: Settings) -> Finding:
    """Who follows the briefing, whether the channels they chose are set up, and what was not delivered."""
    from ui.delivery.standing import problems_of, standing_of

    try:
        standing = standing_of(settings)
        wrong = problems_of(standing, settings)
    except (CommandCenterError, sqlite3.Error):  # the finding about the state says how to mend it
        return Finding("Delivery", "missing", "the state cannot be read")
    said = f"{standing.active} subscriptions, {'a' if settings.scout.schedule else 'no'} schedule"
    hint = "`command-center briefing list --deliveries`; docs/briefings.md says what each channel needs."
    return Finding("Delivery", "warning" if wrong else "ok", "; ".join([said, *wrong]), hint if wrong else "")


def _search(settings: Settings, warehouse: Path) -> Finding:
    """The stores that suggestions come from: open each and find something in it."""
    from semantic.search.building import search_root
    from semantic.search.entries import KINDS
    from semantic.search.store import CLASSES, SearchStore, StoreError, entries_held

    root, held = search_root(settings, warehouse), []
    for data in CLASSES:
        try:
            store = SearchStore(root, data)
            store.find("calls", KINDS, 1)
            store.close()
        except StoreError as error:
            hint = "Run `command-center search --rebuild`; until then suggestions go by spelling only."
            return Finding("Search", "warning", f"the store of {data}: {error}", hint)
        held.append(f"{entries_held(root, data)} of {data}")
    return Finding("Search", "ok", f"entries: {', '.join(held)}")


def _warehouse(settings: Settings, warehouse: Path) -> Finding:
    from warehouse.snapshots import current

    try:
        snapshot = current(warehouse)
        _read_through(snapshot, settings)
    except CommandCenterError as error:
        return Finding("Warehouse", "missing", f"{error.what} {error.where}", error.next_step)
    detail = f"snapshot {snapshot.id}, as of {snapshot.manifest['as_of']}"
    if snapshot.manifest["rules_hash"] != settings.rules.digest():
        hint = "Run `command-center build --source DIR` so that the changed rules reach every number."
        return Finding("Warehouse", "warning", f"{detail}; built with other rules than the settings", hint)
    return Finding("Warehouse", "ok", detail)


def _read_through(snapshot: Snapshot, settings: Settings) -> None:
    """Open the published files as readers do and count their tables. Raises MissingDataError when that fails."""
    from warehouse.workers.pool import open_pool

    served: tuple[tuple[Data, Path], ...] = (("shared", snapshot.shared_path), ("gold", snapshot.gold_path))
    for data, path in served:
        pool = open_pool(snapshot, settings.limits, data=data)
        for table, rows in snapshot.manifest["tables"].items():
            found = pool.run(f"SELECT count(*) FROM {table}", {}, most=1, seconds=settings.limits.seconds).rows
            if found != [(rows,)]:
                raise MissingDataError(
                    f"{table} does not have its {rows} rows.",
                    where=str(path),
                    next_step="Run `command-center build --source DIR --full`.",
                )


def _state(settings: Settings) -> Finding:
    """Sign-ins, threads, answers and the audit trail: every question needs to write there."""
    folder = settings.state
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * _PROBE_BYTES)
    except OSError as error:
        hint = "Make it writable and free some space, or set `var` to another folder."
        return Finding("State", "missing", f"{folder} cannot be written ({error.strerror})", hint)
    try:
        database = database_of(folder)
        if database is not None:
            exists(database, "")
    except CommandCenterError as error:
        return Finding("State", "missing", error.what, error.next_step)
    except sqlite3.Error:
        hint = "Check `[database] url` and that its server runs and lets us in."
        return Finding("State", "missing", "PostgreSQL does not answer", hint)
    return Finding("State", "ok", f"{folder}; stores in PostgreSQL, {database.place}" if database else str(folder))


def _chat_model(settings: Settings, *, reach: bool) -> Finding:
    model = settings.chat_model
    try:
        require_chat_model(settings)
    except CommandCenterError as error:
        return Finding("Chat model", "missing", error.what, error.next_step)
    if model.kind == "recorded" and model.recording and not model.recording.is_file():
        hint = "Correct chat_model.recording, or set chat_model.kind to embedded."
        return Finding("Chat model", "missing", f"there is no recording at {model.recording}", hint)
    if model.kind == "service" and reach:
        return _service(settings)
    if model.kind == "service" and settings.api_key is None:
        hint = "Set COMMAND_CENTER_API_KEY, unless the service wants no key."
        return Finding("Chat model", "warning", f"service {model.model}, without a key", hint)
    return Finding("Chat model", "ok", f"{model.kind} {model.model}".strip())


def _service(settings: Settings) -> Finding:
    """Whether the service answers, takes the key and has the model; costs no tokens."""
    from agents.chat_models.service import models_of

    model = settings.chat_model
    try:
        names = models_of(model, settings.api_key)
    except CommandCenterError as error:
        stands_in = " The embedded planner answers meanwhile." if model.fallback else ""
        return Finding("Chat model", "missing", error.what, f"{error.next_step}{stands_in}")
    if model.model not in names:
        hint = "Correct chat_model.model, unless the service does not list all of its models."
        return Finding("Chat model", "warning", f"the service answers and does not list {model.model}", hint)
    return Finding("Chat model", "ok", f"service {model.model}, reached")


def _browser() -> Finding:
    found = shutil.which("chromium")
    hint = "" if found else "Only the browser tests need it: make browser."
    return Finding("Chromium", "ok" if found else "warning", found or "not installed", hint)
