"""Rounds in the server: every few seconds, while tickets are configured."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ui.tickets.rounds import TicketRounds, ticket_secret
from warehouse.errors import CommandCenterError
from warehouse.logs import LOGGER_NAME

EVERY_SECONDS = 15.0
_LOG = logging.getLogger(LOGGER_NAME)


@contextmanager
def ticketing(rounds: TicketRounds, every: float = EVERY_SECONDS) -> Iterator[None]:
    """While within, rounds are made; nothing without a tracker. Raises UsageError (exit 2) without a secret."""
    if not rounds.settings.tickets.configured:
        yield
        return
    ticket_secret(rounds.settings)
    stop = threading.Event()
    thread = threading.Thread(target=_work, args=(rounds, every, stop), name="tickets", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()


def _work(rounds: TicketRounds, every: float, stop: threading.Event) -> None:
    """What goes wrong is logged, and the next round tries again."""
    while not stop.wait(every):
        try:
            rounds.make()
        except CommandCenterError as error:
            _LOG.warning("tickets", extra={"status": "failed", "exit_code": error.exit_code})
        except Exception:
            _LOG.exception("tickets", extra={"status": "failed"})
