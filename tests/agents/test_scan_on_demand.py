"""A reader who asks before the day's scan has run: it is made then, once, and is the day's briefing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agents.briefing import on_demand
from agents.briefing.daily import STORE, DataDays, run_day
from agents.briefing.on_demand import ScanOnDemand
from agents.briefing.store import BriefingStore
from agents.runtime import Assistant
from tools.briefing import NOT_SCANNED
from tools.scout.incident import ScanReport
from tools.standing import STANDING
from warehouse.errors import UsageError
from warehouse.principal import Principal
from warehouse.settings import Settings

AT = datetime(2026, 10, 30, 6, tzinfo=UTC)
ASKED = "What's breaking right now?"


def test_the_first_to_ask_has_the_day_scanned_and_nobody_again(
    tiny_warehouse: Path, tmp_path: Path, executive: Principal
) -> None:
    with closing(Assistant.open(Settings(var=tmp_path), tiny_warehouse, clock=lambda: AT)) as assistant:
        heard: list[str] = []
        first = assistant.ask(ASKED, executive, on_step=heard.append)
        again: list[str] = []
        second = assistant.ask(ASKED, executive, on_step=again.append)
        knowledge = assistant.knowledge()
    assert first.status == "answered"
    assert any(step.startswith("Judging") for step in heard)
    assert not any(step.startswith(("Reading", "Judging")) for step in again)
    assert STANDING in [part.title for part in first.parts]
    assert NOT_SCANNED not in first.assumptions
    assert [part.rows for part in second.parts] == [part.rows for part in first.parts]

    def never(day: date) -> ScanReport:
        raise AssertionError(f"{day} was scanned again")

    settings = Settings(var=tmp_path)
    with closing(BriefingStore(settings.state / STORE)) as store:
        data = DataDays(knowledge.snapshot, knowledge.first_day, knowledge.as_of)
        run = run_day(store, data, never, settings.scout, AT, settings.state)
    assert run.made.snapshot == knowledge.snapshot
    assert run.fresh == ()


def test_a_days_briefing_waits_for_no_index_of_questions(tiny_warehouse: Path, tmp_path: Path) -> None:
    with closing(Assistant.open(Settings(var=tmp_path), tiny_warehouse, clock=lambda: AT)) as assistant:
        assistant.make_briefing()
        planner = assistant.knowledge().planner
        assert (tmp_path / "state" / STORE).is_file()
        assert "lexicon" not in vars(planner)
        planner.ready()
        assert {"lexicon", "speller", "verified", "meanings", "reranker"} <= vars(planner).keys()


def _scans(monkeypatch: pytest.MonkeyPatch, snapshot: str) -> list[date]:
    """Counts the scans that are made instead of making them."""
    made: list[date] = []

    def counted(*_: Any, day: date, **__: Any) -> ScanReport:
        made.append(day)
        return ScanReport(day, snapshot, 0.1, (), ())

    monkeypatch.setattr(on_demand, "run_scout", counted)
    return made


def test_many_ask_at_once_and_one_scan_is_made(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge = assistant.knowledge()
    made = _scans(monkeypatch, knowledge.snapshot)
    scan = ScanOnDemand(Settings(var=tmp_path), assistant.door, lambda: AT, keeps=True)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _: scan.incidents(knowledge, lambda _: None), range(6)))
    assert found == [()] * 6
    assert made == [knowledge.as_of]


@pytest.mark.parametrize("keeps", [True, False])
def test_after_missed_days_and_for_a_pinned_snapshot_nothing_is_kept(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeps: bool
) -> None:
    knowledge, settings = assistant.knowledge(), Settings(var=tmp_path)
    made = _scans(monkeypatch, knowledge.snapshot)
    long_ago = knowledge.as_of - timedelta(days=4)
    with closing(BriefingStore(settings.state / STORE)) as store:
        store.keep(long_ago, "an older one", (), AT, {})
        scan = ScanOnDemand(settings, assistant.door, lambda: AT, keeps=keeps)
        assert [scan.incidents(knowledge, lambda _: None) for _ in range(2)] == [(), ()]
        assert made == [knowledge.as_of]
        last = store.latest()
    assert last is not None
    assert last.day == long_ago, "the daily run is to make up for the missed days"


def test_data_that_change_meanwhile_or_cannot_be_scanned_are_told_so(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knowledge = assistant.knowledge()
    _scans(monkeypatch, "a newer one")
    scan = ScanOnDemand(Settings(var=tmp_path), assistant.door, lambda: AT, keeps=True)
    assert scan.incidents(knowledge, lambda _: None) is None

    def refuses(*_: Any, **__: Any) -> ScanReport:
        raise UsageError("The semantic model has no metric that can be scanned by day.")

    monkeypatch.setattr(on_demand, "run_scout", refuses)
    other = ScanOnDemand(Settings(var=tmp_path / "other"), assistant.door, lambda: AT, keeps=False)
    assert other.incidents(knowledge, lambda _: None) is None
