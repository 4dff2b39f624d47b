"""Writing the source files: the same rows always become the same bytes.

Small profiles are CSV (gzipped, no time stamp inside), large ones Parquet with the same columns. A file appears
under its final name only when the whole run is complete: until then everything lies in a staging folder beside it.
"""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from generator.catalog import Flags, Ints

SOURCES = (
    "members",
    "claims",
    "call_center",
    "digital_interactions",
    "surveys",
    "pharmacy",
    "enrollment",
    "communications",
    "fixes",
)
SUFFIXES = (".csv", ".csv.gz", ".parquet")
TRACES, TRACE_SUFFIX = "cost_estimates", ".jsonl.gz"
# Keys never repeat: a dictionary would only be built to be thrown away.
_NO_DICTIONARY = {
    "member_id",
    "call_id",
    "interaction_id",
    "claim_id",
    "rx_id",
    "survey_id",
    "enrollment_id",
    "email",
}


def words(codes: Ints, names: Sequence[str | None], *, missing: Flags | None = None) -> pa.DictionaryArray:
    """Codes as words; `missing` marks the rows that have no value. A name of None is a missing value too."""
    if None in names:
        absent = np.isin(codes, [code for code, name in enumerate(names) if name is None])
        missing = absent if missing is None else missing | absent
    indices = pa.array(codes.astype(np.int32), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, _dictionary(tuple(names)))


@cache
def _dictionary(names: tuple[str | None, ...]) -> pa.Array:
    return pa.array([name or "" for name in names], pa.string())


def numbered(prefix: str, first: int, size: int, width: int) -> pa.Array:
    """Identifiers `prefix` + running number, padded with zeros to `width` digits."""
    digits = pc.utf8_lpad(pc.cast(pa.array(np.arange(first, first + size)), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "")


class SourceFiles:
    """Collects tables by source and writes them. Rows keep the order in which they were added."""

    def __init__(self, out: Path, file_format: str, *, monthly_parts: bool = False) -> None:
        self.out = out
        self.staging = out.with_name(out.name + ".partial")
        self.file_format = file_format
        self.monthly_parts = monthly_parts
        self.rows: dict[str, int] = defaultdict(int)
        self.trace_rows = 0
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._tables: dict[str, list[pa.Table]] = defaultdict(list)
        shutil.rmtree(self.staging, ignore_errors=True)
        self.staging.mkdir(parents=True)

    def add(self, source: str, table: pa.Table, *, part: str = "") -> None:
        """Append rows to a source. `part` (a month) opens a file of its own when the profile writes parts."""
        name = f"{source}-{part}" if part and self.monthly_parts else source
        self.rows[name] += table.num_rows
        if self.file_format == "parquet":
            self._parquet(name, table)
        else:
            self._tables[name].append(table)

    def _parquet(self, name: str, table: pa.Table) -> None:
        if name not in self._writers:
            self._writers[name] = _parquet_writer(self.staging / f"{name}.parquet", table.schema)
        self._writers[name].write_table(table)

    def rows_as_text(self, source: str) -> pa.Table:
        """All rows added to a CSV source so far, every value as text."""
        table = pa.concat_tables(self._tables[source])
        return pa.table({name: pc.cast(_plain(table.column(name)), pa.string()) for name in table.column_names})

    def replace_text(self, source: str, table: pa.Table) -> None:
        """Put other rows in the place of a CSV source's rows."""
        self._tables[source] = [table]
        self.rows[source] = table.num_rows

    @property
    def traces(self) -> Path:
        """Where the one file of traces is written before it is published; who writes it sets `trace_rows`."""
        return self.staging / f"{TRACES}{TRACE_SUFFIX}"

    def publish(self) -> dict[str, int]:
        """Close all files and move them to the output folder, in place of what an earlier run left there."""
        for writer in self._writers.values():
            writer.close()
        for name, tables in self._tables.items():
            _write_csv(pa.concat_tables(tables), self.staging / f"{name}.{self.file_format}")
        self.out.mkdir(parents=True, exist_ok=True)
        for old in self.out.iterdir():
            if _is_ours(old):
                old.unlink()
        for ready in sorted(self.staging.iterdir()):
            ready.replace(self.out / ready.name)
        self.staging.rmdir()
        traces = {f"{TRACES}{TRACE_SUFFIX}": self.trace_rows} if self.trace_rows else {}
        return {f"{name}.{self.file_format}": count for name, count in sorted(self.rows.items())} | traces

    def discard(self) -> None:
        """Leave nothing behind after a run that did not finish."""
        for writer in self._writers.values():
            writer.close()
        shutil.rmtree(self.staging, ignore_errors=True)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _is_ours(path: Path) -> bool:
    return path.name == TRACES + TRACE_SUFFIX or any(
        path.name == source + suffix or (path.name.startswith(source + "-") and path.name.endswith(suffix))
        for source in SOURCES
        for suffix in SUFFIXES
    )


def write_table(table: pa.Table, path: Path) -> None:
    """Write one file in the format that its name ends with."""
    if path.suffix == ".parquet":
        with _parquet_writer(path, table.schema) as writer:
            writer.write_table(table)
    else:
        _write_csv(table, path)


def _parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    repeated = [name for name in schema.names if name not in _NO_DICTIONARY]
    return pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=1, use_dictionary=repeated, store_schema=False
    )


def _write_csv(table: pa.Table, path: Path) -> None:
    compression = "gzip" if path.suffix == ".gz" else "none"
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("source_rows", table)
        connection.execute("COPY source_rows TO ? (FORMAT csv, HEADER, COMPRESSION ?)", [str(path), compression])
