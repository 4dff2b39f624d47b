"""One file of traces, read whole: trace rows, the rows of its requested and returned providers, and bad lines.

The lines are taken apart once, by the SQL files beside this one, into passing Parquet files in which every line
keeps its place; what a build takes is read from these. While some lines are taken apart the next are unpacked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from warehouse.contract import SourceTable
from warehouse.jobs import Job, side_by_side
from warehouse.reading import quoted
from warehouse.traces.lines import Lot, lots_of

_FOLDER = Path(__file__).parent
_LINES = "lines_of_traces"  # what the engine calls a lot


@dataclass(frozen=True)
class TraceRelations:
    """What to select from: trace rows (the contract's columns, `_row_number`), set-aside lines (reason, detail,
    raw), and by part its rows (the part's columns, `_row_number`). `rows` is how many lines there are.
    """

    good: str
    set_aside: str
    parts: dict[str, str]
    rows: int


def trace_relations(
    con: duckdb.DuckDBPyConnection, path: Path, table: SourceTable, folder: Path
) -> TraceRelations:
    """Take a file apart; `folder` is for passing files. Raises Refused, or duckdb.Error when the engine cannot."""
    lots = _taken_apart(con, lots_of(path), folder)
    files = ", ".join(quoted(str(_parsed(lot.before, folder))) for lot in lots)
    rows = (
        "(SELECT * EXCLUDE (filename), file_row_number + 1 "
        "+ CAST(regexp_extract(filename, '(\\d+)\\.parquet$', 1) AS BIGINT) AS _row_number "
        f"FROM read_parquet([{files}], file_row_number = true, filename = true))"
    )
    bad = folder / "bad.parquet"
    con.execute(f"COPY ({_sql('amounts', '$parsed', rows)}) TO {quoted(str(bad))} (FORMAT parquet)")
    judged = _judged(rows, bad)
    columns = ", ".join(f'CAST("{column.name}" AS VARCHAR) AS "{column.name}"' for column in table.columns)
    return TraceRelations(
        f"SELECT {columns}, _row_number FROM {judged} WHERE fault IS NULL",
        _set_aside(judged, [line for lot in lots for line in lot.set_aside]),
        {part: _sql(part.rpartition("_")[2], "$parsed", judged) for part in table.parts},
        sum(lot.count for lot in lots),
    )


def _taken_apart(con: duckdb.DuckDBPyConnection, lots: Iterator[tuple[Lot, pa.Table]], folder: Path) -> list[Lot]:
    """All lots; of each there is a file of what its lines hold."""
    done = []
    found = next(lots, None)
    while found:
        done.append(found[0])
        parse = partial(_parse, *found, folder)
        jobs: list[Job[tuple[Lot, pa.Table] | None]] = [lambda _: next(lots, None), parse]
        found, _ = side_by_side(con, jobs, len(jobs))
    return done


def _parse(lot: Lot, lines: pa.Table, folder: Path, worker: duckdb.DuckDBPyConnection) -> None:
    """Take the lines of one lot apart."""
    worker.register(_LINES, lines)
    try:
        parsed = quoted(str(_parsed(lot.before, folder)))
        worker.execute(f"COPY ({_sql('parsed', '$lines', _LINES)}) TO {parsed} (FORMAT parquet)")
    finally:
        worker.unregister(_LINES)


def _parsed(before: int, folder: Path) -> Path:
    """The file of a lot, named by how many lines come before it."""
    return folder / f"parsed-{before}.parquet"


def _judged(rows: str, bad: Path) -> str:
    """The parsed lines with the fault of an amount beside those of their structure."""
    return (
        f"(SELECT p.* REPLACE (coalesce(p.fault, b.fault) AS fault) FROM {rows} AS p "
        f"LEFT JOIN read_parquet({quoted(str(bad))}) AS b ON b._row_number = p._row_number)"
    )


def _set_aside(judged: str, unseen: Sequence[tuple[int, str, str]]) -> str:
    """Bad lines with their reason; those that the engine never saw stand in the file as an empty record.

    `detail` is `line N at FIELD`, or `line N: WORDS` where no field is to blame.
    """
    named = ", ".join(str(number) for number, _, _ in unseen) or "0"
    found = (
        "SELECT split_part(fault, ':', 1) AS reason, "
        "'line ' || _row_number || substr(fault, strpos(fault, ':') + 1) AS detail, "
        "coalesce(raw, trace_id) AS raw "
        f"FROM {judged} WHERE fault IS NOT NULL AND _row_number NOT IN ({named})"
    )
    return " UNION ALL ".join([found, *(_as_row(*line) for line in unseen)])


def _as_row(number: int, reason: str, raw: str) -> str:
    what = "longer than 16 MB" if reason == "too_large" else "not UTF-8 text"
    return f"SELECT '{reason}', 'line {number}: {what}', {quoted(raw)}"


def _sql(name: str, placeholder: str, relation: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8").replace(placeholder, relation)
