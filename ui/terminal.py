"""What the commands share: their common options, who asks, and how results and complaints are printed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from warehouse.errors import UsageError
from warehouse.principal import ROLES, Principal

if TYPE_CHECKING:
    from rich.console import Console

    from warehouse.settings import Settings

WarehouseOption = Annotated[
    Path | None, typer.Option("--warehouse", help="Warehouse folder (default: var/warehouse).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print the table as CSV, for spreadsheets.")]
RoleOption = Annotated[str, typer.Option("--role", help="One of: " + ", ".join(ROLES) + ".")]
PurposeOption = Annotated[str | None, typer.Option(help="Stated purpose, for member-level reads.")]
SnapshotOption = Annotated[
    str | None,
    typer.Option("--snapshot", help="A kept snapshot: its id, how it begins, or its as-of day (default: served)."),
]


def principal_of(role: str, purpose: str | None = None) -> Principal:
    """Whoever sits at this machine, in a role. Raises UsageError with the nearest role when there is none."""
    for known in ROLES:
        if role == known:
            return Principal(user="cli", role=known, purpose=purpose)
    from rapidfuzz import process

    nearest = process.extractOne(role, ROLES)
    hint = f"Did you mean {nearest[0]}?" if nearest and nearest[1] > 60 else f"Use one of: {', '.join(ROLES)}."
    raise UsageError(f"There is no role {role!r}.", where="--role", next_step=hint)


def load_settings() -> Settings:
    """The settings; pydantic is imported only when a command needs them."""
    from warehouse.settings import load_settings

    return load_settings()


def print_json(document: object) -> None:
    """One line of strict JSON on stdout."""
    from ui.render import json_line

    typer.echo(json_line(document))
    sys.stdout.flush()


def print_csv(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table as CSV on stdout."""
    from ui.csv_text import csv_text

    sys.stdout.buffer.write(csv_text(columns, rows).encode())
    sys.stdout.buffer.flush()


def one_format(as_json: bool, as_csv: bool) -> None:
    """Raises UsageError when two formats were asked for."""
    if as_json and as_csv:
        raise UsageError("JSON and CSV were both asked for.", where="--csv", next_step="Ask for one of them.")


def console(*, stderr: bool = False) -> Console:
    """Rich's console on stdout or stderr."""
    from rich.console import Console

    return Console(stderr=stderr)


def complain(message: str) -> None:
    """A sentence on stderr."""
    from ui.printable import printable

    console(stderr=True).print(printable(message), style="bold red", markup=False, highlight=False, soft_wrap=True)
