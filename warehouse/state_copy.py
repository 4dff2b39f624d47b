"""A store's rows from its SQLite file into its schema in PostgreSQL, and back, compared value by value.

What makes a table travels with it: the words that SQLite was told, of which PostgreSQL gets its own form.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from warehouse.errors import MissingDataError, UsageError
from warehouse.state_database import FIRST, OWN_TABLES, Database, named_errors, typed

if TYPE_CHECKING:
    from psycopg import Connection

_WAIT = "10s"
_INTERNAL = "sqlite_%"
_STORES = """
SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s::text)
AND to_regclass(format('%%I.%%I', nspname, %s::text)) IS NOT NULL ORDER BY nspname
"""
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'"
_COLUMNS = "SELECT column_name FROM information_schema.columns WHERE table_schema = %s AND table_name = %s"


class Copier(Protocol):
    """How one store's rows are copied; both ways raise MissingDataError for what does not arrive as it was."""

    tell_tale: str
    """A table that a schema of such a store has, so that it is found."""

    def to_tables(self, file: sqlite3.Connection, connection: Connection[Any], schema: str) -> int:
        """Make the schema's tables in the connection's transaction and fill them; the number of rows."""
        ...

    def to_file(self, connection: Connection[Any], schema: str, file: sqlite3.Connection) -> int:
        """Make the tables in an empty file and fill them; the number of rows."""
        ...


@contextmanager
def connected(database: Database) -> Iterator[Connection[Any]]:
    """A connection whose transactions begin and end as they are told to.

    Raises UsageError without what `make postgres` installs, StateError for what the server refuses.
    """
    try:
        from psycopg import connect
    except ImportError as error:
        raise UsageError(
            "State in PostgreSQL needs packages that are not installed.", where="[database] url",
            next_step="Run `make postgres`.",
        ) from error  # fmt: skip
    address = database.address.set(drivername="postgresql").render_as_string(hide_password=False)
    with named_errors(), connect(address, autocommit=True, connect_timeout=5) as connection:
        connection.execute(f"SET lock_timeout = '{_WAIT}'")
        yield connection


def stores_in(database: Database, connection: Connection[Any], tell_tales: Iterable[str]) -> dict[str, str]:
    """The schema of each store that a database holds, by the store's name."""
    begins = database.of("")
    found = (
        str(row[0])
        for table in dict.fromkeys(tell_tales)
        for row in connection.execute(_STORES, (begins, table)).fetchall()
    )
    return {schema.removeprefix(begins): schema for schema in sorted(found)}


def tables_in(connection: Connection[Any], schema: str) -> list[str]:
    """The names of a schema's tables."""
    return sorted(str(row[0]) for row in connection.execute(_TABLES, (schema,)).fetchall())


class Tables:
    """The copier of every store that opens its file by `open_state` or `open_private`."""

    tell_tale = "written"

    def to_tables(self, file: sqlite3.Connection, connection: Connection[Any], schema: str) -> int:
        """See Copier."""
        connection.execute(f'SET LOCAL search_path TO "{schema}"')
        connection.execute(FIRST.format(schema))
        for name, made in file.execute(
            "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE ? ORDER BY rowid",
            (_INTERNAL,),
        ).fetchall():
            connection.execute(typed(made))
            connection.execute("INSERT INTO declared (name, statement) VALUES (%s, %s)", (name, made))
        return sum(_table_in(file, connection, schema, table) for table in _tables_of(file))

    def to_file(self, connection: Connection[Any], schema: str, file: sqlite3.Connection) -> int:
        """See Copier."""
        connection.execute(f'SET LOCAL search_path TO "{schema}"')
        there = [table for table in tables_in(connection, schema) if table not in OWN_TABLES]
        for name, made in connection.execute("SELECT name, statement FROM declared ORDER BY rowid").fetchall():
            exists = connection.execute(
                "SELECT to_regclass(%s)", (f'"{schema}"."{name.split(".")[0]}"',)
            ).fetchone()
            if exists and exists[0] is not None:
                file.execute(made)
        if there != sorted(_tables_of(file)):
            raise _not_as_it_was(schema, "its tables")
        return sum(_table_out(connection, schema, table, file) for table in there)


