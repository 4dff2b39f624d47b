"""What a request passes before the application reads it: its token, how much was asked, its size."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.api.problems import problem, problem_of
from ui.programs.bearer import Bearer, Refused
from ui.programs.tokens import Caller
from ui.request_body import read_again, whole_body
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
                await _refusal(admitted)(scope, receive, send)
                return
            request.state.caller = admitted
        body = await whole_body(receive, MOST_BODY)
        if body is None:
            await _too_large()(scope, receive, send)
            return
        again, started = read_again(body, receive), False

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


def _refusal(refused: Refused) -> Response:
    why = refused.why
    error = why if isinstance(why, DeniedError) else DeniedError(str(why), code="denied")
    return problem(
        refused.status,
        error.code,
        error.what,
        where=error.where,
        next_step=error.next_step,
        headers=refused.headers,
    )


def _too_large() -> Response:
    return problem(413, "too_large", f"A body has at most {MOST_BODY:,} bytes.", next_step="Send less at once.")
