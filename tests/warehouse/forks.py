"""A process that forks builds and readers on demand, so that a test can kill them without waiting for imports.

Started by tests as a program. A line of input is a list of orders (JSON); the answer is a line with the process
ids of the forks. The next line of input, whatever it says, asks for their exit codes (a signal as a negative
number): until then ended forks are not reaped, so that a late signal hits nobody else. It never opens a database
itself: a fork of a process with an engine in it would hang.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from warehouse import snapshots
from warehouse.audit import AuditLog
from warehouse.build import build
from warehouse.contract import load_contract
from warehouse.door import Warehouse
from warehouse.errors import CommandCenterError
from warehouse.principal import Principal
from warehouse.runner import read_models
from warehouse.settings import Settings

FAILED = 70
PAUSE = 0.25  # seconds between two looks of a reader: several readers share the machine with the builds


def run_build(order: dict[str, Any]) -> int:
    """The exit code of a build: 0, or that of the error for people.

    `after` ends it with `signal` (SIGKILL) once it has used so many seconds of processor time, wherever it is
    then: no clock decides, so it makes no difference what else the machine does. `at` kills it at the nth call of
    a function of the operating system. `spent` names a file for the seconds that the whole build took.
    """
    if "largest_file" in order:  # bytes; stands in for a full disk
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["largest_file"],) * 2)
    if "at" in order:
        die_at(*order["at"])
    if "after" in order:
        end_after(order["after"], order.get("signal", signal.SIGKILL))
    settings = Settings.model_validate(order["settings"])
    began = time.process_time()
    try:
        build(Path(order["source"]), Path(order["warehouse"]), settings, full=bool(order.get("full")))
    except CommandCenterError as error:
        return error.exit_code
    if "spent" in order:
        Path(order["spent"]).write_text(str(time.process_time() - began))
    return 0


def end_after(seconds: float, number: int) -> None:
    """Send this process a signal when it has used so much processor time."""
    if number == signal.SIGKILL:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)  # the system ends the process, no Python runs any more
    else:
        signal.signal(signal.SIGPROF, lambda *_: os.kill(os.getpid(), number))
    signal.setitimer(signal.ITIMER_PROF, seconds)


def die_at(name: str, number: int) -> None:
    """Kill this process instead of the nth call of `os.<name>`."""
    real, calls = getattr(os, name), itertools.count(1)

    def call(*args: Any, **named: Any) -> Any:
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **named)

    setattr(os, name, call)


def run_reader(order: dict[str, Any]) -> int:
    """Reads until the stop file is there; writes what it saw: [snapshot, figure, ...] a line."""
    settings, seen = Settings.model_validate(order["settings"]), 0
    with Path(order["into"]).open("w") as stream:
        while not (Path(order["stop"]).exists() and seen):
            for found in READERS[order["read"]](Path(order["warehouse"]), settings, order):
                stream.write(json.dumps(found) + "\n")
                stream.flush()
                seen += 1
                time.sleep(PAUSE)
    return 0


def by_one_door(warehouse: Path, settings: Settings, order: dict[str, Any]) -> Iterator[list[Any]]:
    """A server's way: one door, many statements."""
    door = Warehouse(warehouse, settings, AuditLog(Path(order["audit"])))
    while not Path(order["stop"]).exists():
        found = door.query(order["sql"], Principal("erin", order["role"]))
        yield [found.snapshot, *found.rows[0]]
    door.close()


def by_many_doors(warehouse: Path, settings: Settings, order: dict[str, Any]) -> Iterator[list[Any]]:
    """The command line's way: one statement a door."""
    door = Warehouse(warehouse, settings, AuditLog(Path(order["audit"])))
    found = door.query(order["sql"], Principal("erin", order["role"]))
    door.close()
    yield [found.snapshot, *found.rows[0]]


def by_a_long_look(warehouse: Path, _: Settings, order: dict[str, Any]) -> Iterator[list[Any]]:
    """One snapshot is held open while others are published and it is removed."""
    snapshot = snapshots.current(warehouse)
    with snapshots.connect(snapshot, "lake") as con:
        for _again in range(5):
            row = con.execute(order["sql"]).fetchall()[0]
            con.execute("SELECT count(*) FROM gold.calls AS a, gold.calls AS b, gold.calls AS c").fetchall()
            yield [snapshot.id, *row]


READERS = {"one door": by_one_door, "many doors": by_many_doors, "a long look": by_a_long_look}


def fork(order: dict[str, Any]) -> int:
    """The process id of a fork that builds or reads."""
    pid = os.fork()
    if pid:
        return pid
    code = FAILED
    try:
        code = run_reader(order) if "read" in order else run_build(order)
    except KeyboardInterrupt:
        code = 130
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


class Forks:
    """The program below, as a test uses it: builds and readers in processes of their own."""

    def __init__(self) -> None:
        self.server = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._line() == "ready"

    def _line(self) -> str:
        assert self.server.stdout is not None
        return self.server.stdout.readline().strip()

    def _say(self, line: str) -> Any:
        assert self.server.stdin is not None
        self.server.stdin.write(line + "\n")
        self.server.stdin.flush()
        return json.loads(self._line())

    def start(self, *orders: dict[str, Any]) -> list[int]:
        """The process ids of builds and readers that start at once; see `run_build` and `run_reader`."""
        return list(self._say(json.dumps(orders, default=_plain)))

    def codes(self) -> list[int]:
        """Waits for what was started: exit codes, a signal as a negative number."""
        return list(self._say("codes"))

    def close(self) -> None:
        assert self.server.stdin is not None
        self.server.stdin.close()
        self.server.wait(timeout=120)


def _plain(value: Path | Settings) -> Any:
    return value.model_dump(mode="json") if isinstance(value, Settings) else str(value)


def main() -> None:
    """Serve until the input ends."""
    load_contract(), read_models()  # both are read once and kept
    print("ready", flush=True)
    while line := sys.stdin.readline():
        orders = json.loads(line)
        pids = [fork(order) for order in orders]
        print(json.dumps(pids), flush=True)
        sys.stdin.readline()
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]), flush=True)


if __name__ == "__main__":
    main()
