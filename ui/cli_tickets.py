"""The commands about tickets: what was sent for approved actions, and what the trackers say of it."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ui.terminal import JsonOption, console, load_settings, print_json
from warehouse.errors import UsageError

if TYPE_CHECKING:
    from ui.tickets.store import Ticket

tickets_app = typer.Typer(help="Tickets of approved actions in their owners' trackers.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(tickets_app, name="tickets")


@tickets_app.command("list")
def list_tickets(as_json: JsonOption = False) -> None:
    """Every ticket: its action, how its sending stands, what its tracker says."""
    from ui.tickets.store import tickets_of

    found = tickets_of(load_settings().state, _now)
    if as_json:
        print_json([_document(ticket) for ticket in found.values()])
        return
    if not found:
        typer.echo("There are no tickets. They are sent for approved actions once [tickets] names a webhook.")
    for ticket in found.values():
        console().print(told(ticket), markup=False, highlight=False)


@tickets_app.command("send")
def send(as_json: JsonOption = False) -> None:
    """Send what is due now, as the server does by itself every few seconds. Exit 1 when something is left."""
    from ui.accounts import open_accounts
    from ui.tickets.rounds import TicketRounds

    settings = load_settings()
    if not settings.tickets.configured:
        raise UsageError(
            "No tracker is configured.",
            where="tickets.webhook, tickets.owners",
            next_step="Name a webhook of COMMAND_CENTER_WEBHOOKS there (docs/tickets.md).",
        )
    with closing(open_accounts(settings)) as accounts:
        outcomes = TicketRounds(settings, _now, accounts.note).make()
    if as_json:
        print_json([{**one.__dict__} for one in outcomes])
    else:
        for one in outcomes:
            console().print(f"{one.what}: {one.state}. {one.trouble}".strip(), markup=False, highlight=False)
        if not outcomes:
            typer.echo("Nothing is due.")
    raise typer.Exit(int(any(one.state != "sent" for one in outcomes)))


@tickets_app.command("release")
def release(key: Annotated[str, typer.Argument(help="The ticket's key, or its first twelve characters.")]) -> None:
    """Let a ticket that is held or was refused be sent again, by whoever knows that it did not arrive."""
    from ui.delivery.outbox import Outbox
    from ui.tickets.store import OUTBOX

    settings = load_settings()
    with closing(Outbox(settings.state / OUTBOX, _now)) as outbox:
        released = outbox.release(key.strip().lower())
    if not released:
        raise UsageError(
            f"No ticket {key[:40]!r} is held or refused.",
            where="tickets",
            next_step="`command-center tickets list` shows the keys; give twelve characters or more.",
        )
    typer.echo("It is sent again with the next round: `command-center tickets send`.")


def told(ticket: Ticket) -> str:
    """One ticket in a line."""
    kept = ticket.kept
    named = " ".join(part for part in (kept.reference, kept.url) if part)
    status = f"; {kept.tracker} says {kept.status} since {kept.said_at[:19]}Z" if kept.status else ""
    trouble = f" ({ticket.trouble})" if ticket.trouble else ""
    return (
        f"{kept.key}  action {kept.proposal} to {kept.tracker}: {ticket.delivery}{trouble} {named}{status}".strip()
    )


def _document(ticket: Ticket) -> dict[str, Any]:
    return {**ticket.kept.__dict__, "delivery": ticket.delivery, "tries": ticket.tries, "trouble": ticket.trouble}


def _now() -> datetime:
    return datetime.now(UTC)
