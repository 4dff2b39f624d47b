"""Who follows the briefing, over which channel, since when, and whether it rests. Nothing is sent without one."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ui.delivery.parcel import CHANNELS, ChannelName, Kind
from warehouse.errors import UsageError
from warehouse.state_file import open_state

UNTIL_RESUMED = "9999-12-31"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS subscriptions (
    id TEXT PRIMARY KEY, reader TEXT NOT NULL, channel TEXT NOT NULL, address TEXT NOT NULL, follows TEXT NOT NULL,
    digests INTEGER NOT NULL, alerts INTEGER NOT NULL, since TEXT NOT NULL, paused_until TEXT NOT NULL DEFAULT '',
    ended TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS subscriptions_of_reader ON subscriptions (reader);
"""
_COLUMNS = "id, reader, channel, address, follows, digests, alerts, since, paused_until, ended"


@dataclass(frozen=True)
class Subscription:
    """A reader's wish to hear of the briefing. `follows` narrows it to items with these dimension values.

    `paused_until` is the last day (ISO) of a rest, empty for none; `ended` the day it was given up.
    """

    id: str
    reader: str
    channel: ChannelName
    address: str
    follows: Mapping[str, str] = field(default_factory=dict)
    digests: bool = True
    alerts: bool = True
    since: str = ""
    paused_until: str = ""
    ended: str = ""

    def wants(self, kind: Kind, today: date) -> bool:
        """Whether something of this kind goes out to it on a day."""
        asked = self.digests if kind == "digest" else self.alerts
        return asked and not self.ended and self.paused_until < today.isoformat()

    def state(self, today: date) -> str:
        """active, paused or ended."""
        if self.ended:
            return "ended"
        return "paused" if self.paused_until >= today.isoformat() else "active"


class Subscriptions:
    """The file of subscriptions, shared by threads and processes."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._connection = open_state(path, _SCHEMA)

    def add(
        self,
        reader: str,
        channel: ChannelName,
        address: str,
        today: date,
        *,
        follows: Mapping[str, str] | None = None,
        digests: bool = True,
        alerts: bool = True,
    ) -> Subscription:
        """Begin one, or begin it again with these wishes: the same reader, channel and address are one."""
        identity = hashlib.sha256("\x1f".join((reader, channel, address)).encode()).hexdigest()[:12]
        wishes = (json.dumps(dict(follows or {}), sort_keys=True), int(digests), int(alerts), today.isoformat())
        with self._lock, self._connection as connection:
            connection.execute(
                f"INSERT INTO subscriptions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '') ON CONFLICT (id) "
                "DO UPDATE SET follows = excluded.follows, digests = excluded.digests, alerts = excluded.alerts, "
                "since = CASE subscriptions.ended WHEN '' THEN subscriptions.since "
                "ELSE excluded.since END, paused_until = '', ended = ''",
                (identity, reader, channel, address, *wishes),
            )
        return self.get(identity)

    def pause(self, identity: str, until: str = UNTIL_RESUMED) -> Subscription:
        """Let one rest up to and including a day (ISO); an empty day ends the rest."""
        return self._set(identity, "paused_until", until)

    def end(self, identity: str, today: date) -> Subscription:
        """Give one up. It stays on file as ended, so that a link in an old mail still says so."""
        return self._set(identity, "ended", today.isoformat())

    def get(self, identity: str) -> Subscription:
        """One by its id. Raises UsageError when there is none."""
        found = [known for known in self.all() if known.id == identity]
        if not found:
            raise UsageError(
                f"There is no subscription {identity[:32]!r}.",
                where="subscriptions",
                next_step="`command-center briefing list` shows them.",
            )
        return found[0]

    def all(self, reader: str = "") -> list[Subscription]:
        """Every subscription, of one reader if named, in a fixed order."""
        with self._lock, self._connection as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM subscriptions WHERE ? IN ('', reader) ORDER BY reader, channel, address",
                (reader,),
            ).fetchall()
        return [_subscription(row) for row in rows]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _set(self, identity: str, column: str, value: str) -> Subscription:
        self.get(identity)
        with self._lock, self._connection as connection:
            connection.execute(f"UPDATE subscriptions SET {column} = ? WHERE id = ?", (value, identity))
        return self.get(identity)


def channel_of(name: str) -> ChannelName:
    """A channel by its name. Raises UsageError with those that exist."""
    for known in CHANNELS:
        if name == known:
            return known
    raise UsageError(
        f"There is no channel {name[:32]!r}.", where="--channel", next_step=f"Use one of: {', '.join(CHANNELS)}."
    )


def _subscription(row: tuple[str, ...]) -> Subscription:
    identity, reader, channel, address, follows, digests, alerts, since, paused, ended = row
    return Subscription(
        identity, reader, channel_of(channel), address, json.loads(follows), bool(digests), bool(alerts), since,
        paused, ended,
    )  # fmt: skip
