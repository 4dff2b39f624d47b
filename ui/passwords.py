"""Passwords: made readable, kept as argon2 hashes only, and checked a few at a time."""

from __future__ import annotations

import secrets
import threading
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from warehouse.errors import UsageError

SHORTEST_PASSWORD = 12
_LONGEST_PASSWORD = 256
# No 0/o, 1/l/i: a first password is often read from a terminal and typed by hand.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
_AT_ONCE = 4


class Passwords:
    """Hashes and checks. Each check takes argon2's memory, so only a few run at once and the others wait."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._room = threading.BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """The argon2 hash to keep."""
        with self._room:
            return self._hasher.hash(password)

    def fits(self, stored: str | None, password: str) -> bool:
        """Whether it is the password. Without a stored hash it takes as long and is never right."""
        nobody = self._nobody  # also where there is a stored one: the first check must not tell either
        try:
            with self._room:
                return self._hasher.verify(stored or nobody, password) and bool(stored)
        except (VerificationError, InvalidHashError):
            return False

    @cached_property
    def _nobody(self) -> str:
        """A hash that no password fits, made with the first check: most commands that read accounts check none."""
        return self.hash(secrets.token_hex(8))


def readable_password() -> str:
    """A random password of 79 bits in four groups."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def require_good(password: str, name: str) -> None:
    """Raises UsageError for a password that is too short, too long or little more than the name."""
    if len(password) < SHORTEST_PASSWORD:
        what, hint = f"has fewer than {SHORTEST_PASSWORD} characters", "Choose a longer one; a sentence is fine."
    elif len(password) > _LONGEST_PASSWORD:
        what, hint = f"has more than {_LONGEST_PASSWORD} characters", "Choose a shorter one."
    elif len(set(password)) < 5 or password.lower().replace(name, "").strip("0123456789 -_!.") == "":
        what, hint = "is easily guessed", "Choose another one; a sentence is fine."
    else:
        return
    raise UsageError(f"The new password {what}.", where="new password", next_step=hint)
