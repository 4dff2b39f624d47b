"""Every fate of the contract: what is refused, why, and that the good rows go on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from warehouse.errors import MissingDataError

BAD_CALLS = [
    ({"call_date": "2024-02-30"}, "bad_date", "call_date"),
    ({"call_date": "05/11/2024"}, "ambiguous_date", "call_date"),
    ({"call_timestamp": "yesterday"}, "bad_timestamp", "call_timestamp"),
    ({"call_timestamp": ""}, "missing_value", "call_timestamp"),
    ({"call_timestamp": "2999-01-01 00:00:00"}, "out_of_range", "call_timestamp"),
    ({"handle_time_minutes": "-4"}, "negative_value", "handle_time_minutes"),
    ({"handle_time_minutes": "ten"}, "bad_number", "handle_time_minutes"),
    ({"handle_time_minutes": "inf"}, "bad_number", "handle_time_minutes"),
    ({"handle_time_minutes": "99999"}, "out_of_range", "handle_time_minutes"),
    ({"sentiment": "furious"}, "not_allowed", "sentiment"),
    ({"sentiment": " "}, "missing_value", "sentiment"),
    ({"resolved": "perhaps"}, "bad_boolean", "resolved"),
    ({"call_topic": ""}, "missing_value", "call_topic"),
    ({"call_id": ""}, "missing_value", "call_id"),
    ({"member_id": "M404"}, "unknown_member", "member_id"),
    ({"member_id": ""}, "missing_value", "member_id"),
]


def test_each_bad_call_has_its_reason_and_stops_no_good_row(tables, written, built, ask):
    for number, (change, _, _) in enumerate(BAD_CALLS):
        tables["call_center"].append(tables["call_center"][0] | {"call_id": f"BAD{number}"} | change)
    report = built(written(tables))
    found = ask(
        "SELECT row_number, reason, detail, raw_row FROM bronze.quarantine WHERE source_table = 'call_center' "
        "ORDER BY row_number"
    )
    assert [(n, reason, column) for n, reason, column, _ in found] == [
        (number + 3, reason, column) for number, (_, reason, column) in enumerate(BAD_CALLS)
    ]
    assert json.loads(found[5][3])["handle_time_minutes"] == "-4"
    assert ask("SELECT call_id FROM gold.calls ORDER BY 1") == [("C1",), ("C2",)]
    assert report.quarantine_by_file["call_center.csv"]["not_allowed"] == 1
    assert ask("SELECT rows_in_file, rows_in_silver FROM silver.file_reconciliation "
               "WHERE source_table = 'call_center'") == [(2 + len(BAD_CALLS), 2)]  # fmt: skip


def test_values_are_standardised_before_they_are_judged(tables, written, built, ask):
    tables["call_center"][0] |= {
        "call_timestamp": "2024-11-05T10:00:00", "call_date": "2024-11-05 00:00:00", "sentiment": " NEGATIVE ",
        "call_topic": "billing question", "resolved": "y", "transferred": "0", "is_repeat_call": "",
    }  # fmt: skip
    tables["call_center"][1]["call_topic"] = "Fax Request"
    tables["claims"][0]["approval_time_days"] = "n/a"
    tables["claims"].append(tables["claims"][0] | {"claim_id": "K2", "approval_time_days": "30.0"})
    tables["claims"].append(tables["claims"][0] | {"claim_id": "K3", "approval_time_days": "30.5"})
    report = built(written(tables))
    read = "SELECT call_topic, sentiment, is_resolved, is_transferred, is_leaked FROM gold.calls ORDER BY call_id"
    assert ask(read) == [("Billing Question", "negative", 1, 0, 1), ("Fax Request", "neutral", 1, 0, 0)]
    assert ask("SELECT claim_id, approval_time_days FROM gold.claims ORDER BY 1") == [("K1", None), ("K2", 30)]
    assert report.quarantine == {"bad_number": 1}


def test_a_row_sent_again_is_kept_once_and_a_changed_one_as_its_latest(tables, written, built, ask, quarantined):
    first = tables["call_center"][0]
    tables["call_center"] += [
        first,
        first | {"call_timestamp": "2024-11-05 11:00:00", "handle_time_minutes": "12"},
        first | {"handle_time_minutes": "99"},
    ]
    tables["members"].append(tables["members"][0] | {"plan_type": "PPO"})
    built(written(tables))
    assert ask("SELECT handle_time_minutes, plan_type FROM gold.calls WHERE call_id = 'C1'") == [(12.0, "PPO")]
    assert quarantined() == [
        ("call_center", 1, "duplicate_id", "call_id"),
        ("call_center", 3, "duplicate_id", "call_id"),
        ("call_center", 5, "duplicate_id", "call_id"),
        ("members", 1, "duplicate_id", "member_id"),
    ]


def test_an_identical_row_is_a_duplicate(tables, written, built, quarantined):
    tables["surveys"].append(tables["surveys"][0])
    built(written(tables))
    assert quarantined() == [("surveys", 1, "duplicate", "survey_id")]


def test_events_of_a_refused_member_are_quarantined_with_it(tables, written, built, quarantined):
    tables["members"][1]["age"] = "-1"
    built(written(tables))
    assert quarantined() == [
        ("call_center", 2, "unknown_member", "member_id"),
        ("members", 2, "negative_value", "age"),
    ]


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"], ids=["one kind of line end", "two kinds"])
def test_lines_that_cannot_be_split_are_kept_with_their_line(newline, valid_sources, built, ask):
    lines = [
        b"K2,M1,2024-11-02",
        b"K3,M1,2024-11-02,Medical,5,Denied,1,,,7",
        b'K4,M1,2024-11-02,"Me\xff",5,Denied,1,',
    ]
    with (valid_sources / "claims.csv").open("ab") as stream:
        stream.write(b"".join(line + newline for line in lines))
    report = built(valid_sources)
    found = ask("SELECT reason, detail, raw_row FROM bronze.quarantine ORDER BY detail")
    assert [row[0] for row in found] == ["unparseable"] * 3
    assert [row[1].split(":")[0] for row in found] == ["line 3", "line 4", "line 5"]
    assert json.loads(found[0][2]) == "K2,M1,2024-11-02"
    assert [s["rows"] for s in report.sources if s["table"] == "claims"] == [4]


def test_a_file_that_cannot_be_read_is_refused_by_name_and_the_others_count(valid_sources, built, ask):
    good = (valid_sources / "call_center.csv").read_bytes()
    packed = gzip.compress(good * 2000)
    (valid_sources / "call_center_2024-11-06.csv.gz").write_bytes(packed[: len(packed) // 2])
    (valid_sources / "call_center-001.parquet").write_bytes(b"PAR1 nothing of the kind")
    (valid_sources / "call_center-002.csv").write_bytes(bytes(range(256)) * 40)
    (valid_sources / "call_center-003.csv").write_text("call_id,member_id\nC9,M1\n")
    (valid_sources / "call_center-004.csv").write_text("")
    report = built(valid_sources)
    refused = {s["file"]: s["refused"] for s in report.sources if s["refused"]}
    assert refused == {
        "call_center-001.parquet": "unreadable_file",
        "call_center-002.csv": "unreadable_file",
        "call_center-003.csv": "missing_columns",
        "call_center-004.csv": "unreadable_file",
        "call_center_2024-11-06.csv.gz": "unreadable_file",
    }
    assert ask("SELECT count(*) FROM gold.calls") == [(2,)]
    assert ask("SELECT count(*) FROM bronze.quarantine WHERE row_number IS NULL AND raw_row IS NULL") == [(5,)]
    assert ask("SELECT count(*) FROM bronze.call_center") == [(2,)]


@pytest.mark.parametrize("content", [None, b"\x1f\x8b\x00junk", "call_id,member_id\nC1,M1\n".encode("utf-16")])
def test_a_required_table_without_a_usable_file_stops_the_build(content, valid_sources: Path, built, tmp_path):
    (valid_sources / "call_center.csv").unlink()
    if content is not None:
        (valid_sources / "call_center.csv.gz").write_bytes(content)
    with pytest.raises(MissingDataError, match="call_center") as failure:
        built(valid_sources)
    assert failure.value.exit_code == 4
    assert not (tmp_path / "warehouse" / "CURRENT").exists()
    assert not list((tmp_path / "warehouse").glob(".staging-*"))


def test_a_required_file_with_only_its_header_is_fine(valid_sources: Path, built, ask):
    header = (valid_sources / "pharmacy.csv").read_text().splitlines()[0]
    (valid_sources / "pharmacy.csv").write_text(header + "\n")
    built(valid_sources)
    assert ask("SELECT count(*) FROM gold.pharmacy_fills") == [(0,)]


def test_sources_without_one_usable_event_stop_the_build(tables, written, built):
    for table in ("call_center", "digital_interactions"):
        tables[table] = [row | {"member_id": "M404"} for row in tables[table]]
    with pytest.raises(MissingDataError, match="no usable call"):
        built(written(tables))
