"""The web process from outside, without a browser: who gets in, what is closed, what every response carries."""

from __future__ import annotations

import re
import sqlite3
import stat
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from ui.web import serve
from warehouse.errors import UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings

RIGHTS = Principal("executive", "executive").rights
PASSWORD_FIELD = re.compile(r'name="token" value="([0-9a-f]+)"')


@pytest.fixture
def client(site: Any) -> httpx.Client:
    """A client that says where its requests come from, as browsers do."""
    return httpx.Client(base_url=site.address, timeout=90, headers={"origin": site.address})


def sign_in(client: httpx.Client, name: str, password: str, **fields: str) -> httpx.Response:
    found = PASSWORD_FIELD.search(client.get("/login").text)
    assert found is not None
    return client.post("/login", data={"name": name, "password": password, "token": found[1], **fields})


def test_a_stranger_is_sent_to_sign_in(client: httpx.Client) -> None:
    assert client.get("/").headers["location"] == "/login"
    assert client.get("/chat").headers["location"] == "/login?next=/chat"
    assert client.get("/chat/thread/abc").headers["location"] == "/login?next=/chat/thread/abc"
    assert client.get("/chat/login").headers["location"] == "/login"
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/session", "/chat/user", "/chat/project/settings", "/chat/project/thread/x"])
def test_nothing_about_people_or_data_without_a_session(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 401


def test_signing_in_opens_chat_and_session_with_one_cookie(client: httpx.Client, site: Any) -> None:
    response = sign_in(client, "analyst", site.passwords["analyst"])
    assert response.status_code == 303
    assert response.headers["location"] == "/dashboard"
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/session").json()["role"] == "analyst"
    assert client.get("/session").json()["asOf"] == "2026-10-29"
    assert client.get("/chat/user").json()["identifier"] == "analyst"
    assert client.get("/chat").status_code == 200


def test_a_copied_cookie_is_worthless_after_signing_out(client: httpx.Client, site: Any) -> None:
    sign_in(client, "analyst", site.passwords["analyst"])
    stolen = dict(client.cookies)
    client.post("/chat/logout")
    assert client.get("/session").status_code == 401
    assert httpx.get(f"{site.address}/session", cookies=stolen).status_code == 401
    assert httpx.get(f"{site.address}/chat/user", cookies=stolen).status_code == 401


def test_a_forged_session_is_no_session(client: httpx.Client) -> None:
    client.cookies.set("access_token", "eyJhbGciOiJub25lIn0.eyJpZGVudGlmaWVyIjoiZXhlY3V0aXZlIn0.")
    assert client.get("/session").status_code == 401


def test_a_form_from_elsewhere_is_refused(client: httpx.Client, site: Any) -> None:
    right = {"name": "analyst", "password": site.passwords["analyst"]}
    assert client.post("/login", data=right).status_code == 403
    assert client.post("/login", data={**right, "token": "0" * 64}).status_code == 403
    response = sign_in(client, "analyst", "not it")
    assert response.status_code == 401
    assert "not it" not in response.text


@pytest.mark.parametrize("target", ["//evil.example/x", "https://evil.example", "/\\evil.example", "javascript:x"])
def test_signing_in_never_leads_to_another_site(client: httpx.Client, site: Any, target: str) -> None:
    response = sign_in(client, "analyst", site.passwords["analyst"], next=target)
    assert response.headers["location"] == "/dashboard"


def test_another_sites_page_cannot_write_with_our_cookie(client: httpx.Client, site: Any) -> None:
    sign_in(client, "analyst", site.passwords["analyst"])
    foreign = {"origin": "http://127.0.0.1:1"}
    assert client.post("/chat/project/threads", json={}, headers=foreign).status_code == 403
    handshake = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-version": "13",
                 "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", **foreign}  # fmt: skip
    socket = "/chat/ws/socket.io/?EIO=4&transport=websocket"
    assert client.get(socket, headers=handshake).status_code == 403
    assert client.get(socket, headers={**handshake, "origin": site.address}).status_code == 101


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ({"origin": "SITE"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"referer": "SITE/chat"}, True),
        ({}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://127.0.0.1"}, False),
        ({"origin": "SITE.evil.example"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site", "origin": "SITE"}, False),
        ({"referer": "http://evil.example/?SITE"}, False),
    ],
)
def test_a_write_with_a_cookie_must_come_from_a_page_of_ours(
    client: httpx.Client, site: Any, said: dict[str, str], allowed: bool
) -> None:
    sign_in(client, "analyst", site.passwords["analyst"])
    cookies = {"cookie": "; ".join(f"{name}={value}" for name, value in client.cookies.items())}
    headers = {**cookies, **{name: value.replace("SITE", site.address) for name, value in said.items()}}
    thumb = {"feedback": {"forId": "nothing", "value": 1}}
    with httpx.Client(timeout=90) as bare:
        for method, path in (("PUT", "/chat/feedback"), ("POST", "/chat/project/threads"), ("DELETE", "/chat/x")):
            code = bare.request(method, site.address + path, json=thumb, headers=headers).status_code
            assert (code != 403) == allowed, f"{method} {path}: {code}"
        socket = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-version": "13",
                  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip
        reply = bare.get(
            f"{site.address}/chat/ws/socket.io/?EIO=4&transport=websocket", headers={**headers, **socket}
        )
        assert reply.status_code == (101 if allowed else 403)
        form = {"name": "x", "password": "y", "token": "0" * 64}
        for path in ("/login", "/password", "/users", "/purpose", "/break-glass"):
            code = bare.post(site.address + path, data=form, headers=headers).status_code
            assert code in (303, 400, 403), "a form without its token does nothing"
    assert client.get("/session").status_code == 200


def test_a_link_from_elsewhere_signs_nobody_out(client: httpx.Client, site: Any) -> None:
    sign_in(client, "analyst", site.passwords["analyst"])
    assert client.get("/logout").status_code == 200
    assert client.post("/logout", data={"token": "0" * 64}).status_code == 303
    assert client.get("/session").status_code == 200
    found = PASSWORD_FIELD.search(client.get("/logout").text)
    assert found is not None
    other = httpx.Client(base_url=site.address, timeout=90)
    sign_in(other, "analyst", site.passwords["analyst"])
    client.post("/logout", data={"token": found[1], "everywhere": "yes"})
    assert client.get("/session").status_code == 401
    assert other.get("/session").status_code == 401


def test_users_are_for_administrators(client: httpx.Client, site: Any) -> None:
    assert client.get("/users").headers["location"] == "/login?next=/users"
    sign_in(client, "analyst", site.passwords["analyst"])
    assert client.get("/users").status_code == 403
    found = PASSWORD_FIELD.search(client.get("/purpose").text or "") or PASSWORD_FIELD.search(
        client.get("/password").text
    )
    assert found is not None
    form = {"action": "save", "name": "analyst", "role": "member_advocate", "admin": "yes", "token": found[1]}
    assert client.post("/users", data=form).status_code == 403
    assert client.get("/session").json()["role"] == "analyst"


def test_an_administrator_changes_others_by_the_form_only(client: httpx.Client, site: Any) -> None:
    sign_in(client, "admin", site.passwords["admin"])

    def send(**form: str) -> httpx.Response:
        found = PASSWORD_FIELD.search(client.get("/users").text)
        assert found is not None
        return client.post("/users", data={"token": found[1], **form})

    added = send(action="add", name="eve", role="analyst", plan_type="HMO")
    password = re.search(r"<code>([a-z0-9-]+)</code>", added.text)
    assert password is not None
    assert password[1] not in client.get("/users").text
    assert client.post("/users", data={"action": "remove", "name": "eve"}).status_code == 403
    assert "Did you mean HMO" in send(action="save", name="eve", role="analyst", plan_type="HM0").text
    assert "own rights" in send(action="save", name="admin", role="member_advocate", admin="yes").text
    assert "no action" in send(action="drop", name="eve").text
    eve = httpx.Client(base_url=site.address, timeout=90, headers={"origin": site.address})
    assert sign_in(eve, "eve", password[1]).status_code == 303
    assert eve.get("/session").json()["only"] == "HMO only"
    assert send(action="save", name="eve", role="executive").status_code == 303
    assert eve.get("/session").status_code == 401
    assert send(action="remove", name="eve").status_code == 303


def test_guesses_of_a_stranger_do_not_lock_a_browser_that_has_signed_in(site: Any) -> None:
    owner, stranger = (httpx.Client(base_url=site.address, timeout=90) for _ in range(2))
    sign_in(owner, "product_owner", site.passwords["product_owner"])
    with site.guessing("product_owner"):
        for _ in range(6):
            last = sign_in(stranger, "product_owner", "guess")
        assert last.status_code == 429
        assert int(last.headers["retry-after"]) > 0
        owner.cookies.delete("access_token")
        assert sign_in(owner, "product_owner", site.passwords["product_owner"]).status_code == 303


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/chat/auth/jwt"),
        ("POST", "/chat/auth/header"),
        ("POST", "/chat/mcp"),
        ("POST", "/chat/project/file?session_id=x"),
        ("PUT", "/chat/project/thread/share"),
        ("PUT", "/chat/project/element"),
        ("POST", "/chat/project/action"),
        ("GET", "/chat/project/share/x"),
        ("GET", "/chat/copilot/index.js"),
        ("GET", "/chat/openapi.json"),
        ("GET", "/openapi.json"),
    ],
)
def test_what_the_chat_does_not_need_is_not_there(client: httpx.Client, site: Any, method: str, path: str) -> None:
    sign_in(client, "analyst", site.passwords["analyst"])
    assert client.request(method, path).status_code in (404, 405)


