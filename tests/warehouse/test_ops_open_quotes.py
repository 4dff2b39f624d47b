"""A quote that never closes costs its own row and no other."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.warehouse.conftest import valid_tables, write_tables
from warehouse.build import BuildReport, build
from warehouse.contract import load_contract
from warehouse.open_quotes import records
from warehouse.settings import Settings

HEADER = "survey_id,member_id,survey_date,nps_score,csat_score,effort_score,feedback_text,survey_type"
ROWS = [f"S{n},M1,2024-11-05,9,4,2,Fine,post_call" for n in range(50)]
OPEN = 'S{},M1,2024-11-05,9,4,2,"Fine,post_call'
CLOSED = 'S{},M1,2024-11-05,9,4,2,Fine",post_call'
LETTER = 'S{},M1,2024-11-05,9,4,2,"Dear all,\nthank you, really, a, b, c, d,\n\nbye ""friend""",post_call'


def with_rows(changes: dict[int, str]) -> list[str]:
    return [changes[n].format(n) if n in changes else row for n, row in enumerate(ROWS)]


# Files by the first letter of their ids: how lines end, which rows are changed, which lines are lost.
FILES: dict[str, tuple[str, dict[int, str], list[int]]] = {
    "A": ("\n", {20: OPEN}, [22]),
    "B": ("\r\n", {49: OPEN}, [51]),
    "C": ("\n", {20: OPEN, 21: OPEN}, [22, 23]),
    "D": ("\r\n", {20: OPEN, 40: CLOSED}, [22]),
    "E": ("\n", {20: OPEN, 40: LETTER}, [22]),
    "F": ("\n", {10: LETTER, 20: OPEN, 30: 'S{},M1,2024-11-05,9,4,2,"Fine, really",post_call'}, [25]),
    "G": ("\r\n", {20: LETTER, 21: LETTER, 49: LETTER}, []),
}


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> tuple[Path, BuildReport]:
    """A warehouse of all these files, and the report of its build."""
    folder = tmp_path_factory.mktemp("quotes")
    source = write_tables(folder / "sources", valid_tables())
    for letter, (newline, changes, _) in FILES.items():
        text = "\n".join([HEADER, *with_rows(changes)]) + "\n"
        file = source / f"surveys-{letter}.csv"
        file.write_bytes(text.replace("S", letter).replace("\n", newline).encode())
    return folder / "warehouse", build(source, folder / "warehouse", settings)


@pytest.mark.parametrize("letter", FILES)
def test_only_the_row_of_the_open_quote_is_lost(letter, surveyed, ask):
    (warehouse, report), lost = surveyed, FILES[letter][2]
    of_file = f"source_file = 'surveys-{letter}.csv'"
    unread = f"SELECT detail FROM bronze.quarantine WHERE reason = 'unparseable' AND {of_file} ORDER BY ALL"
    assert [row[0].split(":")[0] for row in ask(unread, warehouse)] == [f"line {n}" for n in lost]
    kept = f"SELECT count(*) FROM gold.surveys WHERE survey_id LIKE '{letter}%'"
    assert ask(kept, warehouse) == [(50 - len(lost),)]
    assert [s["rows"] for s in report.sources if s["file"] == f"surveys-{letter}.csv"] == [50]


def test_a_compressed_file_is_mended_too(valid_sources: Path, built, ask):
    (valid_sources / "surveys.csv").unlink()
    text = "\n".join([HEADER, *with_rows({20: OPEN})])
    (valid_sources / "surveys.csv.gz").write_bytes(gzip.compress(text.encode()))
    built(valid_sources)
    assert ask("SELECT count(*) FROM gold.surveys") == [(49,)]
    assert ask("SELECT raw_row ->> '$' FROM bronze.quarantine") == [(OPEN.format(20),)]


def test_many_open_quotes_are_found_in_one_pass():
    lines = [OPEN.format(n).encode() + b"\n" for n in range(20_000)]
    found = records(lines, HEADER.split(","), load_contract()["surveys"])
    assert sum(record.is_slip for record in found) == 20_000
