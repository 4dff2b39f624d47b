"""After a publish: the next answer is of the new snapshot, and nobody waits for the values to be read again."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agents import learning
from agents.runtime import Assistant
from warehouse.build import build
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.snapshots import current

QUESTION = "Total calls by call channel on October 29"
CALL = (
    "NEW{n}-{i},M-1020{i},2026-10-29,2026-10-29 10:0{n}:{i},Billing Question,5,neutral,"
    "false,false,false,true,Tier 1,{channel}"
)
CALLS = range(10, 30)
FEW = range(10, 15)  # a value that so few members have is shown to nobody
HEADER = (
    "call_id,member_id,call_date,call_timestamp,call_topic,handle_time_minutes,sentiment,is_repeat_call,"
    "prior_digital_attempt,transferred,resolved,agent_team,channel"
)


@pytest.fixture
def warehouse(tiny_warehouse: Path, tmp_path: Path) -> Path:
    """A copy of the tiny warehouse to build on."""
    return Path(shutil.copytree(tiny_warehouse, tmp_path / "warehouse"))


@pytest.fixture
def opened(warehouse: Path, tmp_path: Path) -> Iterator[Assistant]:
    assistant = Assistant.open(Settings(var=tmp_path / "var"), warehouse)
    yield assistant
    assistant.close()


def drop(warehouse: Path, settings: Settings, number: int, channel: str, calls: range = CALLS) -> str:
    """Publish some more calls; the new snapshot's id."""
    rows = [CALL.format(n=number, i=i, channel=channel) for i in calls]
    folder = warehouse.parent / f"drop-{number}"
    folder.mkdir()
    (folder / f"call_center-{number}.csv").write_text("\n".join((HEADER, *rows, "")))
    return build(folder, warehouse, settings).snapshot


def wait_until(true: Callable[[], bool], seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_server_answers_from_the_new_snapshot_before_its_values_are_read(
    opened: Assistant, warehouse: Path, settings: Settings, executive: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = opened.ask(QUESTION, executive)
    known = opened.knowledge()
    opened.learning.keep_up(every=0.05, reread=3600)
    monkeypatch.setattr(learning, "load_knowledge", lambda *_: pytest.fail("a reader waited for the values"))
    published = drop(warehouse, settings, 1, "phone")
    after = opened.ask(QUESTION, executive)
    assert after.snapshot == published == current(warehouse).id != before.snapshot
    assert sum(row[1] for row in after.rows) == sum(row[1] for row in before.rows) + len(CALLS)  # type: ignore[operator,misc]
    assert opened.knowledge().values_of == before.snapshot
    assert opened.knowledge().planner is known.planner


def test_new_values_are_understood_soon(
    opened: Assistant, warehouse: Path, settings: Settings, executive: Principal
) -> None:
    opened.knowledge()
    opened.learning.keep_up(every=0.05, reread=0)
    published = drop(warehouse, settings, 2, "fax_machine")
    wait_until(lambda: opened.knowledge().values_of == published)
    assert "fax_machine" in opened.knowledge().values.values("call_channel")
    answer = opened.ask("Total calls from fax machine on October 29", executive)
    assert [row[-1] for row in answer.rows] == [len(CALLS)]


def test_without_keeping_up_the_values_are_read_first_and_the_same_ones_are_taken_over(
    opened: Assistant, warehouse: Path, settings: Settings
) -> None:
    known = opened.knowledge()
    published = drop(warehouse, settings, 3, "phone", FEW)
    assert opened.knowledge().values_of == published
    assert opened.knowledge().planner is known.planner
    published = drop(warehouse, settings, 4, "fax_machine")
    assert opened.knowledge().values_of == published
    assert opened.knowledge().planner is not known.planner


def test_keeping_up_outlives_a_damaged_warehouse_and_ends_with_the_assistant(
    opened: Assistant, warehouse: Path
) -> None:
    opened.knowledge()
    opened.learning.keep_up(every=0.02, reread=0)
    pointer = warehouse / "CURRENT"
    named = pointer.read_text()
    pointer.write_text("nowhere")
    time.sleep(0.2)
    pointer.write_text(named)
    assert opened.knowledge().snapshot == named.strip()
    assert [thread.name for thread in threading.enumerate()].count("learning") == 1
    opened.learning.close()
    assert "learning" not in [thread.name for thread in threading.enumerate()]
