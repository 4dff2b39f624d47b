"""Purposes and broken glass: stated, checked, audited first, ended by the server; on pages and command line."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from ui.accounts import Accounts
from ui.stated import BREAK_GLASS, PURPOSE
from warehouse.audit import AuditLog
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import ROLES
from warehouse.purposes import break_glass_reason, load_purposes, parse_purpose, require_may_state, stated_purpose

TOKEN = re.compile(r'name="token" value="([0-9a-f]+)"')
REASON = "A member in acute danger called and the advocate cannot be reached"
ROWS = "SELECT member_id, first_name FROM gold.members ORDER BY member_id LIMIT 3"


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("grievance: case 123", "grievance: case 123"),
        ("Complaint 4711", "grievance: 4711"),
        ("care coordination:  T-99 ", "treatment: T-99"),
        ("Quality review: call 9/2", "quality: call 9/2"),
    ],
)
def test_a_purpose_is_read_from_one_text(text: str, stated: str) -> None:
    assert parse_purpose(text) == stated


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("curiosity: case 1", "Use one of"),
        ("grievence: case 1", "Did you mean grievance"),
        ("grievance", "case 123"),
        ("payment: Jane Doe", "case 123"),
        ("payment: 1\n2\x00", "case 123"),
        ("", "Use one of"),
        ("grievances: 12", "Did you mean grievance"),
    ],
)
def test_a_purpose_that_is_none_is_refused_with_a_way_on(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_purpose(text)
    assert hint in refused.value.next_step


def test_only_the_roles_of_the_policy_open_member_rows() -> None:
    assert all(stated_purpose(purpose.key, "case 1") for purpose in load_purposes().purposes)
    for role in ROLES:
        may_state, may_break = role == "member_advocate", role in ("member_advocate", "data_engineer")
        for allowed, attempt in (
            (may_state, lambda role=role: require_may_state(role)),
            (may_break, lambda role=role: break_glass_reason(role, REASON)),
        ):
            if allowed:
                attempt()
            else:
                with pytest.raises(DeniedError):
                    attempt()


@pytest.mark.parametrize("reason", ["", "too short", "x" * 40, "a b a b a b a b a b a b a b", "a\x00" * 30])
def test_a_poor_reason_breaks_no_glass(reason: str) -> None:
    with pytest.raises(UsageError):
        break_glass_reason("member_advocate", reason)


class Reader:
    """Somebody at the pages of the running site."""

    def __init__(self, site: Any, name: str) -> None:
        self.client = httpx.Client(base_url=site.address, timeout=90, headers={"origin": site.address})
        self.post("/login", {"name": name, "password": site.passwords[name]}, page="/login")

    def post(self, path: str, form: dict[str, str], page: str = "/purpose") -> httpx.Response:
        found = TOKEN.search(self.client.get(page).text)
        assert found is not None
        return self.client.post(path, data={**form, "token": found[1]})

    @property
    def session(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.client.get("/session").json()
        return shown


def events(site: Any, user: str) -> list[dict[str, Any]]:
    trail = AuditLog(site.state / "audit")
    return [record for record in trail.records() if record.get("user") == user]


def test_an_advocate_states_and_ends_a_purpose_and_both_are_audited(site: Any) -> None:
    advocate = Reader(site, "member_advocate")
    assert advocate.session["stated"] is None
    assert advocate.post("/purpose", {"purpose": "grievance", "reference": "nothing"}).status_code == 400
    assert advocate.post("/purpose", {"purpose": "curiosity", "reference": "case 1"}).status_code == 400
    assert (
        advocate.client.post("/purpose", data={"purpose": "grievance", "reference": "case 1"}).status_code == 400
    )
    assert advocate.session["stated"] is None
    assert advocate.post("/purpose", {"purpose": "grievance", "reference": "case 77"}).status_code == 303
    assert advocate.session["stated"] == {"kind": PURPOSE, "text": "grievance: case 77", "minutesLeft": 60}
    assert "grievance: case 77" in advocate.client.get("/purpose").text
    advocate.post("/purpose/end", {})
    assert advocate.session["stated"] is None
    told = [record["event"] for record in events(site, "member_advocate")]
    assert told[-2:] == ["purpose_stated", "purpose_ended"]


@pytest.mark.parametrize(
    ("asked", "after"),
    [("/dashboard/playback", "/dashboard/playback"), ("", "/chat"), ("https://elsewhere.example/", "/chat"),
     ("//elsewhere.example", "/chat")],
)  # fmt: skip
def test_a_purpose_leads_back_to_what_it_is_for_and_nowhere_else(asked: str, after: str, site: Any) -> None:
    advocate = Reader(site, "member_advocate")
    shown = advocate.client.get("/purpose", params={"next": asked}).text
    assert f'name="next" value="{html.escape(asked)}"' in shown
    found = advocate.post("/purpose", {"purpose": "grievance", "reference": "case 77", "next": asked})
    assert (found.status_code, found.headers["location"]) == (303, after)
    advocate.post("/purpose/end", {})


def test_glass_breaks_for_who_may_and_leaves_a_record_of_its_own(site: Any) -> None:
    engineer, analyst = Reader(site, "data_engineer"), Reader(site, "analyst")
    assert engineer.post("/purpose", {"purpose": "grievance", "reference": "case 1"}).status_code == 403
    assert engineer.post("/break-glass", {"reason": "let me in"}).status_code == 400
    assert engineer.post("/break-glass", {"reason": REASON}).status_code == 303
    assert engineer.session["stated"]["kind"] == BREAK_GLASS
    record = events(site, "data_engineer")[-1]
    assert (record["event"], record["reason"], record["role"]) == (BREAK_GLASS, REASON, "data_engineer")
    token = {"token": "0" * 64}
    assert analyst.client.post("/break-glass", data={"reason": REASON, **token}).status_code == 403
    assert analyst.client.post("/purpose", data={"purpose": "grievance", "reference": "case 1"}).status_code == 403
    assert analyst.session["stated"] is None
    assert "<form" not in analyst.client.get("/purpose").text
    engineer.post("/purpose/end", {})


def test_no_glass_breaks_without_the_audit_trail(tmp_path: Path, chainlit_folder: Path) -> None:
    from fastapi import FastAPI
    from starlette.testclient import TestClient

    from ui.forms import Forms
    from ui.purpose_pages import PurposePages
    from ui.sessions import Sessions

    accounts = Accounts(tmp_path / "users.db")
    accounts.add("bea", "member_advocate")
    sessions, forms = Sessions(accounts, hours=1, secure=False), Forms("secret", secure=False)
    pages = PurposePages(accounts, sessions, forms, purpose_minutes=60, break_glass_minutes=30)
    app = FastAPI()
    app.include_router(pages.router)
    app.add_api_route("/enter", lambda: _entered(sessions, accounts), methods=["GET"])
    client = TestClient(app, follow_redirects=False)
    client.get("/enter")
    found = TOKEN.search(client.get("/purpose").text)
    assert found is not None
    accounts._trail = _Broken()
    for path, form in (
        ("/break-glass", {"reason": REASON}),
        ("/purpose", {"purpose": "payment", "reference": "1 2"}),
    ):
        assert client.post(path, data={**form, "token": found[1]}).status_code == 403
        assert accounts.get("bea").stated is None


def _entered(sessions: Any, accounts: Accounts) -> Any:
    from fastapi.responses import JSONResponse

    response = JSONResponse({})
    sessions.open(accounts.get("bea"), response)
    return response


class _Broken:
    def append(self, record: dict[str, Any]) -> int:
        raise DeniedError("The audit record cannot be written.", code="audit_unavailable")

    def fingerprint(self, text: str) -> str:
        return text

    def spoken(self, text: str) -> str:
        return text

    def close(self) -> None:
        """Nothing to close."""


def test_the_command_line_reads_rows_for_a_purpose_or_through_broken_glass(
    command_center: Callable[..., Any], tiny_warehouse: Path, command_line_state: Path
) -> None:
    base = ("sql", ROWS, "--warehouse", tiny_warehouse, "--json")
    assert command_center(*base, "--role", "member_advocate").code == 3
    assert command_center(*base, "--role", "member_advocate", "--purpose", "curiosity").code == 2
    assert command_center(*base, "--role", "analyst", "--purpose", "grievance: case 1").code == 3
    assert command_center(*base, "--role", "analyst", "--break-glass", REASON).code == 3
    assert command_center(*base, "--role", "data_engineer", "--break-glass", "let me in").code == 2
    read = command_center(*base, "--role", "member_advocate", "--purpose", "complaint: case 1")
    assert (read.code, len(read.objects()[0]["rows"])) == (0, 3)
    broken = command_center(*base, "--role", "data_engineer", "--break-glass", REASON)
    assert broken.objects()[0]["rows"] == read.objects()[0]["rows"]
    records = AuditLog(command_line_state / "state" / "audit").records()
    at = next(i for i, record in enumerate(records) if record["event"] == BREAK_GLASS)
    assert records[at]["reason"] == REASON
    assert records[at + 1]["event"] == "judged", "the glass breaks before anything is read"
    assert any(record.get("purpose") == "grievance: case 1" for record in records)


def test_row_filters_narrow_the_command_line_and_unknown_ones_are_refused(
    command_center: Callable[..., Any], tiny_warehouse: Path
) -> None:
    plans = "SELECT plan_type, COUNT(*) AS calls FROM gold.calls GROUP BY plan_type"
    base = ("sql", plans, "--warehouse", tiny_warehouse, "--json")
    every = command_center(*base).objects()[0]["rows"]
    only = command_center(*base, "--only", "plan_type=hmo").objects()[0]["rows"]
    assert len(every) > 1
    assert only == [row for row in every if row[0] == "HMO"]
    wrong = command_center(*base, "--only", "plan_typ=HMO")
    assert (wrong.code, "Did you mean plan_type" in wrong.err) == (2, True)
    wrong = command_center(*base, "--only", "plan_type=HNO")
    assert (wrong.code, "Did you mean HMO" in wrong.err) == (2, True)


def test_users_are_managed_from_the_command_line(
    command_center: Callable[..., Any], tiny_warehouse: Path, command_line_state: Path
) -> None:
    warehouse = ("--warehouse", tiny_warehouse)
    made = command_center(
        "users", "add", "anna", "--role", "analyst", "--only", "plan_type=HMO", *warehouse, "--json"
    )
    password = made.objects()[0]["password"]
    accounts = Accounts(command_line_state / "state" / "users.db")
    verdict = accounts.verify("anna", password)
    assert verdict.account is not None
    assert dict(verdict.account.attributes) == {"plan_type": "HMO"}
    assert command_center("users", "add", "anna", "--role", "analyst").code == 2
    assert "Did you mean executive" in command_center("users", "set-role", "anna", "exective").err
    assert command_center("users", "set-role", "anna", "executive").code == 0
    assert command_center("users", "set-only", "anna").code == 0
    reset = command_center("users", "reset-password", "anna", "--json").objects()[0]["password"]
    assert accounts.verify("anna", password).account is None
    account = accounts.verify("anna", reset).account
    assert account is not None
    assert (account.role, dict(account.attributes)) == ("executive", {})
    command_center("users", "lock", "anna")
    assert accounts.verify("anna", reset).locked
    listed = command_center("users", "list", "--json").objects()[0]
    assert [user["locked"] for user in listed if user["name"] == "anna"] == [True]  # type: ignore[index]
    assert command_center("users", "remove", "anna").code == 0
    assert "Did you mean" not in command_center("users", "remove", "zzz").err
    assert accounts.find("anna") is None
