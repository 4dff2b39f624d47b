"""Writes the traces: drawn with numpy, put together by one SQL statement, one JSON line each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from generator.catalog import PLANS, Flags, Floats, Ints, catalog, stream
from generator.estimates.answers import Answers, answers
from generator.estimates.directory import Directory, directory
from generator.estimates.requests import Asked, Requests, asked, requests
from generator.estimates.vocabulary import vocabulary
from generator.files import words
from generator.members import LANGUAGES, Members

_AT_ONCE = 100_000


@dataclass(frozen=True)
class Drawn:
    """All that is written of one company's estimates."""

    first_day: date
    requests: Requests
    asked: Asked
    answers: Answers
    directory: Directory


def draw(traces: int, days: int, members: Members, seed: int, as_of: date) -> Drawn:
    """Draw `traces` requests of the `days` up to `as_of`, each from random streams of its own."""
    first = as_of - timedelta(days=days - 1)
    known = directory(traces, seed)
    found = requests(traces, days, first.weekday(), members, seed)
    wanted = asked(found, known, seed)
    return Drawn(first, found, wanted, answers(found, wanted, known, seed), known)


def write_traces(drawn: Drawn, members: Members, seed: int, path: Path) -> int:
    """Write the traces as JSON lines (gzipped by the name), ordered by time; returns how many.

    Large companies are put together in lots, each a member of the gzip file.
    """
    statement = files("generator.estimates").joinpath("traces.sql").read_text(encoding="utf-8")
    compression = "gzip" if path.suffix == ".gz" else "none"
    size = drawn.requests.size
    with path.open("wb") as whole, duckdb.connect(config={"threads": 2}) as con:
        for start in range(0, size, _AT_ONCE):
            lot = path.with_name(f".{path.name}.lot")
            for name, table in _tables(drawn, members, seed, start, min(size, start + _AT_ONCE)).items():
                con.register(name, table)
            con.execute(f"COPY ({statement}) TO '{lot}' (FORMAT json, COMPRESSION {compression})")
            with lot.open("rb") as written:
                while block := written.read(1 << 20):
                    whole.write(block)
            lot.unlink()
    return size


def _tables(drawn: Drawn, members: Members, seed: int, start: int, stop: int) -> dict[str, pa.Table]:
    return {
        "requests": _requests(drawn, members, seed, start, stop),
        "asked": _asked(drawn, start, stop),
        "answers": _answers(drawn, seed, start, stop),
    }


def _requests(drawn: Drawn, members: Members, seed: int, start: int, stop: int) -> pa.Table:
    known, found = vocabulary(), drawn.requests
    services = known["services"]
    taken = slice(start, stop)
    member, service = found.member[taken], found.service[taken]
    prefixes = np.array([int(row[2]) for row in catalog()["states"].values()])
    zips = prefixes[members.state[member]] * 1000 + (member * 7919) % 999 + 1
    number = np.arange(start, stop)
    trace_ids = pa.array([_trace_id(seed, int(one)) for one in number])
    started = np.datetime64(drawn.first_day, "ms") + found.start[taken].astype("timedelta64[ms]")
    return pa.table(
        {
            "request_no": pa.array(number),
            "trace_id": trace_ids,
            "started": pa.array(started),
            "milliseconds": pa.array(found.milliseconds[taken]),
            "lost": pa.array(found.lost[taken]),
            "http_status": pa.array(np.where(found.lost[taken], 504, 200)),
            "member_id": members.ids.take(pa.array(member)),
            "zip_code": pa.array([f"{one:05d}" for one in zips]),
            "product": words(members.plan[member], [known["products"][plan] for plan in PLANS]),
            "language": words(members.language[member], [name[:2].lower() for name in LANGUAGES]),
            "service_code": words(service, tuple(services)),
            "service_type": words(service, [row[0] for row in services.values()]),
            "service_description": words(service, [row[3] for row in services.values()]),
            "diagnosis": words(found.diagnosis[taken], known["diagnoses"]),
            "place": words(found.place[taken], tuple(known["places"])),
        }
    )


def _trace_id(seed: int, number: int) -> str:
    """Thirty-two hex characters, the same for the same arguments."""
    mixed = (number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 + seed * 0xD1B54A32D192ED03
    return f"{mixed % (1 << 128):032x}"


def _provider(known: Directory, provider: Ints) -> dict[str, pa.Array]:
    vocab = vocabulary()
    taken = pa.array(provider)
    return {
        **{name: column.take(taken) for name, column in known.identifiers().items()},
        "provider_type": words(known.kind[provider], tuple(vocab["provider_types"])),
        "network": words(known.network[provider], tuple(vocab["networks"])),
        "tier": words(known.tier[provider], tuple(vocab["tiers"])),
        "specialty": known.specialty.take(taken),
    }


def _asked(drawn: Drawn, start: int, stop: int) -> pa.Table:
    wanted = drawn.asked
    low, high = np.searchsorted(wanted.request, [start, stop])
    taken = slice(int(low), int(high))
    return pa.table(
        {
            "request_no": pa.array(wanted.request[taken]),
            "place": pa.array(wanted.place[taken]),
            **_provider(drawn.directory, wanted.provider[taken]),
        }
    )


def _answers(drawn: Drawn, seed: int, start: int, stop: int) -> pa.Table:
    returned, types = drawn.answers, vocabulary()["exceptions"]
    low, high = np.searchsorted(returned.request, [start, stop])
    taken = slice(int(low), int(high))
    exception = returned.exception[taken]
    none = exception < 0
    rng = stream(seed, "estimates", "children", start)
    has_error_child = ~none & (rng.random(len(exception)) < vocabulary()["error_child"])
    columns: dict[str, Any] = {
        "request_no": pa.array(returned.request[taken]),
        "place": pa.array(returned.place[taken]),
        **_provider(drawn.directory, returned.provider[taken]),
        "is_covered": words(returned.covered[taken].astype(np.int64), ("N", "Y")),
        "max_coverage": _dollars(np.where(returned.covered[taken], 10_000.0, 0.0)),
        "cost_type": words(returned.is_percentage[taken].astype(np.int64), ("AMOUNT", "PERCENT")),
        "is_family": pa.array(returned.is_family[taken]),
        "has_error_child": pa.array(has_error_child),
        "service": words(np.where(none, 0, exception), [row[4] for row in types.values()], missing=none),
        "exception_type": words(np.where(none, 0, exception), tuple(types), missing=none),
        "exception_title": words(np.where(none, 0, exception), [row[2] for row in types.values()], missing=none),
        "exception_detail": words(np.where(none, 0, exception), [row[3] for row in types.values()], missing=none),
        "exception_status": pa.array(np.array([row[1] for row in types.values()])[exception], mask=none),
    }
    for name, values in (
        ("in_network", returned.in_network), ("out_of_network", returned.out_of_network),
        ("copay", returned.copay), ("coinsurance", returned.coinsurance),
        ("amount_copay", returned.amount_copay), ("amount_coinsurance", returned.amount_coinsurance),
        ("responsibility", returned.responsibility), ("percent", returned.percent),
        ("payable", returned.payable), ("deductible_left", returned.deductible_left),
        ("out_of_pocket_left", returned.out_of_pocket_left),
    ):  # fmt: skip
        columns[name] = _dollars(values[taken])
    return pa.table(columns)


def _dollars(values: Floats) -> pa.Array:
    missing: Flags = np.isnan(values)
    return pa.array(values, mask=missing)
