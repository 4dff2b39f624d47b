"""The shared files: of every governed gold table what all roles may read, and nothing else.

Which columns those are says `policy/tables.yml` by kind: dimensions, ordinals, days and measures. Instead of a
member's id there is a number that only the warehouse's secret leads to, instead of an event's id one that says
nothing; names, addresses and texts are left out. Moments are noon of their day (midnight stays midnight), which
compares with any day's first moment as the moment itself does. Rows are in an order of their own.

Marts carry for each row and each measure the bits of the members behind it (`member_bits`,
`<measure>__members`): one of 64 bits a member, so that bit_count(bit_or(...)) over any rows is never more than
the number of members behind them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
from sqlglot import exp

from warehouse import event_forms, pseudonyms, value_words
from warehouse.errors import MissingDataError
from warehouse.event_forms import Mart
from warehouse.jobs import Job, side_by_side
from warehouse.policy import Column, Table, load_policy
from warehouse.policy.loader import GOVERNED_SCHEMA, MEMBER_BIT
from warehouse.pseudonyms import Pseudonyms, number_of
from warehouse.runner import SqlModel

_OF_TABLE, _OF_DAY = 56, 32  # an event's number: the table's from this bit, its segment's first day, its row
_BIT = "CAST(1 AS UBIGINT) << (member_key % 64)"
_ORDERED_BY = 4  # dimensions, between the day and the member's number
_OPEN = ("dimension", "ordinal", "time", "measure")
_STOOD_FOR = ("member_id", "event_id")


@dataclass(frozen=True)
class Copied:
    """One gold table of one segment: its catalog there and in the shared part, and its segment's first day."""

    model: SqlModel
    gold: str
    shared: str
    starts: date | None = None

    @property
    def source(self) -> str:
        return f"{self.gold}.{self.model.table}"


class SharedCopy:
    """Makes the shared tables of one build from its gold tables.

    `models` are all, in the order of what they read. Raises MissingDataError for a mart that has no event form.
    """

    def __init__(self, known: Pseudonyms, models: Sequence[SqlModel]) -> None:
        self._pseudonyms = known
        policy = load_policy()
        self._tables = policy.tables
        self._marts = event_forms.marts_among(tuple(models), policy)

    @property
    def digest(self) -> str:
        """Changes with whatever changes a shared table: the secret, the kinds of columns, how they are made."""
        kinds = [
            (table.name, table.access, column.name, column.kind, column.type)
            for table in self._tables.values()
            for column in table.columns.values()
        ]
        found = hashlib.sha256(repr((self._pseudonyms.digest, sorted(kinds))).encode())
        for file in (__file__, event_forms.__file__, pseudonyms.__file__, value_words.__file__):
            found.update(Path(file).read_bytes())
        return found.hexdigest()[:16]

    def holds(self, model: SqlModel) -> bool:
        """Whether a model's table is governed: no other is shared."""
        return model.layer == GOVERNED_SCHEMA and model.name in self._tables

    def number_members(self, con: duckdb.DuckDBPyConnection) -> None:
        """`build.pseudonyms`: the number of every member in `build.member_keys`."""
        number = number_of("member_id", "member")
        sql = f"CREATE TABLE build.pseudonyms AS SELECT member_id, {number} AS member_key FROM build.member_keys"
        con.execute(sql, self._pseudonyms.parameters(sql))
        counted = "SELECT count(*) = count(DISTINCT member_key) FROM build.pseudonyms"
        if not con.execute(counted).fetchall()[0][0]:
            raise MissingDataError(
                "Two members have the same pseudonym.",
                where=pseudonyms.SECRET_FILE,
                next_step="Remove the file, which holds the secret of this warehouse, and build again.",
            )

    def copy(self, con: duckdb.DuckDBPyConnection, wanted: Sequence[Copied], threads: int) -> None:
        """Write shared tables; those of members' rows and sums first, since the marts are summed up from them.

        Last the values that members' rows have, counted (`warehouse.value_words`).
        """
        governed = [copied for copied in wanted if self.holds(copied.model)]
        for are_marts in (False, True):
            chosen = [copied for copied in governed if (copied.model.name in self._marts) == are_marts]
            side_by_side(con, [self._job(copied) for copied in chosen], threads)
        catalogs = dict.fromkeys(c.shared for c in governed if self._tables[c.model.name].is_member_level)
        side_by_side(con, [self._count(catalog) for catalog in catalogs], threads)

    def _count(self, catalog: str) -> Job[None]:
        return lambda worker: value_words.count(worker, catalog, self._tables.values())

    def view(self, model: SqlModel, rows: str) -> str:
        """What the snapshot's own file shows of a table of all segments, whose union is the query `rows`."""
        is_member_level = self._tables[model.name].is_member_level
        return f"SELECT *, {_BIT} AS {MEMBER_BIT} FROM ({rows})" if is_member_level else rows

    def _job(self, copied: Copied) -> Job[None]:
        def make(worker: duckdb.DuckDBPyConnection) -> None:
            mart = self._marts.get(copied.model.name)
            select = self._copied(copied, worker) if mart is None else _mart(mart, copied.shared)
            sql = f"CREATE TABLE {copied.shared}.{copied.model.table} AS {select}"
            worker.execute(sql, self._pseudonyms.parameters(sql))

        return make

    def _copied(self, copied: Copied, worker: duckdb.DuckDBPyConnection) -> str:
        """The SELECT of a table that is no mart."""
        table = self._tables[copied.model.name]
        held = [name for name, *_ in worker.execute(f"SELECT * FROM {copied.source} LIMIT 0").description or ()]
        columns = [table.columns[name] for name in held if name in table.columns]
        if not table.is_member_level:
            opened = ", ".join(f'"{column.name}"' for column in columns if column.kind in _OPEN)
            return f"SELECT {opened} FROM {copied.source}"
        own = _own_id(copied.model, columns)
        rows = _pseudonymous(table, [column for column in columns if column != own], copied.source)
        if own is None:
            return rows
        first = copied.starts.toordinal() << _OF_DAY if copied.starts else 0
        base = (sorted(self._tables).index(table.name) << _OF_TABLE) + first
        return f"SELECT {base} + row_number() OVER () AS {own.stand_in}, * FROM ({rows})"


