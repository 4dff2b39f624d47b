"""Mutations of allowed statements: hostile ones that must flip to deny, and idle ones that must change nothing."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import sqlglot
from sqlglot import exp

from warehouse.policy import load_policy

HIDDEN_TABLES = (
    "raw.members", "silver.calls", "bronze.call_center", "main.x", "gold.secrets", "pg_catalog.pg_class",
    "information_schema.tables", "serve.gold.calls", "duckdb_tables", "sqlite_master",
)  # fmt: skip
_KEYWORDS = (
    "select", "from", "where", "having", "as", "and", "or", "on", "join", "left", "limit", "with", "case", "when",
    "then", "else", "end",
)  # fmt: skip
HIDDEN_COLUMNS = ("transcript", "first_name", "email", "zip_code", "rowid", "ssn", "feedback_text", "detail")
MEMBER_TABLES = tuple(name for name, table in load_policy().tables.items() if table.is_member_level)
Mutation = Callable[[str, random.Random], str | None]


def parsed(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, dialect="duckdb")


def hidden_table(sql: str, rng: random.Random) -> str | None:
    tree = parsed(sql)
    tables = [table for table in tree.find_all(exp.Table) if table.db]
    if not tables:
        return None
    rng.choice(tables).replace(sqlglot.to_table(rng.choice(HIDDEN_TABLES), dialect="duckdb"))
    return tree.sql("duckdb")


def hidden_column(sql: str, rng: random.Random) -> str | None:
    tree = parsed(sql)
    columns = [
        c for c in tree.find_all(exp.Column) if not isinstance(c.this, exp.Star) and not c.find_ancestor(exp.Star)
    ]
    if not columns:
        return None
    rng.choice(columns).set("this", exp.to_identifier(rng.choice(HIDDEN_COLUMNS)))
    return tree.sql("duckdb")


def identifier(sql: str, rng: random.Random) -> str | None:
    """A member's id in the place of a column that is not counted."""
    tree = parsed(sql)
    found = [column for column in tree.find_all(exp.Column) if column.name not in ("*", "member_id")]
    columns = [column for column in found if not column.find_ancestor(exp.Star, exp.Count, exp.Join)]
    if not columns:
        return None
    rng.choice(columns).set("this", exp.to_identifier("member_id"))
    return tree.sql("duckdb")


def _wrap(template: str) -> Mutation:
    def mutate(sql: str, rng: random.Random) -> str | None:
        table = rng.choice(MEMBER_TABLES)
        column = "member_id"
        return template.format(sql=sql, t=f"gold.{table}", c=column, h=rng.choice(HIDDEN_TABLES))

    mutate.__name__ = template
    return mutate


WRAPPERS = [
    "SELECT {c} FROM {t} UNION ALL SELECT NULL FROM ({sql}) AS q",
    "SELECT * FROM ({sql}) AS q UNION ALL BY NAME SELECT {c} FROM {t}",
    "SELECT * FROM ({sql}) AS q, LATERAL (SELECT {c} FROM {t}) AS l",
    "SELECT * FROM ({sql}) AS q CROSS JOIN (SELECT {c} FROM {t}) AS l",
    "SELECT q.*, (SELECT max({c}) FROM {t}) AS h FROM ({sql}) AS q",
    "SELECT * FROM ({sql}) AS q WHERE EXISTS (SELECT 1 FROM {t} WHERE {c} LIKE 'M%')",
    "SELECT * FROM ({sql}) AS q WHERE EXISTS (SELECT 1 FROM {h})",
    "SELECT * FROM ({sql}) AS q WHERE 1 IN (SELECT 1 FROM {h})",
    "SELECT * FROM ({sql}) AS q ORDER BY (SELECT max({c}) FROM {t})",
    "SELECT * FROM ({sql}) AS q QUALIFY row_number() OVER (ORDER BY (SELECT min({c}) FROM {t})) = 1",
    "SELECT * FROM ({sql}) AS q LIMIT (SELECT count(*) FROM {h})",
    "SELECT count(*) FILTER (WHERE {c} = 'M1') FROM {t}, ({sql}) AS q",
    "SELECT count(*) FROM ({sql}) AS q HAVING max((SELECT max({c}) FROM {t})) > 'M'",
    "WITH extra AS (SELECT {c} AS h FROM {t}) SELECT h FROM extra",
    "WITH extra AS (SELECT * FROM {h}) SELECT * FROM ({sql}) AS q",
    "WITH extra AS (DELETE FROM {t} RETURNING *) SELECT * FROM ({sql}) AS q",
    "SELECT x.{c} FROM ({sql}) AS q JOIN {t} AS x ON true",
    "SELECT {c}.upper() FROM {t}",
    "SELECT x.{c}.length() FROM {t} AS x",
    "SELECT a FROM {t} AS x(a)",
    "SELECT x FROM {t} AS x",
    "SELECT x::VARCHAR FROM {t} AS x",
    "SELECT to_json(x) FROM {t} AS x",
    "SELECT COLUMNS('{c}') FROM {t}",
    "SELECT COLUMNS(*) FROM ({sql}) AS q",
    "SELECT * LIKE '{c}' FROM {t}",
    "SELECT * REPLACE ({c} AS plan_type) FROM {t}",
    "SELECT * EXCLUDE ({c}) FROM {t}",
    "SELECT * RENAME ({c} AS x) FROM {t}",
    "FROM {t}",
    "FROM {t} SELECT {c}",
    "TABLE {t}",
    "SELECT * FROM (FROM {t}) AS q",
    "SELECT * FROM ({sql}) AS q EXCEPT SELECT {c} FROM {t}",
    "SELECT {c} FROM {t} INTERSECT SELECT {c} FROM {t}",
    "SELECT DISTINCT ON ({c}) 1 FROM {t}",
    "SELECT {c}, count(*) FROM {t} GROUP BY ALL",
    "SELECT count(*) FROM {t} GROUP BY {c}",
    "SELECT count(*) FROM {t} WHERE substr({c}, 1, 2) = 'M1'",
    "SELECT q.* FROM ({sql}) AS q ASOF JOIN {t} AS x ON x.{c} > 'a'",
    "SELECT * FROM ({sql}) AS q POSITIONAL JOIN {t}",
    "PIVOT {t} ON {c}",
    "SELECT unnest(list({c})) FROM {t}",
    "{sql}; SELECT {c} FROM {t}",
    "SELECT 1; {sql}",
    "{sql}; DROP TABLE {t}",
    "COPY ({sql}) TO '/tmp/x.csv'",
    "EXPLAIN ANALYZE {sql}",
    "SUMMARIZE {sql}",
    "DESCRIBE {sql}",
    "CREATE TEMP TABLE x AS {sql}",
    "PREPARE p AS {sql}",
    "SELECT * FROM query('SELECT 1') AS x, ({sql}) AS q",
    "SELECT * FROM read_text('/etc/passwd') AS x, ({sql}) AS q",
    "SELECT * FROM ({sql}) AS q, 'x.csv' AS f",
    "SELECT * FROM ({sql}) AS q, pragma_table_info('{t}') AS p",
    "SELECT * FROM ({sql}) AS q TABLESAMPLE 10",
    "SELECT current_setting('threads') FROM ({sql}) AS q",
    "SELECT CAST((SELECT max({c}) FROM {t}) AS INT) FROM ({sql}) AS q",
]  # fmt: skip


