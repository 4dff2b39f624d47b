"""The files that serve the roles of sums: no member, no id, no text in them, and every number as in gold."""

from __future__ import annotations

import gzip
import json
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import combinations
from math import isclose
from pathlib import Path
from typing import Any

import duckdb
import pytest

from semantic.compiler import compile_query
from semantic.loader import load_model
from semantic.query import SemanticQuery
from warehouse import event_forms, snapshots
from warehouse.audit import AuditLog
from warehouse.build import build
from warehouse.door import Warehouse
from warehouse.errors import MissingDataError
from warehouse.guard import Allow, Catalog, check
from warehouse.guard.judge import data_for
from warehouse.policy import load_policy
from warehouse.principal import ROLES, Principal
from warehouse.pseudonyms import SECRET_FILE, pseudonyms_of
from warehouse.runner import read_models
from warehouse.settings import BuildSettings, Settings
from warehouse.snapshots import Snapshot

DATA = Path(__file__).parents[1] / "data"
CANARY = "qZ7canary"
MARKED = {  # the columns that name a member or an event, or hold what a person wrote or said
    "call_id", "member_id", "transcript", "claim_id", "interaction_id", "enrollment_id", "rx_id", "survey_id",
    "related_call_id", "feedback_text", "zip_code", "first_name", "last_name", "email",
}  # fmt: skip
POLICY = load_policy()
MEMBER_LEVEL = [table for table in POLICY.tables.values() if table.is_member_level]
HIDDEN = {
    column.name
    for table in POLICY.tables.values()
    for column in table.columns.values()
    if column.kind in ("member_id", "event_id", "direct_identifier", "free_text")
}
EXECUTIVE = Principal("erin", "executive")


