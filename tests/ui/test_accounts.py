"""Accounts: hashed, locked after wrong guesses, ended and audited when their rights change."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests.ui.in_memory import Clock, Trail
from ui.accounts import Accounts
from ui.guessing import FIRST_LOCK_SECONDS, FREE_GUESSES, FREE_GUESSES_OF_ADDRESS, LONGEST_LOCK_SECONDS
from ui.stated import BREAK_GLASS, PURPOSE
from warehouse.audit import AuditLog
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import ROLES

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def trail() -> Trail:
    return Trail()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock, trail: Trail) -> Accounts:
    return Accounts(tmp_path / "state" / "users.db", clock=clock, hasher=QUICK, trail=trail)


@pytest.fixture
def passwords(accounts: Accounts) -> dict[str, str]:
    return {made.name: made.password for made in accounts.create_first(one_each=True)}


def test_the_first_start_makes_an_administrator_with_a_password_that_is_kept_nowhere(
    accounts: Accounts, tmp_path: Path
) -> None:
    (made,) = accounts.create_first()
    assert (made.name, made.is_admin) == ("admin", True)
    assert accounts.verify("admin", made.password).account is not None
    assert accounts.create_first() == ()
    everything = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"$argon2id$" in everything
    assert made.password.encode() not in everything
    assert stat.S_IMODE((tmp_path / "state" / "users.db").stat().st_mode) == 0o600


def test_a_demo_start_adds_one_user_a_role_and_a_second_start_nobody(
    accounts: Accounts, passwords: dict[str, str]
) -> None:
    assert set(passwords) == {"admin", *ROLES}
    assert len(set(passwords.values())) == len(passwords)
    assert accounts.create_first(one_each=True) == ()


def test_managing_users_opens_no_member_rows(accounts: Accounts, passwords: dict[str, str]) -> None:
    from warehouse.guard import Deny, check

    admin = accounts.get("admin")
    assert isinstance(check("SELECT member_id, first_name FROM gold.members LIMIT 1", admin.principal), Deny)
    for change in (
        lambda: accounts.set_role("admin", "member_advocate", by="admin"),
        lambda: accounts.set_attributes("admin", {}, by="admin"),
        lambda: accounts.remove("admin"),
        lambda: accounts.lock("admin"),
        lambda: accounts.set_role("admin", "analyst", is_admin=False),
    ):
        with pytest.raises(UsageError, match=r"own rights|only administrator"):
            change()


def test_a_file_of_the_version_before_goes_on_with_its_passwords(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    with sqlite3.connect(state / "users.db") as old:
        old.executescript(
            "CREATE TABLE users (name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, "
            "sessions_from REAL NOT NULL DEFAULT 0);"
            "CREATE TABLE guesses (name TEXT PRIMARY KEY, wrong INTEGER NOT NULL, last REAL NOT NULL);"
            "CREATE TABLE ended (session TEXT PRIMARY KEY, until REAL NOT NULL);"
        )
        old.execute("INSERT INTO users VALUES ('analyst', 'analyst', ?, 0)", (QUICK.hash("as it was before"),))
    accounts = Accounts(state / "users.db", hasher=QUICK)
    assert [made.name for made in accounts.create_first(one_each=True)] == ["admin"]
    assert accounts.verify("analyst", "as it was before").account is not None


def test_the_right_password_gives_the_role_and_a_wrong_one_nothing(
    accounts: Accounts, passwords: dict[str, str]
) -> None:
    verdict = accounts.verify("analyst", passwords["analyst"])
    assert verdict.account is not None
    assert verdict.account.role == "analyst"
    assert accounts.verify("analyst", passwords["executive"]).account is None
    assert accounts.verify("nobody", "anything").account is None


@pytest.mark.parametrize("name", ["analyst", "nobody"])
def test_wrong_guesses_lock_any_name_longer_each_time(
    accounts: Accounts, passwords: dict[str, str], clock: Clock, name: str
) -> None:
    waits = [accounts.verify(name, "wrong").wait_seconds for _ in range(FREE_GUESSES)]
    assert waits == [0.0] * (FREE_GUESSES - 1) + [FIRST_LOCK_SECONDS]
    assert accounts.verify(name, passwords.get(name, "")).account is None, "locked for the right password too"
    assert accounts.verify("executive", passwords["executive"]).account is not None
    clock.now += FIRST_LOCK_SECONDS + 1
    assert accounts.verify(name, "wrong").wait_seconds == 2 * FIRST_LOCK_SECONDS
    clock.now += LONGEST_LOCK_SECONDS
    if name in passwords:
        assert accounts.verify(name, passwords[name]).account is not None
        assert accounts.verify(name, "wrong").wait_seconds == 0.0, "a success forgets the guesses"


def test_many_guesses_at_once_gain_nothing(accounts: Accounts, passwords: dict[str, str]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda _: accounts.verify("analyst", "wrong"), range(24)))
    checked = [verdict for verdict in verdicts if verdict.wait_seconds <= FIRST_LOCK_SECONDS]
    assert len(checked) == 24
    with accounts.file.transaction() as connection:
        (wrong,) = connection.execute("SELECT wrong FROM wrong_guesses WHERE key = 'name analyst'").fetchone()
    assert wrong == FREE_GUESSES


def test_one_address_that_tries_many_names_locks_and_leaves_others_in_peace(
    accounts: Accounts, passwords: dict[str, str], clock: Clock
) -> None:
    for number in range(FREE_GUESSES_OF_ADDRESS):
        accounts.verify(f"name{number}", "Winter2026!", address="203.0.113.7")
    assert accounts.verify("analyst", passwords["analyst"], address="203.0.113.7").wait_seconds > 0
    assert accounts.verify("analyst", passwords["analyst"], address="203.0.113.8").account is not None
    assert accounts.verify("analyst", "x", address="2001:db8::1").wait_seconds == 0
    clock.now += 3600
    assert accounts.verify("analyst", passwords["analyst"], address="203.0.113.7").account is not None


def test_guesses_of_a_stranger_never_keep_the_owner_out_of_a_browser_of_theirs(
    accounts: Accounts, passwords: dict[str, str]
) -> None:
    for _ in range(FREE_GUESSES + 1):
        accounts.verify("analyst", "wrong", address="203.0.113.7")
    assert accounts.verify("analyst", passwords["analyst"], address="198.51.100.1").account is None
    own = accounts.verify("analyst", passwords["analyst"], address="198.51.100.1", browser="b1")
    assert own.account is not None
    waits = [accounts.verify("analyst", "wrong", browser="b2").wait_seconds for _ in range(FREE_GUESSES)]
    assert waits[-1] == FIRST_LOCK_SECONDS, "a known browser is counted by itself, not trusted"


def test_what_is_remembered_of_guesses_is_bounded(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr("ui.guessing.MOST_KEYS", 20)
    for number in range(50):
        clock.now += 1
        accounts.verify(f"name{number}", "wrong")
    with accounts.file.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM wrong_guesses").fetchone() == (20,)


def test_a_locked_account_learns_it_with_the_right_password_only(
    accounts: Accounts, passwords: dict[str, str]
) -> None:
    accounts.lock("analyst", by="admin")
    assert not accounts.verify("analyst", "wrong").locked
    verdict = accounts.verify("analyst", passwords["analyst"])
    assert verdict.locked
    assert verdict.account is None
    accounts.unlock("analyst", by="admin")
    assert accounts.verify("analyst", passwords["analyst"]).account is not None


def test_a_reset_password_works_at_once_and_the_old_one_no_more(
    accounts: Accounts, passwords: dict[str, str]
) -> None:
    for _ in range(FREE_GUESSES):
        accounts.verify("admin", "wrong")
    made = accounts.reset_password("admin")
    assert accounts.verify("admin", passwords["admin"]).account is None
    assert accounts.verify("admin", made.password).account is not None


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "executive2026", "x" * 300])
def test_a_poor_password_is_refused_with_a_way_on(
    accounts: Accounts, passwords: dict[str, str], password: str
) -> None:
    with pytest.raises(UsageError, match="password") as refused:
        accounts.set_password("executive", password)
    assert refused.value.next_step


@pytest.mark.parametrize("name", ["", "a b", "../x", "Ünal", "x" * 65, "<b>"])
def test_a_name_that_is_none_is_refused(accounts: Accounts, name: str) -> None:
    with pytest.raises(UsageError, match="user name"):
        accounts.add(name, "analyst")


def test_whatever_changes_is_audited_first_or_does_not_happen(
    accounts: Accounts, passwords: dict[str, str], trail: Trail
) -> None:
    accounts.add("anna", "analyst", attributes={"plan_type": "HMO"}, by="admin")
    accounts.set_role("anna", "executive", by="admin")
    accounts.set_attributes("anna", {}, by="admin")
    accounts.lock("anna", by="admin")
    accounts.verify("anna", "a guess with a Typo")
    accounts.remove("anna", by="admin")
    told = trail.events[len(passwords) :]
    assert told == [
        "user_added", "role_changed", "attributes_changed", "user_locked", "sign_in_refused", "user_removed",
    ]  # fmt: skip
    assert "Typo" not in str(trail.records)
    assert passwords["admin"] not in str(trail.records)
    trail.broken = True
    before = accounts.all()
    for change in (
        lambda: accounts.add("ben", "analyst"),
        lambda: accounts.set_role("analyst", "member_advocate"),
        lambda: accounts.set_password("analyst", "a sentence of mine"),
        lambda: accounts.remove("analyst"),
        lambda: accounts.unlock("analyst"),
    ):
        with pytest.raises(DeniedError):
            change()
    assert accounts.all() == before
    trail.broken = False
    assert accounts.verify("analyst", passwords["analyst"]).account is not None


def test_what_is_stated_decides_the_principal_and_ends_by_the_clock(
    accounts: Accounts, passwords: dict[str, str], clock: Clock
) -> None:
    accounts.set_attributes("member_advocate", {"plan_type": "HMO"})
    plain = accounts.get("member_advocate").principal
    assert (plain.purpose, plain.attributes, plain.break_glass) == (None, {"plan_type": "HMO"}, None)
    accounts.statements.state("member_advocate", PURPOSE, "grievance: case 1", 60)
    stated = accounts.get("member_advocate").principal
    assert (stated.purpose, stated.attributes) == ("grievance: case 1", {"plan_type": "HMO"})
    accounts.statements.state("member_advocate", BREAK_GLASS, "a member is in danger now", 60)
    broken = accounts.get("member_advocate").principal
    assert (broken.purpose, broken.attributes, broken.break_glass) == (None, {}, "a member is in danger now")
    assert len({plain.rights, stated.rights, broken.rights}) == 3
    clock.now += 61
    assert accounts.get("member_advocate").principal == plain


def test_a_change_of_role_ends_what_was_stated(accounts: Accounts, passwords: dict[str, str]) -> None:
    accounts.statements.state("member_advocate", PURPOSE, "grievance: case 1", 600)
    accounts.set_role("member_advocate", "analyst")
    accounts.set_role("member_advocate", "member_advocate")
    assert accounts.get("member_advocate").stated is None


def test_the_real_trail_takes_the_events(tmp_path: Path) -> None:
    trail = AuditLog(tmp_path / "audit")
    accounts = Accounts(tmp_path / "users.db", hasher=QUICK, trail=trail)
    accounts.create_first()
    accounts.note("purpose_stated", "bea", purpose="grievance: case 123")
    assert [record["event"] for record in trail.records()] == ["user_added", "purpose_stated"]
    assert trail.verify().whole
