"""The outbox: each delivery once, whatever happens to the process that makes it.

    (none) -> claimed -> handing -> sent
                 |          |----> held     no answer came, or the process ended: it may have arrived
                 |          '----> waiting  the other side said that it has not taken it
                 '----> waiting (try again later) | refused (trying again is no use)

A row is `claimed` while a message is made and the other side is called, and `handing` from right before the byte
after which the other side could have it. A `claimed` row whose process is gone is taken over: nothing was handed
over. A `handing` row whose process is gone is held, never sent again by itself. So a message is never sent
twice; in the worst case (the process dies within the hand-over itself, before the other side had it all) it is
missing, and the list of deliveries says so. The briefing then still stands in the chat and on its page.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from ui.delivery.parcel import Parcel
from warehouse.state_file import open_state

State = Literal["claimed", "handing", "sent", "waiting", "refused", "held", "overtaken"]
ENDED = "The process that handed it over ended before an answer came."
_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, about TEXT NOT NULL, reader TEXT NOT NULL, channel TEXT NOT NULL,
    address TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, claim TEXT NOT NULL DEFAULT '',
    changed TEXT NOT NULL, trouble TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS outbox_by_time ON outbox (changed);
"""
_COLUMNS = "key, kind, about, reader, channel, address, state, tries, changed, trouble"
_TROUBLE_CHARACTERS = 300
SHORT_KEY = 12
"""So many characters of a key tell deliveries apart."""


@dataclass(frozen=True)
class Entry:
    """What became of one delivery. `changed` is when it last changed (ISO), `trouble` why it is not sent."""

    key: str
    kind: str
    about: str
    reader: str
    channel: str
    address: str
    state: State
    tries: int
    changed: str
    trouble: str


@dataclass(frozen=True)
class Claim:
    """The right of one process to make one delivery."""

    key: str
    token: str


class ClaimLost(Exception):
    """Somebody else has taken a delivery over: it must not be made here."""


class Outbox:
    """The file of deliveries. Every change is on the disk before the next step is taken."""

    def __init__(self, path: Path, clock: Callable[[], datetime]) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(path, _SCHEMA)
        self._connection.execute("PRAGMA synchronous=FULL")
        self._clock = clock

    def recover(self) -> int:
        """Settle what processes left that are gone; the number of deliveries that are held for it.

        Only for the holder of the delivery lock: then no other process is making any.
        """
        with self._lock, self._connection as connection:
            now = self._now()
            held = connection.execute(
                "UPDATE outbox SET state = 'held', trouble = ?, changed = ? "
                "WHERE state = 'handing' AND channel <> 'file'",  # files written again are the same files
                (ENDED, now),
            ).rowcount
            connection.execute(
                "UPDATE outbox SET state = 'waiting', changed = ? WHERE state IN ('claimed', 'handing')", (now,)
            )
        return held

    def claim(self, parcel: Parcel) -> Claim | None:
        """Take a delivery on, unless it was made, is being made, is held or was refused."""
        token = uuid.uuid4().hex
        row = (parcel.key, parcel.kind, parcel.about, parcel.reader, parcel.channel, parcel.address)
        with self._lock, self._connection as connection:
            taken = connection.execute(
                "INSERT INTO outbox (key, kind, about, reader, channel, address, state, tries, claim, changed) "
                "VALUES (?, ?, ?, ?, ?, ?, 'claimed', 1, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                "state = 'claimed', tries = outbox.tries + 1, claim = excluded.claim, changed = excluded.changed "
                "WHERE outbox.state = 'waiting'",
                (*row, token, self._now()),
            ).rowcount
        return Claim(parcel.key, token) if taken else None

    def record(self, parcel: Parcel) -> None:
        """Note a delivery that was made in one step of our own, which doing again would not double."""
        row = (parcel.key, parcel.kind, parcel.about, parcel.reader, parcel.channel, parcel.address, self._now())
        with self._lock, self._connection as connection:
            connection.execute(
                "INSERT INTO outbox (key, kind, about, reader, channel, address, state, tries, changed) "
                "VALUES (?, ?, ?, ?, ?, ?, 'sent', 1, ?) ON CONFLICT DO NOTHING",
                row,
            )

    def settled(self, key: str) -> bool:
        """Whether nothing is left to do for a delivery: there is no need to make its message."""
        entry = self.find(key)
        return entry is not None and entry.state not in ("waiting", "claimed")

    def handing_over(self, claim: Claim) -> None:
        """From now on the other side could have it. Raises ClaimLost when the claim was taken over."""
        self._move(claim, "claimed", "handing", "")

    def sent(self, claim: Claim) -> None:
        """The other side has it. Raises ClaimLost."""
        self._move(claim, "handing", "sent", "")

    def not_taken(self, claim: Claim, reason: str, *, again: bool) -> None:
        """The other side has certainly not taken it."""
        self._move(claim, ("claimed", "handing"), "waiting" if again else "refused", reason)

    def retry(self, claim: Claim) -> None:
        """Once more, after the other side has said that it has not taken it."""
        self._move(claim, "handing", "claimed", "")

    def held(self, claim: Claim, reason: str) -> None:
        """It was handed over and no answer came."""
        self._move(claim, "handing", "held", reason)

    def release(self, key: str) -> bool:
        """Let somebody who knows better have a held or refused delivery made again; whether there was one.

        `key` may be its beginning, twelve characters or more.
        """
        if len(key) < SHORT_KEY or not key.isalnum():
            return False
        with self._lock, self._connection as connection:
            return bool(
                connection.execute(
                    "UPDATE outbox SET state = 'waiting', changed = ? "
                    "WHERE key LIKE LOWER(?) || '%' AND state IN ('held', 'refused', 'overtaken')",
                    (self._now(), key),
                ).rowcount
            )

    def confirm(self, key: str) -> None:
        """The other side says itself that it has a delivery which may have arrived."""
        with self._lock, self._connection as connection:
            connection.execute(
                "UPDATE outbox SET state = 'sent', trouble = '', changed = ? "
                "WHERE key = ? AND state IN ('held', 'waiting')",
                (self._now(), key),
            )

    def overtake(self, kind: str, about: str) -> int:
        """Give up what still waits of earlier days: the newer briefing takes its place."""
        with self._lock, self._connection as connection:
            return connection.execute(
                "UPDATE outbox SET state = 'overtaken', changed = ? "
                "WHERE kind = ? AND about < ? AND state = 'waiting'",
                (self._now(), kind, about),
            ).rowcount

    def find(self, key: str) -> Entry | None:
        """One delivery by its key."""
        rows = self._read("WHERE key = ?", (key,))
        return rows[0] if rows else None

    def all(self, most: int = 50) -> list[Entry]:
        """The last deliveries, the newest first."""
        return self._read("ORDER BY changed DESC, key LIMIT ?", (most,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _read(self, rest: str, values: tuple[str | int, ...]) -> list[Entry]:
        with self._lock, self._connection as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM outbox {rest}", values).fetchall()
        return [Entry(*row) for row in rows]

    def _move(self, claim: Claim, before: str | tuple[str, ...], after: State, trouble: str) -> None:
        states = (before,) if isinstance(before, str) else before
        marks = ", ".join("?" for _ in states)
        with self._lock, self._connection as connection:
            moved = connection.execute(
                f"UPDATE outbox SET state = ?, trouble = ?, changed = ? "
                f"WHERE key = ? AND claim = ? AND state IN ({marks})",
                (after, trouble[:_TROUBLE_CHARACTERS], self._now(), claim.key, claim.token, *states),
            ).rowcount
        if not moved:
            raise ClaimLost(claim.key)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")
