"""The live feed from the command line: batches land and are served, and a killed feed goes on without a trace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from tests.warehouse.conftest import valid_tables, write_tables
from ui.feeding import Pace, Round, follow, listing, patient_build, quantile, rounds
from warehouse.errors import MissingDataError
from warehouse.settings import Settings
from warehouse.snapshots import build_lock, connect, current

ROOT = Path(__file__).parents[2]
SERVED = SimpleNamespace(snapshot="s1", as_of=date(2026, 10, 29))
TABLES = {
    "call_center": "calls",
    "digital_interactions": "digital_interactions",
    "surveys": "surveys",
    "claims": "claims",
    "pharmacy": "pharmacy_fills",
    "enrollment": "enrollments",
}


class FakeTime:
    """A clock that moves only when somebody waits or works."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class FakeFeed:
    """Writes as many events as it is asked for, up to `left`."""

    def __init__(self, left: int = 1_000_000) -> None:
        self.left = left

    def write(self, events: int, *, until: date | None = None) -> Any:
        events = min(events, self.left)
        self.left -= events
        return SimpleNamespace(events=events, rows={"call_center": events}, through=datetime(2026, 10, 30, 12))


def run(pace: Pace, *, build_takes: float, left: int = 1_000_000) -> tuple[list[Round], float]:
    """All rounds of a feed whose builds take some seconds, and how long they took together."""
    time_ = FakeTime()

    def build_once() -> Any:
        time_.sleep(build_takes)
        return SERVED

    made = list(rounds(FakeFeed(left), pace, build_once, clock=time_.clock, sleep=time_.sleep))  # type: ignore[arg-type]
    return made, time_.now


def test_a_quick_build_keeps_the_pace() -> None:
    made, took = run(Pace(rate=100, every=3, seconds=30), build_takes=1)
    assert [one.events for one in made] == [300] * 10
    assert took == pytest.approx(31)
    assert {one.lag_seconds for one in made} == {1}
    assert {one.oldest_seconds for one in made} == {4}


def test_a_slow_build_makes_larger_batches_and_loses_nothing() -> None:
    made, _ = run(Pace(rate=100, every=3, seconds=30), build_takes=10)
    assert [one.events for one in made] == [300, 1000, 1000, 700]
    assert [one.oldest_seconds for one in made] == [13, 20, 20, 20]


def test_a_slow_rate_waits_for_an_event_and_a_feed_can_end_by_itself() -> None:
    made, took = run(Pace(rate=0.1, every=1), build_takes=0, left=3)
    assert [one.events for one in made] == [1, 1, 1]
    assert took == pytest.approx(40)


def test_quantiles_are_values_that_occurred() -> None:
    assert [quantile([3.0, 1.0, 2.0], share) for share in (0.5, 0.95, 1.0)] == [2.0, 3.0, 3.0]
    assert quantile([float(n) for n in range(1, 101)], 0.95) == 95.0


@pytest.fixture
def copied(tiny_sources: Path, tmp_path: Path) -> Path:
    """The tiny company's sources, to be fed."""
    return Path(shutil.copytree(tiny_sources, tmp_path / "sources"))


def started(folder: Path, warehouse: Path, var: Path, *options: str) -> subprocess.Popen[str]:
    """A feed in a process of its own."""
    command = [sys.executable, "-m", "ui.cli", "feed", "--json", "--rate", "400", "--every", "0.5"]
    return subprocess.Popen(
        [*command, "--source", str(folder), "--warehouse", str(warehouse), *options],
        cwd=ROOT,
        env={**os.environ, "COMMAND_CENTER_VAR": str(var)},
        stdout=subprocess.PIPE,
        text=True,
    )


