"""Runs trials in several processes, one instance at a time, and hands every observation over as it comes."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import groupby
from pathlib import Path

from evals.trials.observing import Bench
from evals.trials.trial import Observation, Trial
from warehouse.collector import collect_rarely
from warehouse.logs import silence_libraries
from warehouse.settings import Settings

_CHUNK = 12
_BENCHES: dict[str, Bench] = {}


def run_trials(
    trials: Iterable[Trial],
    folder: Path,
    settings: Settings,
    *,
    jobs: int,
    keep: Callable[[Observation], None],
) -> None:
    """Observe every trial; `keep` gets them in the order in which they are done.

    `folder` holds the instances and the workers' own state. One job runs in this process. An assistant is opened
    once a process and instance: trials are handed out in chunks of one instance.
    """
    chunks = list(_chunks(sorted(trials, key=lambda trial: trial.instance)))
    if jobs <= 1 or len(chunks) <= 1:
        try:
            for chunk in chunks:
                for trial in chunk:
                    keep(_bench(trial.instance, folder, settings, "0").observe(trial))
        finally:
            _close()
        return
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(chunks)), spawn, initializer=_begin) as pool:
        waiting: set[Future[list[Observation]]] = {
            pool.submit(_observe, chunk, folder, settings) for chunk in chunks
        }
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                for seen in future.result():
                    keep(seen)


def _begin() -> None:
    silence_libraries()
    collect_rarely()


def _chunks(trials: list[Trial]) -> Iterator[list[Trial]]:
    for _, group in groupby(trials, key=lambda trial: trial.instance):
        of_instance = list(group)
        for at in range(0, len(of_instance), _CHUNK):
            yield of_instance[at : at + _CHUNK]


def _observe(trials: list[Trial], folder: Path, settings: Settings) -> list[Observation]:
    name = multiprocessing.current_process().name
    return [_bench(trial.instance, folder, settings, name).observe(trial) for trial in trials]


def _bench(name: str, folder: Path, settings: Settings, worker: str) -> Bench:
    """The assistant of an instance; the one before it is let go, so that a process holds one at a time."""
    if name not in _BENCHES:
        _close()
        _BENCHES[name] = Bench(name, folder / "instances", folder / "state" / f"{name}-{worker}", settings)
    return _BENCHES[name]


def _close() -> None:
    while _BENCHES:
        _BENCHES.popitem()[1].close()
