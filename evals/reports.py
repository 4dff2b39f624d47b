"""What a suite run shows: a table of outcomes by group, the questions that went wrong, JSON for scripts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from evals.outcomes import OUTCOMES, Scored

Groups = dict[str, list[Scored]]
GOOD = ("exact", "right_refusal")


def counts(scored: Sequence[Scored]) -> dict[str, int]:
    """Questions by outcome, every outcome present."""
    found = Counter(item.outcome for item in scored)
    return {outcome: found[outcome] for outcome in OUTCOMES}


def percentile(scored: Sequence[Scored], share: float) -> float:
    """Milliseconds of processor time within which this share of the questions was planned."""
    ordered = sorted(item.milliseconds for item in scored)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def _by_tag(scored: Sequence[Scored]) -> dict[str, dict[str, int]]:
    tags = sorted({tag for item in scored for tag in item.tags})
    return {tag: counts([item for item in scored if tag in item.tags]) for tag in tags}


def as_json(groups: Groups) -> dict[str, Any]:
    """Counts, times and the questions that are neither exact nor rightly refused."""
    return {
        name: {
            "questions": len(scored),
            "outcomes": counts(scored),
            "by_tag": _by_tag(scored),
            "p50_ms": round(percentile(scored, 0.5), 2),
            "p99_ms": round(percentile(scored, 0.99), 2),
            "not_good": [
                {"id": s.id, "question": s.question, "outcome": s.outcome, "slots": list(s.differences)}
                for s in scored
                if s.outcome not in GOOD
            ],
        }
        for name, scored in groups.items()
    }  # fmt: skip


def print_groups(groups: Groups, console: Console) -> None:
    """The table and below it what went wrong."""
    table = Table(title="Questions by outcome")
    table.add_column("group")
    for heading in ("questions", *OUTCOMES, "p50 ms", "p99 ms"):
        table.add_column(heading.replace("_", " "), justify="right")
    for name, scored in groups.items():
        numbers = [str(number) for number in counts(scored).values()]
        times = [f"{percentile(scored, share):.1f}" for share in (0.5, 0.99)]
        table.add_row(name, str(len(scored)), *numbers, *times)
    console.print(table)
    for name, scored in groups.items():
        for item in scored:
            if item.outcome not in GOOD:
                slots = f" ({', '.join(item.differences)})" if item.differences else ""
                console.print(
                    f"{name} {item.id} {item.outcome}{slots}: {item.question}", markup=False, highlight=False
                )
