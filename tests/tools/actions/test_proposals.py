"""The review's file: who may decide what, what is told to the second reviewer, and what outlives a kill -9."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tools.actions.deciding import Days, decide, proposals_seen
from tools.actions.proposals import Proposals, proposal_id
from tools.actions.verdicts import ALLOWED, DECISIONS, PROPOSER_NAME, READERS, REVIEWER, STATES, Verdict
from ui.accounts import Account
from ui.dashboard.access import load_access
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import ROLES, Principal

ANN, BOB = Principal("ann", "product_owner"), Principal("bob", "product_owner")
AT = datetime(2026, 10, 30, 9, tzinfo=UTC)
DAY = date(2026, 10, 29)
DOCUMENT = {"title": "Billing: clearer message", "change": "Change it.", "owner": "Digital Product",
            "effort_days": 8.0, "weeks": 2.0, "savings_per_year": 100.0}  # fmt: skip
KEYS = ("a:Billing", "b:Billing", "c:Claims")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "actions.db"


@pytest.fixture
def store(file: Path) -> Proposals:
    store = Proposals(file)
    store.propose({key: {**DOCUMENT, "title": key} for key in KEYS}, "s1", DAY, AT)
    return store


def test_a_proposal_goes_its_way_and_every_step_is_an_event(store: Proposals) -> None:
    one = proposal_id(KEYS[0])
    edited = store.decide(one, Verdict("edit", edits={"owner": "Contact Center", "effort_days": 5}), ANN, AT)
    assert (edited.state, edited.now["owner"], edited.document["owner"]) == (
        "proposed",
        "Contact Center",
        "Digital Product",
    )
    approved = store.decide(one, Verdict("approve"), BOB, AT)
    assert approved.frozen["savings_per_year"] == 100.0
    store.propose({KEYS[0]: {**DOCUMENT, "savings_per_year": 7.0}}, "s2", DAY + timedelta(days=1), AT)
    assert store.find(one).frozen["snapshot"] == "s1"
    assert store.find(one).document["savings_per_year"] == 100.0  # what is decided is not refreshed
    live = store.decide(one, Verdict("golive", go_live=DAY), BOB, AT)
    assert (live.state, live.go_live) == ("live", "2026-10-29")
    assert store.decide(one, Verdict("measure", result={"effect": -0.1}), ANN, AT).result == {"effect": -0.1}
    events = store.events(one)
    assert [(e.action, e.user) for e in events] == [
        ("propose", ""), ("edit", "ann"), ("approve", "bob"), ("golive", "bob"), ("measure", "ann")
    ]  # fmt: skip
    assert events[1].diff == {"owner": ["Digital Product", "Contact Center"], "effort_days": [8.0, 5.0]}


def test_decisions_are_taken_back_one_by_one_down_to_the_proposal(store: Proposals) -> None:
    one = proposal_id(KEYS[0])
    before = store.find(one)
    for verdict in (Verdict("edit", edits={"weeks": 3}), Verdict("approve"), Verdict("golive", go_live=DAY)):
        store.decide(one, verdict, ANN, AT)
    states = [store.undo(one, ANN, AT).state for _ in range(3)]
    after = store.find(one)
    assert states == ["approved", "proposed", "proposed"]
    assert (after.edits, after.go_live, after.frozen) == (before.edits, before.go_live, before.frozen)
    with pytest.raises(UsageError, match="no decision"):
        store.undo(one, ANN, AT)


def test_only_a_product_owner_decides_and_only_what_the_state_allows(store: Proposals) -> None:
    one = proposal_id(KEYS[0])
    for role in ROLES:
        if role != "product_owner":
            with pytest.raises(DeniedError):
                store.decide(one, Verdict("approve"), Principal("x", role), AT)
            with pytest.raises(DeniedError):
                store.undo(one, Principal("x", role), AT)
    for decision in ("reject", "defer"):
        with pytest.raises(UsageError, match="reason"):
            store.decide(one, Verdict(decision, reason="  "), ANN, AT)  # type: ignore[arg-type]
    for edits in (
        {"change": "   "},
        {"effort_days": 0},
        {"weeks": -1},
        {"savings_per_year": 1},
        {"owner": "Digital Product"},
    ):
        with pytest.raises(UsageError):
            store.decide(one, Verdict("edit", edits=edits), ANN, AT)
    refused = [decision for decision in DECISIONS if decision not in ALLOWED["proposed"]]
    for decision in refused:
        with pytest.raises(UsageError, match="is proposed"):
            store.decide(one, Verdict(decision), ANN, AT)
    assert set(ALLOWED) == set(STATES)
    assert [e.action for e in store.events(one)] == ["propose"]


def test_the_second_of_two_reviewers_is_told_and_changes_nothing(file: Path, store: Proposals) -> None:
    other, one = Proposals(file), proposal_id(KEYS[0])
    seen = other.find(one).version
    store.decide(one, Verdict("approve", seen=seen), ANN, AT)
    with pytest.raises(UsageError, match="approved by ann"):
        other.decide(one, Verdict("reject", reason="no", seen=seen), BOB, AT)
    with pytest.raises(UsageError, match="approved by ann"):
        other.undo(one, BOB, AT, seen)
    assert other.find(one).state == "approved"
    with pytest.raises(UsageError, match="proposed by next-best-action"):
        other.decide(proposal_id(KEYS[1]), Verdict("approve", seen=9), BOB, AT)


def test_several_are_decided_all_or_none_and_a_preview_decides_nothing(store: Proposals) -> None:
    ids = [proposal_id(key) for key in KEYS]
    assert [p.state for p in store.decide_all(ids, Verdict("approve"), ANN, AT, preview=True)] == ["approved"] * 3
    assert {p.state for p in store.all()} == {"proposed"}
    store.decide(ids[2], Verdict("reject", reason="no"), ANN, AT)
    with pytest.raises(UsageError, match="is rejected"):
        store.decide_all(ids, Verdict("approve"), ANN, AT)
    assert [store.find(one).state for one in ids] == ["proposed", "proposed", "rejected"]


def test_a_go_live_ahead_is_announced_and_live_when_its_day_has_come(store: Proposals) -> None:
    one = proposal_id(KEYS[0])
    store.decide(one, Verdict("approve"), ANN, AT)
    ahead = store.decide(one, Verdict("golive", go_live=date(2026, 12, 1)), ANN, AT)
    assert (ahead.state, ahead.go_live) == ("approved", "2026-12-01")
    store.bring_live(AT + timedelta(days=20))
    assert store.find(one).state == "approved"
    store.bring_live(AT + timedelta(days=40))
    assert store.find(one).state == "live"
    assert store.undo(one, ANN, AT).state == "approved"


def test_a_duplicate_names_what_it_repeats_and_no_circle_of_them(store: Proposals, file: Path) -> None:
    one, two, three = (proposal_id(key) for key in KEYS)
    for of, told in (("", "needs the proposal"), ("nothing", "No proposal"), (one, "of itself")):
        with pytest.raises(UsageError, match=told):
            decide(file.parent, "duplicate", [one], ANN, AT, duplicate_of=of)
    (found,) = decide(file.parent, "duplicate", [one], ANN, AT, duplicate_of=two[:5])
    assert (found.state, found.duplicate_of) == ("duplicate", two)
    with pytest.raises(UsageError, match="is itself a duplicate"):
        decide(file.parent, "duplicate", [three], ANN, AT, duplicate_of=one)
    assert store.undo(one, BOB, AT).duplicate_of == ""


@pytest.mark.parametrize(
    ("day", "told"),
    [("2026-13-01", "not a date"), ("tomorrow", "not a date"), ("", "is missing"),
     ("2025-01-01", "before the first"), ("2029-01-01", "more than a year ahead")],
)  # fmt: skip
def test_a_go_live_that_cannot_be_is_refused(day: str, told: str, store: Proposals, file: Path) -> None:
    one = proposal_id(KEYS[0])
    decide(file.parent, "approve", [one], ANN, AT)
    with pytest.raises(UsageError, match=told):
        decide(file.parent, "golive", [one], ANN, AT, go_live=day, days=Days(date(2026, 8, 31), DAY))
    assert store.find(one).go_live == ""


def test_the_function_of_all_buttons_takes_what_forms_send_and_refuses_the_rest(
    store: Proposals, file: Path
) -> None:
    one, state = proposal_id(KEYS[0]), file.parent
    (edited,) = decide(state, "edit", [one], ANN, AT, edits={"effort_days": "4", "owner": " Quality "})
    assert (edited.now["effort_days"], edited.now["owner"]) == (4.0, "Quality")
    for decision, given, told in (
        ("edit", {"edits": {"weeks": "ten"}}, "is a number"),
        ("edit", {"edits": {"change": " "}}, "would be empty"),
        ("edit", {}, "Nothing is changed"),
        ("banish", {}, "no decision"),
        ("measure", {}, "no decision"),
        ("reject", {"reason": " "}, "needs a reason"),
    ):
        with pytest.raises(UsageError, match=told):
            decide(state, decision, [one], ANN, AT, **given)
    regional = Principal("rae", "product_owner", attributes={"plan_type": "HMO"})
    with pytest.raises(DeniedError, match="whole company"):
        decide(state, "approve", [one], regional, AT)
    with pytest.raises(DeniedError, match="whole company"):
        proposals_seen(state, regional, AT)
    with pytest.raises(UsageError, match="No proposal is named"):
        decide(state, "approve", [], ANN, AT)
    assert decide(state, "undo", [one], ANN, AT, preview=True)[0].edits == {}
    assert store.find(one).edits != {}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"change": "<b></b>"}, "markup"), ({"change": "Say <script>alert(1)</script>"}, "markup"),
        ({"change": "see [here](javascript:alert(1))"}, "markup"), ({"change": "two\x00words"}, "control"),
        ({"change": "\u202eevil text"}, "control"), ({"change": "x" * 100_000}, "100,000 characters"),
        ({"change": "..."}, "says nothing"), ({"change": "\u00a0\n"}, "empty"),
        ({"change": "Change it."}, "Nothing"),
        ({"owner": "Nobody"}, "no owner 'Nobody'"), ({"owner": "<i>"}, "markup"),
        ({"effort_days": "nan"}, "above 0"), ({"effort_days": "1e309"}, "above 0"), ({"weeks": "-5"}, "above 0"),
        ({"weeks": True}, "above 0"), ({"state": "approved"}, "cannot be edited"),
    ],
)  # fmt: skip
def test_an_edit_that_says_nothing_or_cannot_be_is_refused_in_words(
    given: dict[str, object], told: str, store: Proposals, file: Path
) -> None:
    one, before = proposal_id(KEYS[0]), store.all()
    with pytest.raises(UsageError, match=told) as refused:
        decide(file.parent, "edit", [one], ANN, AT, edits=given)
    assert refused.value.next_step
    assert (store.all(), len(store.events())) == (before, len(KEYS))


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501, "<img src=x>", "--"])
@pytest.mark.parametrize("decision", ["reject", "defer"])
def test_a_reason_that_is_none_is_refused(decision: str, reason: str, store: Proposals, file: Path) -> None:
    with pytest.raises(UsageError, match=r"(?i)reason"):
        decide(file.parent, decision, [proposal_id(KEYS[0])], ANN, AT, reason=reason)
    assert len(store.events()) == len(KEYS)


def test_who_may_see_and_decide_is_the_same_everywhere(store: Proposals, file: Path) -> None:
    one, access = proposal_id(KEYS[0]), load_access()
    for role in ROLES:
        who, account = Principal("x", role), Account("x", role, 0.0, is_admin=True)
        assert access.may_see(account, "review") is (role in READERS)
        assert access.may(account, "decide") is (role == REVIEWER)  # who manages users decides no more for it
        if role in READERS:
            assert len(proposals_seen(file.parent, who, AT)) == len(KEYS)
        else:
            with pytest.raises(DeniedError, match="not shown to a"):
                proposals_seen(file.parent, who, AT)
        if role != REVIEWER:
            with pytest.raises(DeniedError, match="decided by a product_owner"):
                decide(file.parent, "approve", [one], who, AT)
    with pytest.raises(DeniedError, match="never in its own name"):
        decide(file.parent, "approve", [one], Principal(PROPOSER_NAME, "product_owner"), AT)
    assert store.find(one).state == "proposed"


_CHILD = """
import sys, itertools
from datetime import UTC, datetime
from pathlib import Path
from tools.actions.proposals import Proposals
from tools.actions.verdicts import Verdict
from warehouse.principal import Principal
store, who = Proposals(Path(sys.argv[1])), Principal("ann", "product_owner")
for turn in itertools.count():
    verdict = Verdict("edit", edits={"weeks": turn % 900 + 3})
    store.decide(sys.argv[2], verdict, who, datetime(2026, 10, 30, tzinfo=UTC))
    print(turn, flush=True)
"""


def test_what_was_told_outlives_a_kill(file: Path, store: Proposals) -> None:
    one = proposal_id(KEYS[0])
    store.close()
    child = subprocess.Popen([sys.executable, "-c", _CHILD, str(file), one], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = [int(child.stdout.readline()) for _ in range(25)]
    child.send_signal(signal.SIGKILL)
    told += [int(line) for line in child.stdout.read().splitlines() if line.strip()]
    child.wait()
    again = Proposals(file)
    found, events = again.find(one), again.events(one)
    assert found.version == len(events)  # one event a decision, none lost, none halved
    assert len(told) <= len(events) - 1 <= len(told) + 1
    assert found.now["weeks"] == events[-1].diff["weeks"][1]
