"""Who sends a request: the token in its Authorization header, and how much its sender has asked already."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ui.client_address import Proxies
from ui.programs.tokens import Caller, Tokens
from ui.rate_limit import Buckets, too_many
from warehouse.errors import CommandCenterError, DeniedError

REFUSED_COST = 20
"""A bad token costs its address as much as so many requests: nobody fills the audit trail with them."""
_SCHEME = "bearer "
_LONGEST = 200
_AWAY_SECONDS = 30


@dataclass(frozen=True)
class Refused:
    """Why a request is not let in: an HTTP status, the error, and the seconds to wait, if waiting helps."""

    status: int
    why: CommandCenterError
    wait: float = 0.0

    @property
    def headers(self) -> dict[str, str]:
        """What the reply tells beside its status: how long to wait, or how to come with a token."""
        headers = {"retry-after": str(math.ceil(self.wait))} if self.wait else {}
        return {**headers, "www-authenticate": 'Bearer realm="command-center"'} if self.status == 401 else headers


class Bearer:
    """Lets requests in by their token. `per_minute` bounds each address and each token."""

    def __init__(self, tokens: Tokens, proxies: Proxies, per_minute: float) -> None:
        self._tokens = tokens
        self._proxies = proxies
        self._buckets = Buckets(per_minute)
        self._bad = Buckets(per_minute / REFUSED_COST)

    async def admitted(self, request: Request) -> Caller | Refused:
        """The caller, or why there is none."""
        address = f"address {self._proxies.client(request)}"
        if wait := self._bad.wait(address) or self._buckets.take(address):
            return _too_many(wait)
        found = await run_in_threadpool(self._caller, request.headers.getlist("authorization"))
        if isinstance(found, Refused):
            if found.status == 401:  # what is not the caller's fault costs nothing
                self._bad.take(address)
        elif wait := self._buckets.take(f"token {found.token.id}"):
            return _too_many(wait)
        return found

    def _caller(self, headers: list[str]) -> Caller | Refused:
        if len(headers) != 1 or len(headers[0]) > _LONGEST or not headers[0].lower().startswith(_SCHEME):
            missing = DeniedError(
                "The request carries no token.",
                code="token_missing",
                where="Authorization",
                next_step="Send `Authorization: Bearer TOKEN`; `command-center tokens issue NAME` makes one.",
            )
            return Refused(401, missing)
        try:
            return self._tokens.caller(headers[0][len(_SCHEME) :])
        except DeniedError as error:
            return Refused(401 if error.code.startswith("token_") else 503, error)
        except sqlite3.Error:
            away = DeniedError(
                "The accounts cannot be read now, so no token can be looked up.",
                code="state_unavailable",
                where="state",
                next_step="Try again in a minute; `command-center doctor` says what is wrong.",
            )
            return Refused(503, away, _AWAY_SECONDS)


def _too_many(wait: float) -> Refused:
    return Refused(429, DeniedError(too_many(wait), code="rate", where="server.requests_per_minute"), wait)
