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
        console.print(f"does not pass: {line}", style="red", markup=False, highlight=False)
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


def show_comparison(document: Mapping[str, Any], console: Console, page: str) -> None:
    """Print runs against the first of them (`evals.comparing.comparison`)."""
    first = document["runs"][0]
    for run, pair in zip(document["runs"][1:], document["pairs"], strict=True):
        table = Table(title=f"{run['model']} ({run['id']}) against {first['model']} ({first['id']})")
        for heading in ("suite", "cases", "correct, points", "wrong in silence", "worse", "better", "p"):
            table.add_column(heading, justify="left" if heading == "suite" else "right")
        for name, body in [*pair["suites"].items(), ("all", pair["all"])]:
            points = [_points(body[key]) for key in ("correct", "wrong_in_silence")]
            counts = [str(body[key]) for key in ("worse", "better")]
            table.add_row(name, str(body["cases"]), *points, *counts, f"{body['p']:.3f}")
        console.print(table)
        for name in pair["prompts_changed"]:
            console.print(f"The prompt of {name} is another one.")
    for line in document["gate"]:
        console.print(f"worse: {line}", markup=False, highlight=False, style="red")
    for case in document["differing"][:_MOST]:
        said = ", ".join(one["outcome"] for one in case["said"])
        line = f"{case['suite']} {case['id']} {said}: {case['question'][:120]}"
        console.print(line, markup=False, highlight=False)
    if len(document["differing"]) > _MOST:
        console.print(f"... and {len(document['differing']) - _MOST} more")
    console.print(f"Comparison: {page}", markup=False, highlight=False, soft_wrap=True)


def _points(difference: Mapping[str, float]) -> str:
    value, low, high = (100 * difference[name] for name in ("value", "low", "high"))
    return f"{value:+.1f}\n{low:+.1f} to {high:+.1f}"
