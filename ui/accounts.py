"""Who may sign in, with which role: one SQLite file, argon2 hashes, a lock-out that grows with wrong guesses."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from warehouse.errors import UsageError
from warehouse.principal import ROLES, Role

FREE_GUESSES = 5
FIRST_LOCK_SECONDS = 30.0
LONGEST_LOCK_SECONDS = 15 * 60.0
SHORTEST_PASSWORD = 12
_FORGET_GUESSES_AFTER = 24 * 3600.0
# No 0/o, 1/l/i: a first password is often read from a terminal and typed by hand.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, sessions_from REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS guesses (name TEXT PRIMARY KEY, wrong INTEGER NOT NULL, last REAL NOT NULL);
CREATE TABLE IF NOT EXISTS ended (session TEXT PRIMARY KEY, until REAL NOT NULL);
"""


@dataclass(frozen=True)
class SignIn:
    """A first sign-in that nobody has changed yet, for the terminal of whoever starts the server."""

    name: str
    role: Role
    password: str


@dataclass(frozen=True)
class Account:
    """Someone who may sign in. Sessions that began before `sessions_from` (epoch seconds) no longer count."""

    name: str
    role: Role
    sessions_from: float


@dataclass(frozen=True)
class Verdict:
    """Whether a name and password fit. `wait_seconds` is how long the name stays locked."""

    account: Account | None
    wait_seconds: float = 0.0


class Accounts:
    """The users table. `path` is the database file; first passwords are kept beside it until changed."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.time, hasher: PasswordHasher | None = None
    ) -> None:
        self._path = path
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(8))
        self._lock = threading.Lock()
        self._connection = open_private(path)
        self._connection.executescript(_SCHEMA)

    @property
    def sign_ins_file(self) -> Path:
        """Where the generated first passwords are kept (mode 0600)."""
        return self._path.parent / "sign-ins.txt"

    def create_first(self) -> None:
        """One user for each role that has none yet, with a random password."""
        with self._transaction() as connection:
            taken = {row[0] for row in connection.execute("SELECT role FROM users")}
        created = [SignIn(role, role, _readable_password()) for role in ROLES if role not in taken]
        for sign_in in created:
            self._store(sign_in.name, sign_in.role, sign_in.password)
        if created:
            self._keep([*self.sign_ins(), *created])

    def sign_ins(self) -> tuple[SignIn, ...]:
        """The first sign-ins whose password was never changed."""
        if not self.sign_ins_file.exists():
            return ()
        lines = (line.split("\t") for line in self.sign_ins_file.read_text(encoding="utf-8").splitlines())
        return tuple(SignIn(name, _role(role), password) for name, role, password in lines)

    def verify(self, name: str, password: str) -> Verdict:
        """Check a guess. An unknown name costs the same time and locks the same way as a known one."""
        name = name.strip().lower()[:64]
        if wait := self._locked_for(name):
            return Verdict(None, wait)
        account = self.find(name)
        if self._fits(self._hash_of(name) or self._nobody, password) and account:
            self._forget_guesses(name)
            return Verdict(account)
        self._count_wrong_guess(name)
        return Verdict(None, self._locked_for(name))

    def find(self, name: str) -> Account | None:
        """The account of that name as the database has it now, or None."""
        with self._transaction() as connection:
            row = connection.execute(
                "SELECT name, role, sessions_from FROM users WHERE name = ?", (name,)
            ).fetchone()
        return Account(row[0], _role(row[1]), row[2]) if row else None

    def set_password(self, name: str, password: str) -> None:
        """Change a password; every session of that user that began earlier ends.

        Raises UsageError for an unknown name or a password that is too short.
        """
        account = self.find(name)
        if account is None:
            raise UsageError(f"There is no user {name!r}.", where="sign-in", next_step="Check the name.")
        if len(password) < SHORTEST_PASSWORD:
            raise UsageError(
                f"The new password has fewer than {SHORTEST_PASSWORD} characters.",
                where="new password",
                next_step="Choose a longer one; a sentence is fine.",
            )
        self._store(name, account.role, password)
        self._keep([sign_in for sign_in in self.sign_ins() if sign_in.name != name])

    def end_session(self, session: str, until: float) -> None:
        """Remember that a session was signed out before it would have run out at `until` (epoch seconds)."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM ended WHERE until < ?", (self._clock(),))
            connection.execute("INSERT OR IGNORE INTO ended VALUES (?, ?)", (session, until))

    def session_stands(self, session: str, name: str, began: float) -> Account | None:
        """The account behind a session, or None when it was signed out, outdated or its user is gone."""
        account = self.find(name)
        with self._transaction() as connection:
            ended = connection.execute("SELECT 1 FROM ended WHERE session = ?", (session,)).fetchone()
        return account if account and not ended and began >= account.sessions_from else None

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._connection as connection:
            yield connection

    def _store(self, name: str, role: Role, password: str) -> None:
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO users VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, "
                "sessions_from = excluded.sessions_from",
                (name, role, self._hasher.hash(password), self._clock()),
            )

    def _keep(self, sign_ins: list[SignIn]) -> None:
        descriptor = os.open(self.sign_ins_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{s.name}\t{s.role}\t{s.password}\n" for s in sign_ins)

    def _hash_of(self, name: str) -> str | None:
        with self._transaction() as connection:
            row = connection.execute("SELECT hash FROM users WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def _locked_for(self, name: str) -> float:
        with self._transaction() as connection:
            row = connection.execute("SELECT wrong, last FROM guesses WHERE name = ?", (name,)).fetchone()
        if row is None or row[0] < FREE_GUESSES:
            return 0.0
        lock = min(FIRST_LOCK_SECONDS * 2 ** min(row[0] - FREE_GUESSES, 10), LONGEST_LOCK_SECONDS)
        return float(max(0.0, row[1] + lock - self._clock()))

    def _count_wrong_guess(self, name: str) -> None:
        now = self._clock()
        with self._transaction() as connection:
            connection.execute("DELETE FROM guesses WHERE last < ?", (now - _FORGET_GUESSES_AFTER,))
            connection.execute(
                "INSERT INTO guesses VALUES (?, 1, ?) "
                "ON CONFLICT (name) DO UPDATE SET wrong = wrong + 1, last = excluded.last",
                (name, now),
            )

    def _forget_guesses(self, name: str) -> None:
        with self._transaction() as connection:
            connection.execute("DELETE FROM guesses WHERE name = ?", (name,))


def open_private(path: Path) -> sqlite3.Connection:
    """A SQLite file that only its owner may read, made when missing; callers take turns by their own lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # SQLite gives its side files the mode of the database, so the mode comes first.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    return sqlite3.connect(path, check_same_thread=False, timeout=5)


def _readable_password() -> str:
    groups = ("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


def _role(text: str) -> Role:
    for role in ROLES:
        if role == text:
            return role
    raise UsageError(f"There is no role {text!r}.", where="users.db", next_step=f"Use one of: {', '.join(ROLES)}.")
