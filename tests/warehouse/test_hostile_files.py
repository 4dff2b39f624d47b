"""Files as they really come: the table of cases says which rows are taken, which are set aside and why.

All files of the table lie in one folder and are built once; what is bad in one must not touch another.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import snapshots
from warehouse.build import build
from warehouse.contract import load_contract
from warehouse.settings import Settings

CONTRACT = load_contract()
HEADERS = {name: ",".join(c.name for c in table.columns if c.required) for name, table in CONTRACT.items()}
BASE = {
    "members": "M1,70,F,MAPD,8,New,FL,33101,2024-03-01",
    "call_center": "C1,M1,2024-11-05,2024-11-05 10:00:00,Billing Question,10.0,neutral,False,True,False,True",
    "digital_interactions": "",
    "claims": "",
    "pharmacy": "",
    "enrollment": "",
}
HEADER = HEADERS["surveys"]
COLUMNS = HEADER.split(",")


def row(number: int, text: str = "Fine", **changes: str) -> str:
    values = dict(zip(COLUMNS, (f"@-{number}", "M1", "2024-11-05", "9", "4", "2", text, "post_call"), strict=True))
    return ",".join((values | changes).values())


def zipped(text: str, name: str) -> bytes:
    return gzip.compress(text.replace("@", name).encode())


def lines(*rows: str, newline: str = "\n", header: str = HEADER) -> str:
    return newline.join((header, *rows)) + newline


PLAIN = lines(row(1), row(2))
ZIPPED = zipped(PLAIN, "gz")


@dataclass(frozen=True)
class Case:
    """One file. `@` in its text stands for its name, so that ids differ from file to file."""

    name: str
    content: str | bytes
    taken: dict[int, str | None] = field(default_factory=dict)  # number of the row -> its text in silver
    reasons: list[str] = field(default_factory=list)
    refused: str = ""
    says: str = ""  # part of a detail
    suffix: str = ".csv"
    encoding: str = "utf-8"

    @property
    def file(self) -> str:
        return f"surveys-{self.name}{self.suffix}"

    def bytes(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content
        return self.content.replace("@", self.name).encode(self.encoding)


UNREADABLE, UNPARSEABLE = "unreadable_file", "unparseable"
BOTH: dict[int, str | None] = {1: "Fine", 2: "Fine"}
SPELLING = (
    " Survey ID ,MEMBER_ID,\u00a0survey date,nps-score,csat_score,effort_score,Feedback_Text,\u200bsurvey_type"
)
WIDE = ",".join(f"extra_{n}" for n in range(80))
TEXTS = [
    "'; DROP TABLE members; --", "<script>alert(1)</script>", "=1+1", "+SUM(A1)", "{{7*7}} ${x} %s", "\\N", "NULL",
]  # fmt: skip
CASES = [
    Case("plain", PLAIN, BOTH),
    Case("no-end-of-last-line", PLAIN.removesuffix("\n"), BOTH),
    Case("bom", "\ufeff" + PLAIN, BOTH),
    Case("bom-in-quotes", PLAIN.replace("survey_id", '"\ufeffsurvey_id"'), BOTH),
    Case("crlf", PLAIN.replace("\n", "\r\n"), BOTH),
    Case("cr", PLAIN.replace("\n", "\r"), BOTH),
    Case("crlf-and-lf", lines(row(1) + "\r", row(2), row(3) + "\r"), BOTH | {3: "Fine"}),
    Case("cr-and-lf", lines(row(1) + "\r" + row(2), row(3)), BOTH | {3: "Fine"}),
    Case("blank-lines", "\n\n" + lines("", row(1), "", "", row(2), ""), BOTH),
    Case("blank-lines-crlf", ("\n" + lines("", row(1), "", "", row(2), "")).replace("\n", "\r\n"), BOTH),
    Case(
        "line-ends-in-quotes",
        lines(row(1, '"a\nb"'), row(2, '"a\r\nb"'), row(3, '"a\rb"')),
        {1: "a\nb", 2: "a\r\nb", 3: "a\rb"},
    ),
    Case("lf-in-quotes-of-crlf", lines(row(1, '"a\nb"'), row(2), newline="\r\n"), {1: "a\nb", 2: "Fine"}),
    Case(
        "quotes-and-commas",
        lines(row(1, '"a, ""b"""'), row(2, '""'), row(3, ' "a,b" ')),
        {1: 'a, "b"', 2: None, 3: "a,b"},
    ),
    Case(
        "quote-inside-a-field",
        lines(row(1, '5" pipe'), row(2, 'the "best" one'), row(3, 'Fine"')),
        {1: '5" pipe', 2: 'the "best" one', 3: 'Fine"'},
    ),
    Case(
        "quote-inside-and-open",
        lines(row(1, '5" pipe').replace("@-1", '"@-1"'), row(2, '"a\n5"" b"')),
        {1: '5" pipe', 2: 'a\n5" b'},
    ),
    Case("characters-after-a-quote", lines(row(1, '"Fi"ne'), row(2)), {2: "Fine"}, [UNPARSEABLE]),
    Case(
        "quote-that-never-closes",
        lines(row(1, '"Fine'), row(2), row(3)),
        {2: "Fine", 3: "Fine"},
        [UNPARSEABLE],
        says="never closes",
    ),
    Case("only-an-open-quote", lines(row(1), '"'), {1: "Fine"}, [UNPARSEABLE]),
    Case("too-few-and-too-many", lines(row(1), "@-2,M1", row(3) + ",x,y", "   "), {1: "Fine"}, [UNPARSEABLE] * 3),
    Case("trailing-delimiter", lines(row(1) + ",", row(2) + ","), BOTH),
    Case("trailing-delimiter-everywhere", lines(row(1) + ",", row(2) + ",", header=HEADER + ","), BOTH),
    Case("only-delimiters", lines(row(1), "," * 7, row(2)), BOTH, ["missing_value"]),
    Case(
        "five-megabytes-in-a-field",
        lines(row(1, f'"{"x, " * 1_700_000}"'), row(2)),
        {1: "x, " * 1_699_999 + "x,", 2: "Fine"},
    ),
    Case(
        "seventeen-megabytes-in-a-field",
        lines(row(1, "x" * (17 << 20)), row(2)),
        {2: "Fine"},
        [UNPARSEABLE],
        says="16 MB",
    ),
    Case("utf-16", PLAIN, BOTH, encoding="utf-16"),
    Case(
        "latin-1-in-one-line",
        lines(row(1), row(2, "caf\u00e9"), row(3)),
        {1: "Fine", 3: "Fine"},
        [UNPARSEABLE],
        says="UTF-8",
        encoding="latin-1",
    ),
    Case("utf-8", lines(row(1, "caf\u00e9 \u2615\u200b\u2028")), {1: "caf\u00e9 \u2615\u200b"}),
    Case(
        "nul-in-one-line", lines(row(1, "Fi\0ne"), row(2), "\0" * 100), {2: "Fine"}, [UNPARSEABLE] * 2, says="NUL"
    ),
    Case("ctrl-z-at-the-end", PLAIN + "\x1a", BOTH, [UNPARSEABLE]),
    Case("header-again", lines(row(1), HEADER, row(2)), BOTH, ["bad_timestamp"]),
    Case("header-in-other-spelling", PLAIN.replace(HEADER, SPELLING), BOTH),
    Case("header-of-ten-times-the-columns", lines(row(1) + ",1" * 80, header=f"{HEADER},{WIDE}"), {1: "Fine"}),
    Case("unknown-column-twice", lines(row(1) + ",1,2,,", header=HEADER + ",x,x,,"), {1: "Fine"}),
    Case(
        "column-twice",
        lines(row(1) + ",M2", header=HEADER + ",Member_ID"),
        refused=UNREADABLE,
        says="twice: member_id",
    ),
    Case(
        "columns-in-other-order", "\n".join(",".join(line.split(",")[::-1]) for line in PLAIN.splitlines()), BOTH
    ),
    Case("header-only", HEADER),
    Case("empty", "", refused=UNREADABLE, says="empty"),
    Case("only-blank-lines", "\n\r\n \n", refused=UNREADABLE, says="empty"),
    Case("no-header", row(1) + "\n", refused=UNREADABLE, says="no header"),
    Case(
        "a-required-column-missing",
        PLAIN.replace(",survey_type", ",type"),
        refused="missing_columns",
        says="survey_type",
    ),
    Case("semicolons", PLAIN.replace(",", ";"), refused=UNREADABLE, says="';'"),
    Case("utf-16-without-mark", PLAIN.encode("utf-16-le"), refused=UNREADABLE, says="UTF-8"),
    Case("utf-16-cut", PLAIN.encode("utf-16")[:-1], refused=UNREADABLE, says="UTF-16"),
    Case("binary", bytes(range(256)) * 40, refused=UNREADABLE),
    Case("header-of-two-megabytes", "x" * (2 << 20), refused=UNREADABLE, says="1 MB"),
    Case("gz", ZIPPED, BOTH, suffix=".csv.gz"),
    Case("gz-inside", zipped(PLAIN, "gz-inside"), BOTH),
    Case("gz-that-is-none", PLAIN, BOTH, suffix=".csv.gz"),
    Case("GZ-IN-CAPITALS", zipped(PLAIN, "GZ-IN-CAPITALS"), BOTH, suffix=".CSV.GZ"),
    Case("gz-of-two", zipped(lines(row(1)), "gz-of-two") + zipped(row(2), "gz-of-two"), BOTH, suffix=".csv.gz"),
    Case("gz-padded", zipped(PLAIN, "gz-padded") + bytes(512), BOTH, suffix=".csv.gz"),
    Case("gz-with-garbage-after", ZIPPED + b"garbage", refused=UNREADABLE, says="follows", suffix=".csv.gz"),
    Case("gz-that-ends-early", ZIPPED[:-9], refused=UNREADABLE, says="too early", suffix=".csv.gz"),
    Case("gz-damaged", ZIPPED[:30] + b"\xff\xff" + ZIPPED[32:], refused=UNREADABLE, suffix=".csv.gz"),
    Case("zip", b"PK\x03\x04" + bytes(40), refused=UNREADABLE, says="zip"),
    Case("workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), refused=UNREADABLE, says="workbook"),
    Case("zstd", b"\x28\xb5\x2f\xfd" + bytes(40), refused=UNREADABLE, says="zstd", suffix=".csv.gz"),
    Case("parquet-by-content", b"PAR1" + bytes(40), refused=UNREADABLE, says="Parquet"),
    Case("parquet-cut", b"PAR1" + bytes(400), refused=UNREADABLE, says="Parquet", suffix=".parquet"),
    Case("parquet-without-content", b"PAR1PAR1", refused=UNREADABLE, says="Parquet", suffix=".parquet"),
    Case("it's [a] *strange* name?", PLAIN, BOTH),
    Case("name", PLAIN, BOTH, suffix=" \u00fc \u2615\nof two lines.csv"),
    Case("texts", lines(*(row(number, text) for number, text in enumerate(TEXTS, 1))), dict(enumerate(TEXTS, 1))),
]


