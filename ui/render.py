"""How the command line shows answers, builds, tables and progress."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from ui.fitting import fitted
from ui.printable import printable
from ui.units import HIDDEN, shown, told, why_hidden

if TYPE_CHECKING:
    from agents.answer import Answer, AnswerPart, VerifiedBy
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
_ALIKE = 60  # of 100: how near a name must be to be suggested
_STATE_STYLE = {"ok": "green", "warning": "yellow", "missing": "red"}


@contextmanager
def progress(console: Console, title: str) -> Iterator[Callable[[str, float], None]]:
    """A progress bar that a long step reports to as (label, fraction done)."""
    columns = (TextColumn("[bold]{task.description}"), BarColumn(), TextColumn("{task.fields[step]}"))
    quiet = not console.is_terminal
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task(title, total=1.0, step="")

        def report(step: str, fraction: float) -> None:
            bar.update(task, completed=fraction, step=step)

        yield report


def print_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    console: Console,
    blanks: Mapping[tuple[int, int], str] | None = None,
) -> None:
    """Rows as they are, numbers to the right. `blanks` says what stands in place of (row, column) cells."""
    blanks = blanks or {}
    numeric = [any(isinstance(row[index], int | float) for row in rows) for index in range(len(columns))]
    cells = [
        [Text(blanks.get((number, at)) or _plain(cell)) for at, cell in enumerate(row)]
        for number, row in enumerate(rows)
    ]
    console.print(fitted([printable(name) for name in columns], cells, numeric, console.width))


def print_answer(answer: Answer, console: Console) -> None:
    """The sentence, the table, how it was read, how far to trust it, what to ask next."""
    console.print(_said(answer.text, style="red" if answer.status == "error" else ""), highlight=False)
    for choice in answer.choices:
        console.print(_said(f"  - {choice.question}"))
    for part in answer.parts if len(answer.parts) > 1 else _main_part(answer):
        _print_part(part, console)
    _print_provenance(answer, console)
    for question in answer.follow_ups:
        console.print(_said(f"  > {question}", style="cyan"))


def _said(text: str, style: str = "") -> Text:
    """Text that is shown as it is: no markup, no emoji of `:names:`, nothing that a terminal would obey."""
    return Text(printable(text), style=style)


def _main_part(answer: Answer) -> list[AnswerPart]:
    from agents.answer import AnswerPart

    if answer.parts:
        return answer.parts
    return [AnswerPart(columns=answer.columns, rows=answer.rows, sql=answer.sql)] if answer.columns else []


def _print_part(part: AnswerPart, console: Console) -> None:
    if part.columns and part.rows:
        columns = told(part)
        names = [printable(part.columns[at].label or part.columns[at].name) for at in columns]
        numeric = [part.columns[at].role in ("metric", "derived") and not _is_text(part, at) for at in columns]
        cells = [[Text(printable(shown(part, row, at))) for at in columns] for row in range(len(part.rows))]
        console.print(fitted(names, cells, numeric, console.width, printable(part.title)))
    if part.suppressed:
        console.print(_said(f"{HIDDEN}: {why_hidden(part.small_cell)}.", style="dim"))
    if part.sql:
        console.print(
            Padding(Syntax(printable(part.sql), "sql", word_wrap=True, background_color="default"), (0, 2))
        )


def _is_text(part: AnswerPart, at: int) -> bool:
    return any(isinstance(row[at], str) for row in part.rows)


def _print_provenance(answer: Answer, console: Console) -> None:
    if answer.interpretation:
        console.print(_said(f"Read as: {answer.interpretation}", style="dim"))
    if answer.chips:
        console.print(_said(chip_line(answer), style="dim"))
    if answer.verified:
        console.print(_said(verified_line(answer.verified), style="dim"))
    for assumption in answer.assumptions:
        console.print(_said(f"Assumed: {assumption}", style="dim"))
    if answer.as_of:
        trust = _TRUST.get(answer.trust, answer.trust)
        line = " | ".join(
            filter(None, [trust, f"as of {answer.as_of}", f"snapshot {answer.snapshot}", answer.answer_id])
        )
        console.print(line, markup=False, style="dim")


def chip_line(answer: Answer) -> str:
    """How the question was read, slot by slot, in one line; of several parts the last, which chips are of."""
    asked = [part.question for part in answer.parts if part.question]
    of = f' "{asked[-1]}"' if len(set(asked)) > 1 else ""
    return f"Understood{of}: " + " | ".join(f"{chip.label}: {chip.value}" for chip in answer.chips)


def verified_line(by: VerifiedBy) -> str:
    """The verified query of an answer in one line: owner, day, parameters."""
    checked = f", checked {by.checked}{f' by {by.checked_by}' if by.checked_by else ''}" if by.checked else ""
    said = [f"{p.label}: {p.value}" for p in by.parameters if p.value]
    return " | ".join([f"Verified query: {by.title} ({by.owner}{checked})", *said])


def print_build(report: BuildReport, console: Console, *, as_json: bool) -> None:
    """What a build took, quarantined and published."""
    if as_json:
        console.print_json(json_line(asdict(report)))
        return
    state = "published" if report.published else "already up to date"
    taken = f"{len(report.new_files)} new of {len(report.sources)} files; " if report.new_files else ""
    console.print(
        f"{taken}snapshot {report.snapshot} {state}; as of {report.as_of}.".capitalize(), highlight=False
    )
    for name in report.replaced:
        console.print(
            f"{printable(name)} was taken before with other content; both count, and newer values win. "
            "If it replaces the earlier file, build with --full.",
            style="yellow",
            markup=False,
            highlight=False,
        )
    if report.quarantine_by_file:
        table = Table("file", "reason", "rows", title="Quarantined", title_justify="left")
        for file, reasons in sorted(report.quarantine_by_file.items()):
            for reason, rows in sorted(reasons.items()):
                whole = reason in ("unreadable_file", "missing_columns", "changed_file")
                table.add_row(Text(printable(file)), reason, "the file" if whole else f"{rows:,}")
        console.print(table)
        console.print("Every row is kept with its reason in bronze.quarantine.", style="dim")
    if report.ignored_files:
        names = ", ".join(map(printable, report.ignored_files))
        console.print(f"Not loaded, no table has this name: {names}", markup=False, highlight=False)


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """One line each: what, its state, how to mend it."""
    table = Table("check", "state")
    for name in ("detail", "next"):
        table.add_column(name, overflow="fold")
    for finding in findings:
        state = Text(finding.state, style=_STATE_STYLE[finding.state])
        table.add_row(finding.name, state, Text(finding.detail), Text(finding.next_step))
    console.print(table)


def print_definition(model: SemanticModel, name: str, console: Console, *, as_json: bool) -> None:
    """One metric or dimension, or the list of metrics. Raises UsageError for an unknown name."""
    from rapidfuzz import process

    from semantic.echo import attributions
    from warehouse.errors import UsageError

    known: dict[str, Any] = {**model.metrics, **model.dimensions}
    if name and name not in known:
        nearest = process.extractOne(name, list(known), score_cutoff=_ALIKE)
        hint = f"Did you mean {nearest[0]}?" if nearest else "Run `command-center model show` for the list."
        raise UsageError(f"The semantic model has no {name!r}.", where="model show", next_step=hint)
    chosen = {name: known[name]} if name else model.metrics
    if as_json:
        said = {key: {"attribution": text} for key in chosen if (text := attributions(key, model))}
        entries = {key: item.__dict__ | said.get(key, {}) for key, item in chosen.items()}
        console.print_json(json_line(entries))
        return
    table = Table("name", "label", "what it is", "owner")
    for key, item in chosen.items():
        table.add_row(*(Text(cell) for cell in (key, item.label, item.description, item.owner)))
    console.print(table)
    if name and (both := attributions(name, model)):
        console.print(both, markup=False)


def json_line(document: object) -> str:
    """One line of strict JSON: dates ISO, decimals as numbers, what is not a finite number as null."""
    try:
        return json.dumps(document, default=_json_value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(json.loads(json.dumps(document, default=_json_value))))


def _json_value(value: object) -> object:
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else str(value)


def _finite(value: object) -> object:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _plain(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:,.4f}".rstrip("0").rstrip(".")
    return cell.isoformat() if isinstance(cell, date | datetime) else printable(str(cell))