def lines(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        yield json.loads(line)


def landed(folder: Path, table: str) -> int:
    """Rows of a source's files, generated and fed."""
    fed = sorted((folder / "live").glob(f"*/{table}-*.csv.gz"))
    files = ", ".join(f"'{path}'" for path in (folder / f"{table}.csv.gz", *fed))
    with duckdb.connect() as con:
        return int(con.execute(f"SELECT count(*) FROM read_csv([{files}], union_by_name = true)").fetchall()[0][0])


def test_a_feed_that_is_killed_goes_on_without_a_trace(copied: Path, tmp_path: Path, tiny_warehouse: Path) -> None:
    warehouse = Path(shutil.copytree(tiny_warehouse, tmp_path / "warehouse"))
    feed = started(copied, warehouse, tmp_path / "var")
    assert next(lines(feed))["snapshot"] == current(warehouse).id
    time.sleep(0.7)  # into the next batch or its build
    feed.kill()
    feed.communicate()
    feed = started(copied, warehouse, tmp_path / "var", "--for", "1")
    printed = list(lines(feed))
    assert feed.wait() == 0
    assert printed[-1]["summary"]["events"] >= 400
    assert printed[-1]["summary"]["lag_seconds"]["max"] > 0
    assert printed[-2]["snapshot"] == current(warehouse).id
    with connect(current(warehouse), "lake") as con:
        for source, table in TABLES.items():
            count, ids = con.execute(
                f"SELECT count(*), count(DISTINCT {source_key(source)}) FROM gold.{table}"
            ).fetchall()[0]
            assert count == ids == landed(copied, source), table
        doubles = "SELECT count(*) FROM bronze.quarantine WHERE reason IN ('duplicate', 'duplicate_id')"
        assert con.execute(doubles).fetchall() == [(0,)]


def source_key(source: str) -> str:
    return {
        "call_center": "call_id",
        "digital_interactions": "interaction_id",
        "surveys": "survey_id",
        "claims": "claim_id",
        "pharmacy": "rx_id",
        "enrollment": "enrollment_id",
    }[source]


def test_feed_can_leave_building_to_others(
    copied: Path, tmp_path: Path, command_center: Callable[..., Any]
) -> None:
    generated = sum(landed(copied, name) for name in TABLES)
    pace = ("--rate", 100_000, "--every", 0.1, "--days", 2)
    done = command_center(
        "feed", "--source", copied, "--warehouse", tmp_path / "none", "--no-build", *pace, "--json"
    )
    assert done.code == 0
    summary = done.objects()[-1]["summary"]
    assert summary["lag_seconds"] is None
    assert summary["events"] == sum(landed(copied, name) for name in TABLES) - generated
    assert sorted(path.name for path in (copied / "live").glob("2*")) == ["2026-10-30", "2026-10-31"]
    assert not (tmp_path / "none").exists()


def test_feed_says_what_is_wrong(tmp_path: Path, command_center: Callable[..., Any]) -> None:
    assert command_center("feed", "--source", tmp_path / "nowhere").code == 2
    assert command_center("feed", "--source", tmp_path, "--rate", 0).code == 2
    assert command_center("feed", "--source", tmp_path).code == 4
    assert command_center("watch", "--source", tmp_path / "nowhere").code == 2


def test_a_build_waits_for_another_one(tmp_path: Path, settings: Settings) -> None:
    waits: list[float] = []
    source, warehouse = write_tables(tmp_path / "sources", valid_tables()), tmp_path / "warehouse"
    warehouse.mkdir()
    with ExitStack() as other:
        other.enter_context(build_lock(warehouse))

        def release(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                other.close()

        report = patient_build(source, warehouse, settings, sleep=release)
    assert len(waits) == 2
    assert report.published
    assert report.snapshot == current(warehouse).id


def test_watching_builds_when_files_have_landed_and_are_whole(tmp_path: Path) -> None:
    time_ = FakeTime()
    builds: list[float] = []

    def sleep(seconds: float) -> None:
        time_.sleep(seconds)
        if time_.now in (5, 6):
            (tmp_path / "calls.csv").write_text("a" * int(time_.now))
        if time_.now == 8:
            (tmp_path / ".hidden.csv").write_text("not whole yet")

    def build_once() -> Any:
        builds.append(time_.now)
        if len(builds) == 2:
            raise MissingDataError("A check failed.")
        return SERVED

    found = list(follow(tmp_path, build_once, every=1, seconds=12, now=time_.clock, sleep=sleep))
    assert builds == [0, 7]
    assert [landing.files for landing in found] == [0, 1]
    assert found[0].report is SERVED
    assert isinstance(found[1].failure, MissingDataError)
    assert list(listing(tmp_path)) == ["calls.csv"]


def test_watch_publishes_a_file_that_lands(
    copied: Path, tmp_path: Path, tiny_warehouse: Path, command_center: Callable[..., Any]
) -> None:
    shutil.copytree(tiny_warehouse, tmp_path / "warehouse")
    with duckdb.connect() as con:
        row = con.execute(f"SELECT member_id FROM '{copied}/members.csv.gz' LIMIT 1").fetchall()[0][0]
    header = "call_id,member_id,call_date,call_timestamp,call_topic,handle_time_minutes,sentiment,is_repeat_call,"
    (copied / "call_center_late.csv").write_text(
        f"{header}prior_digital_attempt,transferred,resolved\n"
        f"LATE1,{row},2026-10-29,2026-10-29 10:00:00,Billing Question,5,neutral,false,false,false,true\n"
    )
    done = command_center(
        "watch", "--source", copied, "--warehouse", tmp_path / "warehouse", "--every", 0.2, "--for", 1, "--json"
    )
    assert done.code == 0
    assert done.objects()[0]["snapshot"] == current(tmp_path / "warehouse").id
    with connect(current(tmp_path / "warehouse")) as con:
        assert con.execute("SELECT count(*) FROM gold.calls WHERE call_id = 'LATE1'").fetchall() == [(1,)]
