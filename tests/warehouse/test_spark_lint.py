"""What a model may not say, because Spark would fail at it or, worse, say something else."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
import sqlglot

from warehouse.errors import MissingDataError, UsageError
from warehouse.runner import MODELS_FOLDER, read_models
from warehouse.settings import Settings, Spark
from warehouse.spark.portable import refusals
from warehouse.spark.session import require_spark
from warehouse.spark.transpile import to_spark

SCHEMA: dict[str, object] = {"accepted": {"t": {"n": "INTEGER", "x": "DOUBLE", "s": "VARCHAR", "ts": "TIMESTAMP"}}}
EXPRESSIONS = {
    "DAYOFWEEK(d)": "DAYOFWEEK",
    "ISODOW(d)": "ISODOW",
    "DAYNAME(d)": "DAYNAME",
    "MONTHNAME(d)": "MONTHNAME",
    "EXTRACT(dow FROM d)": "EXTRACT DOW",
    "DATE_DIFF('hour', a, b)": "DATE_DIFF by hour",
    "DATE_DIFF('month', a, b)": "DATE_DIFF by month",
    "LIST(x ORDER BY y)": "LIST",
    "ARRAY_AGG(x)": "LIST",
    "STRING_AGG(s, ',')": "STRING_AGG",
    "TRY_CAST(s AS INTEGER)": "TRY_CAST",
    "CAST(n AS HUGEINT)": "CAST AS INT128",
    "CAST(s AS ENUM('a'))": "CAST AS ENUM('a')",
    "CAST(ts AS TIMESTAMPTZ)": "CAST AS TIMESTAMPTZ",
    "QUANTILE_CONT(x, 0.5)": "QUANTILE_CONT",
    "ANY_VALUE(x)": "ANY_VALUE",
    "FIRST(x)": "FIRST",
    "ARG_MAX(x, y)": "ARG_MAX",
    "ROUND(x, 2)": "ROUND",
    "n // 2": "//",
    "HASH(s)": "HASH",
    "STRFTIME(d, '%Y')": "STRFTIME",
    "REGEXP_MATCHES(s, 'x')": "REGEXP_MATCHES",
    "s LIKE 'a\\_%'": "LIKE with a pattern that is computed or has \\",
    "TRIM(s, 'x')": "TRIM of characters",
    "CURRENT_DATE": "CURRENT_DATE",
    "RANDOM()": "RANDOM",
    "[1, 2]": "ARRAY",
    "UNNEST([1, 2])": "UNNEST",
    "COUNT(DISTINCT (a, b))": "row of columns",
    "COUNT(DISTINCT a, b)": "COUNT of several columns",
    "INTERVAL (n) DAY": "INTERVAL of an expression",
    "ROW_NUMBER() OVER ()": "ROW_NUMBER without ORDER BY",
    "LAG(x) OVER (PARTITION BY s)": "LAG without ORDER BY",
    "COUNT(DISTINCT x) OVER (PARTITION BY s)": "DISTINCT in a window",
    "COUNT(*) FILTER (WHERE b) OVER (PARTITION BY s)": "FILTER in a window",
    "SUM(x) OVER (ORDER BY d RANGE BETWEEN 7 PRECEDING AND CURRENT ROW)": "RANGE frame with an offset",
    "x IN list_column": "IN over a list column",
    "x IN (SELECT y FROM accepted.u)": "IN with a query outside WHERE",
}
QUERIES = {
    "SELECT a FROM accepted.t UNION BY NAME SELECT a FROM accepted.u": "UNION BY NAME",
    "SELECT DISTINCT ON (a) a, b FROM accepted.t": "DISTINCT ON",
    "SELECT a FROM accepted.t LIMIT 3": "LIMIT without ORDER BY",
    "SELECT a FROM accepted.t ORDER BY ALL": "ORDER BY ALL",
    "SELECT a FROM accepted.t POSITIONAL JOIN accepted.u": "POSITIONAL JOIN",
    "SELECT a FROM accepted.t NATURAL JOIN accepted.u": "NATURAL JOIN",
    "SELECT a FROM accepted.t ASOF JOIN accepted.u USING (a, b)": "ASOF JOIN",
    "SELECT t.a FROM accepted.t ASOF JOIN accepted.u ON t.b >= u.b": "ASOF JOIN",
    "SELECT * FROM accepted.t ASOF JOIN accepted.u ON t.a = u.a AND t.b >= u.b": "ASOF JOIN with *",
    "WITH RECURSIVE r AS (SELECT 1 AS a) SELECT a FROM r": "WITH RECURSIVE",
    "SELECT a FROM GENERATE_SERIES(1, 3) AS g(a)": "GENERATE_SERIES outside UNNEST",
    "SELECT a FROM accepted.t TABLESAMPLE 10%": "TABLE SAMPLE",
    "SELECT a, SUM(b) FROM accepted.t GROUP BY ROLLUP (a)": "ROLLUP",
    "SELECT COLUMNS(*) FROM accepted.t": "COLUMNS",
    "SELECT l.a FROM accepted.t, LATERAL (SELECT t.a) AS l": "LATERAL",
    "SELECT #1 FROM accepted.t": "#",
}
CASES = {f"SELECT {text} FROM accepted.t": name for text, name in EXPRESSIONS.items()} | QUERIES


@pytest.mark.parametrize(("query", "construct"), CASES.items())
def test_what_spark_would_say_otherwise_is_refused_by_its_name(query: str, construct: str) -> None:
    found = refusals(sqlglot.parse_one(query, dialect="duckdb"))
    assert construct in [refusal.construct for refusal in found]


@pytest.mark.parametrize(
    ("expression", "construct"),
    [
        ("CAST(s AS INTEGER)", "CAST of text"),
        ("CAST(x AS DECIMAL(9, 2))", "CAST of a DOUBLE AS DECIMAL"),
        ("ts - ts", "difference of timestamps"),
    ],
)
def test_what_only_its_types_make_different_is_refused_when_it_is_transpiled(
    expression: str, construct: str
) -> None:
    with pytest.raises(MissingDataError, match=construct) as refusal:
        to_spark(f"SELECT {expression} AS y FROM accepted.t", SCHEMA, "silver.example")
    assert refusal.value.where == "silver.example"


@pytest.mark.parametrize(
    "expression",
    ["MAX(size)", "size > 'L'", "size BETWEEN 'S' AND 'M'", "ROW_NUMBER() OVER (ORDER BY n, size)"],
)
def test_the_order_of_a_dictionary_chooses_nothing(expression: str) -> None:
    query = sqlglot.parse_one(f"SELECT {expression} FROM accepted.t ORDER BY size", dialect="duckdb")
    assert [refusal.construct for refusal in refusals(query, ranked=frozenset({"size"}))] == ["order of size"]


def test_every_model_is_portable() -> None:
    assert read_models()


def test_a_model_that_is_not_portable_is_refused_when_it_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    shutil.copytree(MODELS_FOLDER, folder)
    model = folder / "gold" / "weekdays.sql"
    model.write_text(
        "/*\ndescription: Days.\ngrain: [day]\n*/\nSELECT\n    DAYOFWEEK(day) AS day\nFROM gold.data_days\n"
    )
    with pytest.raises(MissingDataError, match=r"DAYOFWEEK \(line 6\)") as refusal:
        read_models(folder)
    assert refusal.value.where == "gold/weekdays.sql"


def test_without_pyspark_or_java_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(MissingDataError, match="Java 17"):
        require_spark(Settings())
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(MissingDataError, match="make spark") as missing:
        require_spark(Settings())
    assert missing.value.exit_code == 4


def test_a_remote_spark_needs_a_common_folder() -> None:
    with pytest.raises(UsageError, match="exchange"):
        require_spark(Settings(spark=Spark(remote="sc://cluster.example:443")))