def test_a_conversation_belongs_to_its_author(client: httpx.Client, site: Any) -> None:
    with sqlite3.connect(site.state / "history.db") as history:
        history.execute(
            "INSERT OR IGNORE INTO threads VALUES ('mine', 'executive', 'q', '', '', '{}', ?)", (RIGHTS,)
        )
    sign_in(client, "analyst", site.passwords["analyst"])
    assert client.get("/chat/project/thread/mine").status_code == 401
    assert client.request("DELETE", "/chat/project/thread", json={"threadId": "mine"}).status_code == 401


def test_nobody_judges_answers_of_another(client: httpx.Client, site: Any) -> None:
    with sqlite3.connect(site.state / "history.db") as history:
        history.execute(
            "INSERT OR REPLACE INTO threads VALUES ('theirs', 'executive', 'q', '', '', '{}', ?)", (RIGHTS,)
        )
        body = '{"metadata": {"answer_id": "a1"}}'
        history.execute("INSERT OR REPLACE INTO steps VALUES ('step-1', 'theirs', NULL, '', ?)", (body,))
        history.execute("INSERT OR REPLACE INTO feedback VALUES ('f-1', 'step-1', 1, NULL)")
    thumb = {"feedback": {"forId": "step-1", "value": 0}, "sessionId": "x"}
    assert client.put("/chat/feedback", json=thumb).status_code == 401
    sign_in(client, "analyst", site.passwords["analyst"])
    assert client.put("/chat/feedback", json=thumb).status_code == 404
    assert client.request("DELETE", "/chat/feedback", json={"feedbackId": "f-1"}).status_code == 404
    assert client.put("/chat/feedback", json={"feedback": {"forId": "step-1", "value": 7}}).status_code == 422


