"""The page where administrators manage users: plain forms, one action each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from ui.accounts import Account, Accounts, SignIn, role_of
from ui.forms import EXPIRED, Field, Forms
from ui.labels import ROLE_LABELS
from ui.refusal import refusal
from ui.row_attributes import ValuesOf, described, value_of
from ui.sessions import Sessions
from warehouse.errors import CommandCenterError, UsageError
from warehouse.policy import load_policy

Action = Callable[[str, dict[str, str], str], SignIn | None]


class UsersPages:
    """Routes of `/users`. `values_of` gives the values that a row filter may have.

    With `outside` people are named by a proxy or provider: roles and row filters come from there.
    """

    def __init__(
        self, accounts: Accounts, sessions: Sessions, forms: Forms, values_of: ValuesOf, *, outside: bool
    ) -> None:
        self._accounts = accounts
        self._sessions = sessions
        self._forms = forms
        self._values_of = values_of
        self._outside = outside
        actions: dict[str, Action] = {
            "lock": lambda name, _, by: self._accounts.lock(name, by=by),
            "unlock": lambda name, _, by: self._accounts.unlock(name, by=by),
            "remove": lambda name, _, by: self._accounts.remove(name, by=by),
            "sign_out": lambda name, _, by: self._accounts.end_sessions(name, by=by),
        }
        if not outside:
            actions |= {"add": self._add, "save": self._save, "reset": self._reset}
        self._actions = actions
        self.router = APIRouter(include_in_schema=False)
        self.router.add_api_route("/users", self.show, methods=["GET"])
        self.router.add_api_route("/users", self.act, methods=["POST"])

    def show(self, request: Request) -> Response:
        """The list with its forms."""
        admin = self._sessions.reader(request.cookies)
        if admin is None:
            return RedirectResponse("/login?next=/users", 303)
        return self._page(request, admin) if admin.is_admin else _not_for_you(request)

    def act(
        self,
        request: Request,
        action: Field = "",
        name: Field = "",
        role: Field = "",
        admin: Field = "",
        plan_type: Field = "",
        state: Field = "",
        line_of_business: Field = "",
        token: Field = "",
    ) -> Response:
        """Do one thing and show the list again, with a new password this once."""
        reader = self._sessions.reader(request.cookies)
        if reader is None:
            return RedirectResponse("/login?next=/users", 303)
        if not reader.is_admin:
            return _not_for_you(request)
        if not self._forms.is_ours(request, token):
            return self._page(request, reader, 403, message=EXPIRED)
        given = {"role": role, "admin": admin, "plan_type": plan_type, "state": state}
        given["line_of_business"] = line_of_business
        try:
            made = self._action(action)(name.strip().lower(), given, reader.name)
        except CommandCenterError as error:
            code = 400 if isinstance(error, UsageError) else 503
            return self._page(request, reader, code, message=f"{error.what} {error.next_step}")
        if made:
            return self._page(request, reader, made=made)
        return RedirectResponse("/users", 303)

    def _action(self, action: str) -> Action:
        if action not in self._actions:
            raise UsageError(f"There is no action {action[:20]!r}.", next_step="Use the buttons of this page.")
        return self._actions[action]

    def _add(self, name: str, given: dict[str, str], by: str) -> SignIn:
        role, attributes = role_of(given["role"]), self._attributes(given)
        return self._accounts.add(name, role, is_admin=bool(given["admin"]), attributes=attributes, by=by)

    def _save(self, name: str, given: dict[str, str], by: str) -> None:
        account = self._accounts.get(name)
        role, attributes = role_of(given["role"]), self._attributes(given)
        if (role, bool(given["admin"])) != (account.role, account.is_admin):
            self._accounts.set_role(name, role, is_admin=bool(given["admin"]), by=by)
        if attributes != dict(account.attributes):
            self._accounts.set_attributes(name, attributes, by=by)

    def _reset(self, name: str, given: dict[str, str], by: str) -> SignIn:
        if name == by:
            raise UsageError("Your own password changes on the page for that.", next_step="Open /password.")
        return self._accounts.reset_password(name, by=by)

    def _attributes(self, given: dict[str, str]) -> dict[str, str]:
        chosen = {name: given.get(name, "").strip() for name in load_policy().row_filters}
        return {name: value_of(name, value, self._values_of) for name, value in chosen.items() if value}

    def _page(self, request: Request, admin: Account, code: int = 200, **shown: object) -> Response:
        filters = {name: self._values_of(name) for name in load_policy().row_filters}
        return self._forms.page(
            request,
            "users.html",
            code,
            account=admin,
            users=[_row(account) for account in self._accounts.all()],
            roles=ROLE_LABELS,
            filters={name: values for name, values in filters.items() if values},
            labels={name: name.replace("_", " ").capitalize() for name in filters},
            outside=self._outside,
            **shown,
        )


def _row(account: Account) -> dict[str, object]:
    seen = datetime.fromtimestamp(account.signed_in, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return {
        "account": account,
        "role": ROLE_LABELS[account.role],
        "only": described(account.attributes),
        "signed_in": seen if account.signed_in else "never",
    }


def _not_for_you(request: Request) -> Response:
    return refusal(request, 403, "This page is for administrators.")