def _cased(sql: str, rng: random.Random) -> str | None:
    """The same attack in other letters and with comments between its words."""
    attack = rng.choice(_WRAPPED)(sql, rng)
    if attack is None or "'" in attack or '"' in attack or "--" in attack:
        return None
    words = [word.upper() if rng.random() < 0.5 else word.lower() for word in attack.split(" ")]
    return rng.choice(["/**/ ", "\n", " /* x */ "]).join(words)


_WRAPPED = [_wrap(template) for template in WRAPPERS]
HOSTILE: list[Mutation] = [hidden_table, hidden_column, identifier, _cased, *_WRAPPED]


def _spaced(sql: str, rng: random.Random) -> str:
    parts = re.split(r"('(?:[^']|'')*'|\"[^\"]*\")", sql)
    return "".join(
        part if at % 2 else re.sub(r" +", rng.choice(["  ", "\n", "\t", " \n "]), part)
        for at, part in enumerate(parts)
    )


def _commented(sql: str, rng: random.Random) -> str:
    return rng.choice(
        [f"/* {'x' * rng.randrange(9)} */ {sql}", f"{sql} -- note", f"-- note\n{sql}", f"{sql} /* a */"]
    )


def _keywords(sql: str, rng: random.Random) -> str:
    words = rf"\b({'|'.join(_KEYWORDS)})\b"
    parts = re.split(r"('(?:[^']|'')*'|\"[^\"]*\")", sql)
    turn = str.lower if rng.random() < 0.5 else str.upper
    return "".join(
        part if at % 2 else re.sub(words, lambda m: turn(m[0]), part, flags=re.I) for at, part in enumerate(parts)
    )


def _semicolon(sql: str, rng: random.Random) -> str:
    return sql + rng.choice([";", " ;", ";\n", "; -- done"])


def _derived(sql: str, rng: random.Random) -> str:
    return f"SELECT * FROM ({sql}) AS wrapped_{rng.randrange(99)}"


def _cte(sql: str, rng: random.Random) -> str:
    name = f"wrapped_{rng.randrange(99)}"
    return f"WITH {name} AS ({sql}) SELECT * FROM {name}"


def _parenthesised(sql: str, rng: random.Random) -> str:
    return "(" * (depth := rng.randrange(1, 4)) + sql + ")" * depth


def _qualified_case(sql: str, rng: random.Random) -> str:
    return sql.replace("gold.", rng.choice(["GOLD.", "Gold.", '"gold".']))


# In the order in which they are applied: a comment must stay at the end.
IDLE: list[Callable[[str, random.Random], str]] = [
    _derived, _cte, _parenthesised, _qualified_case, _keywords, _spaced, _semicolon, _commented,
]  # fmt: skip


def idle(sql: str, rng: random.Random) -> str:
    """The statement after a few idle mutations."""
    chosen = sorted(rng.sample(range(len(IDLE)), rng.randrange(1, 4)))
    for place in chosen:
        sql = IDLE[place](sql, rng)
    return sql
