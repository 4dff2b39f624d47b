"""Several statements at once on one engine: a worker is a connection of its own with the same search path.

A table of one row group is written by one thread only, so most of a build's tables gain nothing from a second
thread, but two of them can be written side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from typing import TypeVar

import duckdb

Result = TypeVar("Result")
Job = Callable[[duckdb.DuckDBPyConnection], Result]
SEARCH_PATH = "memory.main,lake.bronze,lake.silver,serve.gold"


def side_by_side(con: duckdb.DuckDBPyConnection, jobs: Sequence[Job[Result]], threads: int) -> list[Result]:
    """Run independent jobs, `threads` at once; results in their order. Raises the first failing job's error."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(_on_worker, con, job) for job in jobs]
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
    with ThreadPoolExecutor(threads) as pool:
        while order.is_active():
            for name in sorted(order.get_ready(), key=list(jobs).index):
                running[pool.submit(_on_worker, con, jobs[name])] = name
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                name = running.pop(future)
                done[name] = future
                order.done(name)
            if any(future.exception() for future in finished):
                pool.shutdown(cancel_futures=True)
                break
    return {name: done[name].result() for name in jobs if name in done}


def _on_worker(con: duckdb.DuckDBPyConnection, job: Job[Result]) -> Result:
    with con.cursor() as worker:
        worker.execute(f"SET search_path = '{SEARCH_PATH}'")
        return job(worker)
