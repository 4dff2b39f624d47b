"""fact_request and fact_response of the tiny company against its raw traces, counted by plain Python."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest


@dataclass
class Counted:
    """What the traces say."""

    requested: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=dict)
    returned: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    ended: dict[str, tuple[str, str]] = field(default_factory=dict)
    lines: int = 0


@pytest.fixture(scope="module")
def counted(tiny_sources: Path) -> Counted:
    """Every line taken apart with the json module."""
    found = Counted()
    with gzip.open(tiny_sources / "cost_estimates.jsonl.gz", "rt", encoding="utf-8") as file:
        traces = list(file)
    found.lines = len(traces)
    for line in traces:
        trace = json.loads(line)
        bodies = {e["name"]: json.loads(e["attributes"]["body"]) for e in trace["spans"][0]["events"]}
        request, name = bodies["request.body.full"], trace["traceId"]
        failed = sorted(span["name"] for span in trace["spans"][1:] if span["status"] == "ERROR")
        status = str(trace["spans"][0]["attributes"]["http.status_code"])
        found.ended[name] = (status, ", ".join(failed) or "None")
        response = bodies.get("response.body.full", {"costEstimateResponse": {"costEstimateResponseInfo": []}})
        for info in response["costEstimateResponse"]["costEstimateResponseInfo"]:
            found.returned[name, info["providerInfo"]["serviceLocation"]] = info
        for one in request["providerInfo"]:
            key = (name, one["serviceLocation"])
            found.requested[key] = (one["providerNetworks"]["networkID"], key in found.returned)
    return found


def test_one_row_for_each_requested_provider_answered_or_not(
    gold: duckdb.DuckDBPyConnection, counted: Counted
) -> None:
    rows = gold.execute(
        "SELECT trace_id, service_location, network_id, was_answered FROM gold.fact_request"
    ).fetchall()
    assert {
        (trace, place): (network, bool(answered)) for trace, place, network, answered in rows
    } == counted.requested
    assert len(rows) == len(counted.requested)
    joined = gold.execute("""
        SELECT count(*) FROM gold.fact_request AS q LEFT JOIN gold.fact_response AS r
            USING (trace_id, service_code, service_location) WHERE r.trace_id IS NULL
    """).fetchall()
    assert joined[0][0] == sum(not answered for _, answered in counted.requested.values()) > 0


def test_one_row_for_each_response_and_exceptions_are_rows_too(
    gold: duckdb.DuckDBPyConnection, counted: Counted
) -> None:
    rows = gold.execute(
        "SELECT trace_id, service_location, exception_type, was_requested FROM gold.fact_response"
    ).fetchall()
    assert len(rows) == len(counted.returned)
    assert {(trace, place): kind for trace, place, kind, _ in rows} == {
        key: (info.get("exception") or {}).get("type") for key, info in counted.returned.items()
    }
    unasked = {(trace, place) for trace, place, _, requested in rows if not requested}
    assert unasked == counted.returned.keys() - counted.requested.keys() != set()


def test_a_response_tells_how_its_request_ended_and_what_failed_behind_it(
    gold: duckdb.DuckDBPyConnection, counted: Counted
) -> None:
    exceptions = "SELECT http_status, failing_services FROM gold.fact_response WHERE is_exception = 1"
    found = Counter(gold.execute(exceptions).fetchall())
    expected = Counter(
        counted.ended[trace] for (trace, _), info in counted.returned.items() if info.get("exception")
    )
    assert found == expected
    assert len(expected) > 3


def test_dollars_are_those_of_amounts_and_no_percentage_is_among_them(
    gold: duckdb.DuckDBPyConnection, counted: Counted
) -> None:
    columns = ("inNetworkCosts", "outOfNetworkCosts"), ("amountResponsibility", "amountpayable")
    expected: Counter[str] = Counter()
    percents = 0
    for info in counted.returned.values():
        if info.get("exception"):
            continue
        is_percent = info["cost"]["inNetworkCostsType"] == "PERCENT"
        percents += is_percent
        for part, names in zip(("cost", "healthClaimLine"), columns, strict=True):
            for name in names:
                expected[name] += 0 if is_percent else info[part][name] or 0
    found = gold.execute("""
        SELECT sum(in_network_cost), sum(out_of_network_cost), sum(patient_responsibility), sum(plan_payment),
            sum(is_percentage), sum(CASE WHEN is_percentage = 1 THEN estimated_cost END)
        FROM gold.fact_response
    """).fetchone()
    assert found is not None
    assert found[:4] == pytest.approx([expected[name] for pair in columns for name in pair])
    assert percents > 0
    assert found[4:] == (percents, None)


def test_every_trace_is_one_request(gold: duckdb.DuckDBPyConnection, counted: Counted) -> None:
    kept = gold.execute("SELECT count(*), count(DISTINCT trace_id) FROM gold.cost_estimates").fetchone()
    assert kept == (counted.lines, counted.lines)


def test_a_health_point_is_what_the_settings_say(gold: duckdb.DuckDBPyConnection) -> None:
    rows = gold.execute("""
        SELECT DISTINCT providers_requested, providers_answered, providers_estimated, is_in_time, health_points
        FROM gold.cost_estimates
    """).fetchall()
    assert len(rows) > 10
    for requested, answered, estimated, in_time, points in rows:
        assert points == pytest.approx(60 * estimated / requested + 25 * answered / requested + 15 * in_time)
