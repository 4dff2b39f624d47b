"""The audit trail: append-only, chained, without anybody's data, and any byte that was changed is found."""

from __future__ import annotations

import hashlib
import hmac
import json
import multiprocessing
import os
import resource
import shutil
import signal
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from warehouse.audit import Answered, AuditLog, Failed, Judged, log, result_hash
from warehouse.audit.chain import files_in
from warehouse.door import Warehouse
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings

FORK = multiprocessing.get_context("fork")
JUDGED: dict[str, Any] = {
    "user": "ann", "role": "member_advocate", "attributes": {"plan_type": "MAPD"}, "break_glass": "",
    "purpose": "complaint 4711 of M-104382, call 104382, ann@example.org, 305 555 0199", "source": "chat",
    "answer": "a1",
    "question": "Calls of M-104382?", "readable": True, "tables": ("gold.calls",), "data_class": "member_rows",
    "sql_in": "SELECT 1 WHERE x = 'M-104382'", "sql_out": "SELECT 1 WHERE x = 'M-104382' LIMIT 1001",
    "plan": json.dumps({
        "metrics": ["total_calls"], "dimensions": ["topic"],
        "having": [{"metric": "total_calls", "op": ">", "value": 104382}],
        "filters": [{"dimension": "member", "values": ["M-104382", "Smith"]}],
        "time": {"start": "2026-10-01", "end": "2026-10-07", "label": "the week M-104382 called"},
    }),
    "policy": "p1", "snapshot": "s1", "verdict": "allow", "code": "", "layer": "",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit"


@pytest.fixture
def trail(folder: Path) -> Iterator[AuditLog]:
    audit = AuditLog(folder)
    for number in range(5):
        audit.append({"event": "judged", "n": number})
    yield audit
    audit.close()


@pytest.fixture
def travel(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Moves the trail's clock by days from now."""

    def to(days: int) -> None:
        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime.now(tz) + timedelta(days=days)

        monkeypatch.setattr(log, "datetime", Clock)
        monkeypatch.setattr("warehouse.audit.retention.datetime", Clock)

    return to


def only_file(folder: Path) -> Path:
    (name,) = files_in(folder)
    return folder / name


def lines_of(folder: Path) -> list[bytes]:
    return only_file(folder).read_bytes().splitlines(keepends=True)


def found_at(folder: Path) -> int:
    """The record at which a process that comes later finds the trail changed; 0 when it finds nothing."""
    audit = AuditLog(folder)
    found = audit.verify()
    audit.close()
    assert found.whole == (not found.problem)
    return found.bad


def test_an_untouched_chain_holds(trail: AuditLog) -> None:
    found = trail.verify()
    assert (found.problem, found.records, found.first, found.last, found.files) == ("", 5, 1, 5, 1)
    assert (5, found.seal) == trail.head()
    assert [record["n"] for record in trail.records()] == [0, 1, 2, 3, 4]
    assert [record["n"] for record in trail.newest_first()] == [4, 3, 2, 1, 0]


CHANGES: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int]] = {
    "a changed record": (lambda lines: [*lines[:2], lines[2].replace(b'"n":2', b'"n":9'), *lines[3:]], 3),
    "a removed one": (lambda lines: lines[:2] + lines[3:], 3),
    "a removed first one": (lambda lines: lines[1:], 1),
    "a removed last one": (lambda lines: lines[:4], 5),
    "half a last one": (lambda lines: [*lines[:4], lines[4][:90]], 5),
    "one twice": (lambda lines: lines[:3] + lines[2:], 4),
    "a changed order": (lambda lines: [lines[0], lines[2], lines[1], *lines[3:]], 2),
    "a forged one": (lambda lines: [*lines, b"0" * 64 + b' {"id":6,"at":"2026-01-01"}\n'], 6),
    "an empty line": (lambda lines: [*lines[:2], b"\n", *lines[2:]], 3),
    "other ends of lines": (lambda lines: [line.replace(b"\n", b"\r\n") for line in lines], 1),
    "nothing left": (lambda lines: [], 1),
}


@pytest.mark.parametrize("change", CHANGES)
def test_tampering_is_found_where_it_was_done_and_stays_found(trail: AuditLog, folder: Path, change: str) -> None:
    tamper, first_bad = CHANGES[change]
    only_file(folder).write_bytes(b"".join(tamper(lines_of(folder))))
    assert trail.verify().bad == first_bad
    trail.append({"event": "later"})
    later = AuditLog(folder)
    later.append({"event": "later"})
    assert later.verify().bad == first_bad


