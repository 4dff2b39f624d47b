"""Runs the models of events for a run of partitions, exactly as a run over all days would make their rows.

What a row of silver or gold says depends on events of a window around it: repeats look back, leaks look back
and forward. The models read the accepted rows of the partitions and of these windows; of what they make, only
the rows of the partitions' own days are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from warehouse.acceptance import HIDDEN, event_tables
from warehouse.checks import CheckResult
from warehouse.contract import Contract, SourceTable
from warehouse.jobs import Job, side_by_side
from warehouse.layout import Partition
from warehouse.runner import Place, SqlModel, run_models
from warehouse.segments import Segment
from warehouse.settings import Rules
from warehouse.unions import Types, columns_of, relation_of, union_of

Window = tuple[datetime, datetime]
Finish = Callable[[duckdb.DuckDBPyConnection, SqlModel, dict[str, str]], list[CheckResult]]


@dataclass(frozen=True)
class Destination:
    """One partition to be derived: its days and the catalogs that take its tables."""

    partition: Partition
    lake: str
    gold: str
    shared: str


def derive(
    con: duckdb.DuckDBPyConnection,
    models: list[SqlModel],
    contract: Contract,
    destinations: Sequence[Destination],
    rows: Sequence[Segment],
    rules: Rules,
    finish: Finish,
    threads: int,
) -> list[CheckResult]:
    """Make silver and gold of neighbouring partitions; `rows` are all segments of accepted rows.

    Leaves nothing in the engine's own schemas. Raises CheckFailed as `finish` does.
    """
    run = Partition(destinations[0].partition.starts, destinations[-1].partition.ends)
    show_accepted(con, contract, run, rows, rules)

    is_whole = len(destinations) == 1 and run == Partition(None, None)

    def places(model: SqlModel) -> list[Place]:
        if model.layer == "silver":  # whole, with the windows: gold reads both sides of a day's edge
            return [Place(destinations[0].lake if is_whole else "memory")]
        day = f'"{model.header.partition}"'
        return [Place(destination.gold, destination.partition.condition(day)) for destination in destinations]

    def check(worker: duckdb.DuckDBPyConnection, model: SqlModel) -> list[CheckResult]:
        in_days = {
            other.table: run.condition(f'"{other.header.partition}"')
            for other in models
            if model.layer == "gold" and other.layer == "silver"
        }
        return finish(worker, model, in_days)

    results = run_models(con, models, places, check, threads)
    if not is_whole:
        silver = [model for model in models if model.layer == "silver"]
        side_by_side(con, [_keep(model, place) for place in destinations for model in silver], threads)
    clear(con, models)
    return [result for found in results for result in found]


def _keep(model: SqlModel, destination: Destination) -> Job[None]:
    condition = destination.partition.condition(f'"{model.header.partition}"')

    def copy(worker: duckdb.DuckDBPyConnection) -> None:
        worker.execute(
            f"CREATE TABLE {destination.lake}.{model.table} AS "
            f"SELECT * FROM memory.{model.table} WHERE {condition}"
        )

    return copy


def clear(con: duckdb.DuckDBPyConnection, models: Sequence[SqlModel]) -> None:
    """Drop what `run_models` left under the models' names in the engine's own schemas."""
    kinds = dict(
        con.execute(
            "SELECT schema_name || '.' || table_name, 'TABLE' FROM duckdb_tables() WHERE database_name = 'memory' "
            "UNION ALL SELECT schema_name || '.' || view_name, 'VIEW' FROM duckdb_views() "
            "WHERE database_name = 'memory'"
        ).fetchall()
    )
    for model in models:
        if model.table in kinds:
            con.execute(f"DROP {kinds[model.table]} memory.{model.table}")


def show_accepted(
    con: duckdb.DuckDBPyConnection,
    contract: Contract,
    run: Partition,
    rows: Sequence[Segment],
    rules: Rules,
) -> None:
    """Make `accepted.<table>`: the kept rows of the run's days and of the windows that decide about them.

    `accepted.<part>` holds the parts of all rows: a join with the kept ones says which of them count.
    """
    types = columns_of(con)
    windows = _windows([s for s in rows if _in_run(s, run)], rules)
    selects = {}
    for table in event_tables(contract):
        window = windows.get(table.name)
        near = [s for s in rows if _in_run(s, run) or (window and _meets(s, table.name, window))]
        condition = run.condition(f'CAST("{table.day}" AS DATE)')
        if window:
            low, high = window
            condition = f"({condition} OR \"{table.latest_by}\" BETWEEN TIMESTAMP '{low}' AND TIMESTAMP '{high}')"
        selects[table.name] = (
            f"SELECT * EXCLUDE ({', '.join(HIDDEN)}) FROM ({_rows_of(table, near, types)}) "
            f"WHERE _fate = 'kept' AND {condition}"
        )
        con.execute(f"CREATE OR REPLACE VIEW accepted.{table.name} AS {selects[table.name]}")
        for part in table.parts:
            con.execute(f"CREATE OR REPLACE VIEW accepted.{part} AS FROM build.{part}")
    if _find_related_calls(con, _rows_of(contract["call_center"], rows, types)):
        con.execute(
            f"CREATE OR REPLACE VIEW accepted.call_center AS {selects['call_center']} "
            "UNION ALL BY NAME SELECT * FROM build.related_calls"
        )


def _in_run(segment: Segment, run: Partition) -> bool:
    return any(day is not None and run.holds(day) for day in (segment.first_day, segment.last_day)) or (
        segment.starts == run.starts
    )


def _meets(segment: Segment, table: str, window: Window) -> bool:
    bounds = segment.bounds.get(table)
    return bounds is not None and bounds[0] <= window[1] and bounds[1] >= window[0]


def _windows(own: Sequence[Segment], rules: Rules) -> dict[str, Window]:
    """From when to when calls and interactions are needed to decide about the own segments' calls and
    interactions.
    """
    repeat, long = timedelta(days=rules.repeat_window_days), timedelta(hours=rules.leakage_window_long_hours)
    calls = [s.bounds["call_center"] for s in own if "call_center" in s.bounds]
    digital = [s.bounds["digital_interactions"] for s in own if "digital_interactions" in s.bounds]
    moments = [
        *((low - repeat, high) for low, high in calls),
        *((low, high + long) for low, high in digital),
    ]
    failures = [
        *((low - long, high) for low, high in calls),
        *((low, high + long) for low, high in digital),
    ]
    return {
        table: (min(low for low, _ in found), max(high for _, high in found))
        for table, found in (("call_center", moments), ("digital_interactions", failures))
        if found
    }


def _rows_of(table: SourceTable, segments: Sequence[Segment], types: Types) -> str:
    return union_of([relation_of(segment, "accepted", "rows", table.name, types) for segment in segments])


def _find_related_calls(con: duckdb.DuckDBPyConnection, calls: str) -> bool:
    """A survey may be about a call of any day: `build.related_calls` are those outside the windows that surveys
    name.
    """
    con.execute("""
        CREATE OR REPLACE TEMP TABLE named_calls AS
        SELECT DISTINCT related_call_id AS call_id FROM accepted.surveys
        WHERE related_call_id IS NOT NULL AND related_call_id NOT IN (SELECT call_id FROM accepted.call_center)
    """)
    if not con.execute("SELECT count(*) FROM named_calls").fetchall()[0][0]:
        return False
    con.execute(
        f"CREATE OR REPLACE TABLE build.related_calls AS SELECT c.* EXCLUDE ({', '.join(HIDDEN)}) "
        f"FROM ({calls}) AS c JOIN (SELECT hash(call_id) AS _key, call_id AS id FROM named_calls) AS n "
        "ON n._key = c._key AND n.id = c.call_id WHERE c._fate = 'kept'"
    )
    return True