def _own_id(model: SqlModel, columns: Sequence[Column]) -> Column | None:
    """The id that tells one row of the table from another, if the model checks that every row has one."""
    filled = {name for check in model.header.checks for name in check.get("not_null", ())}
    return next(
        (c for c in columns if c.kind == "event_id" and c.name in model.header.grain and c.name in filled), None
    )


def _pseudonymous(table: Table, columns: Sequence[Column], source: str) -> str:
    """A member-level table's rows without ids, in an order that says nothing about where they stood."""
    listed = ", ".join(_stand_in(column) for column in columns if column.kind in (*_OPEN, *_STOOD_FOR))
    member = next(column.name for column in columns if column.kind == "member_id")
    dimensions = [f'r."{column.name}"' for column in columns if column.kind == "dimension"]
    day = [f'CAST(r."{table.day}" AS DATE)'] if table.day else []
    order = ", ".join([*day, *dimensions[:_ORDERED_BY], "p.member_key"])
    joined = f"{source} AS r JOIN build.pseudonyms AS p ON p.member_id = r.{member}"
    return f"SELECT {listed} FROM {joined} ORDER BY {order}"


def _stand_in(column: Column) -> str:
    """A column as all roles may read it."""
    name = f'r."{column.name}"'
    if column.kind == "member_id":
        return f"p.member_key AS {column.stand_in}"
    if column.kind == "event_id":
        return f"CASE WHEN {name} IS NOT NULL THEN {number_of(name, 'event')} END AS {column.stand_in}"
    if column.type == "TIMESTAMP":
        day = f"date_trunc('day', {name})"
        return f'CASE WHEN {name} = {day} THEN {day} ELSE {day} + INTERVAL 12 HOUR END AS "{column.name}"'
    return name


def _mart(mart: Mart, shared: str) -> str:
    """The SELECT of a mart with the bits of its members, over shared tables."""
    select = event_forms.with_members(mart)
    for table in select.find_all(exp.Table):
        if (table.db, table.name) == (GOVERNED_SCHEMA, mart.source):
            rows = f"{shared}.{GOVERNED_SCHEMA}.{mart.source}"
            columns = ["*"] if mart.is_rollup else ["*", f"{_BIT} AS {MEMBER_BIT}"]
            query = exp.select(*columns).from_(exp.to_table(rows))
            table.replace(query.subquery(table.alias_or_name))
    return select.sql(dialect="duckdb")
