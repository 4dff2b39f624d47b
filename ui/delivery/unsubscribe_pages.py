"""The link in a mail that ends its subscription: no signing in, and nothing ends by only looking at it.

Mail programs and scanners open links by themselves, so the page asks once. Programs that offer to unsubscribe
post to the same address (RFC 8058).
"""

from __future__ import annotations

import hmac
from contextlib import closing
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ui.accounts import Accounts
from ui.delivery.parcels import STOP, mark_of
from ui.delivery.rounds import SUBSCRIPTIONS
from ui.delivery.subscriptions import Subscription, Subscriptions
from ui.forms import Forms
from ui.refusal import refusal
from warehouse.errors import UsageError
from warehouse.settings import Settings


class UnsubscribePages:
    """Routes of `/unsubscribe/<id>/<mark>`. `secret` is what the marks are made with."""

    def __init__(self, settings: Settings, accounts: Accounts, forms: Forms, secret: str) -> None:
        self._settings = settings
        self._accounts = accounts
        self._forms = forms
        self._secret = secret
        self.router = APIRouter(include_in_schema=False)
        path = f"{STOP}/{{identity}}/{{mark}}"
        self.router.add_api_route(path, self.ask, methods=["GET"])
        self.router.add_api_route(path, self.end, methods=["POST"])

    def ask(self, request: Request, identity: str, mark: str) -> Response:
        """Whether it is meant."""
        with closing(self._subscriptions()) as subscriptions:
            found = self._found(subscriptions, identity, mark)
        if found is None:
            return _no_such_link(request)
        return self._forms.page(request, "unsubscribe.html", ended=bool(found.ended), channel=found.channel)

    def end(self, request: Request, identity: str, mark: str) -> Response:
        """End it; also again."""
        with closing(self._subscriptions()) as subscriptions:
            found = self._found(subscriptions, identity, mark)
            if found is None:
                return _no_such_link(request)
            if not found.ended:
                subscriptions.end(found.id, datetime.now(UTC).date())
                self._accounts.note("briefing_unsubscribed", found.reader, channel=found.channel)
        return self._forms.page(request, "unsubscribe.html", ended=True, channel=found.channel)

    def _found(self, subscriptions: Subscriptions, identity: str, mark: str) -> Subscription | None:
        if not hmac.compare_digest(mark_of(identity, self._secret).encode(), mark.encode()):
            return None
        try:
            return subscriptions.get(identity)
        except UsageError:
            return None

    def _subscriptions(self) -> Subscriptions:
        return Subscriptions(self._settings.state / SUBSCRIPTIONS)


def _no_such_link(request: Request) -> Response:
    return refusal(request, 404, "This link is not valid. Sign in and open /briefing to see what you follow.")
