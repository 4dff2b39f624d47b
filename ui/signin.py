"""The pages before the product: sign in, sign out, change the password. Plain forms that work without scripts."""

from __future__ import annotations

import logging
import math

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from ui.accounts import Account, Accounts, Verdict
from ui.chat_root import MOUNT_PATH
from ui.client_address import Proxies
from ui.forms import EXPIRED, HOME, Field, Forms, KnownBrowsers, own_path
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, UsageError
from warehouse.logs import LOGGER_NAME

_LOG = logging.getLogger(LOGGER_NAME)


class SignOutPages:
    """Routes of `/logout`, whoever says who somebody is."""

    def __init__(self, accounts: Accounts, sessions: Sessions, forms: Forms) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._forms = forms
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/logout", self.show_logout, methods=["GET"])
        self.router.add_api_route("/logout", self.logout, methods=["POST"])
        # The chat page sends people here by its own address for signing in and out.
        self.router.add_api_route(f"{MOUNT_PATH}/login", self.to_login, methods=["GET"])
        self.router.add_api_route(f"{MOUNT_PATH}/logout", self.logout_of_chat, methods=["POST"])

    def to_login(self) -> Response:
        """The chat's own sign-in address leads to ours."""
        return RedirectResponse("/login", 303)

    def show_logout(self, request: Request) -> Response:
        """Ask: a link from elsewhere must not sign anybody out."""
        account = self._sessions.reader(request.cookies, active=False)
        if account is None:
            return RedirectResponse("/login", 303)
        return self._forms.page(request, "logout.html", account=account)

    def logout(self, request: Request, token: Field = "", everywhere: Field = "") -> Response:
        """End this session, or every one of this user, and show the sign-in form."""
        if not self._forms.is_ours(request, token):
            return RedirectResponse("/logout", 303)
        account = self._sessions.reader(request.cookies, active=False)
        response = RedirectResponse("/login", 303)
        self._sessions.end(request.cookies, response)
        if account and everywhere:
            self._accounts.end_sessions(account.name, by=account.name)
        return response

    def logout_of_chat(self, request: Request) -> Response:
        """The same for the chat page's own button, which expects JSON and then loads itself again."""
        response = JSONResponse({"success": True})
        self._sessions.end(request.cookies, response)
        return response


class PasswordPages:
    """Routes of `/login` and `/password` for accounts with passwords of ours."""

    def __init__(
        self, accounts: Accounts, sessions: Sessions, forms: Forms, proxies: Proxies, *, secure: bool
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._forms = forms
        self._proxies = proxies
        self._browsers = KnownBrowsers(forms, secure=secure)
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/login", self.show_login, methods=["GET"])
        self.router.add_api_route("/login", self.login, methods=["POST"])
        self.router.add_api_route("/password", self.show_password, methods=["GET"])
        self.router.add_api_route("/password", self.change_password, methods=["POST"])

    def show_login(self, request: Request, next: str = "") -> Response:
        """The sign-in form; whoever is signed in already goes straight on."""
        if self._sessions.reader(request.cookies):
            return RedirectResponse(own_path(next, HOME), 303)
        return self._forms.page(request, "login.html", next=own_path(next, HOME))

    def login(
        self, request: Request, name: Field = "", password: Field = "", token: Field = "", next: Field = ""
    ) -> Response:
        """Check the form; open a session, or show the form again with what went wrong."""
        onward = own_path(next, HOME)
        shown = {"name": name[:64], "next": onward}
        if not self._forms.is_ours(request, token):
            message = "The form had expired. Please sign in again."
            return self._forms.page(request, "login.html", 403, message=message, **shown)
        try:
            return self._enter(request, name, password, onward, shown)
        except CommandCenterError as error:
            _LOG.error("sign_in_failed", extra={"error": type(error).__name__})
            message = "Nobody can sign in at the moment: it cannot be written to the audit trail."
            return self._forms.page(request, "login.html", 503, message=message, **shown)

    def _enter(self, request: Request, name: str, password: str, onward: str, shown: dict[str, str]) -> Response:
        verdict = self._accounts.verify(
            name,
            password,
            address=self._proxies.client(request),
            browser=self._browsers.id_for(request, name),
        )
        if verdict.account is None:
            code = 429 if verdict.wait_seconds else 403 if verdict.locked else 401
            _LOG.warning("sign_in_refused", extra={"code": code})
            response = self._forms.page(request, "login.html", code, message=_refusal(verdict), **shown)
            if verdict.wait_seconds:
                response.headers["retry-after"] = str(math.ceil(verdict.wait_seconds))
            return response
        response = RedirectResponse(onward, 303)
        self._forms.drop(response, self._forms.cookie)
        self._sessions.end(request.cookies, response)
        self._sessions.open(verdict.account, response)
        self._browsers.remember(response, verdict.account.name)
        return response

    def show_password(self, request: Request) -> Response:
        """The form to change one's own password."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse("/login?next=/password", 303)
        return self._forms.page(request, "password.html", account=account)

    def change_password(
        self, request: Request, current: Field = "", new: Field = "", again: Field = "", token: Field = ""
    ) -> Response:
        """Change one's own password. Every other session of that user ends."""
        account = self._sessions.reader(request.cookies)
        if account is None:
            return RedirectResponse("/login", 303)
        message = self._change(request, account, current, new, again, self._forms.is_ours(request, token))
        if message:
            return self._forms.page(request, "password.html", 400, message=message, account=account)
        response = RedirectResponse(MOUNT_PATH, 303)
        self._sessions.open(self._accounts.get(account.name), response)
        return response

    def _change(self, request: Request, account: Account, current: str, new: str, again: str, ours: bool) -> str:
        """Change it, or say in words why not."""
        if not ours:
            return EXPIRED
        if new != again:
            return "The two new passwords differ."
        # Whoever is signed in here is counted by the browser: a stranger's guesses do not lock this form.
        browser = self._forms.sign("password page", account.name)[:32]
        verdict = self._accounts.verify(account.name, current, browser=browser)
        if verdict.wait_seconds:
            return _refusal(verdict)
        if verdict.account is None:
            return "The current password is not right."
        try:
            self._accounts.set_password(account.name, new, by=account.name)
        except CommandCenterError as error:
            return f"{error.what} {error.next_step}" if isinstance(error, UsageError) else error.what
        return ""


def _refusal(verdict: Verdict) -> str:
    if verdict.locked:
        return "This account is locked. Ask an administrator to unlock it."
    if not verdict.wait_seconds:
        return "That name and password do not match. Check both and try again."
    minutes = math.ceil(verdict.wait_seconds / 60)
    wait = f"{math.ceil(verdict.wait_seconds)} seconds" if verdict.wait_seconds < 60 else f"{minutes} minutes"
    return f"Too many wrong guesses. Try again in {wait}."
