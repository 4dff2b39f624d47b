"""The one session cookie that chat and dashboard share: Chainlit's own token, checked against our accounts."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import cast

from chainlit.auth import create_jwt, get_token_from_cookies
from chainlit.auth.jwt import decode_jwt
from chainlit.config import config
from chainlit.user import User
from jwt import InvalidTokenError
from starlette.responses import Response

from ui.accounts import Account, Accounts

COOKIE = "access_token"


class Sessions:
    """Opens, reads and ends sessions. `hours` is how long one lasts; `secure` keeps the cookie on https."""

    def __init__(self, accounts: Accounts, *, hours: float, secure: bool) -> None:
        self._accounts = accounts
        self._seconds = int(hours * 3600)
        self._secure = secure
        config.project.user_session_timeout = self._seconds

    def open(self, account: Account, response: Response) -> None:
        """Put a new session's cookie on the response."""
        user = User(identifier=account.name, display_name=account.name, metadata={"began": time.time()})
        response.set_cookie(
            COOKIE,
            create_jwt(user),
            max_age=self._seconds,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def reader(self, cookies: Mapping[str, str]) -> Account | None:
        """Who the cookies say it is, with the role our database has now; None without a valid session."""
        return self.holder(get_token_from_cookies(dict(cookies)))

    def holder(self, token: str | None) -> Account | None:
        """Whose token it is; None when it is forged, too old, signed out, or its user is gone."""
        if not token:
            return None
        try:
            user = decode_jwt(token)
        except InvalidTokenError:
            return None
        began = cast(float, user.metadata.get("began", 0.0))
        return self._accounts.session_stands(_fingerprint(token), user.identifier, began)

    def end(self, cookies: Mapping[str, str], response: Response) -> None:
        """Sign out: the token no longer counts anywhere, and the cookie goes."""
        token = get_token_from_cookies(dict(cookies))
        if token:
            self._accounts.end_session(_fingerprint(token), time.time() + self._seconds)
        response.delete_cookie(COOKIE, path="/", secure=self._secure, httponly=True, samesite="lax")


def _fingerprint(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
