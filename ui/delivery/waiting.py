"""The briefing waits in the chat: when a reader opens it, the latest one is in their list, once."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from agents.briefing.daily import STORE
from agents.briefing.markdown import chat_text
from agents.briefing.reading import briefing_for
from agents.briefing.store import BriefingStore
from ui.delivery.outbox import Outbox
from ui.delivery.parcel import key_of
from ui.delivery.parcels import digest_parcel
from ui.delivery.rounds import OUTBOX, SUBSCRIPTIONS
from ui.delivery.subscriptions import Subscription, Subscriptions
from warehouse.errors import CommandCenterError
from warehouse.logs import LOGGER_NAME
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.state_file import is_kept

if TYPE_CHECKING:
    from agents.briefing.composing import CauseOf
    from agents.runtime import Assistant
    from ui.accounts import Account
    from ui.history import History

_SPACE = uuid.UUID("8d5a1a52-6c52-4f0e-9d1c-5b1f7f0f6b1e")
_LOG = logging.getLogger(LOGGER_NAME)


class Waiting:
    """Puts the latest briefing into the chat of whoever opens it, unless they have it or wished for none there.

    Everybody with an account follows in the chat; a subscription over the channel `chat` pauses or ends that.
    """

    def __init__(
        self,
        settings: Settings,
        assistant: Assistant,
        history: History,
        cause_of: CauseOf,
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._assistant = assistant
        self._history = history
        self._cause_of = cause_of
        self._clock = clock
        self._lock = threading.Lock()

    def opened(self, account: Account) -> None:
        """Called when a reader opens the chat. What goes wrong is logged and keeps nobody from it."""
        if not is_kept(self._settings.state / STORE):
            return
        try:
            with self._lock:
                self._place(account)
        except CommandCenterError as error:
            _LOG.warning("briefing_not_placed", extra={"role": account.role, "exit_code": error.exit_code})
        except Exception:
            _LOG.exception("briefing_not_placed", extra={"role": account.role})

    def _place(self, account: Account) -> None:
        with closing(BriefingStore(self._settings.state / STORE)) as store:
            made = store.latest()
            wish = self._wish(account)
            if made is None or not wish.wants("digest", self._clock().date()):
                return
            key = key_of("digest", made.day.isoformat(), account.name, "chat", "")
            with closing(Outbox(self._settings.state / OUTBOX, self._clock)) as outbox:
                if outbox.settled(key):
                    return
                reader = Principal(account.name, account.role, attributes=dict(account.attributes))
                found = briefing_for(
                    self._assistant, store, reader, made.day, follows=wish.follows, cause_of=self._cause_of
                )
                assert found is not None
                parcel = digest_parcel(found, wish, self._clock(), "", "")
                self._history.place(thread_id(key), account.name, parcel.title, chat_text(found), parcel.at)
                outbox.record(parcel)

    def _wish(self, account: Account) -> Subscription:
        with closing(Subscriptions(self._settings.state / SUBSCRIPTIONS)) as subscriptions:
            mine = [each for each in subscriptions.all(account.name) if each.channel == "chat"]
        return mine[0] if mine else Subscription("chat", account.name, "chat", "")


def thread_id(key: str) -> str:
    """The conversation that a delivery makes: always the same one, so that making it again changes nothing."""
    return str(uuid.uuid5(_SPACE, key))
