"""Who acts on the command line: an account that is named, or whoever is signed in to this machine."""

from __future__ import annotations

import os
import pwd
from contextlib import closing
from dataclasses import replace
from typing import Annotated

import typer

from ui.terminal import load_settings, principal_of
from warehouse.errors import UsageError
from warehouse.principal import Principal

AsUserOption = Annotated[
    str, typer.Option("--as", help="As this account, with its role (default: this machine's user).")
]


def operator() -> str:
    """Who is signed in to this machine; no variable of the environment can say otherwise."""
    try:
        return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"
    except KeyError:
        return f"cli:{os.getuid()}"


def acting(as_user: str, role: str) -> Principal:
    """The account that is named, in its own role, or whoever is signed in to this machine, in the role given.

    Raises UsageError for an account that is not there or locked, and for a user that this machine does not know.
    """
    if not as_user:
        if operator() == f"cli:{os.getuid()}":
            raise UsageError(
                "This machine does not know who you are, so the decision would be nobody's.",
                where="--as",
                next_step="Name your account with --as; `command-center users list`.",
            )
        return replace(principal_of(role), user=operator())
    from ui.accounts import open_accounts

    with closing(open_accounts(load_settings())) as accounts:
        account = accounts.find(as_user.strip().lower())
    if account is None or account.locked:
        raise UsageError(
            f"There is no open account {as_user!r}.", where="--as", next_step="`command-center users list`."
        )
    return account.principal
