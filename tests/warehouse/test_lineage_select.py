"""What a query's column comes from, construct by construct: what it is computed from, and what only selects."""

from __future__ import annotations

import pytest
from sqlglot import exp
from sqlglot.lineage import Node
from sqlglot.lineage import lineage as sqlglot_lineage

from warehouse.errors import MissingDataError
from warehouse.lineage import load_lineage
from warehouse.lineage.query import trace
from warehouse.lineage.relations import NOTHING, Origins, Relation, stored
from warehouse.runner import read_models

MADE = Relation({}, rows=frozenset({"some"}))
TABLES = {
    "s.a": stored("s.a", ["id", "k", "x", "y", "d"], ("id",), MADE),
    "s.b": stored("s.b", ["id", "k", "z"], ("id",), MADE),
    "s.one": Relation({"v": Origins(frozenset({"s.one.v"}))}, keys=frozenset({NOTHING})),
}
SCHEMA = {"s": {name[2:]: dict.fromkeys(relation.columns, "text") for name, relation in TABLES.items()}}

CONSTRUCTS = [
    ("SELECT x + y AS o FROM s.a WHERE d > 1", "a.x a.y", "a.id a.d"),
    ("SELECT o + 1 AS o FROM (SELECT x AS o FROM s.a WHERE y = 1) AS t WHERE t.o > 0", "a.x", "a.id a.x a.y"),
    ("WITH t AS (SELECT x, k FROM s.a WHERE y = 1) SELECT x AS o FROM t WHERE k = 2", "a.x", "a.id a.y a.k"),
    ("SELECT CASE WHEN x > 0 THEN y END AS o FROM s.a", "a.x a.y", "a.id"),
    ("SELECT COUNT(*) AS o FROM s.a WHERE y > 1", "a.id", "a.id a.y"),
    ("SELECT COUNT(*) AS o FROM (SELECT DISTINCT k FROM s.a) AS t", "a.k", "a.id a.k"),
    ("SELECT SUM(x) AS o FROM s.a GROUP BY k HAVING MAX(y) > 1", "a.x", "a.id a.k a.y"),
    ("SELECT SUM(x) AS o, k FROM s.a GROUP BY 2", "a.x", "a.id a.k"),
    ("SELECT SUM(x) AS o, k FROM s.a GROUP BY ALL", "a.x", "a.id a.k"),
    ("SELECT SUM(x) AS o, k FROM s.a GROUP BY ROLLUP (k, y)", "a.x", "a.id a.k a.y"),
    ("SELECT SUM(x) FILTER (WHERE y > 0) AS o FROM s.a", "a.x", "a.id a.y"),
    ("SELECT LAG(x) OVER (PARTITION BY k ORDER BY d) AS o FROM s.a", "a.x", "a.id a.k a.d"),
    ("SELECT LAG(x) OVER w AS o FROM s.a WINDOW w AS (PARTITION BY k ORDER BY d)", "a.x", "a.id a.k a.d"),
    ("SELECT x AS o, ROW_NUMBER() OVER (ORDER BY d) AS r FROM s.a QUALIFY r = 1", "a.x", "a.id a.d"),
    ("SELECT STRING_AGG(x, ',' ORDER BY d) AS o FROM s.a", "a.x", "a.id a.d"),
    ("SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY x) AS o FROM s.a", "a.x", "a.id"),
    ("SELECT x AS o FROM s.a ORDER BY d LIMIT 3", "a.x", "a.id a.d"),
    ("SELECT x AS o FROM s.a ORDER BY d", "a.x", "a.id"),
    ("SELECT DISTINCT x AS o FROM s.a", "a.x", "a.id a.x"),
    ("SELECT DISTINCT ON (k) x AS o FROM s.a ORDER BY k, d", "a.x", "a.id a.k a.d"),
    ("SELECT x AS o FROM s.a JOIN s.b ON b.id = a.k", "a.x", "a.id a.k b.id"),
    ("SELECT x AS o FROM s.a, s.b WHERE a.k = b.k", "a.x", "a.id a.k b.id b.k"),
    ("SELECT x AS o FROM s.a LEFT JOIN s.b ON b.id = a.k", "a.x", "a.id"),
    ("SELECT z AS o FROM s.a LEFT JOIN s.b ON b.id = a.k", "b.z", "a.id a.k b.id"),
    ("SELECT x AS o FROM s.a LEFT JOIN s.b ON b.k = a.k", "a.x", "a.id a.k b.id b.k"),
    ("SELECT x AS o FROM s.a LEFT JOIN s.b USING (id)", "a.x", "a.id"),
    ("SELECT x AS o FROM s.a FULL JOIN s.b ON b.id = a.k", "a.x", "a.id a.k b.id"),
    ("SELECT x AS o FROM s.a LEFT JOIN (SELECT k, MAX(z) AS z FROM s.b GROUP BY k) AS t ON t.k = a.k", "a.x",
     "a.id"),
    ("SELECT x AS o FROM s.a NATURAL JOIN s.b", "a.x", "a.id a.k b.id b.k"),
    ("SELECT z AS o FROM s.a ASOF JOIN s.b ON b.k = a.k AND b.z < a.d", "b.z", "a.id a.k a.d b.id b.k b.z"),
    ("SELECT x AS o FROM s.a ASOF LEFT JOIN s.b ON b.k = a.k AND b.z < a.d", "a.x", "a.id"),
    ("SELECT x + v AS o FROM s.a CROSS JOIN s.one", "a.x one.v", "a.id"),
    ("SELECT x AS o FROM s.a CROSS JOIN (SELECT MAX(z) AS z FROM s.b) AS t", "a.x", "a.id"),
    ("SELECT x AS o FROM s.a CROSS JOIN s.b", "a.x", "a.id b.id"),
    ("SELECT x AS o FROM s.a SEMI JOIN s.b ON b.k = a.k", "a.x", "a.id a.k b.id b.k"),
    ("SELECT x AS o FROM s.a ANTI JOIN s.b ON b.k = a.k", "a.x", "a.id a.k b.id b.k"),
    ("SELECT x AS o FROM s.a WHERE k IN (SELECT k FROM s.b WHERE z > 0)", "a.x", "a.id a.k b.id b.k b.z"),
    ("SELECT x AS o FROM s.a WHERE EXISTS (SELECT 1 FROM s.b WHERE b.k = a.k)", "a.x", "a.id a.k b.id b.k"),
    ("SELECT (SELECT MAX(z) FROM s.b WHERE b.k = a.k) AS o FROM s.a", "b.z", "a.id a.k b.id b.k"),
    ("SELECT m AS o FROM s.a, LATERAL (SELECT MAX(z) AS m FROM s.b WHERE b.k = a.k) AS l", "b.z",
     "a.id a.k b.id b.k b.z"),
    ("SELECT x AS o FROM s.a UNION ALL SELECT z FROM s.b", "a.x b.z", "a.id b.id"),
    ("SELECT x AS o FROM s.a UNION SELECT z FROM s.b", "a.x b.z", "a.id b.id a.x b.z"),
    ("SELECT x AS o, k FROM s.a UNION ALL BY NAME SELECT k, z AS o FROM s.b", "a.x b.z", "a.id b.id"),
    ("SELECT x AS o FROM s.a EXCEPT SELECT z FROM s.b", "a.x b.z", "a.id b.id a.x b.z"),
    ("SELECT * EXCLUDE (id, k, y, d) REPLACE (x + y AS x) FROM s.a", "a.x a.y", "a.id"),
    ("SELECT UNNEST([x, y]) AS o FROM s.a", "a.x a.y", "a.id a.x a.y"),
    ("SELECT o FROM s.a, UNNEST([a.x]) AS u(o)", "a.x", "a.id a.x"),
    ("SELECT 'call' AS o FROM s.a", "", "a.id"),
]  # fmt: skip
REFUSED = [
    "WITH RECURSIVE t AS (SELECT id FROM s.a UNION ALL SELECT t.id FROM t) SELECT id FROM t",
    "SELECT COLUMNS('x|y') FROM s.a",
    "PIVOT s.a ON k USING SUM(x)",
    "SELECT x FROM s.a POSITIONAL JOIN s.b",
    "SELECT q FROM s.a, s.b",
    "SELECT x FROM",
]


