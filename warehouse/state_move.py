"""Moving the stores of a state folder from files into PostgreSQL and back: all of them or none.

What counts is one small file, `state/database`: with it the stores lie in PostgreSQL, without it in files. It is
written or removed in one step, after the copy is whole and was compared; whatever ends the process before that
leaves what was used in use. The audit trail, keys and logs are files either way and stay where they are.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.errors import MissingDataError, UsageError
from warehouse.state_copy import Copier, Tables, connected, stores_in, tables_in
from warehouse.state_database import Database, named_errors
from warehouse.state_file import BOUND

if TYPE_CHECKING:
    from psycopg import Connection

MOVING = "database.moving"
"""The mark of a move into PostgreSQL that has not been switched to yet; its schemas carry it as their comment."""
_PUT_ASIDE = "old{0}_{1}"  # no longer than PostgreSQL's 63 characters with the longest prefix and store
_ABANDONED = "SELECT coalesce(obj_description(to_regnamespace(format('%%I', %s::text))::oid, 'pg_namespace'), '')"


@dataclass(frozen=True)
class Moved:
    """Where the stores lie now, the rows of each, and what was put aside; `already` when they lay there before."""

    place: str
    rows: dict[str, int]
    aside: str = ""
    already: bool = False


class Stores:
    """The stores of one state folder and of one database; `special` are copiers by the name of their store."""

    def __init__(self, state: Path, database: Database, special: Mapping[str, Copier]) -> None:
        self._state = state
        self._database = database
        self._special = dict(special)
        self._note = state / BOUND

    def to_database(self) -> Moved:
        """Move the files' rows into PostgreSQL.

        Raises UsageError for a database with stores in it or a folder that is bound elsewhere, MissingDataError
        for a file that cannot be read or copied as it is, StateError for a server that does not do it.
        """
        if self._is_bound():
            with connected(self._database) as connection:
                rows = self._counted(connection)
            return Moved(self._database.place, rows, self._put_files_aside(), already=True)
        with connected(self._database) as connection, ExitStack() as held:
            files = {file.stem: held.enter_context(_alone(file)) for file in _stores_in(self._state)}
            with connection.transaction():
                self._clear_abandoned(connection)
                rows = self._filled(connection, files, self._marked())
            _write_through(self._note, self._database.place + "\n")  # from here on PostgreSQL is used
        (self._state / MOVING).unlink(missing_ok=True)
        return Moved(self._database.place, rows, self._put_files_aside())

    def to_files(self) -> Moved:
        """Move PostgreSQL's rows into files; its schemas are renamed and kept. Raises as `to_database` does."""
        if not self._is_bound():
            return Moved("files", {file.stem: _rows(file) for file in _stores_in(self._state)}, already=True)
        with (
            tempfile.TemporaryDirectory(prefix=".moving-", dir=self._state.parent) as folder,
            connected(self._database) as connection,
            connection.transaction(),
        ):
            self._lock(connection)
            rows = self._exported(connection, Path(folder))
            self._put_files_aside()
            for file in sorted(Path(folder).iterdir()):
                os.replace(file, self._state / file.name)
            _sync(self._state)
            self._note.unlink()
            _sync(self._state)  # from here on the files are used
            aside = self._put_schemas_aside(connection)
        return Moved("files", rows, aside)

    def export(self, folder: Path) -> dict[str, int]:
        """Write files of the stores in PostgreSQL as they were at one moment, for a backup; writers go on."""
        with connected(self._database) as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return self._exported(connection, folder)

    @contextmanager
    def replacing(self, state: Path, *, force: bool) -> Iterator[str]:
        """Fill PostgreSQL from the files of a backup's state folder, which is left as one that is bound to it.

        That is kept when the block ends well. Gives how the names of what was there begin now. Raises UsageError
        when there is something and no `force`.
        """
        files = _stores_in(state)
        with connected(self._database) as connection, ExitStack() as held:
            opened = {file.stem: held.enter_context(_alone(file)) for file in files}
            with connection.transaction():
                if self._schemas(connection) and not force:
                    raise self._occupied()
                aside = self._put_schemas_aside(connection)
                self._filled(connection, opened, "")
                for file in files:
                    file.unlink()
                _write_through(state / BOUND, self._database.place + "\n")
                yield aside

    def _exported(self, connection: Connection[Any], folder: Path) -> dict[str, int]:
        """Write each store into a file of its own; the rows of each."""
        rows = {}
        for store, schema in self._schemas(connection).items():
            file = folder / f"{store}.db"
            file.touch(mode=0o600)
            with _named(store), closing(sqlite3.connect(file)) as made:
                rows[store] = self._copier(store).to_file(connection, schema, made)
                made.commit()
                made.execute("PRAGMA journal_mode=DELETE")
            _sync(file)
        return rows

    def _put_schemas_aside(self, connection: Connection[Any]) -> str:
        """Rename the stores' schemas so that nothing finds them; how their names begin now."""
        found = self._schemas(connection)
        if not found:
            return ""
        names = {row[0] for row in connection.execute("SELECT nspname FROM pg_namespace").fetchall()}
        begun = next(
            n
            for n in range(1, 10_000)
            if not any(_PUT_ASIDE.format(n, schema) in names for schema in found.values())
        )
        for schema in found.values():
            connection.execute(f'ALTER SCHEMA "{schema}" RENAME TO "{_PUT_ASIDE.format(begun, schema)}"')
        return _PUT_ASIDE.format(begun, self._database.schema)

    def _is_bound(self) -> bool:
        if not self._note.is_file():
            return False
        before = self._note.read_text(encoding="utf-8").strip()
        if before != self._database.place:
            raise UsageError(
                f"The state of this folder lies in PostgreSQL elsewhere ({before}).", where=str(self._state),
                next_step="Set `database.url` to that address, move the state to files, then set the new one.",
            )  # fmt: skip
        return True

    def _copier(self, store: str) -> Copier:
        return self._special.get(store, _TABLES)

    def _schemas(self, connection: Connection[Any]) -> dict[str, str]:
        tell_tales = (_TABLES.tell_tale, *(copier.tell_tale for copier in self._special.values()))
        return stores_in(self._database, connection, tell_tales)

    def _counted(self, connection: Connection[Any]) -> dict[str, int]:
        own, rows = ("written", "declared", "checkpoint_migrations", "checkpoint_blobs"), {}
        for store, schema in self._schemas(connection).items():
            tables = [table for table in tables_in(connection, schema) if table not in own]
            counts = [
                connection.execute(f'SELECT count(*) FROM "{schema}"."{table}"').fetchone() for table in tables
            ]
            rows[store] = sum(int(count[0]) for count in counts if count)
        return rows

    def _filled(
        self, connection: Connection[Any], files: dict[str, sqlite3.Connection], mark: str
    ) -> dict[str, int]:
        rows = {}
        for store, file in files.items():
            schema = self._database.of(store)
            with _named(store):
                rows[store] = self._copier(store).to_tables(file, connection, schema)
            if mark:
                connection.execute(f"COMMENT ON SCHEMA \"{schema}\" IS '{mark}'")
        return rows

    def _lock(self, connection: Connection[Any]) -> None:
        """Keep writers away, before anything is read: what is read then is the last that was written."""
        schemas = self._schemas(connection).values()
        named = [f'"{schema}"."{table}"' for schema in schemas for table in tables_in(connection, schema)]
        if named:
            connection.execute(f"LOCK TABLE {', '.join(named)} IN SHARE MODE")

    def _marked(self) -> str:
        mark = f"command-center move {secrets.token_hex(8)}"
        _write_through(self._state / MOVING, mark)
        return mark

    def _clear_abandoned(self, connection: Connection[Any]) -> None:
        """Drop what an interrupted move of this folder left, as long as nobody used it; refuse anything else."""
        file = self._state / MOVING
        mark = file.read_text(encoding="utf-8").strip() if file.is_file() else ""
        found = self._schemas(connection)
        if found and not (mark and all(_is_abandoned(connection, schema, mark) for schema in found.values())):
            raise self._occupied()
        for schema in found.values():
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE')

    def _occupied(self) -> UsageError:
        return UsageError(
            f"There are stores in this database already ({self._database.place}).", where="[database] url",
            next_step="Name another database or prefix, or drop the schemas when nobody needs them.",
        )  # fmt: skip

    def _put_files_aside(self) -> str:
        """Files that are not used beside PostgreSQL's stores, in a folder beside; where they lie now."""
        files = [file for file in self._state.glob("*.db*") if file.suffix.split("-")[0] == ".db"]
        if not files:
            return ""
        beside = (self._state.with_name(f"{self._state.name}.replaced-{n}") for n in range(1, 10_000))
        folder = next(path for path in beside if not path.exists())
        folder.mkdir(mode=0o700)
        for file in files:
            os.replace(file, folder / file.name)
        return str(folder)


