"""The channel "chat": the briefing waits as a conversation of its own in the reader's list."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from ui.delivery.parcel import NotTaken, Parcel

if TYPE_CHECKING:
    from ui.history import History

_SPACE = uuid.UUID("8d5a1a52-6c52-4f0e-9d1c-5b1f7f0f6b1e")


class ChatThread:
    """Puts a message into a reader's chat history. The conversation's id follows from the delivery's key, so that
    putting it there again changes nothing.
    """

    def __init__(self, history: History, text_of: Callable[[Parcel], str]) -> None:
        self._history = history
        self._text_of = text_of

    def deliver(self, parcel: Parcel, handing_over: Callable[[], None]) -> None:
        """A conversation with one message. Raises NotTaken when the history cannot be written."""
        import sqlite3

        thread = thread_id(parcel.key)
        handing_over()
        try:
            self._history.place(thread, parcel.reader, parcel.title, self._text_of(parcel), parcel.at)
        except sqlite3.Error as error:
            raise NotTaken("The chat history cannot be written.", again=True) from error


def thread_id(key: str) -> str:
    """The conversation that a delivery makes."""
    return str(uuid.uuid5(_SPACE, key))
