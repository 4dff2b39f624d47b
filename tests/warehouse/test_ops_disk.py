"""A disk that fills up while building: said so, nothing left behind, the last snapshot serves on."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pytest

from warehouse import snapshots
from warehouse.errors import MissingDataError

FULL = "IO Error: Could not write file: No space left on device"


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("assembly.Assembly.accept", OSError(errno.ENOSPC, "No space left on device")),
        ("build.facts_of", duckdb.IOException(FULL)),
    ],
)
def test_a_full_disk_is_named_and_leaves_the_last_snapshot(
    step, error, valid_sources: Path, plain, built, tmp_path: Path, monkeypatch
):
    def full(*_: object) -> None:
        raise error

    warehouse = tmp_path / "warehouse"
    served = plain.snapshot
    (valid_sources / "surveys_2024-11-06.csv").write_text((valid_sources / "surveys.csv").read_text() + "\n")
    monkeypatch.setattr(f"warehouse.{step}", full)
    with pytest.raises(MissingDataError, match="disk is full") as failure:
        built(valid_sources)
    assert str(warehouse) in str(failure.value)
    assert snapshots.current(warehouse).id == served
    assert not list(warehouse.glob(f"{snapshots.STAGING_PREFIX}*"))
