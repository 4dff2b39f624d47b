"""Values as they really come: what a text reads as, or why its row is quarantined. One build for all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from warehouse import snapshots
from warehouse.build import build
from warehouse.contract import load_contract
from warehouse.settings import Settings

DAY, NOON = date(2026, 10, 29), datetime(2026, 10, 29, 12)
Text = tuple[str, Any]  # raw text, then its value or, as a str, the reason of its quarantine

DATES: list[Text] = [
    ("2026-10-29", DAY),
    (" 2026-10-29\t", DAY),
    ("2026-10-29\u00a0", DAY),
    ("2026/10/29", DAY),
    ("2026-1-5", date(2026, 1, 5)),
    ("2026-10-29 23:59:59", DAY),
    ("2026-10-29T10:00:00Z", DAY),
    ("2026-10-29T23:30:00-05:00", date(2026, 10, 30)),
    ("2026-10-29 24:00:00", date(2026, 10, 30)),
    ("2026-02-30", "bad_date"),
    ("2026-13-01", "bad_date"),
    ("20261029", "bad_date"),
    ("29-Oct-2026", "bad_date"),
    ("1761700000", "bad_date"),
    ("1761700000000", "bad_date"),
    ("46324", "bad_date"),
    ("46324.5", "bad_date"),
    ("epoch", "bad_date"),
    ("infinity", "bad_date"),
    ("today", "bad_date"),
    ("2026-10-29 (BC)", "bad_date"),
    ("\uff12\uff10\uff12\uff16-10-29", "bad_date"),
    ("12026-10-29", "bad_date"),
    ("0001-01-01", "out_of_range"),
    ("9999-12-31", "out_of_range"),
    ("null", "missing_value"),
    (" ", "missing_value"),
]
TIMES: list[Text] = [
    ("2026-10-29 12:00:00", NOON),
    ("2026-10-29T12:00:00", NOON),
    ("2026-10-29 12:00", NOON),
    ("2026-10-29", datetime(2026, 10, 29)),
    ("2026-10-29 12:00:00.5", NOON.replace(microsecond=500_000)),
    ("2026-10-29T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
    ("2026-10-29T14:00:00+02:00", NOON),
    ("2026-10-29 07:00:00-05", NOON),
    ("2026-10-29T17:30:00+0530", NOON),
    ("2026-10-29 12:00:00 UTC", NOON),
    ("2026-10-29 24:00:00", datetime(2026, 10, 30)),
    ("2026-10-29 12:00 PM", "bad_timestamp"),
    ("2026-10-29 12:00:00 PM", "bad_timestamp"),
    ("2026-10-29 12:00:00 America/New_York", "bad_timestamp"),
    ("2026-10-29 25:00:00", "bad_timestamp"),
    ("2026-10-29 12:00:60", "bad_timestamp"),
    ("12:00:00", "bad_timestamp"),
    ("2026-10-29 12:00:00 2026-10-29 12:00:00", "bad_timestamp"),
    ("20261-10-9 12:00:00", "out_of_range"),
]
NUMBERS: list[Text] = [
    ("5", 5.0),
    (" 5.50 ", 5.5),
    ("+5", 5.0),
    ("1e2", 100.0),
    ("0", 0.0),
    ("-0", 0.0),
    ("1,234.50", "bad_number"),
    ("1.234,50", "bad_number"),
    ("$5.00", "bad_number"),
    ("5 USD", "bad_number"),
    ("(5.00)", "bad_number"),
    ("5%", "bad_number"),
    ("0x10", "bad_number"),
    ("1e999", "bad_number"),
    ("Infinity", "bad_number"),
    ("\uff15", "bad_number"),
    ("5-", "bad_number"),
    ("-5", "negative_value"),
    ("1e12", "out_of_range"),
    ("NaN", "missing_value"),
    ("n/a", "missing_value"),
]
MEMBERS: list[Text] = [
    ("M00000001", "M00000001"),
    (" M00000001 ", "M00000001"),
    ("\tM00000001\u00a0", "M00000001"),
    ("\ufeffM000\u200b00001\u200d", "M00000001"),
    ("\u3000M00000001\r", "M00000001"),
    ("M 00000001", "unknown_member"),
    ("M\u00a000000001", "unknown_member"),
    ("m00000001", "unknown_member"),
    ("M\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff11", "unknown_member"),
    ("M1", "M1"),
    ("M00000001'; --", "unknown_member"),
    ("NULL", "missing_value"),
    (" null ", "missing_value"),
    ("N/A", "missing_value"),
    ("\u200b", "missing_value"),
]
# Each list is one file: its dates are read together.
FILES: dict[str, list[Text]] = {
    "month-first": [
        ("10/29/2026", DAY),
        ("10/05/2026", date(2026, 10, 5)),
        ("1/5/2026", date(2026, 1, 5)),
        ("2026-10-29", DAY),
        ("02/30/2026", "bad_date"),
        ("10/29/26", "bad_date"),
    ],
    "day-first": [("29.10.2026", DAY), ("05.10.2026", date(2026, 10, 5))],
    "day-first-dashes": [("29-10-2026", DAY), ("5-10-2026", date(2026, 10, 5))],
    "with-times": [("10/29/2026 3:05 PM", DAY), ("10/05/2026 15:05:06", date(2026, 10, 5))],
    "each-sign-its-order": [("10/29/2026", DAY), ("29.10.2026", DAY), ("05.10.2026", date(2026, 10, 5))],
    "no-proof": [("10/05/2026", "ambiguous_date"), ("11/05/2026", "ambiguous_date"), ("2026-10-29", DAY)],
    "contradiction": [
        ("10/29/2026", "ambiguous_date"),
        ("29/10/2026", "ambiguous_date"),
        ("05/10/2026", "ambiguous_date"),
    ],
    "one-slip-among-many": [("13/05/2026", "ambiguous_date")] + [("05/04/2026", "ambiguous_date")] * 30,
    "no-date-at-all": [("99/99/2026", "bad_date"), ("yesterday", "bad_date")],
}

HEADERS = {
    name: ",".join(column.name for column in table.columns if column.required)
    for name, table in load_contract().items()
    if not table.optional_file
}
MEMBER = "70,F,MAPD,8,New,FL,33101,2024-03-01"
CALL = "2026-10-29,2026-10-29 10:00:00,Billing Question,10.0,neutral,False,True,False,True"


def quoted(texts: list[Text]) -> list[str]:
    return [f'"{text}"' for text, _ in texts]


def claims(name: str, days: list[str]) -> list[str]:
    return [f"{name}-{n},M1,{day},Medical,5,Approved,1," for n, day in enumerate(days)]


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    folder = tmp_path_factory.mktemp("values")
    rows = (
        {table: [] for table in HEADERS}
        | {
            "members": [f"M1,{MEMBER}", f"M00000001,{MEMBER}"],
            "call_center": [f"C1,M1,{CALL}"]
            + [f"member-{n},{member},{CALL}" for n, member in enumerate(quoted(MEMBERS))],
            "surveys": [f"time-{n},M1,{time},9,4,2,Fine,annual" for n, time in enumerate(quoted(TIMES))],
            "claims": [
                f"number-{n},M1,2026-10-29,Medical,{number},Approved,1,"
                for n, number in enumerate(quoted(NUMBERS))
            ],
            "claims-dates": claims("date", quoted(DATES)),
        }
        | {f"claims-{name}": claims(name, quoted(texts)) for name, texts in FILES.items()}
    )
    (folder / "sources").mkdir()
    for name, lines in rows.items():
        text = "\n".join([HEADERS[name.split("-")[0]], *lines])
        (folder / "sources" / f"{name}.csv").write_bytes(text.encode())
    build(folder / "sources", folder / "warehouse", Settings(var=folder / "var"))
    with snapshots.connect(snapshots.current(folder / "warehouse"), "lake") as opened:
        yield opened


def outcome(con: duckdb.DuckDBPyConnection, table: str, key: str, value: str, id_: str) -> Any:
    """What silver has for an id, else the reason of its quarantine."""
    found = con.execute(f"SELECT {value} FROM {table} WHERE {key} = $id", {"id": id_}).fetchall()
    reasons = con.execute(
        f"SELECT reason FROM bronze.quarantine WHERE raw_row ->> '{key}' = $id", {"id": id_}
    ).fetchall()
    assert len(found) + len(reasons) == 1
    return (found + reasons)[0][0]


def numbered(texts: list[Text]) -> list[tuple[int, str, Any]]:
    return [(number, *text) for number, text in enumerate(texts)]


@pytest.mark.parametrize(("number", "text", "expected"), numbered(DATES))
def test_dates(number, text, expected, con):
    assert outcome(con, "silver.claims", "claim_id", "claim_date", f"date-{number}") == expected


@pytest.mark.parametrize(("number", "text", "expected"), numbered(TIMES))
def test_timestamps(number, text, expected, con):
    assert outcome(con, "silver.surveys", "survey_id", "survey_ts", f"time-{number}") == expected


@pytest.mark.parametrize(("number", "text", "expected"), numbered(NUMBERS))
def test_numbers(number, text, expected, con):
    assert outcome(con, "silver.claims", "claim_id", "claim_amount", f"number-{number}") == expected


@pytest.mark.parametrize(("number", "text", "expected"), numbered(MEMBERS))
def test_member_ids(number, text, expected, con):
    assert outcome(con, "gold.calls", "call_id", "member_id", f"member-{number}") == expected


@pytest.mark.parametrize("file", FILES)
def test_dates_with_the_year_last_are_read_where_their_file_proves_the_order(file, con):
    found = [
        outcome(con, "silver.claims", "claim_id", "claim_date", f"{file}-{n}") for n in range(len(FILES[file]))
    ]
    assert found == [expected for _, expected in FILES[file]]
