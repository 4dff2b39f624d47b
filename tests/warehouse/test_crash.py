"""Killed, out of disk, interrupted, two at once: the last good snapshot serves on and the next build finishes.

A few kills at places that differ; `KILLS=500 pytest tests/warehouse/test_crash.py` kills everywhere.
"""

from __future__ import annotations

import errno
import filecmp
import os
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from warehouse import build as building
from warehouse import snapshots
from warehouse.audit import AuditLog
from warehouse.build import build
from warehouse.door import Warehouse
from warehouse.errors import MissingDataError
from warehouse.principal import Principal
from warehouse.settings import Settings

KILLS = int(os.environ.get("KILLS", "8"))
KILLED = -signal.SIGPROF  # by the timer of forks.py; as final as SIGKILL
FIGURES = "SELECT COUNT(*), SUM(is_leaked), SUM(is_repeat), COUNT(DISTINCT member_id) FROM gold.calls"


@dataclass
class Company:
    """A warehouse of two snapshots, the folder to build next, and what the tables hold before and after that."""

    settings: Settings
    source: Path
    warehouse: Path
    before: dict[str, list[str]]
    after: dict[str, list[str]]

    def order(self, warehouse: Path, **more: Any) -> dict[str, Any]:
        """The next build, in a process of its own."""
        return {"source": self.source, "warehouse": warehouse, "settings": self.settings, **more}

    def copy(self, folder: Path) -> Path:
        return Path(shutil.copytree(self.warehouse, folder / "warehouse"))


@pytest.fixture(scope="module")
def few_kept(settings: Settings) -> Settings:
    """Two snapshots are kept, so that every build also removes one."""
    rows = 60 if KILLS > 50 else 120  # fewer partitions: every build is a third shorter
    few = {"partition_rows": rows, "hot_rows": 20, "hot_days": 2, "keep_snapshots": 2, "keep_days": 0}
    return settings.model_copy(update={"build": settings.build.model_copy(update=few)})


