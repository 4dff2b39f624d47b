"""What is handed to a channel, and what a channel can say of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Kind = Literal["digest", "alert", "ticket"]
ChannelName = Literal["chat", "file", "email", "slack", "teams", "webhook"]
CHANNELS: tuple[ChannelName, ...] = ("chat", "file", "email", "slack", "teams", "webhook")


@dataclass(frozen=True)
class Parcel:
    """One message to one reader over one channel, as that reader may see it.

    `about` is the day of a briefing (ISO), or the id of an alert or action: with reader, channel and address it
    makes the key that no two deliveries share. `document` is the message as JSON; `lines` are its items, a
    sentence each; `files` maps endings (`md`, `html`, `pdf`) to contents. `view` and `unsubscribe` are addresses,
    or empty.
    """

    kind: Kind
    about: str
    reader: str
    channel: ChannelName
    address: str
    title: str
    headline: str
    lines: tuple[str, ...]
    text: str
    html: str
    at: datetime
    view: str = ""
    unsubscribe: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What this delivery is, whenever and by whichever process it is tried."""
        return key_of(self.kind, self.about, self.reader, self.channel, self.address)


def key_of(kind: str, about: str, reader: str, channel: str, address: str) -> str:
    """32 hex characters: the same delivery has the same key in every process and on every day."""
    parts = "\x1f".join((kind, about, reader, channel, address))
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


class NotTaken(Exception):
    """The other side has certainly not taken the message. `again`: trying once more may help."""

    def __init__(self, reason: str, *, again: bool, wait_seconds: float = 0) -> None:
        self.reason = reason
        self.again = again
        self.wait_seconds = wait_seconds
        super().__init__(reason)


class Unknown(Exception):
    """The message was handed over and no answer came: it may have been taken, and must not be sent again."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Channel(Protocol):
    """One way out of the house."""

    def deliver(self, parcel: Parcel, handing_over: Callable[[], None]) -> None:
        """Return when the other side has the message. Raises NotTaken or Unknown.

        `handing_over` is called right before the first byte after which the other side could have it.
        """
