"""`agents.proposing.decide`, the function of every button: audited, all or none, one of two reviewers, kill -9."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from agents.proposing import decide, recommended
from agents.runtime import Assistant
from tools.actions.proposals import FILE, Proposals
from tools.actions.verdicts import Proposal
from warehouse.audit import AuditLog
from warehouse.errors import CommandCenterError, DeniedError, UsageError
from warehouse.principal import ROLES, Principal
from warehouse.settings import Settings

ANN, BOB = Principal("ann", "product_owner"), Principal("bob", "product_owner")
BILLING = "Billing: clearer message"


@pytest.fixture
def deciding(tiny_warehouse: Path, settings: Settings, tmp_path: Path) -> Iterator[Assistant]:
    own = settings.model_copy(update={"var": tmp_path})
    opened = Assistant.open(own, tiny_warehouse, clock=lambda: datetime(2026, 10, 30, tzinfo=UTC))
    yield opened
    opened.close()


def _decided(assistant: Assistant) -> list[dict[str, Any]]:
    return [record for record in assistant.audit.records() if record["event"] == "decided"]


def test_a_listed_action_is_proposed_and_decided_in_one_step_and_the_trail_tells(deciding: Assistant) -> None:
    (found,) = decide(deciding, "approve", [BILLING], ANN, source="chat")
    of_today = {c.title: c for c in recommended(deciding).ranked}
    assert found.state == "approved"
    assert found.frozen["reduction"] == of_today[BILLING].reduction
    (told,) = _decided(deciding)
    assert (told["user"], told["decision"], told["proposals"]) == ("ann", "approve", {found.id: "approved"})
    assert told["source"] == "chat"
    again = decide(deciding, "undo", [found.id], BOB)[0]
    assert (again.state, _decided(deciding)[1]["user"]) == ("proposed", "bob")
    decide(deciding, "reject", [found.id], BOB, reason="call 212-555-0147 first")
    assert "555" not in _decided(deciding)[2]["reason"]
    assert deciding.audit.verify().whole


def test_what_is_refused_or_only_previewed_leaves_no_trace(deciding: Assistant) -> None:
    regional = Principal("rae", "product_owner", attributes={"plan_type": "HMO"})
    others = [Principal("eve", role) for role in ROLES if role != "product_owner"]
    for who in (regional, *others):
        with pytest.raises(DeniedError):
            decide(deciding, "approve", [BILLING], who)
    preview = decide(deciding, "approve", [BILLING], ANN, preview=True)
    assert [one.state for one in preview] == ["approved"]
    for decision, names, given in (
        ("reject", [BILLING], {}),
        ("approve", [BILLING, "no such action"], {}),
        ("golive", [BILLING], {"go_live": "2026-11-02"}),  # not approved yet
        ("edit", [BILLING], {"edits": {"change": "  "}}),
        ("duplicate", [BILLING], {"duplicate_of": BILLING}),
        ("approve", [], {}),
    ):
        with pytest.raises(UsageError):
            decide(deciding, decision, names, ANN, **given)  # type: ignore[arg-type]
    with closing(Proposals(deciding.settings.state / FILE)) as store:
        assert {one.state for one in store.all()} <= {"proposed"}
        assert {event.action for event in store.events()} <= {"propose"}
    assert _decided(deciding) == []


def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told(deciding: Assistant) -> None:
    (seen,) = decide(deciding, "edit", [BILLING], ANN, edits={"weeks": 3})
    start = Barrier(2)

    def answer(who: Principal, decision: str, looked_at: Proposal) -> Proposal | str:
        start.wait()
        try:
            given = {"reason": "it is late", "version": looked_at.version}
            return decide(deciding, decision, [looked_at.id], who, **given)[0]  # type: ignore[arg-type]
        except CommandCenterError as error:
            return error.what

    for turn in range(6):
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(answer, (ANN, BOB), ("approve", "reject"), (seen, seen)))
        (won,) = [one for one in both if isinstance(one, Proposal)]
        (told,) = [one for one in both if isinstance(one, str)]
        winner = "ann" if won.state == "approved" else "bob"
        assert f"{won.state} by {winner}" in told, told
        (seen,) = decide(deciding, "undo", [won.id], ANN)
        assert seen.version == 2 + 2 * (turn + 1)
    assert len(_decided(deciding)) == 1 + 6 * 2


_CHILD = """
import sys, itertools
from datetime import UTC, datetime
from pathlib import Path
from tools.actions.deciding import decide
from warehouse.audit import AuditLog
from warehouse.principal import Principal
state, who, at = Path(sys.argv[1]), Principal("ann", "product_owner"), datetime(2026, 10, 30, tzinfo=UTC)
audit = AuditLog(state / "audit")
for turn in itertools.count():
    decide(state, ("approve", "undo")[turn % 2], sys.argv[2:], who, at, audit=audit)
    print(turn, flush=True)
"""


def test_a_kill_in_the_middle_leaves_all_or_none_of_a_decision(deciding: Assistant) -> None:
    state, names = deciding.settings.state, [c.title for c in recommended(deciding).ranked[:3]]
    ids = [one.id for one in decide(deciding, "edit", names, ANN, edits={"weeks": 9})]
    for wait in (0.0, 0.013, 0.029):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(state), *ids], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        child.wait()
        with closing(Proposals(state / FILE)) as store:
            found = [store.find(one) for one in ids]
            assert len({one.state for one in found}) == 1, "a part of a decision was kept"
            assert len({one.version for one in found}) == 1
            events = [event for event in store.events(ids[0]) if event.action != "propose"]
            assert found[0].version == len(events) + 1
        if found[0].state == "approved":
            decide(deciding, "undo", ids, ANN)
    with closing(AuditLog.of(deciding.settings)) as audit:
        assert audit.verify().whole
        assert len([r for r in audit.records() if r["event"] == "decided"]) >= len(events), "a decision untold"
