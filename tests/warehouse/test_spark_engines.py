"""The same SQL on both engines: constructs one by one on awkward values, then all models on the tiny company."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlglot

from agents.runtime import Assistant
from warehouse import snapshots
from warehouse.build import build
from warehouse.errors import MissingDataError
from warehouse.principal import Principal
from warehouse.runner import Header, SqlModel, read_models, tables_read
from warehouse.settings import Settings
from warehouse.spark.engine import run_on_spark
from warehouse.spark.exchange import columns_of_given, export_given, read_back
from warehouse.spark.portable import PORTABLE, require_portable
from warehouse.spark.session import spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = tuple[Any, ...]
MODELS = [model.table for model in read_models()]
AWKWARD = """
    CREATE SCHEMA accepted; CREATE SCHEMA silver;
    CREATE TABLE accepted.t (
        id INTEGER, n INTEGER, big BIGINT, x DOUBLE, d DATE, ts TIMESTAMP, s VARCHAR, b BOOLEAN, e ENUM('a', 'b')
    );
    INSERT INTO accepted.t VALUES
        (1, 5, 9007199254740993, 0.5, '2024-02-29', '2024-02-29 23:59:59.999999', 'a', true, 'a'),
        (2, -7, -1, 1.5, '2024-12-30', '2024-12-30 00:00:00', ' Ab ', false, 'b'),
        (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        (4, 0, 0, -2.5, '1999-01-31', '1999-01-31 12:30:45.5', '', true, 'a'),
        (5, 3, 10, 12345678.9, '2024-01-01', '2024-01-01 01:02:03', 'É', false, 'b'),
        (6, 5, 7, 10000000.0, '2024-01-01', '2024-01-01 01:02:03', 'b', NULL, 'b'),
        (7, 5, 8, 1e16, '2000-06-15', '2000-06-15 08:09:10.000001', '100%', true, NULL),
        (8, 1, 2, 1.5e-5, '1969-07-20', '1969-07-20 20:17:40', 'a b', false, 'a'),
        (9, 2, 3, 0.0001, '2024-03-10', '2024-03-10 02:30:00', 'A', true, 'a'),
        (10, 4, 4, -1234567890123.45, '2024-11-03', '2024-11-03 01:30:00', '0', true, 'b'),
        (11, 6, 5, 2.5e100, '2024-11-03', '2024-11-03 01:30:00.1', 'x', true, 'b'),
        (12, 8, 6, 99.99, '2023-12-31', '2023-12-31 23:00:00', 'y', false, 'b');
    CREATE TABLE accepted.u (id INTEGER, k INTEGER, ts TIMESTAMP, w VARCHAR);
    INSERT INTO accepted.u VALUES
        (1, 5, '2024-01-01 01:02:03', 'same'), (2, 5, '2024-01-01 01:00:00', 'before'), (3, 5, '2024-03-01', NULL),
        (4, NULL, '2024-01-01', 'no key'), (5, 3, NULL, 'no time'), (6, -7, '2025-01-01', 'after'),
        (7, 2, '2024-03-10 02:29:59.999999', 'just before');
"""
SCALARS = [
    "CASE WHEN ABS(x) < 1e9 THEN CAST(x AS INTEGER) END", "CAST(0.5 * n AS INTEGER)", "CAST(x AS VARCHAR)",
    "'$' || x", "'n' || n || s", "CONCAT(s, n, x)", "CONCAT_WS('-', s, x, n, e)", "n / 4", "100.0 * n / 7",
    "n / NULLIF(n, 0)", "7 / 2.0", "big * 1.0 / 3", "1.5 * n", "x * 0.1", "d - 3", "d + n", "d - n + 1",
    "d - DATE '2024-01-01'", "d + INTERVAL 1 DAY", "ts - n * INTERVAL 1 HOUR", "ts - INTERVAL 2 MONTH",
    "ts + CAST(0.5 * n AS INTEGER) * INTERVAL 1 SECOND", "DATE_DIFF('day', d, DATE '2024-03-01')",
    "DATE_DIFF('day', ts, TIMESTAMP '2024-03-01 00:00:00')",
    "DATE_DIFF('microsecond', ts, TIMESTAMP '2024-03-01')",
    "DATE_TRUNC('week', ts)", "DATE_TRUNC('quarter', d)", "CAST(DATE_TRUNC('month', d) AS DATE)", "YEAR(d)",
    "EXTRACT(HOUR FROM ts)", "EXTRACT(MINUTE FROM ts) / 10", "FLOOR(n / 4)", "FLOOR(n)", "n % 3", "-n", "ABS(n)",
    "DATE_DIFF('day', DATE '1900-01-01', d) % 7", "GREATEST(n, 2)", "LEAST(n, NULL, 2)", "NULLIF(s, '')",
    "COALESCE(e, s)", "s LIKE 'a%'", "LOWER(s)", "UPPER(s)", "TRIM(s)", "LENGTH(s)", "n IS NOT DISTINCT FROM 5",
    "n BETWEEN 1 AND 5", "n IN (1, 5)", "n NOT IN (1, NULL)", "b AND n > 0", "NOT b", "b IS TRUE",
    "CAST(b AS INTEGER)", "CAST(ts AS VARCHAR)", "CAST(d AS VARCHAR)", "CAST(b AS VARCHAR)", "CAST(ts AS DATE)",
    "CAST(d AS TIMESTAMP)", "CASE WHEN n > 3 THEN 1.5 ELSE n END", "s < 'b'", "e > 'a'", "d > '2024-01-15'",
    "EXISTS (SELECT 1 FROM accepted.u AS v WHERE v.k = t.n)", "CAST(n AS DOUBLE)", "MONTH(d)",
    "(n + 1) * 2", "n <> 5", "n IS DISTINCT FROM 5", "CAST(n AS DECIMAL(9, 2))",
]  # fmt: skip
ASOF = "SELECT t.id, t.n, u.id AS match, u.w FROM accepted.t {side} JOIN accepted.u ON u.k = t.n AND {condition}"
QUERIES = {
    "ascending_nulls": "SELECT id, ROW_NUMBER() OVER (ORDER BY n, id) AS r FROM accepted.t",
    "descending_nulls": "SELECT id, ROW_NUMBER() OVER (ORDER BY n DESC, id) AS r FROM accepted.t",
    "ranks": "SELECT id, RANK() OVER (ORDER BY n) AS a, DENSE_RANK() OVER (ORDER BY n DESC) AS b FROM accepted.t",
    "neighbours": "SELECT id, LAG(x) OVER (PARTITION BY e ORDER BY id) AS a, LEAD(s, 2) OVER (ORDER BY id) AS b "
    "FROM accepted.t",
    "last_known": "SELECT id, LAST_VALUE(n IGNORE NULLS) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND "
    "CURRENT ROW) AS a, FIRST_VALUE(n) OVER (ORDER BY ts, id) AS b FROM accepted.t",
    "median_of_a_window": "SELECT id, MEDIAN(n) OVER (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) AS m "
    "FROM accepted.t",
    "sums_in_windows": "SELECT id, SUM(n) OVER (PARTITION BY e) AS a, COUNT(*) OVER (ORDER BY n) AS b "
    "FROM accepted.t",
    "aggregates": "SELECT e, SUM(n) AS a, AVG(n) AS b, AVG(1.5 * n) AS c, MEDIAN(n) AS d, MIN(s) AS f, "
    "MAX(ts) AS g, COUNT(DISTINCT n) AS h, COUNT_IF(n > 1) AS i, COUNT(*) FILTER (WHERE b) AS j "
    "FROM accepted.t GROUP BY e",
    "group_by_all": "SELECT e, b, COUNT(n) AS a FROM accepted.t GROUP BY ALL",
    "having": "SELECT n, COUNT(*) AS a FROM accepted.t GROUP BY n HAVING COUNT(*) > 1",
    "qualify": "SELECT id, e FROM accepted.t QUALIFY ROW_NUMBER() OVER (PARTITION BY e ORDER BY ts DESC, id) = 1",
    "star": "SELECT * EXCLUDE (x, big) FROM accepted.t",
    "star_replaced": "SELECT * REPLACE (n + 1 AS n) FROM accepted.t",
    "alias_again": "SELECT n * 2 AS m, m + 1 AS o FROM accepted.t WHERE m > 3",
    "union_of_types": "SELECT n AS a FROM accepted.t UNION ALL SELECT x FROM accepted.t UNION ALL SELECT NULL",
    "union": "SELECT e AS a FROM accepted.t UNION SELECT s FROM accepted.t",
    "except": "SELECT n FROM accepted.t EXCEPT SELECT k FROM accepted.u",
    "intersect": "SELECT n FROM accepted.t INTERSECT SELECT k FROM accepted.u",
    "in_query": "SELECT id FROM accepted.t WHERE n IN (SELECT k FROM accepted.u) AND id > 0",
    "not_in_query": "SELECT id FROM accepted.t WHERE n NOT IN (SELECT k FROM accepted.u WHERE id < 4)",
    "not_in_query_with_nulls": "SELECT id FROM accepted.t WHERE id > 0 AND n NOT IN (SELECT k FROM accepted.u)",
    "semi_join": "SELECT t.id FROM accepted.t SEMI JOIN accepted.u ON u.k = t.n",
    "anti_join": "SELECT t.id FROM accepted.t ANTI JOIN accepted.u ON u.k = t.n",
    "full_join": "SELECT t.id AS a, u.id AS b FROM accepted.t FULL JOIN accepted.u ON u.k = t.n AND u.ts = t.ts",
    "values": "SELECT v.a, v.b FROM (VALUES (1, 'x'), (2, NULL)) AS v(a, b)",
    "latest_rows": "SELECT id FROM accepted.t ORDER BY ts DESC, id LIMIT 3",
    "scalar_query": "SELECT id, (SELECT MAX(k) FROM accepted.u) - n AS a FROM accepted.t",
    "days": "SELECT CAST(UNNEST(GENERATE_SERIES(CAST(d AS TIMESTAMP), TIMESTAMP '2024-03-02', INTERVAL 1 DAY)) "
    "AS DATE) AS day FROM accepted.t WHERE YEAR(d) = 2024 OR d IS NULL",
    "asof_before": ASOF.format(side="ASOF", condition="u.ts < t.ts"),
    "asof_at_or_before": ASOF.format(side="ASOF", condition="t.ts >= u.ts"),
    "asof_after": ASOF.format(side="ASOF", condition="u.ts > t.ts"),
    "asof_at_or_after": ASOF.format(side="ASOF", condition="t.ts <= u.ts"),
    "asof_left": ASOF.format(side="ASOF LEFT", condition="u.ts <= t.ts"),
    "asof_left_after": ASOF.format(side="ASOF LEFT", condition="u.ts > t.ts"),
    "asof_of_queries": "WITH late AS (SELECT * FROM accepted.u WHERE k > 2) SELECT a.id, b.w, c.id AS other FROM "
    "(SELECT id, n, ts FROM accepted.t WHERE id > 1) AS a ASOF JOIN late AS b ON a.n = b.k AND a.ts > b.ts "
    "CROSS JOIN late AS c WHERE a.id < 9 AND c.id < 4",
}


@dataclass(frozen=True)
class Engines:
    """What each engine makes of the same queries: rows by name, sorted."""

    duckdb: dict[str, list[Row]]
    spark: dict[str, list[Row]]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    """One Spark for all tests here: it takes seconds to start."""
    with spark_session(Settings(), tmp_path_factory.mktemp("spark")) as running:
        yield running


@pytest.fixture(scope="module")
def engines(session: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Engines:
    folder = tmp_path_factory.mktemp("exchange")
    scalars = ", ".join(f"{text} AS c{place}" for place, text in enumerate(SCALARS))
    queries = QUERIES | {"scalars": f"SELECT t.id, {scalars} FROM accepted.t"}
    with duckdb.connect() as con:
        con.execute(AWKWARD)
        models = [_model(name, select) for name, select in queries.items()]
        columns = columns_of_given(con, models)
        given = export_given(con, models, folder / "given")
        made = run_on_spark(session, models, given, columns, folder / "made", Settings(), print)
        back = read_back(con, models, made, columns)
        return Engines(_rows(con, models), _rows(con, back))


def _model(name: str, select: str) -> SqlModel:
    query = sqlglot.parse_one(select, dialect="duckdb")
    require_portable(query, name)
    return SqlModel(f"silver.{name}", Header(description=name, grain=("id",)), select, tables_read(query))


def _rows(con: duckdb.DuckDBPyConnection, models: list[SqlModel]) -> dict[str, list[Row]]:
    return {
        model.table.removeprefix("silver."): sorted(con.execute(model.select).fetchall(), key=repr)
        for model in models
    }


def alike(left: Row, right: Row) -> bool:
    """Equal, doubles within 1e-9 of their size."""
    return len(left) == len(right) and all(
        math.isclose(a, b, rel_tol=1e-9) if isinstance(a, float) and isinstance(b, float) else a == b
        for a, b in zip(left, right, strict=True)
    )


@pytest.mark.parametrize("place", range(len(SCALARS)), ids=SCALARS)
def test_an_expression_has_one_value_on_both_engines(engines: Engines, place: int) -> None:
    ours, theirs = ({row[0]: (row[place + 1],) for row in rows} for rows in _scalars(engines))
    assert {key: (ours[key], theirs[key]) for key in ours if not alike(ours[key], theirs[key])} == {}


def _scalars(engines: Engines) -> tuple[list[Row], list[Row]]:
    return engines.duckdb["scalars"], engines.spark["scalars"]


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_has_the_same_rows_on_both_engines(engines: Engines, name: str) -> None:
    ours, theirs = engines.duckdb[name], engines.spark[name]
    assert len(ours) == len(theirs)
    assert [pair for pair in zip(ours, theirs, strict=True) if not alike(*pair)] == []


def test_every_portable_construct_is_compared_here() -> None:
    compared = [f"SELECT {text}" for text in SCALARS] + list(QUERIES.values())
    found = {type(node) for query in compared for node in sqlglot.parse_one(query, dialect="duckdb").walk()}
    assert {construct.__name__ for construct in PORTABLE - found} == set()


def test_a_column_of_another_kind_is_not_taken(tmp_path: Path) -> None:
    folder = tmp_path / "silver.one"
    folder.mkdir()
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA accepted; CREATE TABLE accepted.t (n BIGINT)")
        con.execute(f"COPY (SELECT 1.5::DOUBLE AS n) TO '{folder / 'part-0.parquet'}'")
        model = _model("one", "SELECT n FROM accepted.t")
        with pytest.raises(MissingDataError, match="is DOUBLE instead of BIGINT"):
            read_back(con, [model], {model.table: folder}, columns_of_given(con, [model]))


@pytest.fixture(scope="module")
def spark_warehouse(
    session: SparkSession, tiny_sources: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The tiny company, built by Spark."""
    folder = tmp_path_factory.mktemp("spark-warehouse")
    report = build(tiny_sources, folder, settings, engine="spark")
    assert report.published
    return folder


@pytest.mark.parametrize("table", MODELS)
def test_both_engines_make_the_same_table(table: str, tiny_warehouse: Path, spark_warehouse: Path) -> None:
    ours, theirs = (_table(warehouse, table) for warehouse in (tiny_warehouse, spark_warehouse))
    assert ours[0] == theirs[0]
    assert len(ours[1]) == len(theirs[1])
    assert [pair for pair in zip(ours[1], theirs[1], strict=True) if not alike(*pair)][:5] == []


def _table(warehouse: Path, table: str) -> tuple[list[Row], list[Row]]:
    """Columns with their types, and all rows in an order that doubles decide last."""
    with snapshots.connect(snapshots.current(warehouse), "lake") as con:
        columns = [row[:2] for row in con.execute(f"DESCRIBE {table}").fetchall()]
        exact = [name for name, kind in columns if kind != "DOUBLE"]
        order = ", ".join(f'"{name}"' for name in [*exact, *(name for name, _ in columns if name not in exact)])
        return columns, con.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()


def test_the_manifest_says_which_engines_made_it(tiny_warehouse: Path, spark_warehouse: Path) -> None:
    assert set(snapshots.current(spark_warehouse).manifest["engine"]) == {"duckdb", "spark"}
    assert set(snapshots.current(tiny_warehouse).manifest["engine"]) == {"duckdb"}
    assert not list(spark_warehouse.rglob("*.parquet"))


def test_the_next_build_on_duckdb_makes_everything_its_own(
    spark_warehouse: Path, tiny_warehouse: Path, tiny_sources: Path, settings: Settings, tmp_path: Path
) -> None:
    copy = shutil.copytree(spark_warehouse, tmp_path / "warehouse")
    assert not build(tiny_sources, copy, settings, engine="spark").published
    assert build(tiny_sources, copy, settings).published
    assert set(snapshots.current(copy).manifest["engine"]) == {"duckdb"}
    assert _table(copy, "gold.top_opportunities") == _table(tiny_warehouse, "gold.top_opportunities")


QUESTIONS = (
    "Which journey leaks the most calls to the call center?",
    "What is the repeat call rate by plan type?",
    "How much did avoidable calls cost last month?",
    "What is our NPS by segment?",
    "Show total calls by day for the last 14 days",
)


@pytest.mark.parametrize("question", QUESTIONS)
def test_answers_have_the_same_numbers(
    question: str, assistant: Assistant, spark_assistant: Assistant, executive: Principal
) -> None:
    ours, theirs = (one.ask(question, executive) for one in (assistant, spark_assistant))
    assert ours.status == "answered"
    assert ours.rows
    assert (theirs.text, theirs.columns, theirs.sql) == (ours.text, ours.columns, ours.sql)
    assert [pair for pair in zip(ours.rows, theirs.rows, strict=True) if not alike(*map(tuple, pair))] == []


@pytest.fixture(scope="module")
def spark_assistant(
    spark_warehouse: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assistant]:
    """The embedded assistant over what Spark made."""
    private = settings.model_copy(update={"var": tmp_path_factory.mktemp("spark-assistant")})
    opened = Assistant.open(private, spark_warehouse, clock=lambda: datetime(2026, 10, 30, tzinfo=UTC))
    yield opened
    opened.close()
