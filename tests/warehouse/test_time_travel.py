"""Earlier snapshots: found, listed, read through the door, served again."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from warehouse.audit import AuditLog
from warehouse.build import build
from warehouse.door import Warehouse
from warehouse.errors import CommandCenterError, MissingDataError, UsageError
from warehouse.principal import Principal
from warehouse.settings import BuildSettings, Settings
from warehouse.snapshots import build_lock, current, history
from warehouse.time_travel import find_kept, kept_snapshots, restore

ANN = Principal("ann", "data_engineer")  # who sees counts of a few
CALLS = "SELECT SUM(total_calls) AS calls FROM gold.repeat_calls_analysis"
KEEP = BuildSettings()


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[AuditLog]:
    log = AuditLog(tmp_path / "state" / "audit.db")
    yield log
    log.close()


@pytest.fixture
def three(three_snapshots: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, list[str]]:
    """A copy of the three snapshots, to be changed."""
    path, ids = three_snapshots
    return Path(shutil.copytree(path, tmp_path / "warehouse")), ids


def asked(path: Path, audit: AuditLog, snapshot_id: str | None) -> tuple[str, str, int]:
    door = Warehouse(path, Settings(), audit, snapshot_id)
    try:
        result = door.query(CALLS, ANN)
    finally:
        door.close()
    return result.snapshot, result.as_of.isoformat(), int(result.rows[0][0])


def test_a_pinned_door_answers_from_its_snapshot_and_an_open_one_from_the_served_one(three_snapshots, audit):
    path, (first, second, third) = three_snapshots
    assert asked(path, audit, first) == (first, "2024-11-05", 2)
    assert asked(path, audit, second) == (second, "2024-11-05", 3)
    assert asked(path, audit, None) == (third, "2024-11-06", 4)
    judged = [record["snapshot"] for record in audit.records() if record["event"] == "judged"]
    assert judged == [first, second, third]


def test_a_pinned_door_stays_when_the_pointer_moves(three, audit):
    path, (first, second, _) = three
    door = Warehouse(path, Settings(), audit, second)
    door.query(CALLS, ANN)
    restore(path, first, KEEP, audit, "cli")
    assert door.query(CALLS, ANN).snapshot == second
    door.close()


@pytest.mark.parametrize(
    ("say", "number"),
    [
        (lambda ids: ids[0], 0),
        (lambda ids: f" {ids[1].upper()}\n", 1),
        (lambda ids: ids[0][:-2], 0),
        (lambda ids: "2024-11-05", 1),
        (lambda ids: "20241105", 1),
        (lambda ids: "2024-11-06", 2),
    ],
    ids=["id", "case-and-blanks", "beginning", "day", "day-as-ids-write-it", "last-day"],
)
def test_a_snapshot_is_found_by_id_beginning_or_day(three_snapshots, say, number):
    path, ids = three_snapshots
    assert find_kept(path, say(ids), KEEP).id == ids[number]


@pytest.mark.parametrize("wanted", ["20241105-00000000", "2023-01-01", "yesterday", "", "../snapshots", "."])
def test_an_unknown_snapshot_is_refused_with_the_kept_ones_and_the_retention(three_snapshots, wanted):
    path, ids = three_snapshots
    with pytest.raises(MissingDataError) as refusal:
        find_kept(path, wanted, KEEP)
    assert refusal.value.exit_code == 4
    assert all(name in str(refusal.value) for name in (*ids, "build.keep_snapshots", "build.keep_days"))


def test_a_mistyped_id_or_day_names_the_nearest(three_snapshots):
    path, ids = three_snapshots
    with pytest.raises(MissingDataError, match=f"Did you mean {ids[0]}"):
        find_kept(path, ids[0][:-1] + "z", KEEP)
    with pytest.raises(MissingDataError, match=f"Did you mean {ids[2]}"):
        find_kept(path, "2024-12-24", KEEP)


def test_a_beginning_of_several_ids_is_refused_with_them(three_snapshots):
    path, ids = three_snapshots
    with pytest.raises(UsageError) as refusal:
        find_kept(path, "2024110", KEEP)
    assert all(name in str(refusal.value) for name in ids)


def test_without_a_warehouse_that_is_what_is_said(tmp_path):
    for look in (lambda: find_kept(tmp_path, "x", KEEP), lambda: kept_snapshots(tmp_path)):
        with pytest.raises(MissingDataError, match="No warehouse has been built"):
            look()


def test_the_list_says_what_each_snapshot_is(three_snapshots):
    path, ids = three_snapshots
    found = kept_snapshots(path)
    assert [line.id for line in found] == ids[::-1]
    assert [line.served for line in found] == [True, False, False]
    assert [line.as_of.isoformat() for line in found] == ["2024-11-06", "2024-11-05", "2024-11-05"]
    assert all(line.bytes > line.shared_bytes >= 0 for line in found)
    assert [line.created_at for line in found] == [s.manifest["created_at"] for s in history(path)]


def test_restoring_serves_an_earlier_snapshot_and_the_trail_says_so(three, audit):
    path, (first, _, third) = three
    done = restore(path, first, KEEP, audit, "cli")
    assert (done.before, done.after.id) == (third, first)
    assert done.later_files > 0
    assert current(path).id == first
    assert asked(path, audit, None)[2] == 2
    (record,) = (r for r in audit.records() if r["event"] == "snapshot_served")
    assert (record["user"], record["snapshot"], record["before"]) == ("cli", first, third)
    assert restore(path, first, KEEP, audit, "cli").later_files == 0
    assert sum(r["event"] == "snapshot_served" for r in audit.records()) == 1


def test_restoring_is_refused_while_a_build_runs_and_changes_nothing(three, audit):
    path, (first, _, third) = three
    with build_lock(path), pytest.raises(MissingDataError, match="Another build"):
        restore(path, first, KEEP, audit, "cli")
    assert current(path).id == third
    assert audit.records() == []


def spoil_the_served(path: Path) -> None:
    shutil.rmtree(current(path).gold_path.parent)


def spoil_the_pointer(path: Path) -> None:
    (path / "CURRENT").write_bytes(b"\xff\xfe")


@pytest.mark.parametrize("spoil", [spoil_the_served, spoil_the_pointer])
def test_restoring_mends_a_warehouse_whose_served_snapshot_is_damaged(three, audit, spoil: Callable[[Path], None]):
    path, (first, *_) = three
    spoil(path)
    with pytest.raises(CommandCenterError):
        current(path)
    restore(path, first, KEEP, audit, "cli")
    assert asked(path, audit, None)[:2] == (first, "2024-11-05")


def test_the_next_build_goes_on_from_what_is_served(three, audit, tables, written, settings):
    path, (first, _, third) = three
    restore(path, first, KEEP, audit, "cli")
    tables["call_center"].append(tables["call_center"][0] | {"call_id": "C9"})
    again = build(written(tables), path, settings)
    assert again.snapshot == current(path).id
    assert asked(path, audit, None)[1:] == ("2024-11-05", 3)
    assert third in {line.id for line in kept_snapshots(path)}
