"""The policy: complete, consistent, and no wider than what exists."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from warehouse.errors import UsageError
from warehouse.policy import load_policy
from warehouse.policy.loader import POLICY_FOLDER
from warehouse.principal import ROLES
from warehouse.settings import Limits
from warehouse.snapshots import current
from warehouse.workers.pool import open_pool

POLICY = load_policy()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for file in POLICY_FOLDER.glob("*.yml"):
        (tmp_path / file.name).write_text(file.read_text())
    return tmp_path


def test_every_role_is_declared() -> None:
    assert set(POLICY.roles) == set(ROLES)


def test_listed_functions_exist_and_dangerous_ones_are_not_listed() -> None:
    found = duckdb.connect().execute("SELECT DISTINCT lower(function_name) FROM duckdb_functions()").fetchall()
    assert POLICY.functions | POLICY.table_functions <= {name for (name,) in found}
    for name in (
        "repeat",
        "format",
        "range",
        "read_text",
        "query",
        "getvariable",
        "nextval",
        "error",
        "hash",
    ):
        assert name not in POLICY.functions


def test_listed_nodes_exist() -> None:
    assert [name for name in POLICY.nodes.sqlglot if not hasattr(exp, name)] == []


def test_every_published_column_is_declared_with_its_kind(tiny_warehouse: Path) -> None:
    catalog = open_pool(current(tiny_warehouse), Limits(), data="gold").catalog
    published = {(table, column) for (_, table), columns in catalog.columns.items() for column in columns}
    declared = {(table.name, column) for table in POLICY.tables.values() for column in table.columns}
    assert published <= declared


@pytest.mark.parametrize("kind", ["member_id", "direct_identifier", "free_text"])
def test_columns_about_one_person_are_in_member_level_tables_only(kind: str) -> None:
    tables = {t.name for t in POLICY.tables.values() if any(c.kind == kind for c in t.columns.values())}
    assert tables
    assert all(POLICY.tables[name].is_member_level for name in tables)


def test_a_change_of_any_file_is_a_new_version(folder: Path) -> None:
    assert load_policy(folder).version == POLICY.version
    (folder / "limits.yml").write_text((folder / "limits.yml").read_text().replace("joins: 8", "joins: 9"))
    load_policy.cache_clear()
    assert load_policy(folder).version != POLICY.version


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("tables.yml", "[measure, BIGINT]", "[secret, BIGINT]"),
        ("tables.yml", "access: reference", "access: anybody"),
        ("tables.yml", "claim_type: [dimension, VARCHAR]", "claim_key: [dimension, VARCHAR]"),
        ("roles.yml", "  executive: {tables: all, data: shared}\n", ""),
        ("roles.yml", "  analyst: {tables: all,", "  analyst: {tables: [no_such_table],"),
        ("roles.yml", "  analyst: {tables: all, data: shared}", "  analyst: {tables: all, data: gold}"),
        ("functions.yml", "operators:", "operators: ["),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(file: str, old: str, new: str, folder: Path) -> None:
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    load_policy.cache_clear()
    with pytest.raises(UsageError):
        load_policy(folder)


def test_a_missing_policy_file_is_refused(folder: Path) -> None:
    (folder / "nodes.yml").unlink()
    load_policy.cache_clear()
    with pytest.raises(UsageError, match="nodes"):
        load_policy(folder)
