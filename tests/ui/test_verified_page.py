"""The page of verified queries over a real assistant: who sees what, proposing, editing, approving."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from agents.runtime import Assistant
from ui.answer_card import card
from ui.forms import Forms
from ui.verified_pages import VerifiedPages
from warehouse.principal import Principal, Role
from warehouse.settings import Settings

TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')
REVISION = re.compile(r'name="revision" value="(\d+)"')
ROLES: dict[str, Role] = {"anna": "executive", "ben": "analyst", "erin": "data_engineer", "eve": "data_engineer"}
ASKED, OTHERWISE = (
    "Top 5 states by repeat calls last week for MAPD",
    "Top 3 states by repeat calls last week for HMO",
)


class Known:
    """Stands in for sessions: whoever the cookie names."""

    def reader(self, cookies: Mapping[str, str]) -> SimpleNamespace | None:
        name = cookies.get("who", "")
        role = ROLES.get(name)
        return SimpleNamespace(name=name, role=role, principal=Principal(name, role)) if role else None


@pytest.fixture
def assistant(tiny_warehouse: Path, tmp_path: Path) -> Iterator[Assistant]:
    with closing(Assistant.open(Settings(var=tmp_path / "var"), tiny_warehouse)) as opened:
        yield opened


class Browser:
    """Somebody at the page."""

    def __init__(self, app: FastAPI, name: str) -> None:
        self.client = TestClient(app, cookies={"who": name}, follow_redirects=True)

    def see(self, query: str = "") -> str:
        return self.client.get(f"/verified{query}").text

    def post(self, page: str, **form: str) -> tuple[int, str]:
        shown = self.see(page)
        hidden = {"token": TOKEN.search(shown), "revision": REVISION.search(shown)}
        given = {name: found[1] for name, found in hidden.items() if found} | form
        answered = self.client.post("/verified", data=given)
        return answered.status_code, answered.text


def test_from_the_answer_card_to_a_verified_query(assistant: Assistant) -> None:
    app = FastAPI()
    app.include_router(VerifiedPages(assistant, Known(), Forms("secret", secure=False)).router)  # type: ignore[arg-type]
    anna, ben, erin, eve = (Browser(app, name) for name in ROLES)
    answer = assistant.ask(ASKED, Principal("anna", "executive"))
    assert card(answer)["propose"] is True
    page = f"?answer={answer.answer_id}"
    assert "Propose this answer" in anna.see(page)
    assert "of yours" in ben.see(page), "nobody proposes what somebody else asked"

    assert anna.client.post("/verified", data={"action": "propose", "answer": answer.answer_id}).status_code == 403
    code, text = anna.post(
        page, action="propose", answer=answer.answer_id, title="Repeat <b>calls</b>", owner="Care"
    )
    assert code == 200
    assert "Repeat &lt;b&gt;calls&lt;/b&gt;" in text
    proposal = re.search(r"/verified\?id=([0-9a-f]{8})", erin.see())
    assert proposal is not None
    detail = f"?id={proposal[1]}"
    assert "?id=" not in ben.see()
    assert "is for its proposer" in ben.see(detail)
    assert 'value="approve"' not in anna.see(detail)

    code, text = anna.post(page, action="approve", id=proposal[1], revision="1")
    assert (code, "Only a data engineer" in text) == (403, True)
    seen = erin.see(detail)
    assert seen.count('data-holds="yes"') == 10, seen
    code, text = erin.post(
        detail, action="save", id=proposal[1], title="States that call again", owner="Care", parameters="limit: [",
        questions=ASKED,
    )  # fmt: skip
    assert (code, "not YAML" in text) == (400, True)
    parameters = (
        "limit: {type: limit, default: 5}\nperiod: {type: period, default: last week}\nplan_type: {type: value}"
    )
    code, text = erin.post(
        detail, action="save", id=proposal[1], title="States that call again", owner="Care", parameters=parameters,
        questions=f"{ASKED}\nWhich 5 states had the most repeat calls last week?",
    )  # fmt: skip
    assert code == 200
    assert "revision 2" in text
    code, text = eve.post(detail, action="approve", id=proposal[1], revision="1")
    assert (code, "edited since" in text) == (400, True)
    assert assistant.ask(OTHERWISE, Principal("ben", "analyst")).trust == "governed_metric"
    assert erin.post(detail, action="approve", id=proposal[1])[0] == 200
    code, text = eve.post(detail, action="reject", id=proposal[1], revision="2", reason="no")
    assert (code, "approved by erin" in text) == (400, True)
    after = assistant.ask(OTHERWISE, Principal("ben", "analyst"))
    assert (after.trust, card(after)["propose"]) == ("verified_query", False)
    assert "States that call again" in ben.see()