@pytest.fixture(scope="module")
def marked_sources(tiny_sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny company, where every id of a member or an event, every name and every text carries the canary."""
    folder = tmp_path_factory.mktemp("marked")
    for file in tiny_sources.glob("*.csv.gz"):
        rows = f"read_csv('{file}', all_varchar = true)"
        columns = [name for name, *_ in duckdb.execute(f"FROM {rows} LIMIT 0").description or ()]
        marks = [f"'{CANARY}-' || coalesce({name}, 'x') AS {name}" for name in columns if name in MARKED]
        replaced = f"* REPLACE ({', '.join(marks)})" if marks else "*"
        duckdb.execute(f"COPY (SELECT {replaced} FROM {rows}) TO '{folder / file.name}' (FORMAT csv, HEADER)")
    traces = gzip.decompress((tiny_sources / "cost_estimates.jsonl.gz").read_bytes())
    for beginning in (b'"traceId":"', rb"\"membershipId\":\"", rb"\"zipCode\":\""):
        assert beginning in traces
        traces = traces.replace(beginning, beginning + f"{CANARY}-".encode())
    (folder / "cost_estimates.jsonl").write_bytes(traces)
    return folder


@pytest.fixture(scope="module")
def marked(marked_sources: Path, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("marked-warehouse")
    build(marked_sources, folder, settings)
    return snapshots.current(folder)


@pytest.fixture(scope="module")
def shared(marked: Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
    with snapshots.connect(marked, "shared") as con:
        con.execute("SET threads = 1")  # any_value() is the first value
        yield con


@pytest.fixture(scope="module")
def whole(marked: Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
    with snapshots.connect(marked, "gold") as con:
        con.execute("SET threads = 1")
        yield con


def files_of(snapshot: Snapshot, con: duckdb.DuckDBPyConnection) -> list[Path]:
    """Every file that a connection has attached."""
    rows = con.execute("SELECT path FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()
    assert len(rows) == 1 + sum("shared" in segment.parts for segment in snapshot.segments)
    return [Path(path) for (path,) in rows]


def catalog_of(con: duckdb.DuckDBPyConnection) -> Catalog:
    columns: dict[tuple[str, str], tuple[str, ...]] = {}
    for table, column in con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = 'serve' "
        "AND schema_name = 'gold' ORDER BY table_name, column_index"
    ).fetchall():
        columns["gold", table] = (*columns.get(("gold", table), ()), column)
    return Catalog(columns)


def words_of(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Every text that a connection can read: cells, dictionaries, names of columns, texts of views."""
    for catalog, schema, table, column, kind in con.execute(
        "SELECT database_name, schema_name, table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE NOT internal"
    ).fetchall():
        yield from (table, column, kind)
        if kind == "VARCHAR" or kind.startswith("ENUM"):
            for (word,) in con.execute(f'SELECT DISTINCT "{column}" FROM {catalog}.{schema}.{table}').fetchall():
                yield str(word)
    yield from (sql for (sql,) in con.execute("SELECT sql FROM duckdb_views() WHERE NOT internal").fetchall())


def test_no_canary_is_in_any_file_that_serves_an_executive(marked: Snapshot, shared, whole):
    assert data_for(EXECUTIVE) == "shared"
    files = files_of(marked, shared)
    assert marked.shared_path in files
    assert [file.name for file in files if CANARY.encode() in file.read_bytes()] == []
    assert [word for word in words_of(shared) if CANARY in word] == []
    assert sum(CANARY in word for word in words_of(whole)) > 10_000  # the search does find what gold holds


def test_the_secret_and_the_known_digest_of_an_id_are_in_none_of_them(marked: Snapshot, shared, whole):
    secret = (marked.segments_folder.parent / SECRET_FILE).read_bytes().strip()
    assert (marked.segments_folder.parent / SECRET_FILE).stat().st_mode & 0o777 == 0o600
    everything = [*files_of(marked, shared), marked.gold_path, marked.lake_path]
    assert not any(secret in file.read_bytes() for file in everything)
    assert secret.decode() not in json.dumps(marked.manifest)
    known = "CAST('0x' || substr(md5(member_id), 1, 15) AS BIGINT)"
    guessed = {key for (key,) in whole.execute(f"SELECT {known} FROM members").fetchall()}
    assert not guessed & {key for (key,) in shared.execute("SELECT member_key FROM members").fetchall()}


def test_no_column_is_named_like_an_identifier_or_a_text(shared):
    names = shared.execute("SELECT DISTINCT column_name FROM duckdb_columns() WHERE NOT internal").fetchall()
    assert not {name for (name,) in names} & HIDDEN
    assert catalog_of(shared).columns.keys() == {("gold", name) for name in POLICY.tables}


def test_rows_lie_in_an_order_of_their_own_and_keep_only_their_day(marked: Snapshot, shared, whole):
    segment = next(s for s in marked.segments if s.kind == "days")
    for table in (t for t in MEMBER_LEVEL if t.day):
        rows = f"{segment.alias('shared')}.gold.{table.name}"
        days = f"SELECT CAST({table.day} AS DATE) AS day, lag(day) OVER (ORDER BY rowid) AS before FROM {rows}"
        unsorted = f"SELECT count(*) FROM ({days}) WHERE before > day"
        assert shared.execute(unsorted).fetchall() == [(0,)], table.name
        moments = [column.name for column in table.columns.values() if column.type == "TIMESTAMP"]
        for moment in moments:
            times = f"SELECT DISTINCT CAST({moment} AS TIME) FROM {{}}"
            assert {str(t) for (t,) in shared.execute(times.format(rows)).fetchall()} <= {"00:00:00", "12:00:00"}
            assert len(whole.execute(times.format(f"gold.{table.name}")).fetchall()) > 100


# numbers


def rows_of(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any] | None = None) -> list[Any]:
    return con.execute(sql, parameters or {}).fetchall()