@dataclass(frozen=True)
class Built:
    """The one build of all cases."""

    con: duckdb.DuckDBPyConnection
    sources: dict[str, dict[str, Any]]

    def ask(self, sql: str, file: str) -> list[tuple[Any, ...]]:
        return self.con.execute(sql, {"file": file}).fetchall()


def written(folder: Path) -> Path:
    folder.mkdir()
    for table, row_ in BASE.items():
        (folder / f"{table}.csv").write_text(f"{HEADERS[table]}\n{row_}\n")
    return folder


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    folder = tmp_path_factory.mktemp("hostile")
    source = written(folder / "sources")
    for case in CASES:
        (source / case.file).write_bytes(case.bytes())
    report = build(source, folder / "warehouse", Settings(var=folder / "var"))
    with snapshots.connect(snapshots.current(folder / "warehouse"), "lake") as con:
        yield Built(con, {source["file"]: source for source in report.sources})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_file_has_its_fate(case: Case, hostile: Built):
    source = hostile.sources[case.file]
    assert source["refused"] == case.refused
    silver = hostile.ask(
        "SELECT survey_id, feedback_text FROM gold.surveys WHERE survey_id IN "
        "(SELECT survey_id FROM bronze.surveys WHERE _source_file = $file)", case.file
    )  # fmt: skip
    found = hostile.ask("SELECT reason, detail FROM bronze.quarantine WHERE source_file = $file", case.file)
    assert sorted(reason for reason, _ in found) == ([case.refused] if case.refused else sorted(case.reasons))
    assert case.says in " ".join(detail for _, detail in found)
    assert dict(silver) == {f"{case.name}-{number}": text for number, text in case.taken.items()}
    assert source["rows"] == (0 if case.refused else len(case.taken) + len(case.reasons))
