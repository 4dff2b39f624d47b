"""The door: judge, record, run, record; and what people are told when something is in the way."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from warehouse.audit import AuditLog
from warehouse.door import QueryContext, Warehouse
from warehouse.errors import DeniedError, MissingDataError, UsageError
from warehouse.guard import Allow, Deny
from warehouse.principal import Principal
from warehouse.settings import Limits, Settings
from warehouse.snapshots import CURRENT, connect, current

DATA = Path(__file__).parents[1] / "data"
EXECUTIVE = Principal("ann", "executive")
ADVOCATE = Principal("bea", "member_advocate", purpose="complaint 4711")
TOTAL = "SELECT SUM(total_calls) AS calls FROM gold.executive_kpis"


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[AuditLog]:
    log = AuditLog(tmp_path / "state" / "audit.db")
    yield log
    log.close()


@pytest.fixture
def door(tiny_warehouse: Path, audit: AuditLog) -> Iterator[Warehouse]:
    warehouse = Warehouse(tiny_warehouse, Settings(), audit)
    yield warehouse
    warehouse.close()


@pytest.fixture(scope="module")
def one_door(tiny_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """For statements that ask nothing of the trail: one door, and one worker, for all of them."""
    var = tmp_path_factory.mktemp("one-door")
    log = AuditLog(var / "audit.db")
    with closing(log), closing(Warehouse(tiny_warehouse, Settings(var=var), log)) as opened:
        yield opened


@pytest.fixture
def copied(tiny_warehouse: Path, tmp_path: Path) -> Path:
    """A warehouse of the test's own, to be damaged."""
    return Path(shutil.copytree(tiny_warehouse, tmp_path / "copied"))


def test_a_statement_gives_rows_and_where_they_come_from(door: Warehouse, tiny_warehouse: Path) -> None:
    result = door.query(TOTAL, EXECUTIVE)
    published = current(tiny_warehouse)
    with connect(published) as other:
        expected = other.execute("SELECT SUM(total_calls) FROM gold.executive_kpis").fetchall()
    assert result.rows == expected
    assert [column.name for column in result.columns] == ["calls"]
    assert (result.snapshot, result.as_of) == (published.id, published.as_of)
    assert result.tables == ("gold.executive_kpis",)
    assert set(result.timings_ms) == {"guard", "query"}
    assert not result.truncated


@pytest.mark.parametrize(
    "sql",
    [
        e["sql"]
        for e in map(json.loads, (DATA / "guard_statements.jsonl").read_text().splitlines())
        if e["layer"] == "-"
    ]
    + (DATA / "guard_allowed.sql").read_text().splitlines()[1:],
)
def test_every_allowed_statement_passes_the_binder_and_runs(sql: str, one_door: Warehouse) -> None:
    assert isinstance(one_door.check(sql, EXECUTIVE), Allow)
    assert one_door.query(sql, EXECUTIVE).columns


def test_parameters_are_bound(door: Warehouse) -> None:
    sql = "SELECT COUNT(*) AS n FROM gold.calls WHERE call_topic = $topic AND call_date >= $day"
    some = door.query(sql, EXECUTIVE, params={"topic": "Billing Question", "day": date(2020, 1, 1)})
    none = door.query(sql, EXECUTIVE, params={"topic": "Bílling", "day": date(2020, 1, 1)})
    assert some.rows[0][0] > 0
    assert none.rows == [(0,)]


def test_more_rows_than_the_limit_are_cut_and_said(tiny_warehouse: Path, audit: AuditLog) -> None:
    small = Warehouse(tiny_warehouse, Settings(limits=Limits(rows=5)), audit)
    result = small.query("SELECT kpi_date FROM gold.executive_kpis ORDER BY kpi_date", EXECUTIVE)
    assert len(result.rows) == 5
    assert result.truncated
    assert result.rows == sorted(result.rows)


def test_a_denial_carries_its_code_and_nothing_of_the_database(door: Warehouse) -> None:
    with pytest.raises(DeniedError) as denied:
        door.query("SELECT transcript FROM gold.calls", EXECUTIVE)
    assert denied.value.code == "column_not_allowed"
    assert denied.value.exit_code == 3
    assert "transcript" not in str(denied.value)


def test_a_conversion_error_does_not_print_the_value(door: Warehouse) -> None:
    with pytest.raises(UsageError) as failed:
        door.query("SELECT CAST(max(segment) AS INT) FROM gold.repeat_calls_analysis", EXECUTIVE)
    values = door.query("SELECT DISTINCT segment FROM gold.repeat_calls_analysis", EXECUTIVE).rows
    assert not any(value in str(failed.value) for (value,) in values)
    assert failed.value.__cause__ is None


