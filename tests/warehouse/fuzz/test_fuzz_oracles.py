"""Random statements: of those that the guard allows, nothing that a reader may not see decides the answer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from tests.warehouse.fuzz.corpus import EXECUTIVE, allowed, fail, is_settled, rounds
from tests.warehouse.fuzz.grammar import Grammar
from tests.warehouse.fuzz.worlds import Worlds
from warehouse.guard import Allow, check
from warehouse.guard.duckdb_nodes import walk
from warehouse.guard.parse import duckdb_tree
from warehouse.policy import load_policy
from warehouse.principal import ROLES, Principal

STATEMENTS = allowed()
VALUES = {
    "plan_type": ("HMO", "PPO", "nobody"),
    "state": ("FL", "TX"),
    "line_of_business": ("Medicare", "Commercial"),
}
READERS = [Principal("ann", role) for role in ROLES]
LEADS = [
    Principal("dan", role, attributes={attribute: value})
    for role in ROLES for attribute in load_policy().row_filters for value in VALUES[attribute]
]  # fmt: skip


@pytest.fixture(scope="module")
def worlds(tiny_warehouse: Path) -> Iterator[Worlds]:
    made = Worlds(tiny_warehouse)
    yield made
    made.close()


def statement(rng: Any) -> str:
    return rng.choice(STATEMENTS) if rng.random() < 0.4 else Grammar(rng).statement()


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Any] | str:
    """The rows in no order, figures to six digits; a statement that fails, fails in every world alike."""
    try:
        found = connection.execute(sql).fetchall()
    except duckdb.Error as error:
        return type(error).__name__
    return sorted((tuple(map(_rounded, row)) for row in found), key=repr)


def _rounded(cell: Any) -> Any:
    if isinstance(cell, float):
        return "nan" if math.isnan(cell) else float(f"{cell:.6g}") + 0.0
    return cell


def runnable(sql: str, reader: Principal) -> str | None:
    decision = check(sql, reader, row_limit=10**6)
    return decision.sql if isinstance(decision, Allow) else None


def test_ids_texts_and_hours_do_not_influence_an_answer(worlds: Worlds) -> None:
    def differs(sql: str) -> bool:
        text = runnable(sql, EXECUTIVE)
        return text is not None and rows(worlds.everything, text) != rows(worlds.relabelled, text)

    compared = 0
    for rng in rounds(350, share=0.2):
        sql = statement(rng)
        if runnable(sql, EXECUTIVE) is None or not is_settled(sql):
            continue
        compared += 1
        if differs(sql):
            fail("hidden-values-show", sql, differs)
    assert compared > 50


def test_rows_outside_a_row_filter_do_not_influence_an_answer(worlds: Worlds) -> None:
    compared = 0
    for rng in rounds(350, share=0.25):
        sql, lead = statement(rng), rng.choice(LEADS)
        ((attribute, value),) = lead.attributes.items()
        permitted = worlds.only(attribute, value)
        unfiltered = Principal(lead.user, lead.role)

        def differs(
            sql: str, lead: Principal = lead, unfiltered: Principal = unfiltered, permitted: Any = permitted
        ) -> bool:
            filtered, whole = runnable(sql, lead), runnable(sql, unfiltered)
            return filtered is not None and rows(worlds.everything, filtered) != rows(permitted, whole or "")

        if runnable(sql, lead) is None or not is_settled(sql):
            continue
        compared += 1
        if differs(sql):
            fail("hidden-rows-show", sql, differs)
    assert compared > 40


def test_both_parsers_and_the_binder_see_the_same_tables(worlds: Worlds) -> None:
    for rng in rounds(200, share=0.1):
        sql, reader = statement(rng), rng.choice(READERS)
        decision = check(sql, reader)
        if not isinstance(decision, Allow):
            continue
        named = _named_by_sqlglot(sql)
        assert named == _named_by_duckdb(sql), sql
        assert named == set(decision.tables), sql
        assert _bound(worlds.everything, decision.sql) <= set(decision.tables), sql


def _named_by_sqlglot(sql: str) -> set[str]:
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    ctes = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    tables = [t for t in tree.find_all(exp.Table) if isinstance(t.this, exp.Identifier)]
    return {f"{t.db or 'gold'}.{t.name}".lower() for t in tables if t.db or t.name.lower() not in ctes}


def _named_by_duckdb(sql: str) -> set[str]:
    tree = duckdb_tree(sql)
    ctes = {entry["key"].lower() for node in walk(tree) for entry in (node.get("cte_map") or {"map": []})["map"]}
    tables = [node for node in walk(tree) if node["type"] == "BASE_TABLE"]
    return {
        f"{t['schema_name'] or 'gold'}.{t['table_name']}".lower()
        for t in tables if t["schema_name"] or t["table_name"].lower() not in ctes
    }  # fmt: skip


def _bound(connection: duckdb.DuckDBPyConnection, sql: str) -> set[str]:
    try:
        found = connection.get_table_names(sql, qualified=True)
    except duckdb.Error:  # it cannot list ASOF joins and some windows
        return set()
    return {".".join(name.replace('"', "").split(".")[-2:]) for name in found}
