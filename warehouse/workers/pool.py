"""The server's side: statements on one snapshot and class of data, run by processes that may be lost.

The database files are opened by workers only; this process sees names, plain values and codes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary, finalize

from warehouse.engine import Rows
from warehouse.errors import CommandCenterError, DeniedError, MissingDataError, UsageError
from warehouse.guard.statement import Catalog, Parameter, TableKey
from warehouse.policy import Data
from warehouse.settings import Limits
from warehouse.snapshots import BUILD_AGAIN, Snapshot
from warehouse.workers import wire
from warehouse.workers.crew import MOST, Crew
from warehouse.workers.files import Files, files_of
from warehouse.workers.process import Opening, Unanswered, Worker
from warehouse.workers.remembered import Remembered

_log = logging.getLogger(__name__)
_GRACE = 0.5  # seconds after the time limit until a worker that cannot be interrupted is killed
_PLANNING = 2.0  # seconds
_OPENING = 60.0  # seconds for a worker to start and open its files
Result = TypeVar("Result")


class _Unread(Exception):
    """The worker was gone before it read what it was told."""


class WorkerPool:
    """Runs statements on one snapshot. Safe to share between threads; its workers end when nobody holds it."""

    def __init__(self, files: Files, limits: Limits) -> None:
        self._path = files.main
        self._prefixes = files.prefixes
        self._limits = limits
        self._catalog: Catalog | None = None
        self._reads: Remembered[frozenset[str]] = Remembered()
        self._numbers: Remembered[int] = Remembered()
        self.opening = _opening(files, limits)
        self._crew = Crew(self.opening, limits.workers)
        self._end = finalize(self, self._crew.end)
        self._crew.prepare()

    @property
    def catalog(self) -> Catalog:
        """The columns that the snapshot holds. Raises MissingDataError when a worker cannot open it."""
        if self._catalog is None:
            worker = self._open_worker()
            self._crew.give_back(worker)
            found = ((str(schema), str(table), tuple(columns)) for schema, table, columns in worker.catalog or [])
            self._catalog = _catalog(tuple(found), tuple(self._prefixes.items()))
        return self._catalog

    def run(self, sql: str, parameters: Mapping[str, Parameter], *, most: int, seconds: float) -> Rows:
        """Run one guarded statement for `seconds` at most and fetch at most `most` rows.

        Raises DeniedError (time_limit, memory_limit, too_large, busy), UsageError when the statement does not fit
        the data, and MissingDataError when the file is damaged; none of them repeats what the database said.
        """
        return self._ask(_request("run", sql, parameters, seconds, most=most), _rows)

    def table_names(self, sql: str, parameters: Mapping[str, Parameter]) -> set[TableKey]:
        """The base tables that DuckDB's binder would read for this text, seen through every view and CTE."""
        return self._ask(_request("table_names", sql, parameters, _PLANNING), _tables)

    def reads(self, sql: str, parameters: Mapping[str, Parameter]) -> frozenset[str]:
        """The same as `schema.table`, remembered: a snapshot does not change."""
        key = (sql, tuple(sorted(parameters.items())))
        known = self._reads.get(key)
        if known is None:
            names = self.table_names(sql, parameters)
            known = self._reads.put(key, frozenset(".".join(name) for name in names))
        return known

    def number(self, sql: str, parameters: Mapping[str, Parameter], *, seconds: float) -> int:
        """The one number that a statement selects, remembered. Raises what `run` raises."""
        key = (sql, tuple(sorted(parameters.items())))
        known = self._numbers.get(key)
        if known is None:
            found = self.run(sql, parameters, most=1, seconds=seconds)
            known = self._numbers.put(key, int(found.rows[0][0]))
        return known

    def estimated_rows(self, sql: str, parameters: Mapping[str, Parameter]) -> int:
        """The most rows that the planner expects of any step of a statement, which does not run."""
        return self._ask(_request("estimated_rows", sql, parameters, _PLANNING), lambda reply: int(reply["rows"]))

    def process_ids(self) -> tuple[int, ...]:
        """The workers that are there."""
        return self._crew.process_ids()

    def busy_ids(self) -> tuple[int, ...]:
        """Those that run a statement now."""
        return self._crew.busy_ids()

    def close(self) -> None:
        """End the workers without waiting for whoever else holds the pool; a busy one ends after its statement."""
        self._end()

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called; nothing runs here any more."""
        return not self._end.alive

    def _ask(self, request: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Result]) -> Result:
        """A worker that was killed while it was idle looks alive until the last of its threads is gone: whoever
        asks it hears that it read nothing, and asks another."""
        for _ in range(MOST + 1):
            try:
                return self._ask_one(request, read)
            except _Unread:
                continue
        raise self._refusal("not_opened")

    def _ask_one(self, request: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Result]) -> Result:
        worker, keep, code = self._open_worker(), False, ""
        try:
            reply = worker.ask(request, request["seconds"] + _GRACE)
            keep = reply["spent"] is False
            code = reply.get("error", "")
            if not code:
                return read(reply)
        except Unanswered as unanswered:
            code = "time_limit" if unanswered.late else "memory_limit"
            _log.warning("worker %d gave no answer (%s, %s)", worker.id, unanswered, request["do"])
            if unanswered.unread:
                raise _Unread from None
        except (KeyError, TypeError, ValueError) as error:  # no honest worker replies like that
            keep, code = False, "memory_limit"
            _log.warning("worker %d gave an unreadable answer (%s)", worker.id, type(error).__name__)
        finally:
            self._crew.give_back(worker) if keep else self._crew.drop(worker)
        raise self._refusal(str(code))

    def _open_worker(self) -> Worker:
        """A worker with its files open; one that ended by itself while it opened them is followed by one other."""
        try:
            return self._opened()
        except _Unread:
            return self._opened(again=False)

    def _opened(self, *, again: bool = True) -> Worker:
        worker = self._crew.take(self._limits.seconds)
        code = "damaged"
        try:
            code = worker.open(_OPENING)
        except Unanswered as unanswered:
            code = "not_opened"
            if again and not unanswered.late:
                raise _Unread from None
        finally:
            if code:
                self._crew.drop(worker, replace=False)
        if code:
            raise self._refusal(code)
        return worker

    def _refusal(self, code: str) -> CommandCenterError:
        if code in _DENIED:
            what, next_step = _DENIED[code]
            return DeniedError(what, code=code, next_step=next_step)
        if code == "does_not_fit":
            return UsageError(
                "The statement does not fit the tables it reads: a type, an argument or a grouping is wrong.",
                next_step="Compare it with the columns' types; add the missing GROUP BY or CAST.",
            )
        if code == "damaged":
            return MissingDataError(
                "The warehouse file cannot be read.", where=str(self._path), next_step=BUILD_AGAIN
            )
        return MissingDataError(
            "The worker process that should read the warehouse did not start.",
            where=str(self._path),
            next_step="Run `command-center doctor`; raise limits.worker_memory_mb if it is small.",
        )


_DENIED = {
    "time_limit": (
        "The statement took longer than the time limit.",
        "Ask for a shorter period or fewer groups, or raise limits.seconds.",
    ),
    "memory_limit": (
        "The statement needs more memory than the limit.",
        "Ask for a shorter period or fewer groups, or raise limits.memory_mb.",
    ),
    "too_large": (
        "The result has more bytes than a reply may have.",
        "Ask for fewer rows or columns, or raise limits.reply_mb.",
    ),
}
_pools: WeakValueDictionary[tuple[Path, Data, Limits], WorkerPool] = WeakValueDictionary()
_making = threading.Lock()


def open_pool(snapshot: Snapshot, limits: Limits, *, data: Data) -> WorkerPool:
    """The workers on a snapshot's files for a class of data, shared by all in this process.

    Returns at once; the first worker starts meanwhile. A file that cannot be opened shows at the first question.
    """
    files = files_of(snapshot, data)
    with _making:
        pool = _pools.get((files.main, data, limits))
        if pool is None or pool.is_closed:
            pool = WorkerPool(files, limits)
            _pools[files.main, data, limits] = pool
        return pool


def _opening(files: Files, limits: Limits) -> Opening:
    return Opening(
        main=str(files.main),
        attach=files.attach,
        seconds=limits.seconds,
        memory_mb=limits.memory_mb,
        worker_memory_mb=limits.worker_memory_mb,
        reply_bytes=limits.reply_mb * 1_000_000,
        spent_kb=(limits.memory_mb + limits.worker_memory_mb) * 1000 // 2,
    )


def _request(
    do: str, sql: str, parameters: Mapping[str, Parameter], seconds: float, *, most: int = 1
) -> dict[str, Any]:
    packed = {name: wire.pack([value]) for name, value in parameters.items()}
    return {"do": do, "sql": sql, "parameters": packed, "seconds": seconds, "most": most}


def _rows(reply: Mapping[str, Any]) -> Rows:
    columns = tuple((str(name), str(type_)) for name, type_, _, _ in reply["columns"])
    return Rows(columns, wire.rows((kind, cells) for _, _, kind, cells in reply["columns"]))


def _tables(reply: Mapping[str, Any]) -> set[TableKey]:
    return {(str(schema), str(table)) for schema, table in reply["tables"]}


@lru_cache(maxsize=32)
def _catalog(
    found: tuple[tuple[str, str, tuple[str, ...]], ...], prefixes: tuple[tuple[str, str], ...]
) -> Catalog:
    """One for all that hold the same columns: what the guard remembers of one snapshot holds for the next."""
    return Catalog({(schema, table): columns for schema, table, columns in found}, dict(prefixes))
