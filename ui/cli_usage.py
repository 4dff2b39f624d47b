"""The command about what a chat model service was asked for and what it cost."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal import JsonOption, console, load_settings, print_json
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from agents.usage import UsageLine

_COLUMNS = (
    "day (UTC)",
    "user",
    "role",
    "model",
    "answers",
    "requests",
    "failed",
    "tokens in",
    "tokens out",
    "cost",
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(usage)


def usage(
    since: Annotated[str, typer.Option(help="Only from this day on: 2026-10-29.")] = "",
    user: Annotated[str, typer.Option(help="Only of this user.")] = "",
    by_answer: Annotated[bool, typer.Option("--by-answer", help="A line for each answer.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Tokens and cost of the chat model service by user and day, the newest first."""
    from agents.usage import UsageStore

    settings = load_settings()
    with closing(UsageStore(settings.state / "usage.db")) as store:
        lines = list(store.lines(_day(since), user, by_answer=by_answer))
    if as_json:
        print_json([_document(line, by_answer=by_answer) for line in lines])
        return
    _print(lines, by_answer=by_answer)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat() if text else ""
    except ValueError as error:
        raise UsageError(f"{text!r} is not a date.", where="--since", next_step="Write 2026-10-29.") from error


def _document(line: UsageLine, *, by_answer: bool) -> dict[str, object]:
    told = asdict(line)
    spent = told.pop("spent")
    if not by_answer:
        told.pop("answer_id")
    return {**told, **spent, "tokens": line.spent.tokens}


def _print(lines: list[UsageLine], *, by_answer: bool) -> None:
    from rich.table import Table

    if not lines:
        console().print("No chat model service has been asked.", soft_wrap=True)
        return
    table = Table(*(("answer",) if by_answer else ()), *_COLUMNS)
    for line in lines:
        spent = line.spent
        mark = "~" if spent.estimated else ""  # estimated where the service does not count
        tokens = (
            f"{mark}{spent.prompt_tokens:,}",
            f"{mark}{spent.completion_tokens:,}",
            f"${spent.cost_usd:,.4f}",
        )
        counts = (str(line.answers), str(spent.requests), str(spent.failed))
        who = (line.answer_id,) if by_answer else ()
        table.add_row(*who, line.day, line.user, line.role, line.model, *counts, *tokens)
    console().print(table)
