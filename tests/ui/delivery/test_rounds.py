"""A day from the scan to the readers: who gets what over which channel, the pages, the links that unsubscribe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from agents.briefing.daily import STORE
from agents.briefing.store import BriefingStore
from agents.runtime import Assistant
from tests.agents.made_incidents import incident_in, moved
from tests.ui.delivery.servers import MailServer, WebServer, mail_server, web_server
from tools.scout.incident import Incident, ScanReport
from ui.accounts import Accounts
from ui.delivery.day import DayDone, make_day
from ui.delivery.outbox import Outbox
from ui.delivery.parcel import ChannelName
from ui.delivery.rounds import OUTBOX, SUBSCRIPTIONS
from ui.delivery.standing import problems_of, standing_of
from ui.delivery.subscriptions import Subscription, Subscriptions
from warehouse.principal import Principal
from warehouse.settings import Delivery, Health, Server, Settings

AT = datetime(2026, 10, 30, 6, 30, tzinfo=UTC)
SECRET = "a secret of these tests"
NO_ALERTS = Health(repeat_call_rate_red=0.9, negative_emotion_rate_red=0.9, digital_success_rate_red=0.01,
                   handle_time_minutes_amber=900, daily_cost_trend_red=9)  # fmt: skip


@dataclass
class House:
    """A warehouse with accounts, followers and the servers that take messages."""

    assistant: Assistant
    accounts: Accounts
    settings: Settings
    mails: MailServer
    posts: WebServer
    found: list[Incident]

    def follow(self, reader: str, channel: ChannelName, address: str = "", **follows: str) -> Subscription:
        with closing(Subscriptions(self.settings.state / SUBSCRIPTIONS)) as subscriptions:
            return subscriptions.add(reader, channel, address, AT.date(), follows=follows)

    def change(self, subscription: Subscription, until: str) -> None:
        with closing(Subscriptions(self.settings.state / SUBSCRIPTIONS)) as subscriptions:
            subscriptions.pause(subscription.id, until)

    def run(self, settings: Settings | None = None, at: datetime = AT) -> DayDone:
        self.assistant.settings = settings or self.settings
        day, snapshot = self.assistant.knowledge().as_of, self.assistant.knowledge().snapshot
        report = ScanReport(day, snapshot, 0.1, tuple(self.found), ())
        return make_day(self.assistant, self.accounts, SECRET, lambda: at, scan=lambda _: report)


@pytest.fixture(scope="module")
def found(assistant: Assistant) -> list[Incident]:
    """Three incidents: one of MAPD, one of HMO, one of too few members to be told of."""
    reader = Principal("t", "analyst")
    desk = assistant.knowledge().context("?", reader, assistant.door, lambda _: None, "a", "test").desk
    return [
        incident_in(desk, "failed_sessions", {"journey": "Billing", "plan_type": "MAPD"}),
        incident_in(desk, "negative_emotion_rate", {"plan_type": "HMO"}, baseline=0.9, dollars=False),
        moved(incident_in(desk, "repeat_calls", {"plan_type": "POS"}), members=6),
    ]


@pytest.fixture
def house(
    tmp_path: Path, assistant: Assistant, found: list[Incident], monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    with ExitStack() as stack:
        mails, posts = stack.enter_context(mail_server()), stack.enter_context(web_server())
        mailing = {"sender": "scout@cc.example", "smtp_host": "127.0.0.1", "smtp_port": mails.port}
        private = Settings(
            var=tmp_path / "var",
            health=NO_ALERTS,
            delivery=Delivery.model_validate({**mailing, "smtp_security": "none", "attempts": 1}),
            webhooks={"ops": SecretStr(posts.address)},
            server=Server(public_url="https://cc.example"),
        )
        monkeypatch.setattr(assistant, "settings", private)
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        accounts = stack.enter_context(closing(Accounts(private.state / "users.db", hasher=quick)))
        for name, role in (("anna", "executive"), ("hugo", "analyst")):
            accounts.add(name, role)  # type: ignore[arg-type]
        accounts.set_attributes("hugo", {"plan_type": "HMO"})
        yield House(assistant, accounts, private, mails, posts, found)


def test_everybody_gets_their_own_sight_once(house: House) -> None:
    house.follow("anna", "email", "anna@example.org")
    house.follow("anna", "slack", "ops", plan_type="HMO")
    house.follow("hugo", "webhook", "ops")
    house.follow("hugo", "file")
    house.change(house.follow("anna", "teams", "ops"), "9999-12-31")
    first, again = house.run(), house.run(at=AT + timedelta(hours=3))
    assert first.round
    assert again.round
    assert sorted(outcome.state for _, outcome in first.round.outcomes) == ["sent"] * 4
    assert (first.round.troubles, again.round.outcomes, again.run.fresh) == ([], [], ())
    (mail,) = house.mails.mails
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Failed digital sessions increased 25.0% in Billing for MAPD members" in text
    assert "1 of 3 issues not shown: the figures of fewer than 11 members" in text
    assert "POS" not in text
    slack, hook = sorted(house.posts.posts, key=lambda post: "document" in post)
    assert "MAPD" not in str(slack)
    assert "HMO" in str(slack)
    assert hook["document"]["role"] == "analyst"
    assert [item["segment"] for item in hook["document"]["items"]] == [{"plan_type": "HMO"}]
    files = {file.name for file in (house.settings.var / "briefings" / "hugo").iterdir()}
    assert {f"briefing-2026-10-29.{ending}" for ending in ("md", "html", "json", "pdf")} == files


def test_a_missing_account_or_webhook_stops_nobody_else(house: House) -> None:
    house.follow("gone", "email", "gone@example.org")
    house.follow("anna", "slack", "nowhere")
    house.follow("hugo", "file")
    done = house.run().round
    assert done
    assert [trouble.split(".")[0] for _, trouble in done.troubles] == [
        "There is no webhook 'nowhere'",
        "There is no such account any more, or it is locked",
    ]
    assert [outcome.state for _, outcome in done.outcomes] == ["sent"]
    assert not done.ok
    unset = house.settings.model_copy(update={"delivery": Delivery()})
    assert problems_of(standing_of(unset), unset) == [
        "delivery.smtp_host is not set",
        "delivery.sender is not set",
        "there is no webhook 'nowhere'",
    ]


def test_alerts_go_out_apart_from_the_digest_once_while_they_last(house: House) -> None:
    red = house.settings.model_copy(update={"health": NO_ALERTS.model_copy(update={"repeat_call_rate_red": 0.05})})
    house.follow("anna", "email", "anna@example.org")
    house.follow("hugo", "email", "hugo@example.org")
    for hours in (0, 3, 6):
        house.run(red, AT + timedelta(hours=hours))
    subjects = sorted((str(mail["To"]), str(mail["Subject"])) for mail in house.mails.mails)
    assert subjects == [
        ("anna@example.org", "Briefing of 29 October 2026"),
        ("anna@example.org", "Repeat call rate: red"),
        ("hugo@example.org", "Briefing of 29 October 2026"),
    ]  # hugo sees a part of the company: an alert of all of it is not his


def test_a_mail_that_could_not_be_sent_goes_out_with_the_next_round(house: House) -> None:
    house.follow("anna", "email", "anna@example.org")
    house.mails.on_data = lambda: "451 later"
    first = house.run().round
    house.mails.on_data = lambda: None
    second = house.run().round
    assert first
    assert second
    assert [outcome.state for _, outcome in (*first.outcomes, *second.outcomes)] == ["waiting", "sent"]
    with closing(Outbox(house.settings.state / OUTBOX, lambda: AT)) as outbox:
        assert [(entry.state, entry.tries) for entry in outbox.all()] == [("sent", 2)]


def test_the_link_of_a_mail_ends_its_subscription_and_no_other(house: House, chainlit_folder: Path) -> None:
    from ui.delivery.unsubscribe_pages import UnsubscribePages
    from ui.forms import Forms

    mine, other = house.follow("anna", "email", "anna@example.org"), house.follow("hugo", "file")
    house.run()
    app = FastAPI()
    app.include_router(
        UnsubscribePages(house.settings, house.accounts, Forms(SECRET, secure=False), SECRET).router
    )
    client = TestClient(app)
    (link,) = re.findall(r"<https://cc\.example(/unsubscribe/\S+)>", str(house.mails.mails[0]["List-Unsubscribe"]))

    def state(subscription: Subscription) -> str:
        with closing(Subscriptions(house.settings.state / SUBSCRIPTIONS)) as subscriptions:
            return subscriptions.get(subscription.id).state(AT.date())

    assert "Unsubscribe?" in client.get(link).text
    assert state(mine) == "active"  # looking at it ends nothing
    for wrong in (link[:-1] + ("0" if link[-1] != "0" else "1"), link.replace(mine.id, other.id)):
        assert client.post(wrong).status_code == 404
    answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert "Nothing more is sent by email" in answer.text
    assert (state(mine), state(other)) == ("ended", "active")
    house.run(at=AT + timedelta(days=1))
    assert len(house.mails.mails) == 1


def test_the_briefing_waits_in_the_chat_once(house: House, chainlit_folder: Path) -> None:
    import asyncio

    from chainlit.types import Pagination, ThreadFilter

    from agents.briefing.causes import cause_of
    from ui.delivery.waiting import Waiting
    from ui.history import History

    history = History(house.settings.state / "history.db", house.accounts)
    waiting = Waiting(house.settings, house.assistant, history, cause_of, lambda: AT)
    anna = house.accounts.get("anna")

    def threads() -> list[str]:
        found = asyncio.run(history.list_threads(Pagination(first=9), ThreadFilter(userId="anna")))
        return [str(thread["name"]) for thread in found.data]

    waiting.opened(anna)
    assert threads() == []
    house.run()
    for _ in range(3):
        waiting.opened(anna)
    assert threads() == ["Briefing of 29 October 2026"]
    (thread,) = asyncio.run(history.list_threads(Pagination(first=9), ThreadFilter(userId="anna"))).data
    whole = asyncio.run(history.get_thread(thread["id"]))
    assert whole
    assert "Failed digital sessions increased 25.0%" in whole["steps"][0]["output"]
    asyncio.run(history.delete_thread(thread["id"]))
    waiting.opened(anna)
    assert threads() == []  # who threw it away does not want it back
    asyncio.run(history.close())


def test_a_correction_is_not_sent_again_and_newer_days_take_over(house: House) -> None:
    house.follow("anna", "email", "anna@example.org")
    house.run()
    house.found = house.found[:1]
    with closing(BriefingStore(house.settings.state / STORE)) as store:
        day = house.assistant.knowledge().as_of
        made = store.find(day)
        assert made
        store.keep(day, "another", made.issues[:1], AT, {})
    assert house.run().run.made.revision == 2
    assert len(house.mails.mails) == 1
