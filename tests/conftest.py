"""Warehouses that tests share: built once a run, by whichever worker needs one first; read by all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from warehouse.collector import collect_never, collect_rarely
from warehouse.logs import silence_libraries
from warehouse.principal import Principal
from warehouse.settings import BuildSettings, Settings
from warehouse.snapshots import connect, current

if TYPE_CHECKING:
    from agents.answer import Answer
    from agents.runtime import Assistant
    from tools.desk import Desk

silence_libraries()
collect_never()  # until all tests are read
OnceARun = Callable[[str, Callable[[Path], object]], Path]

# Servers of tests have a day scanned when a test asks for it, not by themselves.
os.environ.setdefault("COMMAND_CENTER_SCOUT__FIRST_AFTER_SECONDS", "0")

# A busy machine is no fault of what is tested; and what passed passes again. `make fuzz` draws other examples.
hypothesis_settings.register_profile(
    "unhurried",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="FUZZ_SECONDS" not in os.environ,
)
hypothesis_settings.load_profile("unhurried")

LONGEST = (
    "ui/test_dashboard.py",
    "warehouse/test_spark_engines.py",
    "warehouse/test_incremental.py",
    "warehouse/test_crash.py",
    "ui/test_browser_identity.py",
    "ui/test_browser.py",
    "warehouse/test_changes.py",
    "warehouse/test_shared_data.py",
    "warehouse/test_concurrency.py",
    "ui/test_feed.py",
    "test_demo_story.py",
    "tools/scout/test_estimates.py",
    "warehouse/test_lineage.py",
)
"""Files that take 25 to 100 seconds of processor time are started first, so that the workers end together."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    tests = Path(__file__).parent
    order = {tests / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.path, len(order)))


def pytest_collection_finish() -> None:
    collect_rarely()


@pytest.fixture(scope="session")
def once_a_run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> OnceARun:
    """Makes a folder that all workers of a run share: `once_a_run("tiny", make)`; nobody may write into it later.

    What `make` raises is raised, and the next who needs the folder makes it anew.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base

    def found(name: str, make: Callable[[Path], object]) -> Path:
        folder, whole = shared / f"shared-{name}", shared / f"shared-{name}.whole"
        with (shared / f"shared-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                whole.touch()
        return folder

    return found


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Default settings whose state and data live in a temporary folder.

    Their builds use one thread, which takes a seventh less of a small one. Those of `two_days`, of the command
    line and the full ones that incremental builds are held against use the default, two.
    """
    return Settings(var=tmp_path_factory.mktemp("var"), build=BuildSettings(threads=1))


@pytest.fixture(scope="session")
def tiny_sources(once_a_run: OnceARun) -> Path:
    """The generated profile `tiny`, as of 2026-10-29."""
    from generator.generate import generate

    def make(folder: Path) -> None:
        generate("tiny", folder / "sources", seed=7, as_of=date(2026, 10, 29), truth=folder / "truth")

    return once_a_run("tiny", make) / "sources"


@pytest.fixture(scope="session")
def tiny_warehouse(tiny_sources: Path, settings: Settings, once_a_run: OnceARun) -> Path:
    """A warehouse built from `tiny_sources`."""
    from warehouse.build import build

    return once_a_run("tiny-warehouse", lambda folder: build(tiny_sources, folder, settings))


@pytest.fixture(scope="session")
def two_days(tiny_sources: Path, once_a_run: OnceARun) -> tuple[Path, str, str]:
    """The tiny company as of a fortnight earlier, and then as of its last day: path, older id, newer id."""
    from generator.generate import generate
    from warehouse.build import build

    def make(folder: Path) -> None:
        earlier, ids = folder / "earlier", folder / "ids"
        generate("tiny", earlier, seed=7, as_of=date(2026, 10, 15), truth=folder / "truth")
        settings = Settings(var=folder / "var")
        for hour, source in enumerate((earlier, tiny_sources)):
            now = datetime(2026, 10, 30, hour, tzinfo=UTC)
            built = build(source, folder / "warehouse", settings, full=True, now=now)
            with ids.open("a") as kept:
                kept.write(f"{built.snapshot}\n")

    folder = once_a_run("two-days", make)
    earlier, later = (folder / "ids").read_text().split()
    return folder / "warehouse", earlier, later


@pytest.fixture(scope="session")
def reference_sample() -> Path:
    """Some 600 members of the reference data with all their rows."""
    return Path(__file__).parent / "data" / "reference_sample"


@pytest.fixture(scope="session")
def reference_warehouse(reference_sample: Path, settings: Settings, once_a_run: OnceARun) -> Path:
    """A warehouse built from `reference_sample`: required columns only, none of them ours."""
    from warehouse.build import build

    return once_a_run("reference-warehouse", lambda folder: build(reference_sample, folder, settings))


@pytest.fixture(scope="session")
def gold_of() -> Callable[[Path], duckdb.DuckDBPyConnection]:
    """Opens a warehouse's gold tables without the door."""
    return lambda warehouse: connect(current(warehouse))


@pytest.fixture(scope="session")
def executive() -> Principal:
    """Who asks."""
    return Principal("erin", "executive")


@pytest.fixture(scope="session")
def assistant(
    tiny_warehouse: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assistant]:
    """The embedded assistant over the tiny company; its clock stands still."""
    from agents.runtime import Assistant

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
def desk(assistant: Assistant, request: pytest.FixtureRequest) -> Desk:
    """The hidden context of a tool call, of a reader to whom nothing was shown that a total could tell more of."""
    reader = Principal(hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12], "executive")
    return assistant.knowledge().context("?", reader, assistant.door, lambda _: None, "a1", "test").desk


@pytest.fixture(scope="session")
def gold(tiny_warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tiny gold tables without the door, for witness SQL."""
    connection = connect(current(tiny_warehouse))
    yield connection
    connection.close()
