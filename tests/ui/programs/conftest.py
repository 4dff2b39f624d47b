"""What programs are tested with: accounts, tokens, and a surface over the tiny company, all in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from tests.ui.in_memory import Clock, Trail
from ui.accounts import Accounts
from ui.programs.surface import Surface
from ui.programs.tokens import Tokens
from ui.rate_limit import Buckets
from warehouse.settings import Settings

if TYPE_CHECKING:
    from agents.runtime import Assistant

NOW = datetime(2026, 10, 30, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW.timestamp())


@pytest.fixture
def trail() -> Trail:
    return Trail()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock, trail: Trail) -> Iterator[Accounts]:
    """One account of each role that these tests need, and an analyst who sees HMO only."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with closing(Accounts(tmp_path / "users.db", clock=clock, hasher=hasher, trail=trail)) as opened:
        opened.add("erin", "executive")
        opened.add("pat", "product_owner")
        opened.add("ada", "member_advocate")
        opened.add("hank", "analyst", attributes={"plan_type": "HMO"})
        yield opened


@pytest.fixture
def tokens(accounts: Accounts) -> Tokens:
    return Tokens(accounts)


@pytest.fixture
def own_assistant(assistant: Assistant, settings: Settings, tmp_path: Path) -> Assistant:
    """The assistant over the tiny company with a review of its own: these tests propose and decide."""
    private = settings.model_copy(update={"var": tmp_path})
    return replace(assistant, settings=private)


@pytest.fixture
def surface_of(own_assistant: Assistant, accounts: Accounts) -> Callable[..., Surface]:
    """A surface that reads only, or one that may write."""

    def made(*, source: str = "mcp", writes: bool = False, per_minute: float = 10_000) -> Surface:
        questions = Buckets(per_minute)
        return Surface(own_assistant, questions, accounts.note, "secret", source=source, writes=writes)

    return made


def statements(assistant: Assistant) -> list[dict[str, Any]]:
    """The records of the assistant's audit trail."""
    return assistant.audit.records()