@pytest.fixture(scope="module")
def company(
    few_kept: Settings,
    comparing: Any,
    three_drops: Callable[[Path], list[Path]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Company:
    folder = tmp_path_factory.mktemp("company")
    first, second, third = three_drops(folder)
    for source in (first, second):
        build(source, folder / "warehouse", few_kept)
    build(third, folder / "expected", few_kept)
    states = [comparing.state(folder / name) for name in ("warehouse", "expected")]
    return Company(few_kept, third, folder / "warehouse", *states)


@pytest.fixture
def asked(settings: Settings, tmp_path: Path) -> Iterator[Callable[[Path], tuple[Any, ...]]]:
    """What the door of a warehouse answers."""
    audit = AuditLog(tmp_path / "audit.db")

    def ask(warehouse: Path) -> tuple[Any, ...]:
        door = Warehouse(warehouse, settings, audit)
        row = door.query(FIGURES, Principal("erin", "executive")).rows[0]
        door.close()
        return row

    yield ask
    audit.close()


@pytest.fixture(scope="module")
def next_build(company: Company, forks: Any, tmp_path_factory: pytest.TempPathFactory) -> float:
    """The seconds of a build of the next drop that nothing happens to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return undisturbed(forks, company.order(company.copy(folder)), folder)


def undisturbed(forks: Any, order: dict[str, Any], tmp_path: Path) -> float:
    """Seconds of processor time of a build that nothing happens to."""
    forks.start(order | {"spent": tmp_path / "seconds"})
    assert forks.codes() == [0]
    return float((tmp_path / "seconds").read_text())


@pytest.mark.parametrize(
    ("what", "share"), [("the next drop", 0.6), ("a full build", 0.2), ("the first build", 0.2)]
)
def test_killed_at_any_point_the_last_snapshot_serves_and_the_next_build_finishes(
    what, share, company: Company, forks: Any, few_kept, comparing, asked, next_build: float, tmp_path: Path
):
    """Up to four kills hit what the ones before have left; then a build finishes the work.

    The kills are spread over the processor time of a build, in a random order, for a busy machine makes it slower
    but gives it no more to do.
    """
    first, full, kills = what == "the first build", what == "a full build", round(KILLS * share)
    plain = what == "the next drop"
    order = company.order(fresh(company, tmp_path / "spent", first), full=full)
    seconds = next_build if plain else undisturbed(forks, order, tmp_path)
    random, ends, warehouse = Random(7), Counter[int](), fresh(company, tmp_path / "0", first)
    delays = [(number + random.random()) / kills * seconds for number in range(kills)]
    random.shuffle(delays)
    for number, delay in enumerate(delays, start=1):
        forks.start(company.order(warehouse, full=full, after=delay))
        ends.update(forks.codes())
        published = is_published(company, warehouse, first)
        if published:
            assert comparing.state(warehouse) == company.after
        if published or number % 4 == 0 or number == kills:
            assert (first and not published) or asked(warehouse)
            build(company.source, warehouse, few_kept, full=published)  # what is published is not built again
            assert comparing.state(warehouse) == company.after
            assert comparing.left_overs(warehouse) == []
            shutil.rmtree(warehouse.parent)
            warehouse = fresh(company, tmp_path / str(number), first)
    assert set(ends) <= {0, KILLED}  # one that had little left to do may end first
    assert ends[KILLED] >= kills / 4


def test_killed_instead_of_moving_the_pointer_the_last_snapshot_serves(
    company: Company, forks: Any, few_kept, comparing, tmp_path: Path
):
    warehouse = company.copy(tmp_path)
    forks.start(company.order(warehouse, at=("replace", 1)))
    assert forks.codes() == [-signal.SIGKILL]
    assert not is_published(company, warehouse, first=False)
    build(company.source, warehouse, few_kept)
    assert comparing.state(warehouse) == company.after
    assert comparing.left_overs(warehouse) == []


def fresh(company: Company, folder: Path, first: bool) -> Path:
    """A copy of the company's warehouse, or the place of one that is still to be built."""
    return folder / "warehouse" if first else company.copy(folder)


def is_published(company: Company, warehouse: Path, first: bool) -> bool:
    """Whether the pointer has moved. As long as it has not, no file of the warehouse may have changed."""
    pointer = warehouse / "CURRENT"
    if first and not pointer.exists():
        with pytest.raises(MissingDataError):
            snapshots.current(warehouse)
        return False
    if first or pointer.read_bytes() != (company.warehouse / "CURRENT").read_bytes():
        return True
    for path in company.warehouse.rglob("*"):
        same = warehouse / path.relative_to(company.warehouse)
        assert path.is_dir() or filecmp.cmp(path, same, shallow=False)
    return False


@dataclass
class FullDisk:
    """Stands in for a call of the operating system and fails at one of its calls, as a full disk does."""

    real: Callable[..., Any]
    at: int = 0
    calls: int = 0

    def __call__(self, *args: Any, **named: Any) -> Any:
        self.calls += 1
        if self.calls == self.at:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.real(*args, **named)


STEPS = ("fsync", "rename", "replace", "mkdir")


@pytest.fixture(scope="module")
def calls(company: Company, few_kept, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """How often a build that nothing happens to calls the operating system."""
    counting = {step: FullDisk(getattr(os, step)) for step in STEPS}
    warehouse = company.copy(tmp_path_factory.mktemp("counted"))
    with pytest.MonkeyPatch.context() as patched:
        for step, call in counting.items():
            patched.setattr(os, step, call)
        build(company.source, warehouse, few_kept)
    return {step: call.calls for step, call in counting.items()}


def test_a_disk_that_is_full_at_any_call_loses_nothing(
    company: Company, few_kept, comparing, calls: dict[str, int], tmp_path: Path, monkeypatch
):
    """At a call in the middle and at the last, where a build publishes; with more KILLS at each. One build after
    another meets the full disk at what the ones before have left, as on a machine whose disk stays full.
    """

    def attempt(step: str, at: int) -> None:
        with monkeypatch.context() as patched, suppress(MissingDataError):
            patched.setattr(os, step, FullDisk(getattr(os, step), at))
            build(company.source, warehouse, few_kept)

    warehouse = company.copy(tmp_path / "0")
    for step in STEPS:
        for at in range(1, calls[step] + 1) if KILLS > 50 else {max(calls[step] // 2, 1), calls[step]}:
            attempt(step, at)
            assert not list(warehouse.glob(".staging-*")), (step, at)
            if is_published(company, warehouse, first=False):
                assert comparing.state(warehouse) == company.after, (step, at)
                warehouse = company.copy(tmp_path / f"after-{step}-{at}")
            else:  # the next build replaces it
                assert comparing.left_overs(warehouse) in ([], ["CURRENT.new"]), (step, at)
    build(company.source, warehouse, few_kept)
    assert comparing.state(warehouse) == company.after
    assert comparing.left_overs(warehouse) == []


SIZES = [2_000, 20_000, 200_000, 800_000, 2_000_000]


@pytest.mark.parametrize("largest_file", SIZES if KILLS > 50 else SIZES[1::2])
def test_a_file_that_cannot_be_written_to_its_end_publishes_nothing(
    largest_file, company: Company, forks: Any, few_kept, comparing, tmp_path: Path
):
    warehouse = company.copy(tmp_path)
    forks.start(company.order(warehouse, largest_file=largest_file))
    (code,) = forks.codes()
    assert code in (0, 4)
    assert comparing.state(warehouse) == (company.after if code == 0 else company.before)
    assert comparing.left_overs(warehouse) == []
    build(company.source, warehouse, few_kept)
    assert comparing.state(warehouse) == company.after


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_interrupted_it_leaves_the_last_snapshot(
    name, company: Company, forks: Any, few_kept, comparing, next_build: float, tmp_path
):
    number = getattr(signal, name)
    for part in (1, 3, 5) if KILLS > 50 else (4,) if name == "SIGINT" else (2,):
        warehouse = company.copy(tmp_path / str(part))
        forks.start(company.order(warehouse, after=next_build * part / 6, signal=number))
        (code,) = forks.codes()
        assert code in ((0, 130) if name == "SIGINT" else (0, -signal.SIGTERM))
        assert comparing.state(warehouse) in (company.before, company.after)
        if name == "SIGTERM":  # nobody catches it, so the next build cleans up
            build(company.source, warehouse, few_kept)
        assert comparing.left_overs(warehouse) == []


def test_what_an_interrupted_statement_was_taken_for_is_still_an_interruption(
    company: Company, few_kept, comparing, tmp_path, monkeypatch
):
    def interrupted(*_: Any) -> None:
        try:
            raise duckdb.InterruptException("INTERRUPT Error: Interrupted!")
        except duckdb.Error as error:
            raise MissingDataError("The file is damaged.", where="gold", next_step="Build.") from error

    warehouse = company.copy(tmp_path)
    monkeypatch.setattr(building, "_build", interrupted)
    with pytest.raises(KeyboardInterrupt):
        building.build(company.source, warehouse, few_kept)
    assert comparing.state(warehouse) == company.before
    assert comparing.left_overs(warehouse) == []


def test_of_two_builds_at_once_the_second_says_so(company: Company, forks: Any, comparing, tmp_path: Path):
    warehouse = company.copy(tmp_path)
    forks.start(*[company.order(warehouse)] * 3)
    assert sorted(forks.codes()) == [0, 4, 4]
    assert comparing.state(warehouse) == company.after
    assert comparing.left_overs(warehouse) == []