def test_an_advocate_with_a_purpose_reads_rows_with_masks(door: Warehouse, audit: AuditLog) -> None:
    result = door.query("SELECT first_name, email, zip_code FROM gold.members LIMIT 3", ADVOCATE)
    assert len(result.rows) == 3
    for _, email, zip_code in result.rows:
        assert email is None or email.startswith("***@")
        assert zip_code is None or len(zip_code) <= 3
    assert audit.records()[0]["purpose"] == "complaint 4711"


def test_an_engineer_reads_the_lake_beside_gold(door: Warehouse) -> None:
    engineer = Principal("fay", "data_engineer")
    sql = (
        "SELECT (SELECT COUNT(*) FROM silver.calls) AS silver_calls, "
        "(SELECT COUNT(*) FROM bronze.call_center) AS bronze_calls, "
        "(SELECT SUM(total_calls) FROM gold.repeat_calls_analysis) AS gold_calls"
    )
    silver, bronze, gold = door.query(sql, engineer).rows[0]
    assert silver == gold
    assert bronze >= silver
    with pytest.raises(DeniedError):
        door.query("SELECT COUNT(*) FROM silver.calls", EXECUTIVE)


def test_records_stand_before_and_after_a_statement(door: Warehouse, audit: AuditLog) -> None:
    context = QueryContext("answer-7", "Why did M-104382 call?", "cli")
    result = door.query(TOTAL + " WHERE kpi_date > DATE '2020-02-03'", EXECUTIVE, context=context)
    before, after = audit.records()
    assert (before["id"], before["verdict"], before["user"], before["answer"]) == (
        result.audit_id, "allow", "ann", "answer-7",
    )  # fmt: skip
    assert (after["of"], after["rows"]) == (result.audit_id, 1)
    assert len(after["result"]) == 64
    for secret in ("M-104382", "2020-02-03"):
        assert secret not in json.dumps([before, after])


def test_a_denied_statement_is_recorded(door: Warehouse, audit: AuditLog) -> None:
    with pytest.raises(DeniedError):
        door.query("SELECT * FROM raw.members", EXECUTIVE)
    assert [(record["verdict"], record["code"]) for record in audit.records()] == [("deny", "table_not_allowed")]


def test_nothing_runs_when_the_record_cannot_be_written(
    door: Warehouse, audit: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []
    monkeypatch.setattr(
        "warehouse.workers.pool.WorkerPool.run", lambda *arguments, **limits: ran.append(arguments)
    )
    audit.close()
    with pytest.raises(DeniedError) as denied:
        door.query(TOTAL, EXECUTIVE)
    assert denied.value.code == "audit_unavailable"
    assert ran == []


def test_without_a_warehouse_a_query_says_how_to_build_one_and_a_check_still_judges(
    tmp_path: Path, audit: AuditLog
) -> None:
    empty = Warehouse(tmp_path / "nothing", Settings(), audit)
    with pytest.raises(MissingDataError, match="build"):
        empty.query(TOTAL, EXECUTIVE)
    assert isinstance(empty.check(TOTAL, EXECUTIVE), Allow)
    assert isinstance(empty.check("SELECT * FROM raw.members", EXECUTIVE), Deny)


@pytest.mark.parametrize("damage", ["cut", "zeroes"])
def test_a_damaged_file_is_named(damage: str, copied: Path, audit: AuditLog) -> None:
    file = current(copied).shared_path
    os.chmod(file, 0o644)
    size = file.stat().st_size
    with file.open("r+b") as stream:
        if damage == "cut":
            stream.truncate(size // 2)
        else:
            stream.seek(4096)
            stream.write(b"\0" * (size - 4096))
    with pytest.raises(MissingDataError) as missing:
        Warehouse(copied, Settings(), audit).query(TOTAL, EXECUTIVE)
    assert file.name in str(missing.value)
    assert missing.value.exit_code == 4


def test_a_new_snapshot_is_served_at_once(copied: Path, audit: AuditLog) -> None:
    door = Warehouse(copied, Settings(), audit)
    first = door.query(TOTAL, EXECUTIVE)
    newer = publish_again(copied)
    second = door.query(TOTAL, EXECUTIVE)
    assert (first.snapshot != second.snapshot, second.snapshot) == (True, newer)
    assert first.rows == second.rows


def publish_again(warehouse: Path) -> str:
    """The same data under a new snapshot id, the way a build publishes it."""
    old = current(warehouse)
    new_id = old.id[:-8] + "0badcafe"
    folder = warehouse / "snapshots" / new_id
    shutil.copytree(old.gold_path.parent, folder)
    for path in folder.iterdir():
        path.rename(folder / path.name.replace(old.id, new_id))
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace(old.id, new_id))
    (warehouse / CURRENT).write_text(new_id)
    return new_id


def test_threads_share_a_door(door: Warehouse) -> None:
    results: list[object] = []
    threads = [
        threading.Thread(target=lambda: results.append(door.query(TOTAL, EXECUTIVE).rows[0][0])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert len(set(results)) == 1
