"""Who may sign in, with which role and row filters, and who may manage them. Passwords are kept as hashes only.

Whatever is changed here is written to the audit trail first; without the trail nothing changes. Changing a
password, a role, row filters or a lock ends the sessions of that user.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from argon2 import PasswordHasher

from ui.account_file import AccountFile
from ui.guessing import Guesses, keys_of
from ui.passwords import Passwords, readable_password, require_good
from ui.stated import PURPOSE, Stated, Statements
from warehouse.errors import UsageError
from warehouse.principal import ROLES, Principal, Role
from warehouse.settings import Settings

ADMIN = "admin"
COMMAND_LINE = "cli"
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_TOLD = ("purpose", "reason")
_COLUMNS = "name, role, sessions_from, is_admin, attributes, locked, subject, signed_in"


class Trail(Protocol):
    """The audit trail, as far as accounts need it: `warehouse.audit.AuditLog`."""

    def append(self, record: dict[str, Any]) -> int:
        """Write a record or raise DeniedError."""

    def fingerprint(self, text: str) -> str:
        """A keyed hash of a text that must not be kept."""

    def spoken(self, text: str) -> str:
        """A stated purpose or reason without what may point at somebody."""

    def close(self) -> None:
        """Close it."""


@dataclass(frozen=True)
class SignIn:
    """A new account with its generated password, to be shown once."""

    name: str
    role: Role
    password: str
    is_admin: bool = False


@dataclass(frozen=True)
class Account:
    """Someone who may sign in. Sessions that began before `sessions_from` (epoch seconds) no longer count.

    `subject` is who an outside provider says it is; such an account has no password of ours. `stated` is the
    purpose or break-glass access that is open now.
    """

    name: str
    role: Role
    sessions_from: float
    is_admin: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)
    locked: bool = False
    subject: str = ""
    signed_in: float = 0.0
    stated: Stated | None = None

    @property
    def principal(self) -> Principal:
        """What the door is told. Breaking the glass reaches beyond the row filters; a purpose does not."""
        if self.stated is None:
            return Principal(self.name, self.role, attributes=dict(self.attributes))
        if self.stated.kind == PURPOSE:
            return Principal(self.name, self.role, self.stated.text, dict(self.attributes))
        return Principal(self.name, self.role, break_glass=self.stated.text)


@dataclass(frozen=True)
class Verdict:
    """Whether a name and password fit. Guesses wait `wait_seconds`; who fits is told of a lock."""

    account: Account | None
    wait_seconds: float = 0.0
    locked: bool = False


class Accounts:
    """The users. `path` is the database file; `trail` is where changes are audited."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        hasher: PasswordHasher | None = None,
        trail: Trail | None = None,
    ) -> None:
        self.file = AccountFile(path)
        self.clock = clock
        self.statements = Statements(self.file, clock)
        self._trail = trail
        self._passwords = Passwords(hasher)
        self._guesses = Guesses(self.file, clock)

    def create_first(self, *, one_each: bool = False) -> tuple[SignIn, ...]:
        """On a file without an administrator: that one, and with `one_each` a user for each role without any.

        The generated passwords are in the reply and nowhere else.
        """
        present = self.all()
        if any(account.is_admin for account in present):
            return ()
        names = {account.name for account in present}
        admin = ADMIN if ADMIN not in names else f"{ADMIN}-{len(names)}"
        made = [self.add(admin, "executive", is_admin=True)]
        if one_each and not present:
            made += [self.add(role, role) for role in ROLES]
        return tuple(made)

    def add(
        self,
        name: str,
        role: Role,
        *,
        is_admin: bool = False,
        attributes: Mapping[str, str] | None = None,
        by: str = COMMAND_LINE,
    ) -> SignIn:
        """A new account with a generated password. Raises UsageError for a name that is taken or not a name."""
        name = _plain_name(name)
        if self.find(name):
            raise UsageError(f"There is a user {name!r} already.", where="users", next_step="Choose another name.")
        password = readable_password()
        self.note("user_added", by, about=name, role=role, admin=is_admin, attributes=dict(attributes or {}))
        self._insert(name, role, self._passwords.hash(password), is_admin, attributes or {}, "")
        return SignIn(name, role, password, is_admin)

    def received(
        self, name: str, role: Role, subject: str, *, is_admin: bool, attributes: Mapping[str, str]
    ) -> Account:
        """The account of somebody whom a proxy or provider vouches for, made or brought up to date.

        Raises UsageError when the name belongs to somebody else, such as to an account with a password of ours.
        """
        name = _plain_name(name)
        known = self.find(name)
        if known is None:
            self.note("user_added", subject, about=name, role=role, admin=is_admin, attributes=dict(attributes))
            self._insert(name, role, "", is_admin, attributes, subject)
        elif known.subject != subject:
            raise UsageError(
                f"The name {name} belongs to another account here.",
                where="sign-in",
                next_step="Ask an administrator to remove that account first.",
            )
        elif (known.role, known.is_admin, dict(known.attributes)) != (role, is_admin, dict(attributes)):
            self.note(
                "rights_received", subject, about=name, role=role, admin=is_admin, attributes=dict(attributes)
            )
            self._update(name, role=role, is_admin=int(is_admin), attributes=json.dumps(dict(attributes)))
        return self.get(name)

    def all(self) -> list[Account]:
        """Every account by name, without what is stated."""
        with self.file.transaction() as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM users ORDER BY name").fetchall()
        return [_account(row) for row in rows]

    def find(self, name: str) -> Account | None:
        """The account of that name as the database has it now, or None."""
        with self.file.transaction() as connection:
            row = connection.execute(f"SELECT {_COLUMNS} FROM users WHERE name = ?", (name,)).fetchone()
        return _account(row, self.statements.open_to(name)) if row else None

    def get(self, name: str) -> Account:
        """The same. Raises UsageError with the nearest name when there is none."""
        account = self.find(name)
        if account is None:
            raise UsageError(f"There is no user {name!r}.", where="users", next_step=self._nearest(name))
        return account

    def verify(self, name: str, password: str, *, address: str = "", browser: str = "") -> Verdict:
        """Check a guess. An unknown name costs the same time and locks the same way as a known one.

        `address` is the caller's, `browser` the id of one in which this name has signed in before.
        """
        name = name.strip().lower()[:64]
        keys = keys_of(name, address, browser)
        if wait := self._guesses.begin(keys):
            self._note_refusal(name, "locked_out")
            return Verdict(None, wait)
        account = self.find(name)
        if not self._passwords.fits(self._hash_of(name), password) or account is None:
            self._note_refusal(name, "wrong")
            return Verdict(None, self._guesses.waits(keys))
        self._guesses.right(keys)
        if account.locked:
            self._note_refusal(name, "locked")
            return Verdict(None, locked=True)
        return Verdict(account)

    def set_password(self, name: str, password: str, *, by: str = COMMAND_LINE) -> None:
        """Change a password; every session of that user ends.

        Raises UsageError for an unknown name, an account without a password of ours, or a poor password.
        """
        account = self.get(name)
        if account.subject:
            raise UsageError(
                f"{name} signs in elsewhere and has no password here.",
                where="users",
                next_step="Change it where the person signs in.",
            )
        require_good(password, name)
        self.note("password_changed", by, about=name)
        self._update(name, hash=self._passwords.hash(password))

    def reset_password(self, name: str, *, by: str = COMMAND_LINE) -> SignIn:
        """A new generated password for somebody who lost theirs; guesses at the name start over."""
        account = self.get(name)
        password = readable_password()
        self.set_password(name, password, by=by)
        self._guesses.forget(name)
        return SignIn(name, account.role, password, account.is_admin)

    def set_role(self, name: str, role: Role, *, is_admin: bool | None = None, by: str = COMMAND_LINE) -> None:
        """Another role; `is_admin` None leaves that as it is. Nobody changes their own."""
        account = self._others(name, by)
        admin = account.is_admin if is_admin is None else is_admin
        if account.is_admin and not admin:
            self._require_another_admin(name)
        self.note("role_changed", by, about=name, role=role, was=account.role, admin=admin)
        self.statements.end(name)
        self._update(name, role=role, is_admin=int(admin))

    def set_attributes(self, name: str, attributes: Mapping[str, str], *, by: str = COMMAND_LINE) -> None:
        """Other row filters (none shows all that the role may see). Nobody changes their own."""
        self._others(name, by)
        self.note("attributes_changed", by, about=name, attributes=dict(attributes))
        self._update(name, attributes=json.dumps(dict(attributes)))

    def lock(self, name: str, *, by: str = COMMAND_LINE) -> None:
        """Keep somebody out until unlocked."""
        if self._others(name, by).is_admin:
            self._require_another_admin(name)
        self.note("user_locked", by, about=name)
        self._update(name, locked=1)

    def unlock(self, name: str, *, by: str = COMMAND_LINE) -> None:
        """Let somebody in again: the lock of an administrator and that of wrong guesses both go."""
        self.get(name)
        self.note("user_unlocked", by, about=name)
        self._update(name, locked=0)
        self._guesses.forget(name)

    def remove(self, name: str, *, by: str = COMMAND_LINE) -> None:
        """Take an account away with its sessions and tokens."""
        if self._others(name, by).is_admin:
            self._require_another_admin(name)
        self.note("user_removed", by, about=name)
        with self.file.transaction() as connection:
            for table in ("users", "sessions", "stated", "tokens"):
                connection.execute(f"DELETE FROM {table} WHERE name = ?", (name,))

    def end_sessions(self, name: str, *, by: str = COMMAND_LINE) -> None:
        """Sign somebody out everywhere."""
        self.get(name)
        self.note("signed_out_everywhere", by, about=name)
        self._update(name)

    def note(self, event: str, user: str, **facts: Any) -> None:
        """Write an event to the audit trail. Raises DeniedError when that fails."""
        if self._trail is not None:
            told = {name: self._trail.spoken(value) if name in _TOLD else value for name, value in facts.items()}
            self._trail.append({"event": event, "user": user, **told})

    def close(self) -> None:
        """Close the database and the trail."""
        self.file.close()
        if self._trail is not None:
            self._trail.close()

    def _insert(
        self, name: str, role: Role, hash: str, is_admin: bool, attributes: Mapping[str, str], subject: str
    ) -> None:
        with self.file.transaction() as connection:
            connection.execute(
                "INSERT INTO users (name, role, hash, sessions_from, is_admin, attributes, subject) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (name, role, hash, self.clock(), int(is_admin), json.dumps(dict(attributes)), subject),
            )

    def _update(self, name: str, **values: object) -> None:
        """Set columns (their names are ours) and end the sessions of that user, in one step."""
        columns = "".join(f", {column} = ?" for column in values)
        with self.file.transaction() as connection:
            connection.execute(
                f"UPDATE users SET sessions_from = ?{columns} WHERE name = ?",
                (self.clock(), *values.values(), name),
            )
            connection.execute("DELETE FROM sessions WHERE name = ?", (name,))

    def _others(self, name: str, by: str) -> Account:
        if name == by:
            raise UsageError(
                "Nobody changes their own rights.", where="users", next_step="Ask another administrator."
            )
        return self.get(name)

    def _require_another_admin(self, name: str) -> None:
        if not any(a.is_admin and not a.locked and a.name != name for a in self.all()):
            raise UsageError(
                f"{name} is the only administrator.", where="users", next_step="Make another one first."
            )

    def _nearest(self, name: str) -> str:
        from rapidfuzz import process

        nearest = process.extractOne(name, [account.name for account in self.all()])
        return f"Did you mean {nearest[0]}?" if nearest and nearest[1] > 60 else "`users list` shows all."

    def _note_refusal(self, name: str, reason: str) -> None:
        if self._trail is not None:
            fingerprint = self._trail.fingerprint(name)
            self._trail.append({"event": "sign_in_refused", "user": "", "name": fingerprint, "reason": reason})

    def _hash_of(self, name: str) -> str | None:
        with self.file.transaction() as connection:
            row = connection.execute("SELECT hash FROM users WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row and row[0] else None


def open_accounts(settings: Settings) -> Accounts:
    """The accounts of a state folder, with its audit trail."""
    from warehouse.audit import AuditLog

    settings.state.mkdir(parents=True, exist_ok=True)
    return Accounts(settings.state / "users.db", trail=AuditLog.of(settings))


def role_of(text: str) -> Role:
    """A role by its name. Raises UsageError with the nearest one."""
    for role in ROLES:
        if role == text:
            return role
    from rapidfuzz import process

    nearest = process.extractOne(text, ROLES)
    hint = f"Did you mean {nearest[0]}?" if nearest and nearest[1] > 60 else f"Use one of: {', '.join(ROLES)}."
    raise UsageError(f"There is no role {text!r}.", where="role", next_step=hint)


def _account(row: tuple[Any, ...], stated: Stated | None = None) -> Account:
    name, role, sessions_from, is_admin, attributes, locked, subject, signed_in = row
    filters = json.loads(attributes)
    return Account(
        name, role_of(role), sessions_from, bool(is_admin), filters, bool(locked), subject, signed_in, stated
    )


def _plain_name(name: str) -> str:
    name = name.strip().lower()
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name[:64]!r} is not a user name.",
            where="name",
            next_step="Use 1 to 64 letters, digits and . _ @ + -, beginning with a letter or digit.",
        )
    return name
