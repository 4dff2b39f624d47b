"""What planning a question takes of the processor, and what the planner and the server take of memory.

`python -m benchmarks.planning [FILE ...]` plans the questions of case files as the eval suites do, warm, with the
time of the processor for each; the rules alone are the peer. `--warehouse DIR` also starts the server on it and
reads the memory of all its processes. Fails over the goal with `--goal`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

CASES = Path(__file__).parents[1] / "evals" / "cases" / "authors"
FILES = (CASES / "jb_1.yml", CASES / "o_1.yml")
GOAL_MS = 20.0
ROUNDS = 3
WARM_SECONDS = 30
Row = tuple[str, str, str]


def main() -> int:
    """Print the table; 1 when the median is over the goal and `--goal` asks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="*", default=FILES)
    parser.add_argument("--warehouse", type=Path, help="a built warehouse to start the server on")
    parser.add_argument("--goal", action="store_true", help=f"fail when the median is over {GOAL_MS:g} ms")
    arguments = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    median, rows = planning(arguments.files)
    if arguments.warehouse:
        rows += serving(arguments.warehouse)
    table = Table("what", "measured", "ratio")
    for row in rows:
        table.add_row(*row)
    Console(width=110).print(table)
    return int(arguments.goal and median > GOAL_MS)


def planning(files: Sequence[Path]) -> tuple[float, list[Row]]:
    """The median in milliseconds of processor time, and rows of (what, figure, ratio)."""
    before = resident_mb(os.getpid())
    from evals.suites.questions import CaseFile

    imported = resident_mb(os.getpid())
    read = [CaseFile.read(path) for path in files]
    started = time.process_time()
    planners = [file.planner() for file in read]
    for planner in planners:
        planner.ready()
    ready, loaded = time.process_time() - started, resident_mb(os.getpid())
    planners[0].plan("How many calls did we get last month?", as_of=read[0].as_of, first_day=read[0].first_day)
    asked = resident_mb(os.getpid())
    whole, rules = list[float](), list[float]()
    for file, planner in zip(read, planners, strict=True):
        questions = [str(item["q"]) for item in file.items]
        whole += _timed(planner, questions, file.as_of, file.first_day)
        judged, planner.__dict__["reranker"] = planner.reranker, None
        rules += _timed(planner, questions, file.as_of, file.first_day)
        planner.__dict__["reranker"] = judged
    median = _at(whole, 0.5)
    rows = [
        ("planning a question, rules alone, median", f"{_at(rules, 0.5):.1f} ms", "1 x"),
        (
            f"with the second reading, median of {len(whole)}",
            f"{median:.1f} ms",
            f"{median / _at(rules, 0.5):.1f} x",
        ),
        ("95th percentile", f"{_at(whole, 0.95):.1f} ms", f"{_at(whole, 0.95) / _at(rules, 0.95):.1f} x"),
        ("longest", f"{max(whole):.1f} ms", ""),
        (f"making {len(planners)} planners ready", f"{ready:.1f} s", ""),
        ("memory, nothing but this program", f"{before} MB", "1 x"),
        ("  with the planner's code", f"{imported} MB", f"{imported / before:.1f} x"),
        (f"  with {len(planners)} planners and the judge", f"{loaded} MB", f"{loaded / before:.1f} x"),
        ("  after the first question", f"{asked} MB", f"{asked / before:.1f} x"),
        (f"  after all {len(whole)}", f"{resident_mb(os.getpid())} MB", ""),
    ]
    return median, rows


def _timed(planner: object, questions: Sequence[str], as_of: date, first_day: date) -> list[float]:
    """Milliseconds of processor time for each question, the best of a few: other work on the machine disturbs."""
    from agents.planner import Planner

    assert isinstance(planner, Planner)
    best = [float("inf")] * len(questions)
    for _ in range(ROUNDS):
        for at, question in enumerate(questions):
            started = time.process_time()
            planner.plan(question, as_of=as_of, first_day=first_day)
            best[at] = min(best[at], (time.process_time() - started) * 1000)
    return best


def _at(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def serving(warehouse: Path) -> list[Row]:
    """Memory of the server and of all its processes: as it listens, and when it has warmed up and shown a page."""
    import httpx

    from benchmarks.site import make_users, running, signed_in

    with tempfile.TemporaryDirectory() as folder:
        var = Path(folder)
        passwords = make_users(var, {"executive": "executive"})
        with running(warehouse, var) as address:
            server = next(_children(os.getpid()))
            first, all_first = resident_mb(server), _family_mb(server)
            cookies = signed_in(address, "executive", passwords["executive"])
            httpx.get(
                f"{address}/dashboard", cookies=cookies, timeout=120, follow_redirects=True
            ).raise_for_status()
            time.sleep(WARM_SECONDS)
            later, all_later = resident_mb(server), _family_mb(server)
    return [
        ("server as it listens; with its workers", f"{first} MB; {all_first} MB", ""),
        (f"{WARM_SECONDS:g} s after its first page; with its workers", f"{later} MB; {all_later} MB", ""),
    ]


def resident_mb(pid: int) -> int:
    """Megabytes of memory that a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        yield from map(int, (task / "children").read_text(encoding="utf-8").split())


def _family_mb(pid: int) -> int:
    return resident_mb(pid) + sum(_family_mb(child) for child in _children(pid))


if __name__ == "__main__":
    sys.exit(main())
