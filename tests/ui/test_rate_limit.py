"""Rate limits: a bucket for each person, bounded in number; and a server behind TLS with narrow ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ui.rate_limit import Buckets

TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')
PUBLIC = "https://insights.example"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@settings(deadline=None)
@given(
    per_minute=st.integers(1, 600),
    steps=st.lists(st.tuples(st.floats(0, 30), st.sampled_from([1.0, 10.0])), max_size=60),
)
def test_a_bucket_never_gives_more_than_its_rate_and_waits_are_true(
    per_minute: int, steps: list[tuple[float, float]]
) -> None:
    clock = Clock()
    buckets = Buckets(per_minute, clock=clock)
    taken = 0.0
    for pause, cost in steps:
        clock.now += pause
        cost = min(cost, per_minute)
        wait = buckets.take("anna", cost)
        if wait:
            clock.now += wait + 1e-6
            assert buckets.take("anna", cost) == 0, "after the wait it goes"
        taken += cost
        assert taken <= per_minute + clock.now * per_minute / 60 + 1e-3


def test_people_are_counted_apart_and_the_quiet_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.rate_limit.MOST_BUCKETS", 100)
    buckets = Buckets(2, clock=Clock())
    assert [buckets.take("anna") for _ in range(3)][:2] == [0, 0]
    assert buckets.take("anna") == pytest.approx(30)
    assert buckets.take("ben") == 0
    for number in range(1000):
        buckets.take(f"name{number}")
        buckets.take("anna")
    assert len(buckets) == 100
    assert buckets.take("anna") > 0, "whoever goes on asking is not forgotten"


@pytest.fixture(scope="module")
def narrow(start_site: Callable[..., Any]) -> Iterator[Any]:
    with start_site(SERVER__REQUESTS_PER_MINUTE="5", SERVER__PUBLIC_URL=PUBLIC) as site:
        yield site


def sign_in(site: Any, client: httpx.Client, name: str) -> httpx.Response:
    """As a browser behind the proxy: its cookies are kept to TLS, so they are carried by hand."""
    page = client.get(f"{site.address}/login")
    found = TOKEN.search(page.text)
    assert found is not None
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in page.cookies.jar)
    form = {"name": name, "password": site.passwords[name], "token": found[1]}
    return client.post(f"{site.address}/login", data=form, headers={"cookie": cookies, "origin": PUBLIC})


def test_who_asks_too_much_waits_and_others_do_not(narrow: Any) -> None:
    with httpx.Client(timeout=90) as client:
        response = sign_in(narrow, client, "analyst")
        assert response.status_code == 303
        cookies = {c.name: c.value or "" for c in response.cookies.jar}
        assert all(name.startswith("__Host-") for name in cookies)
        for line in response.headers.get_list("set-cookie"):
            assert {"secure", "httponly", "path=/"} <= {part.strip().lower() for part in line.split(";")}
            assert "domain" not in line.lower()
        header = {"cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        replies = [client.get(f"{narrow.address}/session", headers=header) for _ in range(4)]
        assert [reply.status_code for reply in replies] == [200] * 4
        while True:  # until the bucket is empty and stays so for a while, however slow this machine is
            replies.append(client.get(f"{narrow.address}/session", headers=header))
            if int(replies[-1].headers.get("retry-after", 0)) > 6:
                break
        assert replies[-1].status_code == 429
        assert "Try again in" in replies[-1].json()["detail"]
        assert replies[-1].headers["strict-transport-security"]
        socket = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-version": "13",
                  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "origin": PUBLIC, **header}  # fmt: skip
        refused = client.get(f"{narrow.address}/chat/ws/socket.io/?EIO=4&transport=websocket", headers=socket)
        assert refused.status_code == 429
        assert client.get(f"{narrow.address}/healthz").status_code == 200
        other = client.get(f"{narrow.address}/session", headers={"cookie": "__Host-session=forged"})
        assert other.status_code in (401, 429), "no token of somebody's counts for them unless it is signed"


def test_sign_ins_count_ten_times(narrow: Any) -> None:
    with httpx.Client(timeout=90) as client:
        codes = [client.post(f"{narrow.address}/login", data={"name": "x"}).status_code for _ in range(4)]
    assert codes[0] in (403, 429)
    assert codes[-1] == 429


def test_the_chat_says_when_to_ask_again(chainlit_folder: Path) -> None:
    from ui.accounts import Account
    from ui.chat import Chat
    from ui.operations.running import Running

    history: Any = SimpleNamespace(is_open_to=lambda *_: True)
    nobody: Any = None
    clock = Clock()
    chat = Chat(nobody, nobody, nobody, history, Buckets(2, clock=clock), Running(), nobody)
    anna, ben = Account("anna", "analyst", 0), Account("ben", "analyst", 0)
    assert [chat._refusal(anna, "t") for _ in range(2)] == ["", ""]
    assert "Try again in 30 seconds" in chat._refusal(anna, "t")
    assert chat._refusal(ben, "t") == ""
    clock.now += 30
    assert chat._refusal(anna, "t") == ""