def _table_in(file: sqlite3.Connection, connection: Connection[Any], schema: str, table: str) -> int:
    key, columns = _key(file, table), _columns(file, table)
    names = columns if key in columns else [key, *columns]
    listed, rows = ", ".join(f'"{name}"' for name in names), 0
    with connection.cursor().copy(f'COPY "{table}" ({listed}) FROM STDIN') as copying:
        for row in _rows_of(file, table, key, names):
            copying.write_row(row)
            rows += 1
    last = max(_last_of(file, table), _highest(connection, table, key))
    if last:
        connection.execute(
            "SELECT setval(pg_get_serial_sequence(%s, %s), %s)", (f'"{schema}"."{table}"', key, last)
        )
    _compare(file, connection, table, key, names)
    return rows


def _table_out(connection: Connection[Any], schema: str, table: str, file: sqlite3.Connection) -> int:
    key, columns = _key(file, table), _columns(file, table)
    names = columns if key in columns else [key, *columns]
    there = {str(row[0]) for row in connection.execute(_COLUMNS, (schema, table)).fetchall()}
    if there - {"rowid"} != set(columns):
        raise _not_as_it_was(schema, f"the columns of {table}")
    listed, places = ", ".join(f'"{name}"' for name in names), ", ".join("?" * len(names))
    insert = f'INSERT INTO "{table}" ({listed}) VALUES ({places})'
    rows = file.executemany(insert, _rows_in(connection, table, key, names)).rowcount
    _go_on_after(connection, schema, table, key, file)
    _compare(file, connection, table, key, names)
    return max(rows, 0)


def _go_on_after(connection: Connection[Any], schema: str, table: str, key: str, file: sqlite3.Connection) -> None:
    """A number that was given once and whose row is gone is not given again, where the store asked for that."""
    found = connection.execute("SELECT pg_get_serial_sequence(%s, %s)", (f'"{schema}"."{table}"', key)).fetchone()
    made = file.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    if found is None or "AUTOINCREMENT" not in made[0].upper():
        return
    last, used = connection.execute(f"SELECT last_value, is_called FROM {found[0]}").fetchone() or (0, False)
    file.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
    file.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last if used else last - 1))


def _tables_of(file: sqlite3.Connection) -> list[str]:
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE ? ORDER BY rowid"
    return [name for (name,) in file.execute(sql, (_INTERNAL,))]


def _columns(file: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in file.execute(f'PRAGMA table_info("{table}")')]


def _key(file: sqlite3.Connection, table: str) -> str:
    """The column that SQLite numbers rows by: its own, or the table's when that is one whole-number key."""
    keys = [(row[1], row[2].upper()) for row in file.execute(f'PRAGMA table_info("{table}")') if row[5]]
    return str(keys[0][0]) if len(keys) == 1 and keys[0][1] == "INTEGER" else "rowid"


def _last_of(file: sqlite3.Connection, table: str) -> int:
    """The last number that was given in a table whose numbers are given once."""
    if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        return 0
    found = file.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return int(found[0]) if found else 0


def _highest(connection: Connection[Any], table: str, key: str) -> int:
    found = connection.execute(f'SELECT max("{key}") FROM "{table}"').fetchone()
    return int(found[0]) if found and found[0] is not None else 0


def _rows_of(file: sqlite3.Connection, table: str, key: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    listed = ", ".join(f'"{name}"' for name in names)
    for row in file.execute(f'SELECT {listed} FROM "{table}" ORDER BY "{key}"'):
        yield tuple(_kept(value) for value in row)


def _rows_in(connection: Connection[Any], table: str, key: str, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    listed = ", ".join(f'"{name}"' for name in names)
    with connection.cursor(f"rows of {table}") as cursor:  # a named cursor: the rows stay with the server
        yield from cursor.execute(f'SELECT {listed} FROM "{table}" ORDER BY "{key}"')


def _kept(value: object) -> object:
    """A value as PostgreSQL can hold it: no text there has a zero byte."""
    return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


def _compare(
    file: sqlite3.Connection, connection: Connection[Any], table: str, key: str, names: Sequence[str]
) -> None:
    if digest(_rows_of(file, table, key, names)) != digest(_rows_in(connection, table, key, names)):
        raise _not_as_it_was(table, "its rows")


def digest(rows: Iterable[Sequence[Any]]) -> str:
    """A hash of rows in their order: another value or another type of one makes it another."""
    found = hashlib.sha256()
    for row in rows:
        found.update(repr(tuple(row)).encode(errors="surrogatepass") + b"\n")
    return found.hexdigest()


def _not_as_it_was(where: str, what: str) -> MissingDataError:
    return MissingDataError(
        f"The copy is not what it was made of: {what} differ. Nothing was changed.", where=where,
        next_step="Serve the state where it lies once, which brings it up to date; stop, and try again.",
    )  # fmt: skip
