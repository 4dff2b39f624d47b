"""How the command line shows answers, builds, tables and progress."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from rich.table import Table

from ui.units import display

if TYPE_CHECKING:
    from agents.answer import Answer, AnswerPart
    from semantic.model import SemanticModel
    from ui.doctor import Finding
    from warehouse.build import BuildReport

_TRUST = {
    "verified_query": "verified query",
    "governed_metric": "governed metric",
    "generated_sql": "generated SQL",
    "analysis": "analysis",
    "none": "",
}
_STATE_STYLE = {"ok": "green", "warning": "yellow", "missing": "red"}


@contextmanager
def progress(console: Console, title: str) -> Iterator[Callable[[str, float], None]]:
    """A progress bar that a long step reports to as (label, fraction done)."""
    columns = (TextColumn("[bold]{task.description}"), BarColumn(), TextColumn("{task.fields[step]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        task = bar.add_task(title, total=1.0, step="")

        def report(step: str, fraction: float) -> None:
            bar.update(task, completed=fraction, step=step)

        yield report


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], console: Console) -> None:
    """Rows as they are, numbers to the right."""
    table = Table(header_style="bold")
    for index, name in enumerate(columns):
        numeric = any(isinstance(row[index], int | float) for row in rows)
        table.add_column(name, justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    console.print(table)


def print_answer(answer: Answer, console: Console) -> None:
    """The sentence, the table, how it was read, how far to trust it, what to ask next."""
    console.print(answer.text, markup=False, highlight=False, style="red" if answer.status == "error" else "")
    for choice in answer.choices:
        console.print(f"  - {choice.question}", markup=False)
    for part in answer.parts if len(answer.parts) > 1 else _main_part(answer):
        _print_part(part, console)
    _print_provenance(answer, console)
    for question in answer.follow_ups:
        console.print(f"  > {question}", markup=False, style="cyan")


def _main_part(answer: Answer) -> list[AnswerPart]:
    from agents.answer import AnswerPart

    if answer.parts:
        return answer.parts
    return [AnswerPart(columns=answer.columns, rows=answer.rows, sql=answer.sql)] if answer.columns else []


def _print_part(part: AnswerPart, console: Console) -> None:
    if part.columns and part.rows:
        table = Table(title=part.title or None, title_justify="left", header_style="bold")
        for column in part.columns:
            numeric = column.role in ("metric", "derived")
            table.add_column(column.label or column.name, justify="right" if numeric else "left")
        for row in part.rows:
            table.add_row(*(display(cell, c.unit) for cell, c in zip(row, part.columns, strict=True)))
        console.print(table)
    if part.sql:
        console.print(Padding(Syntax(part.sql, "sql", word_wrap=True, background_color="default"), (0, 2)))


def _print_provenance(answer: Answer, console: Console) -> None:
    if answer.interpretation:
        console.print(f"Read as: {answer.interpretation}", markup=False, style="dim")
    for assumption in answer.assumptions:
        console.print(f"Assumed: {assumption}", markup=False, style="dim")
    if answer.as_of:
        trust = _TRUST.get(answer.trust, answer.trust)
        line = " | ".join(
            filter(None, [trust, f"as of {answer.as_of}", f"snapshot {answer.snapshot}", answer.answer_id])
        )
        console.print(line, markup=False, style="dim")


def print_build(report: BuildReport, console: Console, *, as_json: bool) -> None:
    """What a build took, quarantined and published."""
    if as_json:
        console.print_json(json.dumps(asdict(report), default=str))
        return
    state = "published" if report.published else "already up to date"
    console.print(f"Snapshot {report.snapshot} {state}; as of {report.as_of}.", highlight=False)
    if report.quarantine:
        table = Table("reason", "rows", title="Quarantined", title_justify="left")
        for reason, rows in sorted(report.quarantine.items()):
            table.add_row(reason, f"{rows:,}")
        console.print(table)


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """One line each: what, its state, how to mend it."""
    table = Table("check", "state", "detail", "next")
    for finding in findings:
        style = _STATE_STYLE[finding.state]
        table.add_row(finding.name, f"[{style}]{finding.state}[/]", finding.detail, finding.next_step)
    console.print(table)


def print_definition(model: SemanticModel, name: str, console: Console, *, as_json: bool) -> None:
    """One metric or dimension, or the list of metrics. Raises UsageError for an unknown name."""
    from rapidfuzz import process

    from warehouse.errors import UsageError

    known: dict[str, Any] = {**model.metrics, **model.dimensions}
    if name and name not in known:
        nearest = process.extractOne(name, known)
        hint = f"Did you mean {nearest[0]}?" if nearest else "Run `command-center model show` for the list."
        raise UsageError(f"The semantic model has no {name!r}.", where="model show", next_step=hint)
    chosen = {name: known[name]} if name else model.metrics
    if as_json:
        console.print_json(json.dumps({key: item.__dict__ for key, item in chosen.items()}, default=str))
        return
    table = Table("name", "label", "what it is", "owner")
    for key, item in chosen.items():
        table.add_row(key, item.label, item.description, item.owner)
    console.print(table)


def _plain(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:,.4f}".rstrip("0").rstrip(".")
    return cell.isoformat() if isinstance(cell, date | datetime) else str(cell)
