"""The protocol over streamable HTTP on this machine: one POST a message, no sessions, the token in every request.

Without sessions there is none to steal: whose token a request carries decides whose request it is. Before a
message is read its host and origin are checked (a page of another site cannot reach us through a name of its own),
then the token, then how much was asked, then the size.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecurityMiddleware, TransportSecuritySettings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from ui.programs.bearer import Bearer
from ui.programs.tokens import Caller
from ui.request_body import read_again, whole_body
from warehouse.errors import DeniedError

PATH = "/mcp"
MOST_BODY = 256_000
"""Bytes of one message."""
_CALLER = "command_center.caller"
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def http_app(server: Server[Any, Any], bearer: Bearer, port: int, public_url: str = "") -> Starlette:
    """The application; `public_url` is what a proxy in front of it is called by."""
    manager = StreamableHTTPSessionManager(
        server, json_response=True, stateless=True, max_request_body_size=MOST_BODY
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with manager.run():
            yield

    app = Starlette(lifespan=lifespan)
    app.mount("/", _Gate(manager, bearer, allowed_names(port, public_url)))
    return app


def allowed_names(port: int, public_url: str) -> TransportSecuritySettings:
    """The hosts and origins that are ours."""
    hosts = [f"{name}:{port}" for name in _NAMES]
    origins = [f"http://{host}" for host in hosts]
    if public_url:
        hosts.append(public_url.partition("://")[2])
        origins.append(public_url)
    return TransportSecuritySettings(allowed_hosts=hosts, allowed_origins=origins)


def caller_of(server: Server[Any, Any]) -> Caller:
    """Who sent the request that is being answered."""
    request = server.request_context.request
    caller = request.scope.get(_CALLER) if isinstance(request, Request) else None
    if not isinstance(caller, Caller):
        raise DeniedError("The request carries no token.", code="token_missing", where="Authorization")
    return caller


class _Gate:
    """What a request passes before the protocol sees it."""

    def __init__(
        self, manager: StreamableHTTPSessionManager, bearer: Bearer, names: TransportSecuritySettings
    ) -> None:
        self._manager = manager
        self._bearer = bearer
        self._names = TransportSecurityMiddleware(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if refusal := await self._refusal(request):
            refusal.headers.update(_HEADERS)
            await refusal(scope, receive, send)
            return
        body = await _message(receive)
        if isinstance(body, Response):
            body.headers.update(_HEADERS)
            await body(scope, receive, send)
            return
        await self._manager.handle_request(scope, read_again(body, receive), send)

    async def _refusal(self, request: Request) -> Response | None:
        if request.url.path.rstrip("/") != PATH:
            return _refused(404, f"The protocol is served at {PATH}.")
        if request.method != "POST":
            return _refused(405, "Messages are sent by POST; there is no stream and no session.", allow="POST")
        if (wrong := await self._names.validate_request(request, is_post=True)) is not None:
            return wrong
        admitted = await self._bearer.admitted(request)
        if isinstance(admitted, Caller):
            request.scope[_CALLER] = admitted
            return None
        return _refused(admitted.status, str(admitted.why), **admitted.headers)


async def _message(receive: Receive) -> bytes | Response:
    """The body of a message, or why it is none. The library gives up on one that is nested too deeply."""
    body = await whole_body(receive, MOST_BODY)
    if body is None:
        return _refused(413, f"A message has at most {MOST_BODY:,} bytes. Send less at once.")
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return _refused(400, "The body is no JSON that can be read. Send one JSON-RPC message.")
    return body


def _refused(status: int, why: str, **headers: str) -> Response:
    return JSONResponse({"detail": why}, status, headers=headers)
