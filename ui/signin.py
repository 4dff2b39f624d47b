"""The pages before the product: sign in, sign out, change the password. Plain forms that work without scripts."""

from __future__ import annotations

import hashlib
import hmac
import logging
import math
import secrets
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.templating import Jinja2Templates

from ui.accounts import Account, Accounts, Verdict
from ui.chat_root import MOUNT_PATH
from ui.sessions import Sessions
from warehouse.errors import UsageError
from warehouse.logs import LOGGER_NAME

FORM_COOKIE = "form_token"
_FORM_SECONDS = 3600
_PAGES = Jinja2Templates(directory=Path(__file__).parent / "templates")
_LOG = logging.getLogger(LOGGER_NAME)
Field = Annotated[str, Form(max_length=256)]


class SignInPages:
    """Routes of `/login`, `/logout` and `/password`. `secret` signs the forms against forgery."""

    def __init__(self, accounts: Accounts, sessions: Sessions, secret: str, *, secure: bool) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._secret = secret.encode()
        self._secure = secure
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/login", self.show_login, methods=["GET"])
        self.router.add_api_route("/login", self.login, methods=["POST"])
        self.router.add_api_route("/logout", self.logout, methods=["GET", "POST"])
        self.router.add_api_route("/password", self.show_password, methods=["GET"])
        self.router.add_api_route("/password", self.change_password, methods=["POST"])
        # The chat page sends people here by its own address for signing in and out.
        self.router.add_api_route(f"{MOUNT_PATH}/login", self.to_login, methods=["GET"])
        self.router.add_api_route(f"{MOUNT_PATH}/logout", self.logout_of_chat, methods=["POST"])

    def to_login(self) -> Response:
        """The chat's own sign-in address leads to ours."""
        return RedirectResponse("/login", 303)

    def show_login(self, request: Request, next: str = "") -> Response:
        """The sign-in form; whoever is signed in already goes straight on."""
        if self._sessions.reader(request.cookies):
            return RedirectResponse(_own_path(next), 303)
        return self._page(request, "login.html", next=_own_path(next))

    def login(
        self, request: Request, name: Field = "", password: Field = "", token: Field = "", next: Field = ""
    ) -> Response:
        """Check the form; open a session, or show the form again with what went wrong."""
        onward = _own_path(next)
        if not self._form_is_ours(request, token):
            message = "The form had expired. Please sign in again."
            return self._page(request, "login.html", 403, message=message, name=name, next=onward)
        verdict = self._accounts.verify(name, password)
        if verdict.account is None:
            code = 429 if verdict.wait_seconds else 401
            _LOG.warning("sign_in_refused", extra={"code": code})
            return self._page(request, "login.html", code, message=_refusal(verdict), name=name, next=onward)
        response = RedirectResponse(onward, 303)
        response.delete_cookie(FORM_COOKIE)
        self._sessions.open(verdict.account, response)
        return response

    def logout(self, request: Request) -> Response:
        """End the session and show the sign-in form."""
        response = RedirectResponse("/login", 303)
        self._sessions.end(request.cookies, response)
        return response

    def logout_of_chat(self, request: Request) -> Response:
        """The same for the chat page's own button, which expects JSON and then loads itself again."""
        response = JSONResponse({"success": True})
        self._sessions.end(request.cookies, response)
        return response

    def show_password(self, request: Request) -> Response:
        """The form to change one's own password."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse("/login?next=/password", 303)
        return self._page(request, "password.html", account=account)

    def change_password(
        self, request: Request, current: Field = "", new: Field = "", again: Field = "", token: Field = ""
    ) -> Response:
        """Change one's own password. Every other session of that user ends."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse("/login", 303)
        message = self._change(account, current, new, again, self._form_is_ours(request, token))
        if message:
            return self._page(request, "password.html", 400, message=message, account=account)
        response = RedirectResponse(MOUNT_PATH, 303)
        self._sessions.open(account, response)
        return response

    def _change(self, account: Account, current: str, new: str, again: str, ours: bool) -> str:
        """Change it, or say in words why not."""
        if not ours:
            return "The form had expired. Please try again."
        if new != again:
            return "The two new passwords differ."
        verdict = self._accounts.verify(account.name, current)
        if verdict.account is None:
            return "The current password is not right."
        try:
            self._accounts.set_password(account.name, new)
        except UsageError as error:
            return f"{error.what} {error.next_step}"
        return ""

    def _page(self, request: Request, page: str, code: int = 200, **shown: Any) -> Response:
        """A page whose form carries a token that only this site could have made for this browser."""
        nonce = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(24)
        response = _PAGES.TemplateResponse(request, page, {"token": self._sign(nonce), **shown}, status_code=code)
        response.headers["cache-control"] = "no-store"
        response.set_cookie(
            FORM_COOKIE, nonce, max_age=_FORM_SECONDS, httponly=True, samesite="strict", secure=self._secure
        )
        return response

    def _form_is_ours(self, request: Request, token: str) -> bool:
        nonce = request.cookies.get(FORM_COOKIE)
        return nonce is not None and hmac.compare_digest(self._sign(nonce).encode(), token.encode())

    def _sign(self, nonce: str) -> str:
        return hmac.new(self._secret, b"form:" + nonce.encode(), hashlib.sha256).hexdigest()


def _refusal(verdict: Verdict) -> str:
    if not verdict.wait_seconds:
        return "That name and password do not match. Check both and try again."
    minutes = math.ceil(verdict.wait_seconds / 60)
    wait = f"{math.ceil(verdict.wait_seconds)} seconds" if verdict.wait_seconds < 60 else f"{minutes} minutes"
    return f"Too many wrong guesses for this name. Try again in {wait}."


def _own_path(path: str) -> str:
    """Where to go after signing in: a path of this site, never another host."""
    local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if local and "\n" not in path and "\r" not in path else MOUNT_PATH
