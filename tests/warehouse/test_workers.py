"""Worker processes: what they may not do, what they survive, and that what comes back is what the engine gave."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.engine import open_engine
from warehouse.errors import CommandCenterError, DeniedError, MissingDataError
from warehouse.settings import Limits
from warehouse.snapshots import Snapshot, current, read_snapshot
from warehouse.workers import crew, process, wire
from warehouse.workers.files import files_of
from warehouse.workers.pool import WorkerPool, open_pool
from warehouse.workers.process import Worker

ROOT = Path(__file__).parents[2]
ORDINARY = "SELECT plan_type, SUM(is_leaked) AS leaked FROM gold.calls GROUP BY plan_type ORDER BY ALL"
WORKING = "SELECT levenshtein(repeat('a', 1000000), repeat('b', 1000000))"  # for longer than any test waits
STUCK = "SELECT sleep_ms(60000)"  # neither an interrupt nor max_execution_time ends it everywhere
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root has these rights to give up")


@pytest.fixture(scope="module")
def snapshot(tiny_warehouse: Path) -> Snapshot:
    return current(tiny_warehouse)


@pytest.fixture(scope="module")
def pool(snapshot: Snapshot) -> Iterator[WorkerPool]:
    """Workers that are waited for as long as it takes: a busy machine is no fault of theirs."""
    opened = open_pool(snapshot, Limits(seconds=120, memory_mb=128), data="gold")
    assert ("gold", "calls") in opened.catalog.columns
    yield opened
    opened.close()


def test_snapshots_of_the_same_columns_have_one_catalog_which_what_the_guard_decided_is_remembered_by(
    three_snapshots: tuple[Path, list[str]],
) -> None:
    warehouse, (first, second, _) = three_snapshots
    limits = Limits(seconds=120, memory_mb=128)
    pools = [open_pool(read_snapshot(warehouse, one), limits, data="shared") for one in (first, second)]
    pools.append(open_pool(read_snapshot(warehouse, second), limits, data="gold"))
    older, newer, more = (pool.catalog for pool in pools)
    assert older is newer
    assert more is not newer, "files of members hold other columns"
    for pool in pools:
        pool.close()


def run(pool: WorkerPool, sql: str, seconds: float = 120) -> list[tuple[Any, ...]]:
    return pool.run(sql, {}, most=1000, seconds=seconds).rows


def gone(process_id: int) -> bool:
    """Whether a process ended, buried or not."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def used(process_id: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def becomes(condition: Callable[[], bool], seconds: float = 120) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)
    return condition()


