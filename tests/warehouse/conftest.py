"""A small folder of sources that a test can spoil: every table of the contract, valid, a few rows each."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import snapshots
from warehouse.build import BuildReport, build
from warehouse.settings import Settings

Rows = list[dict[str, Any]]

MEMBER = {
    "age": 70, "gender": "F", "plan_type": "MAPD", "tenure_months": 8, "segment": "New", "state": "FL",
    "zip_code": "33101", "join_date": "2024-03-01",
}  # fmt: skip
CALL = {
    "member_id": "M1", "call_date": "2024-11-05", "call_timestamp": "2024-11-05 10:00:00",
    "call_topic": "Billing Question", "handle_time_minutes": "10.0", "sentiment": "neutral",
    "is_repeat_call": "False", "prior_digital_attempt": "True", "transferred": "False", "resolved": "True",
}  # fmt: skip
DIGITAL = {
    "member_id": "M1", "interaction_date": "2024-11-05", "interaction_timestamp": "2024-11-05 09:45:00",
    "interaction_type": "bill_pay", "outcome": "failure", "failure_reason": "Payment Error",
    "session_duration_seconds": 60,
}  # fmt: skip


def valid_tables() -> dict[str, Rows]:
    """One valid row or a few for every required table."""
    return {
        "members": [MEMBER | {"member_id": f"M{n}"} for n in (1, 2, 3)],
        "call_center": [CALL | {"call_id": "C1"}, CALL | {"call_id": "C2", "member_id": "M2"}],
        "digital_interactions": [DIGITAL | {"interaction_id": "D1"}],
        "claims": [
            {"claim_id": "K1", "member_id": "M1", "claim_date": "2024-11-01", "claim_type": "Medical",
             "claim_amount": "100.50", "status": "Denied", "approval_time_days": "30.0", "denial_reason": ""}
        ],
        "surveys": [
            {"survey_id": "S1", "member_id": "M1", "survey_date": "2024-11-05", "nps_score": 9, "csat_score": 4,
             "effort_score": 2, "feedback_text": "Fine", "survey_type": "post_call"}
        ],
        "pharmacy": [
            {"rx_id": "R1", "member_id": "M1", "fill_date": "2024-11-02", "drug_name": "Losartan",
             "copay_amount": 5, "days_supply": 30, "pharmacy_type": "retail", "denied_flag": "N",
             "denied_reason": ""}
        ],
        "enrollment": [
            {"enrollment_id": "E1", "member_id": "M1", "enrollment_date": "2024-03-01", "plan_type": "MAPD",
             "premium_amount": 20, "change_type": "new", "change_reason": "New Enrollment"}
        ],
    }  # fmt: skip


def write_tables(folder: Path, tables: dict[str, Rows]) -> Path:
    """Write one CSV a table; the header is the first row's keys."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.fixture
def tables() -> dict[str, Rows]:
    """Valid rows of every required table; spoil them, then write them."""
    return valid_tables()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[dict[str, Rows]], Path]:
    """Writes tables to the test's source folder."""
    return lambda tables: write_tables(tmp_path / "sources", tables)


@pytest.fixture
def valid_sources(tables: dict[str, Rows], written: Callable[[dict[str, Rows]], Path]) -> Path:
    """A folder of valid sources."""
    return written(tables)


@pytest.fixture
def built(tmp_path: Path, settings: Settings) -> Callable[[Path], BuildReport]:
    """Builds a folder of sources into the test's warehouse, `tmp_path / "warehouse"`."""
    return lambda source: build(source, tmp_path / "warehouse", settings)


@pytest.fixture(scope="session")
def three_snapshots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A warehouse after three drops: two calls as of 2024-11-05, a third of that day, a fourth of the next day."""
    folder, tables, ids = tmp_path_factory.mktemp("three"), valid_tables(), []
    settings = Settings(var=folder / "var")
    next_day = {"call_date": "2024-11-06", "call_timestamp": "2024-11-06 10:00:00"}
    for hour, calls in enumerate(([], [CALL | {"call_id": "C3"}], [CALL | {"call_id": "C4"} | next_day])):
        tables["call_center"] += calls
        source = write_tables(folder / "sources", tables)
        now = datetime(2024, 11, 7, hour, tzinfo=UTC)
        ids.append(build(source, folder / "warehouse", settings, now=now).snapshot)
    return folder / "warehouse", ids


@pytest.fixture
def ask(tmp_path: Path) -> Callable[..., list[tuple[Any, ...]]]:
    """Runs SQL over gold, silver and bronze of a warehouse's current snapshot (the test's own by default)."""

    def run(sql: str, warehouse: Path | None = None) -> list[tuple[Any, ...]]:
        snapshot = snapshots.current(warehouse or tmp_path / "warehouse")
        with snapshots.connect(snapshot, lake=True) as con:
            return con.execute(sql).fetchall()

    return run


@pytest.fixture
def quarantined(ask: Callable[..., list[tuple[Any, ...]]]) -> Callable[[], list[tuple[Any, ...]]]:
    """(table, row number, reason, column) of every quarantined row of the test's warehouse."""
    return lambda: ask("SELECT source_table, row_number, reason, detail FROM bronze.quarantine ORDER BY ALL")


@pytest.fixture
def raw_row() -> Callable[[str], dict[str, Any]]:
    """Reads the raw row that the quarantine keeps."""
    return lambda text: dict(json.loads(text))
