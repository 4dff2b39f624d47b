"""Tickets against a tracker that fails, hangs up, answers late, repeats itself or kills the sender: each once."""

from __future__ import annotations

import json
import multiprocessing
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from tests.ui.tickets.receiver import HANG_UP, KILL, LATE, Receiver, receiver
from tools.actions.proposals import FILE, Proposals, proposal_id
from tools.actions.verdicts import Verdict
from ui.programs.writing import action_entry
from ui.tickets.callback import MOST_BODY, PATH, TicketCallback
from ui.tickets.rounds import TicketRounds
from ui.tickets.shapes import SHAPES, load_shape
from ui.tickets.signing import HEADER, is_signed, signature
from ui.tickets.store import ticket_key, tickets_of
from warehouse.errors import UsageError
from warehouse.principal import Principal
from warehouse.settings import Delivery, Settings, Tickets

SECRET = "a secret of both sides"
AT = datetime(2026, 10, 30, 9, tzinfo=UTC)
PAT = Principal("pat", "product_owner")
FIRST, SECOND = proposal_id("message:Billing"), proposal_id("ivr:Pharmacy")


PLACES = (
    "key", "id", "view", "approved_by", "approved_at", "basis", "title", "change", "owner", "journey", "lever",
    "effort_days", "weeks", "savings_per_year", "savings_low", "savings_high", "project",
)  # fmt: skip


class Clock:
    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now


def document(title: str, owner: str, savings: float) -> dict[str, Any]:
    return {
        "title": title, "change": f"Change the {title} {{key}} message", "journey": title, "lever": "Message",
        "owner": owner, "effort_days": 8.0, "weeks": 2.0, "cost": 6400.0, "cx_lift": 1.0, "cx_score": 4,
        "cx_basis": "", "metric": "leaked_calls", "where": {"journey": title}, "calls_per_day": 50.0,
        "reduction": 0.1, "reduction_low": 0.05, "reduction_high": 0.15, "savings_per_year": savings,
        "savings_low": savings / 2, "savings_high": savings * 2, "planning_cost": 8.0, "past_fixes": 3,
        "interval": 0.8,
    }  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tracker() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
def settings(tmp_path: Path, tracker: Receiver) -> Settings:
    """Billing's owner works in Jira, everybody else at the desk; one approved action, one proposed."""
    found = Settings(
        var=tmp_path,
        webhooks={"jira": tracker.address, "desk": tracker.address},  # type: ignore[dict-item]
        ticket_secret=SECRET,  # type: ignore[arg-type]
        delivery=Delivery(attempts=2, timeout_seconds=2, first_wait_seconds=1, longest_wait_seconds=60),
        tickets=Tickets(
            webhook="desk",
            owners={"Digital Product": "jira"},
            shapes={"jira": "jira", "desk": "servicenow"},
            values={"project": "CX"},
        ),
    )
    with closing(Proposals(found.state / FILE)) as review:
        documents = {
            "message:Billing": document("Billing", "Digital Product", 15231.6),
            "ivr:Pharmacy": document("Pharmacy", "Contact Center", 7533.2),
        }
        review.propose(documents, "s1", date(2026, 10, 29), AT)
        review.decide(FIRST, Verdict("approve"), PAT, AT)
    return found


@pytest.fixture
def rounds(settings: Settings, clock: Clock) -> Callable[..., list[str]]:
    """Make a round; the states it ended in. `noted` and `slept` of the function collect."""

    def make(**tickets: Any) -> list[str]:
        own = settings.model_copy(update={"tickets": settings.tickets.model_copy(update=tickets)})
        made = TicketRounds(own, clock, lambda *a, **facts: noted.append((a, facts)), slept.append)
        return [outcome.state for outcome in made.make()]

    noted: list[Any] = []
    slept: list[float] = []
    make.noted, make.slept = noted, slept  # type: ignore[attr-defined]
    return make


