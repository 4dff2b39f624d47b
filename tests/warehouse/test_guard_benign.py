"""Ordinary statements over the marts and over counts of members: none is refused, and each one runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.guard import Allow, check
from warehouse.principal import Principal
from warehouse.snapshots import connect, current

BENIGN = (Path(__file__).parents[1] / "data" / "guard_benign.sql").read_text().splitlines()[1:]
READERS = [Principal("ann", role) for role in ("executive", "product_owner", "analyst", "ml_engineer")]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def everything(tiny_warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(current(tiny_warehouse))
    connection.execute("USE serve.gold")
    yield connection
    connection.close()


def test_the_list_is_long_and_says_each_statement_once() -> None:
    assert len(BENIGN) > 400
    assert len(set(BENIGN)) == len(BENIGN)


@pytest.mark.parametrize("sql", BENIGN)
def test_an_ordinary_statement_is_allowed_and_runs(sql: str, everything: duckdb.DuckDBPyConnection) -> None:
    decision = check(sql, READERS[0])
    assert isinstance(decision, Allow), decision
    everything.execute(decision.sql).fetchall()


@pytest.mark.parametrize("reader", READERS[1:], ids=lambda reader: reader.role)
def test_the_other_readers_of_sums_may_run_them_too(reader: Principal) -> None:
    some = BENIGN[::7]
    assert [sql for sql in some if not isinstance(check(sql, reader), Allow)] == []
