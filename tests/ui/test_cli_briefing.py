"""The briefing on the command line: read in every form, followed, paused, given up, delivered."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agents.briefing.daily import STORE
from agents.briefing.lifecycle import advance
from agents.briefing.store import BriefingStore
from agents.runtime import Assistant
from tests.agents.made_incidents import incident_in
from warehouse.principal import Principal

Run = Callable[..., Any]


@pytest.fixture
def made(command_line_state: Path, assistant: Assistant) -> None:
    """A briefing in the state folder of the commands."""
    reader = Principal("t", "analyst")
    knowledge = assistant.knowledge()
    desk = knowledge.context("?", reader, assistant.door, lambda _: None, "a", "test").desk
    found = [incident_in(desk, "failed_sessions", {"journey": "Billing", "plan_type": "MAPD"})]
    with closing(BriefingStore(command_line_state / "state" / STORE)) as store:
        issues = advance((), found, knowledge.as_of, resolved_after=2)
        store.keep(knowledge.as_of, knowledge.snapshot, issues, datetime(2026, 10, 30, tzinfo=UTC), {})


def test_wishes_that_cannot_be_are_refused_with_what_can(command_center: Run) -> None:
    command_center("users", "add", "walter", "--role", "executive")
    for arguments, why in (
        (("nobody", "--channel", "file"), "There is no user 'nobody'"),
        (("walter", "--channel", "pigeon"), "chat, file, email, slack, teams, webhook"),
        (("walter", "--channel", "email"), "That is no mail address"),
        (("walter", "--channel", "email", "--address", "a@b\nBcc: c@d"), "That is no mail address"),
        (("walter", "--channel", "slack", "--address", "ops"), "COMMAND_CENTER_WEBHOOKS"),
        (("walter", "--channel", "file", "--address", "/etc"), "takes no address"),
        (("walter", "--channel", "file", "--follow", "planet=Mars"), "not a dimension and a value"),
    ):
        done = command_center("briefing", "subscribe", *arguments)
        assert (done.code, why in done.err) == (2, True), done.err
    for command in ("pause", "unsubscribe"):
        assert command_center("briefing", command, "abc").code == 2


def test_it_is_read_in_every_form_and_delivered_once(
    command_center: Run, made: None, tiny_warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMAND_CENTER_DELIVERY__FOLDER", str(tmp_path / "out"))
    at = ("--warehouse", str(tiny_warehouse))
    text = command_center("briefing", "show", *at)
    assert "Failed digital sessions increased 25.0% in Billing for MAPD members" in text.out
    document = command_center("briefing", "show", "--format", "json", "--role", "analyst", *at)
    assert json.loads(document.out)["role"] == "analyst"
    pdf = tmp_path / "b.pdf"
    assert command_center("briefing", "show", "--format", "pdf", "--out", str(pdf), *at).code == 0
    assert pdf.read_bytes().startswith(b"%PDF")
    assert command_center("briefing", "show", "--day", "2026-01-01", *at).code == 4

    command_center("users", "add", "wanda", "--role", "executive")
    (made_one,) = command_center(
        "briefing", "subscribe", "wanda", "--channel", "file", "--no-alerts", "--json"
    ).objects()[0]
    assert (made_one["reader"], made_one["state"], made_one["alerts"]) == ("wanda", "active", False)
    first, again = (command_center("briefing", "send", "--json", *at).objects()[0] for _ in range(2))
    assert [outcome["state"] for outcome in first["outcomes"]] == ["sent"]
    assert again == {"outcomes": [], "troubles": [], "held": 0}
    assert (tmp_path / "out" / "wanda" / "briefing-2026-10-29.html").is_file()
    (entry,) = command_center("briefing", "list", "--deliveries", "--json").objects()[0]
    assert (entry["about"], entry["state"]) == ("2026-10-29", "sent")
    assert command_center("briefing", "send", "--again", entry["key"], *at).code == 2  # it was sent
    identity = made_one["id"]
    states = [
        command_center("briefing", *command, identity, "--json").objects()[0][0]["state"]
        for command in (("pause",), ("pause", "--resume"), ("unsubscribe",))
    ]
    assert states == ["paused", "active", "ended"]
    assert command_center("briefing", "list", "--days").out == "2026-10-29\n"
