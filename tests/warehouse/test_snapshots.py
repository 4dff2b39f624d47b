"""Publishing: the last good snapshot serves whatever happens to a build.

Kills at any moment are in `test_crash.py`, readers beside builds in `test_concurrency.py`.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse import snapshots
from warehouse.build import build
from warehouse.errors import MissingDataError
from warehouse.settings import BuildSettings, Settings

BUILD = """
import sys, time
from pathlib import Path
from warehouse.build import build
from warehouse.settings import BuildSettings, Settings
def progress(label, fraction):
    print(label + "\\n", end="", flush=True)  # one write: steps of two threads must not share a line
    if label.startswith(sys.argv[3]):
        time.sleep(60)
build(Path(sys.argv[1]), Path(sys.argv[2]), Settings(), full=True, progress=progress)
"""


def start_build(source: Path, warehouse: Path, pause_at: str) -> subprocess.Popen[str]:
    """A build in another process that stops at a step; returns when it has got there."""
    process = subprocess.Popen(
        [sys.executable, "-c", BUILD, str(source), str(warehouse), pause_at], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(pause_at):
            return process
    raise AssertionError(f"the build ended before {pause_at}")


def calls(warehouse: Path) -> int:
    with snapshots.connect(snapshots.current(warehouse)) as con:
        return int(con.execute("SELECT count(*) FROM gold.calls").fetchall()[0][0])


def test_a_build_killed_midway_leaves_the_last_snapshot_and_the_next_one_finishes(
    valid_sources: Path, plain, tmp_path, settings
):
    warehouse = tmp_path / "warehouse"
    first = plain
    process = start_build(valid_sources, warehouse, "Publish")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert list(warehouse.glob(".staging-*"))
    assert snapshots.current(warehouse).id == first.snapshot
    assert calls(warehouse) == 2
    again = build(valid_sources, warehouse, settings, full=True)
    assert again.published
    assert calls(warehouse) == 2
    assert not list(warehouse.glob(".staging-*"))


def test_two_builds_at_once_the_second_is_refused_and_readers_go_on(valid_sources: Path, plain, built, tmp_path):
    process = start_build(valid_sources, tmp_path / "warehouse", "Sort out bad rows")
    try:
        with pytest.raises(MissingDataError, match="Another build is running") as refusal:
            built(valid_sources)
        assert refusal.value.exit_code == 4
        assert calls(tmp_path / "warehouse") == 2
    finally:
        process.kill()
        process.wait()
    assert not built(valid_sources).published


def test_only_the_last_snapshots_are_kept_and_an_open_one_can_be_read_to_its_end(tables, written, tmp_path):
    warehouse = tmp_path / "warehouse"
    settings = Settings(var=tmp_path / "var", build=BuildSettings(keep_snapshots=2))
    build(written(tables), warehouse, settings)
    with snapshots.connect(snapshots.current(warehouse)) as con:
        for number in range(3, 6):
            tables["call_center"].append(tables["call_center"][0] | {"call_id": f"C{number}"})
            build(written(tables), warehouse, settings)
        assert con.execute("SELECT count(*) FROM gold.calls").fetchall() == [(2,)]
    assert len(list((warehouse / "snapshots").iterdir())) == 2
    assert calls(warehouse) == 5


def test_a_full_disk_publishes_nothing_and_says_so(valid_sources: Path, plain, settings, tmp_path):
    first = plain
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", str(small)], capture_output=True)
    if mounted.returncode:
        _assert_full_disk_is_said(valid_sources, tmp_path, settings)
        return
    try:
        shutil.copytree(tmp_path / "warehouse", small / "warehouse")
        (small / "ballast").write_bytes(b"x" * (shutil.disk_usage(small).free - 300_000))
        with pytest.raises(MissingDataError, match="disk is full") as failure:
            build(valid_sources, small / "warehouse", settings, full=True)
        assert failure.value.exit_code == 4
        assert snapshots.current(small / "warehouse").id == first.snapshot
        assert not list((small / "warehouse").glob(".staging-*"))
        (small / "ballast").unlink()
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)


def _assert_full_disk_is_said(source: Path, tmp_path: Path, settings: Settings) -> None:
    """Where a small file system cannot be mounted: a limit on the size of any file stands in for the full disk."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000)); import signal; " \
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"  # fmt: skip
    run = subprocess.run(
        [sys.executable, "-c", limited + BUILD, str(source), str(tmp_path / "warehouse"), "never"],
        capture_output=True, text=True, env=os.environ,
    )  # fmt: skip
    assert "MissingDataError" in run.stderr
    assert calls(tmp_path / "warehouse") == 2
    assert not list((tmp_path / "warehouse").glob(".staging-*"))


@pytest.mark.parametrize("damage", ["no pointer", "no manifest", "torn manifest", "torn file", "no file"])
def test_a_damaged_warehouse_is_said_so_and_built_again(damage, valid_sources: Path, plain, built, tmp_path):
    warehouse = tmp_path / "warehouse"
    snapshot = snapshots.current(warehouse)
    manifest = snapshot.gold_path.parent / "manifest.json"
    match damage:
        case "no pointer":
            (warehouse / "CURRENT").unlink()
        case "no manifest":
            manifest.unlink()
        case "torn manifest":
            manifest.write_text(manifest.read_text()[:100])
        case "torn file":
            snapshot.gold_path.write_bytes(snapshot.gold_path.read_bytes()[:5000])
        case _:
            snapshot.lake_path.unlink()
    with pytest.raises(MissingDataError) as failure:
        snapshots.current(warehouse)
    assert failure.value.exit_code == 4
    if damage.endswith("manifest"):  # what had been taken cannot be known: no build may drop it in silence
        with pytest.raises(MissingDataError, match="--full"):
            built(valid_sources)
        build(valid_sources, warehouse, Settings(var=tmp_path / "var"), full=True)
    else:
        built(valid_sources)
    assert calls(warehouse) == 2


def test_a_warehouse_that_was_never_built_is_said_so(tmp_path):
    with pytest.raises(MissingDataError, match="No warehouse"):
        snapshots.current(tmp_path)
