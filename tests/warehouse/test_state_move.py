"""State moved from files into PostgreSQL and back, backed up there and restored: whole, once, or not at all.

Needs COMMAND_CENTER_TEST_POSTGRES (see test_state_database.py); `pg_dump` takes part where it is installed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.answer import Answer
from agents.answer_store import AnswerStore
from agents.thread_copy import ThreadCopier
from agents.threads import Threads
from agents.tracing.store import Header, TraceStore
from agents.tracing.trace import Trace
from tools.actions.proposals import Proposals
from tools.actions.verdicts import Verdict
from ui.accounts import Accounts
from warehouse import state_file
from warehouse.audit import AuditLog
from warehouse.backup import make_backup, restore_backup
from warehouse.errors import MissingDataError, UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.state_file import SERVING, alone, bound_to, shared
from warehouse.state_move import Moved, Stores

SERVER = os.environ.get("COMMAND_CENTER_TEST_POSTGRES", "")
pytestmark = pytest.mark.skipif(not SERVER, reason="no server in COMMAND_CENTER_TEST_POSTGRES")
NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
OWNER = Principal("o'brien", "product_owner")
CONVERSATION = {"configurable": {"thread_id": "t", "checkpoint_ns": ""}}


@pytest.fixture
def prefix() -> Iterator[str]:
    """How this test's schemas are called; they are gone afterwards, also those that were put aside."""
    name = f"t{uuid.uuid4().hex[:12]}"
    yield name
    with _server() as connection:
        for (schema,) in connection.exec_driver_sql("SELECT nspname FROM pg_namespace").fetchall():
            if name in schema:
                connection.exec_driver_sql(f'DROP SCHEMA "{schema}" CASCADE')


def _server() -> Any:
    from sqlalchemy import create_engine

    return create_engine(SERVER).begin()


def _in_files(var: Path) -> Settings:
    """As in a process whose settings name no database."""
    state_file._DATABASES.pop((var / "state").absolute(), None)
    return Settings(var=var)


def _in_server(var: Path, prefix: str) -> Settings:
    return Settings(var=var, database={"url": SERVER, "prefix": prefix})


def _stores(settings: Settings) -> Stores:
    database = bound_to(settings.state)
    assert database is not None
    return Stores(settings.state, database, {"threads": ThreadCopier()})


def _fill(settings: Settings) -> None:
    """Rows of every kind: texts, numbers, bytes, columns of later versions, a conversation, numbers given once."""
    state = settings.state
    with closing(Accounts(state / "users.db", clock=lambda: 1700000000.123456)) as accounts:
        accounts.add("ann", "analyst", attributes={"state": "TX"})
    with closing(AnswerStore(state / "answers.db")) as answers:
        for number in range(30):
            said = {"question": "50% é ☂ 'x'", "thread": "t", "text": "\x00"}
            answer = Answer(answer_id=f"a{number}", status="refused", **said)
            answers.keep(answer, OWNER, NOW, audit_head=(number, "seal"))
    with closing(Proposals(state / "actions.db")) as actions:
        actions.propose({"a": {"title": "a", "savings_per_year": 1.25}}, "s", date(2026, 11, 1), NOW)
        actions.decide("a", Verdict("approve", reason="it's right"), OWNER, NOW)
    with closing(TraceStore(state / "traces.db")) as traces:
        for name in ("t1", "t2"):
            traces.keep(name, Header("answered"), Trace(), NOW, personal=False)
    with closing(sqlite3.connect(state / "traces.db")) as newest, newest:
        newest.execute("DELETE FROM traces WHERE answer_id = 't2'")
    with closing(sqlite3.connect(state / "unanswered.db")) as words, words:
        words.execute("CREATE TABLE key (secret BLOB NOT NULL)")
        words.execute("INSERT INTO key VALUES (?)", (bytes(range(256)),))
    with closing(Threads(state / "threads.db")) as threads:
        _say(threads, ["one", {"two": 2.5}])
    with closing(AuditLog.of(settings)) as trail:
        trail.append({"event": "judged", "user": "ann"})


def _say(threads: Threads, words: list[Any]) -> None:
    from langgraph.checkpoint.base import empty_checkpoint

    versions, values = {"words": "1", "last": "1"}, {"words": words, "last": "x"}
    checkpoint = {**empty_checkpoint(), "channel_values": values, "channel_versions": versions}
    made = threads.saver.put(CONVERSATION, checkpoint, {"source": "loop", "step": 1}, versions)
    threads.saver.put_writes(made, [("words", words)], "task")


