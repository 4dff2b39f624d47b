# mypy: allow-untyped-calls
"""What the web application knows of people: signing in by the chosen identity, users, purposes, who is who."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI

from ui.accounts import Account, Accounts
from ui.client_address import Proxies
from ui.forms import Forms
from ui.labels import ROLE_LABELS
from ui.row_attributes import ValuesOf, described
from warehouse.errors import UsageError
from warehouse.policy import load_policy
from warehouse.settings import Settings

if TYPE_CHECKING:
    from ui.outside_identity import HeaderIdentity
    from ui.sessions import Sessions


def require_identity(settings: Settings) -> None:
    """Raises UsageError (exit 2) that names the settings which the chosen kind of identity lacks."""
    identity, server = settings.identity, settings.server
    missing = []
    if identity.kind == "header" and not server.trusted_proxies:
        missing.append("server.trusted_proxies")
    if identity.kind == "oidc":
        needed = {"issuer": identity.issuer, "client_id": identity.client_id}
        missing += [f"identity.{name}" for name, value in needed.items() if not value]
        missing += [] if server.public_url else ["server.public_url"]
    unknown = set(identity.attributes) - set(load_policy().row_filters)
    if missing or unknown:
        what = f"lacks: {', '.join(missing)}" if missing else f"names no row filters: {', '.join(sorted(unknown))}"
        raise UsageError(
            f"Identity of the kind {identity.kind} {what}.",
            where="settings.toml or COMMAND_CENTER_* variables",
            next_step="Set it, or set identity.kind to password.",
        )


def add_identity(app: FastAPI, settings: Settings, accounts: Accounts, sessions: Sessions, forms: Forms) -> None:
    """The routes of signing in and out; those of kinds that were not chosen are not there."""
    from ui.outside_identity import OutsideAccounts
    from ui.outside_pages import HeaderPages
    from ui.signin import PasswordPages, SignOutPages

    app.include_router(SignOutPages(accounts, sessions, forms).router)
    if settings.identity.kind == "password":
        proxies = Proxies(settings.server.trusted_proxies)
        pages = PasswordPages(accounts, sessions, forms, proxies, secure=settings.server.https)
        app.include_router(pages.router)
        return
    people = OutsideAccounts(accounts, settings.identity)
    if settings.identity.kind == "header":
        app.include_router(HeaderPages(header_identity(settings), people, sessions, forms).router)
    else:
        _add_oidc(app, settings, people, sessions, forms)


def add_people(
    app: FastAPI,
    settings: Settings,
    accounts: Accounts,
    sessions: Sessions,
    forms: Forms,
    values_of: ValuesOf,
) -> None:
    """The pages of users and of purposes."""
    from ui.purpose_pages import PurposePages
    from ui.users_pages import UsersPages

    outside = settings.identity.kind != "password"
    app.include_router(UsersPages(accounts, sessions, forms, values_of, outside=outside).router)
    minutes = {
        "purpose_minutes": settings.server.purpose_minutes,
        "break_glass_minutes": settings.server.break_glass_minutes,
    }
    app.include_router(PurposePages(accounts, sessions, forms, **minutes).router)


def header_identity(settings: Settings) -> HeaderIdentity:
    """Who a trusted proxy says somebody is, by the settings."""
    from ui.outside_identity import HeaderIdentity

    return HeaderIdentity(settings.identity, Proxies(settings.server.trusted_proxies), _secret(settings))


def who(account: Account, now: float) -> dict[str, Any]:
    """What the chat's header shows of its reader; `now` in epoch seconds."""
    from ui.purpose_pages import may_open_rows, minutes_left

    stated = account.stated
    return {
        "user": account.name,
        "role": account.role,
        "roleLabel": ROLE_LABELS[account.role],
        "only": described(account.attributes),
        "isAdmin": account.is_admin,
        "mayOpenRows": may_open_rows(account.role),
        "stated": stated and {"kind": stated.kind, "text": stated.text, "minutesLeft": minutes_left(stated, now)},
    }


def _add_oidc(app: FastAPI, settings: Settings, people: Any, sessions: Sessions, forms: Forms) -> None:
    from ui.oidc import CALLBACK, Oidc
    from ui.outside_pages import OidcPages

    oidc = Oidc(settings.identity, settings.server.public_url + CALLBACK, _secret(settings))
    app.include_router(OidcPages(oidc, people, sessions, forms, secure=settings.server.https).router)


def _secret(settings: Settings) -> str:
    return settings.identity_secret.get_secret_value() if settings.identity_secret else ""
