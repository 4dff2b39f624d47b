"""Bad rows on request: what a build has to quarantine. Only CSV can carry all of them (Parquet has types)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from generator.catalog import stream
from generator.files import SourceFiles
from generator.profiles import Profile
from warehouse.errors import UsageError

_EACH = 5


@dataclass(frozen=True)
class _Target:
    date_column: str
    number_column: str


_TARGETS = {
    "claims": _Target("claim_date", "claim_amount"),
    "call_center": _Target("call_date", "handle_time_minutes"),
    "digital_interactions": _Target("interaction_date", "session_duration_seconds"),
    "pharmacy": _Target("fill_date", "copay_amount"),
}


def refuse_dirt(profile: Profile) -> None:
    """UsageError when the profile's file format cannot hold bad rows."""
    if profile.file_format == "parquet":
        raise UsageError(
            f"Profile '{profile.name}' writes Parquet, which cannot hold bad rows.",
            where="generator/profiles.toml",
            next_step="Use dirt with the profile 'tiny' or 'reference'.",
        )


def add_dirt(files: SourceFiles, seed: int) -> None:
    """Add, per event source, five rows each: bad date, negative measure, unknown member, and an id twice."""
    for source, target in _TARGETS.items():
        rng = stream(seed, "dirt", source)
        sound = files.rows_as_text(source)
        picked = sound.take(pa.array(rng.choice(sound.num_rows, 4 * _EACH, replace=False)))
        files.replace_text(source, pa.concat_tables([sound, _spoiled(picked, source, target)]))


def _spoiled(rows: pa.Table, source: str, target: _Target) -> pa.Table:
    key = rows.column_names[0]
    kind = np.repeat(np.arange(4), _EACH)
    ids = [f"{source[:2].upper()}-LATE-{number:04d}" for number in range(rows.num_rows)]
    columns = {name: rows.column(name).to_pylist() for name in rows.column_names}
    for row in range(rows.num_rows):
        if kind[row] == 0:
            columns[target.date_column][row] = "2026-13-45"
        elif kind[row] == 1:
            columns[target.number_column][row] = (
                "-7.5" if target.number_column != "session_duration_seconds" else "-30"
            )
        elif kind[row] == 2:
            columns["member_id"][row] = f"M-9{row:05d}99"
        if kind[row] != 3:
            columns[key][row] = ids[row]
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
