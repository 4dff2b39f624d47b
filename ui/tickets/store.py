"""What became of tickets: how their sending stands, and what the tracker says of them since."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, get_args

from ui.delivery.outbox import Outbox
from ui.delivery.parcel import key_of
from warehouse.state_file import is_kept, open_state

OUTBOX, FILE = "ticket-outbox.db", "tickets.db"
Status = Literal["open", "in_progress", "done", "cancelled"]
STATUSES: tuple[Status, ...] = get_args(Status)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS tickets (
    key TEXT PRIMARY KEY, proposal TEXT NOT NULL, tracker TEXT NOT NULL, reference TEXT NOT NULL DEFAULT '',
    url TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT '', said_at TEXT NOT NULL DEFAULT ''
);
"""
_COLUMNS = "key, proposal, tracker, reference, url, status, said_at"


@dataclass(frozen=True)
class Kept:
    """A ticket as it is kept: `status` is empty until the tracker says one, `said_at` when it said it (ISO)."""

    key: str
    proposal: str
    tracker: str
    reference: str
    url: str
    status: str
    said_at: str


@dataclass(frozen=True)
class Ticket:
    """A ticket with how its sending stands: `delivery` is sent, waiting, held or refused; `trouble` says why."""

    kept: Kept
    delivery: str
    tries: int
    trouble: str


class TicketStore:
    """The file of tickets, shared by threads and processes."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(path, _SCHEMA)
        self._connection.execute("PRAGMA synchronous=FULL")

    def begin(self, key: str, proposal: str, tracker: str) -> None:
        """A ticket is about to be sent to a tracker; the tracker may be another one than at an earlier try."""
        with self._lock, self._connection as connection:
            connection.execute(
                "INSERT INTO tickets (key, proposal, tracker) VALUES (?, ?, ?) "
                "ON CONFLICT (key) DO UPDATE SET tracker = excluded.tracker",
                (key, proposal, tracker),
            )

    def refer(self, key: str, reference: str) -> None:
        """What the tracker calls it, as far as its reply to the sending says."""
        with self._lock, self._connection as connection:
            connection.execute("UPDATE tickets SET reference = ? WHERE key = ?", (reference, key))

    def say(self, key: str, status: Status, at: datetime, reference: str, url: str) -> bool | None:
        """What the tracker says. Whether that is news; None for a ticket that nobody sent.

        What it said earlier does not take the place of what it said later, whichever arrives first.
        """
        moment = at.isoformat(timespec="microseconds")
        with self._lock, self._connection as connection:
            changed = connection.execute(
                "UPDATE tickets SET status = ?, said_at = ?, reference = COALESCE(NULLIF(?, ''), reference), "
                "url = COALESCE(NULLIF(?, ''), url) WHERE key = ? AND said_at < ?",
                (status, moment, reference, url, key, moment),
            ).rowcount
            known = connection.execute("SELECT 1 FROM tickets WHERE key = ?", (key,)).fetchone()
        return bool(changed) if known else None

    def all(self) -> list[Kept]:
        """Every ticket by its proposal."""
        with self._lock, self._connection as connection:
            rows = connection.execute(f"SELECT {_COLUMNS} FROM tickets ORDER BY proposal, key").fetchall()
        return [Kept(*row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def ticket_key(proposal: str) -> str:
    """The key of a proposal's ticket: there is never another one, whoever sends it and whenever."""
    return key_of("ticket", proposal, "", "webhook", "")


def tickets_of(state: Path, clock: Callable[[], datetime]) -> dict[str, Ticket]:
    """The tickets by proposal; empty, without making a file, where none was ever begun."""
    if not is_kept(state / FILE):
        return {}
    with closing(TicketStore(state / FILE)) as store, closing(Outbox(state / OUTBOX, clock)) as outbox:
        found = {}
        for kept in store.all():
            entry = outbox.find(kept.key)
            sending = (entry.state, entry.tries, entry.trouble) if entry else ("waiting", 0, "")
            found[kept.proposal] = Ticket(kept, *sending)
    return found
