"""What lives beside the pages: how fresh the data is, and a stream that says when a new snapshot is served.

However many readers listen, one task looks at the pointer. A stream tells the served snapshot when it begins
(unless the reader has seen it) and every later one; it ends with its reader's session and with the server.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from ui.accounts import Account
from ui.security import from_this_site
from ui.sessions import Sessions
from warehouse.errors import MissingDataError
from warehouse.freshness import freshness, served_facts
from warehouse.snapshots import CURRENT, current

MOST_STREAMS = 12
"""Streams of one user at a time: as many tabs as somebody has in view."""
_LOOK_SECONDS = 0.5
_HEARTBEAT_SECONDS = 15.0
_RECONNECT_MS = 2000
_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


class PointerWatch:
    """Follows the pointer of a warehouse for all who listen, and only while somebody does.

    `facts` are those of the served snapshot (None: there is none yet), `over` is set when the server stops.
    """

    def __init__(self, warehouse: Path, every: float = _LOOK_SECONDS) -> None:
        self.facts: dict[str, Any] | None = None
        self.over = False
        self.stopping: Callable[[], bool] = lambda: False
        self._warehouse = warehouse
        self._every = every
        self._news = asyncio.Event()
        self._listeners = 0
        self._task: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Within this the pointer is watched; the first listener starts that, the last one ends it."""
        self._listeners += 1
        if self._task is None or self._task.done():
            self.over, self.facts = False, None
            self._task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            self._listeners -= 1
            if not self._listeners and self._task:
                self._task.cancel()
                self._task = None

    async def news(self, seconds: float) -> bool:
        """Wait for a change, or the end, but no longer than that; whether there was one."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _run(self) -> None:
        try:
            while not self.stopping():
                await self._look()
                await asyncio.sleep(self._every)
        finally:
            if self._task is asyncio.current_task():  # not one that the last listener has sent away
                self.over = True
                self._tell()

    async def _look(self) -> None:
        found = await asyncio.to_thread(self._read)
        if found is not None and found != self.facts:
            self.facts = found
            self._tell()

    def _read(self) -> dict[str, Any] | None:
        """The served snapshot's facts; None when nothing has changed or nothing readable is served."""
        try:
            pointer = (self._warehouse / CURRENT).read_text(encoding="utf-8").strip()
            if self.facts and pointer == self.facts["snapshot"]:
                return None
            return served_facts(current(self._warehouse))
        except (OSError, UnicodeDecodeError, MissingDataError):
            return None

    def _tell(self) -> None:
        waiting, self._news = self._news, asyncio.Event()
        waiting.set()


class LiveRoutes:
    """The addresses `/freshness` and `/events` of one warehouse, for whoever is signed in."""

    def __init__(
        self,
        warehouse: Path,
        sessions: Sessions,
        *,
        stale_after_minutes: float,
        heartbeat_seconds: float = _HEARTBEAT_SECONDS,
    ) -> None:
        self.watch = PointerWatch(warehouse)
        self._warehouse = warehouse
        self._sessions = sessions
        self._stale_after = stale_after_minutes
        self._heartbeat = heartbeat_seconds
        self._streams: Counter[str] = Counter()
        self.router = APIRouter()
        self.router.add_api_route("/freshness", self.fresh, methods=["GET"])
        self.router.add_api_route("/events", self.events, methods=["GET"])

    def fresh(self, request: Request) -> Response:
        """How old the served snapshot is, and whether a newer one is being built."""
        if self._sessions.reader(request.cookies, active=False) is None:
            return _signed_out()
        try:
            found = freshness(self._warehouse, now=datetime.now(UTC), stale_after_minutes=self._stale_after)
        except MissingDataError as error:
            return JSONResponse({"detail": error.what}, 503, headers=_HEADERS)
        return JSONResponse(asdict(found), headers=_HEADERS)

    async def events(self, request: Request) -> Response:
        """Server-sent events: `snapshot` with the facts of each newly served one; its id is the snapshot's."""
        account = await self._reader(request)
        if account is None:
            return _signed_out()
        if from_this_site(request.headers) is False:
            return JSONResponse({"detail": "Requests come from this site only."}, 403)
        if self._streams[account.name] >= MOST_STREAMS:
            return JSONResponse({"detail": "Too many streams of this user."}, 429, headers={"retry-after": "30"})
        return StreamingResponse(
            self._stream(request, account.name), media_type="text/event-stream", headers=_HEADERS
        )

    async def _stream(self, request: Request, user: str) -> AsyncIterator[str]:
        self._streams[user] += 1
        seen = request.headers.get("last-event-id")
        try:
            async with self.watch.listening():
                yield f"retry: {_RECONNECT_MS}\n\n"
                while not self.watch.over:
                    facts = self.watch.facts
                    if facts and facts["snapshot"] != seen:
                        if await self._reader(request) is None:
                            return
                        seen = facts["snapshot"]
                        yield f"event: snapshot\nid: {seen}\ndata: {json.dumps(facts)}\n\n"
                    elif not await self.watch.news(self._heartbeat):
                        if await self._reader(request) is None:
                            return
                        yield ": still here\n\n"
        finally:
            self._streams[user] -= 1

    async def _reader(self, request: Request) -> Account | None:
        return await asyncio.to_thread(self._sessions.reader, request.cookies, active=False)


def _signed_out() -> Response:
    return JSONResponse({"detail": "Sign in first"}, 401)
