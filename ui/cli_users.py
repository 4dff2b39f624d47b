"""The commands about who may sign in. Whoever can run them has this machine's files, and needs no password."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ui.terminal import (
    JsonOption,
    OnlyOption,
    WarehouseOption,
    attributes_of,
    complain,
    console,
    load_settings,
    print_json,
)
from warehouse.principal import ROLES

if TYPE_CHECKING:
    from ui.accounts import Account, Accounts, SignIn

NameArgument = Annotated[str, typer.Argument(help="The user's name.")]
RoleArgument = Annotated[str, typer.Argument(help="One of: " + ", ".join(ROLES) + ".")]
AdminOption = Annotated[bool, typer.Option("--admin", help="May manage users.")]

users_app = typer.Typer(help="Who may sign in, with which role and row filters.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.add_typer(users_app, name="users")


@users_app.command("list")
def list_users(as_json: JsonOption = False) -> None:
    """Every account: role, row filters, who manages users, last sign-in."""
    with closing(_accounts()) as accounts:
        found = accounts.all()
    if as_json:
        print_json([_document(account) for account in found])
        return
    from rich.table import Column, Table

    columns = ("name", "role", "only", "admin", "locked", "by", "last sign-in")
    table = Table(*(Column(name, no_wrap=name != "only") for name in columns))
    for account in found:
        shown = _document(account)
        only = ", ".join(f"{key}={value}" for key, value in account.attributes.items())
        marks = ("yes" if account.is_admin else "", "yes" if account.locked else "")
        table.add_row(
            account.name, account.role, only, *marks, str(shown["signs_in"]), str(shown["last_sign_in"] or "never")
        )
    console().print(table)


@users_app.command("add")
def add(
    name: NameArgument,
    role: Annotated[str, typer.Option("--role", help="One of: " + ", ".join(ROLES) + ".")],
    admin: AdminOption = False,
    only: OnlyOption = None,
    warehouse: WarehouseOption = None,
    as_json: JsonOption = False,
) -> None:
    """A new account; its generated password is shown this once."""
    from ui.accounts import role_of

    settings = load_settings()
    known = role_of(role)
    attributes = attributes_of(only, warehouse or settings.warehouse, settings)
    with closing(_accounts()) as accounts:
        _hand_over(accounts.add(name, known, is_admin=admin, attributes=attributes), as_json=as_json)


@users_app.command("set-role")
def set_role(
    name: NameArgument,
    role: RoleArgument,
    admin: Annotated[
        bool | None, typer.Option("--admin/--no-admin", help="May manage users (default: as before).")
    ] = None,
) -> None:
    """Another role. The user's sessions end."""
    from ui.accounts import role_of

    with closing(_accounts()) as accounts:
        accounts.set_role(name, role_of(role), is_admin=admin)
    typer.echo(f"{name} is {role} now. Their sessions have ended.")


@users_app.command("set-only")
def set_only(
    name: NameArgument,
    only: Annotated[
        list[str] | None, typer.Argument(help="Row filters such as plan_type=HMO; none shows all.")
    ] = None,
    warehouse: WarehouseOption = None,
) -> None:
    """Other row filters. The user's sessions end."""
    settings = load_settings()
    attributes = attributes_of(only, warehouse or settings.warehouse, settings)
    with closing(_accounts()) as accounts:
        accounts.set_attributes(name, attributes)
    seen = ", ".join(f"{key}={value}" for key, value in attributes.items()) or "everything of their role"
    typer.echo(f"{name} sees {seen} now. Their sessions have ended.")


@users_app.command("reset-password")
def reset_password(name: NameArgument, as_json: JsonOption = False) -> None:
    """A new generated password, shown this once. The user's sessions end and guesses start over."""
    with closing(_accounts()) as accounts:
        _hand_over(accounts.reset_password(name), as_json=as_json)


@users_app.command("lock")
def lock(name: NameArgument) -> None:
    """Keep somebody out, and end their sessions."""
    with closing(_accounts()) as accounts:
        accounts.lock(name)
    typer.echo(f"{name} is locked. Their sessions have ended.")


@users_app.command("unlock")
def unlock(name: NameArgument) -> None:
    """Let somebody in again, also after too many wrong guesses."""
    with closing(_accounts()) as accounts:
        accounts.unlock(name)
    typer.echo(f"{name} is unlocked.")


@users_app.command("remove")
def remove(name: NameArgument) -> None:
    """Take an account away, and end its sessions."""
    with closing(_accounts()) as accounts:
        accounts.remove(name)
    typer.echo(f"{name} is removed. Their sessions have ended.")


def _accounts() -> Accounts:
    from ui.accounts import open_accounts

    return open_accounts(load_settings())


def _hand_over(sign_in: SignIn, *, as_json: bool) -> None:
    if as_json:
        print_json({"name": sign_in.name, "role": sign_in.role, "password": sign_in.password})
        return
    from ui.sign_in_table import print_sign_ins

    print_sign_ins([sign_in], console())
    complain("Shown this once and kept nowhere.")


def _document(account: Account) -> dict[str, object]:
    seen = datetime.fromtimestamp(account.signed_in, UTC).strftime("%Y-%m-%dT%H:%MZ")
    return {
        "name": account.name,
        "role": account.role,
        "attributes": dict(account.attributes),
        "admin": account.is_admin,
        "locked": account.locked,
        "signs_in": "elsewhere" if account.subject else "password",
        "last_sign_in": seen if account.signed_in else None,
    }
