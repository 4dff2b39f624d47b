"""The commands about tokens that programs sign in with: over MCP and over the HTTP API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal import JsonOption, complain, console, load_settings, print_json

if TYPE_CHECKING:
    from ui.programs.tokens import Token, Tokens

tokens_app = typer.Typer(help="Tokens that programs sign in with (MCP, HTTP API).", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(tokens_app, name="tokens")


@tokens_app.command("issue")
def issue(
    name: Annotated[str, typer.Argument(help="The account whose role and row filters it has.")],
    label: Annotated[str, typer.Option("--for", help="What it is for, in a word or two.")] = "",
    days: Annotated[float, typer.Option(help="How long it counts, at most 366.")] = 90,
    decides: Annotated[
        bool, typer.Option("--may-decide", help="It may decide on actions, where the account may.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """A new token of an account, shown this once."""
    with _tokens() as (tokens, now):
        text, token = tokens.issue(name, label=label, days=days, decides=decides)
    if as_json:
        print_json({"token": text, **_document(token, now)})
        return
    typer.echo(text)
    complain(f"Shown this once and kept nowhere. It counts until {_moment(token.until)}; its id is {token.id}.")


@tokens_app.command("list")
def list_tokens(
    name: Annotated[str, typer.Argument(help="Only those of this account.")] = "", as_json: JsonOption = False
) -> None:
    """Every token: whose, for what, in which role, until when, when it was last used."""
    with _tokens() as (tokens, now):
        found = tokens.all(name.strip().lower())
    if as_json:
        print_json([_document(token, now) for token in found])
        return
    if not found:
        typer.echo("There are no tokens. `command-center tokens issue NAME` makes one.")
        return
    from rich.table import Table

    table = Table("id", "account", "role", "for", "decides", "state", "until", "last used")
    for token in found:
        used = _moment(token.used) if token.used else "never"
        decides = "yes" if token.decides else ""
        until = _moment(token.until)
        table.add_row(token.id, token.name, token.role, token.label, decides, token.state(now), until, used)
    console().print(table)


@tokens_app.command("revoke")
def revoke(token: Annotated[str, typer.Argument(help="Its id, as `tokens list` shows it.")]) -> None:
    """End a token now."""
    with _tokens() as (tokens, _):
        ended = tokens.revoke(token)
    typer.echo(f"The token {ended.id} of {ended.name} is revoked.")


@contextmanager
def _tokens() -> Iterator[tuple[Tokens, float]]:
    from ui.accounts import open_accounts
    from ui.programs.tokens import Tokens

    with closing(open_accounts(load_settings())) as accounts:
        yield Tokens(accounts), accounts.clock()


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%MZ")


def _document(token: Token, now: float) -> dict[str, object]:
    return {
        "id": token.id,
        "account": token.name,
        "role": token.role,
        "for": token.label,
        "decides": token.decides,
        "state": token.state(now),
        "issued": _moment(token.began),
        "until": _moment(token.until),
        "last_used": _moment(token.used) if token.used else None,
    }
