"""The manifest of a snapshot: what went in, by which rules and model files, and what came out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse import acceptance, reading
from warehouse.checks import CheckResult
from warehouse.contract import Contract
from warehouse.contract.loader import CONTRACT_FILE
from warehouse.ledger import TakenFile, missing_columns, missing_files
from warehouse.reading import Words
from warehouse.runner import SqlModel, models_digest
from warehouse.segments import Segment
from warehouse.settings import Rules
from warehouse.snapshots import FORMAT


def facts_of(con: duckdb.DuckDBPyConnection, models: list[SqlModel], parts: Sequence[Segment]) -> dict[str, Any]:
    """What the manifest says about the data: its days, rows per gold table, quarantine by reason and by file.

    Rows of tables that lie in segments were counted when these were written.
    """
    first_day, as_of, last_day, latest = con.execute(
        "SELECT first_day, as_of, last_day, latest_event FROM silver.period"
    ).fetchall()[0]
    counted: Counter[str] = Counter()
    for segment in parts:
        counted.update({table: rows for table, rows in segment.rows.items() if table.startswith("gold.")})
    gold = [model.table for model in models if model.layer == "gold"]
    for table in gold:
        if table not in counted:
            counted[table] = con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    reasons: Counter[str] = Counter()
    files: dict[str, dict[str, int]] = {}
    for file, reason, count in con.execute(
        "SELECT source_file, reason, count(*) FROM bronze.quarantine GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        reasons[reason] += count
        files.setdefault(file, {})[reason] = count
    return {
        "as_of": as_of.isoformat(),
        "first_day": first_day.isoformat(),
        "partial_day": last_day.isoformat() if last_day > as_of else None,
        "latest_event": latest.isoformat(),
        "tables": {table: counted[table] for table in sorted(gold)},
        "quarantine": dict(sorted(reasons.items())),
        "quarantine_by_file": files,
    }


def quarantined_by_number(con: duckdb.DuckDBPyConnection) -> dict[int, int]:
    """Rows in quarantine by the number of their file."""
    return dict(
        con.execute(
            "SELECT _file_no, count(*) FROM bronze.quarantine WHERE raw_row IS NOT NULL GROUP BY ALL"
        ).fetchall()
    )


def reading_digest() -> str:
    """Changes with what decides how raw rows are read: the contract, our own reading of it, and the engine."""
    files = (CONTRACT_FILE, Path(reading.__file__), Path(acceptance.__file__))
    digest = hashlib.sha256(duckdb.__version__.encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def manifest_of(
    content: str,
    parent: str | None,
    ledger: Sequence[TakenFile],
    quarantined: Mapping[int, int],
    ignored: Sequence[str],
    parts: Sequence[Segment],
    words: Mapping[str, Words],
    contract: Contract,
    rules: Rules,
    facts: dict[str, Any],
    results: Sequence[CheckResult],
    made_with: dict[str, str],
    now: datetime,
) -> dict[str, Any]:
    """The record of a build: what went in, by which rules and files, what came out. JSON values only."""
    return {
        "format": FORMAT,
        "content": content,
        "parent": parent,
        "created_at": now.astimezone(UTC).isoformat(timespec="milliseconds"),
        **facts,
        "rules": rules.model_dump(),
        "rules_hash": rules.digest(),
        "sql_hash": models_digest(),
        "reading_hash": reading_digest(),
        "engine": made_with,
        "sources": [file.document(quarantined.get(file.number, 0)) for file in ledger],
        "ignored_files": list(ignored),
        "missing_files": missing_files(ledger, contract),
        "missing_columns": missing_columns(ledger, contract),
        "segments": [segment.document() for segment in parts],
        "words": {
            table: {name: None if listed is None else list(listed) for name, listed in columns.items()}
            for table, columns in words.items()
        },
        "checks": [
            {"name": name, "table": table, "ok": True}
            for name, table in dict.fromkeys((c.name, c.table) for c in results)
        ],
    }


def words_of(manifest: dict[str, Any]) -> dict[str, Words]:
    """The known words of every category, by table and column."""
    return {
        table: {name: None if listed is None else tuple(listed) for name, listed in columns.items()}
        for table, columns in manifest["words"].items()
    }
