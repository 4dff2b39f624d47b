"""What each layer of the guard catches alone: every refused statement of the lists through every layer.

`python -m benchmarks.guard_layers` prints the table of docs/security.md. With `--warehouse DIR` it also sends the
statements past the guard, straight to a worker on the executives' file, and says what that depth stops.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from warehouse.errors import CommandCenterError
from warehouse.guard import Allow, check
from warehouse.guard.decision import Refused
from warehouse.guard.judge import LAYERS
from warehouse.guard.statement import Statement
from warehouse.guard.statement_file import principal_of
from warehouse.policy import load_policy
from warehouse.principal import Principal
from warehouse.settings import Limits
from warehouse.snapshots import current
from warehouse.workers.files import files_of
from warehouse.workers.pool import WorkerPool

DATA = Path(__file__).parents[1] / "tests" / "data"
LISTS = (DATA / "guard_statements.jsonl", DATA / "guard_attacks.jsonl")
NAMES = tuple(layer.__name__ for layer in LAYERS)


@dataclass
class Counts:
    """By layer: statements that it refuses, and those that no other layer refuses."""

    statements: int = 0
    catches: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    allowed: int = 0


def caught_by(sql: str, reader: Principal) -> set[str]:
    """The layers that refuse a statement when no refusal of an earlier one stops it.

    A layer that an earlier one left nothing to work on does not count: it would fail closed.
    """
    policy = load_policy()
    attributes = dict(reader.attributes)
    statement = Statement(sql, policy, policy.roles[reader.role], row_filters=attributes)
    caught = set()
    for layer in LAYERS:
        try:
            layer(statement)
        except Refused:
            caught.add(layer.__name__)
        except Exception:
            continue
    return caught


def count(file: Path) -> Counts:
    """The table's figures for one list of {sql, role, expect, layer}."""
    found = Counts()
    for line in file.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        reader = principal_of(entry["role"])
        if entry["expect"] != "deny" or reader is None:
            continue
        found.statements += 1
        if isinstance(check(entry["sql"], reader), Allow):
            found.allowed += 1  # its rows are filtered, or its small cells hidden, when it runs
            continue
        caught = caught_by(entry["sql"], reader)
        found.catches.update(caught)
        if len(caught) == 1:
            found.alone.update(caught)
    return found


def past_the_guard(file: Path, pool: WorkerPool) -> Counter[str]:
    """What becomes of refused statements that a worker is given as they are."""
    outcomes: Counter[str] = Counter()
    for line in file.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if entry["expect"] != "deny":
            continue
        try:
            rows = pool.run(entry["sql"], {}, most=10, seconds=2.0).rows
            outcomes["rows" if rows else "no rows"] += 1
        except CommandCenterError as error:
            outcomes[str(getattr(error, "code", "does not run"))] += 1
    return outcomes


def milliseconds(texts: Sequence[str]) -> float:
    """The guard's CPU time for one statement, the median; each text is new to it."""
    reader, times = Principal("bench", "executive"), []
    for number, text in enumerate(texts):
        started = time.process_time()
        check(f"{text} -- {number}", reader)
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)


def main() -> None:
    """Print one table a list."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--warehouse", type=Path)
    warehouse = options.parse_args().warehouse
    tables = [count(file) for file in LISTS]
    print("| layer | " + " | ".join(f"{file.name} | only it" for file in LISTS) + " |")
    print("|---|" + "---|" * 2 * len(LISTS))
    for name in NAMES:
        cells = " | ".join(f"{table.catches[name]} | {table.alone[name]}" for table in tables)
        print(f"| {name} | {cells} |")
    print("| left to rewriting and to the result | " + " | ".join(f"{table.allowed} |" for table in tables) + " |")
    print("| statements | " + " | ".join(f"{table.statements} |" for table in tables) + " |")
    benign = (DATA / "guard_benign.sql").read_text().splitlines()[1:]
    print(f"\nMedian CPU time of the guard over {len(benign)} ordinary statements: {milliseconds(benign):.2f} ms")
    if warehouse is not None:
        snapshot, limits = current(warehouse), Limits()
        pool = WorkerPool(files_of(snapshot, data="shared"), limits)
        for file in LISTS:
            print(f"past the guard, {file.name}: {dict(past_the_guard(file, pool))}")
        pool.close()


if __name__ == "__main__":
    main()
