"""The daily run by the clock: once at the start, once when two servers wake up, nothing without a schedule."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from agents.briefing.daily import STORE, DataDays, ScanDay, run_day
from agents.briefing.store import BriefingStore
from tools.scout.incident import ScanReport
from ui.delivery.schedule import scheduled
from warehouse.errors import UsageError
from warehouse.settings import Scout

DAY = date(2026, 10, 29)


def test_a_schedule_runs_at_the_start_and_no_schedule_runs_nothing() -> None:
    ran = threading.Event()
    with scheduled(Scout(), ran.set):
        assert not ran.wait(0.2)
    with scheduled(Scout(schedule="0 6 1 1 *", time_zone="America/New_York"), ran.set):
        assert ran.wait(120)


def test_without_a_schedule_the_first_briefing_is_made_once_unless_the_server_has_stopped() -> None:
    ran: list[int] = []
    made = threading.Event()

    def first() -> None:
        ran.append(1)
        made.set()

    with scheduled(Scout(first_after_seconds=3600), made.set, first):
        pass
    with scheduled(Scout(first_after_seconds=0), made.set, first):
        assert not made.wait(0.1)
    with scheduled(Scout(first_after_seconds=0.01), made.set, first):
        assert made.wait(120)
    assert ran == [1]


def test_what_goes_wrong_in_a_run_ends_no_server() -> None:
    began = threading.Event()

    def breaks() -> None:
        began.set()
        raise ValueError("members 1 and 2")

    with scheduled(Scout(schedule="0 6 1 1 *"), breaks):
        assert began.wait(120)


@pytest.mark.parametrize(("line", "zone"), [("61 * * * *", "UTC"), ("* * *", "UTC"), ("0 6 * * *", "Mars/Base")])
def test_a_schedule_that_cannot_be_read_is_refused_at_the_start(line: str, zone: str) -> None:
    with pytest.raises(UsageError, match="cannot be read"), scheduled(Scout(schedule=line, time_zone=zone), print):
        pass


def test_two_servers_make_a_day_once(tmp_path: Path) -> None:
    together, scans = threading.Barrier(2), []

    def scan(day: date) -> ScanReport:
        scans.append(day)
        return ScanReport(day, "s", 0.1, (), ())

    def server(_: int) -> int:
        with closing(BriefingStore(tmp_path / STORE)) as store:
            together.wait(120)
            run = run_day(store, DataDays("s", DAY, DAY), scan, Scout(), datetime.now(UTC), tmp_path)
            return len(run.fresh)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(server, range(2))) == [0, 1]
    assert scans == [DAY]


def test_a_run_that_is_killed_leaves_no_half_day(tmp_path: Path) -> None:
    def dies(day: date) -> ScanReport:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    def run(scan: ScanDay) -> int:
        with closing(BriefingStore(tmp_path / STORE)) as store:
            return run_day(
                store, DataDays("s", DAY, DAY), scan, Scout(), datetime.now(UTC), tmp_path
            ).made.revision

    child = os.fork()
    if child == 0:
        run(dies)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    with closing(BriefingStore(tmp_path / STORE)) as store:
        assert store.latest() is None
    assert run(lambda day: ScanReport(day, "s", 0.1, (), ())) == 1
