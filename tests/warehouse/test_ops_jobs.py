"""Workers of a build that is stopped from outside: nothing runs on, nothing hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from warehouse import jobs
from warehouse.pseudonyms import SECRET_FILE

ENDLESS = "SELECT count(*) FROM range(100000000) AS a, range(100000000) AS b"


def _endless(worker: duckdb.DuckDBPyConnection) -> None:
    worker.execute(ENDLESS).fetchall()


@pytest.mark.parametrize("how", ["side_by_side", "in_order"])
def test_ctrl_c_stops_what_runs_and_what_waits(how, monkeypatch):
    def pressed(*_: object, **__: object) -> None:
        time.sleep(0.3)
        raise KeyboardInterrupt

    monkeypatch.setattr(jobs, "wait", pressed)
    before = threading.active_count()
    names = [str(n) for n in range(5)]
    with duckdb.connect() as con:
        runs: dict[str, Callable[[], object]] = {
            "side_by_side": lambda: jobs.side_by_side(con, [_endless for _ in names], 2),
            "in_order": lambda: jobs.in_order(con, dict.fromkeys(names, _endless), dict.fromkeys(names, ()), 2),
        }
        with pytest.raises(KeyboardInterrupt):
            runs[how]()
        assert threading.active_count() == before
        assert con.execute("SELECT 1").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "error", [RuntimeError("Query interrupted"), duckdb.InterruptException("INTERRUPT Error")]
)
def test_ctrl_c_inside_the_engine_is_ctrl_c_and_publishes_nothing(
    error, valid_sources: Path, built, tmp_path: Path, monkeypatch
):
    def pressed(*_: object) -> None:
        raise error

    monkeypatch.setattr("warehouse.build.facts_of", pressed)
    with pytest.raises(KeyboardInterrupt):
        built(valid_sources)
    assert {path.name for path in (tmp_path / "warehouse").iterdir()} == {"build.lock", SECRET_FILE}