def test_every_changed_byte_of_every_file_is_found(trail: AuditLog, folder: Path) -> None:
    """Each byte of the records and of the head, with each of two changes."""
    trail.append({"event": "judged", "user": "ä"})
    missed, tried = [], 0
    for file in [only_file(folder), folder / "head"]:
        whole = file.read_bytes()
        for position in range(len(whole)):
            for changed in (whole[position] ^ 1, 10):
                if changed == whole[position]:
                    continue
                file.write_bytes(whole[:position] + bytes([changed]) + whole[position + 1 :])
                tried += 1
                if trail.verify().whole:
                    missed.append((file.name, position, changed))
        file.write_bytes(whole)
    assert not missed
    assert tried > 2000
    assert trail.verify().whole


def test_a_key_that_was_changed_or_taken_away_stops_everything(trail: AuditLog, folder: Path) -> None:
    trail.close()
    key = (folder / "key").read_bytes()
    for position in range(len(key)):
        (folder / "key").write_bytes(key[:position] + bytes([key[position] ^ 1]) + key[position + 1 :])
        audit = AuditLog(folder)
        assert audit.verify().bad == 1
        with pytest.raises(DeniedError, match="does not fit"):
            audit.append({"event": "judged"})
        audit.close()
    (folder / "key").unlink()
    with pytest.raises(DeniedError, match="missing"):
        AuditLog(folder)
    (folder / "key").write_bytes(key)
    assert found_at(folder) == 0


def test_a_lost_or_older_head_is_noticed(trail: AuditLog, folder: Path) -> None:
    older = (folder / "head").read_bytes()
    trail.append({"event": "sixth"})
    (folder / "head").write_bytes(older)  # as if killed between record and head: the chain itself is whole
    late = AuditLog(folder)
    assert late.verify().notes == ("1 last records are ahead of the head (a killed process)",)
    assert late.append({"event": "seventh"}) == 7
    assert late.verify().whole
    (folder / "head").unlink()
    assert not late.verify().whole or AuditLog(folder).verify().bad
    assert AuditLog(folder).append({"event": "later"}) == 9  # 8 says what happened
    assert AuditLog(folder).verify().bad == 8


def test_an_older_copy_of_everything_is_found_by_what_was_noted_elsewhere(trail: AuditLog, folder: Path) -> None:
    copy = Path(shutil.copytree(folder, folder.with_name("copy")))
    trail.append({"event": "sixth"})
    noted = trail.head()
    assert trail.verify((noted,)).whole
    trail.close()
    shutil.rmtree(folder)
    copy.rename(folder)
    audit = AuditLog(folder)
    assert audit.verify().whole  # nothing in it tells
    assert audit.verify((noted,)).bad == 6
    audit.append({"event": "another sixth"})
    assert audit.verify((noted,)).bad == 6


def test_a_running_process_notices_that_the_trail_went_back(trail: AuditLog, folder: Path) -> None:
    copy = Path(shutil.copytree(folder, folder.with_name("copy")))
    trail.append({"event": "sixth"})
    for name in ("head", only_file(folder).name):
        shutil.copyfile(copy / name, folder / name)
    assert trail.append({"event": "later"}) == 8
    assert trail.verify().bad == 6


def test_a_deleted_file_is_missed_and_later_records_are_kept(trail: AuditLog, folder: Path) -> None:
    only_file(folder).unlink()
    assert trail.append({"event": "later"}) == 7
    assert trail.verify().bad == 1
    assert [record["event"] for record in trail.records()] == ["resumed", "later"]


def test_without_its_folder_nothing_is_written(trail: AuditLog, folder: Path) -> None:
    shutil.rmtree(folder)
    with pytest.raises(DeniedError) as denied:
        trail.append({"event": "later"})
    assert denied.value.code == "audit_unavailable"


def test_only_the_owner_can_read(trail: AuditLog, folder: Path) -> None:
    assert folder.stat().st_mode & 0o077 == 0
    assert {file.name for file in folder.iterdir() if file.stat().st_mode & 0o077} == set()
    (folder / "head").chmod(0o644)
    assert trail.verify().notes == ("others than the owner can open head",)


def append_many(folder: Path, count: int) -> None:
    audit = AuditLog(folder)
    for _ in range(count):
        audit.append({"event": "judged", "text": "x" * 500})


