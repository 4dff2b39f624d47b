"""The briefing's pages and views: signed in only, each reader their own sight, files of every form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agents.briefing.daily import STORE
from agents.briefing.lifecycle import advance
from agents.briefing.reading import NO_CAUSE
from agents.briefing.store import BriefingStore
from agents.runtime import Assistant
from tests.agents.made_incidents import incident_in
from ui.accounts import Account, Accounts
from ui.delivery.rounds import SUBSCRIPTIONS
from ui.delivery.subscriptions import Subscriptions
from warehouse.principal import Principal
from warehouse.settings import Settings

AT = datetime(2026, 10, 30, 6, 30, tzinfo=UTC)
VIEW = "/view?metric=failed_sessions&from=2026-10-20&to=2026-10-29&journey=Billing&plan_type=MAPD"


@dataclass
class _Sessions:
    """Whoever the test says is signed in."""

    account: Account | None = None
    asked: list[str] = field(default_factory=list)

    def reader(self, cookies: object) -> Account | None:
        return self.account


@dataclass
class Site:
    client: TestClient
    sessions: _Sessions
    accounts: Accounts
    settings: Settings


@pytest.fixture
def site(
    tmp_path: Path, assistant: Assistant, monkeypatch: pytest.MonkeyPatch, chainlit_folder: Path
) -> Iterator[Site]:
    from ui.delivery.pages import BriefingPages
    from ui.delivery.view_pages import ViewPages
    from ui.forms import Forms

    private = Settings(var=tmp_path / "var")
    monkeypatch.setattr(assistant, "settings", private)
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with closing(Accounts(private.state / "users.db", hasher=quick)) as accounts:
        accounts.add("anna", "executive")
        accounts.add("hugo", "analyst")
        accounts.set_attributes("hugo", {"plan_type": "HMO"})
        sessions, forms, app = _Sessions(), Forms("secret", secure=False), FastAPI()
        pages = BriefingPages(private, assistant, accounts, sessions, forms, NO_CAUSE)  # type: ignore[arg-type]
        app.include_router(pages.router)
        app.include_router(ViewPages(assistant, sessions, forms).router)  # type: ignore[arg-type]
        yield Site(TestClient(app, follow_redirects=False), sessions, accounts, private)


def _make(site: Site, assistant: Assistant) -> None:
    reader = Principal("t", "analyst")
    desk = assistant.knowledge().context("?", reader, assistant.door, lambda _: None, "a", "test").desk
    found = [
        incident_in(desk, "failed_sessions", {"journey": "Billing", "plan_type": "MAPD"}),
        incident_in(desk, "negative_emotion_rate", {"plan_type": "HMO"}, baseline=0.9, dollars=False),
    ]
    with closing(BriefingStore(site.settings.state / STORE)) as store:
        day = assistant.knowledge().as_of
        issues = advance((), found, day, resolved_after=2)
        store.keep(day, assistant.knowledge().snapshot, issues, AT, {})


def test_the_page_and_its_files_are_for_whoever_is_signed_in(site: Site, assistant: Assistant) -> None:
    get = site.client.get
    assert (get("/briefing").status_code, get("/briefing.pdf").status_code, get(VIEW).status_code) == (
        303,
        401,
        303,
    )
    site.sessions.account = site.accounts.get("anna")
    assert "No briefing yet" in get("/briefing").text
    _make(site, assistant)
    page = get("/briefing").text
    assert "Failed digital sessions increased 25.0% in Billing for MAPD members" in page
    assert page.count('<svg class="course"') == 2
    kinds = {ending: get(f"/briefing/2026-10-29.{ending}") for ending in ("md", "html", "json", "pdf")}
    assert {ending: reply.headers["content-type"].split(";")[0] for ending, reply in kinds.items()} == {
        "md": "text/markdown", "html": "text/html", "json": "application/json", "pdf": "application/pdf",
    }  # fmt: skip
    assert kinds["pdf"].content.startswith(b"%PDF")
    assert kinds["json"].json()["role"] == "executive"
    for lost in ("/briefing/2026-01-01", "/briefing/nothing", "/briefing/2026-10-29.exe", "/briefing.xml"):
        assert get(lost).status_code == 404


def test_a_narrowed_reader_sees_theirs_in_page_and_view(site: Site, assistant: Assistant) -> None:
    _make(site, assistant)
    site.sessions.account = site.accounts.get("hugo")
    page = site.client.get("/briefing").text
    assert "HMO" in page
    assert "MAPD" not in page
    csv = VIEW.replace("/view", "/view.csv")
    theirs = _figures(site.client.get(csv.replace("MAPD", "HMO")).text)
    site.sessions.account = site.accounts.get("anna")
    assert theirs == _figures(site.client.get(csv.replace("MAPD", "HMO")).text)
    assert sum(theirs) > 0 < sum(_figures(site.client.get(csv).text))
    assert "Failed digital sessions" in site.client.get(VIEW).text


@pytest.mark.parametrize("page", ["/view", "/view.csv"])
def test_a_value_outside_a_reader_s_row_filter_reads_as_one_that_is_nowhere(site: Site, page: str) -> None:
    """Zero of others would be a wrong number; another refusal would tell that the value exists."""
    site.sessions.account = site.accounts.get("hugo")
    asked = f"{page}?metric=failed_sessions&from=2026-10-20&to=2026-10-29&plan_type="
    foreign, made_up = site.client.get(asked + "MAPD"), site.client.get(asked + "MAPX")
    assert foreign.status_code == made_up.status_code == 400
    assert foreign.text.replace("MAPD", "") == made_up.text.replace("MAPX", "")
    assert site.client.get(asked + "HMO").status_code == 200


def _figures(text: str) -> list[float]:
    header, *lines = text.splitlines()
    assert header == '"day","failed_sessions"'
    return [float(cell) for cell in (line.partition(",")[2] for line in lines) if cell]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ("metric=nothing&from=2026-10-20&to=2026-10-29", "There is no metric"),
        ("metric=total_calls&from=2026-10-29&to=2026-10-20", "needs two days"),
        ("metric=total_calls&from=2026-10-20", "needs two days"),
        ("metric=total_calls&from=2026-10-20&to=2026-10-29&plan_type=XXX", "There is no plan_type"),
        ("metric=total_calls&from=2026-10-20&to=2026-10-29&x=<script>alert(1)</script>", "There is no x"),
        ("metric=total_calls&from=2026-10-20&to=2026-10-29&journey=Billing", "leaked_calls"),
        ("metric=total_calls&from=0001-01-01&to=9999-12-31", ""),
    ],
)
def test_a_view_that_cannot_be_says_why(site: Site, asked: str, why: str) -> None:
    site.sessions.account = site.accounts.get("anna")
    reply = site.client.get(f"/view?{asked}")
    assert reply.status_code in ((400,) if why else (200, 400))
    assert why in reply.text
    assert "<script>alert" not in reply.text


def test_a_reader_changes_their_own_subscriptions_only(site: Site) -> None:
    site.sessions.account = site.accounts.get("anna")
    with closing(Subscriptions(site.settings.state / SUBSCRIPTIONS)) as subscriptions:
        mine = subscriptions.add("anna", "file", "", date(2026, 10, 1))
        other = subscriptions.add("hugo", "file", "", date(2026, 10, 1))
        page = site.client.get("/briefing").text
        token = page.split('name="token" value="')[1].split('"')[0]

        def change(identity: str, action: str, token: str = token) -> int:
            form = {"subscription": identity, "action": action, "token": token}
            return site.client.post("/briefing/subscriptions", data=form).status_code

        def states() -> list[str]:
            return [each.state(AT.date()) for each in (subscriptions.get(mine.id), subscriptions.get(other.id))]

        assert (change(mine.id, "pause", "wrong"), states()) == (403, ["active", "active"])
        assert (change(other.id, "unsubscribe"), states()) == (404, ["active", "active"])
        assert (change(mine.id, "pause"), states()) == (303, ["paused", "active"])
        assert (change(mine.id, "resume"), states()) == (303, ["active", "active"])
        assert (change(mine.id, "unsubscribe"), states()) == (303, ["ended", "active"])
