"""The guard's statement in another engine's words: filters in place, nothing run, the same rows."""

from __future__ import annotations

import sqlglot

from ui.cli_dialect import in_dialect

BY_MONTH = """SELECT date_trunc('month', call_date) AS month, COUNT(*) AS calls,
  COUNT(*) FILTER (WHERE is_repeat = 1) AS repeats, SUM(fully_loaded_cost)::DOUBLE / NULLIF(COUNT(*), 0) AS cost
  FROM gold.calls WHERE call_date > DATE '2026-10-29' - INTERVAL 60 DAY AND call_topic ILIKE 'bill%'
  GROUP BY ALL ORDER BY month"""


def test_the_guarded_statement_is_said_in_databricks_words(command_center, tiny_warehouse, gold):
    options = ["--role", "analyst", "--only", "plan_type=HMO", "--warehouse", tiny_warehouse]
    done = command_center("sql", BY_MONTH, "--dialect", "databricks", "--json", *options)
    assert done.code == 0, done.err
    (told,) = done.objects()
    assert (told["verdict"], told["tables"]) == ("allow", ["gold.calls"])
    assert "HMO" in told["sql"], "the row filter is part of it"
    assert "LIMIT" in told["sql"]
    assert "::" not in told["sql"]
    assert "GROUP BY ALL" not in told["sql"] or sqlglot.parse_one(told["sql"], dialect="databricks")
    assert "rows" not in told
    assert "withheld" in done.err
    again = sqlglot.transpile(told["sql"], "databricks", "duckdb")[0]
    mine = BY_MONTH.replace("WHERE call", "WHERE plan_type = 'HMO' AND call")
    found, wanted = (
        [[float(v) if i else str(v)[:10] for i, v in enumerate(row)] for row in gold.execute(sql).fetchall()]
        for sql in (again.replace("member_key", "member_id"), mine)
    )
    assert found == wanted


def test_what_is_denied_is_denied_in_every_dialect(command_center, tiny_warehouse):
    pii = ["sql", "SELECT first_name FROM gold.members", "--warehouse", tiny_warehouse]
    done = command_center(*pii, "--dialect", "databricks")
    assert (done.code, done.out) == (3, "")
    assert command_center("sql", "", "--dialect", "spark", "--warehouse", tiny_warehouse).code == 2
    assert command_center("sql", "SELECT 1", "--dialect", "oracle", "--warehouse", tiny_warehouse).code == 2


def test_a_statement_keeps_its_meaning():
    assert in_dialect("SELECT date_diff('day', a, b) AS d FROM gold.t", "databricks").count("DATEDIFF") == 1
    assert "ILIKE" in in_dialect("SELECT x FROM gold.t WHERE y ILIKE 'a%'", "databricks")