def test_every_page_says_what_it_may_load(client: httpx.Client, site: Any) -> None:
    sign_in(client, "analyst", site.passwords["analyst"])
    for path in (
        "/login",
        "/chat",
        "/password",
        "/purpose",
        "/logout",
        "/session",
        "/chat/user",
        "/chat/project/x",
        "/static/pages.css",
        "/chat/public/theme.json",
        "/nowhere",
    ):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'self'" in policy
        assert "http:" not in policy
        assert "https:" not in policy
        assert "script-src 'self' 'unsafe-inline'" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        files = path.startswith(("/static/", "/chat/public/"))
        assert files or headers["cache-control"] == "no-store", path
    handshake = {"upgrade": "websocket", "connection": "upgrade", "sec-websocket-version": "13",
                 "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "origin": "http://evil.example"}  # fmt: skip
    refused = client.get("/chat/ws/socket.io/?EIO=4&transport=websocket", headers=handshake)
    assert refused.status_code == 403
    assert "default-src 'none'" in refused.headers["content-security-policy"]
    assert "http://" not in client.get("/chat").text.replace("http://www.w3.org", "")
    assert "https://" not in client.get("/chat").text


def test_the_password_can_be_changed_and_the_old_one_is_worthless(client: httpx.Client, site: Any) -> None:
    old, new = site.passwords["ml_engineer"], "a sentence only I know"
    sign_in(client, "ml_engineer", old)
    found = PASSWORD_FIELD.search(client.get("/password").text)
    assert found is not None
    form = {"current": old, "new": new, "again": "something else", "token": found[1]}
    assert client.post("/password", data=form).status_code == 400
    assert client.post("/password", data={**form, "again": new, "current": "wrong"}).status_code == 400
    assert client.post("/password", data={**form, "again": new}).status_code == 303
    site.passwords["ml_engineer"] = new
    assert client.get("/session").json()["role"] == "ml_engineer"
    assert sign_in(httpx.Client(base_url=site.address), "ml_engineer", old).status_code == 401


def test_a_failure_that_nobody_caught_carries_the_headers_and_tells_nothing(chainlit_folder: Path) -> None:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from ui.security import SecurityHeaders

    def fail() -> None:
        raise RuntimeError("secret detail of member 4711")

    app = FastAPI()
    app.add_api_route("/fails", fail)
    app.add_middleware(SecurityHeaders, https=True)
    reply = TestClient(app).get("/fails")
    assert reply.status_code == 500
    assert "4711" not in reply.text
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")


def test_guessing_locks_the_name(site: Any) -> None:
    guesser = httpx.Client(base_url=site.address, timeout=90)
    with site.guessing("data_engineer"):
        codes = [sign_in(guesser, "data_engineer", "guess").status_code for _ in range(6)]
        assert codes[0] == 401
        assert codes[-1] == 429
        assert sign_in(guesser, "data_engineer", site.passwords["data_engineer"]).status_code == 429


def test_a_taken_port_is_told_before_anything_is_opened(site: Any, settings: Settings, tmp_path: Path) -> None:
    port = int(site.address.rsplit(":", 1)[1])
    with pytest.raises(UsageError, match=str(port)):
        serve(settings, tmp_path / "nowhere", host="127.0.0.1", port=port)


def test_state_is_private_and_nothing_lands_beside_it(site: Any) -> None:
    for name in ("users.db", "history.db", "session.key"):
        assert stat.S_IMODE((site.state / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(site.state.stat().st_mode) == 0o700
    working_folder = site.state.parents[1]
    assert {entry.name for entry in working_folder.iterdir()} == {"var", "server.log"}
    kept = b"".join(path.read_bytes() for path in site.state.rglob("*") if path.is_file())
    assert not any(password.encode() in kept for password in site.passwords.values())


def test_the_api_is_there_and_knows_tokens_only(client: httpx.Client, site: Any) -> None:
    """Its own tests are in tests/ui/programs; here that it is mounted, and that a session opens nothing of it."""
    described = client.get("/api/v1/openapi.json").json()
    assert {"/ask", "/query", "/briefing", "/actions", "/impact"} <= set(described["paths"])
    assert described["servers"] == [{"url": "/api/v1"}]
    sign_in(client, "analyst", site.passwords["analyst"])
    refused = client.post("/api/v1/ask", json={"question": "Total calls"})
    assert (refused.status_code, refused.json()["code"]) == (401, "token_missing")
    assert refused.headers["cache-control"] == "no-store"


def test_a_wrong_address_gets_a_page_in_a_browser_and_json_elsewhere(client: httpx.Client) -> None:
    page = client.get("/no<such>place", headers={"accept": "text/html"})
    assert page.status_code == 404
    assert "There is no page at this address." in page.text
    assert 'href="/"' in page.text
    assert "no<such>place" not in page.text
    told = client.get("/nosuchplace", headers={"accept": "application/json"})
    assert (told.status_code, told.json()) == (404, {"detail": "There is no page at this address."})


@pytest.mark.parametrize("asked", ["/view?metric=leaked_calls&from=2026-10-20&to=2026-10-29", "/chat?ask=why"])
def test_the_sign_in_leads_back_to_the_address_that_was_asked_for(asked: str, client: httpx.Client) -> None:
    found = client.get(asked, follow_redirects=False)
    assert found.status_code == 303
    after = parse_qs(urlsplit(found.headers["location"]).query)["next"]
    assert after == [asked]
