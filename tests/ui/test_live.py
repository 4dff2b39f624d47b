"""Freshness and the stream of new snapshots, over a real server: who hears what, how soon, and until when."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.middleware.gzip import GZipMiddleware

from ui.accounts import Accounts
from warehouse.freshness import freshness, is_building
from warehouse.snapshots import CURRENT, build_lock

Publish = Callable[..., None]
BEGAN = datetime(2026, 10, 30, 6, 0, tzinfo=UTC)


class Live:
    """A server with nothing but the live addresses and a sign-in for the tests."""

    def __init__(self, folder: Path) -> None:
        from ui.live import LiveRoutes
        from ui.sessions import Sessions

        self.warehouse = folder / "warehouse"
        self.warehouse.mkdir()
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.accounts = Accounts(folder / "users.db", hasher=cheap)
        self.accounts.create_first(one_each=True)
        sessions = Sessions(self.accounts, hours=1, secure=False)
        self.routes = LiveRoutes(self.warehouse, sessions, stale_after_minutes=1500, heartbeat_seconds=0.4)
        app = FastAPI()
        app.include_router(self.routes.router)
        app.add_middleware(GZipMiddleware, minimum_size=1)
        self._add_sign_in(app, sessions)
        self.server = uvicorn.Server(
            uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=120)
        )
        self.routes.watch.stopping = lambda: self.server.should_exit
        self._thread = threading.Thread(target=self.server.run)

    def _add_sign_in(self, app: FastAPI, sessions: Any) -> None:
        from fastapi.responses import JSONResponse

        @app.get("/enter/{name}")
        def enter(name: str) -> JSONResponse:
            account, response = self.accounts.find(name), JSONResponse({})
            assert account is not None
            sessions.open(account, response)
            return response

    def start(self) -> str:
        self._thread.start()
        while not self.server.started:
            time.sleep(0.01)
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def stop(self) -> bool:
        """Stop as Ctrl+C does; whether everything has ended long before the server would cut its streams."""
        self.server.should_exit = True
        self._thread.join(60)
        return not self._thread.is_alive()


class Listener:
    """One open stream; `next()` gives the next event as its fields."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.iter_lines()

    def next(self) -> dict[str, str]:
        """The next block; a comment is the field ''. Raises StopIteration when the stream has ended."""
        fields: dict[str, str] = {}
        while line := next(self._lines):
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        return fields

    def event(self, kind: str) -> dict[str, str]:
        """The next block of that kind."""
        while True:
            fields = self.next()
            if fields.get("event", "heartbeat" if "" in fields else "") == kind:
                return fields


@pytest.fixture
def live(tmp_path: Path, chainlit_folder: Path) -> Iterator[Live]:
    made = Live(tmp_path)
    yield made
    if made._thread.is_alive():
        made.stop()


@pytest.fixture
def client(live: Live) -> Iterator[httpx.Client]:
    """Signed in as the analyst."""
    with httpx.Client(base_url=live.start(), timeout=90, limits=httpx.Limits(max_connections=50)) as made:
        made.get("/enter/analyst")
        yield made


@contextmanager
def listening(client: httpx.Client, **headers: str) -> Iterator[Listener]:
    with client.stream("GET", "/events", headers=headers) as response:
        yield Listener(response)


def test_a_publish_is_heard_soon(live: Live, client: httpx.Client, publish: Publish) -> None:
    assert live.routes.watch._every <= 1, "seconds between two looks at the pointer"
    publish(live.warehouse, "20261029-aaaaaaaa", latest_event="2026-10-29T23:59:01")
    with listening(client) as stream:
        first = stream.event("snapshot")
        assert first["id"] == "20261029-aaaaaaaa"
        assert json.loads(first["data"]) == {
            "snapshot": "20261029-aaaaaaaa",
            "as_of": "2026-10-29",
            "created_at": BEGAN.isoformat(),
            "latest_event": "2026-10-29T23:59:01",
        }
        publish(live.warehouse, "20261030-bbbbbbbb", as_of="2026-10-30")
        second = stream.event("snapshot")
        assert json.loads(second["data"])["as_of"] == "2026-10-30"


def test_the_stream_is_not_held_back_by_compression(live: Live, client: httpx.Client, publish: Publish) -> None:
    publish(live.warehouse, "20261029-aaaaaaaa")
    with listening(client, **{"accept-encoding": "gzip"}) as stream:
        assert stream.response.headers["content-type"].startswith("text/event-stream")
        assert "content-encoding" not in stream.response.headers
        assert stream.response.headers["cache-control"] == "no-store"
        assert stream.event("snapshot")["id"] == "20261029-aaaaaaaa"


def test_the_heart_beats_while_nothing_happens(live: Live, client: httpx.Client) -> None:
    with listening(client) as stream:
        assert stream.next() == {"retry": "2000"}
        assert [stream.next() for _ in range(2)] == [{"": "still here"}] * 2


