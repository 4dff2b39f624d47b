"""Keeping a warehouse's stores in step with its served snapshot: made anew only when their content changed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from semantic.loader import load_reviewed
from semantic.overlay import overlay_folder
from semantic.search.entries import named, valued
from semantic.search.store import FOLDER, Data, StoreError, write
from semantic.values import ValueDictionary, published
from warehouse.errors import UsageError
from warehouse.policy import load_policy
from warehouse.value_words import read

if TYPE_CHECKING:
    from warehouse.settings import Settings
    from warehouse.snapshots import Snapshot


def search_root(settings: Settings, warehouse: Path) -> Path:
    """The folder of a warehouse's stores, in the state folder."""
    return settings.state / FOLDER / hashlib.sha256(str(warehouse.resolve()).encode()).hexdigest()[:8]


def refresh(settings: Settings, warehouse: Path, snapshot: Snapshot) -> str:
    """Bring the stores up to date with a snapshot and the model; why that failed, or nothing.

    Nothing but suggestions depends on them, so a failure is told and stops nobody.
    """
    root = search_root(settings, warehouse)
    try:
        model, _ = load_reviewed(None, overlay_folder(settings))
        write(root, "names", named(model))
        counted = read(snapshot.values_path)
        if counted is None:
            return "the snapshot was built before values were counted"
        granted = [role.tables for role in load_policy().roles.values()]
        wanted: tuple[tuple[Data, frozenset[str], int], ...] = (
            ("shared", frozenset.intersection(*granted), settings.limits.small_cell),
            ("members", frozenset.union(*granted), 0),
        )
        for data, tables, least in wanted:
            found = published(model, counted, tables, least) or {}
            write(root, data, valued(model, ValueDictionary.from_rows(model, found)))
    except (StoreError, UsageError, OSError) as error:
        return str(error)
    return ""
