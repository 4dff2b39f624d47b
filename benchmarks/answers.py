"""One answer's time in a warm process, split into its parts, with the ratio to the raw DuckDB query alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from agents.answer import Answer
from agents.runtime import Assistant
from semantic.loader import load_model
from warehouse.principal import Principal
from warehouse.settings import Settings
from warehouse.snapshots import Snapshot, connect, current

ROUNDS = 4
PARTS = ("plan", "compile", "guard", "query", "render")
EXECUTIVE = Principal("benchmark", "executive")


def questions() -> list[str]:
    """The verified queries' own examples and one plain question for each metric."""
    model = load_model()
    verified = [text for query in model.verified_queries.values() for text in query.questions[:2]]
    plain = [f"{metric.label} by plan type" for metric in model.metrics.values()]
    return verified + plain


def ask_all(assistant: Assistant, asked: Sequence[str]) -> list[tuple[float, Answer]]:
    """Milliseconds from question to rendered answer, each in a thread of its own, after one warm-up round."""
    timed = []
    for number in range(ROUNDS + 1):
        for index, question in enumerate(asked):
            started = time.perf_counter()
            answer = assistant.ask(question, EXECUTIVE, f"bench-{number}-{index}")
            if number:
                timed.append(((time.perf_counter() - started) * 1000, answer))
    return timed


def raw_milliseconds(snapshot: Snapshot, statements: Sequence[str]) -> float:
    """Median milliseconds of the same statements in DuckDB alone, warm."""
    times = []
    with connect(snapshot) as connection:
        for number in range(2):
            for statement in statements:
                started = time.perf_counter()
                connection.execute(statement).fetchall()
                if number:
                    times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


def measure(warehouse: Path, settings: Settings) -> list[tuple[str, str, str]]:
    """Rows of (what, figure, ratio to the raw query)."""
    assistant = Assistant.open(settings, warehouse)
    try:
        timed = ask_all(assistant, questions())
    finally:
        assistant.close()
    answered = [(ms, answer) for ms, answer in timed if answer.status == "answered" and answer.sql]
    statements = sorted(
        {part.sql for _, answer in answered for part in answer.parts if part.sql and "$" not in part.sql}
    )
    raw = raw_milliseconds(current(warehouse), statements)
    times = sorted(ms for ms, _ in answered)
    median, high = statistics.median(times), times[int(len(times) * 0.99)]
    rows = [
        (f"answer, median of {len(times)}", f"{median:.0f} ms", f"{median / raw:.1f} x"),
        ("answer, 99th percentile", f"{high:.0f} ms", f"{high / raw:.1f} x"),
    ]
    for part in PARTS:
        spent = statistics.median(answer.timings_ms.get(part, 0.0) for _, answer in answered)
        rows.append((f"  {part}", f"{spent:.1f} ms", f"{spent / raw:.2f} x"))
    return [*rows, ("raw DuckDB query, median", f"{raw:.1f} ms", "1 x")]