def names(text: str) -> set[str]:
    return {f"s.{name}" for name in text.split()}


@pytest.mark.parametrize(("sql", "value", "selection"), CONSTRUCTS)
def test_a_construct_is_followed(sql, value, selection):
    origins = trace(sql, SCHEMA, TABLES.__getitem__).outputs[0].origins
    assert origins.value == names(value)
    assert origins.selection == names(selection)


@pytest.mark.parametrize("sql", REFUSED)
def test_what_cannot_be_followed_is_refused_and_never_guessed(sql):
    with pytest.raises(MissingDataError):
        trace(sql, SCHEMA, TABLES.__getitem__)


def test_the_computed_columns_on_the_way_are_steps():
    sql = "WITH t AS (SELECT x * 2 AS w, k FROM s.a) SELECT w + 1 AS o, k FROM t"
    computed, passed = trace(sql, SCHEMA, TABLES.__getitem__).outputs
    assert [(step.name, step.expression) for step in computed.origins.steps] == [("t.w", "a.x * 2")]
    assert not passed.origins.steps


def test_sqlglots_own_lineage_finds_no_column_that_is_missing_here():
    ours = load_lineage()
    found = 0
    declared = [m for m in read_models() if not any(table.startswith("bronze.") for table in m.reads)]
    for model in declared:  # sqlglot wants to know the columns of every table; those of bronze are nobody's
        theirs = sqlglot_lineage(None, ours.qualified(model.select), ours.known.schema, dialect="duckdb")
        for name, node in theirs.items():
            known = ours.column(f"{model.table}.{name}")
            for table, column in leaves(node):
                origins = ours.known.table(table).column(column)
                assert origins is not None
                assert origins.value <= known.value | known.selection, (known.name, table, column)
                found += 1
    assert found > 500


def leaves(node: Node) -> set[tuple[str, str]]:
    """The tables and columns at the end of what sqlglot finds."""
    ends = [part for part in node.walk() if isinstance(part.expression, exp.Table) and part.expression.db]
    return {(f"{end.expression.db}.{end.expression.name}", end.name.rpartition(".")[2]) for end in ends}
