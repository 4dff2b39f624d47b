"""Hostile mutations of allowed statements flip to deny; idle ones change neither verdict nor rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from tests.warehouse.fuzz.corpus import EXECUTIVE, allowed, fail, is_allowed, is_settled, rounds
from tests.warehouse.fuzz.mutations import HOSTILE, idle, parsed
from tests.warehouse.fuzz.worlds import Worlds
from warehouse.guard import Allow, Deny, check

STATEMENTS = allowed()


@pytest.fixture(scope="module")
def everything(tiny_warehouse: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    worlds = Worlds(tiny_warehouse)
    yield worlds.everything
    worlds.close()


def test_a_hostile_mutation_is_denied() -> None:
    for rng in rounds(1500, share=0.25):
        mutation = rng.choice(HOSTILE)
        sql = mutation(rng.choice(STATEMENTS), rng)
        if sql is None or _reads_nothing(sql):
            continue
        decision = check(sql, EXECUTIVE)
        if isinstance(decision, Allow):
            fail("hostile-mutation", sql, is_allowed)
        assert isinstance(decision, Deny)
        assert decision.code != "guard_failure", sql


def _reads_nothing(sql: str) -> bool:
    """A hidden name that ended up as an alias's or a CTE's own column hides nothing."""
    try:
        tree = parsed(sql)
    except Exception:
        return False
    outputs = {alias.alias.lower() for alias in tree.find_all(exp.Alias, exp.TableAlias)}
    outputs |= {name.name.lower() for alias in tree.find_all(exp.TableAlias) for name in alias.columns}
    return bool(outputs & {"email", "detail", "member_id", "transcript", "ssn", "zip_code", "first_name"})


def test_an_idle_mutation_changes_neither_verdict_nor_rows(everything: duckdb.DuckDBPyConnection) -> None:
    for rng in rounds(250, share=0.15):
        sql = rng.choice(STATEMENTS)
        mutated = idle(sql, rng)
        before, after = check(sql, EXECUTIVE, row_limit=10**6), check(mutated, EXECUTIVE, row_limit=10**6)
        assert isinstance(before, Allow)
        assert isinstance(after, Allow), f"{getattr(after, 'code', '')}: {mutated}"
        if is_settled(sql):
            assert _rows(everything, after.sql) == _rows(everything, before.sql), mutated


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    found = connection.execute(sql).fetchall()
    rounded = [tuple(round(c, 4) if isinstance(c, float) else c for c in row) for row in found]
    return sorted(rounded, key=repr)
