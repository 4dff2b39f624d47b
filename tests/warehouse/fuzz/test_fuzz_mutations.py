"""Hostile mutations of allowed statements flip to deny; idle ones change neither verdict nor rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlglot import exp

from tests.warehouse.fuzz.corpus import EXECUTIVE, allowed, fail, is_allowed, is_settled, rounds
from tests.warehouse.fuzz.mutations import HIDDEN_COLUMNS, HOSTILE, idle, parsed
from tests.warehouse.fuzz.worlds import Worlds
from warehouse.guard import Allow, Deny, check

STATEMENTS = allowed()
_NAMES = frozenset(("member_id", *HIDDEN_COLUMNS))


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
            fail(
                "hostile-mutation", sql, partial(_is_let_through, [word for word in _NAMES if word in sql.lower()])
            )
        assert isinstance(decision, Deny)
        assert decision.code != "guard_failure", sql


def _is_let_through(hidden: list[str], sql: str) -> bool:
    return is_allowed(sql) and all(word in sql.lower() for word in hidden)


def _reads_nothing(sql: str) -> bool:
    """A hidden name that ended up as an alias's or a CTE's own column hides nothing."""
    try:
        tree = parsed(sql)
    except Exception:
        return False
    outputs = {alias.alias.lower() for alias in tree.find_all(exp.Alias, exp.TableAlias)}
    outputs |= {name.name.lower() for alias in tree.find_all(exp.TableAlias) for name in alias.columns}
    return bool(outputs & _NAMES)


def test_an_idle_mutation_changes_neither_verdict_nor_rows(everything: duckdb.DuckDBPyConnection) -> None:
    for rng in rounds(250, share=0.15):
        sql = rng.choice(STATEMENTS)
        mutated = idle(sql, rng)
        before, after = check(sql, EXECUTIVE, row_limit=10**6), check(mutated, EXECUTIVE, row_limit=10**6)
        assert isinstance(before, Allow)
        names = parsed(before.sql).named_selects
        if len(set(names)) < len(names) and "*" in sql:
            continue  # around two columns of one name, of which a star gives one, it is refused
        assert isinstance(after, Allow), f"{getattr(after, 'code', '')}: {mutated}"
        if is_settled(sql):
            assert _rows(everything, after.sql) == _rows(everything, before.sql), mutated


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any]:
    found = connection.execute(sql).fetchall()
    rounded = [tuple(round(c, 4) if isinstance(c, float) else c for c in row) for row in found]
    return sorted(rounded, key=repr)
