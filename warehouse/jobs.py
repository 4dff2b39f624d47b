"""Several statements at once on one engine: a worker is a connection of its own.

A table of one row group is written by one thread only, so most of a build's tables gain nothing from a second
thread, but two of them can be written side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from graphlib import TopologicalSorter
from time import sleep
from typing import Any, TypeVar

import duckdb

Result = TypeVar("Result")
Job = Callable[[duckdb.DuckDBPyConnection], Result]
_STOPPING = 0.1  # seconds between two requests to stop


def side_by_side(con: duckdb.DuckDBPyConnection, jobs: Sequence[Job[Result]], threads: int) -> list[Result]:
    """Run independent jobs, `threads` at once; results in their order. Raises the first failing job's error."""
    with _workers(con, threads) as start:
        futures = [start(job) for job in jobs]
        wait(futures)
    return [future.result() for future in futures]


def in_order(
    con: duckdb.DuckDBPyConnection,
    jobs: dict[str, Job[Result]],
    needs: Mapping[str, Iterable[str]],
    threads: int,
) -> dict[str, Result]:
    """Run named jobs, each after those it needs, `threads` at once. After a failure nothing new starts."""
    order = TopologicalSorter(needs)
    order.prepare()
    running: dict[Future[Result], str] = {}
    done: dict[str, Future[Result]] = {}
    with _workers(con, threads) as start:
        while order.is_active():
            for name in sorted(order.get_ready(), key=list(jobs).index):
                running[start(jobs[name])] = name
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                name = running.pop(future)
                done[name] = future
                order.done(name)
            if any(future.exception() for future in finished):
                for future in running:
                    future.cancel()
                break
    return {name: done[name].result() for name in jobs if name in done}


@contextmanager
def _workers(con: duckdb.DuckDBPyConnection, threads: int) -> Iterator[Callable[[Job[Result]], Future[Result]]]:
    """Starts jobs on workers; left by an exception (Ctrl+C), it stops them before it lets go of the engine."""
    live: set[duckdb.DuckDBPyConnection] = set()
    started: list[Future[Any]] = []

    def run(job: Job[Result]) -> Result:
        with con.cursor() as worker:
            live.add(worker)
            try:
                return job(worker)
            finally:
                live.discard(worker)

    def start(job: Job[Result]) -> Future[Result]:
        future = pool.submit(run, job)
        started.append(future)
        return future

    with ThreadPoolExecutor(threads) as pool:
        try:
            yield start
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(future.done() for future in started):
                for worker in tuple(live):
                    worker.interrupt()
                sleep(_STOPPING)
            raise
