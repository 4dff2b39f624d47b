"""`command-center doctor`: what works here, what is missing and how to mend it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from warehouse.errors import CommandCenterError
from warehouse.settings import Settings

State = Literal["ok", "warning", "missing"]
_ROOM_NEEDED_GB = 3


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    state: State
    detail: str
    next_step: str = ""


def examine(settings: Settings, warehouse: Path) -> list[Finding]:
    """Look at Python, disk, the semantic model, the warehouse, the chat model and the browser."""
    return [
        _python(),
        _disk(settings.var),
        _semantic_model(),
        _warehouse(settings, warehouse),
        _chat_model(settings),
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


def _warehouse(settings: Settings, warehouse: Path) -> Finding:
    from warehouse.snapshots import current

    try:
        snapshot = current(warehouse)
    except CommandCenterError as error:
        return Finding("Warehouse", "missing", error.what, error.next_step)
    detail = f"snapshot {snapshot.id}, as of {snapshot.manifest['as_of']}"
    if snapshot.manifest["rules_hash"] != settings.rules.digest():
        hint = "Run `command-center build` so that the changed rules reach every number."
        return Finding("Warehouse", "warning", f"{detail}; built with other rules than the settings", hint)
    return Finding("Warehouse", "ok", detail)


def _chat_model(settings: Settings) -> Finding:
    model = settings.chat_model
    if model.kind != "service":
        return Finding("Chat model", "ok", model.kind)
    lacking = [
        name
        for name, value in (("chat_model.base_url", model.base_url), ("chat_model.model", model.model))
        if not value
    ]
    if settings.api_key is None:
        lacking.append("COMMAND_CENTER_API_KEY")
    if lacking:
        return Finding("Chat model", "missing", "service", f"Set {', '.join(lacking)}.")
    return Finding("Chat model", "ok", f"service {model.model}")


def _browser() -> Finding:
    found = shutil.which("chromium")
    hint = "" if found else "Only the browser tests need it: make browser."
    return Finding("Chromium", "ok" if found else "warning", found or "not installed", hint)
