"""The data quality measures of a snapshot, as the build stored them in gold.data_quality."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from warehouse.errors import MissingDataError
from warehouse.snapshots import BUILD_AGAIN, Snapshot

AREAS = (
    "completeness", "layers", "reconciliation", "duplicates", "integrity", "freshness", "nulls", "values",
    "quarantine",
)  # fmt: skip


@dataclass(frozen=True)
class QualityMeasure:
    """One measure of one source table. `value` is a share 0..1, a count, a sum or days, as the measure says.

    `column` is empty for a measure of the whole table; `expected` is None where the measure only informs. In the
    area `quarantine` the measure is a reason.
    """

    area: str
    source_table: str
    measure: str
    column: str
    value: float
    expected: float | None
    ok: bool


def report(snapshot: Snapshot) -> list[QualityMeasure]:
    """Every measure, in the order of AREAS. Raises MissingDataError when the snapshot's file cannot be read."""
    try:
        with duckdb.connect(str(snapshot.gold_path), read_only=True) as con:
            rows = con.execute(
                "SELECT area, source_table, measure, column_name, value, expected, is_ok FROM gold.data_quality"
            ).fetchall()
    except duckdb.Error as error:
        raise MissingDataError(
            "The quality report cannot be read.", where=str(snapshot.gold_path), next_step=BUILD_AGAIN
        ) from error
    return sorted(
        (QualityMeasure(*row) for row in rows),
        key=lambda m: (AREAS.index(m.area), m.source_table, m.measure, m.column),
    )
