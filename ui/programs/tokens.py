"""Tokens that programs sign in with: each is one account's, in one role, for a while. Kept as hashes only.

A token is `cct_<id>_<secret>`; the id (8 hex characters) names it in lists and in the audit trail, the secret has
256 bits, so a plain hash of it cannot be guessed. It is shown once. It counts while its account is open and still
has the role that the token was issued for. It opens no member rows: a purpose is stated by a person who is there.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from ui.accounts import COMMAND_LINE, Account, Accounts
from warehouse.errors import DeniedError, UsageError
from warehouse.principal import Principal

PREFIX = "cct"
DAYS = 90
MOST_DAYS = 366
MOST_TOKENS = 50
"""Of one account that still count."""
_SHAPE = re.compile(rf"{PREFIX}_([0-9a-f]{{8}})_([A-Za-z0-9_-]{{43}})")
_DAY_SECONDS = 86400.0
_USED_EVERY = 60.0
_COLUMNS = "id, name, role, label, decides, began, until, revoked, used"
_ISSUE = "`command-center tokens issue NAME` makes another one."


@dataclass(frozen=True)
class Token:
    """A token without its secret. Times are epoch seconds; `decides`: it may decide on actions."""

    id: str
    name: str
    role: str
    label: str
    decides: bool
    began: float
    until: float
    revoked: float | None
    used: float | None

    def state(self, now: float) -> str:
        """Open, expired or revoked."""
        if self.revoked is not None:
            return "revoked"
        return "open" if now < self.until else "expired"


@dataclass(frozen=True)
class Caller:
    """Who a request comes from: an account, by one of its tokens."""

    account: Account
    token: Token

    @property
    def principal(self) -> Principal:
        """What the door is told: role and row filters as the account has them now, never a stated purpose."""
        return Principal(self.account.name, self.account.role, attributes=dict(self.account.attributes))


class Tokens:
    """The tokens in the accounts' file. Issuing, revoking and refusing one is audited."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts

    def issue(
        self, name: str, *, label: str = "", days: float = DAYS, decides: bool = False, by: str = COMMAND_LINE
    ) -> tuple[str, Token]:
        """A new token of an account in its present role: the text to hand over this once, and what is kept.

        Raises UsageError for an unknown or locked account, or an impossible number of days.
        """
        account = self._accounts.get(name)
        self._require_sensible(account, days)
        began = self._accounts.clock()
        number, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        until = began + days * _DAY_SECONDS
        token = Token(
            number, account.name, account.role, " ".join(label.split())[:80], decides, began, until, None, None
        )
        self._accounts.note(
            "token_issued", by, about=account.name, role=account.role, token=number, days=days, decides=decides
        )
        with self._accounts.file.transaction() as connection:
            connection.execute(
                f"INSERT INTO tokens ({_COLUMNS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?)",
                (*_row(token), _hash(secret)),
            )
        return f"{PREFIX}_{number}_{secret}", token

    def all(self, name: str = "") -> list[Token]:
        """Every token, or those of one account, the newest first."""
        with self._accounts.file.transaction() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM tokens WHERE ? = '' OR name = ? ORDER BY began DESC, id", (name, name)
            ).fetchall()
        return [_token(row) for row in rows]

    def revoke(self, number: str, *, by: str = COMMAND_LINE) -> Token:
        """End a token, named by its id, now. Raises UsageError when there is none."""
        found = next((token for token in self.all() if token.id == number.strip().lower()), None)
        if found is None:
            raise UsageError(
                f"There is no token {number[:20]!r}.", where="tokens", next_step="`command-center tokens list`."
            )
        if found.revoked is None:
            self._accounts.note("token_revoked", by, about=found.name, token=found.id)
            with self._accounts.file.transaction() as connection:
                connection.execute(
                    "UPDATE tokens SET revoked = ? WHERE id = ?", (self._accounts.clock(), found.id)
                )
        return next(token for token in self.all(found.name) if token.id == found.id)

    def caller(self, text: str) -> Caller:
        """Whose token it is. Raises DeniedError with a fixed code and what to do next.

        What is wrong with a token is told only to whoever has its secret; anything else is "no such token".
        """
        found = _SHAPE.fullmatch(text.strip()) if text.isascii() else None
        kept = self._kept(found[1]) if found else None
        if found is None or kept is None or not hmac.compare_digest(_hash(found[2]), kept[1]):
            raise self._refused("", "unknown", "There is no such token.")
        token = kept[0]
        now = self._accounts.clock()
        state = token.state(now)
        if state != "open":
            raise self._refused(token.id, state, f"The token {token.id} is {state}.")
        account = self._accounts.find(token.name)
        if account is None or account.locked:
            raise self._refused(token.id, "account", f"The account of the token {token.id} is locked or gone.")
        if account.role != token.role:
            raise self._refused(
                token.id, "role", f"The token {token.id} was issued for another role than its account has now."
            )
        self._note_use(token, now)
        return Caller(account, token)

    def _require_sensible(self, account: Account, days: float) -> None:
        if not 0 < days <= MOST_DAYS:
            raise UsageError(
                f"A token lasts up to {MOST_DAYS} days, not {days:g}.", where="--days", next_step="Give fewer."
            )
        if account.locked:
            raise UsageError(
                f"{account.name} is locked.",
                where="tokens",
                next_step="Unlock the account first, or name another.",
            )
        now = self._accounts.clock()
        if sum(token.state(now) == "open" for token in self.all(account.name)) >= MOST_TOKENS:
            raise UsageError(
                f"{account.name} has {MOST_TOKENS} open tokens.", where="tokens", next_step="Revoke some first."
            )

    def _kept(self, number: str) -> tuple[Token, str] | None:
        with self._accounts.file.transaction() as connection:
            row = connection.execute(f"SELECT {_COLUMNS}, hash FROM tokens WHERE id = ?", (number,)).fetchone()
        return (_token(row[:-1]), str(row[-1])) if row else None

    def _refused(self, number: str, reason: str, what: str) -> DeniedError:
        self._accounts.note("token_refused", "", token=number, reason=reason)
        return DeniedError(what, code=f"token_{reason}", where="token", next_step=_ISSUE)

    def _note_use(self, token: Token, now: float) -> None:
        """A write for every request would be many: the minute is enough."""
        if token.used is None or now - token.used >= _USED_EVERY:
            with self._accounts.file.transaction() as connection:
                connection.execute("UPDATE tokens SET used = ? WHERE id = ?", (now, token.id))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _row(token: Token) -> tuple[object, ...]:
    return (
        token.id, token.name, token.role, token.label, int(token.decides), token.began, token.until,
    )  # fmt: skip


def _token(row: tuple[object, ...]) -> Token:
    number, name, role, label, decides, began, until, revoked, used = row
    return Token(str(number), str(name), str(role), str(label), bool(decides), began, until, revoked, used)  # type: ignore[arg-type]
