"""One round of deliveries: the day's briefing and the alerts, to everybody who follows them.

A round can be made at any time and again: the outbox knows what was delivered. Only the newest briefing goes out.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from agents.briefing.alerting import AlertText, alert_text
from agents.briefing.health import STORE as ALERTS
from agents.briefing.health import Alert, AlertStore, readings
from agents.briefing.reading import NO_CAUSE, briefing_for
from agents.briefing.store import BriefingStore, Made
from agents.knowledge import READER
from ui.delivery.files import Files
from ui.delivery.mail import Mail
from ui.delivery.outbox import Outbox
from ui.delivery.parcel import Channel, Kind, Parcel, key_of
from ui.delivery.parcels import alert_parcel, digest_parcel, site_of, unsubscribe_link
from ui.delivery.sending import Outcome, deliver, delivery_lock
from ui.delivery.subscriptions import Subscription, Subscriptions
from ui.delivery.webhook import Webhook
from warehouse.errors import CommandCenterError, UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings

if TYPE_CHECKING:
    from agents.briefing.composing import CauseOf
    from agents.runtime import Assistant
    from tools.desk import Desk
    from ui.accounts import Accounts

OUTBOX, SUBSCRIPTIONS = "outbox.db", "subscriptions.db"
NO_ACCOUNT = "There is no such account any more, or it is locked."


@dataclass
class Round:
    """What a round did: deliveries by subscription, and why some could not even be tried."""

    outcomes: list[tuple[Subscription, Outcome]] = field(default_factory=list)
    troubles: list[tuple[Subscription, str]] = field(default_factory=list)
    held: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing is left that somebody should look at."""
        return not self.troubles and not self.held and all(o.state in ("sent", "taken") for _, o in self.outcomes)


@dataclass
class Rounds:
    """Makes rounds for one assistant. `secret` signs the links that unsubscribe."""

    settings: Settings
    assistant: Assistant
    accounts: Accounts
    secret: str
    clock: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    cause_of: CauseOf = NO_CAUSE
    mail: Mail | None = None

    def make(self, store: BriefingStore, made: Made) -> Round:
        """Deliver a day's briefing and the alerts of that day, if it is the last day of the data."""
        with ExitStack() as stack:
            stack.enter_context(delivery_lock(self.settings.state))
            outbox = stack.enter_context(closing(self._outbox()))
            followers = stack.enter_context(closing(self._subscriptions()))
            done = Round(held=outbox.recover())
            if not self._is_newest(store, made):
                return done
            outbox.overtake("digest", made.day.isoformat())
            for subscription in followers.all():
                self._digest(subscription, store, made, outbox, done)
            for alert in self._alerts(made):
                for subscription in followers.all():
                    self._alert(subscription, alert, made, outbox, done)
        return done

    def _is_newest(self, store: BriefingStore, made: Made) -> bool:
        last = store.latest()
        return last is not None and last.day == made.day and made.day == self.assistant.knowledge().as_of

    def _alerts(self, made: Made) -> list[Alert]:
        """What was raised or cleared on the day, by figures of the whole company, and what is open from before.

        The latter was delivered when it was raised, unless that did not work out.
        """
        with closing(AlertStore(self.settings.state / ALERTS)) as alerts:
            found = readings(self._desk(READER, "alerts"), self.settings.health, made.day)
            changes = alerts.look(found, made.day, self.settings.health.clear_margin)
            earlier = [alert for alert in alerts.open_alerts() if alert.day < made.day]
        return [*earlier, *changes]

    def _digest(
        self, subscription: Subscription, store: BriefingStore, made: Made, outbox: Outbox, done: Round
    ) -> None:
        def parcel(reader: Principal) -> Parcel | None:
            briefing = briefing_for(
                self.assistant, store, reader, made.day, follows=subscription.follows, cause_of=self.cause_of
            )
            assert briefing is not None
            return digest_parcel(briefing, subscription, self.clock(), *self._links(subscription))

        self._send("digest", made.day.isoformat(), subscription, parcel, outbox, done)

    def _alert(self, subscription: Subscription, alert: Alert, made: Made, outbox: Outbox, done: Round) -> None:
        def parcel(reader: Principal) -> Parcel | None:
            text = self._alert_text(alert, reader)
            return (
                None
                if text is None
                else alert_parcel(text, subscription, self.clock(), *self._links(subscription))
            )

        self._send("alert", f"{alert.id}-{alert.change}", subscription, parcel, outbox, done)

    def _alert_text(self, alert: Alert, reader: Principal) -> AlertText | None:
        """An alert is about the whole company: nothing for a reader who sees a part of it."""
        if reader.attributes:
            return None
        desk = self._desk(reader, f"alert-{alert.id}")
        seen = readings(desk, self.settings.health, alert.day)
        mine = next((reading for reading in seen if reading.indicator.name == alert.indicator), None)
        return None if mine is None else alert_text(alert, mine, desk)

    def _send(
        self,
        kind: Kind,
        about: str,
        subscription: Subscription,
        parcel_for: Callable[[Principal], Parcel | None],
        outbox: Outbox,
        done: Round,
    ) -> None:
        """One delivery to one subscription, if it is wanted and not made yet; what goes wrong stops no other."""
        key = key_of(kind, about, subscription.reader, subscription.channel, subscription.address)
        wanted = subscription.wants(kind, self.clock().date()) and subscription.channel != "chat"
        if not wanted or outbox.settled(key):
            return
        try:
            parcel = parcel_for(self._reader(subscription))
            if parcel is None:
                return
            outcome = deliver(parcel, self._channel(subscription), outbox, self.settings.delivery, self.sleep)
        except CommandCenterError as error:
            done.troubles.append((subscription, str(error)))
            return
        if outcome:
            done.outcomes.append((subscription, outcome))

    def _reader(self, subscription: Subscription) -> Principal:
        account = self.accounts.find(subscription.reader)
        if account is None or account.locked:
            raise UsageError(NO_ACCOUNT, where=f"user {subscription.reader}", next_step="Unsubscribe it.")
        return Principal(account.name, account.role, attributes=dict(account.attributes))

    def _channel(self, subscription: Subscription) -> Channel:
        delivery = self.settings.delivery
        if subscription.channel == "file":
            return Files(delivery.folder or self.settings.var / "briefings")
        if subscription.channel == "email":
            password = self.settings.smtp_password
            return self.mail or Mail(delivery, password.get_secret_value() if password else "")
        url = self.settings.webhooks.get(subscription.address)
        if url is None:
            raise UsageError(
                f"There is no webhook {subscription.address!r}.",
                where="COMMAND_CENTER_WEBHOOKS",
                next_step="Set it to a JSON object of names and addresses with that name.",
            )
        return Webhook(url.get_secret_value(), subscription.channel, delivery.timeout_seconds)

    def _links(self, subscription: Subscription) -> tuple[str, str]:
        site = site_of(self.settings)
        return site, unsubscribe_link(subscription, site, self.secret)

    def _desk(self, reader: Principal, audit_id: str) -> Desk:
        knowledge = self.assistant.knowledge()
        return knowledge.desk("Alerts", reader, self.assistant.door, audit_id, "briefing")

    def _outbox(self) -> Outbox:
        return Outbox(self.settings.state / OUTBOX, self.clock)

    def _subscriptions(self) -> Subscriptions:
        return Subscriptions(self.settings.state / SUBSCRIPTIONS)
