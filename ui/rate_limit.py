"""How much one person may ask: token buckets in memory, a bounded number of them."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ui.client_address import Proxies
from ui.refusal import refuse

if TYPE_CHECKING:
    from ui.sessions import Sessions

MOST_BUCKETS = 10_000
"""People and addresses that are remembered; whoever was quiet longest starts afresh."""
SIGN_IN_COST = 10
_FREE = ("/static/", "/chat/assets/", "/chat/public/", "/healthz")


class Buckets:
    """One bucket a key: it holds a minute's worth and fills up steadily. Used by several threads."""

    def __init__(self, per_minute: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._full = max(per_minute, 1.0)
        self._per_second = per_minute / 60
        self._clock = clock
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, cost: float = 1.0) -> float:
        """Take from the bucket; 0 when that went, else the seconds until it will, and nothing is taken."""
        now, cost = self._clock(), min(cost, self._full)
        with self._lock:
            held, last = self._held.pop(key, (self._full, now))
            held = min(self._full, held + (now - last) * self._per_second)
            wait = max(0.0, (cost - held) / self._per_second)
            self._held[key] = (held if wait else held - cost, now)
            while len(self._held) > MOST_BUCKETS:
                self._held.popitem(last=False)
        return wait

    def wait(self, key: str) -> float:
        """The seconds until one could be taken; nothing is."""
        now = self._clock()
        with self._lock:
            held, last = self._held.get(key, (self._full, now))
            held = min(self._full, held + (now - last) * self._per_second)
        return max(0.0, (1.0 - held) / self._per_second)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._held)


class RateLimit:
    """Counts requests by the person whose token they carry, else by the address; files of the pages are free."""

    def __init__(self, app: ASGIApp, *, buckets: Buckets, sessions: Sessions, proxies: Proxies) -> None:
        self._app = app
        self._buckets = buckets
        self._sessions = sessions
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        address = self._proxies.client(connection)
        name = self._sessions.claimed(connection.cookies)
        wait = self._buckets.take(f"user {name}" if name else f"address {address}")
        if not wait and scope["path"] == "/login" and scope.get("method") == "POST":
            wait = self._buckets.take(f"sign-in {address}", SIGN_IN_COST)
        if wait:
            await refuse(scope, receive, send, 429, too_many(wait), {"retry-after": str(math.ceil(wait))})
            return
        await self._app(scope, receive, send)


def too_many(wait: float) -> str:
    """What somebody is told who asks too much; `wait` in seconds."""
    seconds = math.ceil(wait)
    return (
        f"That is more than the command center takes at once. Try again in {seconds} second{'s' * (seconds > 1)}."
    )
