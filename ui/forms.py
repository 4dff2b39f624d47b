"""Pages with plain forms: how they are shown, and the hidden token that proves a form is ours."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Form, Request
from fastapi.responses import RedirectResponse, Response
from fastapi.templating import Jinja2Templates

HOME = "/dashboard"
"""Where people arrive who did not ask for a page."""
FORM_COOKIE = "form_token"
EXPIRED = "The form had expired. Please try again."
_FORM_SECONDS = 3600
_PAGES = Jinja2Templates(directory=Path(__file__).parent / "templates")
Field = Annotated[str, Form(max_length=600)]


class Forms:
    """Shows pages and checks what comes back. `secret` signs the tokens."""

    def __init__(self, secret: str, *, secure: bool) -> None:
        self._secret = secret.encode()
        self._secure = secure
        self.cookie = f"__Host-{FORM_COOKIE}" if secure else FORM_COOKIE

    def page(self, request: Request, page: str, code: int = 200, **shown: Any) -> Response:
        """A page whose forms carry a token that only this site could have made for this browser."""
        nonce = self.nonce(request)
        context = {"token": self.sign("form", nonce), **shown}
        response = _PAGES.TemplateResponse(request, page, context, status_code=code)
        response.headers["cache-control"] = "no-store"
        self.keep_nonce(response, nonce)
        return response

    def nonce(self, request: Request) -> str:
        """What marks this browser in tokens: its own, or a new one."""
        return request.cookies.get(self.cookie) or secrets.token_urlsafe(24)

    def keep_nonce(self, response: Response, nonce: str) -> None:
        """Let the browser bring it back with a form."""
        self.keep(response, self.cookie, nonce, _FORM_SECONDS, samesite="strict")

    def is_ours(self, request: Request, token: str) -> bool:
        """Whether a form was shown by this site to this browser."""
        nonce = request.cookies.get(self.cookie)
        return nonce is not None and hmac.compare_digest(self.sign("form", nonce).encode(), token.encode())

    def sign(self, use: str, text: str) -> str:
        """A keyed hash of a text, good for one use only."""
        return hmac.new(self._secret, f"{use}:{text}".encode(), hashlib.sha256).hexdigest()

    def keep(self, response: Response, name: str, value: str, seconds: int, *, samesite: str) -> None:
        """A cookie of this host that no script reads."""
        response.set_cookie(
            name,
            value,
            max_age=seconds,
            path="/",
            httponly=True,
            secure=self._secure,
            samesite="strict" if samesite == "strict" else "lax",
        )

    def drop(self, response: Response, name: str) -> None:
        """Take such a cookie away; browsers want the same marks for that."""
        response.delete_cookie(name, path="/", httponly=True, secure=self._secure, samesite="lax")


class KnownBrowsers:
    """Remembers in which browser somebody has signed in: a stranger's guesses do not lock the name there."""

    _SECONDS = 180 * 24 * 3600

    def __init__(self, forms: Forms, *, secure: bool) -> None:
        self._forms = forms
        self._cookie = "__Host-known" if secure else "known_browser"

    def id_for(self, request: Request, name: str) -> str:
        """The browser's id when this name has signed in there, else nothing."""
        nonce, _, mark = request.cookies.get(self._cookie, "").partition(".")
        expected = self._forms.sign("browser", f"{nonce}:{name.strip().lower()}")
        return expected[:32] if nonce and hmac.compare_digest(expected.encode(), mark.encode()) else ""

    def remember(self, response: Response, name: str) -> None:
        """Mark the browser after signing in."""
        nonce = secrets.token_urlsafe(16)
        mark = self._forms.sign("browser", f"{nonce}:{name}")
        self._forms.keep(response, self._cookie, f"{nonce}.{mark}", self._SECONDS, samesite="strict")


def plain_page(page: str, **shown: Any) -> str:
    """The text of a page without a form."""
    return _PAGES.get_template(page).render(**shown)


def to_sign_in(request: Request) -> Response:
    """To the sign-in, and from there back to the very address that was asked for."""
    asked = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return RedirectResponse(f"/login?next={quote(asked, safe='/')}", 303)


def own_path(path: str, otherwise: str) -> str:
    """Where to go next: a path of this site, never another host."""
    local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if local and path.isprintable() else otherwise
