"""What a company's source files say of its past: members, last day, the last days' callers, highest numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from generator.callers import RecentCalls
from generator.catalog import PLANS, TOPICS, Ints, catalog, stream, weighted
from generator.files import SUFFIXES
from generator.members import LANGUAGES, PRONENESS, SEGMENTS, Members
from warehouse.errors import MissingDataError

NUMBERED = {
    "call_center": ("call_id", "CALL"),
    "digital_interactions": ("interaction_id", "D"),
    "surveys": ("survey_id", "S"),
    "claims": ("claim_id", "C"),
    "pharmacy": ("rx_id", "RX"),
    "enrollment": ("enrollment_id", "E"),
}
"""Sources whose rows have running numbers: the id's column and its prefix."""
_REMEMBERED = 9
_FIRST_AGENT = 1001
_AS_TEXT = ", header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"'"


@dataclass(frozen=True)
class Past:
    """The last day of data, its calls and those of the days before (day -1 is the last), the next numbers."""

    last_day: date
    recent: RecentCalls
    numbers: dict[str, int]


def read_past(source: Path, member_files: list[Path]) -> Past:
    """Read the events of a folder. Raises MissingDataError (exit 4) when it has no usable calls."""
    paths = {name: files_of(source, name) for name in NUMBERED} | {"members": member_files}
    if not paths["call_center"]:
        raise _missing("The source folder has no file of call_center.", source)
    try:
        with _reader(paths) as con:
            last_day = _last_day(con, source)
            numbers = {name: _next_number(con, name) if paths[name] else 1 for name in NUMBERED}
            return Past(last_day, _recent(con, last_day), numbers)
    except duckdb.Error as error:
        raise _unreadable(error, source) from error


def read_members(member_files: list[Path], last_day: date, seed: int) -> Members:
    """All members in the order of their ids, as they were on `last_day`. Raises MissingDataError (exit 4)."""
    try:
        with _reader({"members": member_files}) as con:
            return _members(con, last_day, seed)
    except duckdb.Error as error:
        raise _unreadable(error, member_files[0].parent) from error


@contextmanager
def _reader(paths: dict[str, list[Path]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the rows of each source, and the newest row of each member as `people`."""
    with duckdb.connect(config={"threads": 2}) as con:
        for name, found in paths.items():
            if found:
                con.execute(f"CREATE VIEW {name} AS {_rows(found)}")
        con.execute(
            "CREATE TEMP TABLE people AS SELECT * FROM members "
            "QUALIFY row_number() OVER (PARTITION BY member_id ORDER BY source_file DESC) = 1"
        )
        yield con


def files_of(source: Path, table: str) -> list[Path]:
    """The files of one source table in a folder and the folders in it, in the order of their names."""
    return sorted(
        path
        for path in source.rglob(f"{table}*")
        if path.name.endswith(SUFFIXES)
        and not path.name[len(table)].isalnum()
        and not any(part.startswith(".") for part in path.relative_to(source).parts)
    )


def _rows(paths: list[Path]) -> str:
    """All rows of some files; values of CSV files are text."""
    lots = []
    for reader, options, ours in (
        ("read_csv", _AS_TEXT, [p for p in paths if p.suffix != ".parquet"]),
        ("read_parquet", "", [p for p in paths if p.suffix == ".parquet"]),
    ):
        names = ", ".join("'" + str(path).replace("'", "''") + "'" for path in ours)
        if names:
            lots.append(f"FROM {reader}([{names}], union_by_name = true, filename = 'source_file'{options})")
    return " UNION ALL BY NAME ".join(lots)


def _members(con: duckdb.DuckDBPyConnection, last_day: date, seed: int) -> Members:
    """How prone members are to get in touch is in no file: that is drawn again."""
    names = {row[0] for row in con.execute("DESCRIBE people").fetchall()}
    language = "coalesce(language, 'English')" if "language" in names else "'English'"
    columns = con.sql(
        f"""
        SELECT member_id, CAST(age AS INTEGER) AS age, gender, plan_type, CAST(tenure_months AS INTEGER) AS tenure,
               segment, state, {language} AS language, CAST(join_date AS DATE) AS join_date
        FROM people ORDER BY member_id
        """
    ).to_arrow_table()
    joined = columns["join_date"].to_numpy().astype("datetime64[D]") - np.datetime64(last_day)
    return Members(
        age=_ints(columns["age"]),
        gender=_codes(columns["gender"], ("F", "M")),
        plan=_codes(columns["plan_type"], PLANS),
        tenure=_ints(columns["tenure"]),
        segment=_codes(columns["segment"], SEGMENTS),
        state=_codes(columns["state"], tuple(catalog()["states"])),
        language=_codes(columns["language"], LANGUAGES),
        joined=joined.astype(np.int64),
        proneness=1 + weighted(stream(seed, "following members"), PRONENESS, columns.num_rows),
        ids=columns["member_id"].combine_chunks().cast(pa.string()),
    )


def _ints(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _codes(column: pa.ChunkedArray, names: tuple[str, ...]) -> Ints:
    """The place of each value among `names`; a value that is not there counts as the first."""
    found = column.combine_chunks().dictionary_encode()
    places = {name: place for place, name in enumerate(names)}
    codes = np.array([places.get(name, 0) for name in found.dictionary.to_pylist()], dtype=np.int64)
    return codes[np.asarray(found.indices.to_numpy(zero_copy_only=False), dtype=np.int64)]


def _last_day(con: duckdb.DuckDBPyConnection, source: Path) -> date:
    found = con.execute("SELECT max(TRY_CAST(call_date AS DATE)) FROM call_center").fetchall()[0][0]
    if found is None:
        raise _missing("The call center's files hold no call.", source)
    last: date = found
    return last


def _recent(con: duckdb.DuckDBPyConnection, last_day: date) -> RecentCalls:
    names = {row[0] for row in con.execute("DESCRIBE call_center").fetchall()}
    agent = f"TRY_CAST(substr(agent_id, 3) AS INTEGER) - {_FIRST_AGENT}" if "agent_id" in names else "-1"
    rows = con.execute(
        f"""
        SELECT list_position($topics, call_topic) - 1 AS topic, place AS member,
               TRY_CAST(call_date AS DATE) - $last - 1 AS day, coalesce({agent}, -1) AS agent
        FROM call_center
        JOIN (SELECT member_id, row_number() OVER (ORDER BY member_id) - 1 AS place FROM people) USING (member_id)
        WHERE TRY_CAST(call_date AS DATE) > $last - {_REMEMBERED} AND list_contains($topics, call_topic)
        """,
        {"topics": list(TOPICS), "last": last_day},
    ).fetchnumpy()
    return RecentCalls(*(np.asarray(rows[name], dtype=np.int64) for name in ("topic", "member", "day", "agent")))


def _next_number(con: duckdb.DuckDBPyConnection, table: str) -> int:
    column, prefix = NUMBERED[table]
    highest = con.execute(
        f"SELECT max(TRY_CAST(substr({column}, {len(prefix) + 1}) AS BIGINT)) FROM {table} "
        f"WHERE starts_with({column}, '{prefix}')"
    ).fetchall()[0][0]
    return int(highest or 0) + 1


def _unreadable(error: duckdb.Error, source: Path) -> MissingDataError:
    return _missing(f"The source files cannot be read: {str(error).splitlines()[0]}", source)


def _missing(what: str, source: Path) -> MissingDataError:
    return MissingDataError(
        what, where=str(source), next_step="Give a folder that `command-center generate` has written."
    )
