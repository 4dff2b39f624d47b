"""A quote that never closes costs its own row and no other."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from warehouse.contract import load_contract
from warehouse.open_quotes import records

HEADER = "survey_id,member_id,survey_date,nps_score,csat_score,effort_score,feedback_text,survey_type"
ROWS = [f"S{n},M1,2024-11-05,9,4,2,Fine,post_call" for n in range(50)]
OPEN = 'S{},M1,2024-11-05,9,4,2,"Fine,post_call'
CLOSED = 'S{},M1,2024-11-05,9,4,2,Fine",post_call'
LETTER = 'S{},M1,2024-11-05,9,4,2,"Dear all,\nthank you, really, a, b, c, d,\n\nbye ""friend""",post_call'


def with_rows(changes: dict[int, str]) -> list[str]:
    return [changes[n].format(n) if n in changes else row for n, row in enumerate(ROWS)]


@pytest.mark.parametrize(
    ("newline", "changes", "lost"),
    [
        ("\n", {20: OPEN}, [22]),
        ("\r\n", {49: OPEN}, [51]),
        ("\n", {20: OPEN, 21: OPEN}, [22, 23]),
        ("\r\n", {20: OPEN, 40: CLOSED}, [22]),
        ("\n", {20: OPEN, 40: LETTER}, [22]),
        ("\n", {10: LETTER, 20: OPEN, 30: 'S{},M1,2024-11-05,9,4,2,"Fine, really",post_call'}, [25]),
        ("\r\n", {20: LETTER, 21: LETTER, 49: LETTER}, []),
    ],
)
def test_only_the_row_of_the_open_quote_is_lost(newline, changes, lost, valid_sources: Path, built, ask):
    text = "\n".join([HEADER, *with_rows(changes)]) + "\n"
    (valid_sources / "surveys.csv").write_bytes(text.replace("\n", newline).encode())
    report = built(valid_sources)
    found = ask("SELECT detail FROM bronze.quarantine WHERE reason = 'unparseable' ORDER BY ALL")
    assert [row[0].split(":")[0] for row in found] == [f"line {n}" for n in lost]
    assert ask("SELECT count(*) FROM gold.surveys") == [(50 - len(lost),)]
    assert [s["rows"] for s in report.sources if s["table"] == "surveys"] == [50]


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
