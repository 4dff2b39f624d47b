"""The quality report: what gold.data_quality says of a snapshot, ordered for people and for scripts.

Counts, sums, names of files and numbers of rows only: the rows themselves are PHI and stay behind the door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any

import duckdb

from warehouse.errors import MissingDataError, UsageError
from warehouse.quality import QualityMeasure, report
from warehouse.settings import Rules
from warehouse.snapshots import Snapshot, connect

DEDUPLICATED = ("duplicate", "duplicate_id")  # reasons whose record is in silver, from another row


@dataclass(frozen=True)
class TableQuality:
    """One source table: received = in silver + deduplicated + refused.

    `deduplicated` rows repeat or correct another row of their id; `quarantined` are all rows in bronze.quarantine:
    the refused and those deduplicated ones that another row beat. `days_behind` is negative for a day after the
    as-of day. `unknown_calls` are surveys about a call that nobody knows, None for other tables.
    """

    source_table: str
    received: int
    in_silver: int
    deduplicated: int
    refused: int
    quarantined: int
    accepted_share: float
    last_day: date | None
    days_behind: int | None
    unknown_members: int
    unknown_calls: int | None
    ok: bool


@dataclass(frozen=True)
class SumQuality:
    """A column's sum in silver and in gold; `difference` adds up the days, so that they cannot cancel out."""

    column: str
    silver: float
    gold: float
    difference: float
    ok: bool


@dataclass(frozen=True)
class LayerQuality:
    """Rows of a source table by layer. `lost` rows were received and are neither in silver nor accounted for."""

    source_table: str
    bronze: int
    silver: int
    gold: int
    lost: int
    sums: Sequence[SumQuality]
    ok: bool


@dataclass(frozen=True)
class QuarantineQuality:
    """Rows in bronze.quarantine with the same reason and column; where the first of them stands.

    `row` counts the rows of its file that could be split, from 1; `line` is given instead for one that could not.
    """

    source_table: str
    reason: str
    column: str
    rows: int
    files: int
    file: str
    row: int | None
    line: int | None

    @property
    def is_refusal(self) -> bool:
        """Its record is not in silver."""
        return self.reason not in DEDUPLICATED


@dataclass(frozen=True)
class FileQuality:
    """A source file that was taken; `refused` says why it was not, as a whole."""

    source_table: str
    file: str
    rows: int
    quarantined: int
    refused: str
    unknown_columns: Sequence[str]
    loaded_at: str


@dataclass(frozen=True)
class SnapshotQuality:
    """A kept snapshot in the history. The share is None for one that was built without these measures."""

    snapshot: str
    as_of: date
    created_at: str
    received: int
    quarantined: int
    accepted_share: float | None


@dataclass(frozen=True)
class QualityReport:
    """The whole report. `target` is the share 0..1 of received rows to be accepted; newest history first."""

    snapshot: str
    as_of: date
    target: float
    tables: Sequence[TableQuality]
    layers: Sequence[LayerQuality]
    measures: Sequence[QualityMeasure]
    quarantine: Sequence[QuarantineQuality]
    files: Sequence[FileQuality]
    history: Sequence[SnapshotQuality]

    @property
    def ok(self) -> bool:
        """Every measure that is held against something holds."""
        return all(measure.ok for measure in self.measures)

    def failures(self) -> QualityReport:
        """Only what does not hold; of the quarantine, the tables of which any measure does not."""
        measures = [measure for measure in self.measures if not measure.ok]
        failing = {measure.source_table for measure in measures}
        return replace(
            self,
            tables=[table for table in self.tables if not table.ok],
            layers=[layer for layer in self.layers if not layer.ok],
            measures=measures,
            quarantine=[line for line in self.quarantine if line.source_table in failing],
            files=[file for file in self.files if file.refused],
        )

    def document(self) -> dict[str, Any]:
        """JSON values; the keys are stable."""
        return {"snapshot": self.snapshot, "as_of": self.as_of, "target": self.target, "ok": self.ok} | {
            name: [asdict(line) for line in getattr(self, name)]
            for name in ("tables", "layers", "measures", "quarantine", "files", "history")
        }


def quality_report(snapshot: Snapshot, kept: Sequence[Snapshot], source_table: str = "") -> QualityReport:
    """The report of a snapshot, with `kept` as its history; of one source table when it is named.

    Raises UsageError for a table that was not received, MissingDataError when the snapshot cannot be read or was
    built by a version without these measures.
    """
    measures = _of_table(report(snapshot), source_table, snapshot)
    values = {(m.source_table, m.measure, m.column): m.value for m in measures if m.area != "quarantine"}
    names = list(dict.fromkeys(m.source_table for m in measures if m.measure == "rows_received"))
    failing = {(m.area, m.source_table) for m in measures if not m.ok}
    with connect(snapshot, "lake") as con:
        sums = _sums(con, measures)
        quarantine = _quarantine(con, names)
    return QualityReport(
        snapshot=snapshot.id,
        as_of=snapshot.as_of,
        target=snapshot.manifest["rules"].get("completeness_target", Rules().completeness_target),
        tables=[_table(name, values, failing, snapshot.as_of) for name in names],
        layers=[_layer(name, values, failing, sums.get(name, [])) for name in names],
        measures=measures,
        quarantine=quarantine,
        files=[_file(document) for document in snapshot.manifest["sources"] if document["table"] in names],
        history=[_in_history(one, source_table) for one in kept],
    )


