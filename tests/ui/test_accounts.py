"""Sign-ins: one a role, hashed, locked after wrong guesses, ended when the password changes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from ui.accounts import FIRST_LOCK_SECONDS, FREE_GUESSES, LONGEST_LOCK_SECONDS, Accounts
from warehouse.errors import UsageError
from warehouse.principal import ROLES

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Accounts:
    made = Accounts(tmp_path / "state" / "users.db", clock=clock, hasher=QUICK)
    made.create_first()
    return made


def password_of(accounts: Accounts, name: str) -> str:
    return next(sign_in.password for sign_in in accounts.sign_ins() if sign_in.name == name)


def test_every_role_gets_one_sign_in_with_its_own_password(accounts: Accounts) -> None:
    assert {sign_in.role for sign_in in accounts.sign_ins()} == set(ROLES)
    assert len({sign_in.password for sign_in in accounts.sign_ins()}) == len(ROLES)


def test_a_second_start_keeps_the_sign_ins(accounts: Accounts, tmp_path: Path) -> None:
    before = accounts.sign_ins()
    again = Accounts(tmp_path / "state" / "users.db", hasher=QUICK)
    again.create_first()
    assert again.sign_ins() == before


def test_no_password_is_stored_in_the_users_file_and_only_the_owner_reads_either(
    accounts: Accounts, tmp_path: Path
) -> None:
    stored = (tmp_path / "state" / "users.db").read_bytes()
    assert b"$argon2id$" in stored
    assert not any(sign_in.password.encode() in stored for sign_in in accounts.sign_ins())
    for file in ("users.db", "sign-ins.txt"):
        assert stat.S_IMODE((tmp_path / "state" / file).stat().st_mode) == 0o600


def test_the_right_password_gives_the_role_and_a_wrong_one_nothing(accounts: Accounts) -> None:
    verdict = accounts.verify("analyst", password_of(accounts, "analyst"))
    assert verdict.account is not None
    assert verdict.account.role == "analyst"
    assert accounts.verify("analyst", password_of(accounts, "executive")).account is None
    assert accounts.verify("nobody", "anything").account is None


def test_wrong_guesses_lock_the_name_longer_each_time(accounts: Accounts, clock: Clock) -> None:
    right = password_of(accounts, "analyst")
    waits = [accounts.verify("analyst", "wrong").wait_seconds for _ in range(FREE_GUESSES)]
    assert waits == [0.0] * (FREE_GUESSES - 1) + [FIRST_LOCK_SECONDS]
    assert accounts.verify("analyst", right).account is None, "a locked name stays locked for the right password"
    assert accounts.verify("executive", password_of(accounts, "executive")).account is not None
    clock.now += FIRST_LOCK_SECONDS + 1
    assert accounts.verify("analyst", "wrong").wait_seconds == 2 * FIRST_LOCK_SECONDS
    clock.now += LONGEST_LOCK_SECONDS
    assert accounts.verify("analyst", right).account is not None
    assert accounts.verify("analyst", "wrong").wait_seconds == 0.0, "a success forgets the guesses"


def test_an_unknown_name_locks_like_a_known_one(accounts: Accounts) -> None:
    waits = [accounts.verify("nobody", "wrong").wait_seconds for _ in range(FREE_GUESSES)]
    assert waits[-1] == FIRST_LOCK_SECONDS


def test_a_new_password_replaces_the_printed_one_and_ends_older_sessions(accounts: Accounts, clock: Clock) -> None:
    old, began = password_of(accounts, "executive"), clock.now
    clock.now += 10
    accounts.set_password("executive", "a long sentence of mine")
    assert "executive" not in {sign_in.name for sign_in in accounts.sign_ins()}
    assert accounts.verify("executive", old).account is None
    assert accounts.verify("executive", "a long sentence of mine").account is not None
    assert accounts.session_stands("token", "executive", began) is None
    assert accounts.session_stands("token", "executive", clock.now) is not None


def test_a_short_password_is_refused_with_a_way_on(accounts: Accounts) -> None:
    with pytest.raises(UsageError, match="characters"):
        accounts.set_password("executive", "short")


def test_a_session_that_was_ended_no_longer_stands(accounts: Accounts, clock: Clock) -> None:
    assert accounts.session_stands("token", "executive", clock.now) is not None
    accounts.end_session("token", clock.now + 3600)
    assert accounts.session_stands("token", "executive", clock.now) is None
    assert accounts.session_stands("another", "executive", clock.now) is not None
