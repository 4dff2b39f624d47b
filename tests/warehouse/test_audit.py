"""The audit trail: append-only, chained, without anybody's data."""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from warehouse.audit import AuditLog
from warehouse.errors import DeniedError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.db"


@pytest.fixture
def log(path: Path) -> Iterator[AuditLog]:
    audit = AuditLog(path)
    for number in range(5):
        audit.append({"event": "judged", "n": number})
    yield audit
    audit.close()


def tamper(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TRIGGER records_stay; DROP TRIGGER records_remain;")
        for statement in statements:
            connection.execute(statement)


def test_an_untouched_chain_holds(log: AuditLog) -> None:
    assert log.verify() is None
    assert [record["n"] for record in log.records()] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("statement", "first_broken"),
    [
        ("UPDATE records SET body = replace(body, '\"n\": 2', '\"n\": 9') WHERE id = 3", 3),
        ("UPDATE records SET hash = replace(hash, substr(hash, 1, 1), 'x') WHERE id = 2", 2),
        ("DELETE FROM records WHERE id = 3", 3),
        ("DELETE FROM records WHERE id = 5", 5),
        ("UPDATE records SET id = id + 10 WHERE id = 4", 4),
    ],
)
def test_tampering_is_found_where_it_was_done(
    log: AuditLog, path: Path, statement: str, first_broken: int
) -> None:
    tamper(path, statement)
    assert log.verify() == first_broken


def test_a_forged_record_needs_the_key(log: AuditLog, path: Path) -> None:
    previous = sqlite3.connect(path).execute("SELECT hash FROM records WHERE id = 5").fetchone()[0]
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO records VALUES (6, '{}', ?, ?)", (previous, "0" * 64))
    assert log.verify() == 6


@pytest.mark.parametrize("statement", ["UPDATE records SET body = ''", "DELETE FROM records"])
def test_records_cannot_be_changed_in_passing(log: AuditLog, path: Path, statement: str) -> None:
    with pytest.raises(sqlite3.Error, match="append-only"), sqlite3.connect(path) as connection:
        connection.execute(statement)
    assert log.verify() is None


def test_the_key_is_its_owners_alone(log: AuditLog, path: Path) -> None:
    assert path.with_suffix(".key").stat().st_mode & 0o077 == 0


def append_many(path: Path) -> None:
    log = AuditLog(path)
    for _ in range(20):
        log.append({"event": "judged"})


def test_processes_extend_one_chain(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=append_many, args=(path,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    log = AuditLog(path)
    assert len(log.records()) == 60
    assert log.verify() is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM c WHERE id = 'M-104382'",
        "SELECT count(*) FROM c WHERE id = 'O''M-104382'",
        "SELECT 1 -- about M-104382",
        "SELECT 1 /* M-104382 */ + 2",
        "SELECT $$M-104382$$, $x$M-104382$x$",
        'SELECT 1 AS "M-104382"',
        "SELECT 'unclosed M-104382",
        "SELECT 1 /* unclosed M-104382",
    ],
)
def test_literals_and_comments_do_not_reach_the_log(log: AuditLog, sql: str) -> None:
    assert "104382" not in log.redact(sql)


def test_a_redacted_statement_still_tells_its_shape(log: AuditLog) -> None:
    redacted = log.redact("SELECT plan_type FROM gold.calls WHERE topic = 'Billing' AND x_24h > 5")
    assert redacted.startswith("SELECT plan_type FROM gold.calls WHERE topic = <")
    assert "x_24h" in redacted
    assert log.fingerprint("'Billing'") in redacted


def test_two_logs_do_not_share_fingerprints(log: AuditLog, tmp_path: Path) -> None:
    assert log.fingerprint("M-104382") != AuditLog(tmp_path / "other.db").fingerprint("M-104382")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DeniedError) as denied:
        AuditLog(tmp_path / "file" / "audit.db")
    assert denied.value.code == "audit_unavailable"


def test_a_record_costs_little(log: AuditLog) -> None:
    started = time.process_time()
    for _ in range(100):
        log.append({"event": "judged", "sql_in": "SELECT 1"})
    assert (time.process_time() - started) / 100 < 0.003
