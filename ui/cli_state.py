"""`state`: where the operational state lies, and moving it from files to PostgreSQL and back."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ui.acting import operator
from ui.terminal import JsonOption, complain, load_settings, print_json
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from warehouse.settings import Settings
    from warehouse.state_move import Moved, Stores

state_app = typer.Typer(help="Where the operational state lies: files or PostgreSQL.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.add_typer(state_app, name="state")


@state_app.command()
def move(
    to: Annotated[Literal["postgresql", "files"], typer.Argument(help="Where it shall lie.")],
    as_json: JsonOption = False,
) -> None:
    """Move every store between this folder's files and the PostgreSQL of `database.url`, whole or not at all.

    Nothing may be running. The audit trail and keys are files either way.
    """
    from warehouse.audit import AuditLog
    from warehouse.state_file import alone

    settings = load_settings()
    stores = stores_of(settings)
    if stores is None:
        raise UsageError(
            "No database is named.",
            where="database.url",
            next_step="Set COMMAND_CENTER_DATABASE__URL for this command, in both directions (docs/operating.md).",
        )
    # Opened first: a trail of an earlier version is a database among the stores until it is taken over.
    with alone(settings.var), closing(AuditLog.of(settings)) as trail:
        done = stores.to_database() if to == "postgresql" else stores.to_files()
        if not done.already:
            told = {"event": "state_moved", "user": operator(), "to": to, "rows": sum(done.rows.values())}
            trail.append({**told, "stores": len(done.rows)})
    if as_json:
        print_json(asdict(done))
        return
    _tell(done, to)


def stores_of(settings: Settings) -> Stores | None:
    """The stores of these settings' folder and database; None when they name no database."""
    from agents.thread_copy import ThreadCopier
    from warehouse.state_file import bound_to
    from warehouse.state_move import Stores

    database = bound_to(settings.state)
    return Stores(settings.state, database, {"threads": ThreadCopier()}) if database else None


def _tell(done: Moved, to: str) -> None:
    for store, rows in done.rows.items():
        typer.echo(f"{store:<16}{rows:>12,} rows")
    verb = "was in" if done.already else "is now in"
    typer.echo(f"The state {verb} {done.place}.")
    if done.aside:
        what = "The files are kept in" if to == "postgresql" else "The schemas are kept with names that begin"
        typer.echo(f"{what} {done.aside}; remove them when they are not needed.")
    if to == "files":
        complain("Remove `database.url` from the settings now: with it this folder is refused.")
