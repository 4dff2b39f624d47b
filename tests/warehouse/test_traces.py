"""Files of traces: what is read of them, what is set aside, and why."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse.contract import load_contract
from warehouse.opened_files import LONGEST_RECORD, Refused
from warehouse.traces.reading import trace_relations

Record = dict[str, Any]


def estimate(location: str, *, dollars: float = 100.0) -> Record:
    """A response with an estimate in dollars."""
    return {
        "providerInfo": {"serviceLocation": location, "providerNetworks": {"networkID": "00210"}},
        "coverage": {"isServiceCovered": "Y", "maxCoverageAmount": 10000, "costShareCopay": 20},
        "cost": {"inNetworkCosts": dollars, "outOfNetworkCosts": 0, "inNetworkCostsType": "AMOUNT"},
        "healthClaimLine": {"amountResponsibility": 30.5, "percentResponsibility": None, "amountpayable": 69.5},
        "accumulators": [],
    }


def exception(location: str, kind: str = "Rate not found") -> Record:
    """A response that is an exception."""
    info = {"serviceLocation": location}
    return {"providerInfo": info, "exception": {"type": kind, "title": "Lookup failed", "status": 404}}


def trace(
    number: int = 1,
    *,
    asked: tuple[str, ...] = ("SL1", "SL2"),
    returned: tuple[Record, ...] | None = None,
    member: str = "M-1",
) -> Record:
    """A sound trace: a root span whose attributes are cut, with the whole bodies in its events."""
    request = {
        "membershipId": member,
        "service": {"code": "97112", "type": "CPT4", "description": "Reeducation"},
        "providerInfo": [
            {"serviceLocation": location, "providerNetworks": {"networkID": "00210"}} for location in asked
        ],
    }
    infos = [estimate(location) for location in asked] if returned is None else list(returned)
    response = {"costEstimateResponse": {"service": {"code": "97112"}, "costEstimateResponseInfo": infos}}
    bodies = {"request": json.dumps(request), "response": json.dumps(response)}
    return {
        "traceId": f"t{number}",
        "spans": [
            {
                "spanId": "a0",
                "parentSpanId": None,
                "name": "POST /cost-estimates",
                "startTime": "2026-10-29T10:00:00.000Z",
                "endTime": "2026-10-29T10:00:00.250Z",
                "status": "OK",
                "attributes": {"http.status_code": 200}
                | {f"{name}.body": body[:60] for name, body in bodies.items()},
                "events": [
                    {"name": f"{name}.body.full", "attributes": {"body": body}} for name, body in bodies.items()
                ],
            },
            {"spanId": "a1", "parentSpanId": "a0", "name": "rate-service", "status": "OK", "attributes": {}},
        ],
    }


def body_of(one: Record, name: str) -> Record:
    """The whole body of a trace, taken apart."""
    event = next(event for event in one["spans"][0]["events"] if event["name"] == f"{name}.body.full")
    content: Record = json.loads(event["attributes"]["body"])
    return content


def with_body(one: Record, name: str, body: object) -> Record:
    """The same trace with another whole body: a text, or what is written as JSON."""
    events = [event for event in one["spans"][0]["events"] if event["name"] != f"{name}.body.full"]
    text = body if isinstance(body, str) else json.dumps(body)
    events.append({"name": f"{name}.body.full", "attributes": {"body": text}})
    return {**one, "spans": [{**one["spans"][0], "events": events}, *one["spans"][1:]]}


@dataclass(frozen=True)
class Read:
    """What was read: the traces, the rows of both parts, and (reason, line) of what was set aside."""

    traces: list[Record]
    requested: list[Record]
    returned: list[Record]
    aside: list[tuple[str, str]]
    rows: int


def read(path: Path, content: bytes) -> Read:
    """Write the content to a file and read it as a build does."""
    path.write_bytes(content)
    folder = path.with_suffix(".passing")
    folder.mkdir()
    with duckdb.connect() as con:
        found = trace_relations(con, path, load_contract()["cost_estimates"], folder)
        requested, returned = found.parts.values()
        aside = con.execute(
            f"SELECT reason, regexp_extract(detail, '^line \\d+') FROM ({found.set_aside})"
        ).fetchall()
        return Read(
            *(_rows(con, select) for select in (found.good, requested, returned)), sorted(aside), found.rows
        )


def lines(*traces: Record) -> bytes:
    """Traces as JSON lines."""
    return "".join(json.dumps(one) + "\n" for one in traces).encode()


def _rows(con: duckdb.DuckDBPyConnection, select: str) -> list[Record]:
    found = con.execute(f"FROM ({select}) ORDER BY _row_number")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


SOUND = trace(900)


@pytest.fixture
def take(tmp_path: Path) -> Callable[[bytes], Read]:
    return lambda content: read(tmp_path / "traces.jsonl", content)


def _root(change: Record) -> Record:
    one = trace(1)
    return {**one, "spans": [{**one["spans"][0], **change}, *one["spans"][1:]]}


def _request(**change: Any) -> Record:
    return with_body(trace(1), "request", {**body_of(trace(1), "request"), **change})


def _response(*infos: Record) -> Record:
    return trace(1, returned=infos)


def _costing(amount: object, kind: str = "AMOUNT") -> Record:
    return estimate("SL1") | {"cost": {"inNetworkCosts": amount, "inNetworkCostsType": kind}}


def _accumulating(limit: object, remaining: object) -> Record:
    one = {"accumulator": {"code": "Limit", "limitValue": limit}}
    return estimate("SL1") | {"accumulators": [one | {"accumulatorCalculation": {"remainingValue": remaining}}]}


def _answering(infos: object) -> Record:
    return with_body(trace(1), "response", {"costEstimateResponse": {"costEstimateResponseInfo": infos}})


_TEXT = {"costEstimateResponse": "x"}
_FLAT = {"serviceLocation": "SL1", "providerNetworks": "00210"}
REFUSED: dict[str, tuple[str, bytes]] = {
    "cut in the middle": ("broken_json", lines(trace(1))[:200] + b"\n"),
    "no record": ("broken_json", b'"only a text"\n'),
    "a list": ("broken_json", b"[1, 2]\n"),
    "null": ("broken_json", b"null\n"),
    "deeper than any trace": ("broken_json", b"[" * 200_000 + b"]" * 200_000 + b"\n"),
    "not UTF-8": ("broken_json", lines(trace(1)).replace(b"97112", b"\xff\xfe")),
    "holds a NUL": ("broken_json", lines(trace(1)).replace(b"POST", b"PO\x00ST")),
    "no id": ("missing_value", lines({"spans": trace(1)["spans"]})),
    "no spans": ("missing_span", lines({"traceId": "t1"})),
    "the root is missing": ("missing_span", lines({"traceId": "t1", "spans": trace(1)["spans"][1:]})),
    "two roots": ("two_roots", lines({**trace(1), "spans": [*trace(1)["spans"], trace(1)["spans"][0]]})),
    "bodies cut and nowhere whole": ("broken_body", lines(_root({"events": []}))),
    "request is no JSON": ("broken_body", lines(with_body(trace(1), "request", "{oops"))),
    "response is no JSON": ("broken_body", lines(with_body(trace(1), "response", "{oops"))),
    "no request": ("missing_value", lines(_root({"events": [], "attributes": {}}))),
    "no provider": ("missing_value", lines(_request(providerInfo=[]))),
    "a provider without a place": ("missing_value", lines(_request(providerInfo=[{"serviceLocation": " "}]))),
    "a provider twice": ("repeated_provider", lines(trace(1, asked=("SL1", "SL1 ")))),
    "a response twice": ("repeated_provider", lines(_response(estimate("SL1"), exception("SL1")))),
    "an amount that is none": ("bad_number", lines(_response(_costing("ten")))),
    "an endless amount": ("bad_number", lines(_response(_costing("1e999")))),
    "a negative amount": ("negative_value", lines(_response(_costing(-1)))),
    "an amount that is no money": ("out_of_range", lines(_response(_costing(10**40)))),
    "an amount that is a record": ("bad_number", lines(_response(_costing({"dollars": 1})))),
    "a rate in another unit": ("not_allowed", lines(_response(_costing(5, "EUR")))),
    "a limit that is none": ("bad_number", lines(_response(_accumulating("x", 5)))),
    "a negative remainder": ("negative_value", lines(_response(_accumulating(5, -5)))),
    "responses that are a text": ("broken_body", lines(_answering("two"))),
    "responses that are one record": ("broken_body", lines(_answering(estimate("SL1")))),
    "a response that is a text": ("broken_body", lines(with_body(trace(1), "response", _TEXT))),
    "accumulators that are a text": ("broken_body", lines(_response(estimate("SL1") | {"accumulators": "none"}))),
    "a network that is a text": ("broken_body", lines(_request(providerInfo=[_FLAT]))),
    "its own parent": ("missing_span", lines(_root({"parentSpanId": "a0"}))),
    "two traces in a line": ("broken_json", lines(trace(1)).replace(b"\n", b" ") + lines(trace(2))),
} | {
    f"a text for {name}": ("broken_body", lines(_response(estimate("SL1") | {name: "Rate not found"})))
    for name in ("coverage", "cost", "healthClaimLine", "exception")
}  # fmt: skip


@pytest.mark.parametrize("unfit", [(), ("not UTF-8", "holds a NUL")], ids=["as it lies there", "mended"])
def test_a_bad_trace_is_set_aside_with_its_reason_and_takes_no_other_with_it(
    unfit: tuple[str, ...], take: Callable[[bytes], Read]
) -> None:
    fit = [case for case in REFUSED if case not in ("not UTF-8", "holds a NUL")]
    bad = [REFUSED[case] for case in (*fit, *unfit)]
    sound = [lines({**SOUND, "traceId": f"t{number}"}) for number, _ in enumerate(bad)]
    found = take(b"".join(good + content for good, (_, content) in zip(sound, bad, strict=True)))
    by_line = {int(line.removeprefix("line ")): reason for reason, line in found.aside}
    assert by_line == {2 * number + 2: reason for number, (reason, _) in enumerate(bad)}
    assert found.rows == 2 * len(bad)
    assert [row["trace_id"] for row in found.traces] == [f"t{number}" for number, _ in enumerate(bad)]
    assert [row["_row_number"] for row in found.traces] == [2 * number + 1 for number, _ in enumerate(bad)]
    assert len(found.requested) == len(found.returned) == 2 * len(bad)


def test_the_whole_body_of_the_event_counts_and_the_cut_attribute_does_not(
    take: Callable[[bytes], Read],
) -> None:
    whole = trace(1, asked=tuple(f"SL{number}" for number in range(10)))
    in_attributes = _root({"events": []})
    for name in ("request", "response"):
        in_attributes["spans"][0]["attributes"][f"{name}.body"] = body_of(trace(1), name)
    found = take(lines(whole, {**in_attributes, "traceId": "t2"}))
    assert found.aside == []
    assert [(row["providers_requested"], row["providers_returned"]) for row in found.traces] == [
        ("10", "10"),
        ("2", "2"),
    ]
    assert sum(row["in_network_cost"] for row in found.returned) == 12 * 100.0


def test_unmatched_providers_are_kept_and_found_both_ways(take: Callable[[bytes], Read]) -> None:
    found = take(lines(trace(1, asked=("SL1", "SL2"), returned=(estimate("SL1"), estimate("SL9")))))
    assert {row["service_location"]: row["was_answered"] for row in found.requested} == {"SL1": 1, "SL2": 0}
    assert {row["service_location"]: row["was_requested"] for row in found.returned} == {"SL1": 1, "SL9": 0}


def test_a_trace_without_a_response_is_a_request_that_nobody_answered(take: Callable[[bytes], Read]) -> None:
    one = _root({"events": trace(1)["spans"][0]["events"][:1], "attributes": {"http.status_code": 504}})
    found = take(lines(one))
    assert found.returned == []
    assert [row["was_answered"] for row in found.requested] == [0, 0]
    assert found.traces[0]["http_status"] == "504"
    assert found.traces[0]["providers_returned"] == "0"


def test_a_percentage_is_never_among_the_dollars(take: Callable[[bytes], Read]) -> None:
    percent = estimate("SL1", dollars=80) | {
        "healthClaimLine": {"amountResponsibility": None, "percentResponsibility": 20}
    }
    percent["cost"] = {**percent["cost"], "inNetworkCostsType": "percent"}
    found = take(lines(trace(1, returned=(percent, estimate("SL2", dollars=40.5)))))
    by_place = {row["service_location"]: row for row in found.returned}
    assert (by_place["SL1"]["in_network_cost"], by_place["SL1"]["in_network_percent"]) == (None, 80)
    assert (by_place["SL1"]["amount_responsibility"], by_place["SL1"]["percent_responsibility"]) == (None, 20)
    assert (by_place["SL2"]["in_network_cost"], by_place["SL2"]["in_network_percent"]) == (40.5, None)


def test_an_exception_is_a_row_with_its_type_and_the_services_that_failed(take: Callable[[bytes], Read]) -> None:
    one = trace(1, returned=(exception("SL1", "Provider not found"), exception("SL2", "")))
    one["spans"] += [
        {"spanId": "b", "parentSpanId": "a0", "name": "x", "status": {"code": "STATUS_CODE_ERROR"},
         "attributes": {"service.name": "rate-service"}},
        {"spanId": "c", "parentSpanId": "a0", "name": "benefit-service", "status": "OK",
         "attributes": {"error": True}},
    ]  # fmt: skip
    found = take(lines(one))
    assert [row["exception_type"] for row in found.returned] == ["Provider not found", "Lookup failed"]
    assert [row["is_exception"] for row in found.returned] == [1, 1]
    assert found.traces[0]["failing_services"] == "benefit-service, rate-service"
    assert found.returned[0]["network_id"] == "00210"  # what the response leaves out comes from the request


def test_what_is_strange_but_says_enough_is_kept(take: Callable[[bytes], Read]) -> None:
    deep = b'{"a":' * 500 + b"1" + b"}" * 500
    nested = lines(trace(1)).replace(b'"http.status_code"', b'"deep": ' + deep + b', "http.status_code"')
    wide = lines({**trace(2), "note": "x" * 5_000_000})
    own_child = {**trace(3), "spans": [*trace(3)["spans"], {"spanId": "z", "parentSpanId": "z"}]}
    unanswered = {**_answering(None), "traceId": "t4"}
    bare = trace(5, returned=({"providerInfo": {"serviceLocation": "SL1"}}, {**exception("SL2"), "exception": {}}))
    found = take(b"".join([nested, wide, lines(own_child, unanswered, bare)]))
    assert found.aside == []
    assert [(row["trace_id"], row["providers_returned"]) for row in found.traces] == [
        ("t1", "2"), ("t2", "2"), ("t3", "2"), ("t4", "0"), ("t5", "2"),
    ]  # fmt: skip
    assert [(row["is_exception"], row["exception_type"]) for row in found.returned[-2:]] == [
        (0, None),
        (1, "Unknown"),
    ]


def test_times_are_iso_or_nanoseconds(take: Callable[[bytes], Read]) -> None:
    nano = {"startTime": None, "endTime": None, "startTimeUnixNano": "1793268000000000000",
            "endTimeUnixNano": 1793268000250000000}  # fmt: skip
    found = take(
        lines(trace(1), {**_root(nano), "traceId": "t2"}, {**_root({"startTime": "soon"}), "traceId": "t3"})
    )
    assert [row["request_timestamp"][:19] for row in found.traces] == [*["2026-10-29T10:00:00"] * 2, "soon"]
    assert [row["response_milliseconds"] for row in found.traces] == ["250.0", "250.0", None]


@pytest.mark.parametrize(
    "packed",
    [
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: b"\n\n  " + content.replace(b"\n", b"\n \n") + b"\n",
        lambda content: content.rstrip(b"\n"),
        lambda content: content.decode().encode("utf-16"),
        gzip.compress,
        lambda content: gzip.compress(content[: len(content) // 2]) + gzip.compress(content[len(content) // 2 :]),
    ],
    ids=["CRLF", "byte order mark", "blank lines", "no last newline", "UTF-16", "gzip", "gzip in two members"],
)
def test_a_file_may_be_written_in_many_ways(
    packed: Callable[[bytes], bytes], take: Callable[[bytes], Read]
) -> None:
    found = take(packed(lines(trace(1), trace(2))))
    assert found.aside == []
    assert [row["trace_id"] for row in found.traces] == ["t1", "t2"]
    assert len(found.returned) == 4


@pytest.mark.parametrize(
    "content",
    [b"", b"\n \n", gzip.compress(b""), gzip.compress(lines(SOUND))[:-30]],
    ids=["nothing", "blank lines", "packed nothing", "packed and cut"],  # the packed bytes hold the time of day
)
def test_an_empty_or_cut_file_is_refused_whole(content: bytes, take: Callable[[bytes], Read]) -> None:
    with pytest.raises(Refused):
        take(content)


def test_a_trace_of_ten_megabytes_is_read_and_one_over_the_limit_set_aside(take: Callable[[bytes], Read]) -> None:
    long = "x" * 100
    wide = trace(1, returned=tuple(exception(f"SL{number}", f"{number} {long}") for number in range(44_000)))
    assert 10_000_000 < len(json.dumps(wide)) < LONGEST_RECORD
    over = {**SOUND, "note": "x" * LONGEST_RECORD}
    found = take(lines(wide, over, SOUND))
    assert found.aside == [("too_large", "line 2")]
    assert len(found.returned) == 44_002
    assert sum(row["was_requested"] for row in found.returned) == 4