def test_an_approved_action_is_sent_once_signed_in_its_owners_shape(
    rounds: Callable[..., list[str]], tracker: Receiver, settings: Settings, clock: Clock
) -> None:
    assert (rounds(), rounds(), rounds()) == (["sent"], [], [])
    (headers, body) = tracker.posts[0]
    assert headers["idempotency-key"] == ticket_key(FIRST)
    assert is_signed(SECRET, body, headers[HEADER.lower()], AT.timestamp())
    fields = json.loads(body)["fields"]
    assert fields["project"] == {"key": "CX"}
    # What a proposal says fills places; it opens none of its own.
    assert fields["description"].startswith("Change the Billing {key} message\n")
    assert "Expected: $15,232 a year ($7,616 to $30,463). It rests on 3 past fixes." in fields["description"]
    assert "Approved by pat" in fields["description"]
    ticket = tickets_of(settings.state, clock)[FIRST]
    assert (ticket.delivery, ticket.kept.reference, ticket.kept.tracker) == ("sent", "CX-1", "jira")
    assert [facts["proposal"] for _, facts in rounds.noted] == [FIRST]  # type: ignore[attr-defined]
    with closing(Proposals(settings.state / FILE)) as review:
        review.decide(SECOND, Verdict("approve"), PAT, AT)
        assert rounds() == ["sent"]
        assert json.loads(tracker.posts[1][1])["assignment_group"] == "Contact Center"
        # Taken back and approved again, or with another owner: it is still the same action.
        review.undo(SECOND, PAT, AT)
        review.decide(SECOND, Verdict("approve"), PAT, AT)
        review.decide(SECOND, Verdict("edit", edits={"owner": "Digital Product"}), PAT, AT)
    assert rounds() == []
    assert len(tracker.posts) == 2


def test_nothing_is_sent_of_what_is_not_approved_or_without_a_tracker(
    rounds: Callable[..., list[str]], tracker: Receiver, settings: Settings, clock: Clock
) -> None:
    assert rounds(webhook="", owners={}) == []
    assert rounds(webhook="", owners={"Somebody else": "jira"}) == []
    with closing(Proposals(settings.state / FILE)) as review:
        review.undo(FIRST, PAT, AT)
    assert rounds() == []
    assert (tracker.posts, tickets_of(settings.state, clock)) == ([], {})
    with pytest.raises(UsageError, match="secret"):
        TicketRounds(settings.model_copy(update={"ticket_secret": None}), clock, lambda *a, **k: None).make()


def test_a_tracker_that_refuses_is_tried_again_with_growing_waits(
    rounds: Callable[..., list[str]], tracker: Receiver, clock: Clock
) -> None:
    tracker.answers = [503, 500, 503, 503]
    assert rounds() == ["waiting"]
    assert rounds() == []  # its time has not come
    clock.now += timedelta(seconds=60)
    assert rounds() == ["waiting"]
    clock.now += timedelta(seconds=119)
    assert rounds() == []
    clock.now += timedelta(seconds=1)
    assert rounds() == ["sent"]
    assert len(tracker.posts) == 5
    assert len(tracker.made) == 1
    assert rounds.slept == [1, 1]  # type: ignore[attr-defined]


def test_a_late_or_missing_answer_holds_the_ticket_until_the_tracker_speaks(
    rounds: Callable[..., list[str]], tracker: Receiver, settings: Settings, clock: Clock
) -> None:
    tracker.answers = [LATE]
    assert rounds() == ["held"]
    clock.now += timedelta(days=1)
    assert rounds() == []
    web = status_web(settings, clock)
    assert say(web, clock, key=ticket_key(FIRST), reference="CX-1").json() == {"taken": True, "news": True}
    assert rounds() == []
    ticket = tickets_of(settings.state, clock)[FIRST]
    assert (ticket.delivery, ticket.kept.status, ticket.kept.reference) == ("sent", "open", "CX-1")
    assert len(tracker.posts) == 1


def test_a_tracker_that_looks_at_keys_is_sent_it_again_and_makes_one(
    rounds: Callable[..., list[str]], tracker: Receiver, clock: Clock
) -> None:
    tracker.answers = [HANG_UP, LATE, 503]
    assert rounds(idempotent=True) == ["held"]
    states = []
    for _ in range(3):
        clock.now += timedelta(hours=2)
        states += rounds(idempotent=True)
    assert states == ["held", "sent"]
    assert len({headers["idempotency-key"] for headers, _ in tracker.posts}) == 1
    assert list(tracker.made.values()) == ["CX-1"]


