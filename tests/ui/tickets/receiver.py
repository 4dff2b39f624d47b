"""A tracker of this machine: it takes tickets, fails, hangs up, answers late, or kills whoever sends."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG_UP, LATE, KILL = 0, -1, -2


@dataclass
class Receiver:
    """What arrived: bodies, headers. `answers` come first: a status, or HANG_UP, LATE (201 too late), KILL.

    A post with a new Idempotency-Key makes a ticket: `made` maps keys to references. KILL ends process `victim`.
    """

    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    address: str = ""
    victim: int = 0

    def take(self, headers: dict[str, str], body: bytes, gone: Callable[[], object]) -> tuple[int, Any]:
        """The status and what is said; `gone` waits until whoever sent has given up waiting."""
        self.posts.append((headers, body))
        answer = self.answers.pop(0) if self.answers else 201
        if answer > 201:
            return answer, {}
        key = headers["idempotency-key"]
        self.made.setdefault(key, f"CX-{len(self.made) + 1}")
        if answer == LATE:
            gone()
        if answer == KILL:
            os.kill(self.victim, signal.SIGKILL)
            return HANG_UP, {}
        reference = self.made[key]
        return (HANG_UP if answer == HANG_UP else 201), {"key": reference, "result": {"number": reference}}


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on a free port."""
    state = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said = state.take(headers, body, lambda: self.connection.recv(1))
            self.close_connection = True
            if status == HANG_UP:
                return
            content = json.dumps(said).encode()
            try:
                self.send_response(status)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except OSError:
                return  # whoever asked has gone

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_address[1]}/hooks/secret-path"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