def in_thread(task: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    outcome: list[object] = []

    def caught() -> None:
        try:
            outcome.append(task())
        except CommandCenterError as error:
            outcome.append(error)

    thread = threading.Thread(target=caught, daemon=True)
    thread.start()
    return thread, outcome


# What a worker may not do


def test_a_worker_holds_its_files_its_channel_and_nothing_of_ours(
    pool: WorkerPool, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMAND_CENTER_API_KEY", "canary")
    inherited = os.open("/etc/hostname", os.O_RDONLY)
    os.set_inheritable(inherited, True)
    started = Worker(pool.opening)
    try:
        assert started.open(60) == ""
        seen = Path(f"/proc/{started.id}")
        assert (seen / "environ").read_bytes() == b""
        files = {os.readlink(path) for path in (seen / "fd").iterdir()}
        ours = {str(snapshot.gold_path), *map(str, snapshot.segments_folder.glob("gold-*"))}
        others = {file for file in files if not file.startswith("socket:")} - ours
        assert others == {"/dev/null"}
        assert len([file for file in files if file.startswith("socket:")]) == 1
        limits = {line[:26].strip(): line[26:].split()[:2] for line in (seen / "limits").read_text().splitlines()}
        for name, most in (
            ("Max address space", "2000000000"), ("Max file size", "0"), ("Max core file size", "0"),
            ("Max open files", "1"), ("Max processes", "0"),
        ):  # fmt: skip
            assert limits[name] == [most, most]
        status = dict(line.split(":", 1) for line in (seen / "status").read_text().splitlines())
        assert status["NoNewPrivs"].strip() == "1"
        assert os.getsid(started.id) == started.id
        if os.geteuid() == 0:
            assert set(status["Uid"].split()) == {"65534"}
            assert set(status["Gid"].split()) == {"65534"}
            assert status["CapEff"].strip("0\t ") == ""
            assert os.readlink(seen / "ns/net") != os.readlink("/proc/self/ns/net")
    finally:
        os.close(inherited)
        started.kill()
        started.wait()


ATTEMPTS = """
import ctypes, os, socket, threading
from warehouse.workers import child

def tried(attempt):
    try:
        attempt()
    except Exception as error:
        return type(error).__name__
    return "done"

def answer(engine, request, most_bytes):
    attempts = {
        "write": lambda: open("/tmp/made-by-a-worker", "w"),
        "folder": lambda: os.mkdir("/tmp/made-by-a-worker"),
        "read": lambda: open("/etc/passwd"),
        "list": lambda: os.listdir("/"),
        "connect": lambda: socket.create_connection(("127.0.0.1", int(request["sql"]))),
        "fork": lambda: os.fork(),
        "thread": lambda: threading.Thread(target=print).start(),
        "root": lambda: os.setuid(0),
        "raise": lambda: __import__("resource").setrlimit(7, (100, 100)),
        "signal": lambda: os.kill(os.getppid(), 0),
    }
    names = [*attempts]
    outcomes = [tried(attempts[name]) for name in names]
    return {"columns": [["name", "VARCHAR", "text", names], ["outcome", "VARCHAR", "text", outcomes]]}

child._answer = answer
child.main()
"""


@root_only
def test_a_worker_that_runs_foreign_code_reaches_nothing(pool: WorkerPool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = Worker(pool.opening, f"import sys; sys.path += sys.argv[1:]\n{ATTEMPTS}")
        try:
            assert worker.open(60) == ""
            request = {"sql": str(listener.getsockname()[1]), "parameters": {}, "seconds": 5}
            reply = worker.ask(request, 10)
        finally:
            worker.kill()
            worker.wait()
    outcomes = dict(wire.rows(column[2:] for column in reply["columns"]))
    assert "done" not in outcomes.values()
    assert len(outcomes) == 10
    assert not Path("/tmp/made-by-a-worker").exists()


@root_only
def test_the_network_of_a_worker_is_empty_even_for_one_that_can_open_a_socket() -> None:
    attempt = (
        "import os, socket; from warehouse.workers import confine; confine.before_opening(os.getppid(), 2000)\n"
        "try: socket.create_connection(('127.0.0.1', int(__import__('sys').argv[1])), 5)\n"
        "except OSError: print('unreachable')"
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-c", attempt, str(listener.getsockname()[1])]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "unreachable\n", done.stderr


def test_a_worker_imports_the_engine_and_little_else() -> None:
    listing = (
        "import sys; sys.path += sys.argv[1:]; import warehouse.workers.child; "
        "print(*{name.split('.')[0] for name in sys.modules} - sys.stdlib_module_names - {'__main__'})"
    )
    command = [sys.executable, "-I", "-S", "-c", listing, *process._import_paths()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == {"warehouse", "_duckdb"}


# What it survives

CTES = "WITH c0 AS NOT MATERIALIZED (SELECT 1 AS a)" + "".join(
    f", c{n} AS NOT MATERIALIZED (SELECT x.a FROM c{n - 1} AS x, c{n - 1} AS y, c{n - 1} AS z)"
    for n in range(1, 15)
)
BOMBS = [
    "SELECT repeat('a', 2000000000)",
    "SELECT repeat('a', 900000000) FROM range(4)",
    "SELECT list_transform(range(1000000), lambda x: repeat('ab', 100000))",
    "SELECT unnest(range(20000000)) AS x ORDER BY hash(x)",
    "SELECT levenshtein(repeat('a', 100000), repeat('b', 100000))",
    f"{CTES} SELECT COUNT(*) FROM c14",
    STUCK,
    "SELECT list_reduce(range(100000000), lambda a, b: a + b)",
    "SELECT SUM(a.range * b.range) FROM range(1000000) AS a, range(1000000) AS b",
    "SELECT COUNT(*) FROM gold.calls AS a, gold.calls AS b, gold.calls AS c WHERE a.call_id > b.call_id",
    "SELECT list(range) FROM range(200000000)",
    "SELECT repeat('a', 100000) FROM range(1000)",
]


def test_bombs_are_contained_while_others_are_served(snapshot: Snapshot) -> None:
    """Sent past the guard. Every one ends with a code, and all the while ordinary statements are answered."""
    pool = open_pool(snapshot, Limits(memory_mb=128, seconds=110), data="gold")
    expected, served, over = run(pool, ORDINARY), [], threading.Event()

    def serve() -> None:
        while not over.is_set():
            served.append(run(pool, ORDINARY) == expected)
            time.sleep(0.005)

    thread, outcome = in_thread(serve)
    codes = []
    for bomb in BOMBS:
        with pytest.raises(DeniedError) as denied:
            run(pool, bomb, seconds=0.4)
        codes.append(denied.value.code)
    over.set()
    thread.join()
    pool.close()
    assert set(codes) <= {"time_limit", "memory_limit", "too_large"}
    assert codes[BOMBS.index(STUCK)] == "time_limit"
    assert outcome == [None]
    assert len(served) > 1
    assert all(served)


def test_a_stuck_statement_holds_nobody_up(pool: WorkerPool) -> None:
    thread, outcome = in_thread(lambda: run(pool, STUCK))
    assert becomes(lambda: pool.busy_ids() != ())
    assert run(pool, ORDINARY)
    assert thread.is_alive()
    assert outcome == []
    for process_id in pool.busy_ids():
        os.kill(process_id, signal.SIGKILL)
    thread.join()


@pytest.mark.parametrize("do", ["table_names", "estimated_rows"])
def test_planning_that_hangs_is_ended(do: str, pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.workers.pool._PLANNING", 0.3)
    try:
        getattr(pool, do)("SELECT levenshtein(repeat('a', 100000), repeat('b', 100000))", {})
    except DeniedError as denied:
        assert denied.code == "time_limit"  # noqa: PT017 - listing the tables may be quick
    assert run(pool, "SELECT 1") == [(1,)]


def test_the_planner_estimates_rows(pool: WorkerPool) -> None:
    calls = run(pool, "SELECT COUNT(*) FROM gold.calls")[0][0]
    assert pool.estimated_rows("SELECT * FROM gold.calls", {}) >= calls
    assert pool.estimated_rows("SELECT 1", {}) <= 1
    assert pool.estimated_rows("SELECT * FROM gold.calls AS a, gold.calls AS b", {}) > 100 * calls


def test_a_worker_killed_in_the_middle_of_a_statement_costs_that_statement_only(pool: WorkerPool) -> None:
    assert run(pool, "SELECT 1") == [(1,)]  # one is open: it is taken first
    before = {process_id: used(process_id) for process_id in pool.process_ids()}
    thread, outcome = in_thread(lambda: run(pool, WORKING))
    assert becomes(lambda: pool.busy_ids() != ())
    (victim,) = pool.busy_ids()
    # it has read its statement when it works: before that, another worker would be asked
    assert becomes(lambda: used(victim) > before[victim] + 0.3)
    os.kill(victim, signal.SIGKILL)
    thread.join()
    assert [getattr(error, "code", error) for error in outcome] == ["memory_limit"]
    assert run(pool, "SELECT 1") == [(1,)]
    assert becomes(lambda: gone(victim))
    assert set(pool.process_ids()) != set(before)


def test_an_idle_worker_that_was_killed_is_noticed_before_it_is_asked(pool: WorkerPool) -> None:
    run(pool, "SELECT 1")
    for victim in pool.process_ids():
        os.kill(victim, signal.SIGKILL)
        assert becomes(lambda victim=victim: gone(victim))
    assert run(pool, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("when", ["before it is told", "before it reads"])
def test_a_worker_that_is_gone_before_it_reads_costs_the_statement_nothing(
    when: str, pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed process looks alive to whoever started it until the last of its threads is gone."""
    run(pool, "SELECT 1")
    monkeypatch.setattr(Worker, "has_ended", False)
    victims = pool.process_ids()
    for victim in victims:
        os.kill(victim, signal.SIGKILL if when == "before it is told" else signal.SIGSTOP)
        assert when == "before it reads" or becomes(lambda victim=victim: gone(victim))
    thread, outcome = in_thread(lambda: run(pool, "SELECT 1"))
    if when == "before it reads":
        assert becomes(lambda: pool.busy_ids() != ())
        for victim in victims:
            os.kill(victim, signal.SIGKILL)
    thread.join()
    assert outcome == [[(1,)]]


def test_eight_threads_get_their_own_answers(pool: WorkerPool) -> None:
    def ask(number: int) -> list[int]:
        return [run(pool, f"SELECT {number} * 1000 + {again}")[0][0] for again in range(20)]

    threads = [in_thread(lambda number=number: ask(number)) for number in range(8)]
    for number, (thread, outcome) in enumerate(threads):
        thread.join()
        assert outcome == [[number * 1000 + again for again in range(20)]]
    assert len(pool.process_ids()) <= crew.MOST


def test_when_all_are_busy_the_caller_is_told(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "MOST", 1)
    pool = open_pool(snapshot, Limits(seconds=0.3, workers=1), data="gold")
    assert pool.catalog
    thread, _ = in_thread(lambda: run(pool, STUCK))
    assert becomes(lambda: pool.busy_ids() != ())
    busy = pool.busy_ids()
    with pytest.raises(DeniedError) as denied:
        run(pool, "SELECT 1")
    assert denied.value.code == "busy"
    assert denied.value.next_step
    pool.close()
    for process_id in busy:
        os.kill(process_id, signal.SIGKILL)
    thread.join()


# The end of workers


def test_the_workers_of_a_pool_nobody_holds_end(snapshot: Snapshot) -> None:
    limits = Limits(rows=77)
    pool = open_pool(snapshot, limits, data="gold")
    assert open_pool(snapshot, limits, data="gold") is pool
    assert open_pool(snapshot, limits, data="lake") is not pool
    ids: tuple[int, ...] = ()
    for _ in range(100):  # its worker may be ended for another pool's right after
        assert run(pool, "SELECT 1") == [(1,)]
        if ids := pool.process_ids():
            break
    assert ids
    del pool
    assert becomes(lambda: all(map(gone, ids)))


def test_a_statement_that_runs_when_its_pool_is_let_go_gets_its_answer(snapshot: Snapshot) -> None:
    held = [open_pool(snapshot, Limits(rows=78), data="gold")]
    opened = held[0].catalog
    thread, outcome = in_thread(lambda: run(held[0], "SELECT 1 WHERE sleep_ms(2000) IS NOT NULL OR true"))
    assert opened
    assert becomes(lambda: bool(held[0].busy_ids()))
    ids = held[0].process_ids()
    held.clear()
    thread.join()
    assert outcome == [[(1,)]]
    assert becomes(lambda: all(map(gone, ids)))


PARENT = """
import sys, time, threading, os
from pathlib import Path
from warehouse.settings import Limits
from warehouse.snapshots import current
from warehouse.workers.pool import open_pool
pool = open_pool(current(Path(sys.argv[1])), Limits(seconds=60), data="gold")
pool.catalog
threading.Thread(target=lambda: pool.run("SELECT sleep_ms(60000)", {}, most=1, seconds=60), daemon=True).start()
while not pool.busy_ids():
    time.sleep(0.01)
assert pool.run("SELECT 1", {}, most=1, seconds=60).rows
print(*pool.process_ids(), flush=True)
if sys.argv[2] == "fork":
    child = os.fork()
    if not child:
        answered = pool.run("SELECT 2", {}, most=1, seconds=60).rows == [(2,)]
        pool.close()
        os._exit(0 if answered else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert pool.run("SELECT 3", {}, most=1, seconds=60).rows == [(3,)]
    sys.exit()
time.sleep(600)
"""


def parent(warehouse: Path, what: str) -> tuple[subprocess.Popen[str], list[int]]:
    """A process of its own with one worker that is stuck and one that is idle."""
    command = [sys.executable, "-c", PARENT, str(warehouse), what]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    return started, [int(word) for word in started.stdout.readline().split()]


def test_no_worker_outlives_a_killed_parent(tiny_warehouse: Path) -> None:
    started, ids = parent(tiny_warehouse, "sleep")
    assert len(ids) >= 2
    assert not any(map(gone, ids))
    started.kill()
    started.communicate()
    assert becomes(lambda: all(map(gone, ids)))


def test_a_forked_process_has_workers_of_its_own_and_an_ended_one_leaves_none(tiny_warehouse: Path) -> None:
    started, ids = parent(tiny_warehouse, "fork")
    started.communicate(timeout=300)
    assert started.returncode == 0
    assert becomes(lambda: all(map(gone, ids)))


def test_where_no_process_can_be_started_nothing_is_read(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError("no")

    monkeypatch.setattr(subprocess, "Popen", refused)
    pool = open_pool(snapshot, Limits(rows=79), data="gold")
    with pytest.raises(MissingDataError, match="worker process") as missing:
        run(pool, "SELECT 1")
    assert missing.value.next_step


# What comes back

TYPES = """
SELECT 1::TINYINT AS a, -9223372036854775807::BIGINT - 1 AS b,
    170141183460469231731687303715884105727::HUGEINT AS c, 18446744073709551615::UBIGINT AS d,
    0.1::DOUBLE AS e, 'NaN'::DOUBLE AS f, 'Infinity'::DOUBLE AS g,
    '-Infinity'::FLOAT AS h, 1.10::DECIMAL(18, 2) AS i, 12345678901234567890.123::DECIMAL(38, 3) AS j, true AS k,
    NULL AS l, 'naïve "quoted" \\ 🙂' AS m, '' AS n, DATE '2024-02-29' AS o,
    TIMESTAMP '2024-02-29 23:59:59.000001' AS p, TIMESTAMP '2024-02-29' AS q, TIME '23:59:59.999999' AS r,
    INTERVAL '1 month 2 days 03:00:00.000004' AS s, -INTERVAL 5 SECOND AS t, DATE 'infinity' AS u,
    TIMESTAMP '-infinity' AS v, DATE '20000-01-01' AS w, [1, NULL, 3] AS x,
    {'n': 1.5::DECIMAL(3, 1), 'd': DATE '2024-01-01'} AS y, MAP {'k': [TIMESTAMP '2024-01-01']} AS z,
    '\\x00ab'::BLOB AS aa, 'a'::ENUM('a', 'b') AS ab, TIMETZ '10:00:00+02' AS ac, [[1.5]] AS ad,
    array_value(1, 2) AS ae, uuid '00000000-0000-0000-0000-00000000000f' AS af, '101'::BIT AS ag,
    TIMESTAMP_NS '2024-01-01 00:00:00.5' AS ah, chr(10) || chr(0) || chr(127) AS ai
UNION ALL SELECT NULL, 1, 0, NULL, -0.0, 1, NULL, NULL, NULL, -1, false, NULL, NULL, 'x', NULL, NULL, NULL, NULL,
    NULL, INTERVAL 0 DAY, DATE '0001-01-01', NULL, DATE '1999-12-31', [], NULL, NULL, NULL, NULL, NULL, NULL, NULL,
    NULL, NULL, NULL, NULL
"""


def test_every_type_comes_back_as_the_engine_gives_it(snapshot: Snapshot, pool: WorkerPool) -> None:
    files = files_of(snapshot, "gold")
    engine = open_engine(str(files.main), files.attach, memory_mb=512, seconds=10)
    for sql in (TYPES, f"SELECT * FROM ({TYPES}) WHERE false", "SELECT * FROM gold.calls LIMIT 50"):
        expected, found = engine.run(sql, {}, most=1000), pool.run(sql, {}, most=1000, seconds=5)
        assert found.columns == expected.columns
        assert repr(found.rows) == repr(expected.rows)


@pytest.mark.parametrize("value", ["it's", "", "🙂", 0, -(2**63), 1.5, date(2024, 2, 29)])
def test_parameters_arrive_as_they_are(value: Any, pool: WorkerPool) -> None:
    assert pool.run("SELECT $value", {"value": value}, most=1, seconds=5).rows == [(value,)]


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates()
    | st.datetimes() | st.times() | st.timedeltas() | st.decimals(allow_nan=False) | st.uuids() | st.binary()
)  # fmt: skip
CELLS = st.recursive(
    SCALARS, lambda cell: st.lists(cell, max_size=4) | st.dictionaries(st.text(), cell, max_size=3), max_leaves=8
)


@settings(max_examples=200, deadline=None)
@given(st.lists(CELLS, max_size=6) | st.lists(st.integers() | st.none()) | st.lists(st.datetimes() | st.none()))
def test_cells_travel_unchanged(cells: list[Any]) -> None:
    travelled = wire.document(wire.frame({"column": wire.pack(cells)})[wire.HEADER :])["column"]
    found = wire.unpack(*travelled)
    assert found == cells
    assert list(map(type, found)) == list(map(type, cells))


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("text", [1]), ("integer", [True]), ("integer", ["1"]), ("number", [1]), ("date", ["yesterday"]),
        ("timestamp", [5]), ("decimal", ["one"]), ("interval", [10**30]), ("uuid", ["?"]), ("bytes", ["zz"]),
        ("pickle", ["gASV"]), ("mixed", [["mixed", [["text", "x"]]]]), ("mixed", ["x"]), ("mixed", [["text", 1]]),
        ("text", {"a": 1}), ("text", "abc"), ("mixed", None), ("boolean", [0]),
    ],
)  # fmt: skip
def test_cells_of_another_kind_make_a_reply_unreadable(kind: str, cells: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any reason will do
        wire.unpack(kind, cells)


LIES = {
    "too long": b"\\xff\\xff\\xff\\xff",
    "no JSON": b"\\x00\\x00\\x00\\x02??",
    "no document": b"\\x00\\x00\\x00\\x02[]",
    "nested": b"\\x00\\x01\\x86\\xa0" + b"[" * 100000,
    "pickle": b"\\x00\\x00\\x00\\x04\\x80\\x04N.",
    "another's reply": {"n": 7, "spent": False, "columns": []},
    "another kind": {"n": 1, "spent": False, "columns": [["a", "INTEGER", "integer", ["1"]]]},
    "no columns": {"n": 1, "spent": False},
    "crooked": {"n": 1, "spent": False, "columns": [["a", "I", "integer", [1]], ["b", "I", "integer", []]]},
    "database text": {"n": 1, "spent": False, "error": "Conversion Error: could not convert 'SSN-1'"},
}


class Liars:
    """A crew whose workers run another program."""

    def __init__(self, opening: process.Opening, program: str) -> None:
        self._start = lambda: Worker(opening, program)

    def take(self, seconds: float) -> Worker:
        assert seconds > 0
        return self._start()

    def drop(self, worker: Worker, *, replace: bool = True) -> None:
        assert replace
        worker.kill()
        worker.wait()

    give_back = drop


@pytest.mark.parametrize("lie", LIES)
def test_a_worker_that_lies_is_not_believed(lie: str, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    body = LIES[lie]
    sent = repr(wire.frame(body)) if isinstance(body, dict) else f"b'{body.decode('latin-1')}'"
    liar = (
        "import os; hello = b'{\"catalog\":[]}'; os.read(0, 100000)\n"
        "os.write(0, len(hello).to_bytes(4, 'big') + hello); os.read(0, 100000)\n"
        f"os.write(0, {sent}); os.read(0, 1)"
    )
    pool = open_pool(snapshot, Limits(rows=80), data="gold")
    monkeypatch.setattr(pool, "_crew", Liars(pool.opening, liar))
    with pytest.raises(CommandCenterError) as refused:
        run(pool, "SELECT 1")
    assert "SSN" not in str(refused.value)
    assert refused.value.exit_code in (3, 4)
    pool.close()


def test_a_reply_is_refused_rather_than_cut(pool: WorkerPool) -> None:
    assert len(run(pool, "SELECT repeat('a', 3000) FROM range(1000)")) == 1000
    for sql in ("SELECT repeat('a', 5000) FROM range(1000)", "SELECT range(2000) FROM range(900)"):
        with pytest.raises(DeniedError) as denied:
            run(pool, sql)
        assert denied.value.code == "too_large"


def test_an_error_carries_no_text_of_the_database(pool: WorkerPool) -> None:
    with pytest.raises(CommandCenterError) as refused:
        run(pool, "SELECT CAST((SELECT MAX(member_id) FROM gold.members) AS INTEGER)")
    largest = run(pool, "SELECT MAX(member_id) FROM gold.members")[0][0]
    assert largest not in json.dumps([str(refused.value), repr(refused.value.__cause__), refused.value.args])
