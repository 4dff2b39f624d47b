"""An assistant over the tiny company, and what its checks need."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from agents.answer import Answer
from agents.runtime import Assistant
from tools.desk import Desk
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.snapshots import current


@pytest.fixture(scope="session")
def executive() -> Principal:
    """Who asks."""
    return Principal("erin", "executive")


@pytest.fixture(scope="session")
def assistant(
    tiny_warehouse: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assistant]:
    """The embedded assistant; its clock stands still."""
    private = settings.model_copy(update={"var": tmp_path_factory.mktemp("assistant")})
    opened = Assistant.open(private, tiny_warehouse, clock=lambda: datetime(2026, 10, 30, tzinfo=UTC))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def ask(assistant: Assistant, executive: Principal) -> Callable[[str], Answer]:
    """One question in a conversation of its own; asked once a session."""
    answers: dict[str, Answer] = {}

    def once(question: str) -> Answer:
        if question not in answers:
            answers[question] = assistant.ask(question, executive)
        return answers[question]

    return once


@pytest.fixture
def desk(assistant: Assistant, executive: Principal) -> Desk:
    """The hidden context of a tool call."""
    knowledge = assistant.knowledge()
    return knowledge.context("?", executive, assistant.door, lambda _: None, "a1", "test").desk


@pytest.fixture(scope="session")
def gold(tiny_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the same data without the door: for witness SQL."""
    copy = shutil.copy(current(tiny_warehouse).gold_path, tmp_path_factory.mktemp("witness") / "copy.duckdb")
    connection = duckdb.connect(str(copy), read_only=True)
    yield connection
    connection.close()
