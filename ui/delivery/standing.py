"""How deliveries stand: who follows, what the chosen channels lack, what was not delivered."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from ui.delivery.outbox import Outbox
from ui.delivery.rounds import OUTBOX, SUBSCRIPTIONS
from ui.delivery.subscriptions import Subscriptions
from warehouse.settings import Settings
from warehouse.state_file import is_kept

LOOKED_AT = 200


@dataclass(frozen=True)
class Standing:
    """`active` subscriptions, the channels and webhook names they use, and the last deliveries by state."""

    active: int = 0
    channels: frozenset[str] = frozenset()
    webhooks: frozenset[str] = frozenset()
    deliveries: dict[str, int] | None = None


def standing_of(settings: Settings) -> Standing:
    """How it stands now; nothing is made that is not there."""
    if not is_kept(settings.state / SUBSCRIPTIONS):
        return Standing()
    now = datetime.now(UTC)
    with closing(Subscriptions(settings.state / SUBSCRIPTIONS)) as subscriptions:
        active = [each for each in subscriptions.all() if each.state(now.date()) == "active"]
    with closing(Outbox(settings.state / OUTBOX, lambda: now)) as outbox:
        deliveries = dict(Counter(str(entry.state) for entry in outbox.all(LOOKED_AT)))
    return Standing(
        len(active),
        frozenset(each.channel for each in active),
        frozenset(each.address for each in active if each.channel in ("slack", "teams", "webhook")),
        deliveries,
    )


def problems_of(standing: Standing, settings: Settings) -> list[str]:
    """What somebody should look at, in words."""
    found = []
    if "email" in standing.channels:
        found += [f"delivery.{name} is not set" for name in ("smtp_host", "sender")
                  if not getattr(settings.delivery, name)]  # fmt: skip
    found += [f"there is no webhook {name!r}" for name in sorted(standing.webhooks - settings.webhooks.keys())]
    for state in ("held", "refused", "waiting"):
        if count := (standing.deliveries or {}).get(state):
            found.append(f"{count} {'delivery' if count == 1 else 'deliveries'} {state}")
    return found
