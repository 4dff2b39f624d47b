"""The hidden truth stays hidden: whatever scans, explains or asks cannot read it, and does not try."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from semantic.loader import load_model
from tools.scout.reader import SCOUT
from tools.scout.scout import run_scout
from warehouse.audit import AuditLog
from warehouse.door import Warehouse
from warehouse.errors import DeniedError
from warehouse.settings import Settings

ROOT = Path(__file__).parents[2]
READERS = ("tools", "agents", "semantic", "warehouse")


@pytest.fixture
def door(tiny_warehouse: Path, tmp_path: Path) -> Iterator[Warehouse]:
    settings = Settings(var=tmp_path / "var")
    with closing(Warehouse(tiny_warehouse, settings, AuditLog.of(settings))) as opened:
        yield opened


def has_reader(pipe: Path) -> bool:
    """Whether somebody has opened a named pipe for reading."""
    try:
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
    except OSError as error:
        return error.errno != errno.ENXIO
    return True


def test_a_scan_opens_no_truth_beside_its_data(door: Warehouse, tiny_warehouse: Path, settings: Settings) -> None:
    """A named pipe lies where the truth would: whoever opened it would wait there for ever."""
    pipe = tiny_warehouse.parent / "hidden-truth" / "sources.json"
    pipe.parent.mkdir(exist_ok=True)
    os.mkfifo(pipe)
    try:
        report = run_scout(door, load_model(), settings)
        assert report.scanned
        assert not has_reader(pipe)
    finally:
        pipe.unlink()


@pytest.mark.parametrize("reading", ["read_text('{}')", "read_json('{}')", "read_json_auto('{}')", "'{}'"])
def test_the_door_lets_the_scout_read_no_file(door: Warehouse, tmp_path: Path, reading: str) -> None:
    truth = tmp_path / "sources.json"
    truth.write_text(json.dumps({"plants": ["a secret"]}))
    with pytest.raises(DeniedError):
        door.query(f"SELECT * FROM {reading.format(truth)}", SCOUT)


def test_nothing_that_answers_names_the_truth() -> None:
    named = [
        str(path.relative_to(ROOT))
        for room in READERS
        for path in sorted((ROOT / room).rglob("*"))
        if path.suffix in {".py", ".sql", ".yml", ".yaml", ".toml", ".md"}
        and any(word in path.read_text(encoding="utf-8") for word in ("hidden-truth", "truth_path", "oracle_day"))
    ]
    assert named == []
