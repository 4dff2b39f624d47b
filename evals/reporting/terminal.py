"""A report on the terminal: regressions first, a table of suites, then what is not correct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from evals.trials.judging import OUTCOMES

_STYLES = {"correct": "green", "clarified": "cyan", "abstained": "yellow", "failed_loudly": "magenta"}
_MOST = 60  # cases named one by one


def show(document: Mapping[str, Any], console: Console, page: str) -> None:
    """Print a report (`evals.reporting.report.report`); `page` is where its HTML lies."""
    for line in document["gate"]["worse"]:
        console.print(f"worse than before: {line}", style="red", markup=False, highlight=False)
    table = Table(title=f"Run {document['run']['id']}, chat model {document['run']['model']}")
    table.add_column("suite", no_wrap=True)
    paid = any(body["cost_usd"] for body in document["suites"].values())
    for heading in ("cases", *OUTCOMES, "p50 ms", "p95 ms", *(["$"] if paid else [])):
        table.add_column(heading.replace("_", " "), justify="right")
    for name, body in document["suites"].items():
        cells = [_cell(body["outcomes"][outcome]) for outcome in OUTCOMES]
        times = [f"{body[key]:.0f}" for key in ("p50_ms", "p95_ms")]
        cost = [f"{body['cost_usd']:.4f}"] if paid else []
        table.add_row(name, str(body["cases"]), *cells, *times, *cost)
    console.print(table)
    wrong = [case for case in document["cases"] if case["outcome"] != "correct"]
    for case in wrong[:_MOST]:
        why = ", ".join(case["failures"]) or "; ".join(case["notes"][:1])
        console.print(
            f"{case['suite']} {case['id']} {case['outcome']} ({why[:120]}): {case['question'][:120]}",
            markup=False, highlight=False, style=_STYLES.get(case["outcome"], "red"),
        )  # fmt: skip
    if len(wrong) > _MOST:
        console.print(f"... and {len(wrong) - _MOST} more")
    console.print(f"Report: {page}", markup=False, highlight=False, soft_wrap=True)


def _cell(share: Mapping[str, float]) -> str:
    if not share["count"]:
        return "0"
    return f"{share['count']:.0f}\n{100 * share['low']:.0f}-{100 * share['high']:.0f} %"


def show_comparison(document: Mapping[str, Any], console: Console) -> None:
    """Print two runs side by side."""
    one, other = document["runs"]
    table = Table(title=f"{one['id']} ({one['model']}) against {other['id']} ({other['model']})")
    for heading in ("suite", "cases of both", "correct before", "correct now", "worse", "better", "p worse"):
        table.add_column(heading, justify="left" if heading == "suite" else "right")
    for name, body in document["suites"].items():
        shares = [f"{100 * body[key]:.1f} %" for key in ("before", "now")]
        counts = [str(body[key]) for key in ("worse", "better")]
        table.add_row(name, str(body["cases"]), *shares, *counts, f"{body['p_worse']:.3f}")
    console.print(table)
    for name in document["prompts_changed"]:
        console.print(f"The prompt of {name} is another one.")
    for case in document["worse"]:
        console.print(
            f"worse: {case['suite']} {case['id']} was {case['before']}, is {case['outcome']}: {case['question']}",
            markup=False, highlight=False, style="red",
        )  # fmt: skip
