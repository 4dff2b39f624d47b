"""The one thread that starts and buries worker processes.

Linux ends a worker when the *thread* that started it ends, so no thread of a caller may start one. Burying takes
the time that the kernel needs to give back the worker's memory, which no caller should wait for.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

Result = TypeVar("Result")


class Keeper:
    """Runs tasks one after the other, each at its time, in a thread that lives as long as the process."""

    def __init__(self) -> None:
        self._tasks: list[tuple[float, int, Callable[[], object]]] = []
        self._number = itertools.count()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="worker-keeper", daemon=True).start()

    def soon(self, task: Callable[[], object], *, after: float = 0.0) -> None:
        """Run a task that raises nothing, `after` seconds from now."""
        with self._changed:
            heapq.heappush(self._tasks, (time.monotonic() + after, next(self._number), task))
            self._changed.notify()

    def now(self, task: Callable[[], Result]) -> Result:
        """Run a task and wait for its result; what it raises is raised here."""
        future: Future[Result] = Future()

        def run() -> None:
            try:
                future.set_result(task())
            except BaseException as error:
                future.set_exception(error)

        self.soon(run)
        return future.result()

    def _run(self) -> None:
        while True:
            with suppress(Exception):  # a task that failed must not cost the ones after it
                self._next()()

    def _next(self) -> Callable[[], object]:
        with self._changed:
            while True:
                wait = self._tasks[0][0] - time.monotonic() if self._tasks else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._tasks)[2]
                self._changed.wait(wait)


_keeper: Keeper | None = None
_making = threading.Lock()


def keeper() -> Keeper:
    """This process's keeper."""
    global _keeper
    with _making:
        if _keeper is None:
            _keeper = Keeper()
        return _keeper


def _forget() -> None:
    """In a forked process the thread is not there."""
    global _keeper, _making
    _keeper, _making = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)