def test_processes_and_a_fork_extend_one_chain(folder: Path) -> None:
    first = AuditLog(folder)
    first.append({"event": "first"})
    workers = [FORK.Process(target=append_many, args=(folder, 500)) for _ in range(3)]
    workers.append(FORK.Process(target=lambda: [first.append({"event": "fork"}) for _ in range(500)]))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = first.verify()
    assert (found.problem, found.records, found.notes) == ("", 2001, ())
    assert [record["id"] for record in first.records()] == list(range(1, 2002))


def test_killed_writers_leave_a_whole_chain(folder: Path) -> None:
    for pause in (0.02, 0.03, 0.05, 0.08):
        worker = FORK.Process(target=append_many, args=(folder, 10**6))
        worker.start()
        time.sleep(pause)
        os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join()
        AuditLog(folder).append({"event": "after"})
    assert AuditLog(folder).verify().whole


@pytest.mark.parametrize("cut", [1, 40, 64, 65, 70, 76, 120, -1])
def test_a_write_that_was_cut_off_is_told_from_tampering_and_accounted_for(
    trail: AuditLog, folder: Path, cut: int
) -> None:
    head = (folder / "head").read_bytes()
    trail.append({"event": "sixth", "text": "x" * 100})
    whole = lines_of(folder)
    only_file(folder).write_bytes(b"".join([*whole[:5], whole[5][:cut]]))
    (folder / "head").write_bytes(head)
    late = AuditLog(folder)
    assert late.verify().whole
    assert "interrupted write" in late.verify().notes[0]
    late.append({"event": "later"})
    found = late.verify()
    assert (found.problem, found.notes) == ("", ("1 interrupted writes are accounted for",))
    kept = ["sixth"] if cut == -1 else []  # only its line's end was missing
    assert [record["event"] for record in late.records()[5:]] == [*kept, "repaired", "later"]
    lines = lines_of(folder)
    for change in {b"", b"\n", lines[5][: len(lines[5]) // 2] + b"\n", b"\n" + lines[5]} - {lines[5]}:
        only_file(folder).write_bytes(b"".join([*lines[:5], change, *lines[6:]]))
        assert late.verify().bad == 6, change


def fill_up(folder: Path, told: Any) -> None:
    audit = AuditLog(folder)
    audit.append({"event": "first"})
    size = only_file(folder).stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300, size + 300))
    outcomes = []
    for _ in range(4):
        try:
            outcomes.append(audit.append({"event": "judged", "text": "x" * 200}))
        except DeniedError as error:
            outcomes.append(error.code)
    told.put(outcomes)


def test_a_full_disk_stops_everything_until_there_is_room(folder: Path) -> None:
    told = FORK.SimpleQueue()
    worker = FORK.Process(target=fill_up, args=(folder, told))
    worker.start()
    assert told.get() == ["audit_unavailable"] * 4
    worker.join()
    audit = AuditLog(folder)
    audit.append({"event": "later"})
    assert audit.verify().whole
    assert [record["event"] for record in audit.records()] == ["first", "repaired", "later"]


def test_a_lock_that_is_not_let_go_is_said(trail: AuditLog, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "_WAIT_SECONDS", 0.05)
    other = AuditLog(folder)
    with other._turn(), pytest.raises(DeniedError) as denied:
        trail.append({"event": "later"})
    assert denied.value.code == "audit_unavailable"
    assert trail.append({"event": "later"}) == 6


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DeniedError) as denied:
        AuditLog(tmp_path / "file" / "audit")
    assert denied.value.code == "audit_unavailable"


def test_old_days_are_pruned_by_whole_files_and_the_rest_still_verifies(
    folder: Path, travel: Callable[[int], None]
) -> None:
    for days in (-40, -39, -10, -1):
        travel(days)
        audit = AuditLog(folder)
        audit.append({"event": "first of a day"})
        audit.append({"event": "second of a day"})
    travel(0)
    assert len(files_in(folder)) == 4
    copies = {name: (folder / name).read_bytes() for name in [*files_in(folder), "head"]}
    kept = AuditLog(folder, keep_days=30)
    kept.append({"event": "today"})  # a new file begins: the daily pruning
    found = kept.verify()
    assert (found.problem, found.pruned_through, found.first, found.last, found.files) == ("", 4, 5, 10, 3)
    stone = kept.records()[-1]
    assert (stone["event"], stone["by"], stone["records"], stone["through"]) == ("pruned", "retention", 4, 4)
    assert kept.prune(30, "ann").records == 0
    pruned = (folder / "pruned").read_bytes()
    for position in range(len(pruned)):
        changed = pruned[:position] + bytes([pruned[position] ^ 1]) + pruned[position + 1 :]
        (folder / "pruned").write_bytes(changed)
        assert kept.verify().bad == 1
    (folder / "pruned").write_bytes(pruned)
    (folder / files_in(folder)[0]).unlink()  # somebody prunes more than was said
    assert kept.verify().bad == 5
    assert len(copies) == 5


