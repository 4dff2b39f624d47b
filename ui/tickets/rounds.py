"""A round of tickets: whatever is approved and has none yet is sent to its owner's tracker.

What is due is read from the review itself, so that it does not matter where an action was approved, nor what was
killed in between. The states of a delivery are those of briefings (`ui.delivery.outbox`): a ticket that may have
arrived is held and never sent again by itself, unless trackers look at its key (`tickets.idempotent`); a
status that comes back for it settles it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from tools.actions.proposals import FILE as REVIEW
from tools.actions.proposals import Event, Proposals
from tools.actions.verdicts import Proposal
from ui.delivery.outbox import Entry, Outbox
from ui.delivery.parcel import Parcel
from ui.delivery.parcels import site_of
from ui.delivery.sending import Outcome, deliver
from ui.tickets.shapes import Shape, load_shape, values_of
from ui.tickets.store import FILE, OUTBOX, TicketStore, ticket_key
from ui.tickets.tracker import Tracker
from warehouse.errors import CommandCenterError, UsageError
from warehouse.settings import Settings
from warehouse.state_file import held

LOCK = "tickets.lock"
LONGEST_WAIT = timedelta(hours=1)
SENT_FOR = ("approved", "live", "measured")
Note = Callable[..., None]


@dataclass
class TicketRounds:
    """Makes rounds over one folder of state. `note` writes to the audit trail."""

    settings: Settings
    clock: Callable[[], datetime]
    note: Note
    sleep: Callable[[float], None] = time.sleep

    def make(self) -> list[Outcome]:
        """Send what is due, one process at a time. Nothing where no tracker is configured.

        Raises UsageError for settings that lack something.
        """
        if not self.settings.tickets.configured:
            return []
        state, secret = self.settings.state, ticket_secret(self.settings)
        with ExitStack() as stack:
            stack.enter_context(held(state / LOCK))
            outbox = stack.enter_context(closing(Outbox(state / OUTBOX, self.clock)))
            store = stack.enter_context(closing(TicketStore(state / FILE)))
            review = stack.enter_context(closing(Proposals(state / REVIEW)))
            again = self._settled(outbox, store)
            due = [(one, approval) for one in review.all() if (approval := _approval(one, review)) is not None]
            outcomes = [self._send(one, approval, secret, outbox, store, again) for one, approval in due]
        return [outcome for outcome in outcomes if outcome is not None]

    def _settled(self, outbox: Outbox, store: TicketStore) -> frozenset[str]:
        """Settle what processes left that are gone; a ticket that its tracker knows has arrived.

        The keys of those that may have arrived and are sent again, to trackers that look at keys.
        """
        outbox.recover()
        again = set()
        for kept in store.all():
            entry = outbox.find(kept.key)
            if entry is None or entry.state not in ("held", "waiting"):
                continue
            if kept.status:
                outbox.confirm(kept.key)
            elif entry.state == "held" and self.settings.tickets.idempotent and self._due(entry):
                outbox.release(kept.key)
                again.add(kept.key)
        return frozenset(again)

    def _send(
        self,
        proposal: Proposal,
        approval: Event,
        secret: str,
        outbox: Outbox,
        store: TicketStore,
        again: frozenset[str],
    ) -> Outcome | None:
        key = ticket_key(proposal.id)
        entry = outbox.find(key)
        if entry is not None and (outbox.settled(key) or not (key in again or self._due(entry))):
            return None
        name = self.settings.tickets.webhook_of(str(proposal.now["owner"]))
        if not name:
            return None
        try:
            shape = load_shape(self.settings.tickets.shapes.get(name, "plain"))
            parcel = self._parcel(proposal, approval, key, shape)
            tracker = self._tracker(name, shape, secret, store)
        except CommandCenterError as error:
            return Outcome(key, "waiting", str(error), f"ticket {proposal.id}")
        self.note("ticket", "", proposal=proposal.id, key=key, tracker=name)
        store.begin(key, proposal.id, name)
        return deliver(parcel, tracker, outbox, self.settings.delivery, self.sleep)

    def _due(self, entry: Entry) -> bool:
        """Waits double from round to round, up to an hour."""
        first = max(self.settings.delivery.longest_wait_seconds, 1.0)
        wait = min(timedelta(seconds=first * 2 ** min(entry.tries - 1, 20)), LONGEST_WAIT)
        return self.clock() >= datetime.fromisoformat(entry.changed) + wait

    def _parcel(self, proposal: Proposal, approval: Event, key: str, shape: Shape) -> Parcel:
        site = site_of(self.settings)
        values = {
            **self.settings.tickets.values,
            **values_of(proposal, approval, key, f"{site}/dashboard/review" if site else ""),
        }
        return Parcel(
            kind="ticket", about=proposal.id, reader="", channel="webhook", address="",
            title=str(proposal.now["title"]), headline=str(proposal.now["change"]), lines=(), text="", html="",
            at=self.clock(), document=shape.filled(values),
        )  # fmt: skip

    def _tracker(self, name: str, shape: Shape, secret: str, store: TicketStore) -> Tracker:
        url = self.settings.webhooks.get(name)
        if url is None:
            raise UsageError(
                f"There is no webhook {name!r}.",
                where="COMMAND_CENTER_WEBHOOKS",
                next_step="Set it to a JSON object of names and addresses with that name.",
            )
        seconds = self.settings.delivery.timeout_seconds
        now = self.clock
        return Tracker(url.get_secret_value(), shape, secret, seconds, lambda: now().timestamp(), store.refer)


def ticket_secret(settings: Settings) -> str:
    """The secret that both sides sign with. Raises UsageError (exit 2) when it is missing or short."""
    secret = settings.ticket_secret.get_secret_value() if settings.ticket_secret else ""
    if len(secret) < 16:
        raise UsageError(
            "Tickets are signed with a secret of 16 characters or more, and there is none.",
            where="COMMAND_CENTER_TICKET_SECRET",
            next_step="Set the same secret here and at the receiver, or empty tickets.webhook and tickets.owners.",
        )
    return secret


def _approval(proposal: Proposal, review: Proposals) -> Event | None:
    """The approval that stands; None for what is not approved, or not any more."""
    if proposal.state not in SENT_FOR:
        return None
    events = [one for one in review.events(proposal.id) if one.action == "approve" and not one.undone]
    return events[-1] if events else None
