"""Readers everywhere while builds publish: none fails, none sees half a build, none goes back in time.

`PUBLISHED=30 pytest tests/warehouse/test_concurrency.py` publishes more often.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents.runtime import Assistant
from warehouse import snapshots
from warehouse.build import build
from warehouse.principal import Principal
from warehouse.settings import Settings

PUBLISHED = int(os.environ.get("PUBLISHED", "5"))
QUESTION = "Total calls by plan type in November 2024"
# Two tables that one build writes; their sums agree in any one snapshot, and differ from snapshot to snapshot.
GOLD = """
SELECT (SELECT SUM(is_leaked_24h) FROM gold.calls), (SELECT SUM(leaked_calls_24h) FROM gold.digital_call_leakage),
       (SELECT SUM(total_calls) FROM gold.repeat_calls_analysis)
"""
SILVER = """
SELECT (SELECT COUNT(*) FROM silver.call_leaks), (SELECT SUM(leaked_calls_24h) FROM gold.digital_call_leakage),
       (SELECT COUNT(*) FROM silver.calls)
"""
READERS = [
    ("one door", "executive", GOLD),
    ("one door", "data_engineer", SILVER),
    ("many doors", "executive", GOLD),
    ("a long look", "", SILVER),
]


@pytest.fixture(scope="module")
def two_kept(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two snapshots are kept: a reader of the one before still finds it."""
    few = {"partition_rows": 120, "hot_rows": 20, "hot_days": 2, "keep_snapshots": 2, "keep_days": 0}
    every_count = settings.limits.model_copy(update={"small_cell": 1})  # this company has three members
    build_few = settings.build.model_copy(update=few)
    changed = {"build": build_few, "limits": every_count, "var": tmp_path_factory.mktemp("var")}
    return settings.model_copy(update=changed)


def figures(warehouse: Path) -> tuple[str, list[int]]:
    """The served snapshot and what a reader of it must see."""
    snapshot = snapshots.current(warehouse)
    with snapshots.connect(snapshot) as con:
        return snapshot.id, [int(value) for value in con.execute(GOLD).fetchall()[0]]


class Asking(threading.Thread):
    """A chat that asks the same question again and again, beside the builds in one process."""

    def __init__(self, warehouse: Path, settings: Settings) -> None:
        super().__init__()
        self.assistant = Assistant.open(settings, warehouse)
        self.answers: list[tuple[str, str]] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            answer = self.assistant.ask(QUESTION, Principal("erin", "executive"))
            self.answers.append((answer.status, answer.snapshot))
            time.sleep(0.5)

    def end(self) -> None:
        self.stopped.set()
        self.join()
        self.assistant.close()


def looks(folder: Path, n: int) -> list[list[Any]]:
    """What reader n saw so far: [snapshot, figure, ...]."""
    file = folder / f"seen-{n}"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def have_seen(folder: Path, number: int, snapshot: str) -> bool:
    """Whether every door has answered from a snapshot, and the long look went on to every third or fourth."""
    for n, (way, _, _) in enumerate(READERS):
        found = {row[0] for row in looks(folder, n)}
        if len(found) <= number // 3 if way == "a long look" else snapshot not in found:
            return False
    return True


def wait_until(true: Callable[[], bool], seconds: float = 300) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.1)


def never_back(seen: list[str], order: list[str]) -> bool:
    """Whether a reader saw snapshots in the order in which they were published."""
    places = [order.index(name) for name in seen]
    return places == sorted(places)


def test_readers_of_all_kinds_see_whole_snapshots_only(
    add_a_leak: Callable[[Path, int], None],
    three_drops: Callable[[Path], list[Path]],
    forks: Any,
    two_kept: Settings,
    tmp_path: Path,
):
    source, warehouse, stop = three_drops(tmp_path)[2], tmp_path / "warehouse", tmp_path / "stop"
    build(source, warehouse, two_kept)
    published = [figures(warehouse)]
    orders = [
        {"read": way, "role": role, "sql": sql, "warehouse": warehouse, "settings": two_kept, "stop": stop,
         "into": tmp_path / f"seen-{number}", "audit": tmp_path / f"audit-{number}.db"}
        for number, (way, role, sql) in enumerate(READERS)
    ]  # fmt: skip
    forks.start(*orders)
    asking = Asking(warehouse, two_kept)
    asking.start()
    try:
        for number in range(PUBLISHED):
            add_a_leak(source, number)
            build(source, warehouse, two_kept)
            published.append(figures(warehouse))
            wait_until(lambda number=number: have_seen(tmp_path, number, published[-1][0]))
    finally:
        stop.touch()
        asking.end()
        codes = forks.codes()
    assert codes == [0] * len(READERS)
    order, known = [name for name, _ in published], dict(published)
    assert len(known) == PUBLISHED + 1
    for n, (way, _, _) in enumerate(READERS):
        seen = looks(tmp_path, n)
        assert [row for row in seen if row[1:] != known[row[0]]] == []
        assert never_back([row[0] for row in seen], order)
        assert len({row[0] for row in seen}) > ((PUBLISHED - 1) // 3 if way == "a long look" else PUBLISHED / 2)
    assert {status for status, _ in asking.answers} == {"answered"}
    assert never_back([snapshot for _, snapshot in asking.answers], order)