def test_nothing_is_pruned_by_a_renamed_file(trail: AuditLog, folder: Path) -> None:
    file = only_file(folder)
    file.rename(folder / file.name.replace("-20", "-19"))
    assert trail.verify().bad == 1


def test_a_new_file_begins_where_a_killed_process_had_just_begun_it(
    folder: Path, travel: Callable[[int], None]
) -> None:
    travel(-1)
    AuditLog(folder).append({"event": "yesterday"})
    head = (folder / "head").read_bytes()
    travel(0)
    AuditLog(folder).append({"event": "today"})
    for content in (b"", (folder / files_in(folder)[1]).read_bytes()):
        (folder / files_in(folder)[1]).write_bytes(content)
        (folder / "head").write_bytes(head)
        late = AuditLog(folder)
        late.append({"event": "later"})
        assert late.verify().whole, late.verify()
    assert [record["event"] for record in late.records()] == ["yesterday", "today", "later"]


def earlier_trail(file: Path, count: int) -> bytes:
    """A trail as an earlier version kept it."""
    file.parent.mkdir(parents=True)
    key, previous = b"k" * 32, "0" * 64
    file.with_suffix(".key").write_bytes(key)
    with sqlite3.connect(file) as connection:
        connection.execute(
            "CREATE TABLE records (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT, previous TEXT, hash TEXT)"
        )
        for number in range(1, count + 1):
            body = json.dumps({"at": f"2026-0{number}-01T00:00:00+00:00", "event": "judged", "n": number})
            link = hmac.new(key, f"{number}\n{previous}\n{body}".encode(), hashlib.sha256).hexdigest()
            connection.execute("INSERT INTO records VALUES (?, ?, ?, ?)", (number, body, previous, link))
            previous = link
    return key


@pytest.mark.parametrize("bad", [0, 2])
def test_a_trail_of_an_earlier_version_is_taken_over_and_still_checked(folder: Path, bad: int) -> None:
    file = folder.with_name("audit.db")
    key = earlier_trail(file, 3)
    if bad:
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE records SET body = replace(body, '\"n\": 2', '\"n\": 9') WHERE id = 2")
    audit = AuditLog(folder)
    assert audit.append({"event": "later"}) == 5
    records = AuditLog(folder).records()
    assert [record["event"] for record in records] == ["judged"] * 3 + ["taken_over", "later"]
    assert records[0]["at"].startswith("2026-01-01")
    assert AuditLog(folder).verify().bad == bad
    assert (folder / "key").read_bytes() == key  # fingerprints of before can still be found
    assert not file.exists()
    assert (folder / "earlier.db").exists()