def _heard(threads: Threads) -> Any:
    found = threads.saver.get_tuple(CONVERSATION)
    assert found is not None
    return found.checkpoint["channel_values"], found.pending_writes


def _contents(state: Path) -> dict[str, list[Any]]:
    """Every cell of every store's file and the numbers that its tables gave last; conversations apart."""
    found = {}
    for file in sorted(state.glob("*.db")):
        if file.stem == "threads":
            continue
        with closing(sqlite3.connect(file)) as connection:
            for name, made in connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"):
                if made.startswith("CREATE TABLE"):
                    found[f"{file.stem}.{name}"] = connection.execute(f'SELECT rowid, * FROM "{name}"').fetchall()
    return found


def test_every_row_goes_there_and_comes_back(tmp_path: Path, prefix: str) -> None:
    files = _in_files(tmp_path)
    _fill(files)
    server = _in_server(tmp_path, prefix)
    before = _contents(files.state)
    with pytest.raises(UsageError, match="in files"):
        AnswerStore(server.state / "answers.db")
    there = _stores(server).to_database()
    assert (there.rows["answers"], there.rows["users"], there.already) == (30, 1, False)
    assert _stores(server).to_database() == Moved(there.place, there.rows, already=True), "again changes nothing"
    assert {path.name for path in files.state.glob("*.db")} == set()
    with (
        closing(AnswerStore(server.state / "answers.db")) as answers,
        closing(Threads(server.state / "threads.db")) as said,
    ):
        assert answers.kept("a29").user == "o'brien"
        assert _heard(said)[0] == {"words": ["one", {"two": 2.5}], "last": "x"}
    with closing(Accounts(server.state / "users.db")) as accounts:
        assert accounts.get("ann").attributes == {"state": "TX"}
    with closing(TraceStore(server.state / "traces.db")) as traces:
        traces.keep("t3", Header("answered"), Trace(), NOW, personal=False)
    back = _stores(server).to_files()
    assert back.rows == {**there.rows, "traces": 2}
    after = _contents(files.state)
    assert [row[1] for row in after["traces.traces"]] == [1, 3], "the number of what is gone is not given again"
    assert after.pop("traces.sqlite_sequence") == [(1, "traces", 3)]
    assert after == {name: after.get(name) if name == "traces.traces" else before[name] for name in after}
    assert set(before) - set(after) == {"traces.sqlite_sequence"}
    assert (_stores(server).to_database().already, _stores(server).to_files().already) == (False, False)


def test_a_database_in_use_a_running_server_and_bad_rows_are_refused(tmp_path: Path, prefix: str) -> None:
    _fill(_in_files(tmp_path / "one"))
    server, other = _in_server(tmp_path / "one", prefix), _in_server(tmp_path / "other", prefix)
    AnswerStore(other.state / "answers.db").close()
    before = _contents(server.state)
    with pytest.raises(UsageError, match="stores in this database already"):
        _stores(server).to_database()
    with shared(server.var / SERVING), pytest.raises(UsageError, match="A server is running"), alone(server.var):
        pass
    with _server() as connection:
        connection.exec_driver_sql(f'DROP SCHEMA "{prefix}_answers" CASCADE')
    with closing(sqlite3.connect(server.state / "actions.db")) as actions, actions:
        actions.execute("UPDATE events SET version = 'not a number'")
    with pytest.raises(MissingDataError, match="cannot be copied"):
        _stores(server).to_database()
    assert _contents(server.state).keys() == before.keys(), "the files are in use as they were"
    assert not (server.state / "database").exists()
    with _server() as connection:
        found = connection.exec_driver_sql("SELECT nspname FROM pg_namespace").scalars()
        assert not [schema for schema in found if schema.startswith(prefix)]


