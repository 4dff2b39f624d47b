"""Each delivery once: tried again while it was certainly not taken, never again when it may have been."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.ui.delivery.servers import MailServer, mail_server, web_server
from ui.delivery.files import Files
from ui.delivery.mail import Mail
from ui.delivery.outbox import Outbox
from ui.delivery.parcel import Channel, ChannelName, Parcel
from ui.delivery.sending import Outcome, deliver, delivery_lock
from ui.delivery.webhook import Webhook
from warehouse.settings import Delivery

AT = datetime(2026, 10, 30, 6, 30, tzinfo=UTC)


def parcel(channel: ChannelName = "email", about: str = "2026-10-29") -> Parcel:
    return Parcel(
        kind="digest", about=about, reader="anna", channel=channel, address="anna@example.org",
        title="Briefing of 29 October 2026", headline="Calls <b>& costs</b> rose.",
        lines=("Failed sessions [up](https://evil.example) 14.0%.",), text=".\nA line that begins with a dot\n",
        html="<p>Calls rose.</p>", at=AT, view="https://cc.example/briefing/2026-10-29",
        unsubscribe="https://cc.example/unsubscribe/1/2", document={"day": "2026-10-29"},
        files={"md": b"# Briefing\n", "html": b"<p>x</p>", "pdf": b"%PDF-1.4"},
    )  # fmt: skip


def mailing(port: int) -> Delivery:
    return Delivery(sender="scout@cc.example", smtp_host="127.0.0.1", smtp_port=port, smtp_security="none",
                    timeout_seconds=60, attempts=3)  # fmt: skip


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(Outbox(tmp_path / "outbox.db", lambda: AT)) as box:
        yield box


@pytest.fixture
def mails() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def test_a_mail_arrives_whole_and_once(outbox: Outbox, mails: MailServer) -> None:
    settings = mailing(mails.port)
    outcomes = [deliver(parcel(), Mail(settings), outbox, settings) for _ in range(3)]
    assert [outcome and outcome.state for outcome in outcomes] == ["sent", None, None]
    (mail,) = mails.mails
    assert mail["Message-ID"] == f"<{parcel().key}@cc.example>"
    assert mail["List-Unsubscribe"] == "<https://cc.example/unsubscribe/1/2>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == ".\nA line that begins with a dot\n"
    assert html is not None
    assert [part.get_filename() for part in mail.iter_attachments()] == [
        "briefing-2026-10-29.html",
        "briefing-2026-10-29.pdf",
    ]


def test_what_was_not_taken_is_tried_again_with_growing_waits(outbox: Outbox, mails: MailServer) -> None:
    settings, answers = mailing(mails.port), ["451 try later", "452 no room"]
    mails.on_data = lambda: answers.pop(0) if answers else None
    waits: list[float] = []
    outcome = deliver(parcel(), Mail(settings), outbox, settings, waits.append)
    assert (outcome and outcome.state, waits, len(mails.mails)) == ("sent", [2, 4], 1)


def test_a_refusal_for_good_is_not_tried_again(outbox: Outbox, mails: MailServer) -> None:
    settings = mailing(mails.port)
    mails.on_recipient = lambda: "550 no such user"
    waits: list[float] = []
    outcome = deliver(parcel(), Mail(settings), outbox, settings, waits.append)
    assert outcome
    assert (outcome.state, waits, mails.mails) == ("refused", [], [])
    assert "550 no such user" in outcome.trouble
    assert deliver(parcel(), Mail(settings), outbox, settings) is None


def test_a_server_that_is_down_leaves_it_for_the_next_round(outbox: Outbox, mails: MailServer) -> None:
    down, up = mailing(1), mailing(mails.port)
    outcome = deliver(parcel(), Mail(down), outbox, down, lambda _: None)
    assert outcome
    assert outcome.state == "waiting"
    assert deliver(parcel(), Mail(up), outbox, up) == Outcome(parcel().key, "sent")
    assert len(mails.mails) == 1


@pytest.mark.parametrize("shape", ["slack", "teams", "webhook"])
def test_a_post_is_tried_again_when_refused_and_held_when_nobody_answers(
    shape: ChannelName, tmp_path: Path
) -> None:
    settings, waits = Delivery(attempts=4, timeout_seconds=60), []
    with web_server() as server, closing(Outbox(tmp_path / "outbox.db", lambda: AT)) as outbox:
        server.answers = [503, 429]
        hook = Webhook(server.address, shape, 60)
        outcome = deliver(parcel(shape), hook, outbox, settings, waits.append)
        assert (outcome and outcome.state, waits) == ("sent", [7, 7])
        assert set(server.keys) == {parcel(shape).key}
        for number, silent in enumerate((0, 502, 504)):
            later = parcel(shape, f"2026-11-0{number + 1}")
            server.answers, before = [silent], len(server.posts)
            held = deliver(later, hook, outbox, settings, waits.append)
            assert held
            assert held.state == "held"
            assert "secret" not in held.trouble
            assert deliver(later, hook, outbox, settings) is None
            assert len(server.posts) == before + 1
    _check_shape(shape, server.posts[0])


def _check_shape(shape: ChannelName, post: dict[str, object]) -> None:
    if shape == "slack":
        kinds = [block["type"] for block in post["blocks"]]  # type: ignore[attr-defined,index]
        assert kinds == ["header", "section", "section", "actions"]
        assert "&lt;b&gt;&amp;" in str(post["text"])
    elif shape == "teams":
        (attachment,) = post["attachments"]  # type: ignore[misc]
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        assert "\\[up\\]" in attachment["content"]["body"][2]["text"]
    else:
        assert post["document"] == {"day": "2026-10-29"}
        assert post["key"] == parcel("webhook").key


def test_files_are_whole_and_stay_in_their_folder(outbox: Outbox, tmp_path: Path) -> None:
    sly = replace(parcel("file"), reader="../../anna")
    deliver(sly, Files(tmp_path / "out"), outbox, Delivery())
    written = {str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("briefing-*")}
    folder = next(iter(written)).split("/")[0]
    assert written == {f"{folder}/briefing-2026-10-29.{ending}" for ending in ("md", "html", "pdf")}


def _in_a_process_that_dies(work: Callable[[], None]) -> None:
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


@pytest.mark.parametrize(
    ("when", "after_the_death", "mails_in_all"),
    [("recipient", "sent", 1), ("accepted", "held", 1), ("data", "held", 0)],
)
def test_a_process_that_dies_sends_nothing_twice(
    when: str, after_the_death: str, mails_in_all: int, tmp_path: Path
) -> None:
    """Killed before the data it is sent by the next process; killed in or after the hand-over it is held."""
    state = tmp_path / "state"
    with mail_server() as mails:
        settings = mailing(mails.port)

        def round_of_deliveries() -> Outcome | None:
            with delivery_lock(state), closing(Outbox(state / "outbox.db", lambda: AT)) as outbox:
                outbox.recover()
                return deliver(parcel(), _Telling(Mail(settings), tell), outbox, settings)

        pids, reader_writer = [], os.pipe()
        tell = lambda: os.write(reader_writer[1], f"{os.getpid()}\n".encode())  # noqa: E731

        def kill() -> str | None:
            if not pids:
                pids.append(int(os.read(reader_writer[0], 20)))
                os.kill(pids[0], signal.SIGKILL)
                return "451 interrupted" if when == "data" else None
            return None

        if when == "recipient":
            mails.on_recipient = kill
        else:
            mails.on_data = kill
        _in_a_process_that_dies(round_of_deliveries)
        again = [round_of_deliveries() for _ in range(2)]
        with closing(Outbox(state / "outbox.db", lambda: AT)) as outbox:
            entry = outbox.find(parcel().key)
            assert entry
            assert entry.state == after_the_death
        assert [outcome.state for outcome in again if outcome] == (["sent"] if when == "recipient" else [])
        assert len(mails.mails) == mails_in_all


class _Telling:
    """A channel that tells who sends before it does."""

    def __init__(self, channel: Channel, tell: Callable[[], int]) -> None:
        self._channel = channel
        self._tell = tell

    def deliver(self, parcel: Parcel, handing_over: Callable[[], None]) -> None:
        self._tell()
        self._channel.deliver(parcel, handing_over)


def test_a_person_can_have_a_held_delivery_made_again(outbox: Outbox, mails: MailServer) -> None:
    claim = outbox.claim(parcel())
    assert claim
    outbox.handing_over(claim)
    assert outbox.recover() == 1
    assert not outbox.release("ffffffffffff")
    assert outbox.release(parcel().key[:12])
    settings = mailing(mails.port)
    assert deliver(parcel(), Mail(settings), outbox, settings) == Outcome(parcel().key, "sent")


def test_files_cut_off_in_mid_write_are_written_again(outbox: Outbox, tmp_path: Path) -> None:
    claim = outbox.claim(parcel("file"))
    assert claim
    outbox.handing_over(claim)
    assert outbox.recover() == 0
    assert deliver(parcel("file"), Files(tmp_path / "out"), outbox, Delivery()) == Outcome(
        parcel("file").key, "sent"
    )


def test_two_processes_make_a_delivery_once(outbox: Outbox, tmp_path: Path) -> None:
    with closing(Outbox(tmp_path / "outbox.db", lambda: AT)) as other:
        first, second = outbox.claim(parcel()), other.claim(parcel())
        assert first
        assert second is None
