"""A small folder of sources that a test can spoil: every table of the contract, valid, a few rows each."""

from __future__ import annotations

import csv
import importlib.util
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

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
def plain_build(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> tuple[Path, BuildReport]:
    """A warehouse of the valid tables as they are, and the report of its build. Nobody may change it."""
    folder = tmp_path_factory.mktemp("plain")
    source = write_tables(folder / "sources", valid_tables())
    return folder / "warehouse", build(source, folder / "warehouse", settings)


@pytest.fixture
def plain(valid_sources: Path, plain_build: tuple[Path, BuildReport], tmp_path: Path) -> BuildReport:
    """The report of `valid_sources` as they are, of which the test's warehouse is a copy: built once for all."""
    warehouse, report = plain_build
    shutil.copytree(warehouse, tmp_path / "warehouse")
    return report


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
        with snapshots.connect(snapshot, "lake") as con:
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


@pytest.fixture(scope="session")
def three_drops() -> Callable[[Path], list[Path]]:
    """Writes a folder that grows by two drops and stays as it was in between: `drop-1`, `drop-2`, `drop-3`."""
    return write_drops


def write_drops(folder: Path) -> list[Path]:
    """Three weeks of calls and failures; then days that are new, late or corrected, members who change plan."""
    first = valid_tables() | {
        "call_center": [call(n, n % 21) for n in range(60)],
        "digital_interactions": [interaction(n, n % 21) for n in range(60)],
    }
    second = {
        "call_center_2024-11-23": [call(n, 21 + n % 2) for n in range(60, 66)],
        "digital_interactions_2024-11-23": [interaction(n, 21 + n % 2) for n in range(60, 66)],
    }
    third = {
        "members_2024-11-12": [MEMBER | {"member_id": "M1", "plan_type": "PPO"}, MEMBER | {"member_id": "M4"}],
        "call_center_2024-11-24": [call(n, 23) for n in range(66, 70)] + [call(3, 9), call(70, 4, member_id="M4")],
        "digital_interactions_late": [interaction(n, n % 5) for n in range(66, 70)],
    }
    folders: list[Path] = []
    for number, tables in enumerate((first, second, third), start=1):
        drop = folder / f"drop-{number}"
        if folders:
            shutil.copytree(folders[-1], drop)
        folders.append(write_tables(drop, tables))
    return folders


@pytest.fixture(scope="session")
def add_a_leak() -> Callable[[Path, int], None]:
    """Adds the files of one more failed interaction and the call that follows it, on one of 25 days."""

    def add(folder: Path, number: int) -> None:
        failed = interaction(900 + number, number * 7 % 25) | {"outcome": "failure"}
        tables = {"call_center": [call(900 + number, number * 7 % 25)], "digital_interactions": [failed]}
        write_tables(folder, {f"{name}_more-{number}": rows for name, rows in tables.items()})

    return add


def call(number: int, day: int, **changed: str) -> dict[str, Any]:
    """A call of one of three members on a day of November 2024, twenty minutes after an interaction."""
    date = f"2024-11-{day + 1:02}"
    at = {"call_date": date, "call_timestamp": f"{date} {number % 12 + 8:02}:20:00"}
    return CALL | at | {"call_id": f"C{number:03}", "member_id": f"M{number % 3 + 1}"} | changed


def interaction(number: int, day: int) -> dict[str, Any]:
    """A failed or a successful interaction of one of three members."""
    date = f"2024-11-{day + 1:02}"
    at = {"interaction_date": date, "interaction_timestamp": f"{date} {number % 12 + 8:02}:00:00"}
    outcome = ("failure", "abandoned", "success", "failure")[number % 4]
    ids = {"interaction_id": f"D{number:03}", "member_id": f"M{number % 3 + 1}"}
    return DIGITAL | at | ids | {"outcome": outcome}


@pytest.fixture(scope="session")
def start_run(comparing: Any) -> Callable[..., Any]:
    """Starts a `playing.Run`: a folder of drops, a warehouse, and what they are compared with."""
    run, right = beside("playing").Run, beside("oracle").Oracle
    return lambda folder, settings: run(folder, settings, right, comparing)


@pytest.fixture(scope="session")
def histories() -> Any:
    """The module `histories.py`: random histories of drops."""
    return beside("histories")


@pytest.fixture(scope="session")
def comparing() -> Any:
    """The module `comparing.py`: what warehouses hold and in what they differ."""
    return beside("comparing")


@pytest.fixture(scope="module")
def forks() -> Iterator[Any]:
    """Builds and readers in processes of their own, see `forks.py`."""
    server = beside("forks").Forks()
    yield server
    server.close()


def beside(name: str) -> Any:
    """A module that lies beside this file and is no test."""
    spec = importlib.util.spec_from_file_location(
        f"tests_warehouse_{name}", Path(__file__).with_name(f"{name}.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