_CHILD = """
import sys
from pathlib import Path
import warehouse.state_move as moving
from agents.thread_copy import ThreadCopier
from warehouse.settings import Settings
from warehouse.state_file import bound_to
var, url, prefix, way, owner, step, number = sys.argv[1:]
settings = Settings(var=Path(var), database={"url": url, "prefix": prefix})
target = getattr(moving, owner) if owner else moving
kept, count = getattr(target, step), 0
def stop(*given):
    global count
    count += 1
    if count == int(number):
        print("within", flush=True)
        sys.stdin.read()
    return kept(*given)
setattr(target, step, stop)
getattr(moving.Stores(settings.state, bound_to(settings.state), {"threads": ThreadCopier()}), way)()
"""
STEPS = [
    ("to_database", "Tables", "to_tables", 3, "files"),  # some stores are copied
    ("to_database", "", "_write_through", 2, "files"),  # all are, and kept by the server; the note is not written
    ("to_database", "Stores", "_put_files_aside", 1, "server"),  # the note is; files lie beside it
    ("to_files", "Tables", "to_file", 3, "server"),
    ("to_files", "", "_sync", 7, "server"),  # the files are in place, the note is there still
    ("to_files", "Stores", "_put_schemas_aside", 1, "files"),  # the note is gone
]


@pytest.mark.parametrize(("way", "owner", "step", "number", "used"), STEPS)
def test_a_killed_move_leaves_one_whole_state_and_is_made_again(
    tmp_path: Path, prefix: str, way: str, owner: str, step: str, number: int, used: str
) -> None:
    files = _in_files(tmp_path)
    _fill(files)
    server = _in_server(tmp_path, prefix)
    if way == "to_files":
        _stores(server).to_database()
    order = [sys.executable, "-c", _CHILD, str(tmp_path), SERVER, prefix, way, owner, step, str(number)]
    child = subprocess.Popen(order, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "within"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert (server.state / "database").is_file() == (used == "server")
    if used == "server":
        with closing(AnswerStore(server.state / "answers.db")) as answers:
            assert answers.kept("a29").user == "o'brien"
    else:
        assert len(_contents(files.state)["answers.answers"]) == 30
    if way == "to_files" and used == "files":
        return  # what is left of the move is a schema that a later one refuses
    done: Callable[[], Moved] = getattr(_stores(server), way)
    assert done().rows["answers"] == 30
    assert (server.state / "database").is_file() == (way == "to_database")
    if way == "to_files":
        assert len(_contents(files.state)["answers.answers"]) == 30


def test_one_backup_holds_stores_and_trail_and_goes_back_into_either(tmp_path: Path, prefix: str) -> None:
    _fill(_in_files(tmp_path / "first"))
    first = _in_server(tmp_path / "first", prefix)
    before = _contents(first.state)
    _stores(first).to_database()
    file, none = tmp_path / "state.tar.gz", tmp_path / "none.toml"
    made = make_backup(first, file, NOW, stores=_stores(first))
    with closing(AnswerStore(first.state / "answers.db")) as answers:
        answers.judge("a1", OWNER, "up", "after the backup", NOW)
    files = _in_files(tmp_path / "files")
    restore_backup(files, file, settings_file=none)
    found = _contents(files.state)
    assert found == before, "a backup of PostgreSQL is one that files are restored from"
    again = _in_server(tmp_path / "first", prefix)
    with pytest.raises(UsageError, match="--force"):
        restore_backup(again, file, settings_file=none, stores=_stores(again))
    done = restore_backup(again, file, settings_file=none, stores=_stores(again), force=True)
    assert any(f"old1_{prefix}" in place for place in done.aside)
    with closing(AnswerStore(again.state / "answers.db")) as answers:
        assert (answers.kept("a1").user, max(answers.audit_heads())) == ("o'brien", (29, "seal"))
        assert not any(one.down is False and one.reason for one in answers.unsatisfying())
    with closing(AuditLog.of(again)) as trail:
        assert trail.verify([(made.audit_records, made.audit_head)]).whole


@pytest.mark.skipif(shutil.which("pg_dump") is None, reason="pg_dump is not installed")
def test_a_dump_of_the_server_comes_back(tmp_path: Path, prefix: str) -> None:
    from sqlalchemy.engine import make_url

    _fill(_in_files(tmp_path))
    server = _in_server(tmp_path, prefix)
    _stores(server).to_database()
    url = make_url(SERVER)
    plain, dump = url.set(drivername="postgresql").render_as_string(hide_password=False), tmp_path / "stores.dump"
    subprocess.run(["pg_dump", "-Fc", "-n", f"{prefix}_*", "-f", dump, plain], check=True)
    with _server() as connection:
        connection.exec_driver_sql(f"DELETE FROM {prefix}_answers.answers")
    subprocess.run(["pg_restore", "--clean", "--if-exists", "-d", plain, dump], check=True)
    assert _stores(server).to_database().rows["answers"] == 30
    back = _stores(server).to_files()
    assert back.rows["answers"] == 30
