"""The assistant for programs, opened with the first request: a client is greeted at once, while it loads."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from ui.accounts import Accounts
from ui.chat_root import session_secret
from ui.programs.surface import Surface
from ui.rate_limit import Buckets
from warehouse.errors import CommandCenterError
from warehouse.settings import Settings

if TYPE_CHECKING:
    from agents.runtime import Assistant
    from semantic.company import Company


class Opening:
    """Opens the assistant once, for several threads; what fails is told to whoever asks and tried again."""

    def __init__(
        self,
        settings: Settings,
        warehouse: Path,
        accounts: Accounts,
        company: Company | None = None,
        *,
        source: str,
        writes: bool,
    ) -> None:
        self._settings = settings
        self._warehouse = warehouse
        self._accounts = accounts
        self._company = company
        self._source = source
        self._writes = writes
        self._lock = threading.Lock()
        self._assistant: Assistant | None = None
        self._surface: Surface | None = None

    def __call__(self) -> Surface:
        """The surface. Raises MissingDataError when there is no warehouse, UsageError for unusable settings."""
        with self._lock:
            if self._surface is None:
                self._surface = self._opened()
            return self._surface

    def in_background(self) -> None:
        """Begin to load now."""
        threading.Thread(target=self._quietly, name="opening", daemon=True).start()

    def close(self) -> None:
        """Let go of the assistant."""
        with self._lock:
            if self._assistant is not None:
                self._assistant.close()

    def _quietly(self) -> None:
        try:
            self()
        except CommandCenterError:
            return  # whoever asks is told

    def _opened(self) -> Surface:
        from agents.runtime import Assistant
        from ui.asking import require_chat_model

        require_chat_model(self._settings)
        assistant = Assistant.open(self._settings, self._warehouse, company=self._company)
        assistant.warm()
        assistant.learning.keep_up()
        self._assistant = assistant
        questions = Buckets(self._settings.server.questions_per_minute)
        secret = session_secret(self._settings)
        return Surface(assistant, questions, self._accounts.note, secret, source=self._source, writes=self._writes)
