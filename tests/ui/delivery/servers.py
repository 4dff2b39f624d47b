"""A mail server and a web server of this machine that take what is sent to them, or do something else instead."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Protocol
from aiosmtpd.smtp import Envelope, Session

TAKEN = "250 Message accepted"


@dataclass
class MailServer:
    """Takes mails. `on_data` and `on_recipient` answer instead, when they return something."""

    mails: list[EmailMessage] = field(default_factory=list)
    on_data: Callable[[], str | None] = lambda: None
    on_recipient: Callable[[], str | None] = lambda: None
    port: int = 0

    async def handle_RCPT(self, _: Protocol, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        refusal = self.on_recipient()
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, _: Protocol, __: Session, envelope: Envelope) -> str:
        refusal = self.on_data()
        if refusal is None or refusal == TAKEN:
            assert isinstance(envelope.content, bytes)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return refusal or TAKEN


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server on a free port."""
    server = MailServer()
    with socket.socket() as free:  # the controller connects to its own port, so it must know it
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class WebServer:
    """Takes posts of JSON. `answers` are the first statuses (0: hang up without an answer); then it is 200."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    address: str = ""


@contextmanager
def web_server() -> Iterator[WebServer]:
    """A web server on a free port."""
    state = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["content-length"]))
            state.posts.append(json.loads(content))
            state.keys.append(self.headers["idempotency-key"])
            status = state.answers.pop(0) if state.answers else 200
            if status:
                self.send_response(status)
                self.send_header("retry-after", "7")
                self.end_headers()
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    state.address = f"http://127.0.0.1:{server.server_address[1]}/services/T0/B0/secret"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