def same_cell(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or repr(one) == repr(other)
    return bool(one == other)


def same_rows(found: list[Any], wanted: list[Any]) -> bool:
    """Equal but for the order of equal sort keys and the last digits of sums of fractions."""
    ordered = [sorted(rows, key=lambda row: [_coarse(cell) for cell in row]) for rows in (found, wanted)]
    return len(found) == len(wanted) and all(
        all(map(same_cell, one, other)) for one, other in zip(*ordered, strict=True)
    )


def _coarse(cell: Any) -> str:
    return f"{cell:.6g}" if isinstance(cell, float) else repr(cell)


def statements() -> list[str]:
    entries = [json.loads(line) for line in (DATA / "guard_statements.jsonl").read_text().splitlines()]
    written = [entry["sql"] for entry in entries if entry["expect"] == "allow"]
    for name in ("guard_allowed", "guard_benign"):
        written += (DATA / f"{name}.sql").read_text().splitlines()[1:]
    kept = re.compile(
        r"\b(" + "|".join([*(table.name for table in MEMBER_LEVEL), "repeat_calls_analysis"]) + r")\b"
    )
    return [sql for sql in dict.fromkeys(written) if kept.search(sql)]


def test_every_allowed_statement_says_the_same_on_both_classes(shared, whole):
    catalogs = catalog_of(shared), catalog_of(whole)
    differing, ran = [], 0
    for sql in statements():
        here, there = (
            check(sql, EXECUTIVE, catalog=catalog, small_cell=1, row_limit=100_000) for catalog in catalogs
        )
        assert type(here) is type(there), sql
        if isinstance(here, Allow) and isinstance(there, Allow):
            ran += 1
            found, wanted = rows_of(shared, here.sql), rows_of(whole, there.sql)
            differing += [] if same_rows(found, wanted) else [(sql, found[:3], wanted[:3])]
    assert ran > 200
    assert differing == []


def test_every_metric_says_the_same_on_both_classes(marked: Snapshot, shared, whole):
    model, catalogs = load_model(), (catalog_of(shared), catalog_of(whole))
    for metric in model.metrics:
        usable = [name for name in model.dimensions if name in model.dimensions_of(metric)]
        query = SemanticQuery(metrics=(metric,), dimensions=(usable[0],))
        compiled = compile_query(model, query, as_of=marked.as_of, first_day=marked.first_day)
        here, there = (
            check(compiled.sql, EXECUTIVE, parameters=compiled.params, catalog=catalog, small_cell=1)
            for catalog in catalogs
        )
        assert isinstance(here, Allow), (metric, here)
        assert isinstance(there, Allow)
        found = rows_of(shared, here.sql, compiled.params)
        assert same_rows(found, rows_of(whole, there.sql, compiled.params)), compiled.sql


@pytest.mark.parametrize(
    "condition",
    ["> TIMESTAMP '{0}'", "<= TIMESTAMP '{0}'", "= TIMESTAMP '{0}'", "BETWEEN '{1}' AND '{0}'", "< '{0}'"],
)
def test_a_moment_compares_with_a_day_as_it_does_in_gold(condition: str, marked: Snapshot, shared, whole):
    bounds = condition.format(marked.as_of, marked.first_day)
    for table in MEMBER_LEVEL:
        for column in (c.name for c in table.columns.values() if c.type == "TIMESTAMP"):
            sql = f"SELECT COUNT(*), COUNT({column}) FROM gold.{table.name} WHERE {column} {bounds}"
            assert rows_of(shared, sql) == rows_of(whole, sql)


def test_members_and_events_count_the_same_by_every_dimension(shared, whole):
    for table in MEMBER_LEVEL:
        stood_for = [column for column in table.columns.values() if column.stand_in]
        here = [f"COUNT({c.stand_in}), COUNT(DISTINCT {c.stand_in})" for c in stood_for]
        there = [f"COUNT({c.name}), COUNT(DISTINCT {c.name})" for c in stood_for]
        for key in [column.name for column in table.columns.values() if column.kind in ("dimension", "ordinal")]:
            grouped = f'SELECT "{key}", COUNT(*), {{}} FROM gold.{table.name} GROUP BY ALL'
            found = Counter(rows_of(shared, grouped.format(", ".join(here))))
            assert found == Counter(rows_of(whole, grouped.format(", ".join(there)))), (table.name, key)


# marts

MARTS = event_forms.marts_among(tuple(read_models()), POLICY)


def events_of(name: str, as_of: date) -> str:
    """A mart's events as a query on the shared tables, each with its member's number and bit."""
    mart = MARTS[name]
    form = event_forms.event_form(mart.source if mart.is_rollup else name)
    assert form is not None
    days = f"WHERE call_date > DATE '{as_of}' - 7 AND call_date <= DATE '{as_of}'" if mart.is_rollup else ""
    events = form.sql(dialect="duckdb").replace("member_id", "member_key")
    return f"SELECT *, CAST(1 AS UBIGINT) << (member_key % 64) AS bit FROM ({events}) {days}"


@pytest.mark.parametrize("name", MARTS)
def test_the_bits_of_a_mart_are_those_of_its_members_over_any_of_its_rows(name: str, marked: Snapshot, shared):
    """So their number is a lower bound: never more than the members, and none only where there is nobody."""
    dimensions, measures = list(MARTS[name].dimensions), list(MARTS[name].measures)
    columns = [*(f"{measure}__members" for measure in measures), "member_bits"]
    conditions = [*(f"{measure} <> 0" for measure in measures), "true"]
    found = ", ".join(f"bit_or({column})" for column in columns)
    exact = ", ".join(f"coalesce(bit_or(bit) FILTER ({condition}), 0)" for condition in conditions)
    members = ", ".join(f"count(DISTINCT member_key) FILTER ({condition})" for condition in conditions)
    for keys in [(), *((key,) for key in dimensions), *combinations(dimensions, 2)]:
        by = "".join(f"{key}, " for key in keys)
        rows = Counter(rows_of(shared, f"SELECT {by}{found} FROM gold.{name} GROUP BY ALL"))
        wanted = rows_of(
            shared, f"SELECT {by}{exact}, {members} FROM ({events_of(name, marked.as_of)}) GROUP BY ALL"
        )
        assert rows == Counter(row[: len(keys) + len(columns)] for row in wanted), keys
        for row in wanted:
            bits, counts = row[len(keys) : -len(columns)], row[-len(columns) :]
            assert all((n > 0) == (b > 0) and b.bit_count() <= n for b, n in zip(bits, counts, strict=True))


@pytest.mark.parametrize("name", [name for name, mart in MARTS.items() if not mart.is_rollup])
def test_the_events_of_a_mart_add_up_to_it(name: str, whole):
    form = event_forms.event_form(name)
    assert form is not None
    keys, measures = ", ".join(MARTS[name].dimensions), list(MARTS[name].measures)
    sums = ", ".join(f"round(sum({measure}), 4)" for measure in measures)
    once = ", ".join(f"round({measure}, 4)" for measure in measures)
    summed = rows_of(whole, f"SELECT {keys}, {sums} FROM ({form.sql(dialect='duckdb')}) GROUP BY ALL")
    assert Counter(summed) == Counter(rows_of(whole, f"SELECT {keys}, {once} FROM gold.{name}"))
    assert len(summed) > 100


@pytest.mark.parametrize("name", ["calls", "executive_kpis", "current_week_leakage", "no_such_table"])
def test_what_is_no_mart_over_events_has_no_event_form(name: str):
    assert event_forms.event_form(name) is None


def test_the_tables_with_an_event_form_are_the_marts_that_are_no_roll_up():
    formed = {name for name in POLICY.tables if event_forms.event_form(name) is not None}
    assert formed == {name for name, mart in MARTS.items() if not mart.is_rollup}


@pytest.mark.parametrize(
    ("sum_of", "instead"),
    [
        ("CAST(SUM(is_negative) AS BIGINT)", "MAX(is_negative)"),
        ("CAST(SUM(is_negative) AS BIGINT)", "SUM(DISTINCT is_negative)"),
        ("CAST(SUM(is_negative) AS BIGINT)", "COUNT(transcript)"),
        ("CAST(SUM(is_negative) AS BIGINT)", "SUM(LENGTH(transcript))"),
        ("CAST(SUM(is_negative) AS BIGINT)", "SUM(CASE WHEN HOUR(call_ts) < 8 THEN 1 ELSE 0 END)"),
        ("GROUP BY", "QUALIFY COUNT(*) OVER () > 1 GROUP BY"),
        ("FROM gold.calls", "FROM gold.calls JOIN gold.members USING (member_id)"),
    ],
)
def test_a_mart_whose_members_cannot_be_counted_is_an_error_that_names_its_file(sum_of: str, instead: str):
    models = {model.name if model.layer == "gold" else model.table: model for model in read_models()}
    mart = models["repeat_calls_analysis"]
    spoiled = replace(mart, select=mart.select.replace(sum_of, instead, 1))
    assert spoiled != mart
    with pytest.raises(MissingDataError, match=r"models/gold/repeat_calls_analysis\.sql"):
        event_forms.marts_of([*(models | {spoiled.name: spoiled}).values()], POLICY.tables)


# builds


def shared_rows(folder: Path) -> dict[str, Counter[Any]]:
    """Every row of every shared table without the numbers, which depend on the secret and the segments."""
    with snapshots.connect(snapshots.current(folder), "shared") as con:
        found = {}
        for (_, table), columns in catalog_of(con).columns.items():
            stand_ins = {column.stand_in for column in POLICY.tables[table].columns.values()}
            kept = [c for c in columns if c not in stand_ins and "member_bit" not in c and "__members" not in c]
            listed = ", ".join(f'"{column}"' for column in kept)
            found[table] = Counter(rows_of(con, f"SELECT {listed} FROM gold.{table}"))
    return found


def members_counted(folder: Path) -> list[Any]:
    """Distinct members and events of all segments, and the members that two tables have in common."""
    with snapshots.connect(snapshots.current(folder), "shared") as con:
        counted = {
            t.name: [f"count(DISTINCT {c.stand_in})" for c in t.columns.values() if c.stand_in]
            for t in MEMBER_LEVEL
        }
        counts = [rows_of(con, f"SELECT {', '.join(found)} FROM gold.{name}") for name, found in counted.items()]
        both = "SELECT member_key FROM gold.calls INTERSECT SELECT member_key FROM gold.members"
        return [*counts, rows_of(con, f"SELECT count(*) FROM ({both})")]


def test_drops_make_the_shared_tables_of_one_build_and_a_lost_secret_restates_them(
    three_drops, settings: Settings, tmp_path: Path
):
    days = settings.model_copy(update={"build": BuildSettings(partition_rows=200, hot_rows=2, hot_days=2)})
    drops, grown, whole = three_drops(tmp_path / "drops"), tmp_path / "grown", tmp_path / "whole"
    for drop in (drops[0], drops[-1]):
        build(drop, grown, days)
    build(drops[-1], whole, days)
    before = snapshots.current(grown)
    assert len({s.parts.get("shared") for s in before.segments if s.kind == "days"}) > 2
    assert shared_rows(grown) == shared_rows(whole)
    assert members_counted(grown) == members_counted(whole)

    assert not build(drops[-1], grown, days).published
    (grown / SECRET_FILE).unlink()
    assert build(drops[-1], grown, days).published
    kept = {file for file in _shared_files(before) if file in _shared_files(snapshots.current(grown))}
    assert kept == set()
    assert shared_rows(grown) == shared_rows(whole)
    assert members_counted(grown) == members_counted(whole)


def _shared_files(snapshot: Snapshot) -> set[str]:
    return {segment.file("shared") for segment in snapshot.segments if "shared" in segment.parts}


# roles


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_served_from_the_least_data(role: str):
    least = {"data_engineer": "lake"}.get(role, "shared")
    assert data_for(Principal("u", role)) == least
    stated = "gold" if role == "member_advocate" else least
    assert data_for(Principal("u", role, purpose="Open complaint 12")) == stated
    assert data_for(Principal("u", role, purpose="  ")) == least


def test_a_role_that_nobody_knows_is_served_from_the_least_data():
    assert data_for(Principal("u", "owner")) == "shared"


def test_an_executive_is_answered_where_no_other_file_can_be_read(marked: Snapshot, tmp_path: Path):
    """Every file of another class is ruined behind its first bytes: who is served from it notices."""
    folder = shutil.copytree(marked.segments_folder.parent, tmp_path / "warehouse")
    for file in [*folder.glob("segments/*.duckdb"), *folder.glob("snapshots/*/*.duckdb")]:
        if not file.name.startswith("shared-"):
            file.write_bytes(file.read_bytes()[:12].ljust(file.stat().st_size, b"x"))
    door = Warehouse(folder, Settings(var=tmp_path / "var"), AuditLog(tmp_path / "state" / "audit.db"))
    sql = "SELECT COUNT(DISTINCT member_id) AS members, COUNT(*) AS calls FROM gold.calls"
    assert door.query(sql, EXECUTIVE).rows[0][1] > 1000
    for other in (Principal("d", "data_engineer"), Principal("a", "member_advocate", purpose="Open complaint 12")):
        with pytest.raises(MissingDataError):
            door.query(sql, other)
    door.close()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT member_key FROM gold.members",
        "SELECT COUNT(DISTINCT member_key) FROM gold.calls",
        "SELECT COUNT(DISTINCT call_key) FROM gold.calls",
        "SELECT bit_or(member_bit) FROM gold.calls",
        "SELECT member_bits FROM gold.repeat_calls_analysis",
        "SELECT SUM(total_calls__members) FROM gold.repeat_calls_analysis",
        "SELECT member_id FROM gold.calls",
        "SELECT call_topic, MIN(member_id) FROM gold.calls GROUP BY 1",
        "SELECT COUNT(*) FROM gold.calls WHERE member_id = 7",
        "SELECT COUNT(transcript) FROM gold.calls",
        "SELECT first_name FROM gold.members",
    ],
)
def test_what_stands_for_ids_cannot_be_named_and_ids_only_counted(sql: str, shared):
    assert not isinstance(check(sql, EXECUTIVE, catalog=catalog_of(shared)), Allow)
    every_mart = check(
        "SELECT * FROM gold.repeat_calls_analysis", EXECUTIVE, catalog=catalog_of(shared), small_cell=1
    )
    assert isinstance(every_mart, Allow)
    assert "members" not in every_mart.sql


def test_a_damaged_secret_is_made_anew_and_a_readable_one_closed(tmp_path: Path):
    (tmp_path / f".{SECRET_FILE}.new").write_text("half a secr")  # a build was killed here
    first = pseudonyms_of(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [SECRET_FILE]
    (tmp_path / SECRET_FILE).chmod(0o644)
    assert pseudonyms_of(tmp_path) == first
    assert (tmp_path / SECRET_FILE).stat().st_mode & 0o777 == 0o600
    for damaged in (b"", b"abc", b"\xff" * 64):
        (tmp_path / SECRET_FILE).write_bytes(damaged)
        assert pseudonyms_of(tmp_path).digest != first.digest
    assert first.secret not in repr(first)