@pytest.mark.parametrize(("idempotent", "posts"), [(False, 1), (True, 2)])
def test_a_sender_that_is_killed_in_between_leaves_one_ticket(
    rounds: Callable[..., list[str]],
    tracker: Receiver,
    settings: Settings,
    clock: Clock,
    idempotent: bool,
    posts: int,
) -> None:
    tracker.answers = [KILL]

    def sending() -> None:
        TicketRounds(settings, lambda: AT, lambda *a, **k: None).make()

    process = multiprocessing.get_context("fork").Process(target=sending)
    process.start()
    tracker.victim = process.pid or 0
    process.join(120)
    assert process.exitcode == -9
    states = []
    for _ in range(3):
        clock.now += timedelta(hours=2)
        states += rounds(idempotent=idempotent)
    assert states == (["sent"] if idempotent else [])
    assert (len(tracker.posts), len(tracker.made)) == (posts, 1)
    ticket = tickets_of(settings.state, clock)[FIRST]
    assert ticket.delivery == ("sent" if idempotent else "held")


def status_web(settings: Settings, clock: Clock, noted: list[Any] | None = None) -> TestClient:
    app = FastAPI()
    note = (lambda *a, **facts: noted.append(facts)) if noted is not None else (lambda *a, **facts: None)
    app.include_router(TicketCallback(settings, clock, note).router)
    return TestClient(app)


def say(web: TestClient, clock: Clock, secret: str = SECRET, signed_at: float = 0, **said: Any) -> Any:
    body = json.dumps({"status": "open", "at": clock.now.isoformat(), **said}).encode()
    headers = {HEADER: signature(secret, body, signed_at or clock.now.timestamp())}
    return web.post(PATH, content=body, headers=headers)


def test_what_the_tracker_says_is_signed_kept_once_and_shown_with_the_action(
    rounds: Callable[..., list[str]], settings: Settings, clock: Clock
) -> None:
    rounds()
    noted: list[Any] = []
    web, key = status_web(settings, clock, noted), ticket_key(FIRST)
    clock.now += timedelta(minutes=10)
    done = {"key": key, "status": "done", "at": clock.now.isoformat(), "url": "https://jira.example/CX-1"}
    assert [say(web, clock, **done).json()["news"] for _ in range(3)] == [True, False, False]
    # An earlier word that arrives later changes nothing.
    earlier = (clock.now - timedelta(minutes=5)).isoformat()
    assert say(web, clock, key=key, status="in_progress", at=earlier).json()["news"] is False
    ticket = tickets_of(settings.state, clock)[FIRST]
    with closing(Proposals(settings.state / FILE)) as review:
        shown = action_entry(review.find(FIRST), ticket).ticket
        assert review.find(FIRST).state == "approved"
    assert shown is not None
    assert (shown.status, shown.reference, shown.url) == ("done", "CX-1", "https://jira.example/CX-1")
    assert {fact["status"] for fact in noted} == {"done", "in_progress"}
    assert say(web, clock, key="0" * 32).status_code == 404
    assert say(web, clock, "another secret of 16", key=key).status_code == 401
    assert say(web, clock, signed_at=clock.now.timestamp() - 301, key=key).status_code == 401
    assert web.post(PATH, content=b"{}").status_code == 401
    for wrong in ({"status": "lost"}, {"at": "yesterday"}, {"url": "javascript:alert(1)"}, {"reference": "<b>"},
                  {"key": "../x"}, {"at": (clock.now + timedelta(hours=1)).isoformat()}):  # fmt: skip
        assert say(web, clock, **{"key": key, **wrong}).status_code == 422, wrong
    assert say(web, clock, key=key, note="x" * MOST_BODY).status_code == 413


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_fills_and_a_place_that_nothing_fills_is_named(name: str) -> None:
    shape = load_shape(name)
    values = dict.fromkeys(PLACES, '"}, {"x": "{title}')
    filled = shape.filled(values)
    assert _structure(filled) == _structure(shape.body)
    assert set(re.findall(r"\{(\w+)\}", json.dumps(filled))) == {"title"}
    values.pop("title")
    with pytest.raises(UsageError, match="title"):
        shape.filled(values)


def _structure(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _structure(inner) for name, inner in part.items()}
    return [_structure(inner) for inner in part] if isinstance(part, list) else type(part)
