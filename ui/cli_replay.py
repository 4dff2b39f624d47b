"""The command that runs a stored answer's plan again: does it still hold, and what changed since."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ui.acting import operator
from ui.cli_company import company_of
from ui.terminal import (
    JsonOption,
    ModelOption,
    PurposeOption,
    WarehouseOption,
    complain,
    console,
    load_settings,
    principal_of,
    print_json,
)
from warehouse.errors import DeniedError, UsageError
from warehouse.state_file import is_kept

if TYPE_CHECKING:
    from rich.console import Console

    from agents.answer_store import AnswerStore, KeptAnswer
    from agents.differences import Differences
    from agents.replay import Replay, ReplayedPart
    from warehouse.principal import Principal
    from warehouse.settings import Settings

_SHOWN = 50  # lines of a table
_DIFFERS, _DENIED = 1, 3
OPERATOR = "cli"  # whoever asks on the command line has no account


def replay(
    answer_id: Annotated[str, typer.Argument(help="A stored answer's id, or how it begins.")],
    against: Annotated[
        Literal["same", "newest"], typer.Option(help="Its own snapshot, or the one that is served now.")
    ] = "same",
    same_words: Annotated[
        bool, typer.Option("--same-words", help="newest: read a period such as last week on the new day.")
    ] = False,
    purpose: PurposeOption = None,
    model: ModelOption = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run an answer's plan again as its reader: identical (exit 0) or what differs (exit 1)."""
    from agents.replay import replay as run
    from agents.runtime import Assistant

    if same_words and against == "same":
        raise UsageError(
            "On its own snapshot, words mean the same days.",
            where="--same-words",
            next_step="Add --against newest.",
        )
    settings = load_settings()
    company = company_of(settings, model, warehouse)
    with closing(Assistant.open(settings, warehouse or settings.warehouse, company=company)) as assistant:
        kept = assistant.answers.kept(whole_id(answer_id, assistant.answers))
        reader = _reader(kept, purpose, settings)
        found = run(assistant, kept, reader, against, same_words=same_words, by=operator())
    if as_json:
        print_json(document(found))
    else:
        _print(found, console())
    if found.denied:
        complain("The reader may not see a part of it: see the reasons. Member rows need --purpose.")
        raise typer.Exit(_DENIED)
    raise typer.Exit(0 if found.identical or against == "newest" else _DIFFERS)


def _reader(kept: KeptAnswer, purpose: str | None, settings: Settings) -> Principal:
    """The answer's reader with the rights of today: those of the account, if the reader has one.

    Raises DeniedError (exit 3) when the account is gone, locked or of another role.
    """
    from agents.replay import reader_of

    reader = reader_of(kept)
    if purpose is not None:
        reader = principal_of(reader.role, purpose)
        reader = replace(reader, user=kept.user, attributes=kept.attributes)
    if reader.user == OPERATOR or not is_kept(settings.state / "users.db"):
        return reader
    from ui.accounts import open_accounts

    with closing(open_accounts(settings)) as accounts:
        account = accounts.find(reader.user)
    if account is None or account.locked or account.role != reader.role:
        raise DeniedError(
            "The answer's reader has no such rights any more.",
            code="reader_changed",
            where=kept.answer.answer_id,
            next_step="Let somebody who may see it ask the question again.",
        )
    return replace(reader, attributes=dict(account.attributes))


def whole_id(start: str, answers: AnswerStore) -> str:
    """The one answer's id that begins so; as it is when none does. Raises UsageError for several."""
    alike = answers.beginning_with(start) if start else []
    if len(alike) > 1 and start not in alike:
        raise UsageError(f"Several answers begin with {start!r}.", next_step="Say more of the id.")
    return alike[0] if len(alike) == 1 else start


def document(found: Replay) -> dict[str, Any]:
    """The object that --json prints."""
    from dataclasses import asdict

    return {"identical": found.identical, **asdict(found)}


def _print(found: Replay, shown: Console) -> None:
    told = [
        _headline(found),
        *(f"Since then, another one is: {what}." for what in found.changed_since),
        *found.notes,
    ]
    for sentence in told:
        shown.print(sentence, markup=False, highlight=False)
    for part in found.parts:
        _print_part(part, shown)


def _headline(found: Replay) -> str:
    old, new = found.old, found.new
    of = f"Answer {found.answer_id} of {found.reader} ({found.role})"
    if found.against == "same":
        held = "identical: every part gives what it gave then" if found.identical else "NOT identical"
        return f"{of} on its snapshot {old.snapshot} (as of {old.as_of}): {held}."
    held = "nothing changed" if found.identical else "this changed"
    return f"{of}: from {old.snapshot} (as of {old.as_of}) to {new.snapshot} (as of {new.as_of}), {held}."


def _print_part(part: ReplayedPart, shown: Console) -> None:
    title = part.title or "The result"
    shown.print(f"{title}: {_state(part)}", markup=False, highlight=False, style="bold")
    if part.differences and not part.differences.none:
        _print_changes(part, part.differences, shown)
        _print_rows(part, part.differences, shown)


def _state(part: ReplayedPart) -> str:
    days = ""
    if part.period and part.old_period and part.period != part.old_period:
        days = f" ({part.old_period.start} to {part.old_period.end}; now {part.period.start} to {part.period.end})"
    found = part.differences
    if part.state == "changed" and found is not None:
        hidden = sum(change.hidden == "now" for change in found.cells)
        counts = (
            (len(found.cells), "cells differ"),
            (hidden, "of them hidden now, shown then"),
            (len(found.added), "rows added"),
            (len(found.removed), "rows removed"),
            (found.equal, "cells are equal"),
        )
        said = ", ".join(f"{count:,} {what}" for count, what in counts if count)
        return f"changed{days}: {said}. {part.reason}".rstrip()
    return f"{part.state}{days}. {part.reason}".rstrip()


def _print_changes(part: ReplayedPart, found: Differences, shown: Console) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from ui.units import display

    if not found.cells:
        return
    table = Table(header_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for name in ("row", "figure", "then", "now", "change"):
        table.add_column(name, justify="left" if name in ("row", "figure") else "right")
    about = {name: (label, unit) for name, label, unit in part.columns}
    for change in found.cells[:_SHOWN]:
        label, unit = about.get(change.column, (change.column, ""))
        then = "(hidden)" if change.hidden == "then" else display(change.old, unit)
        now = "(hidden)" if change.hidden == "now" else display(change.new, unit)
        more = "" if change.change is None else f"{'+' if change.change > 0 else ''}{display(change.change, unit)}"
        row = ", ".join(str(cell) for cell in change.row)
        table.add_row(*(Text(text) for text in (row, label, then, now, more)))
    shown.print(table)
    if len(found.cells) > _SHOWN:
        shown.print(f"... and {len(found.cells) - _SHOWN:,} more cells (--json shows all).", style="dim")


def _print_rows(part: ReplayedPart, found: Differences, shown: Console) -> None:
    from ui.units import display

    units = {name: unit for name, _, unit in part.columns}
    for sign, rows in (("+", found.added), ("-", found.removed)):
        for row in rows[:_SHOWN]:
            cells = (display(cell, units.get(name, "")) for name, cell in zip(found.names, row, strict=True))
            shown.print(f"  {sign} {' | '.join(cells)}", markup=False, highlight=False)
        if len(rows) > _SHOWN:
            shown.print(f"  {sign} ... {len(rows) - _SHOWN:,} more rows (--json shows all).", style="dim")


def register(app: typer.Typer) -> None:
    """Add this command to the command line."""
    app.command()(replay)
