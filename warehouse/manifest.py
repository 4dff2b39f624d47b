"""The manifest of a snapshot: what went in, by which rules and model files, and what came out."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import duckdb

from warehouse.checks import CheckResult
from warehouse.contract import load_contract
from warehouse.ingest import Loads, missing_columns
from warehouse.runner import SqlModel, models_digest
from warehouse.settings import Rules
from warehouse.source_files import Inbox


def facts_of(con: duckdb.DuckDBPyConnection, models: list[SqlModel]) -> dict[str, Any]:
    """What the manifest says about the data: its days, rows per gold table, quarantine by reason and by file."""
    first_day, as_of, last_day = con.execute("SELECT first_day, as_of, last_day FROM silver.period").fetchall()[0]
    gold = [model.table for model in models if model.table.startswith("gold.")]
    bad = con.execute(
        "SELECT source_file, reason, count(*) FROM bronze.quarantine GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    reasons: Counter[str] = Counter()
    files: dict[str, dict[str, int]] = {}
    for file, reason, count in bad:
        reasons[reason] += count
        files.setdefault(file, {})[reason] = count
    return {
        "as_of": as_of.isoformat(),
        "first_day": first_day.isoformat(),
        "partial_day": last_day.isoformat() if last_day > as_of else None,
        "tables": {table: con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0] for table in sorted(gold)},
        "quarantine": dict(sorted(reasons.items())),
        "quarantine_by_file": files,
    }


def manifest_of(
    content: str,
    loads: Loads,
    inbox: Inbox,
    rules: Rules,
    facts: dict[str, Any],
    results: list[CheckResult],
    now: datetime,
) -> dict[str, Any]:
    """The record of a build: what went in, by which rules and files, what came out. JSON values only."""
    contract = load_contract()
    by_file = facts["quarantine_by_file"]
    return {
        "content": content,
        "created_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        **facts,
        "rules": rules.model_dump(),
        "rules_hash": rules.digest(),
        "sql_hash": models_digest(),
        "engine": {"duckdb": duckdb.__version__},
        "sources": [
            {
                "table": load.file.table,
                "file": load.file.name,
                "sha256": load.file.sha256,
                "rows": load.rows,
                "quarantined": sum(by_file.get(load.file.name, {}).values()),
                "refused": load.refused,
                "unknown_columns": list(load.unknown_columns),
            }
            for load in loads.files
        ],
        "ignored_files": list(inbox.ignored),
        "missing_files": [name for name in contract if not loads.taken(name)],
        "missing_columns": missing_columns(loads, contract),
        "checks": [{"name": check.name, "table": check.table, "ok": check.ok} for check in results],
    }
