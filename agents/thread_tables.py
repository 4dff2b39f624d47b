"""Conversations in PostgreSQL: LangGraph's own checkpointer, in a schema beside those of the other stores."""

from __future__ import annotations

from typing import ClassVar

from langgraph.checkpoint.postgres import PostgresSaver
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from warehouse.state_database import Database, locked, named_errors

_MOST = 8
_EARLIER = "thread_id = %s AND checkpoint_id < (SELECT max(checkpoint_id) FROM checkpoints WHERE thread_id = %s)"
_UNUSED = """
DELETE FROM checkpoint_blobs b WHERE thread_id = %s AND NOT EXISTS (
    SELECT 1 FROM checkpoints c, jsonb_each_text(c.checkpoint -> 'channel_versions') v
    WHERE c.thread_id = b.thread_id AND c.checkpoint_ns = b.checkpoint_ns
    AND v.key = b.channel AND v.value = b.version)
"""


class TableSaver(PostgresSaver):  # type: ignore[misc]  # of a package that need not be there
    """The checkpointer whose tables can be made inside a transaction."""

    # Indexes that are made "concurrently" wait for everybody who waits for the lock under which they are made.
    MIGRATIONS: ClassVar[list[str]] = [step.replace("CONCURRENTLY ", "") for step in PostgresSaver.MIGRATIONS]


class ThreadTables:
    """The checkpointer with a pool of connections, which reach a server again that was restarted."""

    def __init__(self, database: Database, store: str) -> None:
        schema, address = database.of(store), database.address.set(drivername="postgresql")
        self._pool: ConnectionPool[Connection[dict[str, object]]] = ConnectionPool(
            address.render_as_string(hide_password=False),
            min_size=0,
            max_size=_MOST,
            open=True,
            check=ConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "prepare_threshold": 0,
                "row_factory": dict_row,
                "connect_timeout": 5,
                "options": f"-csearch_path={schema}",
            },
        )
        self.saver = TableSaver(self._pool)
        with named_errors(), locked(database, schema), self._pool.connection() as connection:
            connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            self.saver.setup()

    def forget_earlier(self, key: str) -> None:
        """Drop all but the newest checkpoint of a thread, and the values that it does not hold."""
        with self._pool.connection() as connection, connection.transaction():
            for table in ("checkpoint_writes", "checkpoints"):
                connection.execute(f"DELETE FROM {table} WHERE {_EARLIER}", (key, key))
            connection.execute(_UNUSED, (key,))

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()