def test_who_comes_back_hears_only_what_is_new(live: Live, client: httpx.Client, publish: Publish) -> None:
    publish(live.warehouse, "20261029-aaaaaaaa")
    with listening(client, **{"last-event-id": "20261029-aaaaaaaa"}) as stream:
        stream.next()
        assert stream.next() == {"": "still here"}
    with listening(client, **{"last-event-id": "20261020-00000000"}) as stream:
        assert stream.event("snapshot")["id"] == "20261029-aaaaaaaa"


def test_a_damaged_pointer_ends_no_stream(live: Live, client: httpx.Client, publish: Publish) -> None:
    publish(live.warehouse, "20261029-aaaaaaaa")
    with listening(client) as stream:
        stream.event("snapshot")
        (live.warehouse / CURRENT).write_text("nowhere")
        stream.event("heartbeat")
        stream.event("heartbeat")
        publish(live.warehouse, "20261030-bbbbbbbb")
        assert stream.event("snapshot")["id"] == "20261030-bbbbbbbb"


@pytest.mark.parametrize("path", ["/events", "/freshness"])
def test_nobody_hears_without_a_session(live: Live, client: httpx.Client, path: str) -> None:
    assert httpx.get(f"{client.base_url}{path}").status_code == 401


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}])
def test_another_sites_page_hears_nothing(live: Live, client: httpx.Client, headers: dict[str, str]) -> None:
    assert client.get("/events", headers=headers).status_code == 403


def test_the_stream_ends_with_the_session(live: Live, client: httpx.Client, publish: Publish) -> None:
    publish(live.warehouse, "20261029-aaaaaaaa")
    with listening(client) as stream:
        stream.event("snapshot")
        live.accounts.set_password("analyst", "a sentence only I know")
        publish(live.warehouse, "20261030-bbbbbbbb")
        with pytest.raises(StopIteration):
            stream.event("snapshot")


def test_a_silent_stream_ends_with_the_session_too(live: Live, client: httpx.Client) -> None:
    with listening(client) as stream:
        stream.event("heartbeat")
        live.accounts.set_password("analyst", "a sentence only I know")
        with pytest.raises(StopIteration):
            stream.event("snapshot")


def test_streams_of_one_user_are_counted_and_freed(live: Live, client: httpx.Client) -> None:
    from ui.live import MOST_STREAMS

    opened: list[Listener] = []  # one that is thrown away closes its stream
    with ExitStack() as streams:
        for _ in range(MOST_STREAMS):
            stream = streams.enter_context(listening(client))
            assert stream.next() == {"retry": "2000"}
            opened.append(stream)
        assert client.get("/events").status_code == 429
        with httpx.Client(base_url=client.base_url) as other:
            other.get("/enter/executive")
            with listening(other) as theirs:
                assert theirs.next() == {"retry": "2000"}
    wait_until(lambda: not live.routes._streams["analyst"])
    wait_until(lambda: live.routes.watch._task is None)
    with listening(client) as stream:
        assert stream.next() == {"retry": "2000"}


def wait_until(true: Callable[[], bool], seconds: float = 90) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_stopping_the_server_ends_the_streams_at_once(live: Live, client: httpx.Client) -> None:
    threads = threading.active_count()
    with listening(client) as stream:
        stream.next()
        assert live.stop()
        with pytest.raises(StopIteration):
            stream.event("snapshot")
    assert threading.active_count() <= threads


def test_freshness_tells_age_and_state(live: Live, client: httpx.Client, publish: Publish) -> None:
    assert client.get("/freshness").status_code == 503
    created = datetime.now(UTC) - timedelta(minutes=10)
    publish(
        live.warehouse, "20261029-aaaaaaaa", created_at=created.isoformat(), latest_event="2026-10-29T23:59:01"
    )
    found = client.get("/freshness").json()
    assert found.pop("age_seconds") == pytest.approx(600, abs=20)
    assert found == {
        "snapshot": "20261029-aaaaaaaa",
        "as_of": "2026-10-29",
        "created_at": created.isoformat(),
        "latest_event": "2026-10-29T23:59:01",
        "state": "fresh",
        "building": False,
    }


def test_a_snapshot_gets_stale_by_the_setting(tmp_path: Path, publish: Publish) -> None:
    publish(tmp_path, "20261029-aaaaaaaa")
    for minutes, state in ((1499, "fresh"), (1501, "stale")):
        found = freshness(tmp_path, now=BEGAN + timedelta(minutes=minutes), stale_after_minutes=1500)
        assert (found.state, found.age_seconds) == (state, minutes * 60)


@pytest.mark.parametrize("kernel_list", ["/proc/locks", "/nowhere"])
def test_a_running_build_is_seen_without_being_disturbed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kernel_list: str
) -> None:
    monkeypatch.setattr("warehouse.freshness._KERNEL_LOCKS", Path(kernel_list))
    assert not is_building(tmp_path / "nowhere")
    assert not is_building(tmp_path)
    with build_lock(tmp_path):
        assert is_building(tmp_path)
    assert not is_building(tmp_path)
    with build_lock(tmp_path):
        pass
