"""What it costs to run statements in another process: the same ones in this process and in warm workers."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from agents.runtime import Assistant
from benchmarks.answers import EXECUTIVE, questions
from warehouse.engine import Engine, open_engine
from warehouse.settings import Settings
from warehouse.snapshots import current
from warehouse.workers.files import files_of
from warehouse.workers.pool import WorkerPool, open_pool
from warehouse.workers.process import Worker

ROUNDS = 5
STARTS = 7
GOAL = 5.0  # milliseconds that a worker may add at the median


def statements(warehouse: Path, settings: Settings) -> list[str]:
    """What the benchmark's questions ask of the warehouse, without those that take parameters."""
    assistant = Assistant.open(settings, warehouse)
    try:
        answers = [assistant.ask(text, EXECUTIVE, f"workers-{n}") for n, text in enumerate(questions())]
    finally:
        assistant.close()
    found = {part.sql for answer in answers for part in answer.parts if part.sql and "$" not in part.sql}
    return sorted(found)


def milliseconds(run: Callable[[str], object], sql: str) -> float:
    """One run of a statement."""
    started = time.perf_counter()
    run(sql)
    return (time.perf_counter() - started) * 1000


def compare(
    asked: Sequence[str], engine: Engine, pool: WorkerPool, settings: Settings
) -> list[tuple[float, float]]:
    """Milliseconds in this process and in a worker, for each statement the best of its turns, warm."""
    most, seconds = settings.limits.rows + 1, settings.limits.seconds
    pairs = []
    for sql in asked:
        here, there = [], []
        for _ in range(ROUNDS):
            here.append(milliseconds(lambda sql: engine.run(sql, {}, most=most), sql))
            there.append(milliseconds(lambda sql: pool.run(sql, {}, most=most, seconds=seconds), sql))
        pairs.append((min(here), min(there)))
    return pairs


def starts(pool: WorkerPool) -> float:
    """Milliseconds until a new worker has its files open, the median."""
    times = []
    for _ in range(STARTS):
        started = time.perf_counter()
        worker = Worker(pool.opening)
        worker.open(60)
        times.append((time.perf_counter() - started) * 1000)
        worker.kill()
        worker.wait()
    return statistics.median(times)


def measure(warehouse: Path, settings: Settings) -> list[tuple[str, str, str]]:
    """Rows of (what, figure, ratio to the same in this process). Fails when a worker adds more than the goal."""
    asked = statements(warehouse, settings)
    files = files_of(current(warehouse), "shared")
    limits = settings.limits
    engine = open_engine(str(files.main), files.attach, memory_mb=limits.memory_mb, seconds=limits.seconds)
    pool = open_pool(current(warehouse), limits, data="shared")
    pairs = compare(asked, engine, pool, settings)
    nothing = compare(["SELECT 1"], engine, pool, settings)[0]
    begun = starts(pool)
    pool.close()
    here, there = (statistics.median(times) for times in zip(*pairs, strict=True))
    added = sorted(worker - own for own, worker in pairs)
    median, high = statistics.median(added), added[int(len(added) * 0.99)]
    assert median < GOAL, f"a worker adds {median:.2f} ms to a statement"
    return [
        (f"statement in this process, median of {len(pairs)}", f"{here:.2f} ms", "1 x"),
        ("the same in a warm worker", f"{there:.2f} ms", f"{there / here:.2f} x"),
        ("  added, median", f"{median:.2f} ms", f"{median / here:.2f} x"),
        ("  added, 99th percentile", f"{high:.2f} ms", f"{high / here:.2f} x"),
        ("  SELECT 1", f"{nothing[1]:.2f} ms", f"{nothing[1] / nothing[0]:.2f} x"),
        ("  start of a worker", f"{begun:.0f} ms", f"{begun / here:.0f} x"),
    ]
