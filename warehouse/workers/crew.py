"""The workers of one pool: who is idle, how many there are, when another one starts."""

from __future__ import annotations

import os
import threading
import time
from weakref import WeakSet

from warehouse.errors import DeniedError, MissingDataError
from warehouse.workers.keeper import keeper
from warehouse.workers.process import Opening, Worker

MOST = 4  # workers at once, however many callers
_PATIENCE = 0.05  # seconds that a caller waits for a busy worker before another one is started
_SPARE_AFTER = 1.0  # seconds until the workers beside the first start: a single question is over by then
_BURYING = 0.02  # seconds between two looks at a killed worker
_IDLE = 60.0  # seconds after which a worker beyond the warm ones goes


class Crew:
    """Workers that all read the same files. Safe to share between threads; it never runs a statement itself."""

    def __init__(self, opening: Opening, warm: int) -> None:
        self._opening = opening
        self._warm = warm
        self._begin()
        _crews.add(self)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._idle: list[tuple[float, Worker]] = []  # with the moment since when
        self._busy: set[Worker] = set()
        self._starting = 0
        self._ended = False

    def take(self, seconds: float) -> Worker:
        """A worker for this caller alone, perhaps one that is still opening its files; `give_back` or `drop` it.

        Raises DeniedError (busy) when all stay busy for `seconds`, MissingDataError when none can be started.
        """
        begun = time.monotonic()
        with self._changed:
            while not self._ended:
                worker = self._idle_one()
                if worker is not None:
                    return self._taken(worker)
                now = time.monotonic()
                patient_until = begun + _PATIENCE if self._count() else now
                if self._count() < MOST and now >= patient_until:
                    break
                if now >= begun + seconds:
                    raise _all_busy()
                wait_until = min(begun + seconds, patient_until) if self._count() < MOST else begun + seconds
                self._changed.wait(max(wait_until - now, 0.001))
            if self._ended:
                raise _closed()
            self._starting += 1
        return self._start_for_caller()

    def give_back(self, worker: Worker) -> None:
        """The caller is done with it."""
        with self._changed:
            self._busy.discard(worker)
            if not self._ended:
                self._idle.append((time.monotonic(), worker))
                self._changed.notify()
                return
        _bury(worker)

    def drop(self, worker: Worker, *, replace: bool = True) -> None:
        """Kill it; another one takes its place when too few are left, unless it could not open its files."""
        with self._changed:
            self._busy.discard(worker)
            self._changed.notify()
        _bury(worker)
        if replace:
            self._fill_soon(self._warm)

    def prepare(self) -> None:
        """Start the first worker now and the other warm ones a little later; waits for neither."""
        self._fill_soon(1)
        self._fill_soon(self._warm, after=_SPARE_AFTER)

    def end(self) -> None:
        """Let every worker go: the idle ones now, a busy one when its caller is done."""
        with self._changed:
            self._ended = True
            idle, self._idle = [worker for _, worker in self._idle], []
            self._changed.notify_all()
        for worker in idle:
            worker.kill()
        for worker in idle:
            worker.wait()

    def process_ids(self) -> tuple[int, ...]:
        """The process ids of all workers."""
        with self._changed:
            return (*(worker.id for _, worker in self._idle), *(worker.id for worker in self._busy))

    def busy_ids(self) -> tuple[int, ...]:
        """The process ids of those that have a caller."""
        with self._changed:
            return tuple(worker.id for worker in self._busy)

    def forget(self) -> None:
        """In a forked process: the workers belong to the other one."""
        for worker in (*(worker for _, worker in self._idle), *self._busy):
            worker.forget()
        self._begin()

    def _count(self) -> int:
        return len(self._idle) + len(self._busy) + self._starting

    def _idle_one(self) -> Worker | None:
        """The worker that was busy last, before any that is still opening its files; those that died go."""
        for dead in [entry for entry in self._idle if entry[1].has_ended]:
            self._idle.remove(dead)
            _bury(dead[1])
        entry = next((e for e in reversed(self._idle) if e[1].is_open), self._idle[-1] if self._idle else None)
        if entry is None:
            return None
        self._idle.remove(entry)
        return entry[1]

    def _taken(self, worker: Worker) -> Worker:
        self._busy.add(worker)
        oldest = self._idle[0] if self._idle else None
        if oldest and self._count() > self._warm and time.monotonic() - oldest[0] > _IDLE:
            self._idle.remove(oldest)
            _bury(oldest[1])
        return worker

    def _start_for_caller(self) -> Worker:
        worker = None
        try:
            worker = keeper().now(lambda: Worker(self._opening))
            return worker
        finally:
            with self._changed:
                self._starting -= 1
                if worker is not None:
                    self._busy.add(worker)
                self._changed.notify()

    def _fill_soon(self, to: int, *, after: float = 0.0) -> None:
        keeper().soon(lambda: self._fill(to), after=after)

    def _fill(self, to: int) -> None:
        """In the keeper's thread. A failure is told to the caller who then starts one himself."""
        while True:
            with self._changed:
                if self._ended or self._count() >= to:
                    return
                self._starting += 1
            worker = None
            try:
                worker = Worker(self._opening)
            except MissingDataError:
                return
            finally:
                with self._changed:
                    self._starting -= 1
                    if worker is not None:
                        self._busy.add(worker)
            self.give_back(worker)


def _bury(worker: Worker) -> None:
    """Kill a worker now; the keeper asks until it is gone."""
    worker.kill()
    if not worker.has_ended:
        keeper().soon(lambda: _bury(worker), after=_BURYING)


def _all_busy() -> DeniedError:
    return DeniedError(
        "Every worker was busy with other statements until the time limit.",
        code="busy",
        next_step="Ask again in a moment; limits.workers says how many stay warm.",
    )


def _closed() -> MissingDataError:
    return MissingDataError("The warehouse was closed.", next_step="Open it again.")


_crews: WeakSet[Crew] = WeakSet()


def _forget_all() -> None:
    for crew in list(_crews):
        crew.forget()


os.register_at_fork(after_in_child=_forget_all)