def test_records_of_the_door_keep_their_facts_and_nobodys_data(folder: Path) -> None:
    audit = AuditLog(folder)
    number = audit.judged(Judged(**JUDGED))
    audit.judged(Judged(**{**JUDGED, "readable": False, "plan": "not json of M-104382"}))
    audit.answered(Answered(of=number, rows=3, suppressed=1, ms=2.5, result="r"))
    audit.failed(Failed(of=number, outcome="killed", ms=10000.0))
    whole = only_file(folder).read_text()
    for secret in ("104382", "Smith", "example.org", "0199", "called"):
        assert secret not in whole
    judged, unreadable, answered, failed = audit.records()
    for name in ("user", "role", "attributes", "source", "answer", "data_class", "policy", "snapshot", "verdict"):
        assert judged[name] == JUDGED[name]
    assert judged["purpose"].startswith("complaint 4711 of <")
    assert audit.fingerprints("M-104382")[0] in judged["purpose"]
    assert audit.fingerprints("M-104382")[1] in judged["sql_in"]
    assert audit.fingerprints("104382")[0] in judged["purpose"]
    assert judged["question"] == audit.fingerprint(JUDGED["question"])
    assert json.loads(judged["plan"]) == {
        "metrics": ["total_calls"],
        "dimensions": ["topic"],
        "having": [["total_calls", ">", f"<{audit.fingerprint('104382.0')}>"]],
        "filters": [["member", "in", sorted(f"<{audit.fingerprint(v)}>" for v in ("M-104382", "Smith"))]],
        "time": ["2026-10-01", "2026-10-07"],
    }
    assert unreadable["sql_in"] == f"<{audit.fingerprint(JUDGED['sql_in'])}>"
    assert (answered["of"], answered["rows"], answered["suppressed"]) == (number, 3, 1)
    assert (failed["of"], failed["outcome"]) == (number, "killed")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (DeniedError("It took too long.", code="time_limit"), "time_limit"),
        (UsageError("It does not fit."), "UsageError"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
    ],
)
def test_a_statement_that_failed_or_was_stopped_is_recorded(
    folder: Path, tiny_warehouse: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, outcome: str
) -> None:
    def run(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("warehouse.workers.pool.WorkerPool.run", run)
    audit = AuditLog(folder)
    door = Warehouse(tiny_warehouse, Settings(), audit)
    with pytest.raises(type(error)):
        door.query("SELECT SUM(total_calls) AS calls FROM gold.executive_kpis", Principal("ann", "executive"))
    door.close()
    judged, failed = audit.records()
    assert (judged["verdict"], judged["user"], judged["data_class"]) == ("allow", "ann", "aggregate")
    assert (failed["event"], failed["of"], failed["outcome"]) == ("failed", judged["id"], outcome)


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
        "SELECT m104382, c.id_104382_x FROM c AS m_104382",
    ],
)
def test_literals_and_comments_do_not_reach_the_trail(trail: AuditLog, sql: str) -> None:
    assert "104382" not in trail.redact(sql)


def test_a_redacted_statement_still_tells_its_shape(trail: AuditLog) -> None:
    redacted = trail.redact("SELECT plan_type FROM gold.calls WHERE topic = 'Billing' AND x_24h > 5")
    assert redacted.startswith("SELECT plan_type FROM gold.calls WHERE topic = <")
    assert "x_24h" in redacted
    assert trail.fingerprint("'Billing'") in redacted


def test_two_trails_do_not_share_fingerprints(trail: AuditLog, tmp_path: Path) -> None:
    assert trail.fingerprint("M-104382") != AuditLog(tmp_path / "other").fingerprint("M-104382")


def test_equal_results_have_one_hash() -> None:
    rows = [("a", 2, date(2026, 10, 29), None), ("b", Decimal("2.50"), datetime(2026, 1, 2, tzinfo=UTC), True)]
    one = result_hash(["x", "y", "z", "w"], rows)
    assert one == "4847b822b1b254d1fc6c0d3433826aaae07fccc1c9dcc71940edc71de3d517e2"  # in every process
    assert one == result_hash(["x", "y", "z", "w"], [("b", 2.5, *rows[1][2:]), rows[0]])
    assert one == result_hash(["x", "y", "z", "w"], [("a", 2.0, "2026-10-29", None), rows[1]])
    others = [
        rows[:1],
        [*rows, rows[0]],
        [rows[0], ("b", 2.51, *rows[1][2:])],
        [("a", "2", *rows[0][2:]), rows[1]],
    ]
    assert len({one, *(result_hash(["x", "y", "z", "w"], other) for other in others)}) == 5
    assert one != result_hash(["x", "y", "z", "v"], rows)


def test_a_row_is_hashed_as_json_shows_it() -> None:
    texts = ["", 'a"b\\c', "é\u202e\x1b\n\t", "\ud800", "1", "null"]
    for row in ([*texts, None, 12345678901234567890, -3], [True, 1], [1.0, "a"], []):
        cells = json.dumps([["c"] * len(row), row], ensure_ascii=False, separators=(",", ":"))[1:-1]
        names, shown = cells[: cells.index("]") + 1], cells[cells.index("]") + 2 :].replace("1.0", "1")
        wanted = hashlib.sha256(f"{names}\n{shown}".encode(errors="surrogatepass")).hexdigest()
        assert result_hash(["c"] * len(row), [row]) == wanted


def test_a_record_costs_little(trail: AuditLog) -> None:
    spent = []
    for _ in range(300):
        started = time.thread_time()
        trail.append({"event": "judged", "sql_in": "SELECT 1" * 100})
        spent.append(time.thread_time() - started)
    assert statistics.median(spent) < 0.003
