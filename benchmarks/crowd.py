"""Fifty people who read the dashboard and ask in the chat while the server is stopped and started again.

`python -m benchmarks.crowd WAREHOUSE [--users 50] [--seconds 120]` serves the warehouse as `command-center up`
does. Everybody has a browser's connections: a session cookie, pages over HTTP, questions over the chat's socket.
Half way through, the server is told to stop, and is started again on its port; nobody signs in a second time.
At the end each one's conversation is opened again: its answers are to be there.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import socketio
from rich.console import Console
from rich.table import Table

from benchmarks.site import make_users, running, signed_in
from warehouse.principal import Role

ROLES: tuple[Role, ...] = ("executive", "product_owner", "analyst", "data_engineer", "ml_engineer")
PAGES = (
    *("/dashboard",) * 4,
    "/dashboard?plan_type=MAPD",
    "/dashboard?period=7d",
    "/dashboard/issue/Billing",
    "/dashboard/issue/Billing/cause",
    "/dashboard/repeat-calls",
    "/dashboard/estimates",
)
QUESTIONS = (
    "Which three journeys are driving the most avoidable call cost right now?",
    "Total calls by plan type",
    "Leakage rate by journey",
    "Repeat call rate by call topic last week",
)
PAUSE_SECONDS = (1.0, 5.0)
ASKS = 0.3  # of what somebody does, the rest is pages
PATIENCE = 60.0
SOCKET = "/chat/ws/socket.io"


@dataclass
class Seen:
    """What one part of the run gave: milliseconds by kind, and what went wrong, by kind."""

    timed: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def note(self, kind: str, started: float, well: bool) -> None:
        """One page or answer: its time when it went well, else one more that failed."""
        if well:
            self.timed[kind].append((time.perf_counter() - started) * 1000)
        else:
            self.failed[kind] += 1


class Person:
    """Somebody with a browser: reads, asks, and comes back."""

    def __init__(self, address: str, cookies: dict[str, str], seed: int) -> None:
        self._address, self._chance = address, random.Random(seed)
        self._headers = {"origin": address, "cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
        self._pages = httpx.AsyncClient(base_url=address, timeout=PATIENCE, headers=self._headers)
        self._sockets = aiohttp.ClientSession()
        self._socket: socketio.AsyncClient | None = None
        self._answers: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._thread = ""
        self.answered = 0

    async def lives(self, until: Callable[[], bool], seen: Callable[[], Seen]) -> None:
        """Read and ask with pauses until told otherwise; what it took goes into what `seen` gives at the time."""
        while not until():
            await asyncio.sleep(self._chance.uniform(*PAUSE_SECONDS))
            started, now = time.perf_counter(), seen()
            if self._chance.random() < ASKS:
                now.note("question in the chat", started, await self._asks())
            else:
                now.note("page of the dashboard", started, await self._reads())

    async def conversation(self) -> int:
        """Open the conversation again; how many of its messages are answers."""
        await self._leaves()
        if not self._thread:
            return 0
        found: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        client = await self._connected(self._thread, lambda thread: found.done() or found.set_result(thread))
        try:
            steps = (await asyncio.wait_for(found, PATIENCE)).get("steps", [])
        finally:
            await client.disconnect()
        return sum(step.get("type") == "assistant_message" for step in steps)

    async def leaves(self) -> None:
        """Close everything."""
        await self._leaves()
        await self._pages.aclose()
        await self._sockets.close()

    async def _reads(self) -> bool:
        try:
            answer = await self._pages.get(self._chance.choice(PAGES), headers={"accept": "text/html"})
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    async def _asks(self) -> bool:
        try:
            if self._socket is None or not self._socket.connected:
                await self._leaves()
                self._socket = await self._connected(self._thread)
            said = {"id": str(uuid.uuid4()), "name": "user", "type": "user_message", "threadId": self._thread,
                    "output": self._chance.choice(QUESTIONS), "createdAt": ""}  # fmt: skip
            await self._socket.emit("client_message", {"message": said, "fileReferences": []})
            answer = await asyncio.wait_for(self._answers.get(), PATIENCE)
        except (socketio.exceptions.SocketIOError, TimeoutError, OSError):
            await self._leaves()
            return False
        well = (answer.get("metadata") or {}).get("status") == "answered"
        self.answered += well
        return well

    async def _connected(self, thread: str, resumed: Callable[[dict[str, Any]], object] = id) -> Any:
        client = socketio.AsyncClient(reconnection=False, http_session=self._sockets)
        client.on("new_message", self._hears)
        client.on("first_interaction", self._begins)
        client.on("resume_thread", lambda found: resumed(found) and None)
        given = {"sessionId": str(uuid.uuid4()), "clientType": "webapp", "threadId": thread, "userEnv": "{}"}
        await client.connect(self._address, headers=self._headers, auth=given, socketio_path=SOCKET,
                             transports=["websocket"], wait_timeout=PATIENCE)  # fmt: skip
        await client.emit("connection_successful")
        return client

    def _hears(self, step: dict[str, Any]) -> None:
        if step.get("type") == "assistant_message":
            self._answers.put_nowait(step)

    def _begins(self, told: dict[str, Any]) -> None:
        self._thread = str(told.get("thread_id") or self._thread)

    async def _leaves(self) -> None:
        if self._socket is not None:
            with suppress(socketio.exceptions.SocketIOError, OSError):
                await self._socket.disconnect()
        self._socket, self._answers = None, asyncio.Queue()


async def crowd(
    people: list[Person], seconds: float, restart: Callable[[], None]
) -> tuple[list[Seen], float, int]:
    """What the time before, during and after the restart gave; its seconds; how many conversations are whole."""
    parts, over = [Seen()], asyncio.Event()
    work = [asyncio.create_task(person.lives(over.is_set, lambda: parts[-1])) for person in people]
    await asyncio.sleep(seconds / 2)
    parts.append(Seen())
    started = time.perf_counter()
    await asyncio.to_thread(restart)
    down = time.perf_counter() - started
    parts.append(Seen())
    await asyncio.sleep(seconds / 2)
    over.set()
    await asyncio.gather(*work)
    whole = 0
    for person in people:
        with suppress(socketio.exceptions.SocketIOError, TimeoutError, OSError):
            whole += await person.conversation() >= person.answered
        await person.leaves()
    return parts, down, whole


def measure(warehouse: Path, users: int, seconds: float) -> Table:
    """The table of one run."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as server:
        var = Path(folder)
        passwords = make_users(var, {f"person{n}": ROLES[n % len(ROLES)] for n in range(users)})
        address = server.enter_context(running(warehouse, var))
        port = int(address.rpartition(":")[2])
        cookies = [signed_in(address, name, password) for name, password in passwords.items()]

        def restart() -> None:
            server.close()
            server.enter_context(running(warehouse, var, port))

        async def run() -> tuple[list[Seen], float, int]:
            people = [Person(address, one, number) for number, one in enumerate(cookies)]
            return await crowd(people, seconds, restart)

        parts, down, whole = asyncio.run(run())
    return _table(parts, f"{users} users, {seconds:g} s, restart took {down:.1f} s, "
                  f"{whole} of {users} conversations whole afterwards, load {os.getloadavg()[0]:.1f}")  # fmt: skip


def _table(parts: list[Seen], title: str) -> Table:
    table = Table("when", "what", "went well", "failed", "p50 ms", "p95 ms", title=title)
    for when, part in zip(("before", "during the restart", "after"), parts, strict=True):
        for kind in sorted({*part.timed, *part.failed}):
            every = sorted(part.timed[kind])
            mid = f"{statistics.median(every):.0f}" if every else ""
            high = f"{every[min(int(len(every) * 0.95), len(every) - 1)]:.0f}" if every else ""
            table.add_row(when, kind, str(len(every)), str(part.failed[kind]), mid, high)
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("warehouse", type=Path)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    arguments = parser.parse_args()
    Console(width=130).print(measure(arguments.warehouse, arguments.users, arguments.seconds))


if __name__ == "__main__":
    main()
