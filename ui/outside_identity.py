"""People whom a proxy or a provider vouches for: which role their groups give, and the account they get here."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.accounts import Account, Accounts
from ui.client_address import Proxies
from ui.refusal import refuse
from ui.sessions import Sessions
from warehouse.errors import DeniedError
from warehouse.principal import ROLES, Role
from warehouse.settings import Identity

ALL_VALUES = "*"
_SIGNED = "/tickets/status"  # it says by its signature who sent it
_FREE = ("/healthz", "/readyz", "/metrics", "/static/", "/chat/assets/", "/chat/public/", _SIGNED)


@dataclass(frozen=True)
class Vouched:
    """Who somebody is elsewhere. `subject` never changes there; `name` is what people see."""

    name: str
    subject: str
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


class OutsideAccounts:
    """Admits vouched people by the groups of the settings."""

    def __init__(self, accounts: Accounts, identity: Identity) -> None:
        self._accounts = accounts
        self._identity = identity
        self._roles: Mapping[str, Role] = identity.roles or {role: role for role in ROLES}

    def admit(self, vouched: Vouched) -> Account:
        """The account, made or brought up to date. Raises DeniedError or UsageError, in words for that person."""
        role = next((role for group, role in self._roles.items() if group in vouched.groups), None)
        if role is None:
            raise self._refused(vouched, "no_role", "None of your groups has a role here.")
        account = self._accounts.received(
            vouched.name,
            role,
            vouched.subject,
            is_admin=not set(self._identity.admin_groups).isdisjoint(vouched.groups),
            attributes=self._attributes(vouched),
        )
        if account.locked:
            raise self._refused(vouched, "locked", "This account is locked.")
        return account

    def _attributes(self, vouched: Vouched) -> dict[str, str]:
        """Each one of the settings must be told: who is not narrowed says so."""
        found = {name: vouched.attributes.get(name, "").strip() for name in self._identity.attributes}
        if missing := [name for name, value in found.items() if not value]:
            raise self._refused(vouched, "no_attribute", f"It was not told what you may see of {missing[0]}.")
        return {name: value for name, value in found.items() if value != ALL_VALUES}

    def _refused(self, vouched: Vouched, code: str, what: str) -> DeniedError:
        self._accounts.note("sign_in_refused", vouched.subject, reason=code)
        return DeniedError(what, code=code, where="sign-in", next_step="Ask an administrator.")


class HeaderIdentity:
    """Reads who somebody is from the headers of a trusted proxy. `secret` is what the proxy must send along."""

    def __init__(self, identity: Identity, proxies: Proxies, secret: str = "") -> None:
        self._identity = identity
        self._proxies = proxies
        self._secret = secret

    def vouched(self, connection: HTTPConnection) -> Vouched | None:
        """The person; None when nobody who is trusted says so: header given twice, missing or from elsewhere."""
        headers, identity = connection.headers, self._identity
        sent = _only(headers, identity.secret_header)
        if not self._proxies.vouches(connection):
            return None
        if self._secret and not hmac.compare_digest(sent.encode(), self._secret.encode()):
            return None
        name = _only(headers, identity.user_header).lower()
        if not name:
            return None
        groups = tuple(
            group.strip() for group in _only(headers, identity.groups_header).split(",") if group.strip()
        )
        attributes = {key: _only(headers, header) for key, header in identity.attributes.items()}
        return Vouched(name, f"header|{name}", groups, attributes)


class HeaderBinding:
    """Every request must come vouched for, and a session counts only for the person whom the proxy names now."""

    def __init__(self, app: ASGIApp, *, identity: HeaderIdentity, sessions: Sessions) -> None:
        self._app = app
        self._identity = identity
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        vouched = self._identity.vouched(connection)
        if vouched is None:
            await refuse(scope, receive, send, 403, "Open this through your organisation's sign-in.")
            return
        if self._sessions.claimed(connection.cookies) != vouched.name:
            kept = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
            scope = {**scope, "headers": kept}
        await self._app(scope, receive, send)


def _only(headers: Headers, name: str) -> str:
    """A header that is there exactly once; a second one may be the caller's own."""
    values = headers.getlist(name)
    return values[0].strip() if len(values) == 1 else ""
