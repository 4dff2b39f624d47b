"""Signing in elsewhere: the pages that take over what a proxy or an OpenID Connect provider says."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from ui.chat_root import MOUNT_PATH
from ui.forms import Forms, own_path
from ui.oidc import CALLBACK, FLOW_SECONDS, Oidc, SignInFailed
from ui.outside_identity import HeaderIdentity, OutsideAccounts, Vouched
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, DeniedError
from warehouse.logs import LOGGER_NAME

_LOG = logging.getLogger(LOGGER_NAME)
_STATE = "sign_in_state"


class HeaderPages:
    """Route of `/login` behind a proxy that has signed people in: straight on to the chat."""

    def __init__(
        self, identity: HeaderIdentity, people: OutsideAccounts, sessions: Sessions, forms: Forms
    ) -> None:
        self._identity = identity
        self._people = people
        self._sessions = sessions
        self._forms = forms
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/login", self.login, methods=["GET"])

    def login(self, request: Request, next: str = "") -> Response:
        """Open a session for the person whom the proxy names."""
        vouched = self._identity.vouched(request)
        if vouched is None:
            return _failed(request, self._forms, SignInFailed("not_vouched", "The proxy did not say who you are."))
        return _enter(request, vouched, own_path(next, MOUNT_PATH), self._people, self._sessions, self._forms)


class OidcPages:
    """Routes of `/login` with a provider: a button, the way there and the way back."""

    def __init__(
        self, oidc: Oidc, people: OutsideAccounts, sessions: Sessions, forms: Forms, *, secure: bool
    ) -> None:
        self._oidc = oidc
        self._people = people
        self._sessions = sessions
        self._forms = forms
        self._cookie = f"__Host-{_STATE}" if secure else _STATE
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/login", self.show, methods=["GET"])
        self.router.add_api_route("/login/start", self.start, methods=["GET"])
        self.router.add_api_route(CALLBACK, self.callback, methods=["GET"])

    def show(self, request: Request, next: str = "") -> Response:
        """The button; whoever is signed in already goes straight on."""
        onward = own_path(next, MOUNT_PATH)
        if self._sessions.reader(request.cookies):
            return RedirectResponse(onward, 303)
        return self._forms.page(request, "outside.html", next=onward)

    def start(self, request: Request, next: str = "") -> Response:
        """Off to the provider, with a state that this browser must bring back."""
        try:
            address, state = self._oidc.begin(own_path(next, MOUNT_PATH))
        except SignInFailed as error:
            return _failed(request, self._forms, error)
        response = RedirectResponse(address, 303)
        # Lax, because the way back begins on the provider's site.
        self._forms.keep(response, self._cookie, state, FLOW_SECONDS, samesite="lax")
        return response

    def callback(
        self, request: Request, code: str = "", state: str = "", iss: str = "", error: str = ""
    ) -> Response:
        """Back from the provider: check everything, open a session."""
        try:
            if error or not code:
                raise SignInFailed("provider_refused", "The sign-in provider did not sign you in.")
            browser_state = request.cookies.get(self._cookie, "")
            vouched, onward = self._oidc.finish(code, state, browser_state, iss)
        except SignInFailed as failure:
            response = _failed(request, self._forms, failure)
        else:
            response = _enter(request, vouched, onward, self._people, self._sessions, self._forms)
        self._forms.drop(response, self._cookie)
        return response


def _enter(
    request: Request, vouched: Vouched, onward: str, people: OutsideAccounts, sessions: Sessions, forms: Forms
) -> Response:
    response = RedirectResponse(onward, 303)
    try:
        account = people.admit(vouched)
        sessions.end(request.cookies, response)
        sessions.open(account, response)
    except CommandCenterError as error:
        return _failed(request, forms, error)
    return response


def _failed(request: Request, forms: Forms, error: CommandCenterError) -> Response:
    code = error.code if isinstance(error, SignInFailed | DeniedError) else type(error).__name__
    _LOG.warning("sign_in_refused", extra={"code": code})
    return forms.page(request, "outside.html", 403, message=f"{error.what} {error.next_step}", next=MOUNT_PATH)
