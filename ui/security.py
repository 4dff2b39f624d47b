"""What every response carries and every request must pass: headers, same origin, the chat's list of paths."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.refusal import is_start, refuse
from ui.sessions import Sessions
from warehouse.logs import LOGGER_NAME

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_OUTSIDE_LINK = re.compile(r"<link\b[^>]*href=\"https?://[^>]*>", re.DOTALL)
_OUTSIDE_META = re.compile(r"<meta\b[^>]*content=\"https?://[^>]*>", re.DOTALL)
_READING = {"GET", "HEAD", "OPTIONS"}
_OPENING = ("http.response.start", "websocket.http.response.start", "websocket.accept")
# Files of ours that hold no data: they say themselves how long they may be kept.
_FILES = ("/static/", "/chat/assets/", "/chat/public/", "/themes.json")
# Forms with a signed hidden token, checked where they arrive.
TOKEN_FORMS = frozenset(("/login", "/logout", "/password", "/users", "/purpose", "/purpose/end", "/break-glass"))
_LOG = logging.getLogger(LOGGER_NAME)

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
    """Adds the headers that keep a page to itself, to every response: pages, errors, files, refused sockets.

    A response that has a policy or says how it may be cached keeps that; anything else that could hold data is
    never stored. It is the outermost layer, so that what nobody has caught ends here with the headers too.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._fixed = {
            "x-content-type-options": "nosniff",
            "x-frame-options": "SAMEORIGIN",
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "content-security-policy": content_security_policy(),
        }
        if https:
            self._fixed["strict-transport-security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            started = started or message["type"] in _OPENING
            if is_start(message):
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in self._fixed.items():
                    headers.setdefault(name, value)
                if not scope["path"].startswith(_FILES):
                    headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception:
            if started or scope["type"] != "http":
                raise
            _LOG.exception("request_failed")
            await refuse(scope, receive, send_with_headers, 500, "Something unexpected went wrong on the server.")


class SameOrigin:
    """Refuses what another site's page sends with our reader's cookie: writing requests and web sockets.

    Browsers say where such a request comes from. One that carries a cookie and does not say is refused as well,
    except on the forms whose hidden token proves it.
    """

    def __init__(self, app: ASGIApp, *, public_url: str = "") -> None:
        self._app = app
        self._public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        writes = scope["type"] == "websocket" or (scope["type"] == "http" and scope["method"] not in _READING)
        if writes and not self._passes(scope):
            await refuse(scope, receive, send, 403, "Requests come from this site only.")
            return
        await self._app(scope, receive, send)

    def _passes(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        ours = from_this_site(headers, self._public_url)
        if ours is None:
            return "cookie" not in headers or (scope["type"] == "http" and scope["path"] in TOKEN_FORMS)
        return ours


class ChatGate:
    """Stands before Chainlit: lets the listed paths through, and those that show data only with a session."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        # A web socket opens again by itself; only what is sent over it shows that somebody is there.
        active = not path.startswith("/ws/")
        if path.startswith(OPEN_PATHS):
            await self._app(scope, receive, send)
        elif path.startswith(BLOCKED_PATHS) or not path.startswith(SIGNED_IN_PATHS):
            await refuse(scope, receive, send, 404, "Not found")
        elif self._sessions.reader(HTTPConnection(scope).cookies, active=active) is None:
            await refuse(scope, receive, send, 401, "Sign in first")
        else:
            await self._app(scope, receive, send)


def from_this_site(headers: Headers, public_url: str = "") -> bool | None:
    """Whether a request comes from a page of ours; None when the caller does not say, as scripts do not."""
    fetched_from = headers.get("sec-fetch-site")
    if fetched_from not in (None, "same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is None and fetched_from is None:
        origin = headers.get("referer")
    if origin is None:
        return True if fetched_from else None
    parts = urlsplit(origin)
    return parts.netloc == headers.get("host") or f"{parts.scheme}://{parts.netloc}" == (public_url or "-")