def _of_table(measures: list[QualityMeasure], name: str, snapshot: Snapshot) -> list[QualityMeasure]:
    if not any(measure.area == "layers" for measure in measures):
        raise MissingDataError(
            "This snapshot was built by a version without the quality report.",
            where=snapshot.id,
            next_step="Choose a later one with --snapshot, or build again.",
        )
    known = sorted(m.source_table for m in measures if m.measure == "rows_received")
    if name and name not in known:
        raise UsageError(
            f"No file of a table {name!r} was received.",
            where="--source",
            next_step=f"Use one of: {', '.join(known)}.",
        )
    return [measure for measure in measures if name in ("", measure.source_table)]


Values = Mapping[tuple[str, str, str], float]


def _table(name: str, values: Values, failing: set[tuple[str, str]], as_of: date) -> TableQuality:
    def count(measure: str) -> int:
        return round(values.get((name, measure, ""), 0))

    behind = values.get((name, "days_behind", ""))
    return TableQuality(
        source_table=name,
        received=count("rows_received"),
        in_silver=count("silver_rows"),
        deduplicated=count("rows_deduplicated"),
        refused=count("rows_refused"),
        quarantined=count("rows_quarantined"),
        accepted_share=values[name, "accepted_share", ""],
        last_day=None if behind is None else as_of - timedelta(days=behind),
        days_behind=None if behind is None else round(behind),
        unknown_members=count("unknown_members"),
        unknown_calls=count("unknown_calls") if (name, "unknown_calls", "") in values else None,
        ok=not any(table == name for _, table in failing),
    )


def _layer(name: str, values: Values, failing: set[tuple[str, str]], sums: Sequence[SumQuality]) -> LayerQuality:
    return LayerQuality(
        source_table=name,
        bronze=round(values[name, "rows_received", ""]),
        silver=round(values[name, "silver_rows", ""]),
        gold=round(values[name, "gold_rows", ""]),
        lost=round(values[name, "rows_lost", ""]),
        sums=sums,
        ok=not {("layers", name), ("reconciliation", name)} & failing,
    )


def _sums(con: duckdb.DuckDBPyConnection, measures: Sequence[QualityMeasure]) -> dict[str, list[SumQuality]]:
    differences = {(m.source_table, m.column): m for m in measures if m.measure == "silver_less_gold"}
    found: dict[str, list[SumQuality]] = {}
    for table, column, silver, gold in con.execute(
        "SELECT source_table, column_name, sum(silver_total), sum(gold_total) FROM gold.daily_totals "
        "GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        measure = differences.get((table, column))
        if measure:
            found.setdefault(table, []).append(SumQuality(column, silver, gold, measure.value, measure.ok))
    return found


def _quarantine(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> list[QuarantineQuality]:
    """Most rows first. A line that never became a row may name a field: `line N at FIELD`."""
    rows = con.execute(
        """
        SELECT source_table, reason,
               CASE WHEN row_number IS NULL THEN regexp_extract(detail, '^line \\d+ at (.+)$', 1)
                    ELSE coalesce(detail, '') END AS column_name,
               count(*) AS row_count, count(DISTINCT _file_no) AS files,
               min(struct_pack(
                   no := _file_no, place := coalesce(row_number, 0),
                   line := coalesce(TRY_CAST(regexp_extract(detail, '^line (\\d+)', 1) AS BIGINT), 0),
                   name := source_file
               )) AS first
        FROM bronze.quarantine
        WHERE raw_row IS NOT NULL AND list_contains(?, source_table)
        GROUP BY ALL
        ORDER BY source_table, row_count DESC, reason, column_name
        """,
        [list(names)],
    ).fetchall()
    return [
        QuarantineQuality(
            source_table=table,
            reason=reason,
            column=column,
            rows=count,
            files=files,
            file=first["name"],
            row=first["place"] or None,
            line=first["line"] or None,
        )
        for table, reason, column, count, files, first in rows
    ]


def _file(document: Mapping[str, Any]) -> FileQuality:
    return FileQuality(
        source_table=document["table"],
        file=document["file"],
        rows=document["rows"],
        quarantined=document["quarantined"],
        refused=document["refused"],
        unknown_columns=document["unknown_columns"],
        loaded_at=document["loaded_at"],
    )


def _in_history(snapshot: Snapshot, source_table: str) -> SnapshotQuality:
    counted = {"rows_received": 0.0, "rows_quarantined": 0.0, "rows_refused": 0.0}
    found = set()
    for measure in report(snapshot):
        if measure.measure in counted and source_table in ("", measure.source_table):
            counted[measure.measure] += measure.value
            found.add(measure.measure)
    received, refused = counted["rows_received"], counted["rows_refused"]
    return SnapshotQuality(
        snapshot=snapshot.id,
        as_of=snapshot.as_of,
        created_at=snapshot.manifest["created_at"],
        received=round(received),
        quarantined=round(counted["rows_quarantined"]),
        accepted_share=(1 - refused / received if received else 1.0) if "rows_refused" in found else None,
    )
