"""Generated passwords on a terminal, the one place where they are ever shown."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from ui.accounts import SignIn
from ui.labels import ROLE_LABELS


def print_sign_ins(sign_ins: Sequence[SignIn], console: Console) -> None:
    """New sign-ins with their passwords, to be read this once."""
    table = Table("role", "name", "password", title="Sign-ins", title_justify="left")
    for sign_in in sign_ins:
        role = "Administrator" if sign_in.is_admin else ROLE_LABELS[sign_in.role]
        table.add_row(role, sign_in.name, sign_in.password)
    console.print(table)
