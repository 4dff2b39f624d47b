"""The lock-out that grows with wrong guesses: by name, by address, and by browser of the account's owner.

A name that is being guessed locks for everybody but a browser in which its owner has signed in before: that one
is counted by itself, so that a stranger's guesses never keep the owner out. An address locks after more guesses,
which slows down somebody who tries one password on many names. Unknown names count like known ones.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass

from ui.account_file import AccountFile
from warehouse.state_file import StateConnection

FREE_GUESSES = 5
FREE_GUESSES_OF_ADDRESS = 25
FIRST_LOCK_SECONDS = 30.0
LONGEST_LOCK_SECONDS = 15 * 60.0
MOST_KEYS = 20_000
"""Names, addresses and browsers that are remembered; the longest quiet are forgotten first."""
_EVERY = 1 << 40
_FORGET_AFTER = 24 * 3600.0


@dataclass(frozen=True)
class Key:
    """What guesses are counted under, how many are free, and after how many quiet seconds one is forgiven."""

    text: str
    free: int
    forgiven_after: float = 3600.0


def keys_of(name: str, address: str, browser: str) -> tuple[Key, ...]:
    """The counters that a guess runs on. `browser` is the id of one in which this account signed in before."""
    if browser:
        return (Key(f"browser {browser}", FREE_GUESSES),)
    by_name = Key(f"name {name}", FREE_GUESSES)
    if not address:
        return (by_name,)
    # A whole office may share one address: its people's slips are forgiven soon.
    return (by_name, Key(f"address {_network(address)}", FREE_GUESSES_OF_ADDRESS, forgiven_after=120.0))


class Guesses:
    """Wrong guesses of the last day, in the accounts' file."""

    def __init__(self, file: AccountFile, clock: Callable[[], float]) -> None:
        self._file = file
        self._clock = clock

    def begin(self, keys: tuple[Key, ...]) -> float:
        """Count a guess before it is checked, so that many at once gain nothing; seconds to wait, 0 to go on."""
        now = self._clock()
        with self._file.transaction() as connection:
            connection.execute("BEGIN IMMEDIATE")
            found = {key: self._row(connection, key) for key in keys}
            wait: float = max(_locked_for(key, *row, now) for key, row in found.items())
            if wait:
                return wait
            connection.execute("DELETE FROM wrong_guesses WHERE last < ?", (now - _FORGET_AFTER,))
            for key, (wrong, last) in found.items():
                left = max(0.0, wrong - (now - last) / key.forgiven_after)
                connection.execute(
                    "INSERT INTO wrong_guesses VALUES (?, ?, ?) "
                    "ON CONFLICT (key) DO UPDATE SET wrong = excluded.wrong, last = excluded.last",
                    (key.text, left + 1, now),
                )
            connection.execute(
                "DELETE FROM wrong_guesses WHERE key IN (SELECT key FROM wrong_guesses ORDER BY last DESC "
                "LIMIT ? OFFSET ?)",
                (_EVERY, MOST_KEYS),
            )
        return 0.0

    def waits(self, keys: tuple[Key, ...]) -> float:
        """Seconds until the next guess counts."""
        now = self._clock()
        with self._file.transaction() as connection:
            return max(_locked_for(key, *self._row(connection, key), now) for key in keys)

    def right(self, keys: tuple[Key, ...]) -> None:
        """The guess was right: its name or browser starts over, its address gets this one guess back."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM wrong_guesses WHERE key = ?", (keys[0].text,))
            for key in keys[1:]:
                connection.execute("UPDATE wrong_guesses SET wrong = wrong - 1 WHERE key = ?", (key.text,))

    def forget(self, name: str) -> None:
        """Unlock a name, for an administrator."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM wrong_guesses WHERE key = ?", (f"name {name}",))

    def _row(self, connection: StateConnection, key: Key) -> tuple[float, float]:
        query = "SELECT wrong, last FROM wrong_guesses WHERE key = ?"
        row = connection.execute(query, (key.text,)).fetchone()
        return (row[0], row[1]) if row else (0.0, 0.0)


def _locked_for(key: Key, wrong: float, last: float, now: float) -> float:
    if wrong < key.free - 0.5:  # what was forgiven since the first guess is no free guess yet
        return 0.0
    lock = min(FIRST_LOCK_SECONDS * 2.0 ** min(round(wrong - key.free), 10), LONGEST_LOCK_SECONDS)
    return max(0.0, last + lock - now)


def _network(address: str) -> str:
    """An IPv6 caller owns a whole /64: counting single addresses of it would count nothing."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
