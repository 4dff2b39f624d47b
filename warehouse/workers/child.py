"""What a worker runs: opens the files it is told, confines itself, then answers one request after the other.

It reads one opening frame (see `warehouse.workers.process.Opening`), answers with the catalog, and ends when its
channel does. Errors leave it as codes only.
"""

from __future__ import annotations

import os
import resource
import select
import threading
import time
from typing import Any

from warehouse.engine import Engine, Failed, open_engine
from warehouse.workers import confine, wire

_LOOKS = 100  # milliseconds between two looks at the clock and at the parent
_KEEPS = frozenset({"time_limit", "does_not_fit", "too_large"})  # after any other failure a new worker is better


class Watch:
    """A thread that interrupts a statement when its time is over and ends the process when the parent does."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._until = 0.0
        self._on = threading.Event()
        threading.Thread(target=self._look, daemon=True).start()

    def begin(self, seconds: float) -> None:
        """A statement starts."""
        self._until = time.monotonic() + seconds
        self._on.set()

    def end(self) -> None:
        """It is done."""
        self._on.clear()

    def _look(self) -> None:
        channel = select.poll()
        channel.register(confine.CHANNEL, select.POLLRDHUP)
        while True:
            self._on.wait()
            if channel.poll(_LOOKS):
                os._exit(0)
            if self._on.is_set() and time.monotonic() >= self._until:
                self._engine.interrupt()


def main() -> None:
    """Open, confine, serve."""
    opening, parent = _receive(), os.getppid()
    confine.before_opening(parent, opening["worker_memory_mb"])
    try:
        engine = open_engine(
            opening["main"], opening["attach"], memory_mb=opening["memory_mb"], seconds=opening["seconds"]
        )
    except Failed as failed:
        return _send(wire.frame({"error": failed.code}))
    watch = Watch(engine)
    confine.after_opening(parent)
    _send(wire.frame({"catalog": engine.catalog}))
    while True:
        request = _receive()
        watch.begin(request["seconds"])
        reply = _reply(engine, request, opening["reply_bytes"], opening["spent_kb"])
        watch.end()
        _send(reply)


def _reply(engine: Engine, request: dict[str, Any], most_bytes: int, spent_kb: int) -> bytes:
    head = {"n": request["n"]}
    try:
        answer = _answer(engine, request, most_bytes)
        spent = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > spent_kb
        reply = wire.frame(head | answer | {"spent": spent})
        if len(reply) > most_bytes:
            raise Failed("too_large")
    except Failed as failed:
        reply = wire.frame(head | {"error": failed.code, "spent": failed.code not in _KEEPS})
    except MemoryError:
        reply = wire.frame(head | {"error": "memory_limit", "spent": True})
    except (ValueError, OverflowError):  # a value that Python cannot hold or write
        reply = wire.frame(head | {"error": "does_not_fit", "spent": False})
    return reply


def _answer(engine: Engine, request: dict[str, Any], most_bytes: int) -> dict[str, Any]:
    sql = request["sql"]
    parameters = {name: wire.unpack(*packed)[0] for name, packed in request["parameters"].items()}
    if request["do"] == "table_names":
        return {"tables": engine.table_names(sql, parameters)}
    if request["do"] == "estimated_rows":
        return {"rows": engine.estimated_rows(sql, parameters)}
    found = engine.run(sql, parameters, most=request["most"])
    if sum(len(cell) for row in found.rows for cell in row if type(cell) is str) > most_bytes:
        raise Failed("too_large")  # before a large text is written out
    cells = zip(*found.rows, strict=True) if found.rows else ((),) * len(found.columns)
    return {
        "columns": [(*column, *wire.pack(packed)) for column, packed in zip(found.columns, cells, strict=True)]
    }


def _receive() -> dict[str, Any]:
    return wire.document(_read(int.from_bytes(_read(wire.HEADER), "big")))


def _read(size: int) -> bytes:
    body = b""
    while len(body) < size:
        got = os.read(confine.CHANNEL, size - len(body))
        if not got:  # the server is gone
            os._exit(0)
        body += got
    return body


def _send(body: bytes) -> None:
    left = memoryview(body)
    while left:
        left = left[os.write(confine.CHANNEL, left) :]
