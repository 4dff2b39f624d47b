"""Saying no before the application is reached: to a request, or to a web socket before it opens."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from ui.forms import plain_page

_TITLES = {
    401: "Sign in first",
    403: "Not for you",
    404: "Nothing here",
    413: "Too much at once",
    422: "That cannot be",
    429: "Too many at once",
}


async def refuse(
    scope: Scope, receive: Receive, send: Send, status: int, why: str, headers: Mapping[str, str] | None = None
) -> None:
    """Answer with a status and a sentence; a web socket that is being opened gets the same instead of opening."""
    response = _response(scope, status, why, headers)
    if scope["type"] != "websocket":
        await response(scope, receive, send)
        return
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "websocket.http.response.start", "status": status, "headers": response.raw_headers})
    await send({"type": "websocket.http.response.body", "body": response.body})


async def malformed(request: Request, error: Exception) -> Response:
    """Say which field of a form or a request is wrong, never what it held. For FastAPI's validation errors."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    why = f"{first['loc'][-1]!s:.40}: {first['msg'][:200]}. Nothing was changed: correct it and send it again."
    return refusal(request, 422, why)


async def without_a_page(request: Request, error: Exception) -> Response:
    """What an address gets that there is nothing at. For Starlette's 404s."""
    return refusal(request, 404, "There is no page at this address.")


def refusal(request: Request, status: int, why: str) -> Response:
    """A status and a sentence, as `refuse` says it, for those who hold a request."""
    return _response(request.scope, status, why, None)


def _response(scope: Scope, status: int, why: str, headers: Mapping[str, str] | None) -> Response:
    """A page for people who opened one, JSON for scripts and for our pages' own requests."""
    if "text/html" in Headers(scope=scope).get("accept", ""):
        page = plain_page("refused.html", title=_TITLES.get(status, "This did not work"), why=why)
        return HTMLResponse(page, status, headers=dict(headers or {}))
    return JSONResponse({"detail": why}, status, headers=dict(headers or {}))


def is_start(message: Message) -> bool:
    """Whether a message begins a response, to a request or to a web socket that is refused."""
    return message["type"] in ("http.response.start", "websocket.http.response.start")
