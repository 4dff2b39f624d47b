"""Copies of a small warehouse in which only what a reader may not see differs: their answers must not."""

from __future__ import annotations

from pathlib import Path

import duckdb

from warehouse.policy import load_policy
from warehouse.snapshots import connect, current

KEPT = 6  # one member in so many, so that a statement takes milliseconds
_IDENTITY = ("member_id", "event_id")
_HIDDEN = ("direct_identifier", "free_text")


class Worlds:
    """`everything`, `relabelled` (ids, texts and hours are others), and `only(attribute, value)`."""

    def __init__(self, warehouse: Path) -> None:
        self._warehouse = warehouse
        self._made: dict[str, duckdb.DuckDBPyConnection] = {}

    @property
    def everything(self) -> duckdb.DuckDBPyConnection:
        """A sample of all rows."""
        return self._world("everything", {}, "TRUE")

    @property
    def relabelled(self) -> duckdb.DuckDBPyConnection:
        """The same rows with other ids, names, texts and times of day."""
        replaced = {}
        for table in load_policy().tables.values():
            for column in table.columns.values():
                if column.kind in _IDENTITY:
                    replaced[table.name, column.name] = f"md5('salt' || {column.name})"
                elif column.kind in _HIDDEN:
                    replaced[table.name, column.name] = "'other'"
                elif column.kind == "time" and column.type == "TIMESTAMP":
                    # Midnight stays: `>` and `>=` a day tell an event at its very first moment from a later one.
                    day, name = f"date_trunc('day', {column.name})", column.name
                    other = f"{day} + to_seconds((1 + hash({name}) % 86398)::BIGINT)"
                    replaced[table.name, name] = f"CASE WHEN {name} = {day} THEN {name} ELSE {other} END"
        return self._world("relabelled", replaced, "TRUE")

    def only(self, attribute: str, value: str) -> duckdb.DuckDBPyConnection:
        """Only the rows that a reader with this attribute may see."""
        return self._world(f"{attribute}={value}", {}, f"{attribute} = '{value}'")

    def close(self) -> None:
        """Let go of all copies."""
        for world in self._made.values():
            world.close()

    def _world(self, name: str, replaced: dict[tuple[str, str], str], where: str) -> duckdb.DuckDBPyConnection:
        if name not in self._made:
            self._made[name] = self._copy(replaced, where)
        return self._made[name]

    def _copy(self, replaced: dict[tuple[str, str], str], where: str) -> duckdb.DuckDBPyConnection:
        connection = connect(current(self._warehouse))
        connection.execute("SET search_path = 'memory.main'; CREATE SCHEMA memory.gold; SET threads = 1")
        for table in load_policy().tables.values():
            wanted = [column.name for column in table.columns.values()]
            found = connection.execute(
                "SELECT column_name FROM duckdb_columns() WHERE database_name = 'serve' AND schema_name = 'gold' "
                "AND table_name = ? ORDER BY column_index",
                [table.name],
            ).fetchall()
            columns = ", ".join(
                f"{replaced.get((table.name, name), name)} AS {name}" for (name,) in found if name in wanted
            )
            rows = [f"hash(member_id) % {KEPT} = 0" if table.is_member_level else "TRUE"]
            attribute = where.split(" ")[0]
            if where != "TRUE" and table.access != "reference":
                rows.append(where if attribute in table.columns else "FALSE")
            connection.execute(
                f"CREATE TABLE memory.gold.{table.name} AS SELECT {columns} FROM serve.gold.{table.name} "
                f"WHERE {' AND '.join(rows)}"
            )
        connection.execute("USE memory.gold")
        return connection
