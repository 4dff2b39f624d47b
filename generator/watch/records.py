"""Planted changes of records: denials of claims and fills, and the effort that surveys report."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from generator.catalog import Flags, Ints, catalog
from generator.watch.ledger import Ledger, record
from generator.watch.plants import Plant
from generator.watch.settings import inside

_DECIDED = ("Approved", "Denied")


def denied_claims(
    rng: np.random.Generator,
    table: pa.Table,
    planted: tuple[Plant, ...],
    ledger: Ledger,
    place: Ints,
    member_codes: dict[str, Ints],
    first_day: date,
) -> pa.Table:
    """Claims with the planted denials; `place` is the index of each row's member."""
    status = np.array(table["status"].to_pylist(), dtype=object)
    reason = np.array(table["denial_reason"].to_pylist(), dtype=object)
    days = _day_numbers(table["claim_date"], first_day)
    reasons = catalog()["claim_denials"]
    for one in (plant for plant in planted if plant.kind == "claim_denial"):
        cell = inside(one.segment, member_codes)[place] & np.isin(status, _DECIDED)
        turned = cell & (status == "Approved") & (rng.random(len(status)) < one.size * one.course[days])
        _count(ledger, one, days, cell, status == "Denied", turned)
        status[turned] = "Denied"
        reason[turned] = np.array(reasons)[rng.integers(0, len(reasons), int(turned.sum()))]
    return _with(table, status=pa.array(status, pa.string()), denial_reason=pa.array(reason, pa.string()))


def denied_fills(
    rng: np.random.Generator,
    table: pa.Table,
    planted: tuple[Plant, ...],
    ledger: Ledger,
    place: Ints,
    member_codes: dict[str, Ints],
    first_day: date,
) -> pa.Table:
    """Pharmacy fills with the planted denials."""
    denied = table["denied_flag"].to_numpy().copy()
    reason = np.array(table["denied_reason"].to_pylist(), dtype=object)
    days = _day_numbers(table["fill_date"], first_day)
    reasons = catalog()["drug_denials"]
    for one in (plant for plant in planted if plant.kind == "fill_denial"):
        cell = inside(one.segment, member_codes)[place]
        turned = cell & ~denied & (rng.random(len(denied)) < one.size * one.course[days])
        _count(ledger, one, days, cell, denied, turned)
        denied = denied | turned
        reason[turned] = np.array(reasons)[rng.integers(0, len(reasons), int(turned.sum()))]
    return _with(table, denied_flag=pa.array(denied), denied_reason=pa.array(reason, pa.string()))


def harder_surveys(
    rng: np.random.Generator,
    table: pa.Table,
    planted: tuple[Plant, ...],
    ledger: Ledger,
    place: Ints,
    member_codes: dict[str, Ints],
    day: int,
) -> pa.Table:
    """One day's surveys with the planted effort."""
    effort = table["effort_score"].to_numpy().astype(float)
    for one in (plant for plant in planted if plant.kind == "effort"):
        cell = inside(one.segment, member_codes)[place]
        wanted = effort + one.strength(day) * cell
        now = np.clip(np.floor(wanted + rng.random(len(wanted))), 1, 7)
        now = np.where(cell & bool(one.course[day]), now, effort)
        record(ledger.sums[one.number], day, effort[cell], (now - effort)[cell])
        effort = now
    return _with(table, effort_score=pa.array(effort.astype(np.int8)))


def _count(ledger: Ledger, one: Plant, days: Ints, cell: Flags, before: Flags, turned: Flags) -> None:
    sums, length = ledger.sums[one.number], len(one.course)
    for name, rows in (("size", cell), ("base", cell & before), ("extra", turned)):
        sums[name] += np.bincount(days[rows], minlength=length)
    sums["squares"] = sums["base"].copy()


def _day_numbers(column: pa.ChunkedArray, first_day: date) -> Ints:
    dates = pc.cast(column, pa.date32()).to_numpy().astype("datetime64[D]")
    return np.asarray((dates - np.datetime64(first_day)).astype(np.int64))


def _with(table: pa.Table, **columns: pa.Array) -> pa.Table:
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    return table
