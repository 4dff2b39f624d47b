"""The change data feed: applied to the older tables it gives the newer ones; by role; with tables that differ."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.warehouse.conftest import valid_tables, write_tables
from warehouse import snapshots
from warehouse.audit import AuditLog
from warehouse.build import build
from warehouse.change_feed import ChangeFeed
from warehouse.changes import Comparison, TableChanges, changes, compare, endpoints
from warehouse.errors import DeniedError, MissingDataError, UsageError
from warehouse.principal import Principal
from warehouse.runner import read_models
from warehouse.settings import BuildSettings, Settings
from warehouse.side_by_side import Pair, Side, side_by_side
from warehouse.snapshots import Snapshot

KEEP = BuildSettings()
GRAINS = {model.table: model.header.grain for model in read_models()}
ENGINEER = Principal("dee", "data_engineer")
EXECUTIVE = Principal("ann", "executive")
ADVOCATE = Principal("bea", "member_advocate", purpose="complaint 4711")

Row = tuple[Any, ...]
Spoil = Callable[[dict[str, list[dict[str, Any]]]], None]


def add_rows(tables: dict[str, list[dict[str, Any]]]) -> None:
    call, session = tables["call_center"][0], tables["digital_interactions"][0]
    later = {"call_date": "2024-11-07", "call_timestamp": "2024-11-07 10:00:00"}
    tables["call_center"] += [call | later | {"call_id": "C3"}, call | {"call_id": "C4", "member_id": "M3"}]
    tables["digital_interactions"].append(session | {"interaction_id": "D2", "member_id": "M3"})
    tables["members"].append(tables["members"][0] | {"member_id": "M4", "plan_type": "PPO"})


def correct_rows(tables: dict[str, list[dict[str, Any]]]) -> None:
    tables["call_center"][0] |= {"sentiment": "negative", "handle_time_minutes": "25"}
    tables["digital_interactions"][0] |= {"interaction_timestamp": "2024-11-05 09:00:00"}
    tables["members"][1] |= {"segment": "At Risk"}
    tables["claims"][0] |= {"status": "Approved", "denial_reason": ""}


def remove_rows(tables: dict[str, list[dict[str, Any]]]) -> None:
    del tables["call_center"][1], tables["members"][2]
    tables["surveys"][0] |= {"survey_id": "S9"}
    tables["pharmacy"][0] |= {"rx_id": "R2", "member_id": "unknown"}


def add_a_column(tables: dict[str, list[dict[str, Any]]]) -> None:
    for row in tables["call_center"]:
        row |= {"agent_team": "Team A", "transcript": 'said "fine",\nand more'}


def all_of_it(tables: dict[str, list[dict[str, Any]]]) -> None:
    for step in (add_rows, correct_rows, add_a_column):
        step(tables)


@pytest.fixture(scope="module")
def older_one(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> tuple[Path, str]:
    """A warehouse of the valid tables, and its snapshot."""
    folder = tmp_path_factory.mktemp("older")
    source, now = write_tables(folder / "sources", valid_tables()), datetime(2024, 11, 8, tzinfo=UTC)
    return folder / "warehouse", build(source, folder / "warehouse", settings, full=True, now=now).snapshot


@pytest.fixture
def pair_of(
    tables, written, older_one: tuple[Path, str], tmp_path: Path, settings: Settings
) -> Callable[[Spoil], tuple[Path, Snapshot, Snapshot]]:
    """Builds the valid tables and then what a function makes of them, each from the beginning."""

    def make(spoil: Spoil) -> tuple[Path, Snapshot, Snapshot]:
        path = Path(shutil.copytree(older_one[0], tmp_path / "warehouse"))
        spoil(tables)
        now = datetime(2024, 11, 8, 1, tzinfo=UTC)
        newer = build(written(tables), path, settings, full=True, now=now).snapshot
        return path, snapshots.read_snapshot(path, older_one[1]), snapshots.read_snapshot(path, newer)

    return make


def contents(snapshot: Snapshot) -> dict[str, tuple[list[str], set[Row]]]:
    """Of every table the data columns in the order of their names, and the rows."""
    found = {}
    with snapshots.connect(snapshot, "lake") as con:
        for table in GRAINS:
            described = con.execute(f"SELECT * FROM {table} LIMIT 0").description
            names = sorted(name for name, *_ in described if not name.startswith("_"))
            rows = con.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
            assert len(set(rows)) == len(rows)
            found[table] = names, set(rows)
    return found


def applied(older: set[Row], comparison: Comparison, table: str, names: list[str]) -> set[Row]:
    """The older rows after the feed; every image must fit what is there."""
    images = comparison.images(table)
    at = [[name for name, _ in images.columns].index(name) for name in names]
    state, keys = set(older), [names.index(name) for name in GRAINS[table]]
    for row in images.rows:
        image = tuple(row[index] for index in at)
        if row[0] in ("delete", "update_preimage"):
            state.remove(image)
        else:
            assert tuple(image[k] for k in keys) not in {tuple(r[k] for k in keys) for r in state}
            state.add(image)
    return state


@pytest.mark.parametrize("spoil", [all_of_it, remove_rows])
def test_the_feed_applied_to_every_older_table_gives_the_newer_one(pair_of, spoil):
    _, *both = pair_of(spoil)
    held = {snapshot.id: contents(snapshot) for snapshot in both}
    for older, newer in (both, both[::-1]):
        with compare(older, newer, KEEP) as comparison:
            assert comparison.tables() == sorted(GRAINS)
            for table in GRAINS:
                (names, before), (same_names, after) = held[older.id][table], held[newer.id][table]
                assert names == same_names
                assert applied(before, comparison, table, names) == after, table
                assert counted(comparison.summary(table)) == by_hand(before, after, names, GRAINS[table]), table


def counted(changed: TableChanges) -> tuple[int | None, ...]:
    return changed.inserted, changed.updated, changed.deleted


def by_hand(before: set[Row], after: set[Row], names: list[str], grain: tuple[str, ...]) -> tuple[int, int, int]:
    keys = [names.index(name) for name in grain]
    old, new = ({tuple(row[k] for k in keys): row for row in rows} for rows in (before, after))
    return (
        len(new.keys() - old.keys()),
        sum(old[key] != new[key] for key in old.keys() & new.keys()),
        len(old.keys() - new.keys()),
    )


def test_building_the_same_again_changes_nothing_although_the_load_times_differ(pair_of):
    path, older, newer = pair_of(lambda _: None)
    assert older.id != newer.id
    assert [changed for changed in changes(path, older.id, newer.id) if changed.any] == []


def test_an_update_has_both_images_and_names_its_columns(pair_of):
    _, older, newer = pair_of(correct_rows)
    with compare(older, newer, KEEP) as comparison:
        images, again = (comparison.images("silver.calls") for _ in range(2))
        summary = comparison.summary("gold.calls")
    found = [dict(zip([name for name, _ in images.columns], row, strict=True)) for row in images.rows]
    assert [row["_change_type"] for row in found] == ["update_preimage", "update_postimage"]
    assert [row["sentiment"] for row in found] == ["neutral", "negative"]
    assert {(row["_from_snapshot"], row["_to_snapshot"]) for row in found} == {(older.id, newer.id)}
    assert {"sentiment", "handle_time_minutes"} <= set(found[0]["_changed_columns"].split(", "))
    assert images == again
    assert "call_ts" not in found[0]["_changed_columns"]
    assert {"sentiment", "is_negative", "is_leaked"} <= set(summary.changed_columns)
    assert (summary.days, summary.day_count) == ((date(2024, 11, 5), date(2024, 11, 5)), 1)


def test_days_are_those_of_all_changed_rows(pair_of):
    path, older, newer = pair_of(add_rows)
    (changed,) = changes(path, older.id, newer.id, ["gold.calls"])
    assert (changed.days, changed.day_count) == ((date(2024, 11, 5), date(2024, 11, 7)), 2)


def test_the_feed_can_be_written_as_csv_and_parquet(pair_of, tmp_path):
    _, older, newer = pair_of(all_of_it)
    with compare(older, newer, KEEP) as comparison:
        images = comparison.images("gold.calls")
        written = [comparison.write("gold.calls", tmp_path / f"feed.{form}", form) for form in ("csv", "parquet")]
        assert comparison.write("gold.calls", tmp_path / "first.csv", "csv", limit=1) == 1
        with pytest.raises(UsageError):
            comparison.write("gold.calls", tmp_path / "no" / "feed.csv", "csv")
    assert written == [len(images.rows)] * 2
    assert duckdb.read_parquet(str(tmp_path / "feed.parquet")).fetchall() == images.rows
    with (tmp_path / "feed.csv").open(newline="", encoding="utf-8") as stream:
        header, *rows = csv.reader(stream)
    assert header == [name for name, _ in images.columns]
    assert [row[:1] + row[2:4] for row in rows] == [[row[0], row[2], row[3]] for row in images.rows]


@pytest.fixture
def empty() -> Iterator[Callable[..., Comparison]]:
    """Compares two warehouses of hand-made tables: statements for the older one and for the newer one."""
    with duckdb.connect() as con:

        def make(older: list[str], newer: list[str]) -> Comparison:
            for name, statements in (("older", older), ("newer", newer)):
                for catalog in (f"{name}_serve", f"{name}_lake"):
                    con.execute(f"ATTACH ':memory:' AS {catalog}")
                    con.execute(f"CREATE SCHEMA {catalog}.{'gold' if catalog.endswith('serve') else 'silver'}")
                for statement in statements:
                    con.execute(f"CREATE TABLE {name}_serve.gold.{statement}")
            both = (
                Snapshot(name, Path("w/snapshots/s/g"), Path(), Path(), {"snapshot": name, "segments": []})
                for name in ("older", "newer")
            )
            return Comparison(Pair(con, *both))

        yield make


def test_a_table_that_only_one_snapshot_has_is_all_inserted_or_all_deleted(empty):
    comparison = empty(["fixes AS SELECT 1 AS fix_id"], ["data_days AS SELECT DATE '2024-01-01' AS day"])
    gone, new = comparison.summary("gold.fixes"), comparison.summary("gold.data_days")
    assert (gone.state, counted(gone)) == ("removed", (0, 0, 1))
    assert (new.state, counted(new)) == ("added", (1, 0, 0))
    assert [row[0] for row in comparison.images("gold.fixes").rows] == ["delete"]


def test_columns_that_come_and_go_are_told_and_the_common_ones_compared(empty):
    comparison = empty(
        ["fixes AS SELECT * FROM (VALUES (1, 'a', 'x', 1), (2, 'b', 'x', 2)) t(fix_id, title, gone, n)"],
        ["fixes AS SELECT * FROM (VALUES (1, 'a', 'y', '1'), (2, 'B', 'y', '2')) t(fix_id, title, new, n)"],
    )
    found = comparison.summary("gold.fixes")
    assert counted(found) == (0, 1, 0)
    assert (found.columns_added, found.columns_removed) == (("new",), ("gone",))
    assert (found.columns_retyped, found.changed_columns) == (("n",), ("title",))
    images = comparison.images("gold.fixes")
    assert [name for name, _ in images.columns][4:] == ["fix_id", "title", "new", "n", "gone"]
    assert [row[4:] for row in images.rows] == [(2, "b", None, "2", "x"), (2, "B", "y", "2", None)]


def test_another_grain_means_that_every_row_is_deleted_and_inserted(empty):
    comparison = empty(["fixes AS SELECT 'a' AS title"], ["fixes AS SELECT 1 AS fix_id, 'a' AS title"])
    found = comparison.summary("gold.fixes")
    assert (found.state, counted(found)) == ("other_grain", (1, 0, 1))
    assert sorted(row[0] for row in comparison.images("gold.fixes").rows) == ["delete", "insert"]


def test_dictionaries_nulls_and_metadata_are_compared_by_what_they_say(empty):
    older = "SELECT CAST('a' AS ENUM('a', 'b')) AS title, NULL AS fix_id, 1 AS _batch, 'nan'::DOUBLE AS n"
    newer = "SELECT CAST('a' AS ENUM('c', 'a')) AS title, NULL AS fix_id, 2 AS _batch, 'nan'::DOUBLE AS n"
    assert not empty([f"fixes AS {older}"], [f"fixes AS {newer}"]).summary("gold.fixes").any


@pytest.mark.parametrize(
    ("old", "new", "updated"),
    [
        ("0.1::DOUBLE + 0.2::DOUBLE", "0.3::DOUBLE", 0),
        ("1e10::DOUBLE", "1e10::DOUBLE + 0.01::DOUBLE", 1),
        ("0::DOUBLE", "1e-13::DOUBLE", 0),
        ("0::DOUBLE", "0.0001::DOUBLE", 1),
        ("'nan'::DOUBLE", "1::DOUBLE", 1),
        ("'inf'::DOUBLE", "1::DOUBLE", 1),
        ("'inf'::DOUBLE", "'-inf'::DOUBLE", 1),
        ("NULL::DOUBLE", "0::DOUBLE", 1),
        ("1::DECIMAL(18, 2)", "1.01::DECIMAL(18, 2)", 1),
    ],
)
def test_rounding_is_no_change_of_a_number_and_anything_more_is(empty, old, new, updated):
    comparison = empty([f"fixes AS SELECT 1 AS fix_id, {old} AS n"], [f"fixes AS SELECT 1 AS fix_id, {new} AS n"])
    assert counted(comparison.summary("gold.fixes")) == (0, updated, 0)
    assert len(comparison.images("gold.fixes").rows) == 2 * updated


def test_a_table_without_a_model_is_named_and_not_compared(empty):
    comparison = empty(["old_mart AS SELECT 1 AS a"], ["old_mart AS SELECT 2 AS a"])
    found = comparison.summary("gold.old_mart")
    assert (found.state, counted(found), found.any) == ("no_model", (None, None, None), True)
    with pytest.raises(UsageError, match="no model file"):
        comparison.images("gold.old_mart")
    with pytest.raises(UsageError, match="Did you mean gold"):
        comparison.summary("gold.old_marts")


def test_without_names_the_parent_and_the_served_one_are_compared(three_snapshots):
    path, (first, second, third) = three_snapshots
    assert [s.id for s in endpoints(path, None, None, KEEP)] == [second, third]
    assert [s.id for s in endpoints(path, None, second, KEEP)] == [first, second]
    assert [s.id for s in endpoints(path, first, None, KEEP)] == [first, third]
    with pytest.raises(MissingDataError, match="built from nothing") as refusal:
        endpoints(path, None, first, KEEP)
    assert second in str(refusal.value)
    with pytest.raises(UsageError):
        changes(path, first, first)


@pytest.fixture
def feed(three_snapshots, tmp_path) -> Iterator[tuple[ChangeFeed, AuditLog]]:
    """The feed of the first two of three snapshots (one call more), and its audit trail."""
    path, ids = three_snapshots
    older, newer = (snapshots.read_snapshot(path, name) for name in ids[:2])
    audit = AuditLog(tmp_path / "audit.db")
    yield ChangeFeed(older, newer, Settings(), audit), audit
    audit.close()


def test_rows_are_for_a_role_that_reads_silver_and_every_reading_is_recorded(feed, tmp_path):
    changed, audit = feed
    assert [row[0] for row in changed.images(ENGINEER, "gold.calls", 10).rows] == ["insert"]
    file = tmp_path / "calls.csv"
    assert changed.write(ENGINEER, "gold.calls", file, "csv", None) == 1
    assert file.stat().st_mode & 0o077 == 0
    for principal in (EXECUTIVE, ADVOCATE):
        for read in (
            lambda p: changed.images(p, "gold.calls", 10),
            lambda p: changed.images(p, "gold.data_days", 1),
        ):
            with pytest.raises(DeniedError) as refusal:
                read(principal)
            assert (refusal.value.exit_code, refusal.value.code) == (3, "member_rows")
    judged = [record for record in audit.records() if record["event"] == "changes_judged"]
    assert [(r["role"], r["verdict"], r["tables"]) for r in judged[:3]] == [
        ("data_engineer", "allow", ["gold.calls"]),
        ("data_engineer", "allow", ["gold.calls"]),
        ("executive", "deny", ["gold.calls"]),
    ]
    read = [(record["of"], record["rows"]) for record in audit.records() if record["event"] == "changes_read"]
    assert read == [(record["id"], 1) for record in judged[:2]]


def test_small_counts_are_for_roles_with_access_to_members(feed):
    changed, _ = feed
    aimless = Principal("bea", "member_advocate")
    for principal, suppressed in ((EXECUTIVE, True), (aimless, True), (ADVOCATE, False), (ENGINEER, False)):
        count = None if suppressed else 1
        summary = changed.summary(principal)
        found = {table.table: table for table in summary.tables}
        assert summary.suppressed is suppressed
        assert (found["gold.calls"].inserted, found["silver.calls"].inserted) == (count, count)
        assert (found["gold.calls"].days is None) is suppressed
        assert found["gold.members"].inserted == 0
        assert found["gold.repeat_calls_analysis"].updated == 1
        assert found["gold.calls"].any


def test_a_reader_with_a_row_filter_is_refused(feed):
    changed, audit = feed
    lead = Principal("lee", "executive", attributes={"state": "FL"})
    with pytest.raises(DeniedError) as refusal:
        changed.summary(lead)
    assert refusal.value.code == "row_filter_impossible"
    assert [record["verdict"] for record in audit.records()] == ["deny"]


def test_too_little_memory_is_said_with_its_setting(three_snapshots, monkeypatch):
    path, ids = three_snapshots

    def exhausted(*_: object) -> None:
        raise duckdb.OutOfMemoryException("failed to pin block")

    monkeypatch.setattr(Comparison, "summary", exhausted)
    with pytest.raises(MissingDataError, match="memory_mb"):
        changes(path, *ids[:2])


def test_a_damaged_file_is_said(three_snapshots, tmp_path):
    path, ids = three_snapshots
    copied = Path(shutil.copytree(path, tmp_path / "copied"))
    file = snapshots.read_snapshot(copied, ids[0]).gold_path
    file.write_bytes(file.read_bytes()[:12] + b"\0" * (file.stat().st_size - 12))
    with pytest.raises(MissingDataError, match="cannot be read"):
        changes(copied, *ids[:2])


def drops(tables: dict[str, list[dict[str, Any]]]) -> Iterator[dict[str, list[dict[str, Any]]]]:
    """A call and a failed session every third day; a late and a corrected call; a session that moves; members."""
    call, session = tables["call_center"][0], tables["digital_interactions"][0]
    dates = [date(2024, 9, 20) + timedelta(days=3 * n) for n in range(6)]
    tables["call_center"] = [
        call | {"call_id": f"C{n}", "call_date": str(day), "call_timestamp": f"{day} 10:00:00"}
        for n, day in enumerate(dates)
    ]
    tables["digital_interactions"] = [
        session
        | {"interaction_id": f"D{n}", "interaction_date": str(day), "interaction_timestamp": f"{day} 09:45:00"}
        for n, day in enumerate(dates)
    ]
    yield tables
    late = {"call_id": "C99", "call_date": "2024-09-29", "call_timestamp": "2024-09-29 11:00:00"}
    corrected = tables["call_center"][4] | {"sentiment": "negative", "call_timestamp": f"{dates[4]} 10:30:00"}
    moved = tables["digital_interactions"][1] | {"interaction_timestamp": "2024-09-27 09:50:00"}
    moved |= {"interaction_date": "2024-09-27"}
    yield {"call_center": [call | late, corrected], "digital_interactions": [moved]}
    yield {"members": [tables["members"][0] | {"plan_type": "PPO"}, tables["members"][0] | {"member_id": "M9"}]}


def test_the_feed_of_incremental_builds_is_whole_although_it_reads_only_the_files_that_differ(
    tables, written, tmp_path, settings
):
    small = settings.model_copy(update={"build": BuildSettings(partition_rows=4, hot_rows=2, hot_days=3)})
    path, found = tmp_path / "warehouse", []
    for hour, drop in enumerate(drops(tables)):
        source = written(drop)
        now = datetime(2024, 11, 8, hour, tzinfo=UTC)
        found.append(snapshots.read_snapshot(path, build(source, path, small, now=now).snapshot))
        for file in source.iterdir():
            file.unlink()
    held = {snapshot.id: contents(snapshot) for snapshot in found}
    for older, newer in [*pairwise(found), (found[-1], found[0])]:
        with compare(older, newer, KEEP) as comparison:
            for table in GRAINS:
                (names, before), (_, after) = held[older.id][table], held[newer.id][table]
                assert applied(before, comparison, table, names) == after, table
                assert counted(comparison.summary(table)) == by_hand(before, after, names, GRAINS[table]), table
    with side_by_side(found[0], found[1], KEEP) as pair:
        sides = pair.sides("gold.calls")
        assert all(side and 0 < len(side.parts) < len(found[1].manifest["segments"]) - 2 for side in sides)
        assert pair.sides("gold.members") == tuple(Side((), side.columns) for side in pair.sides("gold.members"))
