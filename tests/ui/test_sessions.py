"""Sessions: short, idle ones end, and whatever changes about their reader ends them on the server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from starlette.responses import Response

from ui.accounts import Accounts
from ui.stated import PURPOSE

HOUR = 3600.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """Accounts and sessions by a clock of the test."""

    def __init__(self, folder: Path) -> None:
        from ui.sessions import Sessions

        self.clock = Clock()
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        self.accounts = Accounts(folder / "users.db", clock=self.clock, hasher=quick)
        self.accounts.create_first(one_each=True)
        self.sessions = Sessions(self.accounts, hours=8, secure=False, idle_minutes=30)

    def sign_in(self, name: str = "analyst") -> dict[str, str]:
        response = Response()
        self.sessions.open(self.accounts.get(name), response)
        name, _, rest = response.headers["set-cookie"].partition("=")
        return {name: rest.partition(";")[0]}


@pytest.fixture
def desk(tmp_path: Path, chainlit_folder: Path) -> Desk:
    return Desk(tmp_path)


def test_a_session_slides_while_it_is_used_and_ends_for_good_after_its_hours(desk: Desk) -> None:
    cookies = desk.sign_in()
    for _ in range(23):
        desk.clock.now += 20 * 60
        assert desk.sessions.reader(cookies) is not None
    desk.clock.now += 20 * 60
    assert desk.sessions.reader(cookies) is None, "eight hours are the most"


def test_what_a_page_asks_by_itself_keeps_no_session_alive(desk: Desk) -> None:
    cookies = desk.sign_in()
    for _ in range(29):
        desk.clock.now += 60
        assert desk.sessions.reader(cookies, active=False) is not None
    desk.clock.now += 60
    assert desk.sessions.reader(cookies, active=False) is None
    assert desk.sessions.reader(cookies) is None, "an idle session does not come back"


CHANGES: dict[str, Callable[[Accounts], Any]] = {
    "role": lambda accounts: accounts.set_role("analyst", "executive"),
    "row filters": lambda accounts: accounts.set_attributes("analyst", {"plan_type": "HMO"}),
    "password": lambda accounts: accounts.set_password("analyst", "a sentence of mine"),
    "reset": lambda accounts: accounts.reset_password("analyst"),
    "lock": lambda accounts: accounts.lock("analyst"),
    "removal": lambda accounts: accounts.remove("analyst"),
    "everywhere": lambda accounts: accounts.end_sessions("analyst"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_ends_every_session_of_that_user_and_of_nobody_else(desk: Desk, change: str) -> None:
    mine, other, executive = desk.sign_in(), desk.sign_in(), desk.sign_in("executive")
    CHANGES[change](desk.accounts)
    assert desk.sessions.reader(mine) is None
    assert desk.sessions.reader(other) is None
    assert desk.sessions.reader(executive) is not None


def test_a_removed_user_of_the_same_name_gets_no_session_back(desk: Desk) -> None:
    cookies = desk.sign_in()
    desk.accounts.remove("analyst")
    desk.accounts.add("analyst", "member_advocate")
    assert desk.sessions.reader(cookies) is None


def test_two_sign_ins_in_one_moment_are_two_sessions(desk: Desk) -> None:
    one, two = desk.sign_in(), desk.sign_in()
    assert one != two
    desk.sessions.end(one, Response())
    assert desk.sessions.reader(one) is None
    assert desk.sessions.reader(two) is not None


def test_signing_out_of_the_last_session_ends_what_was_stated(desk: Desk) -> None:
    one, two = desk.sign_in("member_advocate"), desk.sign_in("member_advocate")
    desk.accounts.statements.state("member_advocate", PURPOSE, "grievance: case 1", HOUR)
    desk.sessions.end(one, Response())
    assert desk.accounts.get("member_advocate").stated is not None
    desk.sessions.end(two, Response())
    assert desk.accounts.get("member_advocate").stated is None


def test_a_token_of_ours_without_a_listed_session_is_none(desk: Desk) -> None:
    from chainlit.auth import create_jwt
    from chainlit.user import User

    forged = {"access_token": create_jwt(User("executive", metadata={"session": "x"}))}
    assert desk.sessions.claimed(forged) == "executive"
    assert desk.sessions.reader(forged) is None


def test_sessions_of_one_user_are_bounded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.sessions.MOST_SESSIONS", 3)
    jars = []
    for _ in range(5):
        desk.clock.now += 1
        jars.append(desk.sign_in())
    assert [desk.sessions.reader(jar) is not None for jar in jars] == [False, False, True, True, True]
