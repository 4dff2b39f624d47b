"""The one session cookie that chat and pages share: Chainlit's own token, while our file lists it.

A session ends after `hours`, after `idle_minutes` without its reader doing anything, when it is signed out, and
when the account's password, role, row filters or lock change. What a page asks by itself (its clock, its stream of
events) keeps no session alive.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping

from chainlit.auth import create_jwt, get_token_from_cookies
from chainlit.auth.jwt import decode_jwt
from chainlit.config import config
from chainlit.user import User
from jwt import InvalidTokenError
from starlette.responses import Response

from ui.accounts import Account, Accounts
from ui.chat_root import session_cookie

MOST_SESSIONS = 20
"""Sessions of one user at a time; the oldest end first."""


class Sessions:
    """Opens, reads and ends sessions. `secure` keeps the cookie on https."""

    def __init__(self, accounts: Accounts, *, hours: float, secure: bool, idle_minutes: float = 30) -> None:
        self._accounts = accounts
        self._seconds = int(hours * 3600)
        self._idle = idle_minutes * 60
        self._secure = secure
        self._cookie = session_cookie(secure=secure)
        config.project.user_session_timeout = self._seconds

    def open(self, account: Account, response: Response) -> None:
        """Put a new session's cookie on the response. Raises DeniedError when it cannot be audited."""
        self._accounts.note("signed_in", account.name, role=account.role)
        user = User(account.name, display_name=account.name, metadata={"session": secrets.token_urlsafe(16)})
        token = create_jwt(user)
        self._list(_fingerprint(token), account.name)
        response.set_cookie(
            self._cookie,
            token,
            max_age=self._seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def reader(self, cookies: Mapping[str, str], *, active: bool = True) -> Account | None:
        """Who the cookies say it is, with the rights our file has now; None without a valid session.

        `active` is False for what a page asks by itself.
        """
        return self.holder(get_token_from_cookies(dict(cookies)), active=active)

    def holder(self, token: str | None, *, active: bool = True) -> Account | None:
        """Whose token it is; None when it is forged, too old, idle, signed out, or its user is gone or locked."""
        name = self._claimed(token)
        if token is None or name is None:
            return None
        now, session = self._accounts.clock(), _fingerprint(token)
        with self._accounts.file.transaction() as connection:
            row = connection.execute("SELECT name, began, seen, until FROM sessions WHERE session = ?", (session,))
            found = row.fetchone()
            if found is None or found[0] != name or now >= found[3] or now - found[2] >= self._idle:
                return None
            # A write for every click would be many; a few seconds less than the idle time is all it costs.
            if active and now - found[2] > min(self._idle / 20, 30):
                connection.execute("UPDATE sessions SET seen = ? WHERE session = ?", (now, session))
        account = self._accounts.find(name)
        return account if account and not account.locked and found[1] >= account.sessions_from else None

    def claimed(self, cookies: Mapping[str, str]) -> str | None:
        """The name in a token of ours, whether or not its session still stands: for counting, not for rights."""
        return self._claimed(get_token_from_cookies(dict(cookies)))

    def end(self, cookies: Mapping[str, str], response: Response) -> None:
        """Sign out: the token no longer counts anywhere, and the cookie goes."""
        token = get_token_from_cookies(dict(cookies))
        name = self._claimed(token)
        if token and name:
            with self._accounts.file.transaction() as connection:
                session = (_fingerprint(token),)
                gone = connection.execute("DELETE FROM sessions WHERE session = ?", session).rowcount
                left = connection.execute("SELECT count(*) FROM sessions WHERE name = ?", (name,)).fetchone()[0]
            if gone:
                self._accounts.note("signed_out", name)
            if not left:
                self._end_stated(name)
        response.delete_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="lax")

    def _end_stated(self, name: str) -> None:
        """Nobody is there to read member rows any more."""
        stated = self._accounts.statements.end(name)
        if stated:
            self._accounts.note(f"{stated.kind}_ended", name)

    def _list(self, session: str, name: str) -> None:
        now = self._accounts.clock()
        with self._accounts.file.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE until <= ? OR seen <= ?", (now, now - self._idle))
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", (session, name, now, now, now + self._seconds)
            )
            connection.execute(
                "DELETE FROM sessions WHERE name = ? AND session NOT IN "
                "(SELECT session FROM sessions WHERE name = ? ORDER BY began DESC LIMIT ?)",
                (name, name, MOST_SESSIONS),
            )
            connection.execute("UPDATE users SET signed_in = ? WHERE name = ?", (now, name))

    def _claimed(self, token: str | None) -> str | None:
        if not token:
            return None
        try:
            return decode_jwt(token).identifier
        except (InvalidTokenError, KeyError, TypeError, ValueError):
            return None


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
