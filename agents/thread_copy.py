"""Conversations from LangGraph's SQLite file into its PostgreSQL tables, and back.

Both lay a checkpoint out in their own way, so each is read by the one checkpointer and written by the other;
what tasks wrote on the way lies in rows of the same columns.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, cast

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite import SqliteSaver

from warehouse.errors import MissingDataError
from warehouse.state_copy import digest

if TYPE_CHECKING:
    from langgraph.checkpoint.base import CheckpointTuple
    from psycopg import Connection

_Saver = BaseCheckpointSaver[str]
_KEY = "thread_id, checkpoint_ns, checkpoint_id, task_id, idx"
_WRITES = f"{_KEY}, task_path, channel, type"


class ThreadCopier:
    """See warehouse.state_copy.Copier."""

    tell_tale = "checkpoint_migrations"

    def to_tables(self, file: sqlite3.Connection, connection: Connection[Any], schema: str) -> int:
        """See Copier."""
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        connection.execute(f'SET LOCAL search_path TO "{schema}"')
        tables = _tables(connection)
        if not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoints'").fetchone():
            return 0
        kept = SqliteSaver(file)
        kept.is_setup = True  # asking again would end the transaction that keeps writers away
        rows = file.execute(f"SELECT {_WRITES}, value FROM writes").fetchall()
        insert = f"INSERT INTO checkpoint_writes ({_WRITES}, blob) VALUES ({', '.join(['%s'] * 9)})"
        with connection.cursor() as cursor:
            cursor.executemany(insert, rows)
        return _copied(kept, tables, schema) + len(rows)

    def to_file(self, connection: Connection[Any], schema: str, file: sqlite3.Connection) -> int:
        """See Copier."""
        connection.execute(f'SET LOCAL search_path TO "{schema}"')
        made = SqliteSaver(file)
        made.setup()
        rows = connection.execute(f"SELECT {_WRITES}, blob FROM checkpoint_writes").fetchall()
        places = ", ".join("?" * 9)
        file.executemany(f"INSERT INTO writes ({_WRITES}, value) VALUES ({places})", rows)
        return _copied(_tables(connection, setup=False), made, schema) + len(rows)


def _tables(connection: Connection[Any], *, setup: bool = True) -> _Saver:
    from psycopg.rows import dict_row

    from agents.thread_tables import TableSaver

    saver = TableSaver(connection)
    if setup:
        connection.row_factory = dict_row  # as the checkpointer reads its own rows
        try:
            saver.setup()
        finally:
            connection.row_factory = _plain_rows()
    return cast(_Saver, saver)


def _plain_rows() -> Any:
    from psycopg.rows import tuple_row

    return tuple_row


def _copied(source: _Saver, target: _Saver, where: str) -> int:
    """Write every checkpoint; how many. Raises MissingDataError when the target reads back as anything else."""
    found = sorted(source.list(None), key=_place)
    for one in found:
        configurable = one.config["configurable"]
        parent = (one.parent_config or {}).get("configurable", {}).get("checkpoint_id")
        place = {"thread_id": configurable["thread_id"], "checkpoint_ns": configurable["checkpoint_ns"]}
        target.put(
            {"configurable": {**place, "checkpoint_id": parent}},
            one.checkpoint,
            one.metadata,
            one.checkpoint["channel_versions"],
        )
    back = sorted(target.list(None), key=_place)
    if digest(_told(source, one) for one in found) != digest(_told(source, one) for one in back):
        raise MissingDataError("The copy is not what it was made of: its conversations differ.", where=where)
    return len(found)


def _place(one: CheckpointTuple) -> tuple[str, ...]:
    place = one.config["configurable"]
    return str(place["thread_id"]), str(place["checkpoint_ns"]), str(place["checkpoint_id"])


def _told(saver: _Saver, one: CheckpointTuple) -> tuple[object, ...]:
    """All that a checkpoint says, in an order of its own."""
    kept = {**one.checkpoint, "channel_values": None}.items()
    values, writes = one.checkpoint["channel_values"], one.pending_writes or ()
    return (
        _place(one),
        (one.parent_config or {}).get("configurable", {}).get("checkpoint_id"),
        sorted((name, repr(value)) for name, value in kept if not isinstance(value, dict)),
        sorted((name, sorted(map(repr, value.items()))) for name, value in kept if isinstance(value, dict)),
        sorted((name, saver.serde.dumps_typed(value)) for name, value in values.items()),
        sorted(map(repr, one.metadata.items())),
        sorted((task, channel, saver.serde.dumps_typed(value)) for task, channel, value in writes),
    )
