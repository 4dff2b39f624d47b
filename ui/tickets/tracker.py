"""One tracker as a channel of deliveries: a signed POST in its shape, with the ticket's key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ui.delivery.parcel import Parcel
from ui.delivery.webhook import posted
from ui.tickets.shapes import Shape
from ui.tickets.signing import HEADER, signature


class Tracker:
    """Posts tickets to one address. `referred` hears what the tracker calls a ticket, where its reply says so."""

    def __init__(
        self,
        url: str,
        shape: Shape,
        secret: str,
        timeout_seconds: float,
        now: Callable[[], float],
        referred: Callable[[str, str], None],
    ) -> None:
        self._url = url
        self._shape = shape
        self._secret = secret
        self._timeout = timeout_seconds
        self._now = now
        self._referred = referred

    def deliver(self, parcel: Parcel, handing_over: Callable[[], None]) -> None:
        """One POST. Raises NotTaken or Unknown, neither with the address in it: it is a secret."""
        body = json.dumps(parcel.document).encode()
        headers = {HEADER: signature(self._secret, body, self._now())}
        reply = posted(self._url, body, parcel.key, self._timeout, handing_over, headers)
        if reference := self._shape.reference_in(_read(reply.content)):
            self._referred(parcel.key, reference)


def _read(content: bytes) -> Any:
    try:
        return json.loads(content[:100_000])
    except (ValueError, RecursionError):
        return None
