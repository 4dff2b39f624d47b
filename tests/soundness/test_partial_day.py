"""An incomplete last day: periods named by the calendar count it and say so, relative ones end before it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from agents.answer import Answer
from agents.runtime import Assistant
from semantic.compiler import compile_query
from semantic.loader import load_model
from semantic.query import SemanticQuery, TimeRange
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.snapshots import MANIFEST, current

Open = Callable[[Path], duckdb.DuckDBPyConnection]
INCOMPLETE = "31 December 2024 is incomplete in the data."
NAMED = [
    ("How many calls did we get in 2024?", "2024-01-01"),
    ("Total calls in Q4 2024", "2024-10-01"),
    ("Total calls in December 2024", "2024-12-01"),
    ("Total calls in the second half of 2024", "2024-07-01"),
]
RELATIVE = [
    "Total calls today",
    "Total calls this year",
    "Total calls in the last 30 days",
    "Total calls by state",
]


@pytest.fixture(scope="module")
def cut_short(reference_warehouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference sample as if its last day, 31 December 2024, had been found incomplete."""
    folder = tmp_path_factory.mktemp("cut-short") / "warehouse"
    shutil.copytree(reference_warehouse, folder)
    file = current(folder).gold_path.parent / MANIFEST
    manifest = json.loads(file.read_text())
    assert (manifest["as_of"], manifest["partial_day"]) == ("2024-12-31", None)
    file.write_text(json.dumps({**manifest, "as_of": "2024-12-30", "partial_day": "2024-12-31"}))
    return folder


@pytest.fixture(scope="module")
def reference(cut_short: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    opened = Assistant.open(Settings(var=tmp_path_factory.mktemp("partial")), cut_short)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def plain(cut_short: Path, gold_of: Open) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = gold_of(cut_short)
    yield connection
    connection.close()


def ask(assistant: Assistant, question: str) -> Answer:
    return assistant.ask(question, Principal("erin", "executive"))


@pytest.mark.parametrize(("question", "start"), NAMED)
def test_a_named_period_counts_the_incomplete_day_and_says_so(
    question: str, start: str, reference: Assistant, plain: duckdb.DuckDBPyConnection
) -> None:
    answer = ask(reference, question)
    counted = "SELECT COUNT(*) FROM gold.calls WHERE call_date BETWEEN CAST(? AS DATE) AND CAST(? AS DATE)"
    whole = plain.execute(counted, [start, "2024-12-31"]).fetchall()
    without = plain.execute(counted, [start, "2024-12-30"]).fetchall()
    assert answer.rows == [list(whole[0])]
    assert whole != without
    assert INCOMPLETE in answer.assumptions


@pytest.mark.parametrize("question", RELATIVE)
def test_a_relative_period_ends_before_it(question: str, reference: Assistant) -> None:
    answer = ask(reference, question)
    assert answer.semantic_query is not None
    assert answer.semantic_query["time"]["end"] == "2024-12-30"
    assert INCOMPLETE not in answer.assumptions


def test_months_add_up_to_their_year_and_days_stay_whole(reference: Assistant) -> None:
    by_month = ask(reference, "Total calls by month in 2024")
    year = ask(reference, "Total calls in 2024")
    by_day = ask(reference, "Total calls by day in December 2024")
    assert sum(row[1] for row in by_month.rows if isinstance(row[1], int)) == year.rows[0][0]
    assert max(str(row[0])[:10] for row in by_day.rows) == "2024-12-30"


def test_a_whole_year_is_compared_with_the_whole_year_before(
    reference: Assistant, plain: duckdb.DuckDBPyConnection
) -> None:
    answer = ask(reference, "Total calls in 2024 compared with the year before")
    before = plain.execute("SELECT COUNT(*) FROM gold.calls WHERE YEAR(call_date) = 2023").fetchall()[0][0]
    assert answer.rows[0][1] == before


def test_without_an_incomplete_day_nothing_lies_after_today() -> None:
    query = SemanticQuery(metrics=("claims",), time=TimeRange(start=date(2026, 10, 1), end=date(2026, 10, 31)))
    compiled = compile_query(load_model(), query, as_of=date(2026, 10, 29), first_day=date(2026, 8, 31))
    assert compiled.query.time is not None
    assert compiled.query.time.end == date(2026, 10, 29)
