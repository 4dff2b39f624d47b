"""What a request passes before the application reads it: its token, how much was asked, its size."""

from __future__ import annotations

import math
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.problems import problem, problem_of
from ui.programs.bearer import Bearer
from ui.programs.tokens import Caller
from warehouse.errors import CommandCenterError, DeniedError

MOST_BODY = 64_000
"""Bytes of one request's body."""
OPEN = ("/openapi.json",)
"""Paths below the application's root that hold no data."""


class TokenGate:
    """Lets requests with a token in; the caller is left in `request.state.caller`.

    What nobody expected ends here too: `explained` logs its place and words it.
    """

    def __init__(self, app: ASGIApp, bearer: Bearer, explained: Callable[[Exception], CommandCenterError]) -> None:
        self._app = app
        self._bearer = bearer
        self._explained = explained

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path not in OPEN:
            admitted = await self._bearer.admitted(request)
            if not isinstance(admitted, Caller):
                await _refusal(admitted.status, admitted.why, admitted.wait)(scope, receive, send)
                return
            request.state.caller = admitted
        body = await _body(receive)
        if isinstance(body, Response):
            await body(scope, receive, send)
            return
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return waiting.pop() if waiting else await receive()

        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, again, noting)
        except Exception as error:
            if started:
                raise
            await problem_of(self._explained(error))(scope, again, send)


def _refusal(status: int, why: object, wait: float) -> Response:
    error = why if isinstance(why, DeniedError) else DeniedError(str(why), code="denied")
    headers = {"retry-after": str(math.ceil(wait))} if wait else {}
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="command-center"'
    return problem(status, error.code, error.what, where=error.where, next_step=error.next_step, headers=headers)


async def _body(receive: Receive) -> bytes | Response:
    body, more = b"", True
    while more:
        part = await receive()
        body += part.get("body", b"")
        more = part.get("more_body", False)
        if len(body) > MOST_BODY:
            return problem(
                413, "too_large", f"A body has at most {MOST_BODY:,} bytes.", next_step="Send less at once."
            )
    return body