_TABLES = Tables()


def _stores_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.db") if file.is_file())


def _is_abandoned(connection: Connection[Any], schema: str, mark: str) -> bool:
    found = connection.execute(_ABANDONED, (schema,)).fetchone()
    if found is None or found[0] != mark:
        return False
    written = connection.execute("SELECT to_regclass(%s)", (f'"{schema}".written',)).fetchone()
    if written is None or written[0] is None:
        return True
    number = connection.execute(f'SELECT number FROM "{schema}".written').fetchone()
    return number is not None and number[0] == 0


@contextmanager
def _alone(file: Path) -> Iterator[sqlite3.Connection]:
    """A file that nobody else writes to as long as this lasts."""
    with closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as connection:
        with _named(file.stem):
            connection.execute("BEGIN IMMEDIATE")
            found = connection.execute("PRAGMA quick_check").fetchone()
        if found != ("ok",):
            raise MissingDataError("A database of the state is damaged.", where=str(file))
        yield connection


@contextmanager
def _named(store: str) -> Iterator[None]:
    try:
        with named_errors():
            yield
    except sqlite3.Error as error:
        raise MissingDataError(
            f"A store of the state cannot be copied as it is ({error}).", where=store,
            next_step="Nothing was changed. End whatever else writes to it, and try again.",
        ) from error  # fmt: skip


def _rows(file: Path) -> int:
    with _named(file.stem), closing(sqlite3.connect(file)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return sum(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for (name,) in tables)


def _write_through(file: Path, text: str) -> None:
    """Write a file whole or not at all, and have the disk keep it."""
    draft = file.with_name(f"{file.name}.draft")
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft.write_text(text, encoding="utf-8")
    _sync(draft)
    os.replace(draft, file)
    _sync(file.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
