"""Making one delivery: claimed first, tried again while the other side has certainly not taken it."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from ui.delivery.outbox import Claim, ClaimLost, Outbox
from ui.delivery.parcel import Channel, NotTaken, Parcel, Unknown
from warehouse.settings import Delivery
from warehouse.state_file import held

LOCK = "delivery.lock"


@dataclass(frozen=True)
class Outcome:
    """How one delivery ended this time: sent, waiting, refused, held, or taken by another process.

    `what` names it for people: `digest 2026-10-29`.
    """

    key: str
    state: str
    trouble: str = ""
    what: str = field(default="", compare=False)


def delivery_lock(state: Path) -> AbstractContextManager[None]:
    """The right to make deliveries, one process at a time."""
    return held(state / LOCK)


def deliver(
    parcel: Parcel,
    channel: Channel,
    outbox: Outbox,
    settings: Delivery,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome | None:
    """Make one delivery unless it was made. None when there is nothing to do."""
    claim = outbox.claim(parcel)
    if claim is None:
        return None
    what = f"{parcel.kind} {parcel.about}"
    try:
        _tries(settings, sleep)(_Try(parcel, channel, outbox, claim))
    except NotTaken as error:
        outbox.not_taken(claim, error.reason, again=error.again)
        return Outcome(parcel.key, "waiting" if error.again else "refused", error.reason, what)
    except Unknown as error:
        outbox.held(claim, error.reason)
        return Outcome(parcel.key, "held", error.reason, what)
    except ClaimLost:
        return Outcome(parcel.key, "taken", what=what)
    outbox.sent(claim)
    return Outcome(parcel.key, "sent", what=what)


@dataclass
class _Try:
    """One try after the other of the same claim."""

    parcel: Parcel
    channel: Channel
    outbox: Outbox
    claim: Claim
    handed: bool = False

    def __call__(self) -> None:
        if self.handed:
            self.outbox.retry(self.claim)
            self.handed = False
        self.channel.deliver(self.parcel, self._handing_over)

    def _handing_over(self) -> None:
        self.outbox.handing_over(self.claim)
        self.handed = True


def _tries(settings: Delivery, sleep: Callable[[float], None]) -> Retrying:
    backoff = wait_exponential(multiplier=settings.first_wait_seconds, max=settings.longest_wait_seconds)

    def wait(state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait_seconds if isinstance(error, NotTaken) else 0.0
        return max(asked, backoff(state))

    return Retrying(
        stop=stop_after_attempt(settings.attempts),
        wait=wait,
        retry=retry_if_exception(lambda error: isinstance(error, NotTaken) and error.again),
        sleep=sleep,
        reraise=True,
    )
