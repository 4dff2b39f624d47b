"""One worker process, seen from the server: started, asked, ended.

A worker starts without this process's environment, files and terminal; `child` and `confine` do the rest.
"""

from __future__ import annotations

import importlib.util
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from warehouse.errors import MissingDataError
from warehouse.workers import wire

_START = "import sys; sys.path += sys.argv[1:]; from warehouse.workers.child import main; main()"
_ENDING = 5.0  # seconds that a killed process may take until it is gone
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Opening:
    """What a worker is told first: the database file, statements that attach others, its limits.

    `memory_mb` bounds the engine's own accounting, `worker_memory_mb` the address space of the process. A worker
    whose memory once held more than `spent_kb` asks to be replaced; a reply has at most `reply_bytes`.
    """

    main: str
    attach: tuple[str, ...]
    seconds: float
    memory_mb: int
    worker_memory_mb: int
    reply_bytes: int
    spent_kb: int


class Unanswered(Exception):
    """The worker gave no answer that can be used: `late`, or it crashed or sent something else. It must go.

    `unread`: it ended before it had read what it was told, so that this cannot be why it did.
    """

    def __init__(self, *, late: bool, unread: bool = False) -> None:
        self.late = late
        self.unread = unread
        super().__init__("late" if late else "gone" if unread else "crashed")


class Worker:
    """A process that reads one snapshot. One caller at a time; whoever gets Unanswered must kill it."""

    def __init__(self, opening: Opening, program: str = _START) -> None:
        """Start it; it opens its files meanwhile. Call from a thread that stays: the worker ends with it.

        Raises MissingDataError when processes cannot be started here.
        """
        self._most = opening.reply_bytes
        self._asked = 0
        self.catalog: list[Any] | None = None  # once it is open
        self._channel, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = _started(theirs, program)
            except (OSError, subprocess.SubprocessError) as error:
                self._channel.close()
                raise _cannot_start(error) from error
        with suppress(Unanswered):  # whoever waits for it will notice
            self._send(wire.frame(asdict(opening)), time.monotonic() + _ENDING)

    @property
    def id(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def is_open(self) -> bool:
        """Whether it has opened its files or said that it cannot; until then a caller would wait."""
        return self.catalog is not None or _readable(self._channel)

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def open(self, seconds: float) -> str:
        """Wait until its files are open. Returns the code of what prevented it, or "". Raises Unanswered."""
        if self.catalog is None:
            found = self._receive(time.monotonic() + seconds)
            if "error" in found:
                return str(found["error"])
            self.catalog = found["catalog"]
        return ""

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The reply to a request, which comes within `seconds`. Raises Unanswered."""
        self._asked += 1
        until = time.monotonic() + seconds
        self._send(wire.frame({"n": self._asked, **request}), until)
        reply = self._receive(until)
        if reply.get("n") != self._asked:
            raise Unanswered(late=False)
        return reply

    def kill(self) -> None:
        """Kill it with all that it started, without waiting; `has_ended` must be asked until it is so."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._channel.close()

    def wait(self) -> None:
        """Wait until a killed worker is gone."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_ENDING)

    def forget(self) -> None:
        """Let go of a worker that belongs to the process this one was forked from."""
        self._channel.close()
        self._process.returncode = 0

    def _send(self, body: bytes, until: float) -> None:
        try:
            self._channel.settimeout(_left(until))
            self._channel.sendall(body)
        except TimeoutError:
            raise Unanswered(late=True) from None
        except OSError:
            raise Unanswered(late=False, unread=True) from None

    def _receive(self, until: float) -> dict[str, Any]:
        size = int.from_bytes(self._read(wire.HEADER, until), "big")
        if size > self._most:
            raise Unanswered(late=False)
        try:
            return wire.document(self._read(size, until))
        except ValueError:
            raise Unanswered(late=False) from None

    def _read(self, size: int, until: float) -> bytes:
        body = bytearray()
        while len(body) < size:
            try:
                self._channel.settimeout(_left(until))
                got = self._channel.recv(min(size - len(body), _CHUNK))
            except TimeoutError:
                raise Unanswered(late=True) from None
            except ConnectionResetError:  # so Linux says that the other end closed with bytes it had not read
                raise Unanswered(late=False, unread=True) from None
            except OSError:
                got = b""
            if not got:
                raise Unanswered(late=False)
            body += got
        return bytes(body)


def _started(channel: socket.socket, program: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", program, *_import_paths()],
        stdin=channel.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        close_fds=True,
        cwd="/",
        env={},
        start_new_session=True,
    )


def _import_paths() -> list[str]:
    """Where our package and the engine are; a worker knows no other installed packages."""
    engine = importlib.util.find_spec("_duckdb")
    ours = Path(__file__).resolve().parents[2]
    found = [str(ours), *([str(Path(engine.origin).parent)] if engine and engine.origin else [])]
    return list(dict.fromkeys(found))


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _readable(channel: socket.socket) -> bool:
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    return bool(poll.poll(0))


def _cannot_start(error: Exception) -> MissingDataError:
    return MissingDataError(
        f"No worker process can be started to read the warehouse ({type(error).__name__}).",
        where=sys.executable,
        next_step="Allow this process to start others (process and memory limits of the host), then ask again.",
    )
