"""What a warehouse holds, table by table, and in what two of them differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from warehouse import snapshots, value_words
from warehouse.contract import load_contract
from warehouse.runner import read_models
from warehouse.segments import PARTS

METADATA = {"_loaded_at", "_batch", "_file_no", "file_no"}  # when and in which order files came


def differences(found: Iterable[Any], wanted: Iterable[Any]) -> dict[str, list[str]]:
    """Rows that only one side has, how often ever they occur."""
    left, right = Counter(map(repr, found)), Counter(map(repr, wanted))
    sides = {"only found": sorted((left - right).elements()), "missing": sorted((right - left).elements())}
    return {side: rows for side, rows in sides.items() if rows}


def state(warehouse: Path) -> dict[str, list[str]]:
    """The contents in an order of their own, to be compared as a whole."""
    return {table: sorted(map(repr, rows)) for table, rows in contents(warehouse).items()}


def left_overs(warehouse: Path) -> list[str]:
    """Files and folders of a warehouse that no kept snapshot needs."""
    known = {"CURRENT", "build.lock", "pseudonyms.secret", "snapshots", "segments"}
    found = [path.name for path in warehouse.iterdir() if path.name not in known]
    needed = {
        segment[kind]
        for snapshot in snapshots.history(warehouse)
        for segment in snapshot.manifest["segments"]
        for kind in PARTS
    }
    kept = {snapshot.id for snapshot in snapshots.history(warehouse)}
    found += [f"segments/{path.name}" for path in (warehouse / "segments").glob("*") if path.name not in needed]
    found += [f"snapshots/{path.name}" for path in (warehouse / "snapshots").glob("*") if path.name not in kept]
    return sorted(found)


def contents(warehouse: Path) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of gold, silver and bronze without the metadata of its load."""
    tables = [model.table for model in read_models()]
    tables += ["bronze.quarantine", "bronze.files", *(f"bronze.{name}" for name in load_contract())]
    with snapshots.connect(snapshots.current(warehouse), "lake") as con:
        found = {}
        for table in tables:
            rows = con.execute(f"SELECT * FROM {table} LIMIT 0").description
            columns = sorted(name for name, *_ in rows if name not in METADATA)
            quoted = ", ".join(f'"{column}"' for column in columns)
            found[f"{table} ({quoted})"] = con.execute(f"SELECT {quoted} FROM {table}").fetchall()
    return found | {"values.json": counted_values(warehouse)}


def counted_values(warehouse: Path) -> list[tuple[Any, ...]]:
    """Table, column, value and rows of every counted value; members' bits depend on a warehouse's own secret."""
    counted = value_words.read(snapshots.current(warehouse).values_path)
    assert counted is not None
    return [
        (table, column, entry.value, entry.rows)
        for table, columns in counted.items()
        for column, entries in columns.items()
        for entry in entries
    ]
