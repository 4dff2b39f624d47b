"""What every response carries and every request must pass: headers, same origin, the chat's list of paths."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.sessions import Sessions

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_OUTSIDE_LINK = re.compile(r"<link\b[^>]*href=\"https?://[^>]*>", re.DOTALL)
_OUTSIDE_META = re.compile(r"<meta\b[^>]*content=\"https?://[^>]*>", re.DOTALL)
_READING = {"GET", "HEAD", "OPTIONS"}

# What the chat page needs of Chainlit, and nothing else: no token exchange, no uploads, no MCP, no sharing.
OPEN_PATHS = ("/public/", "/auth/config", "/favicon", "/logo", "/project/translations")
SIGNED_IN_PATHS = (
    "/ws/socket.io",
    "/user",
    "/set-session-cookie",
    "/project/settings",
    "/project/threads",
    "/project/thread",
    "/project/file/",
)
BLOCKED_PATHS = ("/project/thread/share",)


def without_outside_links(page: str) -> str:
    """A page without the links to fonts, style sheets and pictures that live on other hosts."""
    return _OUTSIDE_META.sub("", _OUTSIDE_LINK.sub("", page))


def content_security_policy(page: str = "") -> str:
    """The policy for a page: own host only; its inline scripts by their hash.

    Chainlit runs our answer card through `new Function`, which is why `unsafe-eval` is there, and Plotly and
    the page's components set styles inline.
    """
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(page))
    hashes = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'unsafe-eval'{hashes}" if page else "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


class SecurityHeaders:
    """Adds the headers that keep a page to itself. A response that already has a policy of its own keeps it."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._fixed = {
            "x-content-type-options": "nosniff",
            "x-frame-options": "SAMEORIGIN",
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
            "cross-origin-opener-policy": "same-origin",
            "content-security-policy": content_security_policy(),
        }
        if https:
            self._fixed["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._fixed.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class SameOrigin:
    """Refuses what another site's page sends with our reader's cookie: writing requests and web sockets."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        guarded = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _READING)
        if guarded and not same_origin(Headers(scope=scope)):
            await _refuse(scope, receive, send, PlainTextResponse("Requests come from this site only.", 403))
            return
        await self._app(scope, receive, send)


class ChatGate:
    """Stands before Chainlit: lets the listed paths through, and those that show data only with a session."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if path.startswith(OPEN_PATHS):
            await self._app(scope, receive, send)
        elif path.startswith(BLOCKED_PATHS) or not path.startswith(SIGNED_IN_PATHS):
            await _refuse(scope, receive, send, JSONResponse({"detail": "Not found"}, 404))
        elif self._sessions.reader(HTTPConnection(scope).cookies) is None:
            await _refuse(scope, receive, send, JSONResponse({"detail": "Sign in first"}, 401))
        else:
            await self._app(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await response(scope, receive, send)


def same_origin(headers: Headers) -> bool:
    """Browsers send `Origin` with every such request; a caller without one is no browser."""
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host")
