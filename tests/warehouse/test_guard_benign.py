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
    decisions = [check(sql, reader) for reader in READERS]
    assert [decision for decision in decisions if not isinstance(decision, Allow)] == []
    for decision in decisions[:1]:
        assert isinstance(decision, Allow)
        everything.execute(decision.sql).fetchall()
